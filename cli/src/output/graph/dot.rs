// SPDX-License-Identifier: MIT OR Apache-2.0
//! Graphviz, through petgraph. Decides how functions and calls look in a drawing.

use std::fmt::Write as _;

use petgraph::dot::{Config, Dot};
use waitctx_solver::query::EffectKind;

use super::{effect_words, held_words};
use crate::call_graph::{CallGraph, Edge, Node, NodeKind};

/// The graph in Graphviz's language.
pub(super) fn text(graph: &CallGraph) -> String {
    let config = [
        Config::NodeNoLabel,
        Config::EdgeNoLabel,
        Config::GraphContentOnly,
    ];
    let edge = |_, edge: petgraph::graph::EdgeReference<'_, Edge>| edge_attributes(edge.weight());
    let node = |_, (_, node): (petgraph::graph::NodeIndex, &Node)| node_attributes(node);
    let content = Dot::with_attr_getters(&graph.graph, &config, &edge, &node);
    let mut text = String::from(
        "digraph calls {\n    node [shape=box, style=\"rounded,filled\", fillcolor=white, \
         fontname=\"monospace\", fontsize=10]\n    edge [fontname=\"sans-serif\", fontsize=8]\n",
    );
    let _ = write!(text, "{content:?}");
    text.push_str("}\n");
    text
}

fn node_attributes(node: &Node) -> String {
    let mut label = node.name.clone();
    if let Some(place) = &node.place {
        let _ = write!(label, "\\n{}:{}", place.file, place.line);
    }
    let mut effects: Vec<String> = node.effects.iter().map(effect_words).collect();
    effects.dedup();
    for effect in effects {
        let _ = write!(label, "\\n{effect}");
    }
    let has = |kind| node.effects.iter().any(|it| it.kind == kind);
    let mut attributes = format!("label=\"{}\"", escaped(&label));
    if has(EffectKind::Demand) {
        attributes.push_str(", fillcolor=\"#fbe3e1\"");
    } else if has(EffectKind::Acquire) {
        attributes.push_str(", fillcolor=\"#e3edfb\"");
    }
    match node.kind {
        NodeKind::Function => {}
        NodeKind::Modelled => attributes.push_str(", style=\"rounded,filled,dashed\""),
        NodeKind::Unknown => attributes.push_str(", style=\"rounded,dotted\""),
    }
    if node.is_center {
        attributes.push_str(", penwidth=2.5");
    }
    attributes
}

fn edge_attributes(edge: &Edge) -> String {
    let mut label = Vec::new();
    if !edge.held.is_empty() {
        label.push(held_words(&edge.held));
    }
    if let Some(through) = &edge.through {
        label.push(format!("through {through}"));
    }
    let place = format!("{}:{}", edge.place.file, edge.place.line);
    let mut attributes = format!("tooltip=\"{}\"", escaped(&place));
    if !label.is_empty() {
        let _ = write!(attributes, ", label=\"{}\"", escaped(&label.join("\\n")));
    }
    if !edge.held.is_empty() {
        attributes.push_str(", color=\"#b3261e\"");
    }
    if edge.through.is_some() {
        attributes.push_str(", style=dashed");
    }
    attributes
}

/// For a quoted string; `\n` stays a line break.
fn escaped(text: &str) -> String {
    text.replace('"', "\\\"")
}
