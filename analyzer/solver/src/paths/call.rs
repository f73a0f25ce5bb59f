// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a call does to the state. What is called decides where that is written: `modelled` for what
//! the knowledge describes, `summarised` for what is analysed itself, here for the rest.

use waitctx_model::{Call, Callee, LocalId, Place, Value};

use super::env::local_root;
use super::state::State;
use super::walk::Walker;
use super::{Target, Writes, Written};
use crate::MacroModel;
use crate::expr::{Expr, ExprId, Origin};
use crate::program::{FnId, PointerKey};

impl Walker<'_> {
    /// Follows a call from `state`; the states after it go to `next`.
    pub(super) fn call(&mut self, state: State, call: &Call, next: &mut Vec<State>) {
        let args: Vec<ExprId> =
            self.evaluate(|it| call.args.iter().map(|arg| it.value(&state, arg)).collect());
        let Some(callee) = self.callee(&state, &call.callee) else {
            self.through_pointer(state, call, &args, next);
            return;
        };
        let program = self.program;
        let knowledge = self.knowledge;
        let function = program.function(callee);
        let expanded = call
            .via_macro
            .and_then(|name| knowledge.macros.get(program.names.get(name)));
        let row = function.row.as_ref();
        let model = match expanded {
            Some(MacroModel::Does(model)) => Some(model),
            _ => row.and_then(|row| knowledge.functions.get(row)),
        };
        if function.tells_of_bug {
            return; // what follows is for a system that is broken
        }
        match model {
            Some(model) => {
                let mut after = self.modelled(state, call, callee, &args, model);
                if let Some(MacroModel::Elsewhere { from, to }) = expanded {
                    for state in &mut after {
                        state.context.convert(from, *to);
                    }
                }
                if model.enter_body {
                    for state in after {
                        self.summarised(state, call, callee, &args, next);
                    }
                } else {
                    next.extend(after);
                }
            }
            None => self.summarised(state, call, callee, &args, next),
        }
    }

    /// The function that is called, when it is a certain one.
    fn callee(&mut self, state: &State, callee: &Callee) -> Option<FnId> {
        let symbol = match callee {
            Callee::Direct(symbol) => *symbol,
            Callee::Pointer { value, .. } => {
                let value = self.evaluate(|it| it.value(state, value));
                match self.exprs.get(value) {
                    Expr::Function(symbol) => symbol,
                    _ => return None,
                }
            }
        };
        self.program.by_symbol.get(&symbol).copied()
    }

    pub(super) fn site(&self) -> (u32, u32) {
        (self.point.block, self.point.statement)
    }

    fn through_pointer(
        &mut self,
        mut state: State,
        call: &Call,
        args: &[ExprId],
        next: &mut Vec<State>,
    ) {
        if let Callee::Pointer { value, .. } = &call.callee
            && let Some(key) = self.pointer_key(value)
        {
            let worlds = self.worlds(&state);
            let site = self.site();
            let pointer = self.evaluate(|it| it.value(&state, value));
            self.recorder.record_call(
                &self.exprs,
                site,
                Target::Pointer(key),
                Some(pointer),
                args,
                &state,
                worlds,
            );
        }
        self.forget_written(&mut state, args, &Writes::ALL);
        self.set_result(&mut state, call, None);
        next.push(state);
    }

    fn pointer_key(&self, value: &Value) -> Option<PointerKey> {
        let place: &Place = match value {
            Value::Read(place) | Value::AddressOf(place) => place,
            _ => return None,
        };
        let parameters = self.body.parameters;
        let function = self.function;
        crate::program::key_of_place(place, &|local: LocalId| {
            (local.0 < parameters).then_some(PointerKey::Parameter(function, local.0))
        })
    }

    /// Stores the result of a call; an unknown value when nothing is known of it.
    pub(super) fn set_result(
        &mut self,
        state: &mut State,
        call: &Call,
        result: Option<ExprId>,
    ) -> ExprId {
        let (block, statement) = self.site();
        let result = result.unwrap_or_else(|| {
            self.exprs
                .intern(Expr::Opaque(Origin::Statement(block, statement, 0)))
        });
        if let Some(dest) = call.dest {
            let address = self.exprs.intern(Expr::LocalAddress(dest));
            state.store(&mut self.exprs, address, result);
        }
        // A loop comes here again with the same name for another value.
        let exprs = &self.exprs;
        if matches!(exprs.get(result), Expr::Opaque(Origin::Statement(..))) {
            state.facts.retain(|id| !exprs.mentions(id, result));
        }
        result
    }

    /// Forgets what a call may have written.
    pub(super) fn forget_written(&mut self, state: &mut State, args: &[ExprId], writes: &Writes) {
        let (block, statement) = self.site();
        for (index, &arg) in args.iter().enumerate() {
            let how = writes.parameter(index);
            if how == Written::No {
                continue;
            }
            if local_root(&self.exprs, arg).is_none() {
                // Any scalar looks like a pointer here; only what can be one is written through.
                if self.exprs.is_object_address(arg)
                    || matches!(self.exprs.get(arg), Expr::Parameter(_) | Expr::Load(_))
                {
                    self.writes.add(&self.exprs, arg, how);
                }
                continue;
            }
            let value = state.load(&mut self.exprs, arg);
            if how == Written::Cleared && self.exprs.as_const(value) == Some(0) {
                continue;
            }
            let index = u32::try_from(index).expect("few arguments");
            let origin = Origin::Statement(block, statement, 1000 + index);
            let unknown = self.exprs.intern(Expr::Opaque(origin));
            let exprs = &self.exprs;
            state.facts.retain(|id| !exprs.mentions(id, unknown));
            state.forget_object(&self.exprs, arg, unknown);
        }
        for (number, &(parameter, field)) in writes.fields.iter().enumerate() {
            let Some(&arg) = args.get(parameter as usize) else {
                continue;
            };
            if writes.parameter(parameter as usize) == Written::Anything {
                continue; // all of it has been forgotten
            }
            let address = self.exprs.intern(Expr::FieldAddress(arg, field));
            if local_root(&self.exprs, address).is_some() {
                let number = u32::try_from(number).expect("few fields");
                let origin = Origin::Statement(block, statement, 2000 + number);
                let unknown = self.exprs.intern(Expr::Opaque(origin));
                let exprs = &self.exprs;
                state.facts.retain(|id| !exprs.mentions(id, unknown));
                state.forget_object(&self.exprs, address, unknown);
            } else {
                self.writes.add(&self.exprs, address, Written::Anything);
                state.forget_field(&self.exprs, field);
            }
        }
        if writes.memory {
            self.writes.memory = true;
            state.forget_memory(&self.exprs);
        }
    }
}
