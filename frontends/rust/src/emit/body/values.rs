// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values and variants, as the model has them.

use waitctx_model as model;
use waitctx_model::BinaryOp;

use super::Lowering;
use super::calls::Found;
use crate::layout::{Form, Tag};
use crate::mir::{Place, Value};
use crate::ty::Ty;

impl Lowering<'_> {
    pub(super) fn assign(&mut self, place: &Place, value: &Value) {
        let ty = self.place_type(place);
        if self.form(&ty) == Form::Empty {
            return;
        }
        let value = self.value(value);
        let place = self.place(place);
        self.push(model::Statement::Assign { place, value });
    }

    pub(super) fn set_variant(&mut self, place: &Place, variant: u32) {
        let ty = self.place_type(place);
        let Ty::Adt(id, args) = self.emitter.open_opaque(&ty) else {
            return;
        };
        let tag = self.emitter.layouts.tag(id, &args);
        let (target, number) = match tag {
            Tag::Single => return,
            Tag::Number => {
                let number = crate::evaluate::discriminant(&self.emitter.cx, id, variant);
                (self.place(place), number)
            }
            Tag::Nullable(full) if full == variant => return,
            Tag::Nullable(_) => (self.place(place), 0),
            Tag::Field => {
                let place = self.place(place);
                let field = self.emitter.tag_field(&ty);
                let place = place.then(model::Projection::Field(field));
                (place, i64::from(variant))
            }
        };
        self.push(model::Statement::Assign {
            place: target,
            value: model::Value::Const(number),
        });
    }

    pub(in crate::emit) fn value(&mut self, value: &Value) -> model::Value {
        match value {
            Value::Const(number) => model::Value::Const(*number),
            Value::Copy(place) | Value::Move(place) => {
                let ty = self.place_type(place);
                match self.form(&ty) {
                    Form::Empty => model::Value::Const(0),
                    _ => model::Value::Read(self.place(place)),
                }
            }
            Value::AddressOf(place) => match self.place_as_pointer(place) {
                Some(pointer) => pointer,
                None => model::Value::AddressOf(self.place(place)),
            },
            Value::Function(id, args) => {
                let args = self.revealed(args);
                match self.function(*id, &args) {
                    Found::Direct(symbol) | Found::Declared(symbol) => {
                        model::Value::Function(symbol)
                    }
                    Found::Virtual(_) | Found::Builtin | Found::Nothing => model::Value::Unknown,
                }
            }
            Value::ForeignFunction(name) => {
                model::Value::Function(self.emitter.foreign_symbol(name))
            }
            Value::Unary(op, a) => model::Value::Unary(*op, Box::new(self.value(a))),
            Value::Binary(op, a, b) => {
                let a = Box::new(self.value(a));
                let b = Box::new(self.value(b));
                model::Value::Binary(*op, a, b)
            }
            Value::Variant(place) => self.variant(place),
            Value::Option(name, value) => model::Value::Option {
                name: self.emitter.unit.names.intern(name),
                value: *value,
            },
            Value::Unknown => model::Value::Unknown,
        }
    }

    /// Which variant is at a place: for enums without fields, its discriminant.
    pub(super) fn variant(&mut self, place: &Place) -> model::Value {
        let ty = self.place_type(place);
        let Ty::Adt(id, args) = self.emitter.open_opaque(&ty) else {
            return model::Value::Unknown;
        };
        match self.emitter.layouts.tag(id, &args) {
            Tag::Single if self.emitter.layouts.form(&ty) == Form::Scalar => {
                model::Value::Read(self.place(place))
            }
            Tag::Single => model::Value::Const(0),
            Tag::Number => model::Value::Read(self.place(place)),
            Tag::Nullable(full) => {
                let read = Box::new(model::Value::Read(self.place(place)));
                let zero = Box::new(model::Value::Const(0));
                let op = if full == 1 {
                    BinaryOp::Ne
                } else {
                    BinaryOp::Eq
                };
                model::Value::Binary(op, read, zero)
            }
            Tag::Field => {
                let field = self.emitter.tag_field(&ty);
                let place = self.place(place);
                model::Value::Read(place.then(model::Projection::Field(field)))
            }
        }
    }

    pub(super) fn argument(&mut self, value: &Value) -> model::Value {
        if let Value::Copy(place) | Value::Move(place) = value {
            let ty = self.place_type(place);
            if self.form(&ty) == Form::Record {
                return match self.place_as_pointer(place) {
                    Some(pointer) => pointer,
                    None => model::Value::AddressOf(self.place(place)),
                };
            }
        }
        self.value(value)
    }

    pub(super) fn tag_of(&mut self, ty: &Ty) -> Option<Tag> {
        match self.emitter.open_opaque(ty) {
            Ty::Adt(id, args) => Some(self.emitter.layouts.tag(id, &args)),
            _ => None,
        }
    }
}
