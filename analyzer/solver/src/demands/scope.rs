// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which demands have to be followed where.
//!
//! Most demands can meet a lock in any function. Some are forbidden at entries only (taking a raw
//! spinlock in a handler that cannot be masked): these matter in the functions that such entries
//! lead to, which are few.

use crate::paths::{Structure, Target};
use crate::program::{FnId, Program};
use crate::{DemandId, Identity, Knowledge};

/// A pointer with more targets than this says little about any of them; entries are not followed
/// through it.
const FEW_TARGETS: usize = 4;

/// Where demands matter.
pub(super) struct Scope {
    by_demand: Vec<Extent>,
}

enum Extent {
    /// Every context allows it.
    Nowhere,
    Everywhere,
    /// In these functions, by index.
    Within(Vec<bool>),
}

impl Scope {
    pub(super) fn new(program: &Program, knowledge: &Knowledge, structures: &[Structure]) -> Self {
        let extents = (0..knowledge.demands.len()).map(|index| {
            let demand = DemandId(u16::try_from(index).expect("few kinds of demand"));
            extent(program, knowledge, structures, demand)
        });
        Self {
            by_demand: extents.collect(),
        }
    }

    /// Whether a demand is to be followed in a function.
    pub(super) fn includes(&self, demand: DemandId, function: FnId) -> bool {
        match &self.by_demand[usize::from(demand.0)] {
            Extent::Nowhere => false,
            Extent::Everywhere => true,
            Extent::Within(functions) => functions[function.0 as usize],
        }
    }
}

fn extent(
    program: &Program,
    knowledge: &Knowledge,
    structures: &[Structure],
    demand: DemandId,
) -> Extent {
    let mut entries: Vec<usize> = Vec::new();
    for (index, kind) in (0..).zip(&knowledge.contexts) {
        let context = crate::ContextId(index);
        if knowledge.allows(context, demand) {
            continue;
        }
        let is_second_name = knowledge.lock_classes.values().any(|&it| it == context)
            || knowledge.taken.iter().any(|it| it.counts_as == context);
        if kind.identity != Identity::Entry || is_second_name {
            return Extent::Everywhere;
        }
        let of_kind = |it: &usize| knowledge.entries[*it].contexts.contains(&context);
        entries.extend((0..knowledge.entries.len()).filter(of_kind));
    }
    let roots = program
        .entries
        .iter()
        .filter(|it| entries.contains(&it.entry))
        .map(|it| it.function);
    let roots: Vec<FnId> = roots.collect();
    if roots.is_empty() {
        return Extent::Nowhere;
    }
    Extent::Within(reached(program, structures, roots))
}

/// The functions that `roots` lead to, by index.
pub(super) fn reached(program: &Program, structures: &[Structure], roots: Vec<FnId>) -> Vec<bool> {
    let mut queue = roots;
    let mut within = vec![false; structures.len()];
    while let Some(function) = queue.pop() {
        if std::mem::replace(&mut within[function.0 as usize], true) {
            continue;
        }
        for record in &structures[function.0 as usize].records {
            match record.target {
                Target::Function(callee) => queue.push(callee),
                Target::Pointer(key) => {
                    let targets = program.targets.of(key);
                    if targets.len() <= FEW_TARGETS {
                        queue.extend(targets);
                    }
                }
                Target::Demand { .. } => {}
            }
        }
    }
    within
}
