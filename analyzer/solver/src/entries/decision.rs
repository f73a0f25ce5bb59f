// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the arguments of a call are such that what it registers is entered in a certain context.

use waitctx_model::{BinaryOp, Call, Function, Value};

use super::parameter;
use crate::program::{FnId, Program};
use crate::{ArgumentSelector, ArgumentTest};

/// What a test of an argument comes to at a call.
pub(super) enum Decision {
    Holds,
    Fails,
    /// The calling function passes a parameter on.
    CallersDecide(ArgumentTest),
}

pub(super) fn decide(
    program: &Program,
    callee: FnId,
    body: &Function,
    call: &Call,
    test: &ArgumentTest,
) -> Decision {
    let unknown = if test.proof {
        Decision::Fails
    } else {
        Decision::Holds
    };
    let position = match &test.argument {
        ArgumentSelector::Index(index) => Some(*index),
        ArgumentSelector::Typed(name) => program.names.find(name).and_then(|name| {
            let parameters = &program.function(callee).parameters;
            let is_it = |ty: &Option<waitctx_model::Type>| ty.is_some_and(|ty| ty.name == name);
            parameters.iter().position(is_it)
        }),
    };
    let Some(value) = position.and_then(|index| call.args.get(index)) else {
        return unknown;
    };
    let (ones, maybe) = bits(value);
    if ones & test.clear != 0 {
        return if test.set {
            Decision::Fails
        } else {
            Decision::Holds
        };
    }
    let (surely, possibly) = if test.all {
        (
            ones & test.mask == test.mask,
            maybe & test.mask == test.mask,
        )
    } else {
        (ones & test.mask != 0, maybe & test.mask != 0)
    };
    match (surely, possibly, test.set) {
        (true, _, true) | (false, false, false) => Decision::Holds,
        (false, false, true) | (true, _, false) => Decision::Fails,
        (false, true, _) => match forwarded(body, value) {
            Some(index) => Decision::CallersDecide(ArgumentTest {
                argument: ArgumentSelector::Index(index),
                ..test.clone()
            }),
            None => unknown,
        },
    }
}

/// The bits that are surely set in a value, and those that may be.
fn bits(value: &Value) -> (i64, i64) {
    match value {
        Value::Const(value) | Value::Option { value, .. } => (*value, *value),
        Value::Binary(BinaryOp::Or, a, b) => {
            let ((ones_a, maybe_a), (ones_b, maybe_b)) = (bits(a), bits(b));
            (ones_a | ones_b, maybe_a | maybe_b)
        }
        Value::Binary(BinaryOp::And, a, b) => {
            let ((ones_a, maybe_a), (ones_b, maybe_b)) = (bits(a), bits(b));
            (ones_a & ones_b, maybe_a & maybe_b)
        }
        Value::Select(_, a, b) => {
            let ((ones_a, maybe_a), (ones_b, maybe_b)) = (bits(a), bits(b));
            (ones_a & ones_b, maybe_a | maybe_b)
        }
        _ => (0, -1),
    }
}

/// The parameter whose bits a value has, whatever is added to them.
fn forwarded(body: &Function, value: &Value) -> Option<usize> {
    match value {
        Value::Read(place) => parameter(body, place),
        Value::Binary(BinaryOp::Or, a, b) => forwarded(body, a).or_else(|| forwarded(body, b)),
        _ => None,
    }
}
