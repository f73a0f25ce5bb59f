// SPDX-License-Identifier: MIT OR Apache-2.0
//! GraphML (<http://graphml.graphdrawing.org/>).

use anyhow::Result;
use askama::Template;
use petgraph::visit::EdgeRef;

use super::{effect_words, held_words};
use crate::call_graph::CallGraph;

/// The graph as GraphML.
pub(super) fn text(graph: &CallGraph) -> Result<String> {
    let nodes = graph.graph.node_indices().map(|index| {
        let node = &graph.graph[index];
        let place = node.place.as_ref();
        NodeRow {
            id: index.index(),
            name: &node.name,
            kind: node.kind.name(),
            place: place.map_or_else(String::new, |it| format!("{}:{}", it.file, it.line)),
            effects: node
                .effects
                .iter()
                .map(effect_words)
                .collect::<Vec<_>>()
                .join("; "),
            center: node.is_center,
        }
    });
    let edges = graph.graph.edge_references().map(|edge| {
        let weight = edge.weight();
        EdgeRow {
            from: edge.source().index(),
            to: edge.target().index(),
            place: format!("{}:{}", weight.place.file, weight.place.line),
            through: weight.through.as_deref().unwrap_or(""),
            held: held_words(&weight.held),
        }
    });
    let document = Document {
        nodes: nodes.collect(),
        edges: edges.collect(),
    };
    Ok(format!("{}\n", document.render()?.trim_end()))
}

#[derive(Template)]
#[template(path = "graphml.xml")]
struct Document<'a> {
    nodes: Vec<NodeRow<'a>>,
    edges: Vec<EdgeRow<'a>>,
}

struct NodeRow<'a> {
    id: usize,
    name: &'a str,
    kind: &'static str,
    place: String,
    effects: String,
    center: bool,
}

struct EdgeRow<'a> {
    from: usize,
    to: usize,
    place: String,
    through: &'a str,
    held: String,
}
