// SPDX-License-Identifier: MIT OR Apache-2.0
//! Moving a function from one pair of tables to another.

use crate::{
    Callee, FieldId, Function, NameId, Place, Projection, Root, Span, Statement, Symbol,
    Terminator, Type, Unit, Value,
};

/// What ids become in other tables.
pub trait Rename {
    /// What a name becomes.
    fn name(&mut self, id: NameId) -> NameId;

    /// What a field becomes.
    fn field(&mut self, id: FieldId) -> FieldId;

    /// What the identity of a function or variable becomes.
    fn symbol(&mut self, symbol: Symbol) -> Symbol {
        Symbol {
            name: self.name(symbol.name),
            file: symbol.file.map(|file| self.name(file)),
        }
    }

    /// What a function becomes that is called or whose address is taken.
    fn function(&mut self, symbol: Symbol) -> Symbol {
        self.symbol(symbol)
    }

    /// What a place in a file becomes.
    fn span(&mut self, span: Span) -> Span {
        Span {
            file: self.name(span.file),
            ..span
        }
    }

    /// What a type becomes.
    fn ty(&mut self, ty: Type) -> Type {
        Type {
            name: self.name(ty.name),
            record: ty.record.map(|it| self.name(it)),
            ..ty
        }
    }
}

/// Moves ids from the tables of one unit to those of another.
#[derive(Debug)]
pub struct BetweenUnits<'a> {
    /// What the ids are of.
    pub from: &'a Unit,
    /// What they become ids of.
    pub to: &'a mut Unit,
}

impl Rename for BetweenUnits<'_> {
    fn name(&mut self, id: NameId) -> NameId {
        self.to.names.intern(self.from.names.get(id))
    }

    fn field(&mut self, id: FieldId) -> FieldId {
        let mut field = self.from.field(id).clone();
        field.record = self.name(field.record);
        field.name = self.name(field.name);
        field.ty = self.ty(field.ty);
        self.to.intern_field(field)
    }
}

/// Gives everything in `function` the ids that `ids` says, in the order of the source.
pub fn rename_function(function: &mut Function, ids: &mut dyn Rename) {
    Renamer { ids }.function(function);
}

struct Renamer<'a> {
    ids: &'a mut dyn Rename,
}

impl Renamer<'_> {
    fn function(&mut self, function: &mut Function) {
        function.symbol = self.ids.symbol(function.symbol);
        function.span = self.ids.span(function.span);
        function.result = function.result.map(|ty| self.ids.ty(ty));
        for local in &mut function.locals {
            local.name = local.name.map(|name| self.ids.name(name));
            local.ty = local.ty.map(|ty| self.ids.ty(ty));
        }
        for block in &mut function.blocks {
            for statement in &mut block.statements {
                match statement {
                    Statement::Call(call) => {
                        match &mut call.callee {
                            Callee::Direct(symbol) => *symbol = self.ids.function(*symbol),
                            Callee::Pointer { value, signature } => {
                                self.value(value);
                                *signature = self.ids.name(*signature);
                            }
                        }
                        for arg in &mut call.args {
                            self.value(arg);
                        }
                        call.span = self.ids.span(call.span);
                        call.via_macro = call.via_macro.map(|name| self.ids.name(name));
                    }
                    Statement::Assign { place, value } => {
                        self.place(place);
                        self.value(value);
                    }
                }
            }
            match &mut block.end {
                Terminator::Branch { cond: value, .. } | Terminator::Switch { value, .. } => {
                    self.value(value)
                }
                Terminator::Return { value, span } => {
                    if let Some(value) = value {
                        self.value(value);
                    }
                    *span = span.map(|span| self.ids.span(span));
                }
                Terminator::Goto(_) | Terminator::Choice(_) | Terminator::Unreachable => {}
            }
        }
    }

    fn place(&mut self, place: &mut Place) {
        match &mut place.root {
            Root::Local(_) => {}
            Root::Global(symbol) => *symbol = self.ids.symbol(*symbol),
            Root::Target(value) => self.value(value),
        }
        for step in &mut place.path {
            if let Projection::Field(field) = step {
                *field = self.ids.field(*field);
            }
        }
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Const(_) | Value::Unknown => {}
            Value::Read(place) | Value::AddressOf(place) => self.place(place),
            Value::Function(symbol) => *symbol = self.ids.function(*symbol),
            Value::Unary(_, a) => self.value(a),
            Value::Binary(_, a, b) => {
                self.value(a);
                self.value(b);
            }
            Value::Select(cond, a, b) => {
                self.value(cond);
                self.value(a);
                self.value(b);
            }
            Value::Option { name, .. } => *name = self.ids.name(*name),
        }
    }
}
