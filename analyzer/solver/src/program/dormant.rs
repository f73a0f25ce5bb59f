// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fields that would hold a pointer if anybody called the functions that set them.
//!
//! A header offers what some configurations use. Where nobody calls the functions in headers that
//! store something in a field, and all others only clear or copy it, it is null in every object.

use rustc_hash::FxHashSet;
use waitctx_model::{
    Callee, Field, FieldId, Function, Place, Projection, Statement, Terminator, Value,
};

use super::{FnId, Program};

/// The fields of pointers that only functions set which are in headers and not called.
pub(super) fn fields(program: &Program) -> FxHashSet<FieldId> {
    let live = live(program);
    let mut offered = FxHashSet::default();
    let mut set = FxHashSet::default();
    for (function, live) in program.functions.iter().zip(live) {
        let Some(body) = function.whole_body() else {
            continue;
        };
        let into = if live { &mut set } else { &mut offered };
        note(body, into);
    }
    offered.retain(|field| {
        let Field { ty, .. } = &program.fields[field.0 as usize];
        ty.pointer && !set.contains(field)
    });
    offered
}

/// Which functions are there for more than being in a header: those that others than such call.
fn live(program: &Program) -> Vec<bool> {
    let mut live: Vec<bool> = program
        .functions
        .iter()
        .map(|it| !it.flags.in_header || it.address_taken)
        .collect();
    let mut waiting: Vec<usize> = (0..live.len()).filter(|&index| live[index]).collect();
    while let Some(index) = waiting.pop() {
        let Some(body) = program.functions[index].whole_body() else {
            continue;
        };
        for statement in body.blocks.iter().flat_map(|block| &block.statements) {
            if let Statement::Call(call) = statement
                && let Callee::Direct(symbol) = &call.callee
                && let Some(&FnId(callee)) = program.by_symbol.get(symbol)
                && !live[callee as usize]
            {
                live[callee as usize] = true;
                waiting.push(callee as usize);
            }
        }
    }
    live
}

/// Notes the fields that a function may store a pointer in.
fn note(body: &Function, into: &mut FxHashSet<FieldId>) {
    for block in &body.blocks {
        for statement in &block.statements {
            match statement {
                Statement::Assign { place, value } => {
                    if let Some(field) = field_of(place)
                        && !is_nothing_new(field, value)
                    {
                        into.insert(field);
                    }
                    note_addresses(value, into);
                }
                Statement::Call(call) => {
                    for arg in &call.args {
                        note_addresses(arg, into);
                    }
                }
            }
        }
        if let Terminator::Return {
            value: Some(value), ..
        } = &block.end
        {
            note_addresses(value, into);
        }
    }
}

/// Null, or what the same field of another object holds.
fn is_nothing_new(field: FieldId, value: &Value) -> bool {
    match value {
        Value::Const(0) => true,
        Value::Read(place) => field_of(place) == Some(field),
        Value::Select(_, a, b) => is_nothing_new(field, a) && is_nothing_new(field, b),
        _ => false,
    }
}

/// Whoever has the address of a field may store something there.
fn note_addresses(value: &Value, into: &mut FxHashSet<FieldId>) {
    match value {
        Value::AddressOf(place) => into.extend(field_of(place)),
        Value::Unary(_, a) => note_addresses(a, into),
        Value::Binary(_, a, b) | Value::Select(_, a, b) => {
            note_addresses(a, into);
            note_addresses(b, into);
        }
        _ => {}
    }
}

fn field_of(place: &Place) -> Option<FieldId> {
    let mut steps = place.path.iter().rev();
    let last = steps.find(|step| !matches!(step, Projection::Index))?;
    match last {
        Projection::Field(field) => Some(*field),
        Projection::Deref | Projection::Index => None,
    }
}
