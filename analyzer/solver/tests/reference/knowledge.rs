// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the functions without bodies do in the programs made here.

use waitctx_solver::{
    ArgumentSelector, ArgumentTest, ContextId, ContextKind, DemandId, DemandKind, Effect,
    FunctionModel, Identity, KindSelector, Knowledge, ResultTest, RulePair, Verdict, WaitType,
};

/// A lock that every kernel spins on.
pub(crate) const RAW: ContextId = ContextId(0);
/// A lock that may sleep where a kernel is configured for it.
pub(crate) const SPIN: ContextId = ContextId(1);
/// A counter.
pub(crate) const OFF: ContextId = ContextId(2);

const TAKE: DemandId = DemandId(0);
const ALLOC: DemandId = DemandId(1);
const SLEEP: DemandId = DemandId(2);

/// `raw_lock(l)`, `raw_unlock(l)`, `raw_try(l)`, `spin_lock(l)`, `spin_unlock(l)`, `off()`, `on()`,
/// `alloc(flags)`, which may sleep when bit 0 of `flags` is set, `sleep()`.
pub(crate) fn knowledge() -> Knowledge {
    let first = Some(ArgumentSelector::Index(0));
    let acquire = |context, when, waits| Effect::Acquire {
        context: KindSelector::Fixed(context),
        lock: first.clone().filter(|_| context != OFF),
        when,
        waits,
        subclass: None,
        only_if: None,
    };
    let release = |context| Effect::Release {
        context: KindSelector::Fixed(context),
        lock: first.clone().filter(|_| context != OFF),
        all: false,
        only_if: None,
    };
    let demand = |demand, only_if| Effect::Demand { demand, only_if };
    let waits = ArgumentTest {
        all: false,
        clear: 0,
        argument: ArgumentSelector::Index(0),
        mask: 1,
        set: true,
        proof: true,
    };
    let functions = [
        ("raw_lock", vec![acquire(RAW, ResultTest::Any, true)]),
        ("raw_unlock", vec![release(RAW)]),
        ("raw_try", vec![acquire(RAW, ResultTest::NonZero, false)]),
        ("spin_lock", vec![acquire(SPIN, ResultTest::Any, true)]),
        ("spin_unlock", vec![release(SPIN)]),
        ("off", vec![acquire(OFF, ResultTest::Any, true)]),
        ("on", vec![release(OFF)]),
        (
            "alloc",
            vec![demand(ALLOC, None), demand(SLEEP, Some(waits))],
        ),
        ("sleep", vec![demand(SLEEP, None)]),
    ];
    let kind = |name: &str, limit, demand, identity| ContextKind {
        name: name.to_owned(),
        label: name.to_owned(),
        limit,
        while_held: false,
        forbids: Vec::new(),
        demand,
        identity,
    };
    let demand = |name: &str, wait| DemandKind {
        name: name.to_owned(),
        label: name.to_owned(),
        wait,
        at_return: None,
        silenced_by: Vec::new(),
    };
    let rule = |name: &str, demand| RulePair {
        name: name.to_owned(),
        verdict: if demand == SLEEP {
            Verdict::EveryKernel
        } else {
            Verdict::RawNesting
        },
        doubt: None,
        pairs: [RAW, SPIN, OFF].map(|context| (context, demand)).to_vec(),
    };
    Knowledge {
        contexts: vec![
            kind("raw", WaitType::Spin, None, Identity::Lock),
            kind("spin", WaitType::Config, Some(TAKE), Identity::Lock),
            kind("off", WaitType::Spin, None, Identity::Counter),
        ],
        demands: vec![
            demand("take", WaitType::Config),
            demand("alloc", WaitType::Config),
            demand("sleep", WaitType::Sleep),
        ],
        functions: functions
            .into_iter()
            .map(|(name, effects)| {
                let model = FunctionModel {
                    effects,
                    enter_body: false,
                };
                (name.to_owned(), model)
            })
            .collect(),
        rules: vec![
            rule("take-spin", TAKE),
            rule("alloc-low", ALLOC),
            rule("sleep-low", SLEEP),
        ],
        ..Knowledge::default()
    }
}
