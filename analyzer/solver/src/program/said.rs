// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one body says of the program as a whole: each is looked at once for all who want to know.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use waitctx_model::{FieldId, Function};

use super::dispatch::Trampolines;
use super::pointers::Flows;
use super::{Body, FnId, Program, calls, dormant, flags};
use crate::Knowledge;
use crate::entries::{Registrations, Stored};
use crate::per_function::functions;

/// What one body says.
#[derive(Default)]
pub(crate) struct Said {
    /// What it calls by name, sorted.
    pub(super) calls: Box<[FnId]>,
    /// Of these, and of what it names otherwise, what the graph of calls has.
    pub(super) callees: Box<[FnId]>,
    /// What it stores in pointers and passes on.
    pub(super) flows: Flows,
    /// Which fields it sets, and from which other.
    pub(super) sets: Vec<flags::Set>,
    /// The fields that it may store a pointer in.
    pub(super) fills: Vec<FieldId>,
    /// The entries that it makes by storing functions.
    pub(crate) registrations: Registrations,
    /// Whether functions are values in it.
    pub(super) names_functions: bool,
}

/// What all bodies say, by function.
pub(crate) struct AllSaid(Vec<Said>);

impl Said {
    fn of(program: &Program, stored: &Stored, id: FnId, body: &Function) -> Self {
        Self {
            calls: calls::by_name(program, body),
            callees: calls::callees(program, body),
            flows: Flows::of(program, id, body),
            sets: flags::sets(body).collect(),
            fills: dormant::fills(body).into_iter().collect(),
            registrations: stored.registrations(program, id, body),
            names_functions: calls::names_functions(body),
        }
    }
}

impl AllSaid {
    /// Looks at all bodies, after calls of trampolines have been turned into what they stand for.
    pub(super) fn look(
        program: &mut Program,
        trampolines: &Trampolines,
        knowledge: &Knowledge,
    ) -> Self {
        let stored = Stored::new(program, knowledge);
        let look = |id: FnId| {
            let Some(mut body) = program.function(id).body.unpack() else {
                return (Said::default(), None);
            };
            let is_other = trampolines.resolve(&mut body);
            let said = Said::of(program, &stored, id, &body);
            (said, is_other.then(|| Body::packed(&body)))
        };
        let count = program.functions.len();
        let ids: Vec<FnId> = functions(count).collect();
        let looked: Vec<(Said, Option<Body>)> = ids.into_par_iter().map(look).collect();
        let mut all = Vec::with_capacity(count);
        for (function, (said, body)) in program.functions.iter_mut().zip(looked) {
            if let Some(body) = body {
                function.body = body;
            }
            all.push(said);
        }
        Self(all)
    }

    pub(super) fn of(&self, function: FnId) -> &Said {
        &self.0[function.0 as usize]
    }

    /// In the order of the functions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (FnId, &Said)> {
        (0..).map(FnId).zip(&self.0)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (FnId, &mut Said)> {
        (0..).map(FnId).zip(&mut self.0)
    }

    /// Who calls which functions by their names; the callers are sorted.
    pub(crate) fn callers(&self) -> FxHashMap<FnId, Vec<FnId>> {
        let mut callers: FxHashMap<FnId, Vec<FnId>> = FxHashMap::default();
        for (caller, said) in self.iter() {
            for &callee in &said.calls {
                callers.entry(callee).or_default().push(caller);
            }
        }
        callers
    }
}
