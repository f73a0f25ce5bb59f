// SPDX-License-Identifier: MIT OR Apache-2.0
//! How sure a finding is that leads through a pointer which can be one of many functions.

use waitctx_model::{Callee, Initialiser, Statement, Type, Value};
use waitctx_solver::{ArgumentSelector, Confidence, Effect, Knowledge};

use super::objects::{field, member, only};
use super::source::{Source, knowledge, read};

/// `local->hook(args)`
fn through_hook(it: &mut Source, local: u32, args: Vec<Value>) -> Statement {
    let hook = field(it, "object", "hook");
    let signature = it.unit.names.intern("");
    let mut call = it.call("hook", args);
    if let Statement::Call(call) = &mut call {
        call.callee = Callee::Pointer {
            value: Value::Read(member(local, hook)),
            signature,
        };
    }
    call
}

/// Objects of six kinds, of which those of one have the hook `sleeps`.
fn six_hooks(it: &mut Source) {
    for name in ["a", "b", "c", "d", "e"] {
        it.straight(name, vec![]);
    }
    for name in ["a", "b", "c", "d", "e", "sleeps"] {
        let (variable, target) = (it.symbol(&format!("table_{name}")), it.symbol(name));
        let field = Some(field(it, "object", "hook"));
        let span = it.span();
        it.unit.initialisers.push(Initialiser {
            variable,
            field,
            target,
            span,
        });
    }
}

#[test]
fn what_is_only_ever_called_with_a_lock_held_is_wrong_whatever_it_is_stored_in() {
    for (elsewhere, confidence) in [
        (None, Confidence::Medium),
        (Some(true), Confidence::Medium),
        (Some(false), Confidence::Low),
    ] {
        let mut it = Source::default();
        let l = it.global("l");
        let sleep = it.call("sleep", vec![]);
        it.straight("sleeps", vec![sleep]);
        six_hooks(&mut it);
        let call = through_hook(&mut it, 0, vec![]);
        it.straight("core", vec![call]);
        let lock = it.call("spin", vec![l.clone()]);
        let core = it.call("core", vec![read(0)]);
        let unlock = it.call("unspin", vec![l.clone()]);
        it.straight("f", vec![lock, core, unlock]);
        if let Some(locked) = elsewhere {
            let call = through_hook(&mut it, 0, vec![]);
            let mut body = vec![call];
            if locked {
                body.insert(0, it.call("lock", vec![l.clone()]));
                body.push(it.call("unlock", vec![l]));
            }
            it.straight("elsewhere", body);
        }
        let findings = it.findings();
        let finding = findings.iter().find(|it| it.witness[0].function == "f");
        let finding = finding.expect("it sleeps under the lock");
        assert_eq!(finding.confidence, confidence, "{:?}", finding.reasons);
    }
}

/// Flags have a type of their own, by which parameters are told to be some.
fn knowledge_of_flags() -> Knowledge {
    let mut knowledge = knowledge();
    let alloc = knowledge.functions.get_mut("alloc").expect("it is there");
    for effect in &mut alloc.effects {
        if let Effect::Demand {
            only_if: Some(test),
            ..
        } = effect
        {
            test.argument = ArgumentSelector::Typed("flags".to_owned());
        }
    }
    knowledge
}

/// Says that the first parameter of the last function is a word of flags.
fn takes_flags(it: &mut Source) {
    let ty = Type {
        name: it.unit.names.intern("flags"),
        record: None,
        pointer: false,
    };
    let function = it.unit.functions.last_mut().expect("there is one");
    function.locals[0].ty = Some(ty);
}

#[test]
fn whoever_is_told_not_to_wait_and_passes_on_that_it_may_is_wrong_whatever_it_is() {
    const MAY_WAIT: i64 = 1;
    for (told, passed_on, confidence) in [
        // Told not to, and does.
        (Value::Const(2), true, Confidence::Medium),
        // Told that it may.
        (Value::Const(MAY_WAIT), true, Confidence::Low),
        // Nobody knows.
        (read(1), true, Confidence::Low),
        // It calls something that has no flags.
        (Value::Const(2), false, Confidence::Low),
    ] {
        let mut it = Source::default();
        let l = it.global("l");
        // The body is not looked at: what it takes is.
        it.straight("alloc", vec![]);
        takes_flags(&mut it);
        let alloc = it.call("alloc", vec![Value::Const(MAY_WAIT)]);
        if passed_on {
            it.straight("sleeps", vec![alloc]);
        } else {
            it.straight("helper", vec![alloc]);
            let helper = it.call("helper", vec![]);
            it.straight("sleeps", vec![helper]);
        }
        takes_flags(&mut it);
        six_hooks(&mut it);
        // Called without the lock, too.
        let call = through_hook(&mut it, 1, vec![Value::Const(MAY_WAIT)]);
        it.straight("elsewhere", vec![call]);
        let lock = it.call("spin", vec![l.clone()]);
        let call = through_hook(&mut it, 1, vec![told.clone()]);
        let unlock = it.call("unspin", vec![l]);
        it.straight("f", vec![lock, call, unlock]);
        let finding = only(it.findings_with(&knowledge_of_flags()));
        assert_eq!(
            finding.confidence, confidence,
            "{told:?} {passed_on}: {:?}",
            finding.reasons
        );
    }
}
