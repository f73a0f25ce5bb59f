// SPDX-License-Identifier: MIT OR Apache-2.0
//! The finished control-flow graph: what nothing reaches is left out, and blocks that only pass
//! control on, or always follow one another, are joined.

use waitctx_model::{Block, BlockId, Terminator};

use crate::body::Draft;

/// Turns drafts into blocks; the first stays the entry.
pub(crate) fn finish(drafts: Vec<Draft>) -> Vec<Block> {
    let mut blocks: Vec<Block> = drafts
        .into_iter()
        .map(|draft| Block {
            statements: draft.statements,
            end: draft.end.unwrap_or(Terminator::Unreachable),
        })
        .collect();
    skip_empty(&mut blocks);
    let reached = reached(&blocks);
    join(&mut blocks, &reached);
    compact(blocks)
}

/// Leads every edge past blocks that do nothing but jump on.
fn skip_empty(blocks: &mut [Block]) {
    let forward: Vec<BlockId> = (0..blocks.len())
        .map(|start| {
            let mut at = start;
            // A cycle of empty blocks is an endless loop and stays one.
            for _ in 0..blocks.len() {
                match blocks[at].end {
                    Terminator::Goto(next) if blocks[at].statements.is_empty() => {
                        at = next.0 as usize;
                    }
                    _ => break,
                }
            }
            BlockId(u32::try_from(at).unwrap_or(u32::MAX))
        })
        .collect();
    for block in blocks {
        redirect(&mut block.end, &forward);
        if let Terminator::Branch {
            then, otherwise, ..
        } = block.end
            && then == otherwise
        {
            block.end = Terminator::Goto(then);
        }
    }
}

/// Which blocks the entry reaches.
fn reached(blocks: &[Block]) -> Vec<bool> {
    let mut reached = vec![false; blocks.len()];
    let mut open = vec![0_usize];
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut reached[at], true) {
            continue;
        }
        successors(&blocks[at].end, &mut |to| open.push(to.0 as usize));
    }
    reached
}

/// Appends each block to the one before it when neither has another neighbour on that side.
fn join(blocks: &mut [Block], reached: &[bool]) {
    let mut incoming = vec![0_u32; blocks.len()];
    incoming[0] = 1; // from outside
    for (block, _) in blocks.iter().zip(reached).filter(|(_, yes)| **yes) {
        successors(&block.end, &mut |to| incoming[to.0 as usize] += 1);
    }
    for at in (0..blocks.len()).filter(|&at| reached[at]) {
        while let Terminator::Goto(next) = blocks[at].end {
            let next = next.0 as usize;
            if incoming[next] != 1 || next == at || next == 0 {
                break;
            }
            let end = std::mem::replace(&mut blocks[next].end, Terminator::Unreachable);
            let mut statements = std::mem::take(&mut blocks[next].statements);
            incoming[next] = 0;
            blocks[at].statements.append(&mut statements);
            blocks[at].end = end;
        }
    }
}

/// Leaves out what is not reached and numbers the rest anew.
fn compact(blocks: Vec<Block>) -> Vec<Block> {
    let reached = reached(&blocks);
    let mut next = 0_u32;
    let ids: Vec<BlockId> = reached
        .iter()
        .map(|&yes| {
            let id = BlockId(next);
            next += u32::from(yes);
            id
        })
        .collect();
    blocks
        .into_iter()
        .zip(&reached)
        .filter(|(_, yes)| **yes)
        .map(|(mut block, _)| {
            redirect(&mut block.end, &ids);
            block
        })
        .collect()
}

/// Shows every block that control can go to from here.
fn successors(end: &Terminator, visit: &mut dyn FnMut(BlockId)) {
    match end {
        Terminator::Goto(to) => visit(*to),
        Terminator::Branch {
            then, otherwise, ..
        } => {
            visit(*then);
            visit(*otherwise);
        }
        Terminator::Switch { cases, default, .. } => {
            cases.iter().for_each(|(_, _, to)| visit(*to));
            visit(*default);
        }
        Terminator::Choice(to) => to.iter().for_each(|to| visit(*to)),
        Terminator::Return { .. } | Terminator::Unreachable => {}
    }
}

/// Sends every edge to another block.
fn redirect(end: &mut Terminator, map: &[BlockId]) {
    let change = |to: &mut BlockId| *to = map[to.0 as usize];
    match end {
        Terminator::Goto(to) => change(to),
        Terminator::Branch {
            then, otherwise, ..
        } => {
            change(then);
            change(otherwise);
        }
        Terminator::Switch { cases, default, .. } => {
            cases.iter_mut().for_each(|(_, _, to)| change(to));
            change(default);
        }
        Terminator::Choice(to) => to.iter_mut().for_each(change),
        Terminator::Return { .. } | Terminator::Unreachable => {}
    }
}
