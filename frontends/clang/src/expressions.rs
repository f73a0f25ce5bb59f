// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions become values; their effects become statements in front.

use waitctx_model::{BinaryOp, Projection, UnaryOp, Value};

use crate::body::Body;
use crate::ffi::{BinaryKind, Cursor, Kind, Linkage, Storage, TypeKind, UnaryKind};
use crate::source;
use crate::unexposed::{Unexposed, is_integer};
use crate::values::{address_of, binary, is_truth, negated, read_as};

impl<'tu> Body<'_, 'tu> {
    /// The value of an expression.
    pub(crate) fn value(&mut self, expression: Cursor<'tu>) -> Value {
        self.pass(expression, true)
    }

    /// What an expression does, its value unused.
    pub(crate) fn effects(&mut self, expression: Cursor<'tu>) {
        self.pass(expression, false);
    }

    /// The value of an expression if it is wanted, otherwise just what it does.
    pub(crate) fn pass(&mut self, expression: Cursor<'tu>, wanted: bool) -> Value {
        self.deeper(expression, |body| body.value_of(expression, wanted))
            .unwrap_or(Value::Unknown)
    }

    fn value_of(&mut self, expression: Cursor<'tu>, wanted: bool) -> Value {
        match expression.kind() {
            Kind::Paren => match expression.children().first() {
                Some(&inner) => self.pass(inner, wanted),
                None => Value::Unknown,
            },
            Kind::UnexposedExpr => self.unexposed(expression, wanted),
            Kind::Integer => self
                .option(expression)
                .unwrap_or_else(|| constant(expression)),
            Kind::Character | Kind::SizeOf => constant(expression),
            Kind::DeclRef => match expression.referenced() {
                Some(function) if function.kind() == Kind::Function => {
                    Value::Function(self.callable(function).symbol)
                }
                Some(enumerator) if enumerator.kind() == Kind::EnumConstant => constant(expression),
                Some(variable) => match self.fixed(variable).or_else(|| fixed_value(variable)) {
                    Some(number) => Value::Const(number),
                    None => self.read(expression),
                },
                None => Value::Unknown,
            },
            Kind::Member | Kind::Subscript => self.read(expression),
            Kind::Unary => self.unary(expression, wanted),
            Kind::Binary => self.binary(expression, wanted),
            Kind::CompoundAssign => self.compound_assignment(expression),
            Kind::Conditional => match expression.children()[..] {
                [test, yes, no] => self.choose(expression, test, (yes, no), wanted),
                _ => Value::Unknown,
            },
            // The type may hold expressions that are never evaluated; the operand comes last.
            Kind::Cast => match expression.children().last() {
                Some(&inner) => self.cast(expression, inner, wanted),
                None => Value::Unknown,
            },
            Kind::CompoundLiteral => {
                let place = self.compound_literal(expression);
                read_as(place, expression.ctype())
            }
            Kind::InitList => match expression.children()[..] {
                [inner] => self.pass(inner, wanted),
                [] => Value::Const(0),
                _ => Value::Unknown,
            },
            Kind::StmtExpr => self.statement_expression(expression, wanted),
            Kind::Call => self.call(expression, wanted),
            Kind::Generic => match self.selected(expression) {
                Some(inner) => self.pass(inner, wanted),
                None => Value::Unknown,
            },
            Kind::AddrLabel => {
                self.take_address(expression);
                Value::Unknown
            }
            Kind::String | Kind::Floating => Value::Unknown,
            _ => {
                let construct = format!("{} as an expression", expression.kind_name());
                self.reader.approximated(&construct, expression);
                for child in expression.children() {
                    self.effects(child);
                }
                Value::Unknown
            }
        }
    }

    /// The content of an object; of an array its address, which is what it decays to.
    fn read(&mut self, expression: Cursor<'tu>) -> Value {
        let place = self.place(expression);
        read_as(place, expression.ctype())
    }

    /// Expressions that libclang has no kind for.
    fn unexposed(&mut self, expression: Cursor<'tu>, wanted: bool) -> Value {
        match Unexposed::of(expression) {
            Unexposed::Constant => constant(expression),
            Unexposed::Conversion(inner) => self.cast(expression, inner, wanted),
            Unexposed::Elvis(tested, fallback) => self.elvis(expression, tested, fallback, wanted),
            Unexposed::Chosen(chosen) => self.pass(chosen, wanted),
            Unexposed::Other(operands) => {
                for operand in operands {
                    self.effects(operand);
                }
                Value::Unknown
            }
        }
    }

    /// A conversion, written or not.
    fn cast(&mut self, expression: Cursor<'tu>, inner: Cursor<'tu>, wanted: bool) -> Value {
        let to = expression.ctype().canonical().kind();
        if to == TypeKind::Void {
            self.effects(inner);
            return Value::Unknown;
        }
        let value = self.pass(inner, wanted);
        match value {
            // Conversions change the width and the sign of integers. Where the compiler does not
            // call it a constant (pointers), the number stays.
            Value::Const(number) => {
                if to == TypeKind::Pointer {
                    Value::Const(number)
                } else {
                    let wrapped = || match expression.ctype().canonical().integer() {
                        Some(_) if to == TypeKind::Bool => i64::from(number != 0),
                        Some(integer) => integer.wrap(number),
                        None => number,
                    };
                    Value::Const(expression.evaluate().unwrap_or_else(wrapped))
                }
            }
            value if to == TypeKind::Bool && !is_truth(&value) => {
                if inner.ctype().canonical().kind() == TypeKind::Bool {
                    value
                } else {
                    binary(BinaryOp::Ne, value, Value::Const(0))
                }
            }
            value => value,
        }
    }

    /// A number that the source wrote as `MACRO(OPTION)`, where the name says that `OPTION` is a
    /// build option.
    fn option(&mut self, literal: Cursor<'tu>) -> Option<Value> {
        let location = literal.location();
        if !location.in_macro() {
            return None;
        }
        let at = location.written()?;
        let text = self.reader.text(at.file);
        let argument = source::sole_argument_at(&text, at.offset as usize)?;
        if !argument.starts_with(&self.reader.settings.option_prefix) {
            return None;
        }
        Some(Value::Option {
            name: self.reader.name(argument),
            value: literal.evaluate()?,
        })
    }

    fn unary(&mut self, expression: Cursor<'tu>, wanted: bool) -> Value {
        let Some(&operand) = expression.children().first() else {
            return Value::Unknown;
        };
        let op = match expression.unary_operator() {
            UnaryKind::Not => UnaryOp::Not,
            UnaryKind::BitNot => UnaryOp::BitNot,
            UnaryKind::Minus => UnaryOp::Neg,
            UnaryKind::Plus | UnaryKind::Extension => return self.pass(operand, wanted),
            UnaryKind::AddrOf => return self.address(operand),
            UnaryKind::Deref => {
                if expression.ctype().canonical().kind() == TypeKind::Function {
                    return self.pass(operand, wanted);
                }
                if !wanted {
                    self.effects(operand);
                    return Value::Unknown;
                }
                let pointer = self.value(operand);
                let place = self.target_of(pointer);
                return read_as(place, expression.ctype());
            }
            kind @ (UnaryKind::PostInc
            | UnaryKind::PostDec
            | UnaryKind::PreInc
            | UnaryKind::PreDec) => {
                return self.step(expression, operand, kind, wanted);
            }
            UnaryKind::Other => {
                self.effects(operand);
                return Value::Unknown;
            }
        };
        match self.value(operand) {
            Value::Const(number) => {
                let folded = expression.evaluate().or_else(|| {
                    let integer = expression.ctype().canonical().integer()?;
                    Some(integer.unary(op, number))
                });
                folded.map_or(Value::Unknown, Value::Const)
            }
            Value::Unknown => Value::Unknown,
            value if op == UnaryOp::Not => negated(value),
            value => Value::Unary(op, Box::new(value)),
        }
    }

    /// `&operand`
    fn address(&mut self, operand: Cursor<'tu>) -> Value {
        if operand.ctype().canonical().kind() == TypeKind::Function {
            return self.value(operand);
        }
        let place = self.place(operand);
        address_of(place)
    }

    /// `++` and `--`
    fn step(
        &mut self,
        expression: Cursor<'tu>,
        operand: Cursor<'tu>,
        kind: UnaryKind,
        wanted: bool,
    ) -> Value {
        let place = self.place(operand);
        let before = Value::Read(place.clone());
        let op = if matches!(kind, UnaryKind::PostInc | UnaryKind::PreInc) {
            BinaryOp::Add
        } else {
            BinaryOp::Sub
        };
        let after = if expression.ctype().canonical().kind() == TypeKind::Pointer {
            Value::Unknown
        } else {
            binary(op, before.clone(), Value::Const(1))
        };
        if wanted && matches!(kind, UnaryKind::PostInc | UnaryKind::PostDec) {
            let old = self.keep(before, expression.ctype());
            self.assign(place, after);
            return old;
        }
        self.assign(place.clone(), after);
        Value::Read(place)
    }

    fn binary(&mut self, expression: Cursor<'tu>, wanted: bool) -> Value {
        let [left, right] = expression.children()[..] else {
            return Value::Unknown;
        };
        let op = match expression.binary_operator() {
            BinaryKind::Assign => return self.assignment(left, right, wanted),
            BinaryKind::Comma => {
                self.effects(left);
                return self.pass(right, wanted);
            }
            BinaryKind::LogicalAnd | BinaryKind::LogicalOr => {
                return self.logical(expression, left, right, wanted);
            }
            BinaryKind::Add => Some(BinaryOp::Add),
            BinaryKind::Sub => Some(BinaryOp::Sub),
            BinaryKind::Shl => Some(BinaryOp::Shl),
            BinaryKind::Shr => Some(BinaryOp::Shr),
            BinaryKind::And => Some(BinaryOp::And),
            BinaryKind::Or => Some(BinaryOp::Or),
            BinaryKind::Xor => Some(BinaryOp::Xor),
            BinaryKind::Eq => Some(BinaryOp::Eq),
            BinaryKind::Ne => Some(BinaryOp::Ne),
            BinaryKind::Lt | BinaryKind::Gt => Some(BinaryOp::Lt),
            BinaryKind::Le | BinaryKind::Ge => Some(BinaryOp::Le),
            _ => None,
        };
        let exchanged = matches!(
            expression.binary_operator(),
            BinaryKind::Gt | BinaryKind::Ge
        );
        let a = self.value(left);
        let b = self.value(right);
        if let (Value::Const(a), Value::Const(b)) = (&a, &b) {
            let folded = expression.evaluate().or_else(|| {
                let integer = left.ctype().canonical().integer()?;
                let (a, b) = if exchanged { (*b, *a) } else { (*a, *b) };
                integer.binary(op?, a, b)
            });
            if let Some(number) = folded {
                return Value::Const(number);
            }
        }
        if expression.ctype().canonical().kind() == TypeKind::Pointer {
            return self.pointer_arithmetic(expression, op, (left, a), (right, b));
        }
        match op {
            Some(op) if exchanged => binary(op, b, a),
            Some(op) => binary(op, a, b),
            None => Value::Unknown,
        }
    }

    /// `pointer + n` is an element of what the pointer points to, if its type tells what that is;
    /// otherwise it is a number of bytes further on.
    fn pointer_arithmetic(
        &mut self,
        expression: Cursor<'tu>,
        op: Option<BinaryOp>,
        left: (Cursor<'tu>, Value),
        right: (Cursor<'tu>, Value),
    ) -> Value {
        let pointee = expression.ctype().canonical().pointee();
        let raw = matches!(
            pointee.spelling().trim_start_matches("const "),
            "void" | "char" | "unsigned char" | "signed char"
        );
        let (pointer, offset) = if matches!(
            left.0.ctype().canonical().kind(),
            TypeKind::Pointer | TypeKind::Array
        ) {
            (left.1, right.1)
        } else {
            (right.1, left.1)
        };
        match (raw, pointer, offset, op) {
            (_, Value::Unknown | Value::Const(_), ..) => Value::Unknown,
            (_, pointer, Value::Const(0), _) => pointer,
            (true, pointer, offset @ Value::Const(_), Some(op)) => binary(op, pointer, offset),
            (true, ..) => Value::Unknown,
            (false, pointer, ..) => self.element_address(pointer),
        }
    }

    fn element_address(&mut self, pointer: Value) -> Value {
        let mut place = self.target_of(pointer);
        if place.path.last() != Some(&Projection::Index) {
            place = place.then(Projection::Index);
        }
        Value::AddressOf(place)
    }

    fn assignment(&mut self, left: Cursor<'tu>, right: Cursor<'tu>, wanted: bool) -> Value {
        let value = self.value(right);
        let place = self.place(left);
        self.assign(place.clone(), value.clone());
        if !wanted {
            return Value::Unknown;
        }
        match value {
            Value::Const(_) | Value::Function(_) => value,
            _ => Value::Read(place),
        }
    }

    fn compound_assignment(&mut self, expression: Cursor<'tu>) -> Value {
        let [left, right] = expression.children()[..] else {
            return Value::Unknown;
        };
        let op = match expression.binary_operator() {
            BinaryKind::AddAssign => Some(BinaryOp::Add),
            BinaryKind::SubAssign => Some(BinaryOp::Sub),
            BinaryKind::ShlAssign => Some(BinaryOp::Shl),
            BinaryKind::ShrAssign => Some(BinaryOp::Shr),
            BinaryKind::AndAssign => Some(BinaryOp::And),
            BinaryKind::XorAssign => Some(BinaryOp::Xor),
            BinaryKind::OrAssign => Some(BinaryOp::Or),
            _ => None,
        };
        let operand = self.value(right);
        let place = self.place(left);
        let is_pointer = expression.ctype().canonical().kind() == TypeKind::Pointer;
        let value = match op {
            Some(op) if !is_pointer => binary(op, Value::Read(place.clone()), operand),
            _ => Value::Unknown,
        };
        self.assign(place.clone(), value);
        Value::Read(place)
    }

    /// Whether evaluating an expression does anything but yield a value.
    pub(crate) fn has_effects(&mut self, expression: Cursor<'tu>) -> bool {
        match expression.kind() {
            Kind::SizeOf
            | Kind::Integer
            | Kind::Character
            | Kind::String
            | Kind::Floating
            | Kind::DeclRef => false,
            Kind::StmtExpr | Kind::CompoundAssign | Kind::CompoundLiteral => true,
            Kind::Generic => match self.selected(expression) {
                Some(inner) => self.has_effects(inner),
                None => true,
            },
            Kind::Call => self.call_has_effects(expression),
            Kind::Binary if expression.binary_operator() == BinaryKind::Assign => true,
            Kind::Unary
                if matches!(
                    expression.unary_operator(),
                    UnaryKind::PostInc | UnaryKind::PostDec | UnaryKind::PreInc | UnaryKind::PreDec
                ) =>
            {
                true
            }
            Kind::Cast => expression
                .children()
                .last()
                .is_some_and(|it| self.has_effects(*it)),
            Kind::UnexposedExpr => match Unexposed::of(expression) {
                Unexposed::Constant => false,
                Unexposed::Conversion(inner) | Unexposed::Chosen(inner) => self.has_effects(inner),
                Unexposed::Elvis(tested, fallback) => {
                    self.has_effects(tested) || self.has_effects(fallback)
                }
                Unexposed::Other(_) => true,
            },
            _ => expression
                .children()
                .into_iter()
                .any(|it| self.has_effects(it)),
        }
    }
}

/// What the compiler makes of a constant expression.
fn constant(expression: Cursor<'_>) -> Value {
    expression.evaluate().map_or(Value::Unknown, Value::Const)
}

/// The value of a variable that nothing in this unit can change and no other unit can see.
fn fixed_value(variable: Cursor<'_>) -> Option<i64> {
    let ctype = variable.ctype();
    let fixed = variable.kind() == Kind::Variable
        && ctype.is_const()
        && !ctype.is_volatile()
        && (variable.linkage() == Linkage::Internal || variable.storage() == Storage::Static)
        && is_integer(variable);
    if fixed {
        variable.definition()?.initialiser()?.evaluate()
    } else {
        None
    }
}
