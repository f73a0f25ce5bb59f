// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random small programs: functions that take and drop locks, allocate, sleep, branch on what they
//! are given, loop, and call the ones after them.
//!
//! A program is made of a string of bytes, each of which decides one choice, so that what shrinks
//! the string shrinks the program.

use waitctx_model::{
    BinaryOp, Block, BlockId, Call, Callee, Function, FunctionFlags, Local, LocalId, Place, Root,
    Span, Statement, Symbol, Terminator, Type, UnaryOp, Unit, Value,
};

/// How rich the programs are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    /// All of it.
    Rich,
    /// No more decisions in one function than the solver keeps apart.
    Plain,
}

/// Every function has this many parameters; the first is only ever passed on or a constant.
const PARAMETERS: u32 = 2;
/// A local that holds results, and one that is set.
const RESULT: u32 = 2;
const SET: u32 = 3;
const LOCALS: usize = 4;
const LOCKS: [&str; 3] = ["a", "b", "c"];
/// The lock that a getter gets.
const GOT: &str = "g";
/// The function that drops it for its caller.
const GIVE: &str = "give";

/// Makes a program: one unit for each function.
pub(crate) fn make(bytes: &[u8], style: Style) -> Vec<Unit> {
    let mut source = Source {
        bytes,
        style,
        unit: Unit::default(),
        line: 0,
        index: 0,
        count: 0,
        getter: None,
        decisions: 0,
        open: Vec::new(),
        is_uneven: false,
        returns_early: false,
        blocks: Vec::new(),
        current: 0,
    };
    source.count = 2 + source.pick(3);
    if source.count > 2 && source.pick(2) == 1 {
        source.getter = Some(source.count - 1);
    }
    let mut units = Vec::new();
    for index in 0..source.count {
        source.index = index;
        source.function();
        units.push(std::mem::take(&mut source.unit));
    }
    units
}

struct Source<'a> {
    bytes: &'a [u8],
    style: Style,
    unit: Unit,
    line: u32,
    /// The function that is being made, and how many there will be.
    index: u32,
    count: u32,
    /// The last function, when it is one that returns with a lock held if it could get it.
    getter: Option<u32>,
    /// Decisions made so far in the function that is being made.
    decisions: u32,
    /// How what it has taken is dropped, outermost first.
    open: Vec<(&'static str, Vec<Value>)>,
    /// Whether it takes something and leaves it, or drops something of its callers.
    is_uneven: bool,
    /// Whether it returns from the middle.
    returns_early: bool,
    blocks: Vec<Block>,
    /// The block at hand.
    current: usize,
}

impl Source<'_> {
    /// The next choice among `options`; the first when there are no more bytes.
    fn pick(&mut self, options: u32) -> u32 {
        let Some((&byte, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        u32::from(byte) % options
    }

    fn function(&mut self) {
        self.begin();
        if self.getter == Some(self.index) {
            let lock = self.lock_called(GOT);
            self.call("raw_try", vec![lock], Some(RESULT));
            self.end(returns(read(RESULT)));
        } else {
            self.body(0);
            self.end(returns(Value::Const(0)));
        }
        self.finish(&format!("f{}", self.index));
        if self.getter == Some(self.index) {
            self.begin();
            let lock = self.lock_called(GOT);
            self.call("raw_unlock", vec![lock], None);
            self.end(returns(Value::Const(0)));
            self.finish(GIVE);
        }
    }

    /// Starts a function.
    fn begin(&mut self) {
        self.decisions = 0;
        self.is_uneven = false;
        self.returns_early = false;
        self.blocks.clear();
        let entry = self.block();
        self.enter(entry);
        for local in [RESULT, SET] {
            self.assign(local, Value::Const(0));
        }
    }

    /// Makes a function of the blocks.
    fn finish(&mut self, name: &str) {
        let symbol = self.symbol(name);
        let int = Type {
            name: self.unit.names.intern("int"),
            record: None,
            pointer: false,
        };
        let file = self.unit.names.intern(&format!("{}.c", self.index));
        self.unit.file = Some(file);
        let span = self.span();
        let function = Function {
            symbol,
            span,
            flags: FunctionFlags::default(),
            parameters: PARAMETERS,
            locals: vec![
                Local {
                    name: None,
                    ty: Some(int)
                };
                LOCALS
            ],
            blocks: std::mem::take(&mut self.blocks),
            result: Some(int),
        };
        self.unit.functions.push(function);
    }

    fn body(&mut self, depth: u32) {
        let length = 1 + self.pick(4);
        for _ in 0..length {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        let deep = depth >= 2;
        match self.pick(14) {
            0 => self.allocate(),
            1 => self.call("sleep", Vec::new(), None),
            2 | 3 => self.call_function(None),
            4 if !deep => {
                let (lock, unlock, args) = self.lock();
                self.call(lock, args.clone(), None);
                self.within(unlock, args, depth);
            }
            5 if self.may_decide() => self.correlated(depth),
            6 if !deep && self.may_decide() => {
                let cond = self.condition();
                self.branch(cond, depth);
            }
            7 if !deep && self.may_decide() => {
                let lock = self.a_lock();
                self.call("raw_try", vec![lock.clone()], Some(RESULT));
                self.if_got("raw_unlock", vec![lock], depth);
            }
            8 if self.style == Style::Rich && !self.returns_early => {
                self.is_uneven = true;
                let (lock, unlock, args) = self.lock();
                let name = if self.pick(2) == 0 { lock } else { unlock };
                self.call(name, args, None);
            }
            9 if !deep && self.may_decide() => {
                self.call_function(Some(RESULT));
                self.branch(read(RESULT), depth);
            }
            10 if !deep && self.style == Style::Rich => {
                let (again, after) = (self.block(), self.block());
                self.end(Terminator::Choice(vec![again, after]));
                self.enter(again);
                self.body(depth + 1);
                self.end(Terminator::Choice(vec![again, after]));
                self.enter(after);
            }
            11 if !self.is_uneven && self.may_decide() => {
                self.returns_early = true;
                let cond = self.condition();
                let (out, on) = (self.block(), self.block());
                self.end(Terminator::Branch {
                    cond,
                    then: out,
                    otherwise: on,
                });
                self.enter(out);
                for (unlock, args) in self.open.clone().into_iter().rev() {
                    self.call(unlock, args, None);
                }
                let result = self.argument();
                self.end(returns(result));
                self.enter(on);
            }
            12 if !deep && self.may_decide() => {
                let Some(getter) = self.getter else {
                    return self.allocate();
                };
                let args = vec![Value::Const(0), Value::Const(0)];
                self.call(&format!("f{getter}"), args, Some(RESULT));
                let lock = self.lock_called(GOT);
                let (unlock, args) = match self.pick(2) {
                    0 => ("raw_unlock", vec![lock]),
                    _ => (GIVE, vec![Value::Const(0), Value::Const(0)]),
                };
                self.if_got(unlock, args, depth);
            }
            13 if !deep && !self.returns_early && self.style == Style::Rich => {
                // Drops what a caller may hold, and takes it again.
                self.is_uneven = true;
                let (lock, unlock, args) = self.lock();
                self.call(unlock, args.clone(), None);
                self.body(depth + 1);
                self.call(lock, args, None);
            }
            _ => {
                let value = self.argument();
                self.assign(SET, value);
            }
        }
    }

    /// What is done with something taken, and how that is dropped.
    fn within(&mut self, unlock: &'static str, args: Vec<Value>, depth: u32) {
        self.open.push((unlock, args.clone()));
        self.body(depth + 1);
        self.open.pop();
        self.call(unlock, args, None);
    }

    /// What is done when a trylock has succeeded.
    fn if_got(&mut self, unlock: &'static str, args: Vec<Value>, depth: u32) {
        let (then, after) = (self.block(), self.block());
        self.end(Terminator::Branch {
            cond: read(RESULT),
            then,
            otherwise: after,
        });
        self.enter(then);
        self.within(unlock, args, depth);
        self.end(Terminator::Goto(after));
        self.enter(after);
    }

    /// A lock that is taken and dropped under one condition.
    fn correlated(&mut self, depth: u32) {
        let cond = self.condition();
        let (lock, unlock, args) = self.lock();
        for name in [lock, unlock] {
            let (then, after) = (self.block(), self.block());
            self.end(Terminator::Branch {
                cond: cond.clone(),
                then,
                otherwise: after,
            });
            self.enter(then);
            self.call(name, args.clone(), None);
            self.end(Terminator::Goto(after));
            self.enter(after);
            if name == lock {
                // Nothing that could change the condition.
                match self.pick(3) {
                    0 => self.allocate(),
                    1 => self.call_function(None),
                    _ if depth < 2 => {
                        let (lock, unlock, args) = self.lock();
                        self.call(lock, args.clone(), None);
                        self.call_function(None);
                        self.call(unlock, args, None);
                    }
                    _ => self.call("sleep", Vec::new(), None),
                }
            }
        }
    }

    fn branch(&mut self, cond: Value, depth: u32) {
        let (then, otherwise, after) = (self.block(), self.block(), self.block());
        self.end(Terminator::Branch {
            cond,
            then,
            otherwise,
        });
        self.enter(then);
        self.body(depth + 1);
        self.end(Terminator::Goto(after));
        self.enter(otherwise);
        if self.pick(2) == 1 {
            self.body(depth + 1);
        }
        self.end(Terminator::Goto(after));
        self.enter(after);
    }

    /// Whether one more decision is within what the solver keeps apart.
    fn may_decide(&mut self) -> bool {
        self.decisions += 1;
        self.style == Style::Rich || self.decisions <= 1
    }

    fn allocate(&mut self) {
        let flags = self.first_argument();
        self.call("alloc", vec![flags], None);
    }

    fn call_function(&mut self, dest: Option<u32>) {
        let below = self.getter.unwrap_or(self.count) - self.index - 1;
        if below == 0 {
            return self.allocate();
        }
        let callee = self.index + 1 + self.pick(below);
        let args = vec![self.first_argument(), self.argument()];
        self.call(&format!("f{callee}"), args, dest);
    }

    /// A constant, or what the function itself was given first. The function that nobody calls
    /// has not been given anything.
    fn first_argument(&mut self) -> Value {
        match self.pick(3) {
            2 if self.index > 0 => read(0),
            bit => Value::Const(i64::from(bit & 1)),
        }
    }

    fn argument(&mut self) -> Value {
        match self.pick(6) {
            0 => Value::Const(0),
            1 => Value::Const(1),
            2 => read(1),
            3 => read(SET),
            4 if self.index > 0 => read(0),
            _ => Value::Unknown,
        }
    }

    fn condition(&mut self) -> Value {
        let not = |value| Value::Unary(UnaryOp::Not, Box::new(value));
        let binary = |op, a, b| Value::Binary(op, Box::new(a), Box::new(b));
        // A condition on two values is more than a caller is told of a result.
        let forms = if self.style == Style::Rich { 8 } else { 7 };
        match self.pick(forms) {
            0 => read(0),
            1 => read(1),
            2 => not(read(0)),
            3 => not(read(1)),
            4 => binary(BinaryOp::And, read(0), Value::Const(1)),
            5 => binary(BinaryOp::Eq, read(1), Value::Const(0)),
            6 => read(SET),
            _ => binary(BinaryOp::LogicalAnd, read(0), read(1)),
        }
    }

    /// How a lock is taken and dropped.
    fn lock(&mut self) -> (&'static str, &'static str, Vec<Value>) {
        let lock = self.a_lock();
        match self.pick(3) {
            0 => ("raw_lock", "raw_unlock", vec![lock]),
            1 => ("spin_lock", "spin_unlock", vec![lock]),
            _ => ("off", "on", Vec::new()),
        }
    }

    fn a_lock(&mut self) -> Value {
        let index = self.pick(3) as usize;
        self.lock_called(LOCKS[index])
    }

    fn lock_called(&mut self, name: &str) -> Value {
        Value::AddressOf(Place {
            root: Root::Global(self.symbol(name)),
            path: Vec::new(),
        })
    }

    fn symbol(&mut self, name: &str) -> Symbol {
        Symbol {
            name: self.unit.names.intern(name),
            file: None,
        }
    }

    /// A line of its own for each statement: places tell them apart.
    fn span(&mut self) -> Span {
        self.line += 1;
        Span {
            file: self.unit.names.intern("program.c"),
            line: self.line,
            column: 1,
            end_line: self.line,
            end_column: 2,
        }
    }

    fn call(&mut self, name: &str, args: Vec<Value>, dest: Option<u32>) {
        let callee = Callee::Direct(self.symbol(name));
        let span = self.span();
        self.push(Statement::Call(Call {
            dest: dest.map(LocalId),
            callee,
            args,
            span,
            via_macro: None,
        }));
    }

    fn assign(&mut self, local: u32, value: Value) {
        self.push(Statement::Assign {
            place: Place::local(LocalId(local)),
            value,
        });
    }

    fn push(&mut self, statement: Statement) {
        self.blocks[self.current].statements.push(statement);
    }

    /// A new block, to be entered later.
    fn block(&mut self) -> BlockId {
        let id = BlockId(u32::try_from(self.blocks.len()).expect("few blocks"));
        self.blocks.push(Block {
            statements: Vec::new(),
            end: Terminator::Unreachable,
        });
        id
    }

    fn enter(&mut self, block: BlockId) {
        self.current = block.0 as usize;
    }

    /// Ends the block at hand.
    fn end(&mut self, end: Terminator) {
        self.blocks[self.current].end = end;
    }
}

fn returns(value: Value) -> Terminator {
    Terminator::Return {
        value: Some(value),
        span: None,
    }
}

fn read(local: u32) -> Value {
    Value::Read(Place::local(LocalId(local)))
}
