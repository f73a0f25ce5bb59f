// SPDX-License-Identifier: MIT OR Apache-2.0
//! Precompiled headers: nearly all of what a compiler reads for a unit are headers that it has
//! read for the units before, too.

mod directives;
mod files;
mod guard;
mod make;
mod plan;
mod search;
mod set;
mod shared;
mod sources;

pub(crate) use make::parse;
pub(crate) use plan::plan;
pub use plan::{HeaderPlan, Plan, Shareable};
pub(crate) use shared::SharedFunctions;
pub(crate) use sources::Texts;

/// What a text includes, as it is written there, in order: what a plan depends on besides
/// headers.
pub fn includes(text: &[u8]) -> Vec<String> {
    let written = |include: directives::Include| {
        if include.is_angled {
            format!("<{}>", include.name)
        } else {
            format!("\"{}\"", include.name)
        }
    };
    let directives = directives::Directives::of(text);
    directives.includes.into_iter().map(written).collect()
}
