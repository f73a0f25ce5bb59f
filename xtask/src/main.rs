// SPDX-License-Identifier: MIT OR Apache-2.0
//! Project tasks: `cargo xtask demo` and `cargo xtask test` do all their set-up on a fresh machine
//! that has a Rust toolchain and a C compiler.

mod apt;
mod bench;
mod demo;
mod foreign;
mod incremental;
mod libclang;
mod overlay;
mod precision;
mod recall;
mod scan;
mod silent;
mod test;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
Usage: cargo xtask <TASK>

Tasks:
  demo            build waitctx and scan the example tree of this repository
  test [ARGS...]  run every test and say how many there were (ARGS are for `cargo test`)
  bench-kernel TREE DATABASE [N] [--plots FOLDER]
                  what scans cost beside the compiler, and checkers that are installed, on the same
                  units (every N-th)
  incremental TREE DATABASE [N] [--edits COUNT] [--seed NUMBER]
                  edit a copy of the tree at random, and compare scans that know the last one with
                  scans from nothing (every N-th unit)
  foreign         get a browser, an editor and a SARIF validator and try reports in them
  recall TREE NAME=DATABASE[,FACTS]... [--only PART] [--write FILE]
                  put known bugs back, one at a time, and say which are found
  silent TREE NAME=DATABASE[,FACTS] [--write FILE]
                  say which places that are right and look wrong are reported
  precision [REPORT.json]
                  make the pages of docs/precision from their labels; with a report in JSON, say
                  which of its findings have none
  ci              run .ci/run: formatting, lints, documentation, tests

demo and test get a libclang first if there is none: the Debian package when they may install
packages, else the Python wheel into target/libclang.
";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    let result = match task.to_str() {
        Some("demo") => demo::run(),
        Some("test") => test::run(&rest),
        Some("bench-kernel") => bench::run_bench(&rest),
        Some("foreign") => foreign::run_tests(),
        Some("incremental") => incremental::run_incremental(&rest),
        Some("silent") => silent::run_silent(&rest),
        Some("recall") => recall::run_recall(&rest),
        Some("precision") => precision::run(&rest),
        Some("ci") => ci(),
        Some("--help" | "-h" | "help") => return say(USAGE, ExitCode::SUCCESS),
        _ => return say(USAGE, ExitCode::from(2)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say(&format!("error: {error:#}\n"), ExitCode::FAILURE),
    }
}

fn ci() -> Result<()> {
    run(&mut Command::new(root().join(".ci/run")))
}

/// The root of the repository.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// Runs `command` and says what it is; a failure of the command is an error.
fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} failed: {status}", command.get_program().display());
    }
    Ok(())
}

fn announce(command: &Command) {
    let mut line = format!("$ {}", command.get_program().display());
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line.push('\n');
    say(&line, ());
}

/// Whether `command` can be run and succeeds; what it says is not shown.
fn works(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Tells people `text` and hands on `result`.
fn say<T>(text: &str, result: T) -> T {
    // When nobody can read it, the exit status still tells.
    let _ = io::stderr().lock().write_all(text.as_bytes());
    result
}
