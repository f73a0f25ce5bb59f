// SPDX-License-Identifier: MIT OR Apache-2.0
//! Call graphs in the forms that other programs draw and search.

mod dot;
mod graphml;
mod json;

use anyhow::Result;
use clap::ValueEnum;
use waitctx_solver::InForce;
use waitctx_solver::query::{Effect, EffectKind};

use crate::call_graph::CallGraph;

/// How a graph is written.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum, Debug)]
pub(crate) enum GraphFormat {
    /// Graphviz: `dot -Tsvg`
    #[default]
    Dot,
    /// GraphML, which networkx and most graph editors read
    Graphml,
    /// One JSON object with nodes and edges
    Json,
}

/// The text of `graph`.
pub(crate) fn text(format: GraphFormat, graph: &CallGraph) -> Result<String> {
    match format {
        GraphFormat::Dot => Ok(dot::text(graph)),
        GraphFormat::Graphml => graphml::text(graph),
        GraphFormat::Json => json::text(graph),
    }
}

/// `takes pool.lock (raw_spinlock_t held)`.
fn effect_words(effect: &Effect) -> String {
    let verb = match effect.kind {
        EffectKind::Acquire => "begins: ",
        EffectKind::Release => "ends: ",
        EffectKind::Demand => "",
    };
    match &effect.detail {
        Some(detail) => format!("{verb}{} ({detail})", effect.label),
        None => format!("{verb}{}", effect.label),
    }
}

/// The word for a kind of effect in machine formats.
fn effect_name(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Acquire => "acquire",
        EffectKind::Release => "release",
        EffectKind::Demand => "demand",
    }
}

/// `pool.lock (raw-spinlock), irqs-off`.
fn held_words(held: &[InForce]) -> String {
    let words: Vec<String> = held
        .iter()
        .map(|it| match &it.lock {
            Some(lock) => format!("{lock} ({})", it.kind),
            None => it.kind.clone(),
        })
        .collect();
    words.join(", ")
}
