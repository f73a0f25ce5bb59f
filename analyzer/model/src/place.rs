// SPDX-License-Identifier: MIT OR Apache-2.0
//! Access paths: where a value lives, as far as the source names it.

use serde::{Deserialize, Serialize};

use crate::{LocalId, NameId, Symbol, Value};

/// A type as far as the analysis looks at it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Type {
    /// The type as spelled, the outermost typedef kept, pointer stars and qualifiers left out:
    /// `gfp_t`, `spinlock_t`, `int`.
    pub name: NameId,
    /// The record (struct, union) it is or points to, without the keyword and through typedefs and
    /// arrays: `spinlock` for `spinlock_t *`.
    pub record: Option<NameId>,
    /// Whether it is a pointer (or an array, which decays to one).
    pub pointer: bool,
}

/// One field of one record.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Field {
    /// The nearest named record around the field: members of anonymous structs and unions belong
    /// to the record that has a name. A record without any name is called by its place.
    pub record: NameId,
    /// The name of the field.
    pub name: NameId,
    /// The type of the field.
    pub ty: Type,
}

/// Index of a [`Field`] in its unit's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FieldId(pub u32);

/// Where an access path starts.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Root {
    /// A parameter, variable or temporary of the function.
    Local(LocalId),
    /// A variable with static storage.
    Global(Symbol),
    /// The object that a computed pointer points to; the first projection is applied to the
    /// pointed-to object (no `Deref` is written for it).
    Target(Box<Value>),
}

/// One step of an access path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Projection {
    /// `*p`: from a pointer to what it points to. `p->f` is `Deref` and then `Field`.
    Deref,
    /// `.f`
    Field(FieldId),
    /// `[i]`, whatever the index.
    Index,
}

/// An access path: a root and the steps from it. It names an object, not its value.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Where the path starts.
    pub root: Root,
    /// The steps, outermost first.
    pub path: Vec<Projection>,
}

impl Place {
    /// The local variable itself.
    pub fn local(id: LocalId) -> Self {
        Self {
            root: Root::Local(id),
            path: Vec::new(),
        }
    }

    /// This place with one more step.
    #[must_use]
    pub fn then(mut self, step: Projection) -> Self {
        self.path.push(step);
        self
    }
}
