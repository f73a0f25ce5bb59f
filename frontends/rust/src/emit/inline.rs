// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions of the library are no part of the program: whoever calls one gets its body, at the
//! place of the call.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;
use waitctx_model::{
    Block, BlockId, Call, Callee, Function, LocalId, NameId, Place, Root, Span, Statement, Symbol,
    Terminator, Value,
};

use super::Emitted;

type Bodies = HashMap<Symbol, Function, BuildHasherDefault<FxHasher>>;

/// Functions of the library call each other no deeper than this.
const DEEPEST: usize = 16;

/// A function does not grow beyond this many blocks.
const MAX_BLOCKS: usize = 4000;

/// Puts the bodies of library functions into their callers.
pub(super) fn library(functions: &mut [Emitted]) {
    let bodies: Bodies = functions
        .iter()
        .filter(|it| it.is_library)
        .map(|it| (it.function.symbol, it.function.clone()))
        .collect();
    for it in functions.iter_mut().filter(|it| !it.is_library) {
        let mut stack = Vec::new();
        expand(&mut it.function, &bodies, &mut stack);
        compact(&mut it.function);
        propagate(&mut it.function);
        trace_pointers(&mut it.function);
    }
}

/// What is known of the calls that have been put in: where they are, and what they are in.
struct Site {
    /// The first block that came with the call, and one past the last.
    blocks: std::ops::Range<usize>,
    symbol: Symbol,
}

fn expand(function: &mut Function, bodies: &Bodies, sites: &mut Vec<Site>) {
    let mut index = 0;
    while index < function.blocks.len() && function.blocks.len() < MAX_BLOCKS {
        let depth = sites.iter().filter(|it| it.blocks.contains(&index)).count();
        let found = function.blocks[index].statements.iter().position(|it| {
            let Statement::Call(call) = it else {
                return false;
            };
            let Callee::Direct(symbol) = call.callee else {
                return false;
            };
            let recursive = sites
                .iter()
                .any(|it| it.blocks.contains(&index) && it.symbol == symbol);
            bodies.contains_key(&symbol) && !recursive && depth < DEEPEST
        });
        match found {
            Some(at) => {
                let first = function.blocks.len();
                let symbol = put_in(function, index, at, bodies);
                let last = function.blocks.len();
                // The rest of the block is the last one, and no part of the callee.
                for site in sites.iter_mut() {
                    if site.blocks.contains(&index) && site.blocks.end == first {
                        site.blocks.end = last;
                    }
                }
                sites.push(Site {
                    blocks: first..last - 1,
                    symbol,
                });
            }
            None => index += 1,
        }
    }
}

fn put_in(function: &mut Function, block: usize, at: usize, bodies: &Bodies) -> Symbol {
    let mut rest = function.blocks[block].statements.split_off(at);
    let Statement::Call(call) = rest.remove(0) else {
        unreachable!("the statement was a call");
    };
    let Callee::Direct(symbol) = call.callee else {
        unreachable!("the call was direct");
    };
    let callee = &bodies[&symbol];
    let locals = u32::try_from(function.locals.len()).expect("fewer than 2^32 locals");
    let blocks = u32::try_from(function.blocks.len()).expect("fewer than 2^32 blocks");
    function.locals.extend(callee.locals.iter().map(|local| {
        let mut local = *local;
        local.name = None;
        local
    }));
    for index in 0..callee.parameters {
        let value = call.args.get(index as usize).cloned();
        function.blocks[block].statements.push(Statement::Assign {
            place: Place::local(LocalId(locals + index)),
            value: value.unwrap_or(Value::Unknown),
        });
    }
    let after = blocks + u32::try_from(callee.blocks.len()).expect("fewer than 2^32 blocks");
    let end = std::mem::replace(
        &mut function.blocks[block].end,
        Terminator::Goto(BlockId(blocks)),
    );
    let mut shift = Shift {
        locals,
        blocks,
        after,
        dest: call.dest,
        span: call.span,
        via: call.via_macro,
    };
    for block in &callee.blocks {
        function.blocks.push(shift.block(block));
    }
    function.blocks.push(Block {
        statements: rest,
        end,
    });
    symbol
}

/// Moves a callee's body into its caller.
struct Shift {
    locals: u32,
    blocks: u32,
    after: u32,
    dest: Option<LocalId>,
    span: Span,
    via: Option<NameId>,
}

impl Shift {
    fn block(&mut self, block: &Block) -> Block {
        let mut statements: Vec<Statement> = block
            .statements
            .iter()
            .map(|it| self.statement(it))
            .collect();
        let to = |id: &BlockId| BlockId(id.0 + self.blocks);
        let end = match &block.end {
            Terminator::Goto(id) => Terminator::Goto(to(id)),
            Terminator::Branch {
                cond,
                then,
                otherwise,
            } => Terminator::Branch {
                cond: self.value(cond),
                then: to(then),
                otherwise: to(otherwise),
            },
            Terminator::Switch {
                value,
                cases,
                default,
            } => Terminator::Switch {
                value: self.value(value),
                cases: cases.iter().map(|(a, b, id)| (*a, *b, to(id))).collect(),
                default: to(default),
            },
            Terminator::Choice(ids) => Terminator::Choice(ids.iter().map(to).collect()),
            Terminator::Return { value, .. } => {
                if let Some(dest) = self.dest {
                    let value = value.as_ref().map(|it| self.value(it));
                    statements.push(Statement::Assign {
                        place: Place::local(dest),
                        value: value.unwrap_or(Value::Unknown),
                    });
                }
                Terminator::Goto(BlockId(self.after))
            }
            Terminator::Unreachable => Terminator::Unreachable,
        };
        Block { statements, end }
    }

    fn statement(&self, statement: &Statement) -> Statement {
        match statement {
            Statement::Call(call) => Statement::Call(Call {
                dest: call.dest.map(|it| LocalId(it.0 + self.locals)),
                callee: match &call.callee {
                    Callee::Direct(symbol) => Callee::Direct(*symbol),
                    Callee::Pointer { value, signature } => Callee::Pointer {
                        value: self.value(value),
                        signature: *signature,
                    },
                },
                args: call.args.iter().map(|it| self.value(it)).collect(),
                span: self.span,
                via_macro: self.via,
            }),
            Statement::Assign { place, value } => Statement::Assign {
                place: self.place(place),
                value: self.value(value),
            },
        }
    }

    fn place(&self, place: &Place) -> Place {
        Place {
            root: match &place.root {
                Root::Local(id) => Root::Local(LocalId(id.0 + self.locals)),
                Root::Global(symbol) => Root::Global(*symbol),
                Root::Target(value) => Root::Target(Box::new(self.value(value))),
            },
            path: place.path.clone(),
        }
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Const(_) | Value::Function(_) | Value::Option { .. } | Value::Unknown => {
                value.clone()
            }
            Value::Read(place) => Value::Read(self.place(place)),
            Value::AddressOf(place) => Value::AddressOf(self.place(place)),
            Value::Unary(op, a) => Value::Unary(*op, Box::new(self.value(a))),
            Value::Binary(op, a, b) => {
                Value::Binary(*op, Box::new(self.value(a)), Box::new(self.value(b)))
            }
            Value::Select(c, a, b) => Value::Select(
                Box::new(self.value(c)),
                Box::new(self.value(a)),
                Box::new(self.value(b)),
            ),
        }
    }
}

/// Puts functions where they are used: who looks at a store or an argument sees the function, not a
/// variable that holds it.
pub(super) fn propagate(function: &mut Function) {
    const ROUNDS: usize = 8;
    for _ in 0..ROUNDS {
        let known = held_functions(function);
        if known.iter().all(Option::is_none) {
            return;
        }
        let mut changed = false;
        let mut replace = |value: &mut Value| {
            if let Value::Read(Place {
                root: Root::Local(local),
                path,
            }) = value
                && path.is_empty()
                && let Some(Some(held)) = known.get(local.0 as usize)
            {
                *value = Value::Function(*held);
                changed = true;
            }
        };
        for statement in function.blocks.iter_mut().flat_map(|it| &mut it.statements) {
            match statement {
                Statement::Assign { value, .. } => replace(value),
                Statement::Call(call) => {
                    call.args.iter_mut().for_each(&mut replace);
                    if let Callee::Pointer { value, .. } = &mut call.callee {
                        replace(value);
                        if let Value::Function(symbol) = value {
                            call.callee = Callee::Direct(*symbol);
                        }
                    }
                }
            }
        }
        if !changed {
            return;
        }
    }
}

/// Lets calls through a variable say where the pointer was read from: that field, in any object,
/// tells what it can be.
pub(super) fn trace_pointers(function: &mut Function) {
    let mut sources: Vec<Option<Place>> = vec![None; function.locals.len()];
    let mut writes = vec![0_u32; function.locals.len()];
    for statement in function.blocks.iter().flat_map(|it| &it.statements) {
        match statement {
            Statement::Assign { place, value } => {
                if let Root::Local(local) = place.root {
                    writes[local.0 as usize] += 1;
                    if let (Value::Read(from), true) = (value, place.path.is_empty()) {
                        sources[local.0 as usize] = Some(from.clone());
                    }
                }
            }
            Statement::Call(call) => {
                if let Some(dest) = call.dest {
                    writes[dest.0 as usize] += 1;
                }
            }
        }
    }
    let source = |place: &Place| match place.root {
        Root::Local(local) if place.path.is_empty() && writes[local.0 as usize] == 1 => {
            sources[local.0 as usize].clone()
        }
        _ => None,
    };
    for statement in function.blocks.iter_mut().flat_map(|it| &mut it.statements) {
        let Statement::Call(Call {
            callee: Callee::Pointer { value, .. },
            ..
        }) = statement
        else {
            continue;
        };
        for _ in 0..DEEPEST {
            match value {
                Value::Read(place) => match source(place) {
                    Some(from) => *place = from,
                    None => break,
                },
                _ => break,
            }
        }
    }
}

/// For each local the function that it holds, if it never holds anything else.
fn held_functions(function: &Function) -> Vec<Option<Symbol>> {
    let mut known: Vec<Option<Symbol>> = vec![None; function.locals.len()];
    let mut writes = vec![0_u32; function.locals.len()];
    for index in 0..function.parameters {
        writes[index as usize] += 1;
    }
    for statement in function.blocks.iter().flat_map(|it| &it.statements) {
        match statement {
            Statement::Assign { place, value } => {
                if let Root::Local(local) = place.root {
                    writes[local.0 as usize] += 1;
                    if let (Value::Function(symbol), true) = (value, place.path.is_empty()) {
                        known[local.0 as usize] = Some(*symbol);
                    }
                }
                taken(value, &mut writes);
            }
            Statement::Call(call) => {
                if let Some(dest) = call.dest {
                    writes[dest.0 as usize] += 2;
                }
                call.args.iter().for_each(|it| taken(it, &mut writes));
            }
        }
    }
    for (known, writes) in known.iter_mut().zip(writes) {
        if writes != 1 {
            *known = None;
        }
    }
    known
}

/// Counts locals whose address is taken as written by somebody.
fn taken(value: &Value, writes: &mut [u32]) {
    if let Value::AddressOf(Place {
        root: Root::Local(local),
        ..
    }) = value
    {
        writes[local.0 as usize] += 2;
    }
}

/// Leaves out what nothing leads to and joins what always follows, and numbers the rest anew.
pub(super) fn compact(function: &mut Function) {
    for block in &mut function.blocks {
        // What depends on types is decided by now.
        if let Terminator::Branch {
            cond: Value::Const(value),
            then,
            otherwise,
        } = block.end
        {
            block.end = Terminator::Goto(if value == 0 { otherwise } else { then });
        }
    }
    forward(function);
    let mut order = Vec::new();
    let mut number: Vec<Option<u32>> = vec![None; function.blocks.len()];
    let mut stack = vec![0];
    while let Some(index) = stack.pop() {
        if number[index].is_some() {
            continue;
        }
        number[index] = Some(u32::try_from(order.len()).expect("fewer than 2^32 blocks"));
        order.push(index);
        let mut next = targets(&function.blocks[index].end);
        next.reverse();
        stack.extend(next);
    }
    let mut old: Vec<Option<Block>> = std::mem::take(&mut function.blocks)
        .into_iter()
        .map(Some)
        .collect();
    for index in order {
        if let Some(mut block) = old[index].take() {
            retarget(&mut block.end, &|id| {
                BlockId(number[id.0 as usize].unwrap_or(id.0))
            });
            function.blocks.push(block);
        }
    }
    join_lines(function);
}

/// Lets jumps to empty blocks go where these lead.
fn forward(function: &mut Function) {
    let final_target = |start: BlockId| {
        let mut at = start;
        for _ in 0..function.blocks.len() {
            let block = &function.blocks[at.0 as usize];
            match block.end {
                Terminator::Goto(next) if block.statements.is_empty() && next != at => at = next,
                _ => break,
            }
        }
        at
    };
    let all: Vec<BlockId> = (0..function.blocks.len())
        .map(|index| final_target(BlockId(u32::try_from(index).expect("few blocks"))))
        .collect();
    for block in &mut function.blocks {
        retarget(&mut block.end, &|id| all[id.0 as usize]);
    }
}

/// Joins a block with the only one that follows it, if nothing else leads there.
fn join_lines(function: &mut Function) {
    let mut counts = vec![0_u32; function.blocks.len()];
    counts[0] = 1;
    for block in &function.blocks {
        for to in targets(&block.end) {
            counts[to] += 1;
        }
    }
    let mut gone = vec![false; function.blocks.len()];
    for index in 0..function.blocks.len() {
        if gone[index] {
            continue;
        }
        while let Terminator::Goto(next) = function.blocks[index].end {
            let next = next.0 as usize;
            if next == index || counts[next] != 1 || gone[next] {
                break;
            }
            gone[next] = true;
            let end = std::mem::replace(&mut function.blocks[next].end, Terminator::Unreachable);
            let statements = std::mem::take(&mut function.blocks[next].statements);
            function.blocks[index].statements.extend(statements);
            function.blocks[index].end = end;
        }
    }
    if !gone.contains(&true) {
        return;
    }
    let mut number = vec![0_u32; gone.len()];
    let mut next = 0;
    for (index, is_gone) in gone.iter().enumerate() {
        number[index] = next;
        next += u32::from(!is_gone);
    }
    let mut index = 0;
    function.blocks.retain(|_| {
        index += 1;
        !gone[index - 1]
    });
    for block in &mut function.blocks {
        retarget(&mut block.end, &|id| BlockId(number[id.0 as usize]));
    }
}

fn targets(end: &Terminator) -> Vec<usize> {
    match end {
        Terminator::Goto(to) => vec![to.0 as usize],
        Terminator::Branch {
            then, otherwise, ..
        } => vec![then.0 as usize, otherwise.0 as usize],
        Terminator::Switch { cases, default, .. } => {
            let cases = cases.iter().map(|(_, _, to)| to.0 as usize);
            cases.chain([default.0 as usize]).collect()
        }
        Terminator::Choice(to) => to.iter().map(|it| it.0 as usize).collect(),
        Terminator::Return { .. } | Terminator::Unreachable => Vec::new(),
    }
}

fn retarget(end: &mut Terminator, to: &dyn Fn(BlockId) -> BlockId) {
    match end {
        Terminator::Goto(id) => *id = to(*id),
        Terminator::Branch {
            then, otherwise, ..
        } => {
            *then = to(*then);
            *otherwise = to(*otherwise);
        }
        Terminator::Switch { cases, default, .. } => {
            for (_, _, id) in cases.iter_mut() {
                *id = to(*id);
            }
            *default = to(*default);
        }
        Terminator::Choice(ids) => {
            for id in ids {
                *id = to(*id);
            }
        }
        Terminator::Return { .. } | Terminator::Unreachable => {}
    }
}
