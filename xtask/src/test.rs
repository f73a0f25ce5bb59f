// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask test`: runs every test, also after one has failed, and says how many there were.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{announce, apt, cargo, libclang, say, works};

/// Runs the task; `arguments` are for `cargo test`.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    ensure_make()?;
    let mut cargo = cargo();
    libclang::ensure()?.hand_to(&mut cargo);
    cargo
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(arguments)
        .stdout(Stdio::piped());
    announce(&cargo);
    let mut child = cargo.spawn().context("cannot run cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let tally = follow(BufReader::new(output), &mut io::stdout().lock())?;
    let status = child.wait().context("cannot wait for cargo")?;
    say(&format!("\n{tally}\n"), ());
    if !status.success() {
        bail!("the tests failed: {status}");
    }
    if tally.passed == 0 && arguments.is_empty() {
        bail!("no test was run");
    }
    Ok(())
}

/// The tests of `waitctx compdb` run make on trees of their own.
fn ensure_make() -> Result<()> {
    let found = || works(Command::new("make").arg("--version"));
    if found() {
        return Ok(());
    }
    say("no make, which some tests run: getting one\n", ());
    apt::install_one_of(&["make"]).context("there is no make; install it and run this again")
}

/// Hands on what the tests print and adds up their results.
fn follow(mut input: impl BufRead, out: &mut impl Write) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        // When nobody can read it, the result still counts.
        let _ = out.write_all(&line);
        tally.add(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(tally)
}

/// Results of tests.
#[derive(Default, PartialEq, Eq, Debug)]
struct Tally {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Tally {
    /// Adds the last line of one test program.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for part in counts.split("; ") {
            let Some((number, what)) = part.split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<usize>() else {
                continue;
            };
            match what.trim_end() {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ran = self.passed + self.failed;
        let Self {
            passed,
            failed,
            ignored,
        } = self;
        write!(
            f,
            "{ran} tests ran: {passed} passed, {failed} failed; {ignored} ignored"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_and_everything_is_handed_on() {
        let printed = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.40s\n\
            test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.40s\n\
            not the end of a line";
        let mut out = Vec::new();
        let tally = follow(printed.as_bytes(), &mut out).unwrap();
        assert_eq!(out, printed.as_bytes());
        assert_eq!(
            tally.to_string(),
            "9 tests ran: 5 passed, 4 failed; 1 ignored"
        );
    }
}
