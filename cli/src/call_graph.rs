// SPDX-License-Identifier: MIT OR Apache-2.0
//! The call graph that people export: decides which part of the program is in it and what is said of
//! each function and call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::graph::{DiGraph, NodeIndex};
use rayon::prelude::*;
use waitctx_solver::query::{CallSite, Effect, FunctionRef};
use waitctx_solver::{InForce, Solution, SourcePlace};

/// A function.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its name.
    pub(crate) name: String,
    /// Where it is defined; `None` when only its declaration was read.
    pub(crate) place: Option<SourcePlace>,
    /// What is known of it.
    pub(crate) kind: NodeKind,
    /// What happens to the context in its body: acquisitions, releases, allocations, sleeping.
    pub(crate) effects: Vec<Effect>,
    /// Whether it was asked for.
    pub(crate) is_center: bool,
}

/// What is known of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NodeKind {
    /// Its body.
    Function,
    /// What the models say.
    Modelled,
    /// Nothing.
    Unknown,
}

impl NodeKind {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Modelled => "modelled",
            Self::Unknown => "unknown",
        }
    }
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// Where.
    pub(crate) place: SourcePlace,
    /// The macro that the programmer wrote there.
    pub(crate) via_macro: Option<String>,
    /// What a function pointer was read from.
    pub(crate) through: Option<String>,
    /// What the caller has in force there.
    pub(crate) held: Vec<InForce>,
}

/// A call graph, and how many functions beside it were left out.
pub(crate) struct CallGraph {
    /// The functions and their calls.
    pub(crate) graph: DiGraph<Node, Edge>,
    /// Neighbours that are missing because the graph would be too large.
    pub(crate) left_out: usize,
}

/// How far around what was asked for a graph reaches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// Calls up and down.
    pub(crate) depth: usize,
    /// Functions that are taken at most, besides those asked for.
    pub(crate) most: usize,
}

impl CallGraph {
    /// The graph around `centers`, or of the whole program when there are none.
    pub(crate) fn new(solution: &Solution<'_>, centers: &[FunctionRef], reach: Reach) -> Self {
        let functions: Vec<FunctionRef> = solution.functions().collect();
        let entered = functions
            .into_par_iter()
            .filter(|&it| solution.has_body(it) && !solution.is_modelled(it));
        let callees = entered.map(|it| (it, solution.callees(it)));
        let callees: BTreeMap<FunctionRef, Vec<FunctionRef>> = callees.collect();
        let (members, left_out) = if centers.is_empty() {
            let callers = callees.keys();
            let all = callers.chain(callees.values().flatten());
            (all.copied().collect(), 0)
        } else {
            around(&callees, centers, reach)
        };
        let callers: Vec<FunctionRef> = members.iter().copied().collect();
        let callers = callers.into_par_iter();
        let callers = callers.filter(|it| callees.contains_key(it));
        let calls = callers.map(|it| (it, solution.calls(it)));
        let calls: BTreeMap<FunctionRef, Vec<CallSite>> = calls.collect();
        let mut graph = DiGraph::with_capacity(members.len(), 0);
        let mut ids: BTreeMap<FunctionRef, NodeIndex> = BTreeMap::new();
        for &member in &members {
            let node = node(solution, member, centers.contains(&member));
            ids.insert(member, graph.add_node(node));
        }
        for (caller, sites) in &calls {
            let Some(&from) = ids.get(caller) else {
                continue;
            };
            for site in sites {
                for to in site.targets.iter().filter_map(|it| ids.get(it)) {
                    graph.add_edge(
                        from,
                        *to,
                        Edge {
                            place: site.place.clone(),
                            via_macro: site.via_macro.clone(),
                            through: site.through.clone(),
                            held: site.held.clone(),
                        },
                    );
                }
            }
        }
        Self { graph, left_out }
    }
}

/// The functions within reach, the nearest first, and how many had no place any more.
fn around(
    callees: &BTreeMap<FunctionRef, Vec<FunctionRef>>,
    centers: &[FunctionRef],
    reach: Reach,
) -> (BTreeSet<FunctionRef>, usize) {
    let mut callers: BTreeMap<FunctionRef, BTreeSet<FunctionRef>> = BTreeMap::new();
    for (&caller, called) in callees {
        for &callee in called {
            callers.entry(callee).or_default().insert(caller);
        }
    }
    let mut members: BTreeSet<FunctionRef> = centers.iter().copied().collect();
    let mut left_out: BTreeSet<FunctionRef> = BTreeSet::new();
    // Up and down are not mixed: what else the callers of a function call is not about it.
    for upwards in [true, false] {
        let mut queue: VecDeque<(FunctionRef, usize)> = centers.iter().map(|&it| (it, 0)).collect();
        let mut seen: BTreeSet<FunctionRef> = centers.iter().copied().collect();
        while let Some((function, distance)) = queue.pop_front() {
            if distance == reach.depth {
                continue;
            }
            let next: Vec<FunctionRef> = if upwards {
                callers
                    .get(&function)
                    .into_iter()
                    .flatten()
                    .copied()
                    .collect()
            } else {
                let called = callees.get(&function).into_iter().flatten();
                called.copied().collect()
            };
            for it in next {
                if !seen.insert(it) {
                    continue;
                }
                if !members.contains(&it) && members.len() >= centers.len() + reach.most {
                    left_out.insert(it);
                    continue;
                }
                members.insert(it);
                queue.push_back((it, distance + 1));
            }
        }
    }
    (members, left_out.len())
}

fn node(solution: &Solution<'_>, function: FunctionRef, is_center: bool) -> Node {
    Node {
        name: solution.name(function).to_owned(),
        place: solution.place(function),
        kind: if solution.is_modelled(function) {
            NodeKind::Modelled
        } else if solution.has_body(function) {
            NodeKind::Function
        } else {
            NodeKind::Unknown
        },
        effects: if solution.is_modelled(function) {
            Vec::new()
        } else {
            solution.effects(function)
        },
        is_center,
    }
}
