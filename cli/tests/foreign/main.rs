// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reports in the programs that they are made for: editors, a validator, a browser.
//!
//! A program that is missing does not fail its test, but the test does not pass either: it is listed
//! as ignored, with what to install in its name. `cargo xtask foreign` gets them all and runs this.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod browser;
mod editor;
mod page;
mod recipes;
mod validator;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        trial(
            "vim_reads_short_reports",
            find_program(&["vim"]).ok_or("vim: `apt install vim`"),
            |vim| editor::reads_short_reports(&vim),
        ),
        trial(
            "neovim_shows_what_the_language_server_says",
            find_program(&["nvim"]).ok_or("nvim: `apt install neovim`"),
            |nvim| editor::shows_diagnostics(&nvim),
        ),
        trial(
            "the_validator_of_microsoft_has_no_complaint",
            validator::find().ok_or(
                "Sarif.Multitool: `npm install @microsoft/sarif-multitool-linux`, and its path in \
                 SARIF_MULTITOOL",
            ),
            |tool| validator::has_no_complaint(&tool),
        ),
    ];
    trials.push(trial(
        "the_workflow_for_github_is_valid",
        find_program(&["action-validator"])
            .ok_or("action-validator: `npm install @action-validator/core @action-validator/cli`"),
        |it| recipes::workflow_is_valid(&it),
    ));
    trials.push(trial(
        "the_job_for_gitlab_is_valid",
        find_program(&["gitlab-ci-local"])
            .ok_or("gitlab-ci-local: `npm install gitlab-ci-local@4.53.0`"),
        |it| recipes::job_is_valid(&it),
    ));
    let browser = || {
        let driver = find_program(&["chromedriver"]);
        driver.ok_or("chromium: `apt install chromium chromium-driver`")
    };
    trials.push(trial(
        "a_page_is_used_by_keyboard_and_mouse",
        browser(),
        |it| page::is_used_by_keyboard_and_mouse(&it),
    ));
    trials.push(trial(
        "a_page_of_5000_findings_stays_small",
        browser(),
        |it| page::stays_small(&it),
    ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test that needs a program, and what to say when it is missing.
fn trial(
    name: &str,
    program: Result<PathBuf, &str>,
    test: fn(PathBuf) -> Result<(), Failed>,
) -> Trial {
    match program {
        Ok(program) => Trial::test(name, move || test(program)),
        Err(missing) => {
            let name = format!("{name} [needs {missing}]");
            Trial::test(name, || Ok(())).with_ignored_flag(true)
        }
    }
}

/// The first of these programs that is on the PATH.
fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = names
        .iter()
        .flat_map(|name| directories.iter().map(move |it| it.join(name)));
    candidates.into_iter().find(|it| it.is_file())
}

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A report on the kernel in miniature.
fn report(format: &str) -> String {
    report_on(&root().join("testdata/miniature"), format, &[])
}

/// A report on a tree in which something is found, with more options.
fn report_on(tree: &Path, format: &str, options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .args(["scan", "--all", "--output-format", format])
        .args(options)
        .arg(tree)
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
