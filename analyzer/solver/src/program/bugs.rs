// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions that tell of a bug: whatever way one is gone through, it says that nothing can be relied
//! on any more. It is called where something has gone wrong already, so that what it does there is
//! no concern of its callers.

use rustc_hash::FxHashMap;
use waitctx_model::{
    Block, BlockId, Call, Callee, Function, Place, Statement, Symbol, Terminator, UnaryOp, Value,
};

use super::said::AllSaid;
use super::{FnId, Program, ProgramFunction};
use crate::paths::for_each_successor;
use crate::{ArgumentSelector, Effect, Knowledge};

/// Marks the functions that tell of a bug.
pub(super) fn mark(program: &mut Program, said: &AllSaid, knowledge: &Knowledge) {
    let tellers = tellers(&program.functions, knowledge);
    if tellers.is_empty() {
        return;
    }
    let callers = said.callers();
    let mut queue: Vec<FnId> = tellers.keys().copied().collect();
    queue.sort_unstable();
    for &teller in &queue {
        program.functions[teller.0 as usize].tells_of_bug |= always_tells(&tellers, teller);
    }
    while let Some(function) = queue.pop() {
        for &caller in callers.get(&function).map_or(&[][..], Vec::as_slice) {
            if program.function(caller).tells_of_bug {
                continue;
            }
            let constant = |callee: FnId| constant(&program.body(callee)?);
            let (functions, by_symbol) = (&program.functions, &program.by_symbol);
            let tells =
                |body: &Function| tells_of_bug(functions, by_symbol, &tellers, body, constant);
            if program.body(caller).as_ref().is_some_and(tells) {
                program.functions[caller.0 as usize].tells_of_bug = true;
                queue.push(caller);
            }
        }
    }
}

/// The functions of which the knowledge says that they tell of a bug, and when.
pub(super) type Tellers<'a> = FxHashMap<FnId, &'a Effect>;

pub(super) fn tellers<'a>(functions: &[ProgramFunction], knowledge: &'a Knowledge) -> Tellers<'a> {
    let tellers = functions.iter().enumerate().filter_map(|(index, it)| {
        let model = knowledge.functions.get(it.row.as_ref()?)?;
        let effect = model
            .effects
            .iter()
            .find(|it| matches!(it, Effect::TellsOfBug { .. }))?;
        Some((id(index), effect))
    });
    tellers.collect()
}

/// Whether the knowledge says of a function that it tells of a bug whenever it is called.
pub(super) fn always_tells(tellers: &Tellers<'_>, function: FnId) -> bool {
    let effect = tellers.get(&function);
    matches!(effect, Some(Effect::TellsOfBug { only_if: None }))
}

/// Whether a body tells of a bug whatever way it is gone through, given which functions do and what
/// the constant ones return.
pub(super) fn tells_of_bug(
    functions: &[ProgramFunction],
    by_symbol: &FxHashMap<Symbol, FnId>,
    tellers: &Tellers<'_>,
    body: &Function,
    constant: impl Fn(FnId) -> Option<i64>,
) -> bool {
    let tells = |call: &Call| {
        direct(by_symbol, call).is_some_and(|callee| match tellers.get(&callee) {
            Some(effect) => passes(effect, call),
            None => functions[callee.0 as usize].tells_of_bug,
        })
    };
    always(body, tells, |call| constant(direct(by_symbol, call)?))
}

fn id(index: usize) -> FnId {
    FnId(u32::try_from(index).expect("fewer than 2^32 functions"))
}

fn direct(by_symbol: &FxHashMap<Symbol, FnId>, call: &Call) -> Option<FnId> {
    match &call.callee {
        Callee::Direct(symbol) => by_symbol.get(symbol).copied(),
        Callee::Pointer { .. } => None,
    }
}

/// Whether the condition of an effect holds for the arguments as they are written.
fn passes(effect: &Effect, call: &Call) -> bool {
    let Effect::TellsOfBug { only_if } = effect else {
        return false;
    };
    let Some(test) = only_if else {
        return true;
    };
    let ArgumentSelector::Index(index) = test.argument else {
        return false;
    };
    match call.args.get(index) {
        Some(Value::Const(value)) => test.holds_of(*value),
        _ => false,
    }
}

/// What a function returns that does nothing else: whether something is built in at all.
pub(super) fn constant(body: &Function) -> Option<i64> {
    match &body.blocks[..] {
        [block] if block.statements.is_empty() => match block.end {
            Terminator::Return {
                value: Some(Value::Const(value)),
                ..
            } => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// Where a block leads, where that is one place because a call returns a `constant`.
fn only_way(block: &Block, constant: impl Fn(&Call) -> Option<i64>) -> Option<BlockId> {
    let Terminator::Branch {
        cond,
        then,
        otherwise,
    } = &block.end
    else {
        return None;
    };
    let (place, truth) = match cond {
        Value::Read(place) => (place, true),
        Value::Unary(UnaryOp::Not, inner) => match &**inner {
            Value::Read(place) => (place, false),
            _ => return None,
        },
        _ => return None,
    };
    let Some(Statement::Call(call)) = block.statements.last() else {
        return None;
    };
    let tested = call.dest.is_some_and(|dest| *place == Place::local(dest));
    let value = constant(call).filter(|_| tested)?;
    Some(if (value != 0) == truth {
        *then
    } else {
        *otherwise
    })
}

/// Whether no way leads through a function without a call for which `tells` holds.
fn always(
    body: &Function,
    tells: impl Fn(&Call) -> bool,
    constant: impl Fn(&Call) -> Option<i64>,
) -> bool {
    if body.blocks.is_empty() {
        return false;
    }
    let mut seen = vec![false; body.blocks.len()];
    let mut queue = vec![0_usize];
    let mut told = false;
    while let Some(index) = queue.pop() {
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        let block = &body.blocks[index];
        let is_told = |it: &Statement| matches!(it, Statement::Call(call) if tells(call));
        if block.statements.iter().any(is_told) {
            told = true;
            continue;
        }
        if matches!(block.end, Terminator::Return { .. }) {
            return false;
        }
        match only_way(block, &constant) {
            Some(to) => queue.push(to.0 as usize),
            None => for_each_successor(&block.end, |to| queue.push(to as usize)),
        }
    }
    told
}
