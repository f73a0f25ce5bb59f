// SPDX-License-Identifier: MIT OR Apache-2.0
//! In which order the chains of a cause are looked at: the surest first, then the shortest.
//!
//! A cause can have thousands of them, and to ask callers is most of the work. They can only make a
//! chain less sure than it looks, so each is asked when its turn comes, and put back if that has
//! changed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::witness::{Hop, Reader};
use super::{Decided, Located, decided};
use crate::Confidence;
use crate::demands::Since;

/// The chains of a cause that callers let happen.
pub(super) struct Surest<'a, 'b> {
    reader: &'a Reader<'b>,
    all: &'a [Located<'a>],
    waiting: BinaryHeap<Waiting<'a>>,
    /// What callers have said, by chain.
    decided: Vec<Option<Decided>>,
}

/// In the order in which chains are looked at: the greatest first. The steps make it the same always.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting<'a> {
    confidence: Confidence,
    length: Reverse<usize>,
    steps: Reverse<&'a [Hop]>,
    index: usize,
}

impl<'a, 'b> Surest<'a, 'b> {
    pub(super) fn new(reader: &'a Reader<'b>, all: &'a [Located<'a>]) -> Self {
        let waiting = all.iter().enumerate().map(|(index, it)| {
            let before = match it.violation.since {
                Since::Acquired(origin) => reader.holders(it.function, origin).len(),
                Since::Entered(_) => 1,
            };
            let doubts = reader.doubts(it.violation, &it.chain, Confidence::High);
            Waiting {
                confidence: doubts.confidence,
                length: Reverse(before + it.chain.len()),
                steps: Reverse(&it.chain),
                index,
            }
        });
        Self {
            reader,
            all,
            waiting: waiting.collect(),
            decided: all.iter().map(|_| None).collect(),
        }
    }
}

impl<'a> Iterator for Surest<'a, '_> {
    type Item = (&'a Located<'a>, Decided);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(first) = self.waiting.pop() {
            let located = &self.all[first.index];
            if let Some(decided) = self.decided[first.index].take() {
                return Some((located, decided));
            }
            let Some(decided) = decided(self.reader, located) else {
                continue;
            };
            let confidence = first.confidence.min(decided.by_callers);
            if confidence == first.confidence {
                return Some((located, decided));
            }
            self.decided[first.index] = Some(decided);
            self.waiting.push(Waiting {
                confidence,
                ..first
            });
        }
        None
    }
}
