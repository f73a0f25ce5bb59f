// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether anybody calls the first function of a chain in a way that the chain can be taken.

use super::Replay;
use super::frame::seen_from;
use crate::expr::Exprs;
use crate::facts::Facts;
use crate::paths::{Target, is_portable};
use crate::program::FnId;

/// Who passes what it takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::findings) enum Callers {
    Nobody,
    /// Only code of system start.
    Start,
    /// Somebody, or nobody knows.
    Some,
}

impl Replay<'_> {
    /// Who calls the first function in a way that agrees with `needed`.
    pub(super) fn callers(&self, function: FnId, needed: &Facts) -> Callers {
        if !self.entered.is_empty() || self.program.function(function).address_taken {
            return Callers::Some;
        }
        let mut best = None;
        self.structures.note_callers(function);
        for &(caller, index) in self.demands.callers_of(function) {
            let structure = self.structures.of(caller);
            let record = &structure.records[index];
            if self.calls(function, caller) {
                continue; // passes on what it was given
            }
            let mut exprs = Exprs::clone(&structure.exprs);
            let mut facts = record.facts.clone();
            let agrees = needed.iter().all(|(id, fact)| {
                let seen = is_portable(&self.exprs, id, true)
                    .then(|| seen_from(record, &self.exprs, id, &mut exprs));
                match (seen.flatten(), fact.as_condition()) {
                    (Some(id), Some(fact)) => facts.assume_fact(&exprs, id, fact),
                    _ => true,
                }
            });
            if agrees {
                let init = self.program.function(caller).flags.init;
                let who = if init { Callers::Start } else { Callers::Some };
                best = best.max(Some(who));
            } else {
                best = best.max(Some(Callers::Nobody));
            }
        }
        best.unwrap_or(Callers::Some)
    }

    fn calls(&self, caller: FnId, callee: FnId) -> bool {
        self.structures
            .of(caller)
            .records
            .iter()
            .any(|record| record.target == Target::Function(callee))
    }
}
