// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions that name an object: variables, fields, elements, what pointers point to.

use waitctx_model::{Place, Projection, Root, Value};

use crate::body::Body;
use crate::ffi::{BinaryKind, Cursor, Kind, Linkage, Storage, TypeKind, UnaryKind};
use crate::unexposed::Unexposed;

impl<'tu> Body<'_, 'tu> {
    /// The object that an expression names. An expression that is a value gets an object of its
    /// own.
    pub(crate) fn place(&mut self, expression: Cursor<'tu>) -> Place {
        self.deeper(expression, |body| body.place_of(expression))
            .unwrap_or_else(unknown)
    }

    fn place_of(&mut self, expression: Cursor<'tu>) -> Place {
        match expression.kind() {
            Kind::DeclRef => match expression.referenced() {
                Some(variable) if matches!(variable.kind(), Kind::Variable | Kind::Parameter) => {
                    self.variable_place(variable)
                }
                _ => unknown(),
            },
            Kind::Member => self.member(expression),
            Kind::Subscript => self.element(expression),
            Kind::Paren => match expression.children().first() {
                Some(&inner) => self.place(inner),
                None => unknown(),
            },
            Kind::Unary => match (expression.unary_operator(), expression.children().first()) {
                (UnaryKind::Deref, Some(&pointer)) => {
                    let pointer = self.value(pointer);
                    self.target_of(pointer)
                }
                (UnaryKind::Extension, Some(&inner)) => self.place(inner),
                (UnaryKind::PreInc | UnaryKind::PreDec, Some(&inner)) => {
                    self.effects(expression);
                    self.place(inner)
                }
                _ => self.place_of_value(expression),
            },
            Kind::Binary if expression.binary_operator() == BinaryKind::Comma => {
                match expression.children()[..] {
                    [left, right] => {
                        self.effects(left);
                        self.place(right)
                    }
                    _ => unknown(),
                }
            }
            Kind::UnexposedExpr => match Unexposed::of(expression) {
                Unexposed::Chosen(inner) => self.place(inner),
                // A conversion that keeps the object, such as one between qualifiers.
                Unexposed::Conversion(inner)
                    if inner.ctype().canonical() == expression.ctype().canonical() =>
                {
                    self.place(inner)
                }
                _ => self.place_of_value(expression),
            },
            Kind::CompoundLiteral => self.compound_literal(expression),
            Kind::Generic => match self.selected(expression) {
                Some(inner) => self.place(inner),
                None => unknown(),
            },
            _ => self.place_of_value(expression),
        }
    }

    /// Where a variable lives.
    pub(crate) fn variable_place(&mut self, variable: Cursor<'tu>) -> Place {
        if let Some(local) = self.local(variable) {
            return Place::local(local);
        }
        let is_static = !matches!(variable.kind(), Kind::Parameter)
            && (variable.linkage() != Linkage::None || variable.storage() == Storage::Static);
        if is_static {
            let symbol = self.reader.variable(variable);
            return Place {
                root: Root::Global(symbol),
                path: Vec::new(),
            };
        }
        // Its declaration was passed over: damaged code, or a parameter in a type.
        Place::local(self.declare(variable))
    }

    fn member(&mut self, expression: Cursor<'tu>) -> Place {
        let Some(&base) = expression.children().first() else {
            return unknown();
        };
        let base_type = base.ctype().canonical();
        let object = match base_type.kind() {
            // libclang does not tell `.` from `->`.
            TypeKind::Pointer | TypeKind::Array => {
                let pointer = self.value(base);
                self.target_of(pointer)
            }
            _ => self.place(base),
        };
        let field = expression
            .referenced()
            .filter(|field| field.kind() == Kind::Field)
            .and_then(|field| self.reader.field(field));
        match field {
            Some(field) => object.then(Projection::Field(field)),
            None => object,
        }
    }

    fn element(&mut self, expression: Cursor<'tu>) -> Place {
        let [first, second] = expression.children()[..] else {
            return unknown();
        };
        let is_pointer = |cursor: Cursor<'tu>| {
            matches!(
                cursor.ctype().canonical().kind(),
                TypeKind::Pointer | TypeKind::Array
            )
        };
        let (base, index) = if is_pointer(first) {
            (first, second)
        } else {
            (second, first)
        };
        let base = self.value(base);
        self.effects(index);
        self.target_of(base).then(Projection::Index)
    }

    /// An object for a value that is none: the result of a call, `c ? a : b`.
    fn place_of_value(&mut self, expression: Cursor<'tu>) -> Place {
        match self.value(expression) {
            Value::Read(place) => place,
            value => {
                let temporary = self.temporary(expression.ctype());
                self.assign(Place::local(temporary), value);
                Place::local(temporary)
            }
        }
    }
}

/// An object of which nothing is known.
pub(crate) fn unknown() -> Place {
    Place {
        root: Root::Target(Box::new(Value::Unknown)),
        path: Vec::new(),
    }
}
