// SPDX-License-Identifier: MIT OR Apache-2.0
//! Branches that are taken only where two pointers happen to be the same: as a rule they are not.
//! (The pointer heuristic of Ball and Larus, "Branch prediction for free", PLDI 1993.)

use waitctx_model::{BinaryOp, UnaryOp};

use super::liveness::for_each_successor;
use super::state::State;
use super::walk::Walker;
use crate::expr::{Expr, ExprId};

impl Walker<'_> {
    /// Whether `cond` being as `truth` says makes two pointers the same of which nothing was known.
    /// The end of a loop is none: it comes round to its start.
    pub(super) fn is_coincidence(&self, state: &State, cond: ExprId, truth: bool) -> bool {
        if state.facts.truth(&self.exprs, cond).is_some() {
            return false;
        }
        match (self.exprs.get(cond), truth) {
            (Expr::Unary(UnaryOp::Not, inner), _) => self.is_coincidence(state, inner, !truth),
            (Expr::Binary(BinaryOp::Eq, a, b), true)
            | (Expr::Binary(BinaryOp::Ne, a, b), false) => {
                let known =
                    |id| self.exprs.as_const(id).is_some() || self.exprs.is_object_address(id);
                !known(a)
                    && !known(b)
                    && (self.is_pointer(a) || self.is_pointer(b))
                    && !self.is_in_loop(self.point.block)
            }
            (Expr::Binary(BinaryOp::LogicalAnd, a, b), true)
            | (Expr::Binary(BinaryOp::LogicalOr, a, b), false) => {
                self.is_coincidence(state, a, truth) || self.is_coincidence(state, b, truth)
            }
            _ => false,
        }
    }

    /// Whether a value is declared to be a pointer.
    fn is_pointer(&self, id: ExprId) -> bool {
        match self.exprs.get(id) {
            Expr::Parameter(index) => {
                let parameters = &self.program.function(self.function).parameters;
                let ty = parameters.get(index as usize).copied().flatten();
                ty.is_some_and(|ty| ty.pointer)
            }
            Expr::Load(address) => match self.exprs.get(address) {
                Expr::FieldAddress(_, field) => self.program.fields[field.0 as usize].ty.pointer,
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether control can come back to a block.
    fn is_in_loop(&self, block: u32) -> bool {
        let mut seen = vec![false; self.body.blocks.len()];
        let mut waiting = vec![block];
        let mut comes_back = false;
        while let Some(at) = waiting.pop() {
            for_each_successor(&self.body.blocks[at as usize].end, |to| {
                comes_back |= to == block;
                if !std::mem::replace(&mut seen[to as usize], true) {
                    waiting.push(to);
                }
            });
        }
        comes_back
    }
}
