// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which step is tried next: what looks shortest. A step that could not be taken from one place is
//! put off where it comes up again, so that one contradiction does not use up all tries.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use crate::findings::witness::Hop;

/// The steps that may be tried.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    pushed: u32,
    failures: FxHashMap<Hop, u32>,
}

/// In the order in which they are tried.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// How long a way with it is at least, and longer for each failure.
    length: u32,
    /// How many of its failures have been counted.
    counted: u32,
    /// The earlier one goes first.
    number: u32,
    from: usize,
    hop: Hop,
}

impl Queue {
    /// Adds a step from a node, on a way that has at least so many.
    pub(super) fn push(&mut self, length: u32, from: usize, hop: Hop) {
        self.heap.push(Reverse(Entry {
            length,
            counted: 0,
            number: self.pushed,
            from,
            hop,
        }));
        self.pushed += 1;
    }

    /// The next step, and the node that it is taken from.
    pub(super) fn pop(&mut self) -> Option<(usize, Hop)> {
        loop {
            let Reverse(entry) = self.heap.pop()?;
            let failures = self.failures.get(&entry.hop).copied().unwrap_or(0);
            if failures <= entry.counted {
                return Some((entry.from, entry.hop));
            }
            self.heap.push(Reverse(Entry {
                length: entry.length + failures - entry.counted,
                counted: failures,
                ..entry
            }));
        }
    }

    /// A step could not be taken.
    pub(super) fn failed(&mut self, hop: Hop) {
        *self.failures.entry(hop).or_default() += 1;
    }
}
