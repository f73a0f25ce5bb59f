// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask demo`: builds waitctx and scans the example tree. That the scan has findings is what
//! the example is for, so it is not a failure of the demo; a scan that could not be done is.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::libclang;
use crate::{announce, cargo, root, say, target};

const EXAMPLE: &str = "testdata/miniature";

/// Runs the task.
pub(crate) fn run() -> Result<()> {
    let libclang = libclang::ensure()?;
    crate::run(cargo().args(["build", "--release", "--package", "waitctx-cli"]))?;
    let mut scan = Command::new(target().join("release/waitctx"));
    scan.current_dir(root()).args(["scan", EXAMPLE]);
    libclang.hand_to(&mut scan);
    announce(&scan);
    let status = scan.status().context("cannot run waitctx")?;
    match status.code() {
        Some(0) => bail!("the scan found nothing, but the example has bugs to be found"),
        Some(1) => say(
            "\nThe demo works: waitctx found the bugs of the example.\n",
            Ok(()),
        ),
        _ => bail!("the scan failed: {status}"),
    }
}
