// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads a text as a crate and compares what a function of it is lowered to. `WAITCTX_BLESS=1`
//! prints what it would be.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;

use camino::Utf8Path;
use waitctx_model::{Unit, write_unit};
use waitctx_rust::{Cfg, CrateSource, Knowledge, Reading};

/// Reads `source` as the crate `a`.
pub(crate) fn read(source: &str) -> Reading {
    read_crates(&[("a", source)])
}

/// Reads crates given by name and text.
pub(crate) fn read_crates(crates: &[(&str, &str)]) -> Reading {
    let directory = tempfile::tempdir().unwrap();
    let mut sources = Vec::new();
    for (name, text) in crates {
        let file = format!("{name}.rs");
        fs::write(directory.path().join(&file), text).unwrap();
        sources.push(CrateSource {
            name: (*name).to_owned(),
            root: file.into(),
            edition: 2021,
        });
    }
    let root = Utf8Path::from_path(directory.path()).unwrap();
    waitctx_rust::read(root, &sources, &Cfg::default(), &Knowledge::default())
}

/// Checks what the function `a::name` of `source` is lowered to; spaces at the start of lines do
/// not count.
#[track_caller]
pub(crate) fn expect(source: &str, name: &str, expected: &str) {
    let reading = read(source);
    assert_eq!(
        reading.coverage.unknown_calls, 0,
        "{:?}",
        reading.coverage.unknown
    );
    let mut found = Unit::default();
    for unit in reading.units {
        let full = format!("a::{name}");
        let mut unit = unit;
        unit.functions
            .retain(|function| unit.names.get(function.symbol.name) == full);
        unit.aliases.clear();
        if !unit.functions.is_empty() {
            found = unit;
        }
    }
    let mut text = String::new();
    write_unit(&found, &mut text).unwrap();
    let trim = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    assert_eq!(trim(&text), trim(expected), "\n{text}");
}
