// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where precompiled headers are on the disk.
//!
//! Unlike everything else in the cache they are found by a path that is in them, so each process
//! that makes some writes them to a place of its own and then tells where that is.

use std::fs;

use anyhow::{Context, Result, anyhow};
use camino::Utf8PathBuf;
use rustc_hash::FxHashMap;
use tempfile::TempDir;

use crate::cache::{Key, KeyBuilder, Store};

/// The files of precompiled headers that this scan made or can use.
#[derive(Default)]
pub(super) struct HeaderFiles {
    /// Those that were made now, by their position in the plan.
    made: FxHashMap<usize, Utf8PathBuf>,
    /// Where they are when there is no cache.
    scratch: Option<TempDir>,
}

impl HeaderFiles {
    /// A place that no other process writes to, for headers made by `recipe`.
    pub(super) fn place(
        &mut self,
        store: Option<&Store>,
        recipe: &Key,
        number: usize,
    ) -> Result<Utf8PathBuf> {
        // When nothing can be written there, the cache says so with the next entry.
        let path = match store.and_then(|store| in_cache(store, recipe)) {
            Some(path) => path,
            None => {
                if self.scratch.is_none() {
                    let made = TempDir::new().context("cannot make a temporary directory")?;
                    self.scratch = Some(made);
                }
                let scratch = self.scratch.as_ref().context("no temporary directory")?;
                scratch.path().join(format!("{number}.h"))
            }
        };
        Utf8PathBuf::from_path_buf(path).map_err(|path| anyhow!("{} is not UTF-8", path.display()))
    }

    /// Tells that the headers `identity` are in `file` now.
    pub(super) fn insert(
        &mut self,
        store: Option<&Store>,
        identity: &Key,
        number: usize,
        file: Utf8PathBuf,
    ) {
        if let Some(store) = store {
            store.put(&pointer(identity), file.as_str().as_bytes());
        }
        self.made.insert(number, file);
    }

    /// Whether the headers were made now, be it in vain.
    pub(super) fn is_made(&self, number: usize) -> bool {
        self.made.contains_key(&number)
    }

    /// The precompiled headers `identity`, if there are such.
    pub(super) fn find(
        &self,
        store: Option<&Store>,
        identity: &Key,
        number: usize,
    ) -> Option<Utf8PathBuf> {
        let file = match self.made.get(&number) {
            Some(file) => file.clone(),
            None => {
                let bytes = store?.get(&pointer(identity))?;
                Utf8PathBuf::from(String::from_utf8(bytes).ok()?)
            }
        };
        let precompiled = Utf8PathBuf::from(format!("{file}.pch"));
        (file.is_file() && precompiled.is_file()).then_some(precompiled)
    }
}

fn in_cache(store: &Store, recipe: &Key) -> Option<std::path::PathBuf> {
    let path = store.path(recipe);
    let folder = path.parent()?;
    fs::create_dir_all(folder).ok()?;
    let prefix = format!("{}.", path.file_name()?);
    let file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".h")
        .tempfile_in(folder)
        .ok()?;
    Some(file.keep().ok()?.1)
}

/// Where it is stored which file holds precompiled headers.
fn pointer(identity: &Key) -> Key {
    let mut key = KeyBuilder::default();
    key.add("precompiled headers").add(identity.bytes());
    key.finish()
}
