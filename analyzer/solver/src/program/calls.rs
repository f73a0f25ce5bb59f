// SPDX-License-Identifier: MIT OR Apache-2.0
//! The graph of direct calls and the order in which functions are summarised.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use waitctx_model::{Callee, Statement};

use super::{FnId, Program};

/// The graph of direct calls into bodies that are entered. (Nearly everything can print, and printing
/// can do nearly everything: with the calls that a model stands for, most of a kernel would be one
/// recursion.)
pub(crate) struct CallGraph {
    graph: DiGraph<FnId, ()>,
}

/// Levels of strongly connected components: everything a component calls is in an earlier level.
pub(crate) struct SccOrder {
    /// Each level's components; a component's functions are sorted.
    pub(crate) levels: Vec<Vec<Vec<FnId>>>,
}

impl CallGraph {
    pub(crate) fn direct(program: &Program) -> Self {
        let mut graph = DiGraph::with_capacity(program.functions.len(), 0);
        for index in 0..program.functions.len() {
            graph.add_node(FnId(
                u32::try_from(index).expect("fewer than 2^32 functions"),
            ));
        }
        let mut callees = Vec::new();
        for (index, function) in program.functions.iter().enumerate() {
            let Some(body) = function.whole_body() else {
                continue;
            };
            callees.clear();
            for statement in body.blocks.iter().flat_map(|block| &block.statements) {
                if let Statement::Call(call) = statement
                    && let Callee::Direct(symbol) = call.callee
                    && let Some(&callee) = program.by_symbol.get(&symbol)
                    && !program.function(callee).opaque
                {
                    callees.push(callee.0);
                }
            }
            callees.sort_unstable();
            callees.dedup();
            for &callee in &callees {
                graph.add_edge(NodeIndex::new(index), NodeIndex::new(callee as usize), ());
            }
        }
        Self { graph }
    }

    /// Orders the components bottom-up. (petgraph's `tarjan_scc` recurses and overflows the stack
    /// on graphs of a kernel's size.)
    pub(crate) fn bottom_up(&self) -> SccOrder {
        let mut level_of = vec![0_usize; self.graph.node_count()];
        let mut levels: Vec<Vec<Vec<FnId>>> = Vec::new();
        let components = kosaraju_scc(&self.graph);
        let mut component_of = vec![0_usize; self.graph.node_count()];
        for (number, component) in components.iter().enumerate() {
            for &node in component {
                component_of[node.index()] = number;
            }
        }
        for (number, component) in components.iter().enumerate() {
            let level = component
                .iter()
                .flat_map(|&node| self.graph.neighbors(node))
                .filter(|callee| component_of[callee.index()] != number)
                .map(|callee| level_of[callee.index()] + 1)
                .max()
                .unwrap_or(0);
            for &node in component {
                level_of[node.index()] = level;
            }
            let mut functions: Vec<FnId> = component.iter().map(|&it| self.graph[it]).collect();
            functions.sort_unstable();
            if levels.len() <= level {
                levels.resize_with(level + 1, Vec::new);
            }
            levels[level].push(functions);
        }
        for level in &mut levels {
            level.sort_unstable();
        }
        SccOrder { levels }
    }
}
