// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interned strings of one unit.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

/// A string of the unit's [`Names`] table. Ids of different tables must not be mixed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct NameId(pub u32);

/// The strings of one unit or of one linked program, each stored once.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<Box<str>>", into = "Vec<Box<str>>")]
pub struct Names {
    strings: IndexSet<Box<str>, FxBuildHasher>,
}

impl Names {
    /// The id of `text`, which is added when it is new.
    pub fn intern(&mut self, text: &str) -> NameId {
        match self.strings.get_index_of(text) {
            Some(known) => id(known),
            None => id(self.strings.insert_full(text.into()).0),
        }
    }

    /// The id of `text` if the table has it.
    pub fn find(&self, text: &str) -> Option<NameId> {
        self.strings.get_index_of(text).map(id)
    }

    /// The string behind `id`.
    pub fn get(&self, id: NameId) -> &str {
        &self.strings[id.0 as usize]
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.strings.len()
    }

    /// Whether the table has no string.
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }
}

fn id(index: usize) -> NameId {
    NameId(u32::try_from(index).expect("fewer than 2^32 names"))
}

impl From<Vec<Box<str>>> for Names {
    fn from(strings: Vec<Box<str>>) -> Self {
        Self {
            strings: strings.into_iter().collect(),
        }
    }
}

impl From<Names> for Vec<Box<str>> {
    fn from(names: Names) -> Self {
        names.strings.into_iter().collect()
    }
}
