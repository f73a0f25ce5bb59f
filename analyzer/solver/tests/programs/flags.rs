// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flags that say what a function may do.

use waitctx_model::{Type, Value};
use waitctx_solver::{ArgumentSelector, Confidence, Effect, Knowledge};

use super::objects::only;
use super::pointers::{six_hooks, through_hook};
use super::source::{End, Source, knowledge, read};

/// The bit that lets `alloc` wait.
const MAY_WAIT: i64 = 1;

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

#[test]
fn what_flags_allow_is_one_by_itself_and_a_guess_is_not() {
    for (by_flags, guess, count) in [(true, false, 2), (false, false, 1), (true, true, 1)] {
        let mut it = Source::default();
        let l = it.global("l");
        it.straight("alloc", vec![]);
        takes_flags(&mut it);
        let other = if by_flags { "alloc" } else { "sleep" };
        let other = it.call(other, vec![Value::Const(MAY_WAIT)]);
        it.straight("other", vec![other]);
        if guess {
            let start = it.unit.functions.last_mut().expect("just made");
            start.flags.init = true;
        }
        let sleep = it.call("sleep", vec![]);
        let other = it.call("other", vec![]);
        it.function(
            "callee",
            vec![
                (vec![], End::If(read(0), 1, 2)),
                (vec![sleep], End::Return(None)),
                (vec![other], End::Return(None)),
            ],
        );
        let lock = it.call("spin", vec![l.clone()]);
        let call = it.call("callee", vec![read(0)]);
        let unlock = it.call("unspin", vec![l]);
        it.straight("f", vec![lock, call, unlock]);
        let findings = it.findings_with(&knowledge_of_flags());
        assert_eq!(findings.len(), count, "{by_flags} {guess}");
        let chains: usize = findings.iter().map(|it| it.other_chains + 1).sum();
        assert_eq!(chains, 2, "{by_flags} {guess}");
        assert!(findings.iter().all(|it| it.confidence > Confidence::Low));
    }
}
