// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether callers let a violation happen that depends on them.
//!
//! Most violations are certain where they are met. Of the others each is asked about by itself, up
//! the calls and level by level, until a caller is as sure of it as can be. To carry all of them up
//! all calls, as demands are, would be most of what there is to know of a kernel.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use thin_vec::ThinVec;

use super::case::{Case, CaseId, Link, Violation, What};
use super::step::Stepper;
use super::{Demands, Slot};
use crate::context::KindSet;
use crate::paths::Worlds;
use crate::program::FnId;
use crate::{Confidence, DemandId};

/// How many functions are asked about one violation. Beyond it nobody is known to let it happen.
const MAX_ASKED: usize = 4000;

/// Callers that let a violation happen, and who have nothing more to say on it themselves.
pub(crate) struct Confirming {
    /// The calls that lead to the function of the violation, outermost first: callers and the
    /// indices of their records.
    pub(crate) calls: Vec<(FnId, u32)>,
    pub(crate) confidence: Confidence,
}

/// Who lets a violation of `function` happen; those that are equally sure, the nearest first.
///
/// What something in force at a caller would silence has to get to a function that somebody outside
/// the program calls.
pub(crate) fn confirming(
    stepper: &Stepper<'_>,
    demands: &Demands,
    function: FnId,
    violation: &Violation,
) -> Vec<Confirming> {
    let mut asking = Asking {
        stepper,
        demands,
        slots: FxHashMap::default(),
        found: Vec::new(),
    };
    stepper.structures.note(function);
    let slot = Slot {
        cases: vec![first(violation)],
        exprs: demands.exprs(function).clone(),
        ..Slot::default()
    };
    asking.slots.insert(function, slot);
    let mut fresh = vec![(function, 0)];
    while !fresh.is_empty() && asking.slots.len() <= MAX_ASKED {
        asking.look(&fresh);
        fresh = asking.ascend(&fresh);
    }
    asking.surest()
}

/// A violation as a case of its own function.
fn first(violation: &Violation) -> Case {
    Case {
        what: What::Violation(violation.demand),
        guard: violation.guard.clone(),
        released: ThinVec::new(),
        cleared: KindSet::default(),
        absent: KindSet::default(),
        worlds: Worlds::BOTH,
        confidence: violation.confidence,
        link: Link {
            record: violation.link.record,
            next: None,
        },
        length: violation.length,
    }
}

struct Asking<'a> {
    stepper: &'a Stepper<'a>,
    demands: &'a Demands,
    slots: FxHashMap<FnId, Slot>,
    /// Cases that say that it happens, in the order in which they were come across.
    found: Vec<(CaseId, Confidence)>,
}

impl Asking<'_> {
    /// Looks which of the new cases, from these indices on, say that it happens.
    fn look(&mut self, fresh: &[(FnId, usize)]) {
        for &(function, from) in fresh {
            for (index, case) in (0..).zip(&self.slots[&function].cases).skip(from) {
                if let Some(confidence) = self.happens(function, case) {
                    self.found.push((CaseId { function, index }, confidence));
                }
            }
        }
    }

    /// How sure it is that it happens when a function with this case is called, if that is for nobody
    /// else to say.
    fn happens(&self, function: FnId, case: &Case) -> Option<Confidence> {
        let What::Violation(demand) = case.what else {
            return None;
        };
        let is_called = !self.callers_of(function).is_empty();
        let is_silenced = self.stepper.can_be_silenced(demand);
        let address_taken = self.stepper.program.function(function).address_taken;
        if is_silenced
            && (is_called && !address_taken || self.is_entered_silenced(function, demand))
        {
            None
        } else if case.guard.is_empty() {
            Some(case.confidence)
        } else if !is_called && case.guard.iter().all(|condition| !condition.proof) {
            Some(case.confidence.min(Confidence::Medium))
        } else {
            None
        }
    }

    /// Whether a function is only ever entered with something in force that silences a demand.
    fn is_entered_silenced(&self, function: FnId, demand: DemandId) -> bool {
        let Stepper {
            program, knowledge, ..
        } = self.stepper;
        let silencing = &knowledge.demand(demand).silenced_by;
        let first = program.entries.partition_point(|it| it.function < function);
        let mut ways = program.entries[first..]
            .iter()
            .take_while(|it| it.function == function)
            .peekable();
        ways.peek().is_some()
            && ways.all(|it| {
                let in_force = &knowledge.entries[it.entry].contexts;
                in_force.iter().any(|id| silencing.contains(id))
            })
    }

    fn callers_of(&self, function: FnId) -> &[(FnId, usize)] {
        self.stepper.structures.note_callers(function);
        self.demands.callers_of(function)
    }

    fn surest_so_far(&self) -> Option<Confidence> {
        self.found.iter().map(|&(_, confidence)| confidence).max()
    }

    /// Asks the callers of functions with new cases what these come to, unless something as sure is
    /// known already. Returns who has new cases, and from which index on.
    fn ascend(&mut self, fresh: &[(FnId, usize)]) -> Vec<(FnId, usize)> {
        let known = self.surest_so_far();
        let mut asked: BTreeMap<FnId, Vec<(usize, CaseId)>> = BTreeMap::new();
        for &(function, from) in fresh {
            for (index, case) in (0..).zip(&self.slots[&function].cases).skip(from) {
                if Some(case.confidence) <= known {
                    continue;
                }
                let id = CaseId { function, index };
                for &(caller, record) in self.callers_of(function) {
                    asked.entry(caller).or_default().push((record, id));
                }
            }
        }
        let mut asked: Vec<_> = asked.into_iter().collect();
        // Those that have been added to a program since it was linked have numbers behind all others.
        let program = self.stepper.program;
        asked.sort_by(|(a, _), (b, _)| program.order_of(*a).cmp(&program.order_of(*b)));
        let mut grown = Vec::new();
        for (caller, mut calls) in asked {
            calls.sort_unstable();
            let mut slot = self.slots.get(&caller).cloned().unwrap_or_else(|| Slot {
                exprs: self.stepper.structures.of(caller).exprs.clone(),
                ..Slot::default()
            });
            let from = slot.cases.len();
            for (record, id) in calls {
                let callee = &self.slots[&id.function];
                let case = &callee.cases[id.index as usize];
                let sink = &mut slot.sink();
                self.stepper
                    .call(caller, record, id, case, &callee.exprs, sink);
            }
            if slot.cases.len() > from {
                grown.push((caller, from));
                self.slots.insert(caller, slot);
            }
        }
        grown
    }

    fn surest(self) -> Vec<Confirming> {
        let sure = self.surest_so_far();
        let found = self.found.iter();
        let surest = found.filter(|&&(_, confidence)| Some(confidence) == sure);
        surest
            .map(|&(id, confidence)| Confirming {
                calls: self.calls(id),
                confidence,
            })
            .collect()
    }

    /// The calls from a case down to that of the violation.
    fn calls(&self, id: CaseId) -> Vec<(FnId, u32)> {
        let mut calls = Vec::new();
        let mut at = id;
        loop {
            let link = self.slots[&at.function].cases[at.index as usize].link;
            let Some(next) = link.next else {
                return calls; // the function with the violation itself
            };
            calls.push((at.function, link.record));
            at = next;
        }
    }
}
