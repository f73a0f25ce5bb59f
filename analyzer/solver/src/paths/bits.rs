// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words of flags, bit by bit: what two of them have in common stays known when they are merged.
//!
//! `flags |= LOCKED` on one of two ways leaves every other flag what it was. A value is seen as
//! parts, each some bits of an expression that is not looked into, and bits that are set; all
//! others are clear.

use waitctx_model::BinaryOp;

use crate::expr::{Expr, ExprId, Exprs};

/// More parts than this no word of flags is made of.
const MAX_PARTS: usize = 4;

/// Where the bits of a word come from.
#[derive(Default)]
struct Word {
    /// Some bits of each of these expressions.
    parts: Vec<(ExprId, i64)>,
    /// Bits that are set.
    set: i64,
}

impl Word {
    fn of(exprs: &Exprs, id: ExprId) -> Self {
        let mut word = Self::default();
        word.add(exprs, id, -1);
        word
    }

    fn add(&mut self, exprs: &Exprs, id: ExprId, mask: i64) {
        match exprs.get(id) {
            Expr::Const(value) => self.set |= value & mask,
            Expr::Binary(BinaryOp::Or, a, b) => {
                self.add(exprs, a, mask);
                self.add(exprs, b, mask);
            }
            Expr::Binary(BinaryOp::And, a, b) => match exprs.as_const(b) {
                Some(more) => self.add(exprs, a, mask & more),
                None => self.part(id, mask),
            },
            _ => self.part(id, mask),
        }
    }

    fn part(&mut self, id: ExprId, mask: i64) {
        match self.parts.iter_mut().find(|(it, _)| *it == id) {
            Some((_, bits)) => *bits |= mask,
            None => self.parts.push((id, mask)),
        }
    }

    /// The bits that come from `part` and from nothing else.
    fn only_from(&self, part: ExprId) -> i64 {
        let mut bits = 0;
        let mut others = self.set;
        for &(id, mask) in &self.parts {
            if id == part {
                bits |= mask;
            } else {
                others |= mask;
            }
        }
        bits & !others
    }

    /// The bits that are certainly clear.
    fn clear(&self) -> i64 {
        !self
            .parts
            .iter()
            .fold(self.set, |bits, (_, mask)| bits | mask)
    }
}

/// A value that is `a` or `b`: what they agree on, and `unknown` for the other bits. `None` when
/// they are not made of the same words.
pub(super) fn either(exprs: &mut Exprs, a: ExprId, b: ExprId, unknown: ExprId) -> Option<ExprId> {
    let (x, y) = (Word::of(exprs, a), Word::of(exprs, b));
    if x.parts.len().max(y.parts.len()) > MAX_PARTS {
        return None;
    }
    let mut agreed = x.set & y.set | x.clear() & y.clear();
    let mut merged = exprs.constant(x.set & y.set);
    let mut common = false;
    for &(part, _) in &x.parts {
        let bits = x.only_from(part) & y.only_from(part);
        if bits != 0 {
            agreed |= bits;
            common = true;
            let bits = exprs.constant(bits);
            let bits = exprs.binary(BinaryOp::And, part, bits);
            merged = exprs.binary(BinaryOp::Or, merged, bits);
        }
    }
    if !common {
        return None;
    }
    let rest = exprs.constant(!agreed);
    let rest = exprs.binary(BinaryOp::And, unknown, rest);
    Some(exprs.binary(BinaryOp::Or, merged, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Origin;

    #[test]
    fn bits_that_neither_way_changes_stay_known() {
        let mut exprs = Exprs::default();
        let flags = exprs.intern(Expr::Parameter(0));
        let unknown = exprs.intern(Expr::Opaque(Origin::Statement(0, 0, 0)));
        let bit = exprs.constant(2);
        let with = exprs.binary(BinaryOp::Or, flags, bit);
        let merged = either(&mut exprs, flags, with, unknown).expect("they agree on most bits");
        let four = exprs.constant(4);
        let asked = exprs.binary(BinaryOp::And, merged, four);
        assert_eq!(asked, exprs.binary(BinaryOp::And, flags, four));
        let asked = exprs.binary(BinaryOp::And, merged, bit);
        assert_eq!(asked, exprs.binary(BinaryOp::And, unknown, bit));
        // Merged once more it stays what it is, so that loops come to an end.
        assert_eq!(either(&mut exprs, merged, with, unknown), Some(merged));
    }

    #[test]
    fn numbers_and_pointers_have_nothing_in_common() {
        let mut exprs = Exprs::default();
        let pointer = exprs.intern(Expr::Parameter(0));
        let unknown = exprs.intern(Expr::Opaque(Origin::Statement(0, 0, 0)));
        let (zero, one) = (exprs.constant(0), exprs.constant(1));
        assert_eq!(either(&mut exprs, pointer, zero, unknown), None);
        assert_eq!(either(&mut exprs, zero, one, unknown), None);
    }
}
