// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask foreign`: gets the programs that reports and recipes are tried in (a browser, an
//! editor, validators) and runs the tests that use them.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{apt, cargo, libclang, run, say, target, works};

/// Debian packages and the program in each that the tests start.
const PACKAGES: [(&str, &str); 5] = [
    ("chromium", "chromium"),
    ("chromium-driver", "chromedriver"),
    ("vim", "vim"),
    ("neovim", "nvim"),
    ("nodejs", "node"),
];

/// Validators from npm: of SARIF by Microsoft, of GitHub's workflows, of GitLab's jobs.
const VALIDATORS: [&str; 4] = [
    "@microsoft/sarif-multitool-linux@5.7.0",
    "@action-validator/core@0.6.0",
    "@action-validator/cli@0.6.0",
    "gitlab-ci-local@4.53.0",
];

/// Runs the task.
pub(crate) fn run_tests() -> Result<()> {
    for (package, program) in PACKAGES {
        if !works(Command::new(program).arg("--version")) {
            say(&format!("no {program}: getting one\n"), ());
            apt::install_one_of(&[package])
                .with_context(|| format!("there is no {program}; install {package}"))?;
        }
    }
    let modules = validators()?;
    let own = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(
        [modules.join(".bin")]
            .into_iter()
            .chain(env::split_paths(&own)),
    )?;
    let mut cargo = cargo();
    libclang::ensure()?.hand_to(&mut cargo);
    run(cargo
        .args(["test", "--package", "waitctx-cli", "--test", "foreign"])
        .env("SARIF_MULTITOOL", modules.join(SARIF_MULTITOOL))
        .env("PATH", path))
}

/// The program of Microsoft's validator in the folder of modules.
const SARIF_MULTITOOL: &str = "@microsoft/sarif-multitool-linux/Sarif.Multitool";

/// Gets the validators into the target directory, and returns the folder of modules.
fn validators() -> Result<PathBuf> {
    let folder = target().join("validators");
    let modules = folder.join("node_modules");
    let programs = [
        SARIF_MULTITOOL,
        ".bin/action-validator",
        ".bin/gitlab-ci-local",
    ];
    let missing = || programs.iter().find(|it| !modules.join(it).is_file());
    if missing().is_some() {
        if !works(Command::new("npm").arg("--version")) {
            apt::install_one_of(&["npm"]).context("there is no npm; install it")?;
        }
        run(Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder)
            .args(VALIDATORS))?;
        run(Command::new("chmod")
            .arg("u+x")
            .arg(modules.join(SARIF_MULTITOOL)))?;
    }
    if let Some(program) = missing() {
        bail!("npm did not install {}", modules.join(program).display());
    }
    Ok(modules)
}
