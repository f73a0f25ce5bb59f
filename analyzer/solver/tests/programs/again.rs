// SPDX-License-Identifier: MIT OR Apache-2.0
//! Solving again when one of two units is exchanged: what changes for the other one is not missed.

use waitctx_model::{
    Callee, Field, FieldId, Initialiser, Place, Projection, Root, Statement, Type, Unit, Value,
};
use waitctx_solver::{Entry, Knowledge, Registration, link, solve, solve_again};

use crate::bytes::{kept, leave};
use crate::source::{RAW, Source, knowledge, read};

/// The field that a pointer is kept in, by the name that both units have for it.
fn hook(it: &mut Source) -> FieldId {
    let mut name = |text: &str| it.unit.names.intern(text);
    let field = Field {
        record: name("ops"),
        name: name("hook"),
        ty: Type {
            name: name("hook_t"),
            record: None,
            pointer: true,
        },
    };
    it.unit.intern_field(field)
}

fn hook_of(it: &mut Source, variable: &str) -> Place {
    let field = hook(it);
    Place {
        root: Root::Global(it.symbol(variable)),
        path: vec![Projection::Field(field)],
    }
}

/// A unit that holds a lock and calls: a function of the other unit, what is stored in a hook, and what
/// it is passed.
fn holder() -> Unit {
    let mut it = Source::default();
    it.unit.file = Some(it.unit.names.intern("holder.c"));
    let l = it.global("l");
    let through = |it: &mut Source, value: Value| {
        let signature = it.unit.names.intern("");
        let mut call = it.call("pointer", vec![]);
        if let Statement::Call(call) = &mut call {
            call.callee = Callee::Pointer { value, signature };
        }
        call
    };
    let held = |it: &mut Source, name: &str, call: Statement| {
        let lock = it.call("lock", vec![l.clone()]);
        let unlock = it.call("unlock", vec![l.clone()]);
        it.straight(name, vec![lock, call, unlock]);
    };
    let call = it.call("other", vec![]);
    held(&mut it, "calls", call);
    let hook = hook_of(&mut it, "table");
    let call = through(&mut it, Value::Read(hook));
    held(&mut it, "hooked", call);
    let call = through(&mut it, read(0));
    held(&mut it, "passed", call);
    it.unit
}

/// The other unit: a function that nobody but `edit` makes anything of, and what `edit` adds.
fn edited(edit: impl FnOnce(&mut Source)) -> Unit {
    let mut it = Source::default();
    it.unit.file = Some(it.unit.names.intern("edited.c"));
    let alloc = it.call("alloc", vec![Value::Const(0)]);
    it.straight("allocates", vec![alloc]);
    edit(&mut it);
    it.unit
}

/// A unit in which `other` does this, and no more.
fn with_other(body: impl FnOnce(&mut Source) -> Vec<Statement>) -> Unit {
    edited(|it| {
        let body = body(it);
        it.straight("other", body);
    })
}

/// Solves with `before`, then again with `now`: whether that has an outcome, which is that of solving
/// everything. It must matter: the outcome is another one than before.
fn is_solved_again(before: Unit, now: Unit, knowledge: &Knowledge) -> bool {
    let (was, bytes) = leave(&[holder(), before], knowledge);
    let again = solve_again(kept(bytes), vec![(1, now.clone())], knowledge);
    let anew = solve(link(vec![holder(), now], knowledge), knowledge);
    assert_ne!(was.findings, anew.findings, "the edit changes nothing");
    if let Some(again) = &again {
        assert_eq!(format!("{again:#?}"), format!("{anew:#?}"));
    }
    again.is_some()
}

fn nothing(_: &mut Source) -> Vec<Statement> {
    Vec::new()
}

#[test]
fn what_a_function_does_concerns_its_callers() {
    let sleeps = |it: &mut Source| vec![it.call("sleep", vec![])];
    let deeper = |it: &mut Source| vec![it.call("allocates", vec![])];
    for body in [&sleeps as &dyn Fn(&mut Source) -> Vec<Statement>, &deeper] {
        assert!(is_solved_again(
            with_other(nothing),
            with_other(body),
            &knowledge()
        ));
        assert!(is_solved_again(
            with_other(body),
            with_other(nothing),
            &knowledge()
        ));
    }
}

#[test]
fn what_a_pointer_can_be_concerns_everybody() {
    let pass = |it: &mut Source| {
        let function = Value::Function(it.symbol("allocates"));
        vec![it.call("passed", vec![function])]
    };
    let store = |it: &mut Source| {
        let value = Value::Function(it.symbol("allocates"));
        let place = hook_of(it, "table");
        vec![Statement::Assign { place, value }]
    };
    for body in [&pass as &dyn Fn(&mut Source) -> Vec<Statement>, &store] {
        assert!(!is_solved_again(
            with_other(nothing),
            with_other(body),
            &knowledge()
        ));
        assert!(!is_solved_again(
            with_other(body),
            with_other(nothing),
            &knowledge()
        ));
    }
}

#[test]
fn what_a_table_holds_concerns_everybody() {
    let table = || {
        edited(|it| {
            it.straight("other", vec![]);
            let (variable, target) = (it.symbol("table"), it.symbol("allocates"));
            let (field, span) = (Some(hook(it)), it.span());
            it.unit.initialisers.push(Initialiser {
                variable,
                field,
                target,
                span,
            });
        })
    };
    assert!(!is_solved_again(with_other(nothing), table(), &knowledge()));
    assert!(!is_solved_again(table(), with_other(nothing), &knowledge()));
}

#[test]
fn what_is_registered_concerns_everybody() {
    let knowledge = Knowledge {
        entries: vec![Entry {
            label: "in a handler".to_owned(),
            contexts: vec![RAW],
            of: Registration::Passed {
                to: vec!["register".to_owned()],
                argument: 0,
                field: None,
                only_if: None,
            },
            group: None,
        }],
        ..knowledge()
    };
    let registers = |it: &mut Source| {
        let function = Value::Function(it.symbol("allocates"));
        vec![it.call("register", vec![function])]
    };
    assert!(!is_solved_again(
        with_other(nothing),
        with_other(registers),
        &knowledge
    ));
    assert!(!is_solved_again(
        with_other(registers),
        with_other(nothing),
        &knowledge
    ));
}

#[test]
fn a_function_that_others_mean_does_not_come_and_go_unnoticed() {
    let none = || edited(|_| {});
    let sleeps = || with_other(|it| vec![it.call("sleep", vec![])]);
    assert!(!is_solved_again(none(), sleeps(), &knowledge()));
    assert!(!is_solved_again(sleeps(), none(), &knowledge()));
}

#[test]
fn what_nobody_calls_any_more_is_not_counted() {
    let calls = |it: &mut Source| vec![it.call("elsewhere", vec![]), it.call("sleep", vec![])];
    // Nothing but the calls says that there is such a function.
    assert!(!is_solved_again(
        with_other(calls),
        with_other(nothing),
        &knowledge()
    ));
    assert!(is_solved_again(
        with_other(nothing),
        with_other(calls),
        &knowledge()
    ));
}
