// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Rust part of a tree: decides which crates are read.

use anyhow::Result;
use camino::Utf8Path;
use clap::ValueEnum;
use waitctx_kbuild::RustSelection;
use waitctx_model::Unit;
use waitctx_rust::{Cfg, CrateSource};

use crate::rust_knowledge::knowledge;
use crate::shadow::Shadow;
use crate::sources::Overlay;

/// Which Rust files are read.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum, Debug)]
pub(crate) enum Which {
    /// Those that the configuration builds, or those of a rust-project.json
    #[default]
    Configured,
    /// All that a Makefile can build, as if CONFIG_RUST were set
    All,
    /// None
    Off,
}

/// Reads the Rust files of `tree`, whose configuration is in `objects`, with `more` of it as well;
/// what `overlay` has instead of what is on the disk, Makefiles among it.
pub(crate) fn read(
    which: Which,
    tree: &Utf8Path,
    objects: &Utf8Path,
    more: &[String],
    overlay: &Overlay,
) -> Result<Vec<Unit>> {
    let selection = match which {
        Which::Configured => RustSelection::Configured,
        Which::All => RustSelection::All,
        Which::Off => RustSelection::Nothing,
    };
    let sources = waitctx_kbuild::rust_crates(tree, overlay, objects, selection)?;
    let crates = sources.crates.into_iter();
    let crates: Vec<CrateSource> = crates
        .map(|it| CrateSource {
            name: it.name,
            root: it.root,
            edition: it.edition,
        })
        .collect();
    if crates.is_empty() {
        return Ok(Vec::new());
    }
    let mut cfg = Cfg::default();
    for option in sources.cfg.iter().chain(more) {
        cfg.set(option);
    }
    let knowledge = knowledge()?;
    let files = overlay.iter().filter(|(name, _)| name.ends_with(".rs"));
    let reading = match Shadow::of(tree, files)? {
        Some(shadow) => waitctx_rust::read(shadow.root(), &crates, &cfg, &knowledge),
        None => waitctx_rust::read(tree, &crates, &cfg, &knowledge),
    };
    Ok(reading.units)
}
