// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fields that would hold a pointer if anybody called the functions that set them.
//!
//! A header offers what some configurations use. Where nobody calls the functions in headers that
//! store something in a field, and all others only clear or copy it, it is null in every object.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use waitctx_model::{Field, FieldId, Function, Place, Projection, Statement, Terminator, Value};

use super::calls::by_name;
use super::said::AllSaid;
use super::{FnId, Program};
use crate::per_function::functions;

/// The fields of pointers that only functions set which are in headers and not called.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Dormant {
    fields: FxHashSet<FieldId>,
    /// The functions that are there for more than being in a header: those that others than such call.
    live: FxHashSet<FnId>,
    /// How many live functions call which in headers.
    called: FxHashMap<FnId, u32>,
    /// In how many live functions a field is set.
    set: FxHashMap<FieldId, u32>,
    /// The fields that other functions would set.
    offered: FxHashSet<FieldId>,
}

impl Dormant {
    pub(super) fn find(program: &Program, said: &AllSaid) -> Self {
        let mut dormant = Self::default();
        let mut waiting: Vec<FnId> = functions(program.functions.len())
            .filter(|&it| is_root(program, it))
            .collect();
        dormant.live.extend(&waiting);
        while let Some(function) = waiting.pop() {
            let calls = said.of(function).calls.iter().copied();
            for callee in calls.filter(|&it| program.function(it).flags.in_header) {
                *dormant.called.entry(callee).or_default() += 1;
                if dormant.live.insert(callee) {
                    waiting.push(callee);
                }
            }
        }
        for (function, said) in said.iter() {
            if dormant.live.contains(&function) {
                for &field in &said.fills {
                    *dormant.set.entry(field).or_default() += 1;
                }
            } else {
                dormant.offered.extend(&said.fills);
            }
        }
        let is_set = |field| dormant.set.contains_key(field);
        let offered = dormant.offered.iter();
        let fields = offered.filter(|&field| {
            let Field { ty, .. } = &program.fields[field.0 as usize];
            ty.pointer && !is_set(field)
        });
        dormant.fields = fields.copied().collect();
        dormant
    }

    /// Whether nobody sets a field.
    pub(crate) fn contains(&self, field: FieldId) -> bool {
        self.fields.contains(&field)
    }

    /// Takes in that a function does `now` what it does, instead of what it did `before`; whether
    /// that leaves all fields what they were.
    pub(super) fn exchange(
        &mut self,
        program: &Program,
        function: FnId,
        before: &Function,
        now: &Function,
    ) -> bool {
        let (was, is) = (fills(before), fills(now));
        if is_root(program, function) {
            self.live.insert(function); // it may be a new one
        }
        if !self.live.contains(&function) {
            return was == is && in_headers(program, before) == in_headers(program, now);
        }
        for callee in in_headers(program, now) {
            *self.called.entry(callee).or_default() += 1;
        }
        for field in is {
            *self.set.entry(field).or_default() += 1;
        }
        let mut gone = in_headers(program, before);
        let still_called = gone.drain(..).all(|callee| {
            let count = self.called.entry(callee).or_default();
            *count = count.saturating_sub(1);
            *count > 0 || is_root(program, callee)
        });
        let mut gone = was.into_iter();
        let still_set = gone.all(|field| {
            let count = self.set.entry(field).or_default();
            *count = count.saturating_sub(1);
            *count > 0 || !self.offered.contains(&field)
        });
        let callees = in_headers(program, now);
        let mut fields = fills(now).into_iter();
        still_called
            && still_set
            && callees.iter().all(|it| self.live.contains(it))
            && !fields.any(|it| self.fields.contains(&it))
    }
}

/// Whether a function is there for more than being in a header, whoever calls it.
fn is_root(program: &Program, function: FnId) -> bool {
    let function = program.function(function);
    !function.flags.in_header || function.address_taken
}

/// The functions in headers that a body calls, sorted.
fn in_headers(program: &Program, body: &Function) -> Vec<FnId> {
    let callees = by_name(program, body).into_iter();
    callees
        .filter(|&it| program.function(it).flags.in_header)
        .collect()
}

/// The fields that a function may store a pointer in, sorted.
pub(super) fn fills(body: &Function) -> BTreeSet<FieldId> {
    let mut into = FxHashSet::default();
    note(body, &mut into);
    into.into_iter().collect()
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
