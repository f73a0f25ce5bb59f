// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a solution left, in memory.

use std::ops::Range;
use std::sync::Arc;

use waitctx_model::Unit;
use waitctx_solver::{Kept, Knowledge, Linked, Pending, Report, solve_and_leave};

/// The bytes that were left.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Kept for Bytes {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, range: Range<u64>) -> Option<Vec<u8>> {
        let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        self.0.get(range).map(<[u8]>::to_vec)
    }
}

/// Solves units, and keeps what that leaves.
pub(crate) fn leave(units: &[Unit], knowledge: &Knowledge) -> (Report, Vec<u8>) {
    let mut bytes = Vec::new();
    let pending = units.iter().cloned().map(Pending::from).collect();
    let linked = Linked::new(pending, knowledge).expect("the units are here");
    let report = solve_and_leave(linked, knowledge, &mut |it| bytes.extend(it));
    (report, bytes)
}

/// The bytes, to be solved again from.
pub(crate) fn kept(bytes: Vec<u8>) -> Arc<dyn Kept> {
    Arc::new(Bytes(bytes))
}
