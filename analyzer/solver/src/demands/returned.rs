// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether what a function returns with is forgotten, or its callers expect it.

use crate::context::{Held, Item};
use crate::paths::Record;
use crate::per_function::Structures;
use crate::program::FnId;
use crate::skeleton::Callers;
use crate::{Identity, Knowledge};

/// Whether some caller of a function ends what it returns with at `record`: then it is there for
/// that, whatever it looks like.
pub(super) fn is_expected(
    knowledge: &Knowledge,
    structures: Structures<'_>,
    callers: &Callers,
    function: FnId,
    record: &Record,
) -> bool {
    let is_switch = record.held.iter().any(|it| {
        let kind = it.item.spelled.unwrap_or(it.item.kind);
        knowledge.context(kind).identity == Identity::Switch
    });
    let callers = callers.get(&function).map_or(&[][..], Vec::as_slice);
    callers.iter().any(|&(caller, _)| {
        let caller = structures.of(caller);
        let ends_it = caller.ended.iter().any(|&origin| {
            let acquisition = &caller.acquisitions[origin as usize];
            acquisition.callee == function && acquisition.inner.is_some()
        });
        // Where the callee's ways to return could not be told apart, its callers end something of
        // theirs, as it seems.
        let ended = |released: &[Item]| released.iter().any(|item| may_be(item, &record.held));
        ends_it
            || caller
                .exits
                .iter()
                .any(|it| ended(&it.released) || is_switch && !it.cleared.is_empty())
    })
}

fn may_be(item: &Item, held: &[Held]) -> bool {
    held.iter().any(|it| {
        let spelled = it.item.spelled.unwrap_or(it.item.kind);
        it.item.kind == item.kind || spelled == item.kind
    })
}
