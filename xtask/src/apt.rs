// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian packages: decides whether they may be installed and how.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{run, works};

/// Installs the first of `packages` that there is.
pub(crate) fn install_one_of(packages: &[&str]) -> Result<()> {
    if !works(Command::new("apt-get").arg("--version")) {
        bail!("there is no apt-get");
    }
    let prefix: &[&str] = if is_root() {
        &[]
    } else if works(Command::new("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        bail!("apt-get needs root, and sudo asks for a password or is not there");
    };
    let apt = |arguments: &[&str]| {
        let mut words = prefix.iter().chain(&["apt-get"]).chain(arguments);
        let mut command = Command::new(words.next().unwrap_or(&"apt-get"));
        run(command.args(words).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    // A fresh container has no package lists. Where they cannot be got, old ones may do.
    let _ = apt(&["update", "--quiet"]);
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    let installed = packages
        .iter()
        .any(|package| apt(&[&install[..], &[*package]].concat()).is_ok());
    if !installed {
        bail!("apt-get could install none of {}", packages.join(", "));
    }
    Ok(())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
