// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the rules know of kernel Rust, in the frontend's words: neither knows the other.
//!
//! The tests of fixtures read Rust with it, too, and take this file as a module of theirs.

use anyhow::Result;
use waitctx_rust::{AttributeMeaning, Knowledge, PreemptionMarkers};

/// What the built-in data says.
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
