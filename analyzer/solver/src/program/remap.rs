// SPDX-License-Identifier: MIT OR Apache-2.0
//! Moves a unit's functions into the tables of the program.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use waitctx_model::{
    Alias, Declaration, Field, FieldId, Function, Initialiser, NameId, Names, Rename, Span, Symbol,
    Type, Unit,
};

/// The program's tables while it is being linked.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) names: Names,
    pub(super) fields: Vec<Field>,
    pub(super) field_ids: FxHashMap<(NameId, NameId), FieldId>,
}

impl Tables {
    /// The field of this name. Files have records of their own that others call so, too: fields that
    /// cannot be one have different types.
    fn field(&mut self, field: Field) -> FieldId {
        let Field { record, name, ty } = field;
        let id = self.entry((record, name), &field);
        // Another language may use a field without knowing its type.
        let known = &mut self.fields[id.0 as usize].ty;
        if known.record.is_none() && ty.record.is_some() {
            *known = ty;
        }
        if ty.record.is_none() || (known.record, known.pointer) == (ty.record, ty.pointer) {
            return id;
        }
        let name = variant(&mut self.names, &field);
        self.entry((record, name), &field)
    }

    fn entry(&mut self, key: (NameId, NameId), field: &Field) -> FieldId {
        let fields = &mut self.fields;
        *self.field_ids.entry(key).or_insert_with(|| {
            fields.push(field.clone());
            FieldId(u32::try_from(fields.len() - 1).expect("fewer than 2^32 fields"))
        })
    }
}

/// What a field is called in the index of fields that is not the first of its name.
fn variant(names: &mut Names, field: &Field) -> NameId {
    let name = names.get(field.name);
    let record = field.ty.record.map_or("", |it| names.get(it));
    let pointer = if field.ty.pointer { "*" } else { "" };
    let variant = format!("{name}: {record}{pointer}");
    names.intern(&variant)
}

/// The index of fields.
pub(super) fn index(names: &mut Names, fields: &[Field]) -> FxHashMap<(NameId, NameId), FieldId> {
    let mut index = FxHashMap::default();
    for (field, id) in fields.iter().zip((0..).map(FieldId)) {
        let key = match index.entry((field.record, field.name)) {
            Entry::Vacant(entry) => {
                entry.insert(id);
                continue;
            }
            Entry::Occupied(_) => (field.record, variant(names, field)),
        };
        index.insert(key, id);
    }
    index
}

/// Translates the ids of one unit.
pub(super) struct Remap {
    names: Vec<NameId>,
    fields: Vec<FieldId>,
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
        };
        for field in &unit.fields {
            let record = remap.name(field.record);
            let name = remap.name(field.name);
            let ty = remap.ty(field.ty);
            remap.fields.push(tables.field(Field { record, name, ty }));
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
        Symbol {
            name: self.name(symbol.name),
            file: symbol.file.map(|file| self.name(file)),
        }
    }
}

/// What a unit says, in the tables of the program.
pub(super) struct Moved {
    pub(super) functions: Vec<Function>,
    pub(super) declarations: Vec<Declaration>,
    pub(super) initialisers: Vec<Initialiser>,
    pub(super) aliases: Vec<Alias>,
}

impl Moved {
    pub(super) fn new(unit: Unit, remap: &Remap) -> Self {
        let mut functions = unit.functions;
        for function in &mut functions {
            waitctx_model::rename_function(function, &mut { remap });
        }
        let declarations = unit.declarations.into_iter().map(|it| Declaration {
            symbol: remap.symbol(it.symbol),
            parameters: it.parameters.into_iter().map(|ty| remap.ty(ty)).collect(),
            flags: it.flags,
        });
        let initialisers = unit.initialisers.into_iter().map(|it| Initialiser {
            variable: remap.symbol(it.variable),
            field: it.field.map(|field| remap.field(field)),
            target: remap.symbol(it.target),
            span: remap.span(it.span),
        });
        let aliases = unit.aliases.into_iter().map(|it| Alias {
            alias: remap.symbol(it.alias),
            target: remap.symbol(it.target),
            weak: it.weak,
        });
        Self {
            functions,
            declarations: declarations.collect(),
            initialisers: initialisers.collect(),
            aliases: aliases.collect(),
        }
    }
}

impl Rename for &Remap {
    fn name(&mut self, id: NameId) -> NameId {
        Remap::name(self, id)
    }

    fn field(&mut self, id: FieldId) -> FieldId {
        Remap::field(self, id)
    }

    fn symbol(&mut self, symbol: Symbol) -> Symbol {
        Remap::symbol(self, symbol)
    }
}
