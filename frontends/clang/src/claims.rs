// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which unit delivers a definition that many units include.
//!
//! The unit of the smallest rank does, and damaged units only if no other has it. Units are read
//! in any order, so a unit may find out afterwards that another one delivers: what it lowered in
//! vain is dropped at the end, and the outcome does not depend on timing.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

const SHARDS: usize = 64;

/// A definition in a header: a hash of its file, its offset there and its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct DefinitionKey(u64);

impl DefinitionKey {
    /// The hash.
    pub fn bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    pub(crate) fn new(file: &str, offset: u32, name: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(file.as_bytes());
        hasher.update(&[0]);
        hasher.update(&offset.to_le_bytes());
        hasher.update(name.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self(u64::from_le_bytes(first))
    }
}

/// The order in which units are asked for what headers define.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rank {
    /// Headers that were read for their own sake, by their position in the plan.
    Headers(u32),
    /// A unit, by its position in the database.
    Unit(u32),
}

/// A rank, behind all others if the unit is damaged.
type Standing = (bool, Rank);

/// The smallest claimant of every definition so far.
pub(crate) struct Claims {
    shards: Vec<Mutex<FxHashMap<DefinitionKey, Standing>>>,
}

impl Claims {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Claims a definition for a unit that sees it; whether no better claimant has it.
    pub(crate) fn take(&self, key: DefinitionKey, rank: Rank, damaged: bool) -> bool {
        let standing = (damaged, rank);
        let mut shard = self
            .shard(key)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let claimant = shard.entry(key).or_insert(standing);
        *claimant = standing.min(*claimant);
        *claimant == standing
    }

    /// Whether the claimant still has the definition.
    pub(crate) fn holds(&self, key: DefinitionKey, rank: Rank) -> bool {
        let shard = self
            .shard(key)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shard.get(&key).is_some_and(|claimant| claimant.1 == rank)
    }

    fn shard(&self, key: DefinitionKey) -> &Mutex<FxHashMap<DefinitionKey, Standing>> {
        &self.shards[key.0 as usize % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_sound_claimant_wins() {
        let claims = Claims::new();
        let f = DefinitionKey::new("a.h", 7, "f");
        assert!(claims.take(f, Rank::Unit(1), true));
        assert!(claims.take(f, Rank::Unit(7), false));
        assert!(!claims.take(f, Rank::Unit(9), false));
        assert!(claims.holds(f, Rank::Unit(7)));
        assert!(claims.take(f, Rank::Unit(3), false));
        assert!(claims.holds(f, Rank::Unit(3)));
        assert!(!claims.holds(f, Rank::Unit(7)));
        assert!(claims.take(f, Rank::Headers(9), false));
        assert!(claims.take(f, Rank::Headers(9), false));
        assert!(!claims.holds(DefinitionKey::new("a.h", 8, "f"), Rank::Unit(3)));
    }
}
