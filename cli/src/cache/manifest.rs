// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was read for a database the last time: which files each unit was made from, and where what
//! came out of it is stored.
//!
//! A manifest only says where to look. That an entry still holds is decided by the contents of the
//! files it names, so an old or a lost manifest costs time and nothing else.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use waitctx_clang::{Overlay, Plan, Seen, Sources};

use super::stamps::{Contents, Known};
use super::store::{Key, KeyBuilder, Store};

/// What is known of one unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The files it was made from.
    read: Vec<u32>,
    /// The files that must not be there.
    absent: Vec<u32>,
    /// What it says of headers.
    pub(crate) seen: Seen,
    /// A key of the recipe and of what the files held. Under it is stored which draft was made of
    /// these last.
    pub(crate) draft: Key,
    /// The hash of the draft itself, under which it is stored.
    pub(crate) content: Key,
}

/// A plan and what it was made for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub(crate) made_for: Key,
    pub(crate) plan: Plan,
}

/// The program that units made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Linked {
    /// All units and what they were made from.
    pub(crate) made_of: Key,
    /// What the units say.
    pub(crate) program: Key,
}

/// The form in which a manifest is stored.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    paths: Vec<String>,
    known: Known,
    entries: Vec<(Key, Entry)>,
    includes: Vec<(Key, Key)>,
    planned: Option<Planned>,
    settled: Option<Key>,
    linked: Option<Linked>,
}

/// What is known of a database.
#[derive(Default)]
pub(crate) struct Manifest {
    paths: Vec<String>,
    ids: FxHashMap<String, u32>,
    contents: Contents,
    entries: FxHashMap<Key, Entry>,
    /// What each content of a main file includes.
    includes: FxHashMap<Key, Key>,
    pub(crate) planned: Option<Planned>,
    /// Units, as a key, of which each delivers what it has to.
    pub(crate) settled: Option<Key>,
    pub(crate) linked: Option<Linked>,
}

impl Manifest {
    /// Nothing known.
    pub(crate) fn new(overlay: Overlay) -> Self {
        Self {
            contents: Contents::new(Vec::new(), overlay),
            ..Self::default()
        }
    }

    /// The manifest `name`, or an empty one. Files in `overlay` are taken to hold what it says.
    pub(crate) fn load(store: &Store, name: &Key, overlay: Overlay) -> Self {
        let stored: Stored = store
            .get(name)
            .and_then(|bytes| postcard::from_bytes(&bytes).ok())
            .unwrap_or_default();
        let ids = stored.paths.iter().cloned().zip(0..).collect();
        Self {
            paths: stored.paths,
            ids,
            contents: Contents::new(stored.known, overlay),
            entries: stored.entries.into_iter().collect(),
            includes: stored.includes.into_iter().collect(),
            planned: stored.planned,
            settled: stored.settled,
            linked: stored.linked,
        }
    }

    /// Stores it with the entries `current`, and forgets all others.
    pub(crate) fn save(&self, store: &Store, name: &Key, current: &[(Key, &Entry)]) {
        let mut moved: FxHashMap<u32, u32> = FxHashMap::default();
        let mut paths = Vec::new();
        let mut move_all = |list: &[u32]| -> Vec<u32> {
            let mut move_one = |id: u32| {
                *moved.entry(id).or_insert_with(|| {
                    paths.push(self.paths[id as usize].clone());
                    u32::try_from(paths.len() - 1).expect("fewer than 2^32 paths")
                })
            };
            list.iter().map(|&id| move_one(id)).collect()
        };
        let entries = current
            .iter()
            .map(|(recipe, entry)| {
                let entry = Entry {
                    read: move_all(&entry.read),
                    absent: move_all(&entry.absent),
                    ..(*entry).clone()
                };
                (*recipe, entry)
            })
            .collect();
        let mut includes: Vec<(Key, Key)> = self.includes.iter().map(|(a, b)| (*a, *b)).collect();
        includes.sort_unstable();
        let stored = Stored {
            known: self.contents.known(paths.iter()),
            paths,
            entries,
            includes,
            planned: self.planned.clone(),
            settled: self.settled,
            linked: self.linked,
        };
        if let Ok(bytes) = postcard::to_stdvec(&stored) {
            store.put(name, &bytes);
        }
    }

    /// Whether nothing is known of any unit.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() || self.planned.is_none()
    }

    /// The hash of what a file holds now; `None` if there is no such file.
    pub(crate) fn content(&mut self, path: &str) -> Option<Key> {
        self.contents.of(path)
    }

    /// What a file of this content includes, if that is known.
    pub(crate) fn includes(&mut self, content: Key, look: impl FnOnce() -> Key) -> Key {
        *self.includes.entry(content).or_insert_with(look)
    }

    /// Forgets what files include that are not in `contents`.
    pub(crate) fn keep_includes(&mut self, contents: &[Key]) {
        let mut kept = FxHashMap::default();
        for content in contents {
            if let Some(includes) = self.includes.get(content) {
                kept.insert(*content, *includes);
            }
        }
        self.includes = kept;
    }

    /// What is known of the unit made by `recipe`.
    pub(crate) fn entry(&self, recipe: &Key) -> Option<&Entry> {
        self.entries.get(recipe)
    }

    /// Where the draft of `entry` would be if it was made from the files as they are now; `None`
    /// if one of them is gone or one that must not be there is.
    pub(crate) fn draft_now(
        &mut self,
        recipe: &Key,
        entry: &Entry,
        plain: &dyn Fn(&str) -> String,
    ) -> Option<Key> {
        for &id in &entry.absent {
            if self.contents.of(&self.paths[id as usize]).is_some() {
                return None;
            }
        }
        let mut key = KeyBuilder::default();
        key.add(recipe.bytes());
        for &id in &entry.read {
            let path = &self.paths[id as usize];
            let content = self.contents.of(path)?;
            key.add(plain(path)).add(content.bytes());
        }
        Some(key.finish())
    }

    /// The entry for a unit that was just read, if what it was made from can be told.
    pub(crate) fn new_entry(
        &mut self,
        recipe: &Key,
        (seen, sources): (Seen, &Sources),
        content: Key,
        plain: &dyn Fn(&str) -> String,
    ) -> Option<Entry> {
        if sources.incomplete {
            return None;
        }
        let mut ids = |list: &[String]| list.iter().map(|it| self.id(it)).collect::<Vec<u32>>();
        let mut entry = Entry {
            read: ids(&sources.read),
            absent: ids(&sources.absent),
            seen,
            draft: content,
            content,
        };
        let mut read = sources.read.iter();
        if !read.all(|path| self.contents.of(path).is_some() && self.contents.is_stable(path)) {
            return None;
        }
        entry.draft = self.draft_now(recipe, &entry, plain)?;
        Some(entry)
    }

    fn id(&mut self, path: &str) -> u32 {
        if let Some(&id) = self.ids.get(path) {
            return id;
        }
        let id = u32::try_from(self.paths.len()).expect("fewer than 2^32 paths");
        self.paths.push(path.to_owned());
        self.ids.insert(path.to_owned(), id);
        id
    }
}
