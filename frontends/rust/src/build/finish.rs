// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be told only when the whole body has been seen: types that were inferred, what each call
//! calls, and what closures own.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Builder, Built, BuiltClosure, PendingClosure};
use crate::mir::{Body, Callee, End, Statement, Step, Value};
use crate::ty::{Args, Ty};

impl Builder {
    pub(super) fn built(mut self) -> Built {
        for _ in 0..4 {
            self.retry_obligations();
        }
        let frame = self.frames.pop().expect("the function's frame is there");
        let mut body = frame.body;
        self.finish_body(&mut body);
        let mut pending = std::mem::take(&mut self.closures);
        let owned: BTreeMap<u32, Vec<bool>> = pending
            .iter()
            .map(|it| {
                let owned = it.body.upvars.iter();
                let owned = owned.map(|upvar| it.is_move || upvar.is_consumed);
                (it.id.0, owned.collect())
            })
            .collect();
        settle_captures(&mut body, &owned);
        for it in &mut pending {
            settle_captures(&mut it.body, &owned);
        }
        let mut closures = Vec::new();
        for pending in pending {
            let PendingClosure {
                id, mut body, span, ..
            } = pending;
            self.finish_body(&mut body);
            let signature = self.typer.closures.iter().find(|(it, ..)| *it == id);
            let (inputs, output) = match signature {
                Some((_, inputs, output)) => (Rc::clone(inputs), output.clone()),
                None => (Rc::from([]), Ty::Unknown),
            };
            closures.push(BuiltClosure {
                id,
                inputs: inputs.iter().map(|ty| self.finish_type(ty)).collect(),
                output: self.finish_type(&output),
                owned: owned.get(&id.0).cloned().unwrap_or_default(),
                body,
                span,
            });
        }
        Built {
            body,
            closures,
            unknown: self.unknown,
        }
    }

    pub(super) fn finish_type(&mut self, ty: &Ty) -> Ty {
        let ty = self.typer.normalize(ty);
        self.typer.infer.finish(&ty)
    }

    pub(super) fn finish_args(&mut self, args: &Args) -> Args {
        args.iter().map(|ty| self.finish_type(ty)).collect()
    }

    pub(super) fn finish_body(&mut self, body: &mut Body) {
        for local in &mut body.locals {
            local.ty = self.finish_type(&local.ty);
        }
        for upvar in &mut body.upvars {
            upvar.ty = self.finish_type(&upvar.ty);
        }
        for block in &mut body.blocks {
            for statement in &mut block.statements {
                match statement {
                    Statement::Assign(_, value) => self.finish_value(value),
                    Statement::Call(call) => {
                        match &mut call.callee {
                            Callee::Function(id, args) => {
                                *args = self.finish_args(args);
                                if let Some((found, own)) = self.typer.implementing(*id, args) {
                                    let own = self.finish_args(&own);
                                    call.callee = Callee::Function(found, own);
                                }
                            }
                            Callee::Value(value, ty) => {
                                self.finish_value(value);
                                *ty = self.finish_type(ty);
                            }
                            Callee::Constant(_, args) => *args = self.finish_args(args),
                            Callee::Foreign(_) | Callee::Unknown => {}
                        }
                        for arg in &mut call.args {
                            self.finish_value(arg);
                        }
                    }
                    Statement::SetVariant(..)
                    | Statement::Capture(..)
                    | Statement::Destroy { .. }
                    | Statement::Drop(_)
                    | Statement::DropPlace(..)
                    | Statement::Live(_) => {}
                }
            }
            if let End::If(value, ..) | End::Switch(value, ..) = &mut block.end {
                self.finish_value(value);
            }
        }
    }

    pub(super) fn finish_value(&mut self, value: &mut Value) {
        match value {
            Value::Function(id, args) => {
                *args = self.finish_args(args);
                if let Some((found, own)) = self.typer.implementing(*id, args) {
                    let own = self.finish_args(&own);
                    *value = Value::Function(found, own);
                }
            }
            Value::Unary(_, a) => self.finish_value(a),
            Value::Binary(_, a, b) => {
                self.finish_value(a);
                self.finish_value(b);
            }
            _ => {}
        }
    }
}

/// Lets closures own what their bodies take away, and point to the rest.
fn settle_captures(body: &mut Body, owned: &BTreeMap<u32, Vec<bool>>) {
    for block in &mut body.blocks {
        for statement in &mut block.statements {
            if let Statement::Capture(place, value) = statement
                && let Some(Step::Upvar(id, index)) = place.path.last()
                && let Value::Copy(of) = value
            {
                let owns = owned.get(&id.0).and_then(|it| it.get(*index as usize));
                *value = if owns == Some(&true) {
                    Value::Move(of.clone())
                } else {
                    Value::AddressOf(of.clone())
                };
            }
        }
    }
}
