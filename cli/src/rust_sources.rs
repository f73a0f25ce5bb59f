// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Rust part of a tree: decides which crates are read and what the frontend is told of the
//! kernel.

use anyhow::Result;
use camino::Utf8Path;
use clap::ValueEnum;
use waitctx_kbuild::RustSelection;
use waitctx_model::Unit;
use waitctx_rust::{AttributeMeaning, Cfg, CrateSource, Knowledge, PreemptionMarkers};

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

/// Reads the Rust files of `tree`, whose configuration is in `objects`, with `more` of it as well.
pub(crate) fn read(
    which: Which,
    tree: &Utf8Path,
    objects: &Utf8Path,
    more: &[String],
) -> Result<Vec<Unit>> {
    let selection = match which {
        Which::Configured => RustSelection::Configured,
        Which::All => RustSelection::All,
        Which::Off => RustSelection::Nothing,
    };
    let sources = waitctx_kbuild::rust_crates(tree, objects, selection)?;
    if sources.crates.is_empty() {
        return Ok(Vec::new());
    }
    let mut cfg = Cfg::default();
    for option in sources.cfg.iter().chain(more) {
        cfg.set(option);
    }
    let crates: Vec<CrateSource> = sources
        .crates
        .into_iter()
        .map(|it| CrateSource {
            name: it.name,
            root: it.root,
            edition: it.edition,
        })
        .collect();
    let reading = waitctx_rust::read(tree, &crates, &cfg, &knowledge()?);
    Ok(reading.units)
}

/// What the rules know, in the frontend's words.
pub(crate) fn knowledge() -> Result<Knowledge> {
    let rust = waitctx_rules::rust()?;
    let attributes = rust.attributes.into_iter().map(|(path, attribute)| {
        let meaning = match attribute {
            waitctx_rules::Attribute::Drop => AttributeMeaning::Drop,
            waitctx_rules::Attribute::Presence(prefix) => AttributeMeaning::Presence(prefix),
            waitctx_rules::Attribute::Preemption {
                may_sleep,
                raises,
                lowers,
            } => AttributeMeaning::Preemption(PreemptionMarkers {
                may_sleep,
                raises,
                lowers,
            }),
        };
        (path, meaning)
    });
    Ok(Knowledge {
        constants: rust.constants.into_iter().collect(),
        macros: rust.macros.to_owned(),
        attributes: attributes.collect(),
        helper_prefix: rust.helper_prefix,
    })
}
