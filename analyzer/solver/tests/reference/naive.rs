// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reference: a program is simply executed, in all the ways it can be.
//!
//! Each execution is told by a list of choices (what an unknown value is, which way an open branch
//! goes, whether a trylock succeeds, what the outermost function is given). All lists are tried one
//! after the other. Nothing is summarised, merged or cut off, but that a block is not entered more
//! than [`MAX_ROUNDS`] times in one call.

use std::collections::{BTreeMap, BTreeSet};

use waitctx_model::{
    BinaryOp, Call, Callee, Function, Place, Root, Statement, Terminator, UnaryOp, Unit, Value,
};
use waitctx_solver::{
    ArgumentSelector, ArgumentTest, ContextId, DemandId, Effect, Identity, Knowledge, ResultTest,
};

/// How often a block is entered in one call.
const MAX_ROUNDS: usize = 3;
/// A program with more executions is of no use for a test.
const MAX_EXECUTIONS: usize = 1_000;

/// A demand that met what did not allow it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Violation {
    pub(crate) rule: String,
    /// The context's kind, and which lock.
    pub(crate) context: (String, Option<String>),
    /// The places from the function that has the context in force down to the demand.
    pub(crate) chain: Vec<(String, u32)>,
    /// The function that makes the demand.
    pub(crate) demanding: String,
}

/// What all executions come to.
#[derive(Default)]
pub(crate) struct Executions {
    pub(crate) violations: BTreeSet<Violation>,
    pub(crate) entered: BTreeSet<String>,
}

/// Executes the functions `roots` of a program; `None` when there are too many ways.
pub(crate) fn execute<'a>(
    units: &[Unit],
    knowledge: &Knowledge,
    roots: impl Iterator<Item = &'a str>,
) -> Option<Executions> {
    let mut functions: BTreeMap<&str, (&Unit, &Function)> = BTreeMap::new();
    for unit in units {
        for function in &unit.functions {
            functions.insert(unit.names.get(function.symbol.name), (unit, function));
        }
    }
    let mut machine = Machine {
        functions,
        knowledge,
        choices: Vec::new(),
        next: 0,
        frames: Vec::new(),
        all: Executions::default(),
    };
    let mut executions = 0;
    for root in roots {
        loop {
            executions += 1;
            if executions > MAX_EXECUTIONS {
                return None;
            }
            machine.next = 0;
            machine.frames.clear();
            let args = machine.functions[root].1.parameters;
            // Zero, a bit that is looked at, and another.
            let args = (0..args).map(|_| machine.choose(3)).collect();
            machine.enter(root, args);
            if !machine.advance() {
                break;
            }
        }
    }
    Some(machine.all)
}

struct Machine<'a> {
    functions: BTreeMap<&'a str, (&'a Unit, &'a Function)>,
    knowledge: &'a Knowledge,
    /// What was chosen, of how many.
    choices: Vec<(i64, i64)>,
    next: usize,
    frames: Vec<Frame>,
    all: Executions,
}

/// A function that is being executed, and the context relative to its entry.
struct Frame {
    name: String,
    line: u32,
    held: Vec<Item>,
    /// What its callers had in force and it ended.
    released: Vec<Item>,
}

type Item = (ContextId, Option<String>);

/// More nested acquisitions of one item are not counted, as in the solver.
const MAX_NESTING: usize = 3;

impl Frame {
    fn acquire(&mut self, item: Item) {
        if let Some(index) = self.released.iter().position(|it| *it == item) {
            self.released.remove(index);
        } else if self.held.iter().filter(|it| **it == item).count() < MAX_NESTING {
            self.held.push(item);
        }
    }

    fn release(&mut self, item: Item) {
        if let Some(index) = self.held.iter().rposition(|it| *it == item) {
            self.held.remove(index);
        } else if !self.released.contains(&item) {
            self.released.push(item);
        }
    }
}

impl<'a> Machine<'a> {
    /// The next choice, of `options`.
    fn choose(&mut self, options: i64) -> i64 {
        if self.next == self.choices.len() {
            self.choices.push((0, options));
        }
        self.next += 1;
        self.choices[self.next - 1].0
    }

    /// The next list of choices; `false` after the last.
    fn advance(&mut self) -> bool {
        self.choices.truncate(self.next);
        while let Some((choice, options)) = self.choices.pop() {
            if choice + 1 < options {
                self.choices.push((choice + 1, options));
                return true;
            }
        }
        false
    }

    /// Executes a function; `None` when it goes round too often.
    fn enter(&mut self, name: &str, args: Vec<i64>) -> Option<i64> {
        let (unit, function) = self.functions[name];
        self.all.entered.insert(name.to_owned());
        self.frames.push(Frame {
            name: name.to_owned(),
            line: 0,
            held: Vec::new(),
            released: Vec::new(),
        });
        let mut locals = args;
        locals.resize(function.locals.len(), 0);
        let mut rounds = vec![0; function.blocks.len()];
        let mut block = 0;
        let result = loop {
            rounds[block] += 1;
            if rounds[block] > MAX_ROUNDS {
                return None;
            }
            for statement in &function.blocks[block].statements {
                match statement {
                    Statement::Assign { place, value } => {
                        let value = self.value(value, &locals);
                        locals[local(place)] = value;
                    }
                    Statement::Call(call) => {
                        let result = self.call(unit, call, &locals)?;
                        if let Some(dest) = call.dest {
                            locals[dest.0 as usize] = result;
                        }
                    }
                }
            }
            let to = match &function.blocks[block].end {
                Terminator::Goto(to) => to,
                Terminator::Branch {
                    cond,
                    then,
                    otherwise,
                } => {
                    if self.value(cond, &locals) == 0 {
                        otherwise
                    } else {
                        then
                    }
                }
                Terminator::Choice(to) => {
                    let options = i64::try_from(to.len()).expect("few");
                    &to[usize::try_from(self.choose(options)).expect("a choice")]
                }
                Terminator::Return { value, .. } => {
                    break value.as_ref().map_or(0, |it| self.value(it, &locals));
                }
                end => unreachable!("not made here: {end:?}"),
            };
            block = to.0 as usize;
        };
        let done = self.frames.pop().expect("the frame of this call");
        if let Some(caller) = self.frames.last_mut() {
            for item in done.released {
                caller.release(item);
            }
            for item in done.held {
                caller.acquire(item);
            }
        }
        Some(result)
    }

    fn call(&mut self, unit: &Unit, call: &Call, locals: &[i64]) -> Option<i64> {
        let Callee::Direct(symbol) = call.callee else {
            unreachable!("not made here")
        };
        let name = unit.names.get(symbol.name);
        self.frame().line = call.span.line;
        let Some(model) = self.knowledge.functions.get(name) else {
            let args = call.args.iter().map(|it| self.value(it, locals)).collect();
            return self.enter(name, args);
        };
        let lock = call.args.first().and_then(|it| lock_name(unit, it));
        let mut result = 0;
        for effect in &model.effects {
            match effect {
                Effect::Acquire {
                    context,
                    when,
                    waits,
                    ..
                } => {
                    let waitctx_solver::KindSelector::Fixed(kind) = *context else {
                        unreachable!("not known here")
                    };
                    if *waits && let Some(demand) = self.knowledge.context(kind).demand {
                        self.demand(name, demand);
                    }
                    if *when == ResultTest::NonZero {
                        result = self.choose(2);
                        if result == 0 {
                            continue;
                        }
                    }
                    self.frame().acquire((kind, lock.clone()));
                }
                Effect::Release { context, .. } => {
                    let waitctx_solver::KindSelector::Fixed(kind) = *context else {
                        unreachable!("not known here")
                    };
                    self.frame().release((kind, lock.clone()));
                }
                Effect::Demand { demand, only_if } => {
                    let holds = only_if.as_ref().is_none_or(|test| {
                        let ArgumentTest {
                            argument: ArgumentSelector::Index(index),
                            mask,
                            set,
                            ..
                        } = test
                        else {
                            unreachable!("not known here")
                        };
                        (self.value(&call.args[*index], locals) & mask != 0) == *set
                    });
                    if holds {
                        self.demand(name, *demand);
                    }
                }
                effect => unreachable!("not known here: {effect:?}"),
            }
        }
        Some(result)
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a function is executed")
    }

    /// A demand meets what is in force: of the innermost function that has something in force
    /// which does not allow it, what allows least.
    fn demand(&mut self, demanding: &str, demand: DemandId) {
        let wait = self.knowledge.demand(demand).wait;
        let mut ended: Vec<Item> = Vec::new();
        for (depth, frame) in self.frames.iter().enumerate().rev() {
            let offending = frame
                .held
                .iter()
                .enumerate()
                .filter(|(_, item)| {
                    self.knowledge.context(item.0).limit < wait && !ended.contains(item)
                })
                .min_by_key(|&(index, item)| {
                    let kind = self.knowledge.context(item.0);
                    let is_lock = kind.identity == Identity::Lock;
                    (kind.limit, !is_lock, std::cmp::Reverse(index))
                });
            if let Some((_, (kind, lock))) = offending {
                let rule = self.knowledge.rule(*kind, demand).expect("rules name all");
                let places = self.frames[depth..].iter();
                self.all.violations.insert(Violation {
                    rule: self.knowledge.rules[usize::from(rule.0)].name.clone(),
                    context: (self.knowledge.context(*kind).name.clone(), lock.clone()),
                    chain: places.map(|it| (it.name.clone(), it.line)).collect(),
                    demanding: demanding.to_owned(),
                });
                return;
            }
            // What was ended of this function's own is no business of its callers.
            ended.retain(|item| !frame.held.contains(item));
            ended.extend(frame.released.iter().cloned());
        }
    }

    fn value(&mut self, value: &Value, locals: &[i64]) -> i64 {
        match value {
            Value::Const(value) => *value,
            Value::Read(place) => locals[local(place)],
            Value::Unknown => self.choose(2),
            // What an address is as a number nobody asks.
            Value::AddressOf(_) => 1,
            Value::Unary(UnaryOp::Not, a) => i64::from(self.value(a, locals) == 0),
            Value::Binary(op, a, b) => {
                let (a, b) = (self.value(a, locals), self.value(b, locals));
                match op {
                    BinaryOp::And => a & b,
                    BinaryOp::Eq => i64::from(a == b),
                    BinaryOp::LogicalAnd => i64::from(a != 0 && b != 0),
                    op => unreachable!("not made here: {op:?}"),
                }
            }
            value => unreachable!("not made here: {value:?}"),
        }
    }
}

fn local(place: &Place) -> usize {
    match place.root {
        Root::Local(id) if place.path.is_empty() => id.0 as usize,
        _ => unreachable!("not made here: {place:?}"),
    }
}

fn lock_name(unit: &Unit, value: &Value) -> Option<String> {
    match value {
        Value::AddressOf(Place {
            root: Root::Global(symbol),
            ..
        }) => Some(unit.names.get(symbol.name).to_owned()),
        _ => None,
    }
}
