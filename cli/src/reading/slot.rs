// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known of one unit: nothing, what an earlier scan stored, or what this one read.

use waitctx_clang::{Draft, Seen, Sources};

use super::recipe::Recipes;
use crate::cache::{Entry, Key, Manifest, Store};

/// A unit and what is known of it.
pub(super) struct Slot {
    pub(super) recipe: Key,
    pub(super) state: State,
}

/// What is known of a unit.
pub(super) enum State {
    /// Nothing.
    Unread,
    /// What an earlier scan stored.
    Known(Entry),
    /// What this scan read and could not store, encoded.
    Held {
        /// What it says of headers.
        seen: Seen,
        /// The draft.
        bytes: Vec<u8>,
        /// Its hash.
        content: Key,
    },
}

impl State {
    pub(super) fn seen(&self) -> Option<&Seen> {
        match self {
            Self::Unread => None,
            Self::Known(entry) => Some(&entry.seen),
            Self::Held { seen, .. } => Some(seen),
        }
    }

    pub(super) fn content(&self) -> Option<Key> {
        match self {
            Self::Unread => None,
            Self::Known(entry) => Some(entry.content),
            Self::Held { content, .. } => Some(*content),
        }
    }

    /// What it was made from, whatever it happens to deliver for others.
    pub(super) fn identity(&self) -> Option<Key> {
        match self {
            Self::Known(entry) => Some(entry.draft),
            state => state.content(),
        }
    }
}

/// A unit that was read, in the form in which it is kept.
pub(super) struct Fresh {
    pub(super) seen: Seen,
    pub(super) sources: Sources,
    pub(super) bytes: Vec<u8>,
    pub(super) content: Key,
    pub(super) differs: bool,
}

impl Fresh {
    pub(super) fn new(draft: Draft, differs: bool) -> Self {
        let bytes = postcard::to_stdvec(&draft).unwrap_or_default();
        Self {
            content: Key::of(&bytes),
            bytes,
            seen: draft.headers,
            sources: draft.sources,
            differs,
        }
    }
}

/// What earlier scans stored for a unit, if it still holds.
pub(super) fn known(
    manifest: &mut Manifest,
    store: Option<&Store>,
    recipes: &Recipes,
    recipe: &Key,
) -> State {
    let Some((store, entry)) = store.zip(manifest.entry(recipe).cloned()) else {
        return State::Unread;
    };
    let plain = |path: &str| recipes.plain(path);
    match manifest.draft_now(recipe, &entry, &plain) {
        None => State::Unread,
        Some(draft) if draft == entry.draft => State::Known(entry),
        // Other contents; perhaps those of an earlier scan, as after a change of branches.
        Some(draft) => {
            let decoded = store.get(&draft).and_then(|content| {
                let content = Key::from_bytes(&content)?;
                let decoded: Draft = postcard::from_bytes(&store.get(&content)?).ok()?;
                Some((decoded, content))
            });
            let Some((decoded, content)) = decoded else {
                return State::Unread;
            };
            let told = (decoded.headers, &decoded.sources);
            match manifest.new_entry(recipe, told, content, &plain) {
                Some(entry) => State::Known(entry),
                None => State::Unread,
            }
        }
    }
}
