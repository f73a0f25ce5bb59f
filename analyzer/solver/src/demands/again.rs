// SPDX-License-Identifier: MIT OR Apache-2.0
//! What some functions demand, where what all others do is as it was.
//!
//! A case was added in the round of its length, so that what functions had come to after each round can
//! be read from what they came to in the end. Functions of which something has changed go through all
//! rounds once more. In the round in which one comes to something else than it did, its callers join.

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::case::{CaseId, What};
use super::step::Stepper;
use super::{Growing, MAX_ROUNDS, Slot};
use crate::per_function::PerFunction;
use crate::program::FnId;
use crate::skeleton::{Callers, Skeleton};

/// What functions come to, where it may be something else than before.
pub(crate) type Slots = FxHashMap<FnId, Slot>;

pub(super) struct Again<'a> {
    pub(super) stepper: &'a Stepper<'a>,
    pub(super) skeleton: &'a Skeleton,
    pub(super) callers: &'a Callers,
    /// What functions came to before.
    pub(super) before: &'a PerFunction<Slot>,
    /// What a function comes to by itself.
    pub(super) primitives: &'a (dyn Fn(FnId) -> Slot + Sync),
    /// Whether what a record comes to matters to its function.
    pub(super) matters: &'a (dyn Fn(FnId, usize, What) -> bool + Sync),
}

impl Again<'_> {
    /// Goes through all rounds with the functions in `first`, and those that they concern.
    pub(super) fn run(&self, first: Vec<FnId>) -> Slots {
        let mut slots = Slots::default();
        let mut diverged: FxHashSet<FnId> = FxHashSet::default();
        let mut last = 0;
        self.join(first, 0, &mut slots, &mut last);
        for round in 0..MAX_ROUNDS {
            if round > 0 {
                let mut order: Vec<FnId> = slots.keys().copied().collect();
                order.sort_unstable();
                let look = |&function: &FnId| {
                    let slot = self.advance(function, &slots[&function], round, &slots)?;
                    Some((function, slot))
                };
                let grown: Vec<(FnId, Slot)> = order.par_iter().filter_map(look).collect();
                if !grown.is_empty() {
                    last = last.max(round + 1);
                }
                slots.extend(grown);
            }
            let mut fresh: Vec<FnId> = slots
                .iter()
                .filter(|(function, slot)| {
                    !diverged.contains(function) && self.diverges(**function, slot, round)
                })
                .map(|(&function, _)| function)
                .collect();
            fresh.sort_unstable();
            diverged.extend(&fresh);
            let callers = fresh.iter().flat_map(|it| self.callers.get(it));
            let callers = callers.flatten().map(|&(caller, _)| caller);
            let mut joining: Vec<FnId> = callers.filter(|it| !slots.contains_key(it)).collect();
            joining.sort_unstable();
            joining.dedup();
            if !joining.is_empty() {
                last = last.max(round + 1);
            }
            self.join(joining, round, &mut slots, &mut last);
            if round >= last {
                break;
            }
        }
        slots
    }

    /// Takes functions in, which have gone through the rounds up to this one as before.
    fn join(&self, joining: Vec<FnId>, round: u32, slots: &mut Slots, last: &mut u32) {
        let catch_up = |&function: &FnId| {
            let mut slot = (self.primitives)(function);
            for round in 1..=round {
                if let Some(grown) = self.advance(function, &slot, round, slots) {
                    slot = grown;
                }
            }
            (function, slot)
        };
        let joined: Vec<(FnId, Slot)> = joining.par_iter().map(catch_up).collect();
        let mut go_on = |slot: &Slot| {
            let longest = slot.cases.last();
            *last = (*last).max(longest.map_or(0, |it| it.length + 1));
        };
        for (function, slot) in &joined {
            go_on(slot);
            for (_, callee) in self.calls(*function) {
                go_on(self.before.of(callee));
            }
        }
        slots.extend(joined);
    }

    /// The records of a function with what they may call, in order.
    fn calls(&self, function: FnId) -> impl Iterator<Item = (usize, FnId)> {
        let program = self.stepper.program;
        let edges = self.skeleton.of(function).iter().enumerate();
        edges.flat_map(move |(record, edge)| {
            let callees = edge.callees(program).iter();
            callees.map(move |&callee| (record, callee))
        })
    }

    /// What a function has come to after a round, if that is more than before it.
    fn advance(&self, function: FnId, slot: &Slot, round: u32, slots: &Slots) -> Option<Slot> {
        let mut growing = Growing::new(slot);
        for (record, callee) in self.calls(function) {
            let of = slots.get(&callee);
            let Slot { cases, exprs, .. } = match of {
                Some(slot) => slot,
                None => self.before.of(callee),
            };
            for index in of_round(cases, round - 1) {
                let case = &cases[index];
                if !(self.matters)(function, record, case.what) {
                    continue;
                }
                let id = CaseId {
                    function: callee,
                    index: u32::try_from(index).expect("few cases"),
                };
                self.stepper
                    .call(function, record, id, case, exprs, &mut growing.sink());
            }
        }
        let added = growing.finish()?;
        let mut slot = slot.clone();
        slot.grow(added);
        Some(slot)
    }

    /// Whether a function has come to something else in a round than before.
    fn diverges(&self, function: FnId, slot: &Slot, round: u32) -> bool {
        let before = self.before.of(function);
        let (was, is) = (of_round(&before.cases, round), of_round(&slot.cases, round));
        let alike = |(was, is): (usize, usize)| {
            before.cases[was].looks_like(&before.exprs, &slot.cases[is], &slot.exprs)
        };
        was != is || !was.zip(is).all(alike)
    }
}

/// The cases that were added in a round.
fn of_round(cases: &[super::Case], round: u32) -> Range<usize> {
    let first = cases.partition_point(|it| it.length < round);
    let count = cases[first..].partition_point(|it| it.length == round);
    first..first + count
}
