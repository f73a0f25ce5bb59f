// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls of functions that are analysed themselves: the ways in which they return.

use waitctx_model::{Call, Callee};

use super::state::State;
use super::walk::Walker;
use super::{Acquisition, Exit, Structure, Target, Worlds, Writes};
use crate::context::Item;
use crate::expr::{Expr, ExprId, Exprs, Leaf, Origin};
use crate::facts::{Fact, Facts};
use crate::lock::lock_name;
use crate::program::FnId;

impl Walker<'_> {
    pub(super) fn summarised(
        &mut self,
        mut state: State,
        call: &Call,
        callee: FnId,
        args: &[ExprId],
        next: &mut Vec<State>,
    ) {
        let program = self.program;
        let function = program.function(callee);
        let is_certain = matches!(call.callee, Callee::Direct(_));
        if function.has_body() && !(is_certain && self.summaries.is_quiet(callee)) {
            let worlds = self.worlds(&state);
            let site = self.site();
            self.recorder.record(
                &self.exprs,
                site,
                Target::Function(callee),
                args,
                &state,
                worlds,
            );
        }
        if function.flags.noreturn {
            return;
        }
        let summaries = self.summaries;
        let Some(structure) = summaries.get(callee) else {
            self.forget_written(&mut state, args, &Writes::ALL);
            self.set_result(&mut state, call, None);
            next.push(state);
            return;
        };
        if structure.exits.is_empty() {
            if structure.complete {
                return; // it never returns
            }
            self.forget_written(&mut state, args, &Writes::ALL);
            self.set_result(&mut state, call, None);
            next.push(state);
            return;
        }
        self.exits(state, call, callee, args, structure, next);
    }

    fn exits(
        &mut self,
        state: State,
        call: &Call,
        callee: FnId,
        args: &[ExprId],
        structure: &Structure,
        next: &mut Vec<State>,
    ) {
        let exprs = &structure.exprs;
        self.depends |= !structure.leaves_alike();
        let mut feasible: Vec<(&Exit, Facts)> = Vec::new();
        for exit in &structure.exits {
            let mut facts = state.facts.clone();
            let possible = exit.guard.iter().all(|condition| {
                let Some(value) = self.import(&state, args, exprs, condition.expr) else {
                    return true;
                };
                facts.assume_fact(&self.exprs, value, condition.fact)
            });
            let worlds = state.worlds.and(exit.worlds);
            let possible = possible && state.context.clone().rule_out(exit.absent);
            if possible && (worlds.configured || worlds.raw_nesting) {
                feasible.push((exit, facts));
            }
        }
        let balanced = feasible.iter().all(|(exit, ..)| {
            exit.is_balanced() && exit.worlds == Worlds::BOTH && exit.absent == feasible[0].0.absent
        });
        if balanced && feasible.len() > 1 {
            // Nothing but the result differs. One state goes on: taking each result for granted
            // on a path of its own would prove what only may be.
            let mut state = state;
            let result = self.choice(&state, args, exprs, &feasible);
            let known = feasible
                .iter()
                .map(|(exit, ..)| exit.result_fact)
                .reduce(Fact::join);
            self.forget_written(&mut state, args, &structure.writes);
            let result = self.set_result(&mut state, call, result);
            self.note_reference(structure, result);
            if state
                .facts
                .assume_fact(&self.exprs, result, known.unwrap_or(Fact::ANY))
            {
                next.push(state);
            }
            return;
        }
        for (exit, facts) in feasible {
            let mut after = state.clone();
            after.facts = facts;
            after.worlds = after.worlds.and(exit.worlds);
            if self.exit(&mut after, call, callee, args, structure, exit) {
                next.push(after);
            }
        }
    }

    /// The result of two ways to return that one condition on the arguments tells apart.
    fn choice(
        &mut self,
        state: &State,
        args: &[ExprId],
        exprs: &Exprs,
        feasible: &[(&Exit, Facts)],
    ) -> Option<ExprId> {
        let [(a, ..), (b, ..)] = feasible else {
            return None;
        };
        let ([x], [y]) = (a.guard.as_slice(), b.guard.as_slice()) else {
            return None;
        };
        let (on_a, on_b) = (x.fact.truth()?, y.fact.truth()?);
        if x.expr != y.expr || on_a == on_b {
            return None;
        }
        let cond = self.import(state, args, exprs, x.expr)?;
        let (then, otherwise) = if on_a { (a, b) } else { (b, a) };
        let then = self.import(state, args, exprs, then.result?)?;
        let otherwise = self.import(state, args, exprs, otherwise.result?)?;
        Some(self.exprs.select(cond, then, otherwise))
    }

    /// Applies one way in which the callee returns; `false` when it turns out to be impossible.
    fn exit(
        &mut self,
        state: &mut State,
        call: &Call,
        callee: FnId,
        args: &[ExprId],
        structure: &Structure,
        exit: &Exit,
    ) -> bool {
        let exprs = &structure.exprs;
        for &(id, _) in &exit.assumes {
            if let Some(value) = self.import(state, args, exprs, id) {
                self.assume_object(state, value);
            }
        }
        let result = exit
            .result
            .and_then(|id| self.import(state, args, exprs, id));
        let fields: Vec<_> = exit
            .result_fields
            .iter()
            .filter_map(|&(field, id)| Some((field, self.import(state, args, exprs, id)?)))
            .collect();
        let stores: Vec<_> = exit
            .stores
            .iter()
            .filter_map(|&(address, value)| {
                let address = self.import(state, args, exprs, address)?;
                Some((address, self.import(state, args, exprs, value)?))
            })
            .collect();
        let mut released = Vec::new();
        for item in &exit.released {
            released.push(self.import_item(state, args, exprs, item));
        }
        released.retain(|item| self.matters(item));
        let mut acquired = Vec::new();
        for held in &exit.held {
            acquired.push((
                self.import_item(state, args, exprs, &held.item),
                held.origin,
            ));
        }
        acquired.retain(|(item, _)| self.matters(item));
        state.context.rule_out(exit.absent);
        let before = state.context.held.clone();
        state.context.end_all(exit.cleared, self.knowledge);
        for item in &released {
            state.context.release(item, false, self.knowledge);
        }
        self.note_ended(&before, state);
        for (item, inner) in acquired {
            let origin = self.recorder.acquisition(Acquisition {
                site: self.site(),
                callee,
                inner: Some(inner),
            });
            if call.dest.is_none() && structure.leaves_alike() {
                self.unconditional.insert(origin);
            }
            state.context.acquire(item, origin, self.knowledge);
        }
        self.forget_written(state, args, &structure.writes);
        for (address, value) in stores {
            state.store(&mut self.exprs, address, value);
        }
        let result = self.set_result(state, call, result);
        self.note_reference(structure, result);
        if let Some(dest) = call.dest {
            let address = self.exprs.intern(Expr::LocalAddress(dest));
            for (field, value) in fields {
                let address = self.exprs.intern(Expr::FieldAddress(address, field));
                state.store(&mut self.exprs, address, value);
            }
        }
        state
            .facts
            .assume_fact(&self.exprs, result, exit.result_fact)
    }

    fn note_reference(&mut self, callee: &Structure, result: ExprId) {
        if callee.drops_reference && !self.references.contains(&result) {
            self.references.push(result);
        }
    }

    fn import_item(&mut self, state: &State, args: &[ExprId], exprs: &Exprs, item: &Item) -> Item {
        let lock = item
            .lock
            .and_then(|lock| self.import(state, args, exprs, lock));
        let name = |lock| {
            let (program, knowledge) = (self.program, self.knowledge);
            lock_name(program, knowledge, self.function, &self.exprs, lock)
        };
        item.seen_as(lock, name)
    }

    /// A callee's expression, seen from this call.
    fn import(
        &mut self,
        state: &State,
        args: &[ExprId],
        exprs: &Exprs,
        id: ExprId,
    ) -> Option<ExprId> {
        let (block, statement) = self.site();
        exprs.translate(id, &mut self.exprs, &mut |target, leaf| match leaf {
            Leaf::Parameter(index) => args.get(index as usize).copied(),
            Leaf::Opaque(id) | Leaf::Local(id) => {
                Some(target.intern(Expr::Opaque(Origin::Callee(block, statement, id.0))))
            }
            Leaf::Load(address) => Some(state.load(target, address)),
        })
    }
}
