// SPDX-License-Identifier: MIT OR Apache-2.0
//! Moves a unit's functions into the tables of the program.

use rustc_hash::FxHashMap;
use waitctx_model::{
    Callee, Field, FieldId, Function, NameId, Names, Place, Projection, Root, Span, Statement,
    Symbol, Terminator, Type, Unit, Value,
};

/// The program's tables while it is being linked.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) names: Names,
    pub(super) fields: Vec<Field>,
    field_ids: FxHashMap<(NameId, NameId), FieldId>,
}

/// Translates the ids of one unit.
pub(super) struct Remap {
    names: Vec<NameId>,
    fields: Vec<FieldId>,
    /// External names that stand for a definition of their own in this unit's part of the tree.
    pub(super) renamed: FxHashMap<NameId, NameId>,
}

impl Remap {
    pub(super) fn new(unit: &Unit, tables: &mut Tables) -> Self {
        let names: Vec<NameId> = (0..unit.names.len())
            .map(|index| {
                let id = NameId(u32::try_from(index).expect("ids are 32 bits wide"));
                tables.names.intern(unit.names.get(id))
            })
            .collect();
        let mut remap = Self {
            names,
            fields: Vec::new(),
            renamed: FxHashMap::default(),
        };
        for field in &unit.fields {
            let record = remap.name(field.record);
            let name = remap.name(field.name);
            let ty = remap.ty(field.ty);
            let fields = &mut tables.fields;
            let id = *tables.field_ids.entry((record, name)).or_insert_with(|| {
                fields.push(Field { record, name, ty });
                FieldId(u32::try_from(fields.len() - 1).expect("fewer than 2^32 fields"))
            });
            remap.fields.push(id);
        }
        remap
    }

    pub(super) fn name(&self, id: NameId) -> NameId {
        self.names[id.0 as usize]
    }

    pub(super) fn field(&self, id: FieldId) -> FieldId {
        self.fields[id.0 as usize]
    }

    pub(super) fn ty(&self, ty: Type) -> Type {
        Type {
            name: self.name(ty.name),
            record: ty.record.map(|record| self.name(record)),
            pointer: ty.pointer,
        }
    }

    pub(super) fn span(&self, span: Span) -> Span {
        Span {
            file: self.name(span.file),
            ..span
        }
    }

    pub(super) fn symbol(&self, symbol: Symbol) -> Symbol {
        let name = self.name(symbol.name);
        let file = match symbol.file {
            Some(file) => Some(self.name(file)),
            None => self.renamed.get(&name).copied(),
        };
        Symbol { name, file }
    }

    pub(super) fn function(&self, function: &mut Function) {
        function.symbol = self.symbol(function.symbol);
        function.span = self.span(function.span);
        function.result = function.result.map(|ty| self.ty(ty));
        for local in &mut function.locals {
            local.name = local.name.map(|name| self.name(name));
            local.ty = local.ty.map(|ty| self.ty(ty));
        }
        for block in &mut function.blocks {
            for statement in &mut block.statements {
                match statement {
                    Statement::Call(call) => {
                        match &mut call.callee {
                            Callee::Direct(symbol) => *symbol = self.symbol(*symbol),
                            Callee::Pointer { value, signature } => {
                                self.value(value);
                                *signature = self.name(*signature);
                            }
                        }
                        for arg in &mut call.args {
                            self.value(arg);
                        }
                        call.span = self.span(call.span);
                        call.via_macro = call.via_macro.map(|name| self.name(name));
                    }
                    Statement::Assign { place, value } => {
                        self.place(place);
                        self.value(value);
                    }
                }
            }
            match &mut block.end {
                Terminator::Branch { cond: value, .. }
                | Terminator::Switch { value, .. }
                | Terminator::Return(Some(value)) => self.value(value),
                Terminator::Goto(_)
                | Terminator::Choice(_)
                | Terminator::Return(None)
                | Terminator::Unreachable => {}
            }
        }
    }

    fn place(&self, place: &mut Place) {
        match &mut place.root {
            Root::Local(_) => {}
            Root::Global(symbol) => *symbol = self.symbol(*symbol),
            Root::Target(value) => self.value(value),
        }
        for step in &mut place.path {
            if let Projection::Field(field) = step {
                *field = self.field(*field);
            }
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::Const(_) | Value::Unknown => {}
            Value::Read(place) | Value::AddressOf(place) => self.place(place),
            Value::Function(symbol) => *symbol = self.symbol(*symbol),
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
            Value::Option { name, .. } => *name = self.name(*name),
        }
    }
}
