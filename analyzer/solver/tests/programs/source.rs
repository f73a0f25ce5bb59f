// SPDX-License-Identifier: MIT OR Apache-2.0
//! A little language for programs, and knowledge made up for them.

use waitctx_model::{
    Block, BlockId, Call, Callee, Function, FunctionFlags, Local, LocalId, Place, Projection, Root,
    Span, Statement, Symbol, Terminator, Type, Unit, Value,
};
use waitctx_solver::{
    ArgumentSelector, ArgumentTest, Assertion, ContextId, ContextKind, DemandId, DemandKind,
    Effect, Finding, FunctionModel, Identity, KindSelector, Knowledge, ResultTest, RulePair,
    Solution, Verdict, WaitType, link, solve,
};

pub(crate) const RAW: ContextId = ContextId(0);
pub(crate) const SPIN: ContextId = ContextId(1);
pub(crate) const ALLOC: DemandId = DemandId(0);
pub(crate) const SLEEP: DemandId = DemandId(1);

/// `lock(l)`, `unlock(l)`, `trylock(l)`, `spin(l)`, `unspin(l)`, `alloc(flags)`, `sleep()`, `put()`;
/// bit 1 of `flags` lets `alloc` sleep. A variable called `failed` is that of an assertion.
pub(crate) fn knowledge() -> Knowledge {
    let acquire = |context, when, waits| Effect::Acquire {
        context: KindSelector::Fixed(context),
        lock: Some(ArgumentSelector::Index(0)),
        when,
        waits,
        subclass: None,
        only_if: None,
    };
    let release = |context| Effect::Release {
        context: KindSelector::Fixed(context),
        lock: Some(ArgumentSelector::Index(0)),
        all: false,
        only_if: None,
    };
    let blocking = Effect::Demand {
        demand: SLEEP,
        only_if: Some(ArgumentTest {
            argument: ArgumentSelector::Index(0),
            mask: 1,
            set: true,
            all: false,
            clear: 0,
            proof: true,
        }),
    };
    let functions = [
        ("lock", vec![acquire(RAW, ResultTest::Any, true)]),
        ("unlock", vec![release(RAW)]),
        ("trylock", vec![acquire(RAW, ResultTest::NonZero, false)]),
        ("spin", vec![acquire(SPIN, ResultTest::Any, true)]),
        ("unspin", vec![release(SPIN)]),
        (
            "alloc",
            vec![
                Effect::Demand {
                    demand: ALLOC,
                    only_if: None,
                },
                blocking,
            ],
        ),
        ("put", vec![Effect::DropsReference]),
        (
            "sleep",
            vec![Effect::Demand {
                demand: SLEEP,
                only_if: None,
            }],
        ),
    ];
    let kind = |name: &str, limit| ContextKind {
        name: name.to_owned(),
        label: format!("{name} held"),
        limit,
        while_held: false,
        forbids: Vec::new(),
        demand: None,
        identity: Identity::Lock,
    };
    let demand = |name: &str, wait| DemandKind {
        name: name.to_owned(),
        label: format!("does {name}"),
        wait,
        at_return: None,
        silenced_by: Vec::new(),
    };
    let rule = |name: &str, contexts: &[ContextId], demand| RulePair {
        name: name.to_owned(),
        verdict: Verdict::EveryKernel,
        doubt: None,
        pairs: contexts.iter().map(|&context| (context, demand)).collect(),
    };
    Knowledge {
        contexts: vec![kind("raw", WaitType::Spin), kind("spin", WaitType::Config)],
        demands: vec![
            demand("alloc", WaitType::Config),
            demand("sleep", WaitType::Sleep),
        ],
        functions: functions
            .into_iter()
            .map(|(name, effects)| {
                (
                    name.to_owned(),
                    FunctionModel {
                        effects,
                        enter_body: false,
                    },
                )
            })
            .collect(),
        rules: vec![
            rule("alloc-under-raw", &[RAW], ALLOC),
            rule("sleep", &[RAW, SPIN], SLEEP),
        ],
        assertions: vec![Assertion {
            variable: "failed".to_owned(),
            constants: true,
        }],
        ..Knowledge::default()
    }
}

/// Builds a unit of functions that all have two parameters and two more locals.
#[derive(Default)]
pub(crate) struct Source {
    pub(crate) unit: Unit,
}

/// What ends a block of the little language below.
pub(crate) enum End {
    Goto(u32),
    If(Value, u32, u32),
    Return(Option<Value>),
}

impl Source {
    pub(crate) fn symbol(&mut self, name: &str) -> Symbol {
        Symbol {
            name: self.unit.names.intern(name),
            file: None,
        }
    }

    pub(crate) fn global(&mut self, name: &str) -> Value {
        Value::AddressOf(Place {
            root: Root::Global(self.symbol(name)),
            path: Vec::new(),
        })
    }

    pub(crate) fn call(&mut self, name: &str, args: Vec<Value>) -> Statement {
        self.call_into(None, name, args)
    }

    pub(crate) fn call_into(
        &mut self,
        dest: Option<u32>,
        name: &str,
        args: Vec<Value>,
    ) -> Statement {
        let callee = Callee::Direct(self.symbol(name));
        let span = self.span();
        Statement::Call(Call {
            dest: dest.map(LocalId),
            callee,
            args,
            span,
            via_macro: None,
        })
    }

    pub(crate) fn span(&mut self) -> Span {
        let file = self.unit.names.intern("a.c");
        let line = u32::try_from(self.unit.names.len()).expect("small");
        Span {
            file,
            line,
            column: 1,
            end_line: line,
            end_column: 2,
        }
    }

    pub(crate) fn function(&mut self, name: &str, blocks: Vec<(Vec<Statement>, End)>) {
        let symbol = self.symbol(name);
        let span = self.span();
        let int = Type {
            name: self.unit.names.intern("int"),
            record: None,
            pointer: false,
        };
        let blocks = blocks
            .into_iter()
            .map(|(statements, end)| Block {
                statements,
                end: match end {
                    End::Goto(to) => Terminator::Goto(BlockId(to)),
                    End::If(cond, then, otherwise) => Terminator::Branch {
                        cond,
                        then: BlockId(then),
                        otherwise: BlockId(otherwise),
                    },
                    End::Return(value) => Terminator::Return { value, span: None },
                },
            })
            .collect();
        self.unit.functions.push(Function {
            symbol,
            span,
            flags: FunctionFlags::default(),
            parameters: 2,
            locals: vec![
                Local {
                    name: None,
                    ty: Some(int)
                };
                4
            ],
            blocks,
            result: None,
        });
    }

    pub(crate) fn straight(&mut self, name: &str, statements: Vec<Statement>) {
        self.function(name, vec![(statements, End::Return(None))]);
    }

    pub(crate) fn findings(self) -> Vec<Finding> {
        self.findings_with(&knowledge())
    }

    pub(crate) fn findings_with(self, knowledge: &Knowledge) -> Vec<Finding> {
        solve(link(vec![self.unit], knowledge), knowledge).findings
    }

    pub(crate) fn ask<T>(self, question: impl FnOnce(&Solution<'_>) -> T) -> T {
        let knowledge = knowledge();
        let program = link(vec![self.unit], &knowledge);
        question(&Solution::new(&program, &knowledge))
    }

    pub(crate) fn rules(self) -> Vec<String> {
        self.findings().into_iter().map(|it| it.rule).collect()
    }
}

pub(crate) fn read(local: u32) -> Value {
    Value::Read(Place::local(LocalId(local)))
}

pub(crate) fn assign(local: u32, value: Value) -> Statement {
    Statement::Assign {
        place: Place::local(LocalId(local)),
        value,
    }
}

/// `*local`
pub(crate) fn pointee(local: u32) -> Value {
    Value::Read(Place::local(LocalId(local)).then(Projection::Deref))
}

/// Blocks that only lead to the next: a function that is too large for its demands to be told apart
/// by what its arguments point to.
pub(crate) fn padding(from: u32, count: u32) -> impl Iterator<Item = (Vec<Statement>, End)> {
    (from..from + count).map(|index| (Vec::new(), End::Goto(index + 1)))
}
