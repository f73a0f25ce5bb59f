// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rust fixtures: each file is a crate of its own, and all see the stub of the kernel crate.

use camino::{Utf8Path, Utf8PathBuf};
use waitctx_model::Unit;
use waitctx_rust::{Cfg, CrateSource};

use super::testdata;
use rust_knowledge::knowledge;

#[path = "../../src/rust_knowledge.rs"]
mod rust_knowledge;

/// Reads the Rust files of a program.
pub(crate) fn read(root: &Utf8Path, files: &[Utf8PathBuf]) -> Vec<Unit> {
    let stub = testdata().join("include/rust");
    let stub = stub.strip_prefix(root).unwrap_or(&stub);
    let mut crates: Vec<CrateSource> = ["bindings", "kernel"]
        .map(|name| CrateSource {
            name: name.to_owned(),
            root: stub.join(name).join("lib.rs"),
            edition: 2021,
        })
        .into();
    crates.extend(files.iter().map(|file| CrateSource {
        name: file.file_stem().unwrap_or_default().to_owned(),
        root: file.clone(),
        edition: 2021,
    }));
    let mut cfg = Cfg::default();
    cfg.set("CONFIG_RUST");
    let knowledge = knowledge().expect("the built-in data is right");
    waitctx_rust::read(root, &crates, &cfg, &knowledge).units
}
