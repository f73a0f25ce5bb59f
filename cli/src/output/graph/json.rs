// SPDX-License-Identifier: MIT OR Apache-2.0
//! A graph as one JSON object. `version` grows when a field changes its meaning or goes away.

use anyhow::Result;
use petgraph::visit::EdgeRef;
use serde::Serialize;
use waitctx_solver::{InForce, SourcePlace};

use super::effect_name;
use crate::call_graph::{CallGraph, Node};

/// The graph as JSON.
pub(super) fn text(graph: &CallGraph) -> Result<String> {
    let nodes = graph.graph.node_indices();
    let document = Document {
        version: 1,
        left_out: graph.left_out,
        nodes: nodes
            .map(|index| json_node(index.index(), &graph.graph[index]))
            .collect(),
        edges: graph
            .graph
            .edge_references()
            .map(|edge| {
                let weight = edge.weight();
                JsonEdge {
                    from: edge.source().index(),
                    to: edge.target().index(),
                    through: weight.through.as_deref(),
                    via_macro: weight.via_macro.as_deref(),
                    place: JsonPlace::new(&weight.place),
                    held: weight.held.iter().map(JsonContext::new).collect(),
                }
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    /// Functions that would be beside these and were left out.
    left_out: usize,
    nodes: Vec<JsonNode<'a>>,
    edges: Vec<JsonEdge<'a>>,
}

#[derive(Serialize)]
struct JsonNode<'a> {
    id: usize,
    name: &'a str,
    /// `function`, `modelled` or `unknown`.
    kind: &'static str,
    /// Whether it was asked for.
    center: bool,
    place: Option<JsonPlace<'a>>,
    effects: Vec<JsonEffect<'a>>,
}

#[derive(Serialize)]
struct JsonEffect<'a> {
    /// `acquire`, `release` or `demand`.
    kind: &'static str,
    label: &'a str,
    detail: Option<&'a str>,
    #[serde(flatten)]
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
struct JsonEdge<'a> {
    from: usize,
    to: usize,
    through: Option<&'a str>,
    via_macro: Option<&'a str>,
    #[serde(flatten)]
    place: JsonPlace<'a>,
    /// What the caller has in force there.
    held: Vec<JsonContext<'a>>,
}

#[derive(Serialize)]
struct JsonContext<'a> {
    kind: &'a str,
    lock: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonPlace<'a> {
    file: &'a str,
    line: u32,
}

impl<'a> JsonPlace<'a> {
    fn new(place: &'a SourcePlace) -> Self {
        Self {
            file: &place.file,
            line: place.line,
        }
    }
}

impl<'a> JsonContext<'a> {
    fn new(context: &'a InForce) -> Self {
        Self {
            kind: &context.kind,
            lock: context.lock.as_deref(),
        }
    }
}

fn json_node(id: usize, node: &Node) -> JsonNode<'_> {
    JsonNode {
        id,
        name: &node.name,
        kind: node.kind.name(),
        center: node.is_center,
        place: node.place.as_ref().map(JsonPlace::new),
        effects: node
            .effects
            .iter()
            .map(|it| JsonEffect {
                kind: effect_name(it.kind),
                label: &it.label,
                detail: it.detail.as_deref(),
                place: JsonPlace::new(&it.place),
            })
            .collect(),
    }
}
