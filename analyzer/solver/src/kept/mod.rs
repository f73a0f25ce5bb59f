// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a solution leaves for the next one.
//!
//! A few units of a kernel change between two scans, and with them what is known of some functions. To
//! read all that is known of the others would take longer than to solve what changed. So what is said
//! of each function is a piece by itself, and is read when somebody looks at it.

mod left;

use std::hash::Hasher;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustc_hash::FxHasher;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::per_function::PerFunction;
use crate::program::FnId;

pub(crate) use left::{Left, Solved};

/// Where the bytes are that a solution left.
pub trait Kept: Send + Sync {
    /// How many bytes there are.
    fn length(&self) -> u64;

    /// The bytes in a range; `None` when they cannot be read.
    fn read(&self, range: Range<u64>) -> Option<Vec<u8>>;
}

/// Where the piece of a function is, and a hash of it.
#[derive(Clone, Copy, Serialize, Deserialize, Default)]
struct Piece {
    at: u64,
    length: u32,
    hash: u32,
}

/// The pieces of one kind, by function. One that is empty is not stored.
#[derive(Clone, Serialize, Deserialize, Default)]
pub(crate) struct Pieces(Vec<Piece>);

/// Hands out pieces, one behind the other.
struct Collector<'a> {
    out: &'a mut dyn FnMut(&[u8]),
    length: u64,
}

impl<'a> Collector<'a> {
    fn new(out: &'a mut dyn FnMut(&[u8])) -> Self {
        Self { out, length: 0 }
    }

    /// How many bytes have been handed out.
    fn length(&self) -> u64 {
        self.length
    }

    fn put(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        (self.out)(bytes);
    }

    /// Adds the pieces of one kind, which are given in the order of the functions.
    fn add(&mut self, pieces: impl Iterator<Item = impl AsRef<[u8]>>) -> Pieces {
        let mut place = |bytes: &[u8]| {
            let piece = Piece {
                at: self.length,
                length: u32::try_from(bytes.len()).expect("a function takes less than 4 GiB"),
                hash: hash(bytes),
            };
            self.put(bytes);
            piece
        };
        Pieces(pieces.map(|it| place(it.as_ref())).collect())
    }

    /// Adds something that is read as a whole.
    fn part<T: Serialize>(&mut self, whole: &T) -> Part {
        self.bytes(&postcard::to_stdvec(whole).unwrap_or_default())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Part {
        let part = Part {
            at: self.length,
            length: bytes.len() as u64,
            hash: hash(bytes),
        };
        self.put(bytes);
        part
    }

    /// Adds what is known of all functions, without those of which nothing in particular is.
    fn add_all<T: Default + Serialize + DeserializeOwned>(
        &mut self,
        all: &PerFunction<T>,
        is_nothing: impl Fn(&T) -> bool,
    ) -> Pieces {
        let piece = |(_, it): (FnId, &T)| {
            if is_nothing(it) {
                return Vec::new();
            }
            postcard::to_stdvec(it).unwrap_or_default()
        };
        self.add(all.iter().map(piece))
    }
}

/// Where something is that is read as a whole.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Part {
    at: u64,
    length: u64,
    hash: u32,
}

impl Part {
    fn read<T: DeserializeOwned>(self, kept: &dyn Kept) -> Option<T> {
        let end = self.at.checked_add(self.length)?;
        let bytes = kept.read(self.at..end)?;
        let whole = hash(&bytes) == self.hash;
        whole.then(|| postcard::from_bytes(&bytes).ok())?
    }
}

/// The pieces of one kind, and where they are.
#[derive(Clone)]
pub(crate) struct Section {
    kept: Arc<dyn Kept>,
    pieces: Arc<Pieces>,
    damaged: Arc<AtomicBool>,
}

impl Section {
    pub(crate) fn new(kept: Arc<dyn Kept>, pieces: Pieces, damaged: Arc<AtomicBool>) -> Self {
        Self {
            kept,
            pieces: Arc::new(pieces),
            damaged,
        }
    }

    /// The bytes of a function's piece. Where they are not what was stored, the damage is noted:
    /// what is computed from there on is for nothing.
    pub(crate) fn bytes(&self, function: FnId) -> Option<Vec<u8>> {
        let piece = self.pieces.0.get(function.0 as usize)?;
        if piece.length == 0 {
            return None;
        }
        let range = piece.at..piece.at + u64::from(piece.length);
        let bytes = self.kept.read(range);
        let whole = bytes.filter(|it| hash(it) == piece.hash);
        if whole.is_none() {
            self.damaged.store(true, Ordering::Relaxed);
        }
        whole
    }

    /// What was said of a function.
    pub(crate) fn read<T: DeserializeOwned>(&self, function: FnId) -> Option<T> {
        let bytes = self.bytes(function)?;
        let value = postcard::from_bytes(&bytes).ok();
        if value.is_none() {
            self.damaged.store(true, Ordering::Relaxed);
        }
        value
    }
}

fn hash(bytes: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    let hash = hasher.finish();
    // Both halves, as the lower one depends little on the last bytes.
    (hash >> 32) as u32 ^ hash as u32
}
