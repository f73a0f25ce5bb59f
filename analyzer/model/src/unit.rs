// SPDX-License-Identifier: MIT OR Apache-2.0
//! A translation unit as a whole.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::{Field, FieldId, Function, FunctionFlags, NameId, Names, Type};

/// What one translation unit says.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub struct Unit {
    /// The main source file, relative to the scanned tree.
    pub file: Option<NameId>,
    /// Whether this is no translation unit of the tree, but what headers define that many share.
    pub is_shared: bool,
    /// The strings that everything else here refers to.
    pub names: Names,
    /// The record fields that everything else here refers to.
    pub fields: Vec<Field>,
    /// Functions with bodies.
    pub functions: Vec<Function>,
    /// Functions that are called or whose address is taken, but not defined in this unit.
    pub declarations: Vec<Declaration>,
    /// Function addresses in the initialisers of variables with static storage.
    pub initialisers: Vec<Initialiser>,
    /// Second names of functions.
    pub aliases: Vec<Alias>,
    /// What went wrong while it was read.
    pub incidents: Vec<Incident>,
    /// Figures for the summary.
    pub stats: UnitStats,
    #[serde(skip)]
    field_ids: FxHashMap<(NameId, NameId), FieldId>,
}

impl Unit {
    /// The id of `field`, which is added when the pair of record and name is new.
    pub fn intern_field(&mut self, field: Field) -> FieldId {
        if self.field_ids.len() != self.fields.len() {
            // The index is not stored: it is made again after loading.
            self.field_ids = self
                .fields
                .iter()
                .enumerate()
                .map(|(index, it)| {
                    let index = u32::try_from(index).expect("fewer than 2^32 fields");
                    ((it.record, it.name), FieldId(index))
                })
                .collect();
        }
        let key = (field.record, field.name);
        if let Some(&id) = self.field_ids.get(&key) {
            return id;
        }
        let id = FieldId(u32::try_from(self.fields.len()).expect("fewer than 2^32 fields"));
        self.fields.push(field);
        self.field_ids.insert(key, id);
        id
    }

    /// Whether all that the units say is equal, in the same order and with the same ids.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.file == other.file
            && self.names == other.names
            && self.fields == other.fields
            && self.functions == other.functions
            && self.declarations == other.declarations
            && self.initialisers == other.initialisers
            && self.aliases == other.aliases
            && self.incidents == other.incidents
    }

    /// The field behind `id`.
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.0 as usize]
    }
}

/// The identity of a function or variable: its name, and for internal linkage its file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Symbol {
    /// The name in the source.
    pub name: NameId,
    /// The file of the definition when the name has internal linkage (`static`), relative to the
    /// scanned tree; `None` for external linkage.
    pub file: Option<NameId>,
}

/// A place in a source file, as the programmer sees it (the expansion site of macros).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Span {
    /// The file, relative to the scanned tree.
    pub file: NameId,
    /// First line, counted from 1.
    pub line: u32,
    /// First column in bytes, counted from 1.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// The column in bytes just after the last character.
    pub end_column: u32,
}

/// A function that the unit does not define.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Declaration {
    /// Its identity.
    pub symbol: Symbol,
    /// The types of its parameters.
    pub parameters: Vec<Type>,
    /// What its declaration says.
    pub flags: FunctionFlags,
}

/// A function address in an initialiser: `.field = target`, at any depth of nesting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Initialiser {
    /// The variable that is initialised.
    pub variable: Symbol,
    /// The innermost field that takes the address; `None` when the variable itself (or an element
    /// of it) is the pointer.
    pub field: Option<FieldId>,
    /// The function.
    pub target: Symbol,
    /// Where it is written.
    pub span: Span,
}

/// `alias` is another name of `target`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Alias {
    /// The new name.
    pub alias: Symbol,
    /// The function it stands for.
    pub target: Symbol,
    /// Whether another definition takes precedence.
    pub weak: bool,
}

/// Something that went wrong while a unit was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Incident {
    /// How bad it is.
    pub kind: IncidentKind,
    /// What happened, for people.
    pub message: String,
    /// Where, when it has a place.
    pub span: Option<Span>,
}

/// How bad an [`Incident`] is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum IncidentKind {
    /// A construct was approximated.
    Approximated,
    /// A function was left out.
    FunctionLost,
    /// The unit has errors; what could be read of it is used.
    UnitDamaged,
    /// The unit could not be read at all.
    UnitLost,
}

/// Figures of a unit.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnitStats {
    /// Calls lowered.
    pub calls: u64,
    /// Of these, calls through a pointer.
    pub indirect_calls: u64,
}
