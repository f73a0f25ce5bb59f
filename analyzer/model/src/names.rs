// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interned strings of one unit.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// A string of the unit's [`Names`] table. Ids of different tables must not be mixed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct NameId(pub u32);

/// The strings of one unit or of one linked program, each stored once.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<Box<str>>", into = "Vec<Box<str>>")]
pub struct Names {
    strings: Vec<Box<str>>,
    ids: FxHashMap<Box<str>, NameId>,
}

impl Names {
    /// The id of `text`, which is added when it is new.
    pub fn intern(&mut self, text: &str) -> NameId {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = NameId(u32::try_from(self.strings.len()).expect("fewer than 2^32 names"));
        self.strings.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }

    /// The id of `text` if the table has it.
    pub fn find(&self, text: &str) -> Option<NameId> {
        self.ids.get(text).copied()
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

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.strings == other.strings
    }
}

impl Eq for Names {}

impl From<Vec<Box<str>>> for Names {
    fn from(strings: Vec<Box<str>>) -> Self {
        let ids = strings
            .iter()
            .enumerate()
            .map(|(index, text)| {
                (
                    text.clone(),
                    NameId(u32::try_from(index).expect("fewer than 2^32 names")),
                )
            })
            .collect();
        Self { strings, ids }
    }
}

impl From<Names> for Vec<Box<str>> {
    fn from(names: Names) -> Self {
        names.strings
    }
}
