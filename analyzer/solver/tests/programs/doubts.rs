// SPDX-License-Identifier: MIT OR Apache-2.0
//! What makes a finding unsure, or impossible: what objects are like, and what nobody has looked at.

use waitctx_model::{BinaryOp, Place, Projection, Root, Statement, Value};
use waitctx_solver::{
    ArgumentSelector, ArgumentTest, Confidence, ContextId, ContextKind, Doubt, Effect, Entry,
    FieldName, FunctionModel, Identity, Provenance, Registration, ResultTest,
};

use super::objects::{field, member, only, typed_field};
use super::source::{End, RAW, SLEEP, SPIN, Source, assign, knowledge, read};

/// `f()`: calls `body` with the lock held.
fn locked(it: &mut Source, body: Vec<Statement>) {
    let l = it.global("l");
    let mut statements = vec![it.call("spin", vec![l.clone()])];
    statements.extend(body);
    statements.push(it.call("unspin", vec![l]));
    it.straight("f", statements);
}

fn equal(a: Value, b: Value) -> Value {
    Value::Binary(BinaryOp::Eq, Box::new(a), Box::new(b))
}

#[test]
fn two_pointers_are_not_the_same_as_a_rule() {
    let cases = [
        // (pointers, in a loop, confidence)
        (true, false, Confidence::Low),
        (false, false, Confidence::High),
        (true, true, Confidence::High),
    ];
    for (pointers, in_loop, confidence) in cases {
        let mut it = Source::default();
        let owner = typed_field(&mut it, "object", "owner", pointers);
        let same = equal(Value::Read(member(0, owner)), Value::Read(member(1, owner)));
        let l = it.global("l");
        let spin = it.call("spin", vec![l.clone()]);
        let sleep = it.call("sleep", vec![]);
        let unspin = it.call("unspin", vec![l]);
        let otherwise = if in_loop { 1 } else { 3 };
        it.function(
            "f",
            vec![
                (vec![spin], End::Goto(1)),
                (vec![], End::If(same, 2, otherwise)),
                (vec![sleep], End::Goto(3)),
                (vec![unspin], End::Return(None)),
            ],
        );
        let finding = only(it.findings());
        assert_eq!(finding.confidence, confidence, "{:?}", finding.reasons);
    }
}

#[test]
fn what_users_keep_an_object_from_is_in_doubt_where_it_is_used() {
    // Entered without anything, with interrupts disabled, or under a lock.
    let (unlocked, under_lock) = (Some(Identity::Switch), Some(Identity::Lock));
    for (entered, of_users, low) in [
        (None, true, true),
        (unlocked, true, false),
        (under_lock, true, true),
        (unlocked, false, true),
    ] {
        let mut it = Source::default();
        let sleep = it.call("sleep", vec![]);
        it.straight("resume", vec![sleep]);
        let call = it.call("resume", vec![]);
        if entered.is_some() {
            it.straight("f", vec![call]);
        } else {
            locked(&mut it, vec![call]);
        }
        let mut knowledge = knowledge();
        let doubt = Doubt {
            reason: "only for a device that is asleep".to_owned(),
            demands: vec![SLEEP],
            of_users,
        };
        knowledge.doubts.insert("resume".to_owned(), doubt);
        if let Some(identity) = entered {
            let context = ContextId(u16::try_from(knowledge.contexts.len()).expect("few"));
            let kind = ContextKind {
                identity,
                ..knowledge.contexts[usize::from(RAW.0)].clone()
            };
            knowledge.contexts.push(kind);
            knowledge.rules[0].pairs.push((context, SLEEP));
            knowledge.entries.push(Entry {
                label: "in a timer".to_owned(),
                contexts: vec![context],
                of: Registration::Named(vec!["f".to_owned()]),
                group: None,
            });
        }
        let finding = only(it.findings_with(&knowledge));
        let is_low = finding.confidence == Confidence::Low;
        assert_eq!(is_low, low, "{:?}", finding.reasons);
    }
}

#[test]
fn what_a_function_returns_is_as_it_is_known() {
    for (known, count) in [(true, 0), (false, 1)] {
        let mut it = Source::default();
        let on_cpu = field(&mut it, "task", "on_cpu");
        let sleep = it.call("sleep", vec![]);
        it.function(
            "wait",
            vec![
                (vec![], End::If(Value::Read(member(0, on_cpu)), 2, 1)),
                (vec![sleep], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let body = vec![
            it.call_into(Some(2), "running", vec![]),
            it.call("wait", vec![read(2)]),
        ];
        locked(&mut it, body);
        let mut knowledge = knowledge();
        if known {
            let field = FieldName {
                record: "task".to_owned(),
                field: "on_cpu".to_owned(),
            };
            knowledge.results.insert("running".to_owned(), (field, 1));
        }
        assert_eq!(it.findings_with(&knowledge).len(), count, "known: {known}");
    }
}

#[test]
fn what_cannot_have_been_mapped_is_not_unmapped() {
    // What `take(flags)` returns may be mapped where bit 1 lets it sleep; `give_back()` sleeps for
    // what is, and frees the rest.
    for (flags, through, count) in [(0, false, 0), (0, true, 0), (1, false, 1), (1, true, 1)] {
        let mut it = Source::default();
        let alloc = it.call("alloc", vec![read(0)]);
        it.function(
            "take",
            vec![(vec![alloc], End::Return(Some(Value::Unknown)))],
        );
        let sleep = it.call("sleep", vec![]);
        it.straight("give_back", vec![sleep]);
        let give_back = it.call("give_back", vec![read(0)]);
        it.straight("destroy", vec![give_back]);
        let end = if through { "destroy" } else { "give_back" };
        let l = it.global("l");
        let body = vec![
            it.call_into(Some(2), "take", vec![Value::Const(flags)]),
            it.call("spin", vec![l.clone()]),
            it.call(end, vec![read(2)]),
            it.call("unspin", vec![l]),
        ];
        it.straight("f", body);
        let mut knowledge = knowledge();
        let provenance = Provenance {
            argument: 0,
            allocated: ArgumentTest {
                argument: ArgumentSelector::Typed("int".to_owned()),
                mask: 1,
                set: true,
                all: false,
                clear: 0,
                proof: true,
            },
        };
        let name = || "give_back".to_owned();
        let model = FunctionModel {
            effects: Vec::new(),
            enter_body: true,
        };
        knowledge.functions.insert(name(), model);
        knowledge.provenance.insert(name(), provenance);
        assert_eq!(
            it.findings_with(&knowledge).len(),
            count,
            "flags: {flags}, through another: {through}"
        );
    }
}

#[test]
fn what_a_header_offers_and_nobody_calls_sets_nothing() {
    for (called, confidence) in [(false, Confidence::Low), (true, Confidence::High)] {
        let mut it = Source::default();
        let device = typed_field(&mut it, "domain", "device", true);
        let store = Statement::Assign {
            place: member(0, device),
            value: read(1),
        };
        it.straight("set_device", vec![store]);
        let offered = it.unit.functions.last_mut().expect("just made");
        offered.flags.in_header = true;
        let copy = Statement::Assign {
            place: member(0, device),
            value: Value::Read(member(1, device)),
        };
        it.straight("inherit", vec![copy]);
        if called {
            let call = it.call("set_device", vec![read(0), read(1)]);
            it.straight("probe", vec![call]);
        }
        let sleep = it.call("sleep", vec![]);
        it.function(
            "wake",
            vec![
                (vec![], End::If(Value::Read(member(0, device)), 1, 2)),
                (vec![sleep], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let wake = it.call("wake", vec![read(0)]);
        locked(&mut it, vec![wake]);
        let finding = only(it.findings());
        assert_eq!(finding.confidence, confidence, "{:?}", finding.reasons);
    }
}

#[test]
fn what_one_of_many_objects_is_like_is_not_what_a_machine_is_like() {
    const CONDITIONS: u32 = 13;
    for (one_of_many, confidence) in [(true, Confidence::Low), (false, Confidence::High)] {
        let mut it = Source::default();
        let sleep = it.call("sleep", vec![]);
        let mut blocks: Vec<_> = (0..CONDITIONS)
            .map(|index| {
                let flag = field(&mut it, "port", &format!("flag{index}"));
                let flag = Value::Read(member(0, flag));
                (vec![], End::If(flag, index + 1, CONDITIONS + 1))
            })
            .collect();
        blocks.push((vec![sleep], End::Goto(CONDITIONS + 1)));
        blocks.push((vec![], End::Return(None)));
        it.function("start", blocks);
        let step = one_of_many.then_some(Projection::Index);
        let port = Value::AddressOf(Place {
            root: Root::Global(it.symbol("ports")),
            path: step.into_iter().collect(),
        });
        let body = vec![assign(2, port), it.call("start", vec![read(2)])];
        locked(&mut it, body);
        let finding = only(it.findings());
        assert_eq!(finding.confidence, confidence, "{:?}", finding.reasons);
    }
}

#[test]
fn a_test_of_the_context_that_is_passed_on_says_what_is_in_force() {
    // (passes the result of the test, holds the lock itself, findings)
    for (passed, own, count) in [(true, false, 0), (false, false, 1), (true, true, 1)] {
        let mut it = Source::default();
        let sleep = it.call("sleep", vec![]);
        it.function(
            "wait",
            vec![
                (vec![], End::If(read(0), 2, 1)),
                (vec![sleep], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let l = it.global("l");
        let test = it.call_into(Some(2), "in_atomic", vec![]);
        let wait = it.call("wait", vec![read(if passed { 2 } else { 1 })]);
        let spin = it.call("spin", vec![l.clone()]);
        let unspin = it.call("unspin", vec![l]);
        if own {
            it.straight("f", vec![test, spin, wait, unspin]);
        } else {
            it.straight("middle", vec![test, wait]);
            let middle = it.call("middle", vec![read(0), read(1)]);
            it.straight("f", vec![spin, middle, unspin]);
        }
        let mut knowledge = knowledge();
        let effect = Effect::TestsContext {
            mask: -1,
            contexts: vec![RAW, SPIN],
            when: ResultTest::Zero,
        };
        let model = FunctionModel {
            effects: vec![effect],
            enter_body: false,
        };
        knowledge.functions.insert("in_atomic".to_owned(), model);
        assert_eq!(
            it.findings_with(&knowledge).len(),
            count,
            "passed: {passed}, own: {own}"
        );
    }
}

#[test]
fn what_a_test_does_on_purpose_is_in_doubt() {
    for (file, confidence) in [("a.c", Confidence::Low), ("b.c", Confidence::High)] {
        let mut it = Source::default();
        let sleep = it.call("sleep", vec![]);
        locked(&mut it, vec![sleep]);
        let mut knowledge = knowledge();
        let reason = "done on purpose".to_owned();
        knowledge.on_purpose.insert(file.to_owned(), reason);
        let finding = only(it.findings_with(&knowledge));
        assert_eq!(finding.confidence, confidence, "{:?}", finding.reasons);
    }
}

/// Who calls a function besides the one that has a lock.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Other {
    Nobody,
    Unlocked,
    Start,
}

#[test]
fn what_others_have_made_before_is_not_made_any_more() {
    let cases = [
        // (in a variable, cleared somewhere, who else has it made, confidence)
        (true, false, Other::Unlocked, Confidence::Low),
        (true, false, Other::Start, Confidence::Low),
        (true, false, Other::Nobody, Confidence::High),
        (true, true, Other::Unlocked, Confidence::High),
        // Of each object it is the first time once.
        (false, false, Other::Unlocked, Confidence::High),
        (false, false, Other::Start, Confidence::Low),
    ];
    for (variable, cleared, other, confidence) in cases {
        let mut it = Source::default();
        let made = if variable {
            Place {
                root: Root::Global(it.symbol("made")),
                path: Vec::new(),
            }
        } else {
            let table = typed_field(&mut it, "object", "table", true);
            member(0, table)
        };
        let set = |value| Statement::Assign {
            place: made.clone(),
            value: Value::Const(value),
        };
        let sleep = it.call("sleep", vec![]);
        it.function(
            "make",
            vec![
                (vec![], End::If(Value::Read(made.clone()), 2, 1)),
                (vec![sleep, set(1)], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        if cleared {
            it.straight("forget", vec![set(0)]);
        }
        let make = it.call("make", vec![read(0), read(1)]);
        if other != Other::Nobody {
            it.straight("prepare", vec![make.clone()]);
            let prepare = it.unit.functions.last_mut().expect("just made");
            prepare.flags.init = other == Other::Start;
        }
        locked(&mut it, vec![make]);
        let finding = only(it.findings());
        assert_eq!(
            finding.confidence, confidence,
            "{variable} {cleared} {other:?}: {:?}",
            finding.reasons
        );
    }
}
