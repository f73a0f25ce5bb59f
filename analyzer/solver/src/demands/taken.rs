// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether and how locks are taken within a context, with all that decides it on the way.
//!
//! The same steps as for demands, for the few locks that it is asked of, and in those functions only
//! that the context's entries lead to.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::case::{CaseId, Link, Violation, What};
use super::step::Stepper;
use super::{Slot, rounds, scope};
use crate::lock::{LockClass, Subclass, lock_name};
use crate::paths::{Structure, Target};
use crate::program::{FnId, Program, call_at};
use crate::{Confidence, ContextId, Knowledge};

/// A way to a lock with more calls than this is a guess: each of them may depend on what is in
/// memory then.
const LONG_WAY: u32 = 6;

/// A lock that is asked of: what it counts as, its class and its subclass.
type Key = (ContextId, LockClass, Subclass);

fn key(violation: &Violation) -> Key {
    let item = &violation.item;
    (violation.context, item.class.clone(), item.subclass)
}

/// How locks are taken within contexts.
#[derive(Default)]
pub(crate) struct TakenWithin {
    /// By function: how each comes to take which lock.
    pub(crate) cases: Vec<Vec<super::Case>>,
    ways: FxHashMap<Key, Way>,
}

/// How a lock is taken.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// Index of the entry it begins with.
    pub(crate) entered: usize,
    /// The first hop in the function that is entered.
    pub(crate) link: Link,
    pub(crate) confidence: Confidence,
    /// How many calls there are.
    pub(crate) length: u32,
}

impl TakenWithin {
    /// How the lock of a violation is taken where it must not be held.
    pub(crate) fn way(&self, violation: &Violation) -> Option<Way> {
        self.ways.get(&key(violation)).copied()
    }
}

/// Finds how the locks of `violations` are taken, for those that are told by that.
pub(super) fn compute<'v>(
    stepper: &Stepper<'_>,
    callers: &FxHashMap<FnId, Vec<(FnId, usize)>>,
    violations: impl Iterator<Item = &'v Violation>,
) -> TakenWithin {
    let knowledge = stepper.knowledge;
    let mut wanted: Vec<Key> = violations
        .filter(|it| is_taken(knowledge, it.context))
        .map(key)
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut result = TakenWithin::default();
    if wanted.is_empty() {
        return result;
    }
    let reached: Vec<Vec<bool>> = knowledge
        .taken
        .iter()
        .map(|taken| {
            let roots = crate::taken::roots(stepper.program, knowledge, taken);
            scope::reached(stepper.program, stepper.structures, roots.collect())
        })
        .collect();
    let within = |context: ContextId, function: FnId| {
        let of_kind = knowledge.taken.iter().zip(&reached);
        of_kind
            .filter(|(taken, _)| taken.counts_as == context)
            .any(|(_, reached)| reached[function.0 as usize])
    };
    let mut slots: Vec<Slot> = stepper
        .structures
        .par_iter()
        .enumerate()
        .map(|(index, structure)| {
            let function = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
            primitives(stepper, function, structure, &wanted, &within)
        })
        .collect();
    rounds(
        stepper,
        callers,
        &mut slots,
        &|caller, _, what| match what {
            What::Takes(number) => within(wanted[usize::from(number)].0, caller),
            What::Demand(_) | What::Violation(_) => false,
        },
    );
    for (number, key) in wanted.iter().enumerate() {
        if let Some(way) = shortest(stepper.program, knowledge, &slots, number, key.0) {
            result.ways.insert(key.clone(), way);
        }
    }
    result.cases = slots.into_iter().map(|slot| slot.cases).collect();
    result
}

fn is_taken(knowledge: &Knowledge, context: ContextId) -> bool {
    knowledge.taken.iter().any(|it| it.counts_as == context)
}

/// The places in a function where one of the wanted locks is waited for.
fn primitives(
    stepper: &Stepper<'_>,
    function: FnId,
    structure: &Structure,
    wanted: &[Key],
    within: &dyn Fn(ContextId, FnId) -> bool,
) -> Slot {
    let mut slot = Slot::default();
    let numbers: Vec<usize> = (0..wanted.len())
        .filter(|&number| within(wanted[number].0, function))
        .collect();
    if numbers.is_empty() {
        return slot;
    }
    slot.exprs = structure.exprs.clone();
    let body = stepper.program.body(function);
    for (index, record) in structure.records.iter().enumerate() {
        let Target::Demand {
            demand,
            subject: Some(lock),
            ..
        } = record.target
        else {
            continue;
        };
        let takes_lock = stepper
            .knowledge
            .contexts
            .iter()
            .any(|kind| kind.demand == Some(demand));
        if !takes_lock {
            continue;
        }
        let (program, knowledge) = (stepper.program, stepper.knowledge);
        let class = lock_name(program, knowledge, function, &structure.exprs, lock).class;
        let call = body.as_deref().and_then(|it| call_at(it, record.site));
        let subclass = call.map_or(Subclass::Plain, |it| Subclass::of(program, knowledge, it));
        for &number in &numbers {
            if wanted[number].1 == class && wanted[number].2 == subclass {
                let number = u16::try_from(number).expect("few locks are asked of");
                stepper.takes(function, index, number, &mut slot.sink());
            }
        }
    }
    slot
}

/// The surest, then shortest way from an entry to the lock.
fn shortest(
    program: &Program,
    knowledge: &Knowledge,
    slots: &[Slot],
    number: usize,
    counts_as: ContextId,
) -> Option<Way> {
    let counts = |entry: usize| {
        let contexts = &knowledge.entries[entry].contexts;
        let taken = knowledge.taken.iter();
        taken
            .filter(|it| it.counts_as == counts_as)
            .any(|it| contexts.contains(&it.within))
    };
    let takes = |case: &super::Case| {
        let what = matches!(case.what, What::Takes(it) if usize::from(it) == number);
        what && case.guard.iter().all(|condition| !condition.proof)
    };
    let entries = program.entries.iter().enumerate();
    let ways = entries
        .filter(|(_, it)| counts(it.entry))
        .flat_map(|(index, it)| {
            let cases = slots[it.function.0 as usize].cases.iter();
            cases.filter(|case| takes(case)).map(move |case| {
                // What each call on a long way depends on, nobody has looked at.
                let confidence = if case.length > LONG_WAY {
                    Confidence::Low
                } else {
                    case.confidence
                };
                Way {
                    entered: index,
                    link: case.link,
                    confidence,
                    length: case.length,
                }
            })
        });
    ways.min_by_key(|way| (std::cmp::Reverse(way.confidence), way.length, way.entered))
}

/// The case that a hop leads to.
pub(crate) fn case(taken: &TakenWithin, id: CaseId) -> &super::Case {
    &taken.cases[id.function.0 as usize][id.index as usize]
}
