// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which of the chains that lead to a demand one execution can take.

use waitctx_model::{BinaryOp, Statement, Value};
use waitctx_solver::Confidence;

use super::objects::{field, member};
use super::source::{End, Source, read};

#[test]
fn a_lock_that_is_dropped_again_further_down_is_no_cause_of_its_own() {
    for (dropped, holder) in [(true, "outer"), (false, "middle")] {
        let mut it = Source::default();
        let (l, m) = (it.global("l"), it.global("m"));
        let mut body = vec![it.call("alloc", vec![Value::Const(0)])];
        if dropped {
            body.insert(0, it.call("unlock", vec![m.clone()]));
            body.push(it.call("lock", vec![m.clone()]));
        }
        it.straight("leaf", body);
        let body = vec![
            it.call("lock", vec![m.clone()]),
            it.call("leaf", vec![]),
            it.call("unlock", vec![m]),
        ];
        it.straight("middle", body);
        let body = vec![
            it.call("lock", vec![l.clone()]),
            it.call("middle", vec![]),
            it.call("unlock", vec![l]),
        ];
        it.straight("outer", body);
        let findings = it.findings();
        assert_eq!(findings.len(), 1, "dropped: {dropped}");
        assert_eq!(findings[0].witness[0].function, holder);
    }
}

#[test]
fn the_chain_that_a_demand_has_come_up_by_is_tried_first() {
    const DEAD_ENDS: u32 = 700;
    let mut it = Source::default();
    let l = it.global("l");
    // Each of many calls sleeps at once, if it is asked to; the last always does, one call further.
    let asked = Value::Binary(BinaryOp::And, Box::new(read(0)), Box::new(Value::Const(1)));
    let mut blocks = Vec::new();
    for index in 0..DEAD_ENDS {
        let sleep = it.call("sleep", vec![]);
        blocks.push((vec![], End::If(asked.clone(), 2 * index + 1, 2 * index + 2)));
        blocks.push((vec![sleep], End::Goto(2 * index + 2)));
    }
    let pass = it.call("pass", vec![]);
    blocks.push((vec![pass], End::Return(None)));
    it.function("wait", blocks);
    let sleep = it.call("sleep", vec![]);
    it.straight("pass", vec![sleep]);
    let body = vec![
        it.call("spin", vec![l.clone()]),
        it.call("wait", vec![Value::Const(2)]),
        it.call("unspin", vec![l]),
    ];
    it.straight("f", body);
    let findings = it.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].confidence, Confidence::High);
    assert_eq!(
        findings[0].witness.last().map(|it| it.function.as_str()),
        Some("pass")
    );
}

#[test]
fn what_a_callee_has_found_and_written_over_is_what_its_caller_says() {
    for (state, count) in [(1, 0), (2, 1)] {
        let mut it = Source::default();
        let l = it.global("l");
        let field = field(&mut it, "device", "state");
        let is = |state| {
            let found = Value::Read(member(0, field));
            Value::Binary(BinaryOp::Eq, Box::new(found), Box::new(Value::Const(state)))
        };
        let write = Statement::Assign {
            place: member(0, field),
            value: Value::Const(3),
        };
        let sleep = it.call("sleep", vec![]);
        it.function(
            "wake",
            vec![
                (vec![], End::If(is(2), 1, 2)),
                (vec![write, sleep], End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        let body = vec![
            it.call("spin", vec![l.clone()]),
            it.call("wake", vec![read(0)]),
            it.call("unspin", vec![l]),
        ];
        it.function(
            "poll",
            vec![
                (vec![], End::If(is(state), 1, 2)),
                (body, End::Goto(2)),
                (vec![], End::Return(None)),
            ],
        );
        assert_eq!(it.findings().len(), count, "state: {state}");
    }
}
