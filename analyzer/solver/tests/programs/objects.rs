// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes together in a program beyond one function: flags that are copies of others, functions
//! that are stored under a condition, names that stand for what is stored, reports of bugs.

use waitctx_model::{
    BinaryOp, Callee, Field, FieldId, Initialiser, LocalId, Place, Projection, Statement, Type,
    Value,
};
use waitctx_solver::{
    ArgumentSelector, ArgumentTest, Confidence, Effect, Entry, FieldName, Finding, FunctionModel,
    Knowledge, Registration, Trampoline,
};

use super::source::{End, RAW, Source, knowledge, read};

pub(super) fn field(it: &mut Source, record: &str, name: &str) -> FieldId {
    typed_field(it, record, name, false)
}

pub(super) fn typed_field(it: &mut Source, record: &str, name: &str, pointer: bool) -> FieldId {
    let ty = Type {
        name: it.unit.names.intern("unsigned"),
        record: None,
        pointer,
    };
    let (record, name) = (it.unit.names.intern(record), it.unit.names.intern(name));
    it.unit.intern_field(Field { record, name, ty })
}

/// `local->field`
pub(super) fn member(local: u32, field: FieldId) -> Place {
    Place::local(LocalId(local))
        .then(Projection::Deref)
        .then(Projection::Field(field))
}

/// `local->field & bit`
fn bit(local: u32, field: FieldId, bit: i64) -> Value {
    let word = Value::Read(member(local, field));
    Value::Binary(BinaryOp::And, Box::new(word), Box::new(Value::Const(bit)))
}

pub(super) fn only(findings: Vec<Finding>) -> Finding {
    let [finding] = <[Finding; 1]>::try_from(findings).expect("one finding");
    finding
}

#[test]
fn a_copy_of_flags_says_what_they_say() {
    for (is_copy, confidence) in [(true, Confidence::Low), (false, Confidence::High)] {
        let mut it = Source::default();
        let l = it.global("l");
        let whole = field(&mut it, "set", "flags");
        let part = field(&mut it, "queue", "flags");
        let set = |place, value| Statement::Assign { place, value };
        let copy = set(
            member(0, part),
            Value::Binary(
                BinaryOp::And,
                Box::new(Value::Read(member(1, whole))),
                Box::new(Value::Const(!8)),
            ),
        );
        let more = set(
            member(0, part),
            Value::Binary(
                BinaryOp::Or,
                Box::new(Value::Read(member(0, part))),
                Box::new(Value::Const(8)),
            ),
        );
        let mut body = vec![copy, more];
        if !is_copy {
            body.push(set(member(0, part), Value::Const(2)));
        }
        it.straight("create", body);
        // Sleeps for queues that may; the lock is taken for sets that may not.
        let sleep = it.call("sleep", vec![]);
        it.function(
            "run",
            vec![
                (vec![], End::If(bit(0, part, 4), 1, 2)),
                (vec![sleep], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let spin = it.call("spin", vec![l.clone()]);
        let run = it.call("run", vec![read(0)]);
        let unspin = it.call("unspin", vec![l]);
        it.function(
            "submit",
            vec![
                (vec![], End::If(bit(1, whole, 4), 2, 1)),
                (vec![spin, run, unspin], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let finding = only(it.findings());
        assert_eq!(finding.confidence, confidence, "{:?}", finding.reasons);
    }
}

#[test]
fn a_handler_works_on_objects_that_it_is_stored_for() {
    for (stored_for, confidence) in [(1, Confidence::Low), (2, Confidence::Medium)] {
        let mut it = Source::default();
        let handler = field(&mut it, "bio", "done");
        let is_async = field(&mut it, "request", "is_async");
        let alloc = it.call("alloc", vec![Value::Const(0)]);
        it.function(
            "done",
            vec![
                (vec![], End::If(Value::Read(member(0, is_async)), 2, 1)),
                (vec![alloc], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let store = Statement::Assign {
            place: member(1, handler),
            value: Value::Function(it.symbol("done")),
        };
        let mut blocks = vec![
            (vec![], End::If(Value::Read(member(0, is_async)), 1, 2)),
            (vec![], End::Goto(3)),
            (vec![], End::Goto(3)),
            (vec![], End::Return(None)),
        ];
        blocks[stored_for].0.push(store);
        it.function("start", blocks);
        let finding = only(it.findings_with(&Knowledge {
            entries: vec![Entry {
                label: "in a completion".to_owned(),
                contexts: vec![RAW],
                of: Registration::Stored(vec![FieldName {
                    record: "bio".to_owned(),
                    field: "done".to_owned(),
                }]),
                group: None,
            }],
            ..knowledge()
        }));
        assert!(
            (finding.confidence == Confidence::Low) == (confidence == Confidence::Low),
            "{:?}",
            finding.reasons
        );
    }
}

#[test]
fn a_trampoline_calls_what_is_stored_in_its_field() {
    let mut it = Source::default();
    let l = it.global("l");
    let open = field(&mut it, "hooks", "open");
    let alloc = it.call("alloc", vec![Value::Const(0)]);
    it.straight("module_open", vec![alloc]);
    let body = vec![
        it.call("lock", vec![l.clone()]),
        it.call("__call_open_0", vec![]),
        it.call("unlock", vec![l]),
    ];
    it.straight("f", body);
    let (variable, target) = (it.symbol("module"), it.symbol("module_open"));
    let span = it.span();
    it.unit.initialisers.push(Initialiser {
        variable,
        field: Some(open),
        target,
        span,
    });
    let finding = only(it.findings_with(&Knowledge {
        trampolines: vec![Trampoline {
            prefix: "__call_".to_owned(),
            record: "hooks".to_owned(),
        }],
        ..knowledge()
    }));
    assert_eq!(finding.witness[1].through.as_deref(), Some("hooks.open"));
    assert_eq!(finding.confidence, Confidence::High);
}

#[test]
fn what_always_tells_of_a_bug_is_for_a_system_that_is_broken() {
    let mut tells = knowledge();
    let unreliable = ArgumentTest {
        argument: ArgumentSelector::Index(1),
        mask: -1,
        set: true,
        all: false,
        clear: 0,
        proof: true,
    };
    let model = FunctionModel {
        effects: vec![Effect::TellsOfBug {
            only_if: Some(unreliable),
        }],
        enter_body: false,
    };
    tells.functions.insert("taint".to_owned(), model);
    for (second, always, expected) in [(1, true, 0), (0, true, 1), (1, false, 1)] {
        let mut it = Source::default();
        let l = it.global("l");
        let alloc = it.call("alloc", vec![Value::Const(0)]);
        let taint = it.call("taint", vec![Value::Const(5), Value::Const(second)]);
        let otherwise = if always { 1 } else { 2 };
        it.function(
            "report",
            vec![
                (vec![alloc], End::If(read(0), 1, otherwise)),
                (vec![taint], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let report = it.call("report", vec![read(0)]);
        it.straight("wrapper", vec![report]);
        let body = vec![
            it.call("lock", vec![l.clone()]),
            it.call("wrapper", vec![read(0)]),
            it.call("unlock", vec![l]),
        ];
        it.straight("f", body);
        let findings = it.findings_with(&tells);
        assert_eq!(findings.len(), expected, "{second} {always}");
    }
}

#[test]
fn a_function_that_is_passed_runs_with_what_is_in_force_where_it_is_called() {
    let mut it = Source::default();
    let l = it.global("l");
    let test = Value::Read(Place::local(LocalId(0)));
    let signature = it.unit.names.intern("");
    let lock = it.call("lock", vec![l.clone()]);
    let mut call = it.call("test", vec![]);
    if let Statement::Call(call) = &mut call {
        call.callee = Callee::Pointer {
            value: test,
            signature,
        };
    }
    let unlock = it.call("unlock", vec![l]);
    it.straight("find", vec![lock, call, unlock]);
    let alloc = it.call("alloc", vec![Value::Const(0)]);
    it.straight("allocates", vec![alloc]);
    it.straight("does_nothing", vec![]);
    let does_nothing = Value::Function(it.symbol("does_nothing"));
    let find = it.call("find", vec![does_nothing]);
    it.straight("one", vec![find]);
    // The other is passed in a variable.
    let store = Statement::Assign {
        place: Place::local(LocalId(2)),
        value: Value::Function(it.symbol("allocates")),
    };
    let find = it.call("find", vec![read(2)]);
    it.straight("other", vec![store, find]);
    let finding = only(it.findings());
    assert_eq!(
        finding.confidence,
        Confidence::Medium,
        "{:?}",
        finding.reasons
    );
    assert_eq!(finding.witness[1].callee, "allocates");
}

#[test]
fn what_handlers_of_two_drivers_come_to_are_two_findings() {
    for (other_file, count) in [(false, 1), (true, 2)] {
        let mut it = Source::default();
        let alloc = it.call("alloc", vec![Value::Const(0)]);
        it.straight("core", vec![alloc]);
        for handler in ["first", "second"] {
            let core = it.call("core", vec![]);
            it.straight(handler, vec![core]);
        }
        if other_file {
            let file = it.unit.names.intern("b.c");
            let second = it.unit.functions.last_mut().expect("just made");
            second.span.file = file;
        }
        let findings = it.findings_with(&Knowledge {
            entries: vec![Entry {
                label: "in a timer".to_owned(),
                contexts: vec![RAW],
                of: Registration::Named(vec!["first".to_owned(), "second".to_owned()]),
                group: None,
            }],
            ..knowledge()
        });
        assert_eq!(findings.len(), count, "in another file: {other_file}");
    }
}
