// SPDX-License-Identifier: MIT OR Apache-2.0
//! What all calls of a pointer have in common.
//!
//! A pointer that can be any of many functions says little of which objects come by. Where nobody
//! calls it without something in force, it does not matter: whatever is stored there is called so,
//! or not at all.

use rustc_hash::FxHashMap;

use super::minding::Minding;
use super::witness::Reader;
use crate::context::Item;
use crate::demands::Violation;
use crate::paths::{Record, Target};
use crate::program::{FnId, PointerKey};

/// How many functions are looked at before it is given up.
const MAX_LOOKED_AT: usize = 100;

/// Whether functions are only called with something in force that a demand breaks on.
pub(super) struct Always<'r, 'a> {
    reader: &'r Reader<'a>,
    minding: Minding<'a>,
    /// What is known of functions; what is being found out counts as so.
    known: FxHashMap<FnId, bool>,
}

impl<'r, 'a> Always<'r, 'a> {
    pub(super) fn new(reader: &'r Reader<'a>, violation: &Violation) -> Self {
        Self {
            reader,
            minding: Minding::new(reader, violation),
            known: FxHashMap::default(),
        }
    }

    /// Whether every call through a pointer that may be `target` is made so.
    pub(super) fn calls(&mut self, key: PointerKey, target: FnId) -> bool {
        let reader = self.reader;
        reader.structures.note_callers(target);
        let calls = reader.demands.callers_of(target).iter();
        let is_one = |record: &Record| record.target == Target::Pointer(key);
        self.all(calls.copied(), &is_one) == Some(true)
    }

    /// Whether a function is.
    fn function(&mut self, function: FnId) -> bool {
        if let Some(&known) = self.known.get(&function) {
            return known;
        }
        if self.known.len() >= MAX_LOOKED_AT {
            return false;
        }
        self.known.insert(function, true);
        let always = self.is_entered_so(function) && {
            self.reader.structures.note_callers(function);
            let calls = self.reader.demands.callers_of(function).iter();
            let is_entry = !self.reader.program.entries_of(function).is_empty();
            self.all(calls.copied(), &|_| true).unwrap_or(is_entry)
        };
        self.known.insert(function, always);
        always
    }

    /// Whether nobody outside the program enters a function in another way.
    fn is_entered_so(&self, function: FnId) -> bool {
        let Reader {
            program, knowledge, ..
        } = self.reader;
        let mut ways = program.entries_of(function).iter();
        ways.all(|it| {
            let in_force = &knowledge.entries[it.entry].contexts;
            let mut items = in_force.iter().map(|&kind| Item::unnamed(kind));
            items.any(|it| self.minding.breaks(&it))
        })
    }

    /// Whether all of these calls are made so; nothing where there are none.
    fn all(
        &mut self,
        calls: impl Iterator<Item = (FnId, usize)>,
        is_one: &dyn Fn(&Record) -> bool,
    ) -> Option<bool> {
        let reader = self.reader;
        let mut always = None;
        for (caller, index) in calls {
            let record = &reader.structures.of(caller).records[index];
            if !is_one(record) || !self.minding.is_possible(record) {
                continue;
            }
            always = Some(true);
            let is_held = record.held.iter().any(|held| {
                reader.knowledge.counts(&held.item, &record.held) && self.minding.breaks(&held.item)
            });
            let is_untouched = record.released.is_empty() && record.cleared.is_empty();
            if !(is_held || is_untouched && self.function(caller)) {
                return Some(false);
            }
        }
        always
    }
}
