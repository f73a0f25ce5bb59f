// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which demands have to be followed where.
//!
//! A demand of a function matters when somebody may call it, directly or not, with something in force
//! that does not allow it. For many functions and demands nobody does. Conditions are not looked
//! at: what is left out could not have met anything.

use crate::paths::{Record, Structure, Target};
use crate::program::{FnId, Program};
use crate::{ContextId, DemandId, Identity, Knowledge, Purpose};

/// A pointer with more targets than this says little about any of them; entries are not followed
/// through it where nothing else forbids what they forbid.
const FEW_TARGETS: usize = 4;

/// Kinds of demand, a bit for each of the first 64; a model with more of them has the others followed
/// everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Demands(u64);

impl Demands {
    fn includes(self, demand: DemandId) -> bool {
        let bit = 1_u64.checked_shl(u32::from(demand.0));
        bit.is_none_or(|bit| self.0 & bit != 0)
    }

    fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn of(kinds: impl Iterator<Item = usize>) -> Self {
        let bit = |kind| 1_u64.checked_shl(u32::try_from(kind).unwrap_or(u32::MAX));
        Self(kinds.filter_map(bit).fold(0, |all, bit| all | bit))
    }
}

/// Where demands matter.
pub(super) struct Scope<'a> {
    program: &'a Program,
    structures: &'a [Structure],
    /// By kind of context: what it does not allow.
    forbidden: Vec<Demands>,
    /// By function: what those who call it may forbid.
    by_function: Vec<Demands>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        program: &'a Program,
        knowledge: &Knowledge,
        structures: &'a [Structure],
        purpose: Purpose,
    ) -> Self {
        let kinds = 0..knowledge.demands.len();
        let forbidden = (0..knowledge.contexts.len()).map(|index| {
            let context = ContextId(u16::try_from(index).expect("few kinds of context"));
            let demand = |&it: &usize| {
                let demand = DemandId(u16::try_from(it).expect("few kinds of demand"));
                !knowledge.allows(context, demand)
            };
            Demands::of(kinds.clone().filter(demand))
        });
        let mut scope = Self {
            program,
            structures,
            forbidden: forbidden.collect(),
            by_function: vec![Demands::default(); structures.len()],
        };
        let widely = scope.forbidden_widely(knowledge);
        for entered in &program.entries {
            let contexts = &knowledge.entries[entered.entry].contexts;
            let forbidden = contexts.iter().map(|it| scope.forbidden[usize::from(it.0)]);
            let at = &mut scope.by_function[entered.function.0 as usize];
            *at = forbidden.fold(*at, Demands::union);
        }
        match purpose {
            Purpose::Report => {
                for record in structures.iter().flat_map(|it| &it.records) {
                    let forbidden = scope.forbidden_at(record);
                    for callee in callees(program, record) {
                        let at = &mut scope.by_function[callee.0 as usize];
                        *at = at.union(forbidden);
                    }
                }
            }
            Purpose::Questions => {
                for at in &mut scope.by_function {
                    *at = at.union(widely);
                }
            }
        }
        scope.spread(widely);
        scope
    }

    /// Whether a demand is to be followed where a function does something.
    pub(super) fn includes(&self, demand: DemandId, function: FnId, record: &Record) -> bool {
        self.by_function[function.0 as usize].includes(demand)
            || self.forbidden_at(record).includes(demand)
    }

    /// What something else than certain entries forbids.
    fn forbidden_widely(&self, knowledge: &Knowledge) -> Demands {
        let contexts = knowledge.contexts.iter().zip(0..).zip(&self.forbidden);
        let wide = contexts.filter(|((kind, index), _)| {
            let context = ContextId(*index);
            let is_second_name = knowledge.lock_classes.values().any(|&it| it == context)
                || knowledge.taken.iter().any(|it| it.counts_as == context);
            kind.identity != Identity::Entry || is_second_name
        });
        wide.fold(Demands::default(), |all, (_, it)| all.union(*it))
    }

    /// What is not allowed by what a function has in force itself.
    fn forbidden_at(&self, record: &Record) -> Demands {
        let names = record.held.iter().flat_map(|held| {
            let more = self.program.counts_as(&held.item);
            std::iter::once(held.item.kind).chain(more)
        });
        names.fold(Demands::default(), |all, it| {
            all.union(self.forbidden[usize::from(it.0)])
        })
    }

    /// Lets what the callers of a function may forbid reach those that it calls.
    fn spread(&mut self, widely: Demands) {
        let (structures, program) = (self.structures, self.program);
        let mut queue: Vec<usize> = (0..structures.len()).collect();
        let mut waits = vec![true; structures.len()];
        while let Some(index) = queue.pop() {
            waits[index] = false;
            let here = self.by_function[index];
            for record in &structures[index].records {
                let callees = callees(program, record);
                let along = if callees.len() > FEW_TARGETS {
                    Demands(here.0 & widely.0)
                } else {
                    here
                };
                for callee in callees {
                    let there = &mut self.by_function[callee.0 as usize];
                    if there.union(along) == *there {
                        continue;
                    }
                    *there = there.union(along);
                    let index = callee.0 as usize;
                    if !std::mem::replace(&mut waits[index], true) {
                        queue.push(index);
                    }
                }
            }
        }
    }
}

fn callees<'a>(program: &'a Program, record: &'a Record) -> &'a [FnId] {
    match &record.target {
        Target::Function(callee) => std::slice::from_ref(callee),
        Target::Pointer(key) => program.targets.of(*key),
        Target::Demand { .. } => &[],
    }
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
            let callees = callees(program, record);
            if callees.len() <= FEW_TARGETS {
                queue.extend(callees);
            }
        }
    }
    within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_beyond_the_bits_are_followed_everywhere() {
        let some = Demands::of([3, 70].into_iter());
        assert!(some.includes(DemandId(3)) && !some.includes(DemandId(4)));
        assert!(some.includes(DemandId(70)) && Demands::default().includes(DemandId(64)));
    }
}
