// SPDX-License-Identifier: MIT OR Apache-2.0
//! Small programs in the model's own terms, with knowledge made up for them: the solver knows no
//! other. Each test says in its name what must come out.

mod again;
mod asked;
#[path = "../support/bytes.rs"]
mod bytes;
mod doubts;
mod flags;
mod objects;
mod pointers;
mod replayed;
mod source;

use waitctx_model::{BinaryOp, LocalId, Place, Projection, Value};
use waitctx_solver::query::EffectKind;
use waitctx_solver::{
    ArgumentSelector, ArgumentTest, Confidence, Entry, Finding, Knowledge, Registration, StepKind,
    WaitType,
};

use self::source::{End, RAW, Source, assign, knowledge, padding, pointee, read};

#[test]
fn an_allocation_between_lock_and_unlock_is_found_and_one_after_it_is_not() {
    let mut it = Source::default();
    let l = it.global("l");
    let body = vec![
        it.call("lock", vec![l.clone()]),
        it.call("alloc", vec![Value::Const(0)]),
        it.call("unlock", vec![l]),
        it.call("alloc", vec![Value::Const(0)]),
    ];
    it.straight("f", body);
    let findings = it.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].context.lock.as_deref(), Some("l"));
    assert_eq!(findings[0].witness[0].kind, StepKind::Acquire);
    assert_eq!(
        findings[0].witness.last().map(|it| it.kind),
        Some(StepKind::Demand)
    );
}

#[test]
fn a_function_is_called_where_its_callers_hold_something_and_have_not_released_it() {
    let mut it = Source::default();
    let (l, m) = (it.global("l"), it.global("m"));
    let body = vec![it.call("alloc", vec![Value::Const(0)])];
    it.straight("leaf", body);
    // `middle` lets go of the lock of its callers before the call.
    let body = vec![
        it.call("unlock", vec![l.clone()]),
        it.call("leaf", vec![]),
        it.call("lock", vec![l.clone()]),
    ];
    it.straight("middle", body);
    let body = vec![
        it.call("lock", vec![l.clone()]),
        it.call("middle", vec![]),
        it.call("unlock", vec![l]),
    ];
    it.straight("outer", body);
    let body = vec![
        it.call("spin", vec![m.clone()]),
        it.call("leaf", vec![]),
        it.call("unspin", vec![m]),
    ];
    it.straight("other", body);
    let contexts = it.ask(|solution| {
        let leaf = solution.named("leaf")[0];
        solution.contexts(leaf)
    });
    let held: Vec<Option<&str>> = contexts
        .iter()
        .map(|it| it.context.as_ref().and_then(|it| it.lock.as_deref()))
        .collect();
    assert_eq!(held, [None, Some("m")]);
    let functions: Vec<&str> = contexts[1]
        .steps
        .iter()
        .map(|it| it.function.as_str())
        .collect();
    assert_eq!(functions, ["other"]);
    assert_eq!(contexts[1].begins[0].callee, "spin");
    let callees: Vec<&str> = contexts[0]
        .steps
        .iter()
        .map(|it| it.callee.as_str())
        .collect();
    assert_eq!(callees, ["middle", "leaf"]);
}

#[test]
fn what_is_demanded_and_returned_has_its_conditions() {
    let mut it = Source::default();
    let l = it.global("l");
    let alloc = it.call("alloc", vec![Value::Const(0)]);
    let lock = it.call("lock", vec![l]);
    it.function(
        "f",
        vec![
            (vec![], End::If(read(0), 1, 2)),
            (vec![alloc, lock], End::Return(Some(Value::Const(1)))),
            (vec![], End::Return(Some(Value::Const(0)))),
        ],
    );
    it.ask(|solution| {
        let f = solution.named("f")[0];
        let demands = solution.demands(f);
        assert_eq!(demands.len(), 1);
        assert_eq!(demands[0].demand.kind, "alloc");
        assert_eq!(demands[0].conditions, ["argument 1"]);
        let returns = solution.returns(f);
        let held: Vec<(usize, Option<&str>)> = returns
            .iter()
            .map(|it| (it.held.len(), it.result.as_deref()))
            .collect();
        assert_eq!(held, [(1, Some("1")), (0, Some("0"))]);
        assert_eq!(returns[1].conditions, ["!argument 1"]);
    });
}

#[test]
fn locks_taken_inside_each_other_are_nested() {
    let mut it = Source::default();
    let (l, m) = (it.global("l"), it.global("m"));
    let body = vec![
        it.call("spin", vec![l.clone()]),
        it.call("lock", vec![m.clone()]),
        it.call("alloc", vec![Value::Const(0)]),
        it.call("unlock", vec![m]),
        it.call("unspin", vec![l]),
    ];
    it.straight("f", body);
    let nesting = it.ask(|solution| solution.nesting());
    assert_eq!(nesting.len(), 1);
    let (outer, inner) = (&nesting[0].outer, &nesting[0].inner);
    assert_eq!((outer.name.as_str(), inner.name.as_str()), ("l", "m"));
    assert_eq!((outer.wait, inner.wait), (WaitType::Config, WaitType::Spin));
    assert_eq!(nesting[0].function, "f");
}

#[test]
fn calls_tell_what_is_held_there() {
    let mut it = Source::default();
    let l = it.global("l");
    it.straight("leaf", vec![]);
    let body = vec![
        it.call("leaf", vec![]),
        it.call("lock", vec![l.clone()]),
        it.call("leaf", vec![]),
        it.call("unlock", vec![l]),
    ];
    it.straight("f", body);
    it.ask(|solution| {
        let f = solution.named("f")[0];
        let leaf = solution.named("leaf")[0];
        let calls = solution.calls(f);
        let of_leaf = calls.iter().filter(|it| it.targets == [leaf]);
        let held: Vec<usize> = of_leaf.map(|it| it.held.len()).collect();
        assert_eq!(held, [0, 1]);
        let kinds: Vec<EffectKind> = solution.effects(f).iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [EffectKind::Acquire, EffectKind::Release]);
    });
}

#[test]
fn a_flag_passed_as_a_constant_decides_through_frames() {
    for (flag, expected) in [(0, 0), (1, 1)] {
        let mut it = Source::default();
        let l = it.global("l");
        let inner = it.call("alloc", vec![Value::Const(0)]);
        it.function(
            "save",
            vec![
                (vec![], End::If(read(0), 1, 2)),
                (vec![inner], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let middle = it.call("save", vec![read(1)]);
        it.straight("record", vec![middle]);
        let body = vec![
            it.call("lock", vec![l.clone()]),
            it.call("record", vec![Value::Const(7), Value::Const(flag)]),
            it.call("unlock", vec![l]),
        ];
        it.straight("f", body);
        assert_eq!(it.findings().len(), expected, "flag {flag}");
    }
}

#[test]
fn a_lock_that_the_callee_drops_around_the_allocation_does_not_count() {
    let mut it = Source::default();
    let l = it.global("l");
    let callee = vec![
        it.call("unlock", vec![read(0)]),
        it.call("alloc", vec![Value::Const(1)]),
        it.call("lock", vec![read(0)]),
    ];
    it.straight("refill", callee);
    let body = vec![
        it.call("lock", vec![l.clone()]),
        it.call("refill", vec![l.clone()]),
        it.call("unlock", vec![l]),
    ];
    it.straight("f", body);
    assert!(it.rules().is_empty());
}

#[test]
fn a_function_that_returns_with_the_lock_held_only_on_success_holds_it_there_only() {
    let mut it = Source::default();
    let l = it.global("l");
    let take = it.call_into(Some(2), "trylock", vec![l.clone()]);
    it.function("get", vec![(vec![take], End::Return(Some(read(2))))]);
    let get = it.call_into(Some(2), "get", vec![]);
    let (under, unlock) = (
        it.call("alloc", vec![Value::Const(0)]),
        it.call("unlock", vec![l]),
    );
    let free = it.call("sleep", vec![]);
    it.function(
        "f",
        vec![
            (vec![get], End::If(read(2), 1, 2)),
            (vec![under, unlock], End::Return(None)),
            (vec![free], End::Return(None)),
        ],
    );
    assert_eq!(it.rules(), ["alloc-under-raw"]);
}

#[test]
fn conditions_on_one_value_go_together() {
    let mut it = Source::default();
    let l = it.global("l");
    let lock = it.call("lock", vec![l.clone()]);
    let unlock = it.call("unlock", vec![l]);
    let sleep = it.call("sleep", vec![]);
    it.function(
        "f",
        vec![
            (vec![], End::If(read(0), 1, 2)),
            (vec![lock], End::Goto(2)),
            (vec![], End::If(read(0), 3, 4)),
            (vec![unlock], End::Goto(4)),
            (vec![sleep], End::Return(None)),
        ],
    );
    assert!(it.rules().is_empty());
}

#[test]
fn one_cause_is_one_finding_however_many_callers_there_are() {
    let mut it = Source::default();
    let l = it.global("l");
    let body = vec![
        it.call("lock", vec![l.clone()]),
        it.call("alloc", vec![Value::Const(0)]),
        it.call("unlock", vec![l]),
    ];
    it.straight("core", body);
    for name in ["a", "b", "c"] {
        let call = it.call("core", vec![]);
        it.straight(name, vec![call]);
    }
    assert_eq!(it.findings().len(), 1);
}

#[test]
fn recursion_ends_and_is_seen_through() {
    let mut it = Source::default();
    let l = it.global("l");
    let (again, alloc) = (
        it.call("g", vec![]),
        it.call("alloc", vec![Value::Const(0)]),
    );
    it.function(
        "f",
        vec![
            (vec![], End::If(read(0), 1, 2)),
            (vec![again], End::Return(None)),
            (vec![alloc], End::Return(None)),
        ],
    );
    let call = it.call("f", vec![]);
    it.straight("g", vec![call]);
    let body = vec![
        it.call("spin", vec![l.clone()]),
        it.call("lock", vec![l.clone()]),
        it.call("g", vec![]),
        it.call("unlock", vec![l.clone()]),
        it.call("unspin", vec![l]),
    ];
    it.straight("top", body);
    assert_eq!(it.rules(), ["alloc-under-raw"]);
}

/// [`knowledge`], and `register(handler, flags)`: with bit 4 of the flags the handler is called
/// with the raw lock held.
fn knowledge_of_handlers() -> Knowledge {
    let mut knowledge = knowledge();
    let flag = ArgumentTest {
        argument: ArgumentSelector::Index(1),
        mask: 4,
        set: true,
        all: false,
        clear: 0,
        proof: true,
    };
    knowledge.entries = vec![Entry {
        label: "in a handler".to_owned(),
        contexts: vec![RAW],
        of: Registration::Passed {
            to: vec!["register".to_owned()],
            argument: 0,
            field: None,
            only_if: Some(flag),
        },
        group: None,
    }];
    knowledge
}

#[test]
fn what_a_handler_demands_meets_what_it_is_entered_with() {
    let mut it = Source::default();
    let alloc = it.call("alloc", vec![Value::Const(0)]);
    it.straight("below", vec![alloc]);
    let call = it.call("below", vec![]);
    it.straight("handler", vec![call]);
    let handler = Value::Function(it.symbol("handler"));
    let register = it.call("register", vec![handler, Value::Const(4)]);
    it.straight("setup", vec![register]);
    let findings = it.findings_with(&knowledge_of_handlers());
    let [finding] = &findings[..] else {
        panic!("{findings:?}")
    };
    assert_eq!(finding.rule, "alloc-under-raw");
    assert_eq!(finding.context.label, "in a handler");
    assert_eq!(finding.context.lock, None);
    let steps: Vec<(StepKind, &str, &str)> = finding
        .witness
        .iter()
        .map(|step| (step.kind, step.function.as_str(), step.callee.as_str()))
        .collect();
    assert_eq!(
        steps,
        [
            (StepKind::Enter, "setup", "handler"),
            (StepKind::Call, "handler", "below"),
            (StepKind::Demand, "below", "alloc"),
        ]
    );
    assert_eq!(finding.main_step().function, "handler");
}

#[test]
fn the_flags_of_a_registration_count_through_wrappers() {
    for (flags, expected) in [(0, 0), (1, 0), (4, 1), (5, 1)] {
        let mut it = Source::default();
        let sleep = it.call("sleep", vec![]);
        it.straight("handler", vec![sleep]);
        let more = Value::Binary(BinaryOp::Or, Box::new(read(1)), Box::new(Value::Const(8)));
        let inner = it.call("register", vec![read(0), more]);
        it.straight("wrapper", vec![inner]);
        let handler = Value::Function(it.symbol("handler"));
        let outer = it.call("wrapper", vec![handler, Value::Const(flags)]);
        it.straight("setup", vec![outer]);
        let findings = it.findings_with(&knowledge_of_handlers());
        assert_eq!(findings.len(), expected, "flags {flags}");
    }
}

#[test]
fn a_handler_that_needs_what_nobody_gives_it_is_no_finding() {
    let mut it = Source::default();
    // Whether it sleeps is decided by its own parameter, which whoever calls it passes.
    let alloc = it.call("alloc", vec![read(0)]);
    it.straight("handler", vec![alloc]);
    let handler = Value::Function(it.symbol("handler"));
    let register = it.call("register", vec![handler, Value::Const(4)]);
    it.straight("setup", vec![register]);
    let findings = it.findings_with(&knowledge_of_handlers());
    let rules: Vec<&str> = findings.iter().map(|it| it.rule.as_str()).collect();
    assert_eq!(rules, ["alloc-under-raw"]);
}

/// `local = value`
#[test]
fn what_follows_a_failed_assertion_is_not_looked_at() {
    for (name, expected) in [("failed", 0), ("result", 1)] {
        let mut it = Source::default();
        let l = it.global("l");
        let lock = it.call("lock", vec![l.clone()]);
        let alloc = it.call("alloc", vec![Value::Const(0)]);
        let unlock = it.call("unlock", vec![l]);
        it.function(
            "f",
            vec![
                (vec![lock, assign(2, read(0))], End::If(read(2), 1, 2)),
                (vec![alloc], End::Goto(2)),
                (vec![unlock], End::Return(None)),
            ],
        );
        let name = it.unit.names.intern(name);
        it.unit.functions[0].locals[2].name = Some(name);
        assert_eq!(it.findings().len(), expected);
    }
}

#[test]
fn a_lock_that_is_dropped_in_a_recursion_is_dropped() {
    let mut it = Source::default();
    let l = it.global("l");
    let (unlock, again) = (
        it.call("unlock", vec![l.clone()]),
        it.call("round", vec![read(0)]),
    );
    it.function(
        "leave",
        vec![
            (vec![unlock], End::If(read(0), 1, 2)),
            (vec![again], End::Goto(2)),
            (vec![], End::Return(None)),
        ],
    );
    let round = vec![
        it.call("lock", vec![l]),
        it.call("leave", vec![Value::Const(0)]),
    ];
    it.straight("round", round);
    let body = vec![
        it.call("round", vec![]),
        it.call("alloc", vec![Value::Const(0)]),
    ];
    it.straight("f", body);
    assert!(it.rules().is_empty());
}

#[test]
fn two_elements_of_an_array_are_two_locks() {
    let mut it = Source::default();
    let Value::AddressOf(array) = it.global("locks") else {
        unreachable!("a global is an address");
    };
    let element = Value::AddressOf(array.then(Projection::Index));
    let (one, two) = (
        it.call("unlock", vec![element.clone()]),
        it.call("unlock", vec![element.clone()]),
    );
    it.straight("unlock_both", vec![one, two]);
    let body = vec![
        it.call("lock", vec![element.clone()]),
        it.call("lock", vec![element]),
        it.call("unlock_both", vec![]),
        it.call("alloc", vec![Value::Const(0)]),
    ];
    it.straight("f", body);
    assert!(it.rules().is_empty());
}

#[test]
fn flags_that_a_callee_tests_have_to_be_passed() {
    let flags = || Value::Binary(BinaryOp::And, Box::new(read(0)), Box::new(Value::Const(1)));
    for (passed, expected) in [(Value::Const(1), 1), (Value::Const(0), 0), (pointee(1), 0)] {
        let mut it = Source::default();
        let l = it.global("l");
        let alloc = it.call("alloc", vec![read(0)]);
        it.function(
            "get",
            vec![
                (vec![], End::If(flags(), 1, 2)),
                (vec![alloc], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let body = vec![
            it.call("spin", vec![l.clone()]),
            it.call("get", vec![passed]),
            it.call("unspin", vec![l]),
        ];
        it.straight("f", body);
        let sleeping = it.rules().iter().filter(|rule| *rule == "sleep").count();
        assert_eq!(sleeping, expected);
    }
}

#[test]
fn a_chain_is_replayed_with_what_arguments_point_to() {
    for (value, expected) in [(0, 0), (1, 1)] {
        let mut it = Source::default();
        let l = it.global("l");
        let sleep = it.call("sleep", vec![]);
        let mut blocks: Vec<_> = padding(0, 20).collect();
        blocks.push((vec![], End::If(pointee(0), 21, 22)));
        blocks.push((vec![sleep], End::Goto(22)));
        blocks.push((vec![], End::Return(None)));
        it.function("wait", blocks);
        let address = Value::AddressOf(Place::local(LocalId(2)));
        let body = vec![
            assign(2, Value::Const(value)),
            it.call("spin", vec![l.clone()]),
            it.call("wait", vec![address]),
            it.call("unspin", vec![l]),
        ];
        it.straight("f", body);
        assert_eq!(
            it.findings().len(),
            expected,
            "the argument points to {value}"
        );
    }
}

#[test]
fn where_one_chain_is_impossible_the_next_is_shown() {
    let mut it = Source::default();
    let l = it.global("l");
    // The short way is for pointers to something, the long one for all others.
    let (now, later) = (it.call("sleep", vec![]), it.call("pass", vec![]));
    let mut blocks: Vec<_> = padding(0, 20).collect();
    blocks.push((vec![], End::If(pointee(0), 21, 22)));
    blocks.push((vec![now], End::Return(None)));
    blocks.push((vec![later], End::Return(None)));
    it.function("wait", blocks);
    let sleep = it.call("sleep", vec![]);
    it.straight("pass", vec![sleep]);
    let body = vec![
        assign(2, Value::Const(0)),
        it.call("spin", vec![l.clone()]),
        it.call("wait", vec![Value::AddressOf(Place::local(LocalId(2)))]),
        it.call("unspin", vec![l]),
    ];
    it.straight("f", body);
    let findings = it.findings();
    let functions = |finding: &Finding| {
        let steps = finding.witness.iter();
        steps.map(|step| step.function.clone()).collect::<Vec<_>>()
    };
    // The demand in `pass` is the cause that remains; the one in `wait` cannot happen.
    assert_eq!(findings.len(), 1);
    assert_eq!(functions(&findings[0]), ["f", "f", "wait", "pass"]);
}

#[test]
fn a_last_reference_is_a_reason_to_doubt_less_so_where_few_drop_any() {
    for (others, confidence) in [(0, Confidence::Medium), (4, Confidence::Low)] {
        let mut it = Source::default();
        let l = it.global("l");
        let put = it.call_into(Some(2), "put", vec![]);
        let sleep = it.call("sleep", vec![]);
        it.function(
            "release",
            vec![
                (vec![put], End::If(read(2), 1, 2)),
                (vec![sleep], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let release = it.call("release", vec![]);
        for other in 0..others {
            it.straight(&format!("user{other}"), vec![release.clone()]);
        }
        let spin = it.call("spin", vec![l.clone()]);
        let unspin = it.call("unspin", vec![l]);
        it.straight("f", vec![spin, release, unspin]);
        let findings = it.findings();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].confidence, confidence);
        assert!(findings[0].reasons[0].contains("last reference"));
    }
}

#[test]
fn a_lock_that_is_held_on_some_paths_is_doubted_unless_arguments_decide() {
    for (condition, confidence) in [(read(0), Confidence::Medium), (pointee(0), Confidence::Low)] {
        let mut it = Source::default();
        let l = it.global("l");
        let spin = it.call("spin", vec![l.clone()]);
        let sleep = it.call("sleep", vec![]);
        it.function(
            "f",
            vec![
                (vec![], End::If(condition, 1, 2)),
                (vec![spin], End::Goto(2)),
                (vec![sleep], End::Return(None)),
            ],
        );
        let findings = it.findings();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].confidence, confidence);
    }
}
