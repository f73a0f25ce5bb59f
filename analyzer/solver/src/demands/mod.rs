// SPDX-License-Identifier: MIT OR Apache-2.0
//! What functions demand of their callers' context, over all chains of calls.
//!
//! Demands travel from where they are made up the calls, in rounds: what a function comes to
//! demand in one round reaches its callers in the next. So the first chain found for a demand is a
//! shortest one, and the result does not depend on any order. Where a demand meets something in
//! force that does not allow it, it is a violation and travels no further: the cause is there.

mod again;
mod along;
mod asked;
mod case;
mod entered;
mod followed;
mod returned;
mod scope;
mod step;
mod taken;

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::entries::Entered;
use crate::expr::Exprs;
use crate::paths::Target;
use crate::per_function::{PerFunction, Structures};
use crate::program::{FnId, Program};
use crate::skeleton::{Called, Callers, Skeleton};
use crate::{Confidence, Knowledge, Purpose};

use again::Again;
pub(crate) use again::Slots;
pub(crate) use along::Marks;
pub(crate) use asked::confirming;
pub(crate) use case::{Case, CaseId, Link, Since, Violation, What};
pub(crate) use scope::Scope;
pub(crate) use step::Stepper;
pub(crate) use taken::{Asked, TakenWithin, Way, case as taken_case};

/// How many demands of one kind a function keeps.
const MAX_CASES: usize = 8;
/// How many callers are looked at together.
const AT_A_TIME: usize = 2048;
/// No real chain is longer; a round costs little when nothing is new.
const MAX_ROUNDS: u32 = 200;

/// The demands of all functions, and the violations met.
pub(crate) struct Demands {
    slots: PerFunction<Slot>,
    callers: Callers,
    scope: Scope,
    /// Functions that had to leave out a demand.
    pub(crate) cut_off: usize,
    /// How locks are taken where they must not be held.
    pub(crate) taken: TakenWithin,
}

/// What a function demands.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Slot {
    /// What calls of it come to, in the order of their lengths.
    pub(crate) cases: Vec<Case>,
    /// Where a demand meets what the function has in force.
    pub(crate) violations: Vec<Violation>,
    /// Whether it had to leave out a demand.
    pub(crate) cut_off: bool,
    /// What the conditions of its cases speak of.
    pub(crate) exprs: Arc<Exprs>,
}

/// Computes what all functions demand.
pub(crate) fn compute(
    program: &Program,
    knowledge: &Knowledge,
    structures: Structures<'_>,
    skeleton: &Skeleton,
    purpose: Purpose,
) -> Demands {
    let demanding = Demanding::new(program, knowledge, structures, skeleton, purpose);
    let Demanding {
        stepper, callers, ..
    } = &demanding;
    let all = 0..structures.len();
    let mut slots: Vec<Slot> = all
        .into_par_iter()
        .map(|index| demanding.primitives(id(index)))
        .collect();
    let matters = |caller, record, what| demanding.matters(caller, record, what);
    rounds(stepper, callers, &mut slots, &matters);
    for (first, same) in entries_by_function(program) {
        let slot = &mut slots[same[0].function.0 as usize];
        entered::check(stepper, first, same, slot);
    }
    let violations = slots.iter().flat_map(|slot| &slot.violations);
    let taken = taken::compute(stepper, skeleton, callers, violations);
    let Demanding { scope, callers, .. } = demanding;
    Demands {
        taken,
        callers,
        scope,
        cut_off: slots.iter().filter(|slot| slot.cut_off).count(),
        slots: slots.into_iter().collect(),
    }
}

/// What an earlier solution came to.
pub(crate) struct Earlier {
    pub(crate) slots: PerFunction<Slot>,
    pub(crate) scope: Scope,
    pub(crate) cut_off: usize,
    pub(crate) taken: TakenWithin,
}

impl Earlier {
    /// Makes room for `count` functions.
    pub(crate) fn grow(&mut self, count: usize) {
        self.slots.grow(count);
        self.taken.grow(count);
    }
}

/// What demands are now, and of which functions they may be others than before.
pub(crate) struct Renewed {
    pub(crate) demands: Demands,
    pub(crate) functions: Vec<FnId>,
    /// Whether the same is said of how locks are taken.
    pub(crate) takes_alike: bool,
}

/// Computes what all functions demand where only `changed` ones do something else than before.
pub(crate) fn compute_again(
    program: &Program,
    knowledge: &Knowledge,
    structures: Structures<'_>,
    skeleton: &Skeleton,
    (earlier, changed): (Earlier, Vec<FnId>),
) -> Renewed {
    let demanding = Demanding::new(program, knowledge, structures, skeleton, Purpose::Report);
    let Demanding {
        stepper,
        scope,
        callers,
        ..
    } = &demanding;
    let mut first = changed.clone();
    first.extend(earlier.scope.differing(scope));
    // Whether something is left to the callers is for these to say.
    let at_return = knowledge.at_return().map(|(demand, _)| demand);
    let returns = |function: FnId| {
        let mut edges = skeleton.of(function).iter();
        edges.any(|it| matches!(it.target, Called::Demand(demand) if Some(demand) == at_return))
    };
    for &function in &changed {
        let callees = skeleton
            .of(function)
            .iter()
            .flat_map(|it| it.callees(program));
        first.extend(callees.copied().filter(|&it| returns(it)));
    }
    first.sort_unstable();
    first.dedup();
    let again = Again {
        stepper,
        skeleton,
        callers,
        before: &earlier.slots,
        primitives: &|function| demanding.primitives(function),
        matters: &|caller, record, what| demanding.matters(caller, record, what),
    };
    let mut fresh = again.run(first);
    for (first, same) in entries_by_function(program) {
        if let Some(slot) = fresh.get_mut(&same[0].function) {
            entered::check(stepper, first, same, slot);
        }
    }
    let mut fresh: Vec<(FnId, Slot)> = fresh.into_iter().collect();
    fresh.sort_unstable_by_key(|it| it.0);
    let mut functions = Vec::new();
    let mut slots = earlier.slots;
    let mut cut_off = earlier.cut_off;
    let mut gone = Vec::new();
    let mut come = Vec::new();
    for (function, slot) in fresh {
        let before = slots.of(function);
        if postcard::to_stdvec(before) == postcard::to_stdvec(&slot) {
            continue;
        }
        functions.push(function);
        cut_off = cut_off + usize::from(slot.cut_off) - usize::from(before.cut_off);
        gone.extend(before.violations.iter().cloned());
        come.extend(slot.violations.iter().cloned());
        slots.put(function, slot);
    }
    let (taken, takes_alike) = taken::compute_again(
        stepper,
        skeleton,
        callers,
        earlier.taken,
        (&changed, &gone, &come),
    );
    let Demanding { scope, callers, .. } = demanding;
    Renewed {
        demands: Demands {
            slots,
            callers,
            scope,
            cut_off,
            taken,
        },
        functions,
        takes_alike,
    }
}

/// The ways in which each function is entered, with the index of the first of them.
fn entries_by_function(program: &Program) -> impl Iterator<Item = (usize, &[Entered])> {
    let mut first = 0;
    let same = program.entries.chunk_by(|a, b| a.function == b.function);
    same.map(move |same| {
        let at = first;
        first += same.len();
        (at, same)
    })
}

/// What demands begin with, and where they matter.
struct Demanding<'a> {
    stepper: Stepper<'a>,
    skeleton: &'a Skeleton,
    scope: Scope,
    callers: Callers,
}

impl<'a> Demanding<'a> {
    fn new(
        program: &'a Program,
        knowledge: &'a Knowledge,
        structures: Structures<'a>,
        skeleton: &'a Skeleton,
        purpose: Purpose,
    ) -> Self {
        Self {
            stepper: Stepper {
                program,
                knowledge,
                structures,
                guessed: Confidence::Low,
            },
            skeleton,
            scope: Scope::new(program, knowledge, skeleton, purpose),
            callers: skeleton.callers(program),
        }
    }

    /// What a function demands itself.
    fn primitives(&self, function: FnId) -> Slot {
        let knowledge = self.stepper.knowledge;
        let structure = self.stepper.structures.of(function);
        let at_return = knowledge.at_return().map(|(demand, _)| demand);
        let mut slot = Slot {
            exprs: Arc::clone(&structure.exprs),
            ..Slot::default()
        };
        for (number, record) in structure.records.iter().enumerate() {
            let Target::Demand { demand, .. } = record.target else {
                continue;
            };
            let edge = self.skeleton.edge(function, number);
            let is_expected = || {
                let (structures, callers) = (self.stepper.structures, &self.callers);
                Some(demand) == at_return
                    && returned::is_expected(knowledge, structures, callers, function, record)
            };
            if self.scope.includes(demand, function, edge) && !is_expected() {
                self.stepper.primitive(function, number, &mut slot.sink());
            }
        }
        slot
    }

    /// Whether what a record comes to matters to its function.
    fn matters(&self, caller: FnId, record: usize, what: What) -> bool {
        match what {
            What::Demand(demand) => {
                let edge = self.skeleton.edge(caller, record);
                self.scope.includes(demand, caller, edge)
            }
            What::Takes(_) | What::Violation(_) => false,
        }
    }
}

fn id(index: usize) -> FnId {
    FnId(u32::try_from(index).expect("fewer than 2^32 functions"))
}

/// What a caller has to look at in a round: its record, the callee, and which cases of that are new.
type Fresh = (usize, FnId, usize, usize);

/// Lets what callees come to reach their callers, in rounds, where it `matters`.
fn rounds(
    stepper: &Stepper<'_>,
    callers: &Callers,
    slots: &mut [Slot],
    matters: &(dyn Fn(FnId, usize, What) -> bool + Sync),
) {
    let mut fresh: Vec<usize> = vec![0; slots.len()];
    for _ in 0..MAX_ROUNDS {
        let mut work: FxHashMap<FnId, Vec<Fresh>> = FxHashMap::default();
        for (index, slot) in slots.iter().enumerate() {
            let (from, to) = (fresh[index], slot.cases.len());
            if from == to {
                continue;
            }
            let callee = id(index);
            for &(caller, record) in callers.get(&callee).map_or(&[][..], Vec::as_slice) {
                work.entry(caller)
                    .or_default()
                    .push((record, callee, from, to));
            }
            fresh[index] = to;
        }
        if work.is_empty() {
            break;
        }
        let mut work: Vec<_> = work.into_iter().collect();
        work.sort_unstable_by_key(|&(caller, _)| caller);
        // A few at a time, as what is known of each caller is copied for it. Slots only ever grow, and nobody
        // looks beyond what there was when the round began, so it makes no difference how many.
        for work in work.chunks_mut(AT_A_TIME) {
            let look = |(caller, items): &mut (FnId, Vec<Fresh>)| {
                items.sort_unstable();
                let mut growing = Growing::new(&slots[caller.0 as usize]);
                for &mut (record, callee, from, to) in items {
                    let Slot { cases, exprs, .. } = &slots[callee.0 as usize];
                    for (number, case) in cases.iter().enumerate().take(to).skip(from) {
                        if !matters(*caller, record, case.what) {
                            continue;
                        }
                        let number = u32::try_from(number).expect("few cases");
                        let id = CaseId {
                            function: callee,
                            index: number,
                        };
                        stepper.call(*caller, record, id, case, exprs, &mut growing.sink());
                    }
                }
                Some((*caller, growing.finish()?))
            };
            let grown: Vec<(FnId, Slot)> = work.par_iter_mut().filter_map(look).collect();
            for (caller, added) in grown {
                slots[caller.0 as usize].grow(added);
            }
        }
    }
}

/// A slot to which something may be added. Most of what is looked at adds nothing.
struct Growing<'a> {
    slot: &'a Slot,
    added: Option<Slot>,
}

impl<'a> Growing<'a> {
    fn new(slot: &'a Slot) -> Self {
        Self { slot, added: None }
    }

    fn sink(&mut self) -> step::Sink<'_> {
        let added = self.added.get_or_insert_with(|| Slot {
            exprs: Arc::clone(&self.slot.exprs),
            ..Slot::default()
        });
        step::Sink {
            known: step::Known {
                cases: &self.slot.cases,
                violations: &self.slot.violations,
            },
            ..added.sink()
        }
    }

    /// What has been added, if anything has. That more expressions are known is nothing.
    fn finish(self) -> Option<Slot> {
        let mut added = self.added?;
        let is_cut_off = added.cut_off && !self.slot.cut_off;
        if added.cases.is_empty() && added.violations.is_empty() && !is_cut_off {
            return None;
        }
        Arc::make_mut(&mut added.exprs).seal();
        Some(added)
    }
}

impl Demands {
    pub(crate) fn slots(&self) -> &PerFunction<Slot> {
        &self.slots
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What calls of a function come to.
    pub(crate) fn cases(&self, function: FnId) -> &[Case] {
        &self.slots.of(function).cases
    }

    /// What the conditions of a function's cases speak of.
    pub(crate) fn exprs(&self, function: FnId) -> &Arc<Exprs> {
        &self.slots.of(function).exprs
    }

    /// Where a demand meets what a function has in force.
    pub(crate) fn violations(&self, function: FnId) -> &[Violation] {
        &self.slots.of(function).violations
    }

    /// Where a function is called: the callers and the indices of their records.
    pub(crate) fn callers_of(&self, function: FnId) -> &[(FnId, usize)] {
        self.callers.get(&function).map_or(&[], Vec::as_slice)
    }
}

impl Slot {
    /// Whether it says nothing: nothing of it is kept then, not even what others could be said in.
    pub(crate) fn is_nothing(&self) -> bool {
        self.cases.is_empty() && self.violations.is_empty() && !self.cut_off
    }

    /// Takes in what has been added.
    fn grow(&mut self, added: Self) {
        self.cases.reserve_exact(added.cases.len());
        self.cases.extend(added.cases);
        self.violations.reserve_exact(added.violations.len());
        self.violations.extend(added.violations);
        self.cut_off |= added.cut_off;
        self.exprs = added.exprs;
    }

    fn sink(&mut self) -> step::Sink<'_> {
        step::Sink {
            exprs: Arc::make_mut(&mut self.exprs),
            known: step::Known::default(),
            cases: &mut self.cases,
            violations: &mut self.violations,
            cut_off: &mut self.cut_off,
        }
    }
}
