// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which demands have to be followed where.
//!
//! A demand of a function matters when somebody may call it, directly or not, with something in force
//! that does not allow it. For many functions and demands nobody does. Conditions are not looked
//! at: what is left out could not have met anything.

use serde::{Deserialize, Serialize};

use crate::per_function::functions;
use crate::program::{FnId, Program};
use crate::skeleton::{DemandSet, Edge, Forbidden, Skeleton};
use crate::{ContextId, DemandId, Identity, Knowledge, Purpose};

/// A pointer with more targets than this says little about any of them; entries are not followed
/// through it where nothing else forbids what they forbid.
pub(super) const FEW_TARGETS: usize = 4;

/// Where demands matter.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// By function: what those who call it may forbid.
    by_function: Vec<DemandSet>,
}

impl Scope {
    pub(super) fn new(
        program: &Program,
        knowledge: &Knowledge,
        skeleton: &Skeleton,
        purpose: Purpose,
    ) -> Self {
        let forbidden = Forbidden::new(knowledge);
        let mut scope = Self {
            by_function: vec![DemandSet::default(); skeleton.len()],
        };
        let widely = forbidden_widely(knowledge, &forbidden);
        for entered in &program.entries {
            let contexts = &knowledge.entries[entered.entry].contexts;
            let forbidden = contexts.iter().map(|&it| forbidden.by(it));
            let at = scope.at(entered.function);
            *at = forbidden.fold(*at, DemandSet::union);
        }
        match purpose {
            Purpose::Report => {
                for function in functions(skeleton.len()) {
                    for edge in skeleton.of(function) {
                        for &callee in edge.callees(program) {
                            let at = scope.at(callee);
                            *at = at.union(edge.forbidden);
                        }
                    }
                }
            }
            Purpose::Questions => {
                for at in &mut scope.by_function {
                    *at = at.union(widely);
                }
            }
        }
        scope.spread(program, skeleton, widely);
        scope
    }

    fn at(&mut self, function: FnId) -> &mut DemandSet {
        &mut self.by_function[function.0 as usize]
    }

    /// Whether a demand is to be followed where a function does something.
    pub(super) fn includes(&self, demand: DemandId, function: FnId, edge: &Edge) -> bool {
        self.by_function[function.0 as usize].includes(demand) || edge.forbidden.includes(demand)
    }

    /// The functions for which the two say something else.
    pub(crate) fn differing(&self, other: &Self) -> impl Iterator<Item = FnId> {
        let pairs = self.by_function.iter().zip(&other.by_function);
        functions(self.by_function.len())
            .zip(pairs)
            .filter_map(|(function, (a, b))| (a != b).then_some(function))
    }

    /// Lets what the callers of a function may forbid reach those that it calls.
    fn spread(&mut self, program: &Program, skeleton: &Skeleton, widely: DemandSet) {
        let mut queue: Vec<FnId> = functions(skeleton.len()).collect();
        let mut waits = vec![true; skeleton.len()];
        while let Some(function) = queue.pop() {
            waits[function.0 as usize] = false;
            let here = *self.at(function);
            for edge in skeleton.of(function) {
                let callees = edge.callees(program);
                let along = if callees.len() > FEW_TARGETS {
                    here.intersection(widely)
                } else {
                    here
                };
                for &callee in callees {
                    let there = self.at(callee);
                    if there.union(along) == *there {
                        continue;
                    }
                    *there = there.union(along);
                    if !std::mem::replace(&mut waits[callee.0 as usize], true) {
                        queue.push(callee);
                    }
                }
            }
        }
    }
}

/// What something else than certain entries forbids.
fn forbidden_widely(knowledge: &Knowledge, forbidden: &Forbidden) -> DemandSet {
    let contexts = knowledge.contexts.iter().zip(0..);
    let wide = contexts.filter(|(kind, index)| {
        let context = ContextId(*index);
        let is_second_name = knowledge.lock_classes.values().any(|&it| it == context)
            || knowledge.taken.iter().any(|it| it.counts_as == context);
        kind.identity != Identity::Entry || is_second_name
    });
    wide.fold(DemandSet::default(), |all, (_, index)| {
        all.union(forbidden.by(ContextId(index)))
    })
}
