// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sees to it that there is a libclang: decides how one is got when waitctx finds none, and what is
//! said when that fails. Whether there is one is asked of waitctx's own code.

use std::env;
use std::process::Command;

use anyhow::{Result, anyhow, bail};
use camino::Utf8PathBuf;
use waitctx_clang::Library;

use crate::{apt, run, say, target, works};

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
    let package = match apt::install_one_of(&PACKAGES) {
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
