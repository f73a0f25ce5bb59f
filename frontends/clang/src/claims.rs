// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which unit delivers a definition that many units include.
//!
//! The unit of the smallest index does, and damaged units only if no other has it. Units are read
//! in any order, so a unit may find out afterwards that another one delivers: what it lowered in
//! vain is dropped at the end, and the outcome does not depend on timing.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxBuildHasher, FxHashMap};

const SHARDS: usize = 64;

/// The smallest claimant of every definition so far.
pub(crate) struct Claims {
    shards: Vec<Mutex<FxHashMap<Arc<str>, u64>>>,
}

impl Claims {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Whether the claimant still has the definition.
    pub(crate) fn holds(&self, key: &str, index: usize) -> bool {
        let shard = self
            .shard(key)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shard.get(key).is_some_and(|&claimant| {
            claimant == rank(index, false) || claimant == rank(index, true)
        })
    }

    fn shard(&self, key: &str) -> &Mutex<FxHashMap<Arc<str>, u64>> {
        let hash = FxBuildHasher.hash_one(key);
        // The low bits place the key inside the shard's table.
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}

/// One unit's way to claim.
pub(crate) struct Claim<'a> {
    claims: &'a Claims,
    rank: u64,
}

impl<'a> Claim<'a> {
    pub(crate) fn new(claims: &'a Claims, index: usize, damaged: bool) -> Self {
        Self {
            claims,
            rank: rank(index, damaged),
        }
    }

    /// Claims a definition, unless a better claimant has it.
    pub(crate) fn take(&self, key: &str) -> Option<Arc<str>> {
        let mut shard = self
            .claims
            .shard(key)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((known, claimant)) = shard.get_key_value(key) {
            if *claimant < self.rank {
                return None;
            }
            let known = Arc::clone(known);
            shard.insert(Arc::clone(&known), self.rank);
            return Some(known);
        }
        let key: Arc<str> = key.into();
        shard.insert(Arc::clone(&key), self.rank);
        Some(key)
    }
}

fn rank(index: usize, damaged: bool) -> u64 {
    (u64::from(damaged) << 48) | index as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_sound_claimant_wins() {
        let claims = Claims::new();
        assert!(Claim::new(&claims, 1, true).take("f").is_some());
        assert!(Claim::new(&claims, 7, false).take("f").is_some());
        assert!(Claim::new(&claims, 9, false).take("f").is_none());
        assert!(claims.holds("f", 7));
        assert!(Claim::new(&claims, 3, false).take("f").is_some());
        assert!(claims.holds("f", 3));
        assert!(!claims.holds("f", 7));
        assert!(!claims.holds("g", 3));
    }
}
