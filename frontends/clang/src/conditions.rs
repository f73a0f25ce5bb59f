// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conditions become control flow: `&&`, `||`, `!` and `?:` are edges, and a condition that is
//! constant leaves one of its ways out, unless a build option decides it.

use waitctx_model::{BlockId, Terminator, UnaryOp, Value};

use crate::body::Body;
use crate::ffi::{BinaryKind, Cursor, Kind, UnaryKind};
use crate::unexposed::Unexposed;

impl<'tu> Body<'_, 'tu> {
    /// Goes to `then` if `condition` is not zero, otherwise to `otherwise`.
    pub(crate) fn branch(&mut self, condition: Cursor<'tu>, then: BlockId, otherwise: BlockId) {
        let done = self.deeper(condition, |body| {
            body.branch_on(condition, then, otherwise);
        });
        if done.is_none() {
            self.decide(Value::Unknown, then, otherwise);
        }
    }

    fn branch_on(&mut self, condition: Cursor<'tu>, then: BlockId, otherwise: BlockId) {
        match condition.kind() {
            Kind::Paren => {
                if let Some(&inner) = condition.children().first() {
                    return self.branch(inner, then, otherwise);
                }
            }
            Kind::UnexposedExpr => match Unexposed::of(condition) {
                // Implicit conversions do not turn zero into something else.
                Unexposed::Conversion(inner) | Unexposed::Chosen(inner) => {
                    return self.branch(inner, then, otherwise);
                }
                Unexposed::Elvis(tested, fallback) => {
                    let next = self.block();
                    self.branch(tested, then, next);
                    self.enter(next);
                    return self.branch(fallback, then, otherwise);
                }
                Unexposed::Constant | Unexposed::Other(_) => {}
            },
            Kind::Unary if condition.unary_operator() == UnaryKind::Not => {
                if let Some(&inner) = condition.children().first() {
                    return self.branch(inner, otherwise, then);
                }
            }
            Kind::Binary => {
                if let [left, right] = condition.children()[..] {
                    match condition.binary_operator() {
                        BinaryKind::LogicalAnd => {
                            let next = self.block();
                            self.branch(left, next, otherwise);
                            self.enter(next);
                            return self.branch(right, then, otherwise);
                        }
                        BinaryKind::LogicalOr => {
                            let next = self.block();
                            self.branch(left, then, next);
                            self.enter(next);
                            return self.branch(right, then, otherwise);
                        }
                        BinaryKind::Comma => {
                            self.effects(left);
                            return self.branch(right, then, otherwise);
                        }
                        _ => {}
                    }
                }
            }
            Kind::Conditional => {
                if let [test, yes, no] = condition.children()[..] {
                    let (on_yes, on_no) = (self.block(), self.block());
                    self.branch(test, on_yes, on_no);
                    self.enter(on_yes);
                    self.branch(yes, then, otherwise);
                    self.enter(on_no);
                    return self.branch(no, then, otherwise);
                }
            }
            Kind::StmtExpr => {
                if let Some(last) = self.before_last(condition) {
                    return self.branch(last, then, otherwise);
                }
            }
            Kind::Call => {
                if let Some(expected) = self.expectation(condition) {
                    return self.branch(expected, then, otherwise);
                }
            }
            _ => {}
        }
        let value = self.value(condition);
        self.decide(value, then, otherwise);
    }

    /// Goes to `then` if `value` is not zero, otherwise to `otherwise`.
    pub(crate) fn decide(&mut self, value: Value, then: BlockId, otherwise: BlockId) {
        self.end(match value {
            Value::Unary(UnaryOp::Not, inner) => return self.decide(*inner, otherwise, then),
            Value::Const(0) => Terminator::Goto(otherwise),
            Value::Const(_) | Value::Function(_) => Terminator::Goto(then),
            cond => Terminator::Branch {
                cond,
                then,
                otherwise,
            },
        });
    }
}
