// SPDX-License-Identifier: MIT OR Apache-2.0
//! The symbolic state at a point of a path, and how states that meet are merged.

use smallvec::SmallVec;
use waitctx_model::{BinaryOp, FieldId, Place, Projection, Root, Value};

use super::Worlds;
use super::bits;
use super::env::{Env, lies_in, local_root, rebase};
use super::liveness::Liveness;
use super::test::is_portable;
use crate::context::Context;
use crate::expr::{Expr, ExprId, Exprs, Origin};
use crate::facts::Facts;

/// The state at a point of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct State {
    pub(super) env: Env,
    pub(super) facts: Facts,
    /// What was found when the function was entered, and has been written over since.
    pub(super) past: Facts,
    /// The fields that have been written to.
    written: SmallVec<[FieldId; 4]>,
    pub(super) context: Context,
    /// The worlds left by the ways in which callees returned.
    pub(super) worlds: Worlds,
    /// Whether the last reference to an object has been dropped on the way.
    pub(super) last_reference: bool,
    /// Whether two pointers have to be the same for it, of which nobody says that they are.
    pub(super) coincidence: bool,
}

/// Where in the function the walk is: names the unknown values that come up there.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) block: u32,
    pub(super) statement: u32,
}

/// What evaluating needs besides the state.
pub(super) struct Evaluator<'a> {
    pub(super) exprs: &'a mut Exprs,
    pub(super) point: Point,
    /// Counts the unknown values of the statement.
    pub(super) unknowns: u32,
    /// Whether the raw-nesting verdict sets a build option otherwise.
    pub(super) keeps_option: &'a dyn Fn(waitctx_model::NameId) -> bool,
    /// The value that a variable of the whole system is taken to have.
    pub(super) fixed: &'a dyn Fn(waitctx_model::NameId) -> Option<i64>,
}

impl Evaluator<'_> {
    pub(super) fn unknown(&mut self) -> ExprId {
        self.unknowns += 1;
        let Point { block, statement } = self.point;
        self.exprs.intern(Expr::Opaque(Origin::Statement(
            block,
            statement,
            self.unknowns,
        )))
    }

    pub(super) fn value(&mut self, state: &State, value: &Value) -> ExprId {
        match value {
            Value::Const(number) => self.exprs.constant(*number),
            Value::Read(place) => {
                if let Some(value) = self.fixed_value(place) {
                    return self.exprs.constant(value);
                }
                let address = self.address(state, place);
                state.load(self.exprs, address)
            }
            Value::AddressOf(place) => self.address(state, place),
            Value::Function(symbol) => self.exprs.intern(Expr::Function(*symbol)),
            Value::Unary(op, a) => {
                let a = self.value(state, a);
                self.exprs.unary(*op, a)
            }
            Value::Binary(op, a, b) => {
                let a = self.value(state, a);
                let b = self.value(state, b);
                self.decided(
                    state,
                    |exprs| exprs.binary(*op, a, b),
                    matches!(op, BinaryOp::And),
                )
            }
            Value::Select(cond, a, b) => {
                let cond = self.value(state, cond);
                match state.facts.truth(self.exprs, cond) {
                    Some(true) => self.value(state, a),
                    Some(false) => self.value(state, b),
                    None => {
                        let a = self.value(state, a);
                        let b = self.value(state, b);
                        self.exprs.select(cond, a, b)
                    }
                }
            }
            Value::Option { name, value } => {
                if (self.keeps_option)(*name) {
                    self.exprs.intern(Expr::Option(*name, *value))
                } else {
                    self.exprs.constant(*value)
                }
            }
            Value::Unknown => self.unknown(),
        }
    }

    /// What a variable is taken to be that nothing but its name leads to.
    fn fixed_value(&self, place: &Place) -> Option<i64> {
        match place.root {
            Root::Global(symbol) if symbol.file.is_none() && place.path.is_empty() => {
                (self.fixed)(symbol.name)
            }
            _ => None,
        }
    }

    /// An expression, replaced by a constant when the facts say that it is one.
    fn decided(
        &mut self,
        state: &State,
        make: impl FnOnce(&mut Exprs) -> ExprId,
        only_zero: bool,
    ) -> ExprId {
        let id = make(self.exprs);
        let fact = state.facts.of(self.exprs, id);
        if fact.low == fact.high && (!only_zero || fact.low == 0) {
            return self.exprs.constant(fact.low);
        }
        id
    }

    pub(super) fn address(&mut self, state: &State, place: &Place) -> ExprId {
        let mut address = match &place.root {
            Root::Local(local) => self.exprs.intern(Expr::LocalAddress(*local)),
            Root::Global(symbol) => self.exprs.intern(Expr::Global(*symbol)),
            Root::Target(value) => self.value(state, value),
        };
        for step in &place.path {
            address = match step {
                Projection::Deref => state.load(self.exprs, address),
                Projection::Field(field) => self.exprs.intern(Expr::FieldAddress(address, *field)),
                Projection::Index => self.exprs.intern(Expr::ElementAddress(address)),
            };
        }
        address
    }
}

impl State {
    /// The state before anything has happened.
    pub(super) fn at_entry() -> Self {
        Self {
            env: Env::default(),
            facts: Facts::default(),
            past: Facts::default(),
            written: SmallVec::new(),
            context: Context::default(),
            worlds: Worlds::BOTH,
            last_reference: false,
            coincidence: false,
        }
    }

    /// Whether the two differ in values only, so that they may be merged.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        self.context.goes_with(&other.context) && self.worlds == other.worlds
    }

    /// What is stored at `address`.
    pub(super) fn load(&self, exprs: &mut Exprs, address: ExprId) -> ExprId {
        if let Some(value) = self.env.get(address) {
            return value;
        }
        // A part of an object that is all zero.
        if let Some(zero) = zero_around(exprs, address, |it| self.env.get(it)) {
            return zero;
        }
        // A choice between two objects: look into both.
        if let Expr::Select(cond, a, b) = exprs.get(address) {
            let a = self.load(exprs, a);
            let b = self.load(exprs, b);
            return exprs.select(cond, a, b);
        }
        exprs.intern(Expr::Load(address))
    }

    /// Stores `value` at `address`.
    pub(super) fn store(&mut self, exprs: &mut Exprs, address: ExprId, value: ExprId) {
        let own = local_root(exprs, address);
        if own.is_some() {
            self.env.retain(|it| !lies_in(exprs, it, address));
            self.forget_loads(exprs, |_, load| lies_in(exprs, load, address));
        } else if let Some(field) = last_field(exprs, address) {
            // Another pointer may lead to the same object: what was known of this field of other
            // objects is not known any more.
            self.env.retain(|it| last_field(exprs, it) != Some(field));
            self.note_past(exprs, field);
            self.forget_loads(exprs, |_, load| last_field(exprs, load) == Some(field));
        }
        if is_element(exprs, address) {
            return; // some element was written, nobody knows which
        }
        self.copy_record(exprs, value, address);
        self.env.set(address, value);
        self.env.bound_memory(exprs);
    }

    /// Keeps what is known of a field as it was found, when it is written to for the first time.
    fn note_past(&mut self, exprs: &Exprs, field: FieldId) {
        if self.written.contains(&field) {
            return;
        }
        self.written.push(field);
        let of_field = |_: &Exprs, load| last_field(exprs, load) == Some(field);
        for (id, fact) in self.facts.iter() {
            if any_load(exprs, id, &of_field) && is_portable(exprs, id, true) {
                self.past.assume_fact(exprs, id, fact);
            }
        }
    }

    /// When `value` is the content of a record, what is known of its fields is copied along.
    fn copy_record(&mut self, exprs: &mut Exprs, value: ExprId, to: ExprId) {
        let Expr::Load(from) = exprs.get(value) else {
            return;
        };
        let fields: Vec<_> = self
            .env
            .iter()
            .filter(|&(address, _)| address != from && lies_in(exprs, address, from))
            .collect();
        for (address, content) in fields {
            let address = rebase(exprs, address, from, to);
            self.env.set(address, content);
        }
    }

    /// The known fields of the record at `address`, first level only.
    pub(super) fn record_fields(&self, exprs: &Exprs, address: ExprId) -> Vec<(FieldId, ExprId)> {
        self.env
            .iter()
            .filter_map(|(it, value)| match exprs.get(it) {
                Expr::FieldAddress(base, field) if base == address => Some((field, value)),
                _ => None,
            })
            .collect()
    }

    /// Forgets all about the object at `address`, which somebody else may have written.
    pub(super) fn forget_object(&mut self, exprs: &Exprs, address: ExprId, unknown: ExprId) {
        self.env.retain(|it| !lies_in(exprs, it, address));
        self.forget_loads(exprs, |_, load| lies_in(exprs, load, address));
        self.env.set(address, unknown);
    }

    /// Forgets what was stored in a field of objects outside the function's own variables.
    pub(super) fn forget_field(&mut self, exprs: &Exprs, field: FieldId) {
        self.env
            .retain(|it| local_root(exprs, it).is_some() || last_field(exprs, it) != Some(field));
    }

    /// Forgets what was stored outside the function's own variables.
    pub(super) fn forget_memory(&mut self, exprs: &Exprs) {
        self.env.retain(|it| local_root(exprs, it).is_some());
    }

    /// Forgets facts about what is stored at the addresses that `hit` picks.
    fn forget_loads(&mut self, exprs: &Exprs, hit: impl Fn(&Exprs, ExprId) -> bool) {
        self.facts.retain(|id| !any_load(exprs, id, &hit));
    }

    /// Drops what nobody can look at any more at the start of `block`.
    pub(super) fn prune(&mut self, exprs: &Exprs, liveness: &Liveness, block: u32) {
        self.env.retain(
            |address| match local_root(exprs, address).map(|root| exprs.get(root)) {
                Some(Expr::LocalAddress(local)) => liveness.is_live(block, local),
                _ => true,
            },
        );
        let mut live = Vec::new();
        for (_, value) in self.env.iter() {
            collect_opaques(exprs, value, &mut live);
        }
        for held in &self.context.held {
            if let Some(lock) = held.item.lock {
                collect_opaques(exprs, lock, &mut live);
            }
        }
        live.sort_unstable();
        live.dedup();
        let mut mentioned = Vec::new();
        self.facts.retain(|id| {
            mentioned.clear();
            collect_opaques(exprs, id, &mut mentioned);
            mentioned.iter().all(|it| live.binary_search(it).is_ok())
        });
    }

    /// What merging with `other` would lose, the worst first: what is said of the parameters, since
    /// callers decide by that; values; what branches have shown.
    pub(super) fn cost_of_merging(&self, exprs: &Exprs, other: &Self) -> (usize, usize, usize) {
        let (of_parameters, branches) = self
            .facts
            .lost_with(&other.facts, |id| is_portable(exprs, id, false));
        let of_context = usize::from(self.context.absent != other.context.absent);
        let (numbers, values) = self.env.lost_with(&other.env, exprs);
        (of_parameters + of_context + numbers, values, branches)
    }

    /// Merges `other`, whose context is the same, into this state.
    pub(super) fn merge(&mut self, exprs: &mut Exprs, other: &Self, at: Point) {
        let mut changed = Vec::new();
        for (address, value) in self.env.iter() {
            if other.env.get(address) != Some(value) {
                changed.push(address);
            }
        }
        for (address, _) in other.env.iter() {
            if self.env.get(address).is_none() {
                changed.push(address);
            }
        }
        self.facts.join(&other.facts);
        self.past.join(&other.past);
        for &field in &other.written {
            if !self.written.contains(&field) {
                self.written.push(field);
            }
        }
        self.last_reference &= other.last_reference;
        self.coincidence &= other.coincidence;
        self.context.absent = self.context.absent.intersection(other.context.absent);
        for address in changed {
            let unknown = exprs.intern(Expr::Opaque(Origin::Join(at.block, at.statement, address)));
            self.facts.retain(|id| !exprs.mentions(id, unknown));
            let values = self.env.get(address).zip(other.env.get(address));
            let merged = values.and_then(|(a, b)| bits::either(exprs, a, b, unknown));
            if let Some(merged) = merged {
                self.env.set(address, merged);
            } else if local_root(exprs, address).is_some() {
                self.env.set(address, unknown);
            } else {
                self.env.retain(|it| it != address);
                self.forget_loads(exprs, |_, load| load == address);
            }
        }
    }
}

/// What is stored at an address when the object around it is known to be zero.
pub(crate) fn zero_around(
    exprs: &Exprs,
    address: ExprId,
    stored: impl Fn(ExprId) -> Option<ExprId>,
) -> Option<ExprId> {
    let (Expr::FieldAddress(base, _) | Expr::ElementAddress(base)) = exprs.get(address) else {
        return None;
    };
    match stored(base) {
        Some(value) => Some(value).filter(|&value| exprs.as_const(value) == Some(0)),
        None => zero_around(exprs, base, stored),
    }
}

fn last_field(exprs: &Exprs, address: ExprId) -> Option<FieldId> {
    match exprs.get(address) {
        Expr::FieldAddress(_, field) => Some(field),
        Expr::ElementAddress(base) => last_field(exprs, base),
        _ => None,
    }
}

fn is_element(exprs: &Exprs, address: ExprId) -> bool {
    match exprs.get(address) {
        Expr::ElementAddress(_) => true,
        Expr::FieldAddress(base, _) => is_element(exprs, base),
        _ => false,
    }
}

fn any_load(exprs: &Exprs, id: ExprId, hit: &dyn Fn(&Exprs, ExprId) -> bool) -> bool {
    match exprs.get(id) {
        Expr::Load(address) => hit(exprs, address) || any_load(exprs, address, hit),
        Expr::FieldAddress(a, _) | Expr::ElementAddress(a) | Expr::Unary(_, a) => {
            any_load(exprs, a, hit)
        }
        Expr::Binary(_, a, b) => any_load(exprs, a, hit) || any_load(exprs, b, hit),
        Expr::Select(c, a, b) => {
            any_load(exprs, c, hit) || any_load(exprs, a, hit) || any_load(exprs, b, hit)
        }
        _ => false,
    }
}

fn collect_opaques(exprs: &Exprs, id: ExprId, into: &mut Vec<ExprId>) {
    match exprs.get(id) {
        Expr::Opaque(_) => into.push(id),
        Expr::FieldAddress(a, _) | Expr::ElementAddress(a) | Expr::Load(a) | Expr::Unary(_, a) => {
            collect_opaques(exprs, a, into);
        }
        Expr::Binary(_, a, b) => {
            collect_opaques(exprs, a, into);
            collect_opaques(exprs, b, into);
        }
        Expr::Select(c, a, b) => {
            collect_opaques(exprs, c, into);
            collect_opaques(exprs, a, into);
            collect_opaques(exprs, b, into);
        }
        _ => {}
    }
}
