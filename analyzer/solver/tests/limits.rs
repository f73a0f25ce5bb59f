// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one comparison that carries everything: a demand is reported when it is above the limit of
//! something in force, whatever else is in force and in whatever order it was taken.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use waitctx_model::{
    Block, Call, Callee, Function, FunctionFlags, Span, Statement, Symbol, Terminator, Unit,
};
use waitctx_solver::{
    ContextId, ContextKind, DemandId, DemandKind, Effect, Finding, FunctionModel, Identity,
    KindSelector, Knowledge, ResultTest, RulePair, Verdict, WaitType, link, solve,
};

const WAITS: [WaitType; 4] = [
    WaitType::Free,
    WaitType::Spin,
    WaitType::Config,
    WaitType::Sleep,
];

/// For each wait type a context with that limit (`take0`, `drop0`) and a demand of it (`need0`).
fn knowledge() -> Knowledge {
    let mut knowledge = Knowledge::default();
    for (index, wait) in WAITS.into_iter().enumerate() {
        let id = u16::try_from(index).expect("few");
        let context = KindSelector::Fixed(ContextId(id));
        let effects = [
            (
                "take",
                Effect::Acquire {
                    context: context.clone(),
                    lock: None,
                    when: ResultTest::Any,
                    waits: false,
                    subclass: None,
                    only_if: None,
                },
            ),
            (
                "drop",
                Effect::Release {
                    context,
                    lock: None,
                    all: false,
                    only_if: None,
                },
            ),
            (
                "need",
                Effect::Demand {
                    demand: DemandId(id),
                    only_if: None,
                },
            ),
        ];
        for (name, effect) in effects {
            let model = FunctionModel {
                effects: vec![effect],
                enter_body: false,
            };
            knowledge.functions.insert(format!("{name}{index}"), model);
        }
        knowledge.contexts.push(ContextKind {
            name: format!("limit-{wait}"),
            label: String::new(),
            limit: wait,
            while_held: false,
            forbids: Vec::new(),
            demand: None,
            identity: Identity::Counter,
        });
        knowledge.demands.push(DemandKind {
            name: format!("{wait}"),
            label: String::new(),
            wait,
            at_return: None,
            silenced_by: Vec::new(),
        });
    }
    knowledge.rules.push(RulePair {
        name: "any".to_owned(),
        verdict: Verdict::EveryKernel,
        doubt: None,
        pairs: (0..4)
            .flat_map(|context| (0..4).map(move |demand| (ContextId(context), DemandId(demand))))
            .collect(),
    });
    knowledge
}

/// What is reported of a function that takes `held`, makes the demand and drops all again.
fn findings(held: &[usize], demand: usize) -> Vec<Finding> {
    let mut unit = Unit::default();
    let file = unit.names.intern("a.c");
    let mut line = 0;
    let mut span = || {
        line += 1;
        Span {
            file,
            line,
            column: 1,
            end_line: line,
            end_column: 2,
        }
    };
    let takes = held.iter().map(|it| format!("take{it}"));
    let drops = held.iter().rev().map(|it| format!("drop{it}"));
    let calls: Vec<String> = takes
        .chain([format!("need{demand}")])
        .chain(drops)
        .collect();
    let statements = calls
        .into_iter()
        .map(|name| {
            Statement::Call(Call {
                dest: None,
                callee: Callee::Direct(Symbol {
                    name: unit.names.intern(&name),
                    file: None,
                }),
                args: Vec::new(),
                span: span(),
                via_macro: None,
            })
        })
        .collect();
    unit.functions.push(Function {
        symbol: Symbol {
            name: unit.names.intern("f"),
            file: None,
        },
        span: span(),
        flags: FunctionFlags::default(),
        parameters: 0,
        locals: Vec::new(),
        blocks: vec![Block {
            statements,
            end: Terminator::Return {
                value: None,
                span: None,
            },
        }],
        result: None,
    });
    let knowledge = knowledge();
    solve(link(vec![unit], &knowledge), &knowledge).findings
}

/// The least limit of what is in force.
fn limit(held: &[usize]) -> Option<WaitType> {
    held.iter().map(|&it| WAITS[it]).min()
}

proptest! {
    // The same programs each time.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_demand_is_reported_when_it_is_above_the_least_limit(
        held in prop::collection::vec(0..4_usize, 0..5),
        demand in 0..4_usize,
    ) {
        let findings = findings(&held, demand);
        let violates = limit(&held).is_some_and(|limit| WAITS[demand] > limit);
        prop_assert_eq!(findings.len(), usize::from(violates));
        if let (Some(finding), Some(limit)) = (findings.first(), limit(&held)) {
            prop_assert_eq!(&finding.context.kind, &format!("limit-{limit}"));
        }
    }

    #[test]
    fn the_order_of_what_is_in_force_changes_nothing(
        held in prop::collection::vec(0..4_usize, 0..5),
        demand in 0..4_usize,
    ) {
        let mut sorted = held.clone();
        sorted.sort_unstable();
        let told = |held: &[usize]| {
            let all = findings(held, demand).into_iter();
            all.map(|it| (it.rule, it.context, it.verdict)).collect::<Vec<_>>()
        };
        prop_assert_eq!(told(&held), told(&sorted));
    }

    #[test]
    fn more_in_force_or_a_higher_demand_is_never_better(
        held in prop::collection::vec(0..4_usize, 0..4),
        demand in 0..4_usize,
        more in 0..4_usize,
    ) {
        let violates = |held: &[usize], demand| !findings(held, demand).is_empty();
        if violates(&held, demand) {
            let mut stricter = held.clone();
            stricter.push(more);
            prop_assert!(violates(&stricter, demand));
            prop_assert!(violates(&held, demand.max(more)));
        }
    }
}
