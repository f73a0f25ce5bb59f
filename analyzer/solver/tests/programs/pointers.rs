// SPDX-License-Identifier: MIT OR Apache-2.0
//! How sure a finding is that leads through a pointer which can be one of many functions.

use waitctx_model::{Callee, Initialiser, Statement, Value};
use waitctx_solver::Confidence;

use super::objects::{field, member};
use super::source::{Source, read};

/// `local->hook(args)`
pub(super) fn through_hook(it: &mut Source, local: u32, args: Vec<Value>) -> Statement {
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
pub(super) fn six_hooks(it: &mut Source) {
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
