// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ways that can only end where the source says that control never gets: an assertion that has failed
//! and describes what it has found before it stops the kernel.

use waitctx_model::{Callee, Function, Statement, Symbol, Terminator};

use super::liveness::for_each_successor;

/// By block: whether everything that follows ends in what is unreachable by itself, and not because a
/// call does not return. Nothing is doomed in a function that gets there whatever happens: it says so
/// at its end, behind what it is for.
pub(super) fn blocks(body: &Function, is_noreturn: impl Fn(Symbol) -> bool) -> Vec<bool> {
    let mut doomed: Vec<bool> = body
        .blocks
        .iter()
        .map(|block| {
            let by_call = matches!(
                block.statements.last(),
                Some(Statement::Call(call))
                    if matches!(call.callee, Callee::Direct(symbol) if is_noreturn(symbol))
            );
            matches!(block.end, Terminator::Unreachable) && !by_call
        })
        .collect();
    if !doomed.contains(&true) {
        return doomed;
    }
    loop {
        let mut changed = false;
        for (index, block) in body.blocks.iter().enumerate().rev() {
            if doomed[index] {
                continue;
            }
            let (mut ways, mut lost) = (0, 0);
            for_each_successor(&block.end, |to| {
                ways += 1;
                lost += usize::from(doomed[to as usize]);
            });
            if ways > 0 && ways == lost {
                doomed[index] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    if doomed.first() == Some(&true) {
        doomed.fill(false);
    }
    doomed
}
