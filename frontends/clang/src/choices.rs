// SPDX-License-Identifier: MIT OR Apache-2.0
//! `&&`, `||` and `?:` as values: where neither side has effects they stay values, otherwise they
//! become control flow that leaves its result in a temporary.

use waitctx_model::{BinaryOp, Place, Terminator, Value};

use crate::body::Body;
use crate::ffi::{BinaryKind, Cursor, TypeKind};
use crate::values::{binary, is_truth};

impl<'tu> Body<'_, 'tu> {
    /// `a && b` and `a || b` as values.
    pub(crate) fn logical(
        &mut self,
        expression: Cursor<'tu>,
        left: Cursor<'tu>,
        right: Cursor<'tu>,
        wanted: bool,
    ) -> Value {
        let is_and = expression.binary_operator() == BinaryKind::LogicalAnd;
        if !wanted {
            let (next, done) = (self.block(), self.block());
            if is_and {
                self.branch(left, next, done);
            } else {
                self.branch(left, done, next);
            }
            self.enter(next);
            self.effects(right);
            self.fall_into(done);
            return Value::Unknown;
        }
        if !self.has_effects(right) {
            let a = self.value(left);
            match (is_and, &a) {
                (true, Value::Const(0)) => return Value::Const(0),
                (false, Value::Const(number)) if *number != 0 => return Value::Const(1),
                _ => {}
            }
            let b = self.value(right);
            let op = if is_and {
                BinaryOp::LogicalAnd
            } else {
                BinaryOp::LogicalOr
            };
            return match (a, b) {
                (Value::Const(_), Value::Const(b)) => Value::Const(i64::from(b != 0)),
                (Value::Const(_), b) if is_truth(&b) => b,
                (Value::Const(_), b) => binary(BinaryOp::Ne, b, Value::Const(0)),
                (a, b) => binary(op, a, b),
            };
        }
        let result = self.temporary(expression.ctype());
        let (yes, no, done) = (self.block(), self.block(), self.block());
        self.branch(expression, yes, no);
        self.enter(yes);
        self.assign(Place::local(result), Value::Const(1));
        self.fall_into(done);
        self.enter(no);
        self.assign(Place::local(result), Value::Const(0));
        self.fall_into(done);
        Value::Read(Place::local(result))
    }

    /// `test ? yes : no`
    pub(crate) fn choose(
        &mut self,
        expression: Cursor<'tu>,
        test: Cursor<'tu>,
        (yes, no): (Cursor<'tu>, Cursor<'tu>),
        wanted: bool,
    ) -> Value {
        if wanted && !self.has_effects(test) {
            let value = self.value(test);
            if let Value::Const(number) = value {
                return self.pass(if number == 0 { no } else { yes }, wanted);
            }
            if !self.has_effects(yes) && !self.has_effects(no) {
                let (yes, no) = (self.value(yes), self.value(no));
                return Value::Select(Box::new(value), Box::new(yes), Box::new(no));
            }
        }
        let (on_yes, on_no, done) = (self.block(), self.block(), self.block());
        self.branch(test, on_yes, on_no);
        let is_void = expression.ctype().canonical().kind() == TypeKind::Void;
        let result = (wanted && !is_void).then(|| self.temporary(expression.ctype()));
        for (block, side) in [(on_yes, yes), (on_no, no)] {
            self.enter(block);
            match result {
                Some(result) => {
                    let value = self.value(side);
                    self.assign(Place::local(result), value);
                }
                None => self.effects(side),
            }
            self.end(Terminator::Goto(done));
        }
        self.enter(done);
        result.map_or(Value::Unknown, |it| Value::Read(Place::local(it)))
    }

    /// `test ?: no`
    pub(crate) fn elvis(
        &mut self,
        expression: Cursor<'tu>,
        test: Cursor<'tu>,
        no: Cursor<'tu>,
        wanted: bool,
    ) -> Value {
        let tested = self.value(test);
        match tested {
            Value::Const(0) => return self.pass(no, wanted),
            Value::Const(_) | Value::Function(_) => return tested,
            _ => {}
        }
        let tested = self.keep(tested, test.ctype());
        if !self.has_effects(no) {
            let no = self.value(no);
            return Value::Select(Box::new(tested.clone()), Box::new(tested), Box::new(no));
        }
        let result = self.temporary(expression.ctype());
        self.assign(Place::local(result), tested.clone());
        let (on_no, done) = (self.block(), self.block());
        self.decide(tested, done, on_no);
        self.enter(on_no);
        let no = self.value(no);
        self.assign(Place::local(result), no);
        self.fall_into(done);
        Value::Read(Place::local(result))
    }
}
