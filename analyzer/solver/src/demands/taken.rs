// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether and how locks are taken within a context, with all that decides it on the way.
//!
//! The same steps as for demands, for the few locks that it is asked of, and in those functions only
//! that the context's entries lead to.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::again::Again;
use super::case::{CaseId, Link, Violation, What};
use super::scope::FEW_TARGETS;
use super::step::Stepper;
use super::{Slot, id, rounds};
use crate::lock::{LockClass, Subclass, lock_name};
use crate::paths::Target;
use crate::per_function::PerFunction;
use crate::program::{FnId, Program, call_at};
use crate::skeleton::{Callers, Skeleton};
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
pub(crate) struct TakenWithin {
    /// By function: how each comes to take which lock.
    slots: PerFunction<Slot>,
    asked: Asked,
}

/// Which locks are asked of, and what came of it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// How many violations ask for each, in the order of their numbers.
    wanted: Vec<(Key, u32)>,
    /// For each kind of [`crate::Taken`], by function: whether its entries lead there.
    reached: Vec<Vec<bool>>,
    ways: FxHashMap<Key, Way>,
}

/// How a lock is taken.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
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
    /// What an earlier solution came to.
    pub(crate) fn of(slots: PerFunction<Slot>, asked: Asked) -> Self {
        Self { slots, asked }
    }

    /// How the lock of a violation is taken where it must not be held.
    pub(crate) fn way(&self, violation: &Violation) -> Option<Way> {
        self.asked.ways.get(&key(violation)).copied()
    }

    /// Makes room for `count` functions.
    pub(super) fn grow(&mut self, count: usize) {
        self.slots.grow(count);
    }

    pub(crate) fn asked(&self) -> &Asked {
        &self.asked
    }

    pub(crate) fn slots(&self) -> &PerFunction<Slot> {
        &self.slots
    }
}

impl Asked {
    /// Which locks violations ask for.
    fn count<'v>(
        &mut self,
        knowledge: &Knowledge,
        violations: impl Iterator<Item = &'v Violation>,
    ) {
        let mut counts: BTreeMap<Key, u32> = self.wanted.drain(..).collect();
        for violation in violations.filter(|it| is_taken(knowledge, it.context)) {
            *counts.entry(key(violation)).or_default() += 1;
        }
        self.wanted = counts.into_iter().collect();
    }

    /// Whether a function is within a context that counts as `context`.
    fn is_within(&self, knowledge: &Knowledge, context: ContextId, function: FnId) -> bool {
        let of_kind = knowledge.taken.iter().zip(&self.reached);
        of_kind
            .filter(|(taken, _)| taken.counts_as == context)
            .any(|(_, reached)| reached[function.0 as usize])
    }
}

fn reached(stepper: &Stepper<'_>, skeleton: &Skeleton) -> Vec<Vec<bool>> {
    let (program, knowledge) = (stepper.program, stepper.knowledge);
    let of = |taken| {
        let roots = crate::taken::roots(program, knowledge, taken).collect();
        skeleton.reached(program, roots, FEW_TARGETS)
    };
    knowledge.taken.iter().map(of).collect()
}

/// Finds how the locks of `violations` are taken, for those that are told by that.
pub(super) fn compute<'v>(
    stepper: &Stepper<'_>,
    skeleton: &Skeleton,
    callers: &Callers,
    violations: impl Iterator<Item = &'v Violation>,
) -> TakenWithin {
    let mut asked = Asked::default();
    asked.count(stepper.knowledge, violations);
    ask(stepper, skeleton, callers, asked)
}

/// Finds how the locks that are asked of are taken.
fn ask(
    stepper: &Stepper<'_>,
    skeleton: &Skeleton,
    callers: &Callers,
    mut asked: Asked,
) -> TakenWithin {
    let count = stepper.structures.len();
    asked.ways.clear();
    if asked.wanted.is_empty() {
        return TakenWithin::of(PerFunction::new(count), asked);
    }
    asked.reached = reached(stepper, skeleton);
    let mut slots: Vec<Slot> = (0..count)
        .into_par_iter()
        .map(|index| primitives(stepper, id(index), &asked))
        .collect();
    let matters = |caller, _, what| matters(stepper, &asked, caller, what);
    rounds(stepper, callers, &mut slots, &matters);
    let mut taken = TakenWithin::of(slots.into_iter().collect(), asked);
    taken.find_ways(stepper);
    taken
}

/// The same as [`compute`], where only `changed` functions do something else than before, and some
/// violations have gone and others have come. Also says whether it comes to the same as before.
pub(super) fn compute_again(
    stepper: &Stepper<'_>,
    skeleton: &Skeleton,
    callers: &Callers,
    mut earlier: TakenWithin,
    (changed, gone, come): (&[FnId], &[Violation], &[Violation]),
) -> (TakenWithin, bool) {
    let knowledge = stepper.knowledge;
    let known = earlier.asked.wanted.len();
    earlier.asked.count(knowledge, come.iter());
    if earlier.asked.wanted.len() != known {
        // Other locks are asked of, and all functions have to be asked of them.
        let asked = Asked {
            wanted: earlier.asked.wanted,
            ..Asked::default()
        };
        return (
            ask(stepper, skeleton, callers, without(knowledge, asked, gone)),
            false,
        );
    }
    let asked = without(knowledge, earlier.asked, gone);
    if asked.wanted.len() != known {
        return (ask(stepper, skeleton, callers, asked), false);
    }
    if asked.wanted.is_empty() {
        return (TakenWithin::of(earlier.slots, asked), true);
    }
    let now = reached(stepper, skeleton);
    let mut first = changed.to_vec();
    for (was, is) in asked.reached.iter().zip(&now) {
        let differing = was.iter().zip(is).enumerate().filter(|(_, (a, b))| a != b);
        first.extend(differing.map(|(index, _)| id(index)));
    }
    first.sort_unstable();
    first.dedup();
    let asked = Asked {
        reached: now,
        ..asked
    };
    let again = Again {
        stepper,
        skeleton,
        callers,
        before: &earlier.slots,
        primitives: &|function| primitives(stepper, function, &asked),
        matters: &|caller, _, what| matters(stepper, &asked, caller, what),
    };
    let fresh = again.run(first);
    let mut fresh: Vec<(FnId, Slot)> = fresh.into_iter().collect();
    fresh.sort_unstable_by_key(|it| it.0);
    let mut slots = earlier.slots;
    let mut alike = true;
    for (function, slot) in fresh {
        let before = slots.of(function);
        alike &= before.cases.is_empty() && slot.cases.is_empty();
        slots.put(function, slot);
    }
    let ways = asked.ways.clone();
    let mut taken = TakenWithin::of(slots, asked);
    taken.find_ways(stepper);
    alike &= taken.asked.ways == ways;
    (taken, alike)
}

/// The locks that are asked of when some violations have gone.
fn without(knowledge: &Knowledge, mut asked: Asked, gone: &[Violation]) -> Asked {
    for violation in gone.iter().filter(|it| is_taken(knowledge, it.context)) {
        let key = key(violation);
        if let Some((_, count)) = asked.wanted.iter_mut().find(|(it, _)| *it == key) {
            *count -= 1;
        }
    }
    asked.wanted.retain(|(_, count)| *count > 0);
    asked
}

fn matters(stepper: &Stepper<'_>, asked: &Asked, caller: FnId, what: What) -> bool {
    match what {
        What::Takes(number) => {
            let (key, _) = &asked.wanted[usize::from(number)];
            asked.is_within(stepper.knowledge, key.0, caller)
        }
        What::Demand(_) | What::Violation(_) => false,
    }
}

impl TakenWithin {
    fn find_ways(&mut self, stepper: &Stepper<'_>) {
        let (program, knowledge) = (stepper.program, stepper.knowledge);
        let way = |(number, (key, _)): (usize, &(Key, u32))| {
            let way = shortest(program, knowledge, &self.slots, number, key.0)?;
            Some((key.clone(), way))
        };
        let wanted = self.asked.wanted.iter().enumerate();
        self.asked.ways = wanted.filter_map(way).collect();
    }
}

fn is_taken(knowledge: &Knowledge, context: ContextId) -> bool {
    knowledge.taken.iter().any(|it| it.counts_as == context)
}

/// The places in a function where one of the wanted locks is waited for.
fn primitives(stepper: &Stepper<'_>, function: FnId, asked: &Asked) -> Slot {
    let mut slot = Slot::default();
    let wanted = |number: usize| &asked.wanted[number].0;
    let numbers: Vec<usize> = (0..asked.wanted.len())
        .filter(|&number| asked.is_within(stepper.knowledge, wanted(number).0, function))
        .collect();
    if numbers.is_empty() {
        return slot;
    }
    let structure = stepper.structures.of(function);
    slot.exprs = structure.exprs.clone();
    let body = LazyCell::new(|| stepper.program.body(function));
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
        if !numbers.iter().any(|&it| wanted(it).1 == class) {
            continue;
        }
        let call = body.as_ref().and_then(|it| call_at(it, record.site));
        let subclass = call.map_or(Subclass::Plain, |it| Subclass::of(program, knowledge, it));
        for &number in &numbers {
            if wanted(number).1 == class && wanted(number).2 == subclass {
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
    slots: &PerFunction<Slot>,
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
            let cases = slots.of(it.function).cases.iter();
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
    &taken.slots.of(id.function).cases[id.index as usize]
}
