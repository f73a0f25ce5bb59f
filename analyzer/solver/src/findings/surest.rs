// SPDX-License-Identifier: MIT OR Apache-2.0
//! In which order the violations of a cause are looked at: the surest first, then the shortest.
//!
//! A cause can have thousands of them, and to ask callers is most of the work. They can only make one
//! less sure than it looks, so each is asked when its turn comes, and put back if that has changed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::witness::Reader;
use super::{Decided, Located, decided};
use crate::Confidence;
use crate::program::FnId;

/// A violation of a cause, in the order in which they are looked at: the greatest first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member<'a> {
    /// How sure it is at most.
    pub(super) confidence: Confidence,
    /// How many steps its witness has.
    pub(super) length: Reverse<u32>,
    /// Where its function is: the file, the line, and the place among all functions.
    pub(super) place: Reverse<(&'a str, u32, (u32, &'a str))>,
    /// Its function, and its index there.
    pub(super) at: Reverse<(FnId, u32)>,
    /// Where the function makes the call that leads to the demand.
    pub(super) site: (u32, u32),
}

impl<'a> Member<'a> {
    /// The violation of this index of a function.
    pub(super) fn new(reader: &Reader<'a>, at: (FnId, u32), located: &Located<'a>) -> Self {
        let (violation, chain) = (located.violation, &located.chain);
        let program = reader.program;
        let span = program.function(at.0).span();
        let (file, line) = span.map_or(("", 0), |it| (program.names.get(it.file), it.line));
        Self {
            confidence: reader.doubts(violation, chain, Confidence::High).confidence,
            length: Reverse(u32::try_from(chain.len()).unwrap_or(u32::MAX)),
            place: Reverse((file, line, program.order_of(at.0))),
            at: Reverse(at),
            site: reader.site(chain),
        }
    }

    /// The place at which the chain to the demand starts.
    pub(super) fn start(&self) -> (FnId, (u32, u32)) {
        (self.at.0.0, self.site)
    }
}

/// The violations of a cause that callers let happen.
pub(super) struct Surest<'r, 'a> {
    reader: &'r Reader<'a>,
    waiting: BinaryHeap<Member<'a>>,
    /// What callers have said.
    decided: FxHashMap<(FnId, u32), Decided>,
}

impl<'r, 'a> Surest<'r, 'a> {
    pub(super) fn new(reader: &'r Reader<'a>, all: Vec<Member<'a>>) -> Self {
        Self {
            reader,
            waiting: all.into(),
            decided: FxHashMap::default(),
        }
    }
}

impl<'a> Iterator for Surest<'_, 'a> {
    /// A violation, how callers let it happen, and how sure it is at most.
    type Item = (Located<'a>, Decided, Confidence);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(first) = self.waiting.pop() {
            let Reverse(at) = first.at;
            let located = Located::at(self.reader, at);
            if let Some(decided) = self.decided.remove(&at) {
                return Some((located, decided, first.confidence));
            }
            let Some(decided) = decided(self.reader, &located) else {
                continue;
            };
            let confidence = first.confidence.min(decided.by_callers);
            if confidence == first.confidence {
                return Some((located, decided, confidence));
            }
            self.decided.insert(at, decided);
            self.waiting.push(Member {
                confidence,
                ..first
            });
        }
        None
    }
}
