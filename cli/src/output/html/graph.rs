// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture of nested locks: decides which locks are drawn and where.
//!
//! Wait types are layers, what sleeps at the top. Taking a lock further down is allowed, so that
//! right nestings lead downwards or stay in their layer; a finding leads upwards, in red.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use waitctx_solver::{Finding, WaitType};

use super::super::Presentation;

/// More locks make no picture; which are left out is said.
const MOST_NODES: usize = 84;
/// Nodes in a row.
const PER_ROW: usize = 6;

const NODE_WIDTH: usize = 168;
const NODE_HEIGHT: usize = 24;
const COLUMN: usize = 184;
const ROW: usize = 50;
const LEFT: usize = 96;
/// Characters that a node has room for.
const LONGEST_NAME: usize = 23;

/// The layers, the topmost first.
const LAYERS: [(WaitType, &str); 3] = [
    (WaitType::Sleep, "sleep"),
    (WaitType::Config, "config"),
    (WaitType::Spin, "spin"),
];

/// The picture, in the units of its view box.
pub(super) struct Graph {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) layers: Vec<Layer>,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// Locks and nestings that are not drawn.
    pub(super) left_out: Option<String>,
}

/// A wait type.
pub(super) struct Layer {
    pub(super) name: &'static str,
    pub(super) y: usize,
    pub(super) height: usize,
}

/// A lock, another context, or what a finding demands.
pub(super) struct Node {
    pub(super) id: usize,
    pub(super) name: String,
    pub(super) short: String,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) offends: bool,
}

/// A nesting.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) path: String,
    pub(super) title: String,
    pub(super) offends: bool,
}

/// A node before it has a place.
type Key = (WaitType, String);

/// What is known of an edge.
#[derive(Clone, Default)]
struct Weight {
    functions: usize,
    findings: usize,
    title: String,
}

impl Graph {
    pub(super) fn new(presentation: &Presentation<'_>) -> Self {
        let all = nestings(presentation);
        let (nodes, edges) = (all.node_count(), all.edge_count());
        let drawn = most_telling(&all);
        let chosen = all.filter_map(
            |index, key| drawn.contains(&index).then(|| key.clone()),
            |_, weight| Some(weight.clone()),
        );
        let left_out = (chosen.node_count() < nodes).then(|| {
            format!(
                "{} locks and {} nestings are not drawn; all are in the list below.",
                nodes - chosen.node_count(),
                edges - chosen.edge_count()
            )
        });
        Self {
            left_out,
            ..draw(&chosen)
        }
    }
}

/// All nestings: those that were seen, and those of findings.
fn nestings(presentation: &Presentation<'_>) -> DiGraph<Key, Weight> {
    let mut edges: BTreeMap<(Key, Key), Weight> = BTreeMap::new();
    for it in presentation.nesting {
        let from = (it.outer.wait, it.outer.name.clone());
        let to = (it.inner.wait, it.inner.name.clone());
        let weight = edges.entry((from, to)).or_default();
        weight.functions = it.functions;
        weight.title = format!("{}:{} ({})", it.place.file, it.place.line, it.function);
    }
    for finding in &presentation.findings {
        let weight = edges.entry(ends(finding)).or_default();
        weight.findings += 1;
        let place = &finding.main_step().place;
        weight.title = format!("{}:{}", place.file, place.line);
    }
    let mut graph = DiGraph::new();
    let mut ids: BTreeMap<Key, NodeIndex> = BTreeMap::new();
    for ((from, to), weight) in edges {
        let from = *ids
            .entry(from.clone())
            .or_insert_with(|| graph.add_node(from));
        let to = *ids.entry(to.clone()).or_insert_with(|| graph.add_node(to));
        graph.add_edge(from, to, weight);
    }
    graph
}

/// What is in force and what is demanded, as nodes.
fn ends(finding: &Finding) -> (Key, Key) {
    let context = &finding.context;
    let outer = context.lock.as_ref().unwrap_or(&context.label);
    let demand = &finding.demand;
    let lock = demand.detail.as_ref().filter(|it| {
        // The flags of an allocation are no lock.
        !it.starts_with(|c: char| c.is_ascii_digit())
    });
    let inner = lock.unwrap_or(&demand.label);
    ((context.limit, outer.clone()), (demand.wait, inner.clone()))
}

/// The nodes to draw: those of findings first, then their neighbours, then what nests most often.
fn most_telling(graph: &DiGraph<Key, Weight>) -> BTreeSet<NodeIndex> {
    let edges_of = |node: NodeIndex| {
        let out = graph.edges_directed(node, Direction::Outgoing);
        out.chain(graph.edges_directed(node, Direction::Incoming))
    };
    let findings = |node| edges_of(node).map(|it| it.weight().findings).sum::<usize>();
    let functions = |node| {
        edges_of(node)
            .map(|it| it.weight().functions)
            .sum::<usize>()
    };
    let beside_finding = |node| {
        graph
            .neighbors_undirected(node)
            .any(|other| findings(other) > 0)
    };
    let mut nodes: Vec<NodeIndex> = graph.node_indices().collect();
    nodes.sort_by_cached_key(|&node| {
        std::cmp::Reverse((findings(node), beside_finding(node), functions(node)))
    });
    nodes.into_iter().take(MOST_NODES).collect()
}

/// Gives nodes their places: each layer in rows, neighbours near each other.
fn draw(graph: &DiGraph<Key, Weight>) -> Graph {
    let mut columns: BTreeMap<NodeIndex, f64> = BTreeMap::new();
    let mut layers: Vec<Vec<NodeIndex>> = LAYERS
        .iter()
        .map(|&(wait, _)| {
            let layer = graph.node_indices().filter(|&it| graph[it].0 == wait);
            layer.collect()
        })
        .collect();
    for layer in &layers {
        number(layer, &mut columns);
    }
    // Each node goes to where its neighbours are on average.
    for _ in 0..4 {
        for layer in &mut layers {
            let mean = |node: NodeIndex| {
                let near: Vec<f64> = graph
                    .neighbors_undirected(node)
                    .map(|it| columns[&it])
                    .collect();
                let count = u32::try_from(near.len()).map_or(1.0, f64::from);
                match near.len() {
                    0 => columns[&node],
                    _ => near.iter().sum::<f64>() / count,
                }
            };
            layer.sort_by(|&a, &b| mean(a).total_cmp(&mean(b)).then(a.cmp(&b)));
            number(layer, &mut columns);
        }
    }
    place(graph, &layers)
}

/// Spreads the nodes of a layer over the width.
fn number(layer: &[NodeIndex], columns: &mut BTreeMap<NodeIndex, f64>) {
    let count = u32::try_from(layer.len().max(1)).map_or(1.0, f64::from);
    for (index, &node) in (0_u32..).zip(layer) {
        columns.insert(node, (f64::from(index) + 0.5) / count);
    }
}

fn place(graph: &DiGraph<Key, Weight>, layers: &[Vec<NodeIndex>]) -> Graph {
    let mut picture = Graph {
        width: LEFT + PER_ROW * COLUMN,
        height: 0,
        layers: Vec::new(),
        nodes: Vec::new(),
        edges: Vec::new(),
        left_out: None,
    };
    let mut at: BTreeMap<NodeIndex, (usize, usize)> = BTreeMap::new();
    for (&(_, name), layer) in LAYERS.iter().zip(layers) {
        let rows = layer.len().div_ceil(PER_ROW).max(1);
        let y = picture.height;
        for (index, &node) in layer.iter().enumerate() {
            // Column by column, so that the order is from left to right.
            let (column, row) = (index / rows, index % rows);
            let shift = if row % 2 == 1 { 8 } else { 0 };
            let x = LEFT + column * COLUMN + shift;
            at.insert(node, (x, y + row * ROW + (ROW - NODE_HEIGHT) / 2));
        }
        picture.layers.push(Layer {
            name,
            y,
            height: rows * ROW,
        });
        picture.height += rows * ROW + 12;
    }
    for node in graph.node_indices() {
        let name = graph[node].1.clone();
        let Some(&(x, y)) = at.get(&node) else {
            continue; // what may be taken anywhere is in no layer
        };
        let edges = graph.edges_directed(node, Direction::Outgoing);
        picture.nodes.push(Node {
            id: node.index(),
            short: shortened(&name),
            name,
            x,
            y,
            offends: edges.into_iter().any(|it| it.weight().findings > 0),
        });
    }
    let mut edges: Vec<_> = graph.edge_references().collect();
    // Red ones are drawn last, over the others.
    edges.sort_by_key(|it| (it.weight().findings > 0, it.id()));
    for edge in edges {
        let (Some(&from), Some(&to)) = (at.get(&edge.source()), at.get(&edge.target())) else {
            continue;
        };
        let weight = edge.weight();
        let title = match weight.findings {
            0 => format!("{} functions, first {}", weight.functions, weight.title),
            1 => format!("finding at {}", weight.title),
            n => format!("{n} findings, last at {}", weight.title),
        };
        picture.edges.push(Edge {
            from: edge.source().index(),
            to: edge.target().index(),
            path: curve(from, to),
            title: format!(
                "{} → {}: {title}",
                graph[edge.source()].1,
                graph[edge.target()].1
            ),
            offends: weight.findings > 0,
        });
    }
    picture
}

/// From one node to another, leaving and arriving at the sides that face each other.
fn curve((ax, ay): (usize, usize), (bx, by): (usize, usize)) -> String {
    let middle = NODE_WIDTH / 2;
    let (x1, x2) = (ax + middle, bx + middle);
    if ay == by {
        let (x1, x2) = if ax < bx {
            (ax + NODE_WIDTH, bx)
        } else {
            (ax, bx + NODE_WIDTH)
        };
        let y = ay + NODE_HEIGHT / 2;
        let dip = ay + NODE_HEIGHT + 8;
        return format!("M{x1} {y}Q{} {dip} {x2} {y}", usize::midpoint(x1, x2));
    }
    let (y1, y2) = if ay < by {
        (ay + NODE_HEIGHT, by)
    } else {
        (ay, by + NODE_HEIGHT)
    };
    let bend = usize::midpoint(y1, y2);
    format!("M{x1} {y1}C{x1} {bend} {x2} {bend} {x2} {y2}")
}

/// The end of a lock's name tells more than its start; with words it is the other way round.
fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= LONGEST_NAME {
        return name.to_owned();
    }
    if name.contains(' ') {
        let start: String = name.chars().take(LONGEST_NAME - 1).collect();
        return format!("{start}…");
    }
    let end: String = name.chars().skip(length - (LONGEST_NAME - 1)).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture::Fixture;

    fn graph(fixture: &Fixture) -> Graph {
        fixture.present(Graph::new)
    }

    #[test]
    fn findings_lead_upwards_in_red() {
        let graph = graph(&Fixture::new());
        assert_eq!(graph.nodes.len(), 4);
        let y = |name: &str| graph.nodes.iter().find(|it| it.name == name).unwrap().y;
        assert!(y("bus.mutex") < y("depot.lock") && y("depot.lock") < y("pool.lock"));
        let red: Vec<&str> = graph
            .edges
            .iter()
            .filter(|it| it.offends)
            .map(|it| it.title.as_str())
            .collect();
        assert_eq!(
            red,
            ["pool.lock → allocates memory: finding at kernel/work.c:10"]
        );
        assert!(graph.left_out.is_none());
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut fixture = Fixture::new();
        let one = fixture.nesting[0].clone();
        for number in 0..200 {
            let mut nesting = one.clone();
            nesting.inner.name = format!("lock_{number}");
            fixture.nesting.push(nesting);
        }
        let graph = graph(&fixture);
        assert_eq!(graph.nodes.len(), MOST_NODES);
        let left_out = graph.left_out.unwrap();
        assert!(left_out.starts_with("120 locks and "), "{left_out}");
        assert!(graph.nodes.iter().any(|it| it.name == "pool.lock"));
    }

    #[test]
    fn long_names_keep_their_end() {
        let short = shortened("a_structure_with_a_long_name.lock");
        assert_eq!(short, "…_with_a_long_name.lock");
        assert_eq!(short.chars().count(), LONGEST_NAME);
        assert_eq!(shortened("x.lock"), "x.lock");
        let words = shortened("in an RCU read-side section");
        assert_eq!(words, "in an RCU read-side se…");
    }
}
