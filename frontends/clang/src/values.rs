// SPDX-License-Identifier: MIT OR Apache-2.0
//! Making values of values.

use waitctx_model::{BinaryOp, Place, Projection, Root, UnaryOp, Value};

use crate::ffi::{CType, TypeKind};

/// `!value`, without piling up negations.
pub(crate) fn negated(value: Value) -> Value {
    match value {
        Value::Unary(UnaryOp::Not, inner) if is_truth(&inner) => *inner,
        value => Value::Unary(UnaryOp::Not, Box::new(value)),
    }
}

/// The content of a place of the given type; of an array its address.
pub(crate) fn read_as(place: Place, ctype: CType<'_>) -> Value {
    if ctype.canonical().kind() == TypeKind::Array {
        address_of(place)
    } else {
        Value::Read(place)
    }
}

/// `&*p` is `p`.
pub(crate) fn address_of(mut place: Place) -> Value {
    if place.path.last() == Some(&Projection::Deref) {
        place.path.pop();
        return Value::Read(place);
    }
    if place.path.is_empty()
        && let Root::Target(pointer) = place.root
    {
        return *pointer;
    }
    Value::AddressOf(place)
}

/// `a op b`, or unknown when what is known of one side says nothing of the whole.
pub(crate) fn binary(op: BinaryOp, a: Value, b: Value) -> Value {
    let tells = |known: &Value| match op {
        // Masks, and conditions that decide alone.
        BinaryOp::And | BinaryOp::Or | BinaryOp::LogicalAnd | BinaryOp::LogicalOr => true,
        // An object that is found relative to another's address: one per processor.
        BinaryOp::Add => matches!(known, Value::AddressOf(_)),
        _ => false,
    };
    let keep = match (&a, &b) {
        (Value::Unknown, Value::Unknown) => false,
        (Value::Unknown, known) | (known, Value::Unknown) => tells(known),
        _ => true,
    };
    if keep {
        Value::Binary(op, Box::new(a), Box::new(b))
    } else {
        Value::Unknown
    }
}

/// Whether a value can only be 0 or 1.
pub(crate) fn is_truth(value: &Value) -> bool {
    match value {
        Value::Const(number) => matches!(number, 0 | 1),
        Value::Option { .. } => true,
        Value::Unary(op, _) => *op == UnaryOp::Not,
        Value::Binary(op, _, _) => matches!(
            op,
            BinaryOp::Eq
                | BinaryOp::Ne
                | BinaryOp::Lt
                | BinaryOp::Le
                | BinaryOp::LogicalAnd
                | BinaryOp::LogicalOr
        ),
        _ => false,
    }
}
