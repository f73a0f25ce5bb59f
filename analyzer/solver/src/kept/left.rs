// SPDX-License-Identifier: MIT OR Apache-2.0
//! How what a solution leaves is laid out: the pieces of all functions, then what has to be known of the
//! whole program, then where that is.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::{Collector, Kept, Pieces, Section, hash};
use crate::Coverage;
use crate::demands::{Asked, Demands, Earlier, Scope, TakenWithin};
use crate::findings::Judged;
use crate::paths::Structure;
use crate::per_function::{PerFunction, functions};
use crate::program::{CallGraph, Joints, Program};
use crate::skeleton::Skeleton;

/// What is known of a program as a whole.
#[derive(Serialize, Deserialize)]
struct Whole<P, J, G, K, S, A, F> {
    program: P,
    joints: J,
    graph: G,
    skeleton: K,
    scope: S,
    asked: A,
    judged: F,
    cut_off: usize,
    coverage: Coverage,
    bodies: Pieces,
    structures: Pieces,
    slots: Pieces,
    taken: Pieces,
}

/// The same when it is read.
type WholeRead = Whole<Program, Joints, CallGraph, Skeleton, Scope, Asked, Judged>;

/// What a solution knows.
pub(crate) struct Solved<'a> {
    pub(crate) program: &'a Program,
    pub(crate) joints: &'a Joints,
    pub(crate) graph: &'a CallGraph,
    pub(crate) skeleton: &'a Skeleton,
    pub(crate) structures: &'a PerFunction<Structure>,
    pub(crate) demands: &'a Demands,
    pub(crate) judged: &'a Judged,
    pub(crate) coverage: Coverage,
}

/// What an earlier solution left.
pub(crate) struct Left {
    pub(crate) program: Program,
    pub(crate) joints: Joints,
    pub(crate) graph: CallGraph,
    pub(crate) skeleton: Skeleton,
    pub(crate) structures: Section,
    pub(crate) earlier: Earlier,
    pub(crate) judged: Judged,
    pub(crate) coverage: Coverage,
    damaged: Arc<AtomicBool>,
}

/// The bytes at the end: where the whole is, how long, its hash, and a word to know it by.
const END: u64 = 8 + 8 + 4 + 4;
const WORD: u32 = 0x7743_7478;

impl Solved<'_> {
    /// Hands out the bytes that it leaves, one part after the other.
    pub(crate) fn leave(&self, out: &mut dyn FnMut(&[u8])) {
        let mut collector = Collector::new(out);
        let count = self.structures.len();
        let bodies = functions(count).map(|it| self.program.packed_body(it).unwrap_or_default());
        let bodies = collector.add(bodies);
        let structures = collector.add_all(self.structures, |it| {
            it.records.is_empty() && it.exits.is_empty() && !it.complete
        });
        let demands = self.demands;
        let slots = collector.add_all(demands.slots(), |it| {
            it.cases.is_empty() && it.violations.is_empty() && !it.cut_off
        });
        let taken = collector.add_all(demands.taken.slots(), |it| it.cases.is_empty());
        let whole = Whole {
            program: self.program,
            joints: self.joints,
            graph: self.graph,
            skeleton: self.skeleton,
            scope: demands.scope(),
            asked: demands.taken.asked(),
            judged: self.judged,
            cut_off: demands.cut_off,
            coverage: self.coverage,
            bodies,
            structures,
            slots,
            taken,
        };
        let bytes = postcard::to_stdvec(&whole).unwrap_or_default();
        let mut end = collector.length().to_le_bytes().to_vec();
        end.extend((bytes.len() as u64).to_le_bytes());
        end.extend(hash(&bytes).to_le_bytes());
        end.extend(WORD.to_le_bytes());
        collector.put(&bytes);
        collector.put(&end);
    }
}

impl Left {
    /// Reads what is known of the program as a whole; `None` when that is not there.
    pub(crate) fn read(kept: &Arc<dyn Kept>) -> Option<Self> {
        let length = kept.length();
        let end = kept.read(length.checked_sub(END)?..length)?;
        let number = |range: Range<usize>| {
            let mut bytes = [0; 8];
            bytes[..range.len()].copy_from_slice(&end[range]);
            u64::from_le_bytes(bytes)
        };
        if number(20..24) != u64::from(WORD) {
            return None;
        }
        let at = number(0..8);
        let bytes = kept.read(at..at.checked_add(number(8..16))?)?;
        if u64::from(hash(&bytes)) != number(16..20) {
            return None;
        }
        let mut whole: WholeRead = postcard::from_bytes(&bytes).ok()?;
        let damaged = Arc::new(AtomicBool::new(false));
        let section = |pieces| Section::new(Arc::clone(kept), pieces, Arc::clone(&damaged));
        let count = whole.program.functions.len();
        whole.program.index();
        whole.program.kept_bodies = Some(section(whole.bodies));
        let taken = PerFunction::of_kept(count, section(whole.taken));
        Some(Self {
            structures: section(whole.structures),
            earlier: Earlier {
                slots: PerFunction::of_kept(count, section(whole.slots)),
                scope: whole.scope,
                cut_off: whole.cut_off,
                taken: TakenWithin::of(taken, whole.asked),
            },
            program: whole.program,
            joints: whole.joints,
            graph: whole.graph,
            skeleton: whole.skeleton,
            judged: whole.judged,
            coverage: whole.coverage,
            damaged,
        })
    }

    /// What says later whether some piece was not as it had been stored.
    pub(crate) fn damage(&self) -> Damage {
        Damage(Arc::clone(&self.damaged))
    }
}

/// Whether some piece was not as it had been stored.
pub(crate) struct Damage(Arc<AtomicBool>);

impl Damage {
    pub(crate) fn is_found(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
