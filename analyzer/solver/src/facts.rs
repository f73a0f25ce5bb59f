// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the branches taken so far say about values.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;
use waitctx_model::{BinaryOp, UnaryOp};

use crate::expr::{Expr, ExprId, Exprs, MAX_ERROR};
use crate::side_by_side::side_by_side;

/// What is known of one value: an interval, and whether zero is excluded.
///
/// There are millions of them, and an alignment of eight would add a quarter to each of their lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[repr(Rust, packed(4))]
pub(crate) struct Fact {
    pub(crate) low: i64,
    pub(crate) high: i64,
    pub(crate) non_zero: bool,
    /// Whether it was only assumed, because the code would crash otherwise, and never tested:
    /// then it is no condition of what the code does.
    pub(crate) assumed: bool,
}

impl Fact {
    pub(crate) const ANY: Self = Self {
        low: i64::MIN,
        high: i64::MAX,
        non_zero: false,
        assumed: true,
    };
    pub(crate) const ZERO: Self = Self {
        low: 0,
        high: 0,
        non_zero: false,
        assumed: false,
    };
    pub(crate) const NON_ZERO: Self = Self {
        non_zero: true,
        assumed: false,
        ..Self::ANY
    };
    /// What holds of a pointer that is followed. The model has no addresses: the numbers only keep
    /// it apart from null and from error pointers.
    pub(crate) const OBJECT: Self = Self {
        low: 1,
        non_zero: true,
        ..Self::ANY
    };

    pub(crate) fn exactly(value: i64) -> Self {
        Self {
            low: value,
            high: value,
            non_zero: value != 0,
            assumed: false,
        }
    }

    /// Both hold; `None` when they contradict each other.
    pub(crate) fn meet(self, other: Self) -> Option<Self> {
        let mut fact = Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
            non_zero: self.non_zero || other.non_zero,
            assumed: self.assumed && other.assumed,
        };
        if fact.non_zero && fact.low == 0 {
            fact.low = 1;
        }
        if fact.non_zero && fact.high == 0 {
            fact.high = -1;
        }
        (fact.low <= fact.high).then_some(fact)
    }

    /// One of them holds.
    #[must_use]
    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            non_zero: self.excludes_zero() && other.excludes_zero(),
            assumed: self.assumed || other.assumed,
        }
    }

    /// Whether it excludes any value.
    fn says_something(self) -> bool {
        self.low != i64::MIN || self.high != i64::MAX || self.non_zero
    }

    pub(crate) fn excludes_zero(self) -> bool {
        self.non_zero || self.low > 0 || self.high < 0
    }

    /// Zero, not zero, or not known.
    pub(crate) fn truth(self) -> Option<bool> {
        if self.excludes_zero() {
            Some(true)
        } else if self.low == 0 && self.high == 0 {
            Some(false)
        } else {
            None
        }
    }

    /// As a condition for callers; `None` when it only was assumed. A tested pointer is not null;
    /// that it is no error pointer either nobody has said.
    pub(crate) fn as_condition(self) -> Option<Self> {
        if self.assumed {
            None
        } else if self.low == Self::OBJECT.low && self.high == i64::MAX {
            Some(Self::NON_ZERO)
        } else {
            Some(self)
        }
    }

    /// Whether it says at least what `other` says.
    pub(crate) fn implies(self, other: Self) -> bool {
        self.low >= other.low
            && self.high <= other.high
            && (!other.non_zero || self.excludes_zero())
    }

    pub(crate) fn contradicts(self, other: Self) -> bool {
        self.meet(other).is_none()
    }
}

/// Facts about expressions, sorted by expression.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Facts {
    entries: ThinVec<(ExprId, Fact)>,
}

impl Facts {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ExprId, Fact)> + '_ {
        self.entries.iter().copied()
    }

    /// Keeps no more memory than reading takes.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
    }

    /// These facts about the expressions that `translate` makes of them.
    pub(crate) fn translated(&self, mut translate: impl FnMut(ExprId) -> ExprId) -> Self {
        let mut facts = Self::default();
        for (id, fact) in self.iter() {
            let id = translate(id);
            facts.store(id, fact);
        }
        facts
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(ExprId) -> bool) {
        self.entries.retain(|&(id, _)| keep(id));
    }

    fn stored(&self, id: ExprId) -> Fact {
        match self.entries.binary_search_by_key(&id, |&(id, _)| id) {
            Ok(index) => self.entries[index].1,
            Err(_) => Fact::ANY,
        }
    }

    /// Adds a fact; `false` when it contradicts what is known.
    fn store(&mut self, id: ExprId, fact: Fact) -> bool {
        match self.entries.binary_search_by_key(&id, |&(id, _)| id) {
            Ok(index) => match self.entries[index].1.meet(fact) {
                Some(both) => {
                    self.entries[index].1 = both;
                    true
                }
                None => false,
            },
            Err(index) => {
                if fact != Fact::ANY {
                    self.entries.insert(index, (id, fact));
                }
                true
            }
        }
    }

    /// Only what both know.
    pub(crate) fn join(&mut self, other: &Self) {
        self.entries.retain_mut(|(id, fact)| {
            *fact = fact.join(other.stored(*id));
            fact.says_something()
        });
    }

    /// What is lost of two sets when only what both know is kept: how many of the expressions that
    /// `counts` picks they contradict each other about, and how many facts of either are lost.
    pub(crate) fn lost_with(
        &self,
        other: &Self,
        mut counts: impl FnMut(ExprId) -> bool,
    ) -> (usize, usize) {
        let (mut contradictions, mut lost) = (0, 0);
        for (id, a, b) in side_by_side(&self.entries, &other.entries) {
            if a == b {
                continue;
            }
            let (known, others) = (a.unwrap_or(Fact::ANY), b.unwrap_or(Fact::ANY));
            lost += usize::from(!others.implies(known)) + usize::from(!known.implies(others));
            if a.is_some() && known.contradicts(others) && counts(id) {
                contradictions += 1;
            }
        }
        (contradictions, lost)
    }

    /// Whether this knows at least what `other` knows.
    pub(crate) fn implies(&self, other: &Self) -> bool {
        other
            .entries
            .iter()
            .all(|&(id, fact)| self.stored(id).implies(fact))
    }

    /// What is known of `id`.
    pub(crate) fn of(&self, exprs: &Exprs, id: ExprId) -> Fact {
        if let Some(value) = exprs.as_const(id) {
            return Fact::exactly(value);
        }
        let stored = self.stored(id);
        if stored.truth().is_some() {
            return stored;
        }
        match self.derived_truth(exprs, id) {
            Some(true) => stored.meet(Fact::NON_ZERO).unwrap_or(stored),
            Some(false) => stored.meet(Fact::ZERO).unwrap_or(stored),
            None => stored,
        }
    }

    /// Whether `id` is non-zero, as far as known.
    pub(crate) fn truth(&self, exprs: &Exprs, id: ExprId) -> Option<bool> {
        self.of(exprs, id).truth()
    }

    fn derived_truth(&self, exprs: &Exprs, id: ExprId) -> Option<bool> {
        if exprs.is_object_address(id) {
            return Some(true);
        }
        match exprs.get(id) {
            Expr::Unary(UnaryOp::Not, a) => self.truth(exprs, a).map(|truth| !truth),
            Expr::Unary(UnaryOp::Neg, a) => self.truth(exprs, a),
            Expr::Binary(op, a, b) => {
                let (x, y) = (self.of(exprs, a), self.of(exprs, b));
                match op {
                    BinaryOp::LogicalAnd => match (x.truth(), y.truth()) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    },
                    BinaryOp::LogicalOr | BinaryOp::Or => match (x.truth(), y.truth()) {
                        (Some(true), _) | (_, Some(true)) => Some(true),
                        (Some(false), Some(false)) => Some(false),
                        _ => None,
                    },
                    BinaryOp::And if x.truth() == Some(false) || y.truth() == Some(false) => {
                        Some(false)
                    }
                    BinaryOp::And => self.bits(exprs, a, exprs.as_const(b)?),
                    BinaryOp::Eq => Self::equal(x, y),
                    BinaryOp::Ne => Self::equal(x, y).map(|equal| !equal),
                    BinaryOp::Lt if x.high < y.low => Some(true),
                    BinaryOp::Lt if x.low >= y.high && !is_error_limit(x) => Some(false),
                    BinaryOp::Le if x.high <= y.low && !is_error_limit(x) => Some(true),
                    BinaryOp::Le if x.low > y.high => Some(false),
                    BinaryOp::Le if is_error_limit(x) && y.low >= 0 => Some(false),
                    _ => None,
                }
            }
            Expr::Select(cond, a, b) => match self.truth(exprs, cond) {
                Some(true) => self.truth(exprs, a),
                Some(false) => self.truth(exprs, b),
                None => match (self.truth(exprs, a), self.truth(exprs, b)) {
                    (Some(x), Some(y)) if x == y => Some(x),
                    _ => None,
                },
            },
            _ => self.has_bits(exprs, id).then_some(true),
        }
    }

    /// Whether some bits of `value` are known to be set.
    fn has_bits(&self, exprs: &Exprs, value: ExprId) -> bool {
        self.entries.iter().any(|&(id, fact)| {
            fact.truth() == Some(true)
                && matches!(exprs.get(id), Expr::Binary(BinaryOp::And, of, mask)
                    if of == value && exprs.as_const(mask).is_some())
        })
    }

    /// Whether some of `bits` are set in `value`, from what is known of more or fewer of its bits.
    fn bits(&self, exprs: &Exprs, value: ExprId, bits: i64) -> Option<bool> {
        self.entries.iter().find_map(|&(id, fact)| {
            let Expr::Binary(BinaryOp::And, of, known) = exprs.get(id) else {
                return None;
            };
            let known = exprs.as_const(known).filter(|_| of == value)?;
            match fact.truth()? {
                false if known & bits == bits => Some(false),
                true if known & bits == known => Some(true),
                _ => None,
            }
        })
    }

    fn equal(x: Fact, y: Fact) -> Option<bool> {
        if x.low == x.high && x.low == y.low && y.low == y.high {
            Some(true)
        } else if x.contradicts(y) {
            Some(false)
        } else {
            None
        }
    }

    /// Assumes that `id` is non-zero (or zero); `false` when that cannot be.
    pub(crate) fn assume(&mut self, exprs: &Exprs, id: ExprId, truth: bool) -> bool {
        if let Some(known) = self.truth(exprs, id) {
            return known == truth;
        }
        match exprs.get(id) {
            Expr::Unary(UnaryOp::Not, a) => return self.assume(exprs, a, !truth),
            Expr::Binary(op, a, b) => match (op, truth) {
                (BinaryOp::LogicalAnd, true) => {
                    return self.assume(exprs, a, true) && self.assume(exprs, b, true);
                }
                (BinaryOp::LogicalOr | BinaryOp::Or, false) => {
                    return self.assume(exprs, a, false) && self.assume(exprs, b, false);
                }
                (BinaryOp::LogicalAnd, false) => {
                    if self.truth(exprs, a) == Some(true) {
                        return self.assume(exprs, b, false);
                    }
                    if self.truth(exprs, b) == Some(true) {
                        return self.assume(exprs, a, false);
                    }
                }
                (BinaryOp::LogicalOr, true) => {
                    if self.truth(exprs, a) == Some(false) {
                        return self.assume(exprs, b, true);
                    }
                    if self.truth(exprs, b) == Some(false) {
                        return self.assume(exprs, a, true);
                    }
                }
                (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => {
                    let both = self.of(exprs, a).meet(self.of(exprs, b));
                    return match both {
                        Some(fact) => {
                            self.store_operand(exprs, a, fact)
                                && self.store_operand(exprs, b, fact)
                                && self.store(id, truth_fact(truth))
                        }
                        None => false,
                    };
                }
                (BinaryOp::Eq, false) | (BinaryOp::Ne, true) => {
                    if let Some(value) = exprs.as_const(b) {
                        self.exclude(exprs, a, value);
                    }
                }
                (BinaryOp::Lt | BinaryOp::Le, _) => self.assume_order(exprs, op, a, b, truth),
                _ => {}
            },
            _ => {}
        }
        self.store(id, truth_fact(truth))
    }

    /// Assumes that the value lies in `low..=high`; `false` when that cannot be.
    pub(crate) fn assume_range(&mut self, exprs: &Exprs, id: ExprId, low: i64, high: i64) -> bool {
        let fact = Fact {
            low,
            high,
            non_zero: false,
            assumed: false,
        };
        if let Some(value) = exprs.as_const(id) {
            return low <= value && value <= high;
        }
        self.store(id, fact)
    }

    /// Assumes a fact of a value; `false` when that cannot be.
    pub(crate) fn assume_fact(&mut self, exprs: &Exprs, id: ExprId, fact: Fact) -> bool {
        if let Some(known) = fact.truth()
            && fact.low != fact.high
        {
            return self.assume(exprs, id, known);
        }
        if fact == Fact::ZERO {
            return self.assume(exprs, id, false);
        }
        match self.of(exprs, id).meet(fact) {
            Some(_) => self.store_operand(exprs, id, fact),
            None => false,
        }
    }

    /// Takes `id` for a pointer that is followed, unless that cannot be.
    pub(crate) fn assume_object(&mut self, exprs: &Exprs, id: ExprId) {
        if exprs.as_const(id).is_none() && self.truth(exprs, id).is_none() {
            self.store(id, Fact::OBJECT);
        }
    }

    fn store_operand(&mut self, exprs: &Exprs, id: ExprId, fact: Fact) -> bool {
        match exprs.as_const(id) {
            Some(value) => Fact::exactly(value).meet(fact).is_some(),
            None => self.store(id, fact),
        }
    }

    fn exclude(&mut self, exprs: &Exprs, id: ExprId, value: i64) {
        if exprs.as_const(id).is_some() {
            return;
        }
        let known = self.of(exprs, id);
        let fact = if value == 0 {
            Fact::NON_ZERO
        } else if known.low == value {
            Fact {
                low: value.saturating_add(1),
                assumed: false,
                ..Fact::ANY
            }
        } else if known.high == value {
            Fact {
                high: value.saturating_sub(1),
                assumed: false,
                ..Fact::ANY
            }
        } else {
            return;
        };
        self.store(id, fact);
    }

    fn assume_order(&mut self, exprs: &Exprs, op: BinaryOp, a: ExprId, b: ExprId, truth: bool) {
        let (x, y) = (self.of(exprs, a), self.of(exprs, b));
        // The comparison with the limit of error pointers is one of addresses: no interval of
        // signed numbers expresses it, but its two sides tell errors from null.
        if is_error_limit(x) {
            if truth {
                let fact = Fact {
                    low: x.low,
                    high: -1,
                    non_zero: true,
                    assumed: false,
                };
                self.store_operand(exprs, b, fact);
            }
            return;
        }
        let (less, more, strict) = match (op == BinaryOp::Lt, truth) {
            (true, true) => ((a, x), (b, y), true),
            (false, true) => ((a, x), (b, y), false),
            (true, false) => ((b, y), (a, x), false),
            (false, false) => ((b, y), (a, x), true),
        };
        let step = i64::from(strict);
        // Only against constants: intervals of two unknowns would creep upwards in loops.
        if exprs.as_const(more.0).is_some() {
            let high = more.1.high.saturating_sub(step);
            self.store_operand(
                exprs,
                less.0,
                Fact {
                    high,
                    assumed: false,
                    ..Fact::ANY
                },
            );
        } else if exprs.as_const(less.0).is_some() {
            let low = less.1.low.saturating_add(step);
            self.store_operand(
                exprs,
                more.0,
                Fact {
                    low,
                    assumed: false,
                    ..Fact::ANY
                },
            );
        }
    }
}

fn is_error_limit(fact: Fact) -> bool {
    fact.low == -MAX_ERROR && fact.high == -MAX_ERROR
}

fn truth_fact(truth: bool) -> Fact {
    if truth { Fact::NON_ZERO } else { Fact::ZERO }
}

#[cfg(test)]
mod laws;
