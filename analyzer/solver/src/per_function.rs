// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known of each function, by function: computed now, or left by an earlier solution and
//! read when somebody looks.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashSet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::kept::Section;
use crate::paths::Structure;
use crate::program::FnId;

/// Something for each function of a program.
pub(crate) struct PerFunction<T> {
    cells: Vec<OnceLock<Box<T>>>,
    /// Where what has not been computed now is.
    kept: Option<Section>,
}

impl<T: Default + DeserializeOwned> PerFunction<T> {
    /// Nothing for any of `count` functions yet.
    pub(crate) fn new(count: usize) -> Self {
        Self {
            cells: (0..count).map(|_| OnceLock::new()).collect(),
            kept: None,
        }
    }

    /// What an earlier solution left.
    pub(crate) fn of_kept(count: usize, kept: Section) -> Self {
        Self {
            kept: Some(kept),
            ..Self::new(count)
        }
    }

    /// Makes room for `count` functions.
    pub(crate) fn grow(&mut self, count: usize) {
        self.cells.resize_with(count, OnceLock::new);
    }

    /// Says what is known of a function, which nobody has asked for yet.
    pub(crate) fn set(&self, function: FnId, value: T) {
        let fresh = self.cells[function.0 as usize].set(Box::new(value));
        debug_assert!(fresh.is_ok(), "each function is told once");
    }

    /// Says anew what is known of a function.
    pub(crate) fn put(&mut self, function: FnId, value: T) {
        self.cells[function.0 as usize] = OnceLock::from(Box::new(value));
    }

    /// What is known of a function; nothing in particular where nobody has said.
    pub(crate) fn of(&self, function: FnId) -> &T {
        self.cells[function.0 as usize].get_or_init(|| {
            let kept = self.kept.as_ref().and_then(|it| it.read(function));
            Box::new(kept.unwrap_or_default())
        })
    }

    /// For how many functions there is something.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// All functions with what is known of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (FnId, &T)> {
        functions(self.len()).map(|it| (it, self.of(it)))
    }
}

impl<T: Default + DeserializeOwned> FromIterator<T> for PerFunction<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let full = |it| OnceLock::from(Box::new(it));
        Self {
            cells: all.into_iter().map(full).collect(),
            kept: None,
        }
    }
}

/// The numbers of the first `count` functions.
pub(crate) fn functions(count: usize) -> impl Iterator<Item = FnId> {
    (0..u32::try_from(count).expect("fewer than 2^32 functions")).map(FnId)
}

/// The structures of a program, which remember who was looked at when they are asked to.
#[derive(Clone, Copy)]
pub(crate) struct Structures<'a> {
    all: &'a PerFunction<Structure>,
    seen: Option<&'a Seen>,
}

impl<'a> Structures<'a> {
    pub(crate) fn new(all: &'a PerFunction<Structure>) -> Self {
        Self { all, seen: None }
    }

    /// The same, where everything that is looked at is told to `seen`.
    pub(crate) fn noted_by<'b>(self, seen: &'b Seen) -> Structures<'b>
    where
        'a: 'b,
    {
        Structures {
            all: self.all,
            seen: Some(seen),
        }
    }

    pub(crate) fn of(self, function: FnId) -> &'a Structure {
        self.note(function);
        self.all.of(function)
    }

    /// Remembers that something of a function was looked at.
    pub(crate) fn note(self, function: FnId) {
        if let Some(seen) = self.seen {
            seen.note(Looked::At(function));
        }
    }

    /// Remembers that it was looked at who calls a function.
    pub(crate) fn note_callers(self, function: FnId) {
        if let Some(seen) = self.seen {
            seen.note(Looked::AtCallersOf(function));
        }
    }

    pub(crate) fn len(self) -> usize {
        self.all.len()
    }
}

/// What was looked at of a function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Looked {
    /// What it does.
    At(FnId),
    /// Who calls it.
    AtCallersOf(FnId),
}

/// What was looked at.
#[derive(Default)]
pub(crate) struct Seen(Mutex<FxHashSet<Looked>>);

impl Seen {
    fn note(&self, looked: Looked) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(looked);
    }

    /// All of it, sorted.
    pub(crate) fn into_sorted(self) -> Vec<Looked> {
        let seen = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Looked> = seen.into_iter().collect();
        all.sort_unstable();
        all
    }
}

impl<T> fmt::Debug for PerFunction<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of {} functions", self.cells.len())
    }
}
