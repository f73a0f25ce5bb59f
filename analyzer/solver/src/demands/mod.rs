// SPDX-License-Identifier: MIT OR Apache-2.0
//! What functions demand of their callers' context, over all chains of calls.
//!
//! Demands travel from where they are made up the calls, in rounds: what a function comes to
//! demand in one round reaches its callers in the next. So the first chain found for a demand is a
//! shortest one, and the result does not depend on any order. Where a demand meets something in
//! force that does not allow it, it is a violation and travels no further: the cause is there.

mod asked;
mod case;
mod entered;
mod returned;
mod scope;
mod step;
mod taken;

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::expr::Exprs;
use crate::paths::{Record, Structure, Target};
use crate::program::{FnId, Program};
use crate::{Knowledge, Purpose};

pub(crate) use asked::confirming;
pub(crate) use case::{Case, CaseId, Link, Since, Violation, What};
use scope::Scope;
pub(crate) use step::Stepper;
pub(crate) use taken::{TakenWithin, Way, case as taken_case};

/// How many demands of one kind a function keeps.
const MAX_CASES: usize = 8;
/// How many callers are looked at together.
const AT_A_TIME: usize = 2048;
/// No real chain is longer; a round costs little when nothing is new.
const MAX_ROUNDS: u32 = 200;

/// The demands of all functions, and the violations met.
pub(crate) struct Demands {
    /// By function.
    pub(crate) cases: Vec<Vec<Case>>,
    /// By function: where a demand meets what the function has in force.
    pub(crate) violations: Vec<Vec<Violation>>,
    /// By function: what the conditions of its cases speak of.
    pub(crate) exprs: Vec<Arc<Exprs>>,
    /// Where functions are called: the caller and the index of its record.
    callers: FxHashMap<FnId, Vec<(FnId, usize)>>,
    /// Functions that had to leave out a demand.
    pub(crate) cut_off: usize,
    /// How locks are taken where they must not be held.
    pub(crate) taken: TakenWithin,
}

/// A function's part of the solution while it is computed.
#[derive(Clone, Default)]
struct Slot {
    cases: Vec<Case>,
    violations: Vec<Violation>,
    cut_off: bool,
    exprs: Arc<Exprs>,
}

/// Computes what all functions demand.
pub(crate) fn compute(
    program: &Program,
    knowledge: &Knowledge,
    structures: &[Structure],
    purpose: Purpose,
) -> Demands {
    let scope = Scope::new(program, knowledge, structures, purpose);
    let stepper = Stepper {
        program,
        knowledge,
        structures,
    };
    let callers = callers(program, structures);
    let at_return = knowledge.at_return().map(|(demand, _)| demand);
    let is_expected = |function, record: &Record| {
        matches!(record.target, Target::Demand { demand, .. } if Some(demand) == at_return)
            && returned::is_expected(knowledge, structures, &callers, function, record)
    };
    let mut slots: Vec<Slot> = structures
        .par_iter()
        .enumerate()
        .map(|(index, structure)| {
            let function = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
            let mut slot = Slot {
                exprs: Arc::clone(&structure.exprs),
                ..Slot::default()
            };
            for (number, record) in structure.records.iter().enumerate() {
                if let Target::Demand { demand, .. } = record.target
                    && scope.includes(demand, function, record)
                    && !is_expected(function, record)
                {
                    stepper.primitive(function, number, &mut slot.sink());
                }
            }
            slot
        })
        .collect();

    let matters = |caller: FnId, record: usize, what| match what {
        What::Demand(demand) => {
            let record = &structures[caller.0 as usize].records[record];
            scope.includes(demand, caller, record)
        }
        What::Takes(_) | What::Violation(_) => false,
    };
    rounds(&stepper, &callers, &mut slots, &matters);
    let mut first = 0;
    for same in program.entries.chunk_by(|a, b| a.function == b.function) {
        let slot = &mut slots[same[0].function.0 as usize];
        entered::check(&stepper, first, same, slot);
        first += same.len();
    }
    let violations = slots.iter().flat_map(|slot| &slot.violations);
    let taken = taken::compute(&stepper, &callers, violations);
    Demands {
        taken,
        callers,
        cut_off: slots.iter().filter(|slot| slot.cut_off).count(),
        violations: slots
            .iter_mut()
            .map(|slot| std::mem::take(&mut slot.violations))
            .collect(),
        exprs: slots
            .iter_mut()
            .map(|slot| std::mem::take(&mut slot.exprs))
            .collect(),
        cases: slots.into_iter().map(|slot| slot.cases).collect(),
    }
}

/// What a caller has to look at in a round: its record, the callee, and which cases of that are new.
type Fresh = (usize, FnId, usize, usize);

/// Lets what callees come to reach their callers, in rounds, where it `matters`.
fn rounds(
    stepper: &Stepper<'_>,
    callers: &FxHashMap<FnId, Vec<(FnId, usize)>>,
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
            let callee = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
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
        // A few at a time, as each caller is copied for it. Slots only ever grow, and nobody looks
        // beyond what there was when the round began, so it makes no difference how many.
        for work in work.chunks_mut(AT_A_TIME) {
            let look = |(caller, items): &mut (FnId, Vec<Fresh>)| {
                items.sort_unstable();
                let mut slot = slots[caller.0 as usize].clone();
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
                        stepper.call(*caller, record, id, case, exprs, &mut slot.sink());
                    }
                }
                Arc::make_mut(&mut slot.exprs).seal();
                slot.cases.shrink_to_fit();
                (*caller, slot)
            };
            let grown: Vec<(FnId, Slot)> = work.par_iter_mut().map(look).collect();
            for (caller, slot) in grown {
                slots[caller.0 as usize] = slot;
            }
        }
    }
}

impl Demands {
    /// Where a function is called: the callers and the indices of their records.
    pub(crate) fn callers_of(&self, function: FnId) -> &[(FnId, usize)] {
        self.callers.get(&function).map_or(&[], Vec::as_slice)
    }
}

impl Slot {
    fn sink(&mut self) -> step::Sink<'_> {
        step::Sink {
            exprs: Arc::make_mut(&mut self.exprs),
            cases: &mut self.cases,
            violations: &mut self.violations,
            cut_off: &mut self.cut_off,
        }
    }
}

/// Which records call a function, directly or through a pointer.
pub(crate) fn callers(
    program: &Program,
    structures: &[Structure],
) -> FxHashMap<FnId, Vec<(FnId, usize)>> {
    let mut callers: FxHashMap<FnId, Vec<(FnId, usize)>> = FxHashMap::default();
    for (index, structure) in structures.iter().enumerate() {
        let caller = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
        for (number, record) in structure.records.iter().enumerate() {
            match record.target {
                Target::Function(callee) => {
                    callers.entry(callee).or_default().push((caller, number));
                }
                Target::Pointer(key) => {
                    for &callee in program.targets.of(key) {
                        callers.entry(callee).or_default().push((caller, number));
                    }
                }
                Target::Demand { .. } => {}
            }
        }
    }
    callers
}
