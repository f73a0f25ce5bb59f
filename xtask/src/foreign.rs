// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask foreign`: gets the programs that reports are tried in (a browser, an editor, a
//! validator) and runs the tests that use them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{apt, cargo, libclang, run, say, target, works};

/// Debian packages and the program in each that the tests start.
const PACKAGES: [(&str, &str); 4] = [
    ("chromium", "chromium"),
    ("chromium-driver", "chromedriver"),
    ("vim", "vim"),
    ("nodejs", "node"),
];

const VALIDATOR: &str = "@microsoft/sarif-multitool-linux@5.7.0";

/// Runs the task.
pub(crate) fn run_tests() -> Result<()> {
    for (package, program) in PACKAGES {
        if !works(Command::new(program).arg("--version")) {
            say(&format!("no {program}: getting one\n"), ());
            apt::install_one_of(&[package])
                .with_context(|| format!("there is no {program}; install {package}"))?;
        }
    }
    let validator = validator()?;
    let mut cargo = cargo();
    libclang::ensure()?.hand_to(&mut cargo);
    run(cargo
        .args(["test", "--package", "waitctx-cli", "--test", "foreign"])
        .env("SARIF_MULTITOOL", validator))
}

/// Microsoft's SARIF validator, from npm into the target directory.
fn validator() -> Result<PathBuf> {
    let folder = target().join("sarif-multitool");
    let program = folder
        .join("node_modules/@microsoft/sarif-multitool-linux")
        .join("Sarif.Multitool");
    if !program.is_file() {
        if !works(Command::new("npm").arg("--version")) {
            apt::install_one_of(&["npm"]).context("there is no npm; install it")?;
        }
        run(Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder)
            .arg(VALIDATOR))?;
        run(Command::new("chmod").arg("u+x").arg(&program))?;
    }
    if !program.is_file() {
        bail!("npm did not install {}", program.display());
    }
    Ok(program)
}
