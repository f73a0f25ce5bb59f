// SPDX-License-Identifier: MIT OR Apache-2.0
//! How what a solution leaves is laid out: the pieces of all functions, then what has to be known of the
//! whole program, then where that is.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::{Collector, Kept, Part, Pieces, Section};
use crate::Coverage;
use crate::demands::{Asked, Demands, Earlier, Scope, Slot, TakenWithin};
use crate::findings::Judged;
use crate::packed::Packed;
use crate::paths::Structure;
use crate::per_function::{PerFunction, functions};
use crate::program::{CallGraph, Joints, Program};
use crate::skeleton::Skeleton;

/// What is known of a program as a whole, in parts that are read side by side.
#[derive(Serialize, Deserialize)]
struct Parts {
    program: Part,
    joints: Part,
    graph: Part,
    skeleton: Part,
    judged: Part,
    rest: Part,
}

/// Numbers, and where pieces are.
#[derive(Serialize, Deserialize)]
struct Rest<S, A> {
    scope: S,
    asked: A,
    cut_off: usize,
    coverage: Coverage,
    bodies: Pieces,
    structures: Pieces,
    slots: Pieces,
    taken: Pieces,
}

/// What a solution knows.
pub(crate) struct Solved<'a> {
    pub(crate) program: &'a Program,
    pub(crate) joints: &'a Packed<Joints>,
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
        let slots = collector.add_all(demands.slots(), Slot::is_nothing);
        let taken = collector.add_all(demands.taken.slots(), |it| it.cases.is_empty());
        let rest = Rest {
            scope: demands.scope(),
            asked: demands.taken.asked(),
            cut_off: demands.cut_off,
            coverage: self.coverage,
            bodies,
            structures,
            slots,
            taken,
        };
        let parts = Parts {
            program: collector.part(self.program),
            joints: collector.bytes(self.joints.bytes()),
            graph: collector.part(self.graph),
            skeleton: collector.part(self.skeleton),
            judged: collector.part(self.judged),
            rest: collector.part(&rest),
        };
        let at = collector.length();
        let parts = collector.part(&parts);
        let mut end = at.to_le_bytes().to_vec();
        end.extend((collector.length() - at).to_le_bytes());
        end.extend(parts.hash.to_le_bytes());
        end.extend(WORD.to_le_bytes());
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
        let parts: Parts = Part {
            at: number(0..8),
            length: number(8..16),
            hash: u32::try_from(number(16..20)).ok()?,
        }
        .read(&**kept)?;
        let kept_now = &**kept;
        let ((program, (joints, graph)), ((skeleton, judged), rest)) = rayon::join(
            || {
                let program = parts.program.read::<Program>(kept_now);
                let program = program.map(|mut program| {
                    program.index();
                    program
                });
                let others = (parts.joints.read(kept_now), parts.graph.read(kept_now));
                (program, others)
            },
            || {
                let both = (parts.skeleton.read(kept_now), parts.judged.read(kept_now));
                (both, parts.rest.read::<Rest<Scope, Asked>>(kept_now))
            },
        );
        let (mut program, rest) = (program?, rest?);
        let damaged = Arc::new(AtomicBool::new(false));
        let section = |pieces| Section::new(Arc::clone(kept), pieces, Arc::clone(&damaged));
        let count = program.functions.len();
        program.kept_bodies = Some(section(rest.bodies));
        let taken = PerFunction::of_kept(count, section(rest.taken));
        Some(Self {
            structures: section(rest.structures),
            earlier: Earlier {
                slots: PerFunction::of_kept(count, section(rest.slots)),
                scope: rest.scope,
                cut_off: rest.cut_off,
                taken: TakenWithin::of(taken, rest.asked),
            },
            program,
            joints: joints?,
            graph: graph?,
            skeleton: skeleton?,
            judged: judged?,
            coverage: rest.coverage,
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
