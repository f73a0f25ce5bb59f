// SPDX-License-Identifier: MIT OR Apache-2.0
//! Patches that were checked before, on top of the same commit: what a patch may build on that is not
//! in the tree yet.
//!
//! Who checks a series hands over one patch after the other, and nothing says which belong together.
//! So the last ones are kept with the rest of the cache; that they are gone costs only that a patch
//! that builds on them cannot be checked.

use anyhow::Result;

use crate::cache::{Key, KeyBuilder, Store};
use crate::git::{ObjectId, Repository};

/// So many are kept: a longer series is rare.
const MOST: usize = 60;
/// Larger patches are not kept, in bytes.
const LARGEST: usize = 1 << 20;

/// The patches that were checked last.
pub(crate) struct Series {
    store: Option<Store>,
    key: Key,
    patches: Vec<Vec<u8>>,
}

impl Series {
    /// Those on top of the last commit of `repository`.
    pub(crate) fn of(repository: &Repository, store: Option<Store>) -> Result<Self> {
        let mut key = KeyBuilder::default();
        key.add("series").add(repository.head_or_empty()?.name());
        let key = key.finish();
        let kept = store.as_ref().and_then(|store| store.get(&key));
        let patches = kept.and_then(|bytes| postcard::from_bytes(&bytes).ok());
        Ok(Self {
            store,
            key,
            patches: patches.unwrap_or_default(),
        })
    }

    /// Applies `patch` beside `repository`, alone or on top of earlier ones, and keeps it: what it
    /// was applied to, and what that becomes.
    pub(crate) fn apply(
        mut self,
        repository: &mut Repository,
        patch: &[u8],
    ) -> Result<(ObjectId, ObjectId)> {
        self.patches.retain(|it| it != patch);
        let applied = repository.apply(patch, &self.patches)?;
        if let Some(store) = self.store.filter(|_| patch.len() <= LARGEST) {
            self.patches.push(patch.to_vec());
            let first = self.patches.len().saturating_sub(MOST);
            if let Ok(bytes) = postcard::to_stdvec(&self.patches[first..]) {
                store.put(&self.key, &bytes);
            }
        }
        Ok(applied)
    }
}
