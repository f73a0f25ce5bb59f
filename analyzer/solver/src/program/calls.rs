// SPDX-License-Identifier: MIT OR Apache-2.0
//! The graph of calls whose callee is written there, and the order in which functions are summarised.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use waitctx_model::{Call, Callee, Function, Statement, Symbol, Value};

use super::said::AllSaid;
use super::{FnId, Program};
use crate::per_function::functions;

/// The graph of calls of functions by their names, into bodies that are entered. (Nearly everything
/// can print, and printing can do nearly everything: with the calls that a model stands for, most of a
/// kernel would be one recursion.)
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct CallGraph {
    /// By function: what it calls, sorted.
    callees: Vec<Box<[FnId]>>,
}

/// Levels of strongly connected components: everything a component calls is in an earlier level.
pub(crate) struct SccOrder {
    /// Each level's components; a component's functions are sorted.
    pub(crate) levels: Vec<Vec<Vec<FnId>>>,
    /// By function: the level it is on.
    level_of: Vec<u32>,
    graph: CallGraph,
}

impl CallGraph {
    /// The graph of all bodies.
    pub(super) fn of(said: &mut AllSaid) -> Self {
        let callees = said
            .iter_mut()
            .map(|(_, it)| std::mem::take(&mut it.callees));
        Self {
            callees: callees.collect(),
        }
    }

    /// What a function calls.
    pub(crate) fn callees(&self, function: FnId) -> &[FnId] {
        &self.callees[function.0 as usize]
    }

    /// Makes room for `count` functions.
    pub(crate) fn grow(&mut self, count: usize) {
        self.callees.resize_with(count, Box::default);
    }

    /// Says anew what a function calls.
    pub(crate) fn set(&mut self, function: FnId, callees: Box<[FnId]>) {
        self.callees[function.0 as usize] = callees;
    }

    /// Who calls which functions.
    pub(crate) fn callers(&self) -> Callers {
        let mut by_callee: FxHashMap<FnId, Vec<FnId>> = FxHashMap::default();
        for caller in functions(self.callees.len()) {
            for &callee in self.callees(caller) {
                by_callee.entry(callee).or_default().push(caller);
            }
        }
        Callers(by_callee)
    }

    /// Orders the components bottom-up. (petgraph's `tarjan_scc` recurses and overflows the stack
    /// on graphs of a kernel's size.)
    pub(crate) fn bottom_up(self) -> SccOrder {
        let count = self.callees.len();
        let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, 0);
        for _ in 0..count {
            graph.add_node(());
        }
        for caller in functions(count) {
            for callee in self.callees(caller) {
                let node = |id: FnId| NodeIndex::new(id.0 as usize);
                graph.add_edge(node(caller), node(*callee), ());
            }
        }
        let mut level_of = vec![0_u32; count];
        let mut levels: Vec<Vec<Vec<FnId>>> = Vec::new();
        let components = kosaraju_scc(&graph);
        let mut component_of = vec![0_usize; count];
        for (number, component) in components.iter().enumerate() {
            for &node in component {
                component_of[node.index()] = number;
            }
        }
        for (number, component) in components.iter().enumerate() {
            let level = component
                .iter()
                .flat_map(|&node| graph.neighbors(node))
                .filter(|callee| component_of[callee.index()] != number)
                .map(|callee| level_of[callee.index()] + 1)
                .max()
                .unwrap_or(0);
            for &node in component {
                level_of[node.index()] = level;
            }
            let id = |node: NodeIndex| FnId(u32::try_from(node.index()).expect("a function"));
            let mut functions: Vec<FnId> = component.iter().map(|&it| id(it)).collect();
            functions.sort_unstable();
            if levels.len() <= level as usize {
                levels.resize_with(level as usize + 1, Vec::new);
            }
            levels[level as usize].push(functions);
        }
        for level in &mut levels {
            level.sort_unstable();
        }
        SccOrder {
            levels,
            level_of,
            graph: self,
        }
    }
}

/// Who calls functions by their names.
pub(crate) struct Callers(FxHashMap<FnId, Vec<FnId>>);

impl Callers {
    pub(crate) fn of(&self, function: FnId) -> &[FnId] {
        self.0.get(&function).map_or(&[], Vec::as_slice)
    }
}

impl SccOrder {
    /// Whether a function is summarised before one that calls it: it is on an earlier level, and the
    /// graph says that it is called. What else a caller comes to call nobody could wait for.
    pub(crate) fn comes_before(&self, callee: FnId, caller: FnId) -> bool {
        let level = |id: FnId| self.level_of[id.0 as usize];
        let is_called = self.graph.callees(caller).binary_search(&callee).is_ok();
        is_called && level(callee) < level(caller)
    }

    /// The functions that are walked together with this one, sorted.
    pub(crate) fn component(&self, function: FnId) -> &[FnId] {
        let level = &self.levels[self.level_of[function.0 as usize] as usize];
        // Components are in the order of their first functions, and most have no other.
        let found = match level.binary_search_by_key(&function, |it| it[0]) {
            Ok(at) => level.get(at),
            Err(_) => level.iter().find(|it| it.contains(&function)),
        };
        found.map_or(&[], Vec::as_slice)
    }

    /// The graph that is ordered.
    pub(crate) fn graph(&self) -> &CallGraph {
        &self.graph
    }
}

/// The identities of what a body calls by name.
pub(super) fn called(body: &Function) -> impl Iterator<Item = Symbol> {
    let statements = body.blocks.iter().flat_map(|block| &block.statements);
    statements.filter_map(|it| match it {
        Statement::Call(call) => match call.callee {
            Callee::Direct(symbol) => Some(symbol),
            Callee::Pointer { .. } => None,
        },
        Statement::Assign { .. } => None,
    })
}

/// What a body calls by name, sorted.
pub(super) fn by_name(program: &Program, body: &Function) -> Box<[FnId]> {
    sorted(called(body).filter_map(|it| program.by_symbol.get(&it).copied()))
}

/// Whether functions are values in a body.
pub(super) fn names_functions(body: &Function) -> bool {
    let mut any = false;
    named(body, &mut |_| any = true);
    any
}

/// What a body calls by name, or names where it calls a pointer, which may be that.
pub(crate) fn callees(program: &Program, body: &Function) -> Box<[FnId]> {
    let mut callees: Vec<Symbol> = called(body).collect();
    let mut statements = body.blocks.iter().flat_map(|block| &block.statements);
    let is_of_pointer = |it: &Statement| {
        matches!(
            it,
            Statement::Call(Call {
                callee: Callee::Pointer { .. },
                ..
            })
        )
    };
    if statements.any(is_of_pointer) {
        named(body, &mut |it| callees.push(it));
    }
    let ids = callees
        .into_iter()
        .filter_map(|it| program.by_symbol.get(&it).copied());
    sorted(ids.filter(|&it| !program.function(it).opaque))
}

fn sorted(ids: impl Iterator<Item = FnId>) -> Box<[FnId]> {
    let mut ids: Vec<FnId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_boxed_slice()
}

/// Visits the functions that are values in a body.
fn named(body: &Function, visit: &mut impl FnMut(Symbol)) {
    for statement in body.blocks.iter().flat_map(|block| &block.statements) {
        match statement {
            Statement::Call(call) => {
                for arg in &call.args {
                    functions_in(arg, visit);
                }
            }
            Statement::Assign { value, .. } => functions_in(value, visit),
        }
    }
}

/// Visits the functions that a value may be.
pub(crate) fn functions_in(value: &Value, visit: &mut impl FnMut(Symbol)) {
    match value {
        Value::Function(symbol) => visit(*symbol),
        Value::Select(_, a, b) => {
            functions_in(a, visit);
            functions_in(b, visit);
        }
        _ => {}
    }
}
