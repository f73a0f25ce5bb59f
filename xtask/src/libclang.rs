// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sees to it that there is a libclang: decides how one is got when waitctx finds none, and what is
//! said when that fails. Whether there is one is asked of waitctx's own code.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Result, anyhow, bail};
use camino::Utf8PathBuf;
use waitctx_clang::Library;

use crate::{run, say, target};

/// Debian packages to try, the best first.
const PACKAGES: [&str; 4] = [
    "libclang1-19",
    "libclang1-18",
    "libclang1-17",
    "libclang1-20",
];

/// The wheel, which has a libclang for every Linux.
const WHEEL: &str = "libclang==18.1.1";

/// A libclang that waitctx can use.
pub(crate) enum Libclang {
    /// waitctx finds it by itself.
    Found,
    /// It has to be told.
    At(Utf8PathBuf),
}

impl Libclang {
    /// Makes the program that `command` runs find it.
    pub(crate) fn hand_to(&self, command: &mut Command) {
        if let Self::At(path) = self {
            command.env("LIBCLANG_PATH", path);
        }
    }
}

/// Finds a libclang or gets one.
pub(crate) fn ensure() -> Result<Libclang> {
    let missing = match Library::load(None) {
        Ok(_) => return Ok(Libclang::Found),
        // What was asked for by name is not replaced.
        Err(error) if env::var_os("LIBCLANG_PATH").is_some() => return Err(error.into()),
        Err(error) => error,
    };
    let unpacked = wheel_library()?;
    if Library::load(Some(&unpacked)).is_ok() {
        return Ok(Libclang::At(unpacked));
    }
    say("no libclang that waitctx can use: getting one\n", ());
    let package = match install_package() {
        Ok(()) if Library::load(None).is_ok() => return Ok(Libclang::Found),
        Ok(()) => anyhow!("the package that apt-get installed cannot be used"),
        Err(error) => error,
    };
    let wheel = match download_wheel() {
        Ok(()) if Library::load(Some(&unpacked)).is_ok() => return Ok(Libclang::At(unpacked)),
        Ok(()) => anyhow!("the wheel cannot be used on this machine"),
        Err(error) => error,
    };
    bail!(
        "{missing}\n\n\
         Getting one failed:\n\
         \x20 {package}\n\
         \x20 {wheel}\n\n\
         Get one in any of these ways, then run this again:\n\
         \x20 as root:       apt-get install {}\n\
         \x20 without root:  python3 -m pip install {WHEEL}, and set LIBCLANG_PATH to the\n\
         \x20                clang/native directory of what it installed\n\
         \x20 otherwise:     copy a libclang.so here and set LIBCLANG_PATH to it",
        PACKAGES[0],
    )
}

fn install_package() -> Result<()> {
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
    let installed = PACKAGES
        .iter()
        .any(|package| apt(&[&install[..], &[*package]].concat()).is_ok());
    if !installed {
        bail!("apt-get could install none of {}", PACKAGES.join(", "));
    }
    Ok(())
}

fn download_wheel() -> Result<()> {
    if !works(Command::new("python3").args(["-m", "pip", "--version"])) {
        bail!("there is no python3 with pip to download the wheel with");
    }
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade"])
        .arg("--target")
        .arg(wheel_directory())
        .arg(WHEEL);
    run(&mut pip)
}

fn wheel_directory() -> std::path::PathBuf {
    target().join("libclang")
}

/// The library in the unpacked wheel.
fn wheel_library() -> Result<Utf8PathBuf> {
    let path = wheel_directory().join("clang/native/libclang.so");
    Utf8PathBuf::from_path_buf(path).map_err(|path| anyhow!("{} is not UTF-8", path.display()))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
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
