// SPDX-License-Identifier: MIT OR Apache-2.0
//! Violations of which the arguments of callers decide whether they happen.

use waitctx_model::{BinaryOp, Value};

use super::source::{End, Source, read};

/// More of them than a function could keep if they travelled up the calls as demands do.
const MANY: i64 = 40;

/// A function that allocates under the lock `lN` when it is passed `N`, one that passes on what it
/// is passed, and a caller of that.
fn program(passed: i64) -> Source {
    let mut it = Source::default();
    let mut blocks = Vec::new();
    for (number, index) in (0..MANY).zip(0_u32..) {
        let lock = it.global(&format!("l{number}"));
        let asked = Value::Binary(
            BinaryOp::Eq,
            Box::new(read(0)),
            Box::new(Value::Const(number)),
        );
        let body = vec![
            it.call("lock", vec![lock.clone()]),
            it.call("alloc", vec![Value::Const(0)]),
            it.call("unlock", vec![lock]),
        ];
        blocks.push((vec![], End::If(asked, 2 * index + 1, 2 * index + 2)));
        blocks.push((body, End::Return(None)));
    }
    blocks.push((vec![], End::Return(None)));
    it.function("work", blocks);
    let work = it.call("work", vec![read(0)]);
    it.straight("pass", vec![work]);
    let pass = it.call("pass", vec![Value::Const(passed)]);
    it.straight("user", vec![pass]);
    it
}

#[test]
fn each_of_many_is_asked_about() {
    for passed in [0, MANY - 1] {
        let findings = program(passed).findings();
        let locks: Vec<_> = findings.iter().map(|it| it.context.lock.clone()).collect();
        assert_eq!(locks, [Some(format!("l{passed}"))]);
    }
}

#[test]
fn what_no_caller_lets_happen_is_no_finding() {
    assert!(program(MANY).findings().is_empty());
}
