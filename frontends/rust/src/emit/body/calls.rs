// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls: what is called, how arguments are passed, where the result goes.

use std::rc::Rc;

use waitctx_model as model;
use waitctx_model::Symbol;

use super::Lowering;
use crate::emit::{CallCounts, Instance};
use crate::items::{Container, FnId};
use crate::layout::{Form, Tag};
use crate::mir::{Call, Callee, Place, Step, Value};
use crate::ty::{Args, Ty};

/// What a function is for certain arguments.
pub(super) enum Found {
    Direct(Symbol),
    /// Nobody knows the types: it has a name and no body.
    Declared(Symbol),
    /// Through a trait object.
    Virtual(model::FieldId),
    /// By the language.
    Builtin,
    Nothing,
}

impl Lowering<'_> {
    pub(super) fn call(&mut self, call: &Call) {
        let span = self.emitter.span(call.span, self.module);
        let written = call.written.as_ref().filter(|it| !it.is_empty());
        let via = written.map(|it| self.emitter.unit.names.intern(it));
        match &call.callee {
            Callee::Function(id, args) => {
                let args = self.revealed(args);
                if self.emitter.cx.lang_fn("drop_in_place") == Some(*id) {
                    let place = match call.args.first() {
                        Some(Value::Copy(place) | Value::Move(place)) => {
                            place.clone().then(Step::Deref)
                        }
                        Some(Value::AddressOf(place)) => place.clone(),
                        _ => return,
                    };
                    self.destroy(&place, call.span, None);
                    return;
                }
                match self.function(*id, &args) {
                    Found::Direct(symbol) | Found::Declared(symbol) => {
                        self.count(|it| &mut it.resolved);
                        let callee = model::Callee::Direct(symbol);
                        self.rust_call(call, callee, None, span, via);
                    }
                    Found::Virtual(field) => {
                        self.count(|it| &mut it.resolved);
                        let receiver = call.args.first().map(|it| self.argument(it));
                        let root = receiver.unwrap_or(model::Value::Unknown);
                        let place = model::Place {
                            root: model::Root::Target(Box::new(root)),
                            path: vec![model::Projection::Field(field)],
                        };
                        let callee = model::Callee::Pointer {
                            value: model::Value::Read(place),
                            signature: self.emitter.unit.names.intern("dyn"),
                        };
                        self.rust_call(call, callee, None, span, via);
                    }
                    Found::Builtin => {
                        self.count(|it| &mut it.resolved);
                        self.copy_through(call);
                    }
                    Found::Nothing => {
                        self.unknown(call);
                    }
                }
            }
            Callee::Foreign(name) => {
                self.count(|it| &mut it.foreign);
                let symbol = self.emitter.foreign_symbol(name);
                let args = call.args.iter().map(|it| self.value(it)).collect();
                let dest = self.temporary();
                self.push(model::Statement::Call(model::Call {
                    dest: Some(dest),
                    callee: model::Callee::Direct(symbol),
                    args,
                    span,
                    via_macro: via,
                }));
                self.store_result(&call.dest, dest);
            }
            Callee::Value(value, ty) => {
                let ty = self.emitter.open_opaque(ty);
                match ty {
                    Ty::Closure(id) => {
                        self.count(|it| &mut it.resolved);
                        let symbol = self.emitter.request(Instance::Closure(id));
                        let first = self.argument(value);
                        let callee = model::Callee::Direct(symbol);
                        self.rust_call(call, callee, Some(first), span, via);
                    }
                    Ty::FnItem(id, args) => {
                        let known = Call {
                            callee: Callee::Function(id, args),
                            ..call.clone()
                        };
                        self.call(&known);
                    }
                    Ty::ForeignFn(name) => {
                        let known = Call {
                            callee: Callee::Foreign(name),
                            ..call.clone()
                        };
                        self.call(&known);
                    }
                    _ => {
                        self.count(|it| &mut it.through_values);
                        let value = self.value(value);
                        let signature = self.emitter.unit.names.intern("fn");
                        let callee = model::Callee::Pointer { value, signature };
                        self.rust_call(call, callee, None, span, via);
                    }
                }
            }
            Callee::Constant(id, args) => {
                let args = self.revealed(args);
                let symbol = self.emitter.request(Instance::Constant(*id, args));
                let callee = model::Callee::Direct(symbol);
                self.rust_call(call, callee, None, span, via);
            }
            Callee::Unknown => self.unknown(call),
        }
    }

    pub(super) fn count(&mut self, which: impl FnOnce(&mut CallCounts) -> &mut u64) {
        if !self.is_library {
            *which(&mut self.emitter.counts) += 1;
        }
    }

    pub(super) fn unknown(&mut self, call: &Call) {
        let ty = self.place_type(&call.dest);
        if ty == Ty::Never {
            return; // a panic
        }
        self.count(|it| &mut it.unknown);
        let form = self.form(&ty);
        if form != Form::Empty {
            let place = self.place(&call.dest);
            self.push(model::Statement::Assign {
                place,
                value: model::Value::Unknown,
            });
        }
    }

    /// A trait's function that the language gives: `clone()` copies.
    pub(super) fn copy_through(&mut self, call: &Call) {
        let ty = self.place_type(&call.dest);
        if self.form(&ty) == Form::Empty {
            return;
        }
        let value = match call.args.first() {
            Some(Value::AddressOf(from)) if self.place_type(from) == ty => {
                model::Value::Read(self.place(from))
            }
            Some(Value::Copy(from) | Value::Move(from)) => {
                let target = from.clone().then(Step::Deref);
                if self.place_type(&target) == ty {
                    model::Value::Read(self.place(&target))
                } else {
                    model::Value::Unknown
                }
            }
            _ => model::Value::Unknown,
        };
        let place = self.place(&call.dest);
        self.push(model::Statement::Assign { place, value });
    }

    pub(super) fn rust_call(
        &mut self,
        call: &Call,
        callee: model::Callee,
        first: Option<model::Value>,
        span: model::Span,
        via_macro: Option<model::NameId>,
    ) {
        let mut args: Vec<model::Value> = first.into_iter().collect();
        for arg in &call.args {
            let arg = self.argument(arg);
            args.push(arg);
        }
        let ty = self.place_type(&call.dest);
        let form = self.form(&ty);
        let mut dest = None;
        if form == Form::Record {
            let place = self.place(&call.dest);
            args.push(model::Value::AddressOf(place));
            if self.tag_of(&ty) == Some(Tag::Field) {
                dest = Some(self.temporary());
            }
        } else if form != Form::Empty {
            dest = Some(self.temporary());
        }
        self.push(model::Statement::Call(model::Call {
            dest,
            callee,
            args,
            span,
            via_macro,
        }));
        match (dest, form) {
            (Some(dest), Form::Record) => {
                let field = self.emitter.tag_field(&ty);
                let place = self.place(&call.dest);
                self.push(model::Statement::Assign {
                    place: place.then(model::Projection::Field(field)),
                    value: model::Value::Read(model::Place::local(dest)),
                });
            }
            (Some(dest), _) => self.store_result(&call.dest, dest),
            (None, _) => {}
        }
    }

    pub(super) fn store_result(&mut self, to: &Place, from: model::LocalId) {
        let ty = self.place_type(to);
        if self.form(&ty) == Form::Empty {
            return;
        }
        let place = self.place(to);
        self.push(model::Statement::Assign {
            place,
            value: model::Value::Read(model::Place::local(from)),
        });
    }

    /// What a function is for these arguments.
    pub(super) fn function(&mut self, id: FnId, args: &Args) -> Found {
        let cx = Rc::clone(&self.emitter.cx);
        let function = cx.functions.get(id);
        if let Some(name) = &function.foreign {
            return Found::Direct(self.emitter.foreign_symbol(name));
        }
        let Container::Trait(of) = function.container else {
            let symbol = self
                .emitter
                .request(Instance::Function(id, Rc::clone(args)));
            return Found::Direct(symbol);
        };
        let found = self
            .emitter
            .layouts
            .typer
            .borrow_mut()
            .implementing(id, args);
        if let Some((found, own)) = found {
            let own = self.revealed(&own);
            let symbol = self.emitter.request(Instance::Function(found, own));
            return Found::Direct(symbol);
        }
        match args.first() {
            Some(Ty::Dyn(_)) => Found::Virtual(self.emitter.virtual_field(of, id)),
            Some(Ty::Placeholder(..) | Ty::Proj(_)) => {
                let name = cx.function_name(id, args, false);
                let name = self.emitter.unit.names.intern(&name);
                Found::Declared(Symbol { name, file: None })
            }
            None | Some(Ty::Unknown) => Found::Nothing,
            Some(_) => Found::Builtin,
        }
    }

    pub(super) fn revealed(&mut self, args: &Args) -> Args {
        args.iter().map(|ty| self.emitter.open_opaque(ty)).collect()
    }
}
