// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conditions as a programmer would write them.

use crate::expr::{Expr, ExprId, Exprs};
use crate::facts::Fact;
use crate::program::{FnId, Program};

/// Nested operators beyond this are written `…`: the condition is there, its text is no help.
const DEEPEST_SHOWN: usize = 6;

/// Conditions of a function on its arguments, each in the syntax of C.
pub(super) fn conditions(
    program: &Program,
    function: FnId,
    exprs: &Exprs,
    conditions: impl Iterator<Item = (ExprId, Fact)>,
) -> Vec<String> {
    let printer = Printer {
        program,
        function,
        exprs,
    };
    let mut texts: Vec<String> = conditions
        .map(|(expr, fact)| printer.condition(expr, fact))
        .collect();
    texts.dedup();
    texts
}

/// What is known of a result.
pub(super) fn result(fact: Fact) -> Option<String> {
    let Fact { low, high, .. } = fact;
    if low == high {
        return Some(low.to_string());
    }
    match fact.truth() {
        Some(true) if high < 0 => Some("negative".to_owned()),
        Some(true) => Some("not 0".to_owned()),
        _ => None,
    }
}

struct Printer<'a> {
    program: &'a Program,
    function: FnId,
    exprs: &'a Exprs,
}

impl Printer<'_> {
    fn condition(&self, expr: ExprId, fact: Fact) -> String {
        let text = self.expr(expr, 0);
        let Fact { low, high, .. } = fact;
        match fact.truth() {
            Some(false) => match self.exprs.get(expr) {
                Expr::Binary(..) | Expr::Select(..) => format!("!({text})"),
                _ => format!("!{text}"),
            },
            Some(true) if low == high => format!("{text} == {low}"),
            Some(true) if high < 0 && high != i64::MIN => format!("{text} < 0"),
            Some(true) => text,
            None => match (low, high) {
                (i64::MIN, high) => format!("{text} <= {high}"),
                (low, i64::MAX) => format!("{text} >= {low}"),
                (low, high) => format!("{low} <= {text} <= {high}"),
            },
        }
    }

    fn expr(&self, id: ExprId, depth: usize) -> String {
        if depth > DEEPEST_SHOWN {
            return "…".to_owned();
        }
        let inner = |id| self.operand(id, depth + 1);
        match self.exprs.get(id) {
            Expr::Const(value) if (-9..256).contains(&value) => value.to_string(),
            Expr::Const(value) => format!("{value:#x}"),
            Expr::Parameter(index) => self.parameter(index),
            Expr::Function(symbol) | Expr::Global(symbol) => {
                format!("&{}", self.program.names.get(symbol.name))
            }
            Expr::FieldAddress(base, field) => format!("&{}", self.field(base, field, depth)),
            Expr::Load(address) => match self.exprs.get(address) {
                Expr::FieldAddress(base, field) => self.field(base, field, depth),
                Expr::Global(symbol) => self.program.names.get(symbol.name).to_owned(),
                _ => format!("*{}", inner(address)),
            },
            Expr::Unary(op, a) => format!("{}{}", op.symbol(), inner(a)),
            Expr::Binary(op, a, b) => {
                format!("{} {} {}", inner(a), op.symbol(), inner(b))
            }
            Expr::Select(cond, a, b) => {
                format!("{} ? {} : {}", inner(cond), inner(a), inner(b))
            }
            Expr::Option(name, _) => self.program.names.get(name).to_owned(),
            Expr::Opaque(_) | Expr::LocalAddress(_) | Expr::ElementAddress(_) => "…".to_owned(),
        }
    }

    fn operand(&self, id: ExprId, depth: usize) -> String {
        let text = self.expr(id, depth);
        match self.exprs.get(id) {
            Expr::Binary(..) | Expr::Select(..) => format!("({text})"),
            _ => text,
        }
    }

    fn field(&self, base: ExprId, field: waitctx_model::FieldId, depth: usize) -> String {
        let name = self.program.fields[field.0 as usize].name;
        let name = self.program.names.get(name);
        match self.exprs.get(base) {
            Expr::FieldAddress(outer, within) => {
                format!("{}.{name}", self.field(outer, within, depth + 1))
            }
            Expr::Global(symbol) => {
                format!("{}.{name}", self.program.names.get(symbol.name))
            }
            _ if depth > DEEPEST_SHOWN => format!("…->{name}"),
            _ => format!("{}->{name}", self.operand(base, depth + 1)),
        }
    }

    fn parameter(&self, index: u32) -> String {
        let body = self.program.body(self.function);
        let local = body.and_then(|body| body.locals.get(index as usize).copied());
        match local.and_then(|local| local.name) {
            Some(name) => self.program.names.get(name).to_owned(),
            None => format!("argument {}", index + 1),
        }
    }
}
