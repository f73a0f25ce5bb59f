// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operators: of the language for numbers, functions of traits for everything else.

use std::rc::Rc;

use syn::spanned::Spanned;
use syn::{BinOp, Expr, UnOp};
use waitctx_model::{BinaryOp, UnaryOp};

use super::Builder;
use super::patterns::binary;
use crate::items::Def;
use crate::mir::{Callee, End, Place, Value};
use crate::ty::Ty;

impl Builder {
    pub(super) fn unary(&mut self, it: &syn::ExprUnary, expected: Option<&Ty>) -> (Value, Ty) {
        let (value, ty) = self.expr(&it.expr, expected);
        let ty = self.typer.normalize(&ty);
        let ty = self.typer.infer.shallow(&ty);
        let is_not = matches!(it.op, UnOp::Not(_));
        if let Ty::Adt(..) = &ty {
            let (of, name) = if is_not {
                ("Not", "not")
            } else {
                ("Neg", "neg")
            };
            return self.overloaded(of, name, value, ty, None, it.span());
        }
        let op = match (is_not, &ty) {
            (true, Ty::Prim("bool")) => UnaryOp::Not,
            (true, _) => UnaryOp::BitNot,
            (false, _) => UnaryOp::Neg,
        };
        (Value::Unary(op, Box::new(value)), ty)
    }

    pub(super) fn binary(&mut self, it: &syn::ExprBinary, expected: Option<&Ty>) -> (Value, Ty) {
        if matches!(it.op, BinOp::And(_) | BinOp::Or(_)) {
            return self.lazy(it);
        }
        if let Some(op) = assigning(&it.op) {
            return self.compound(it, op);
        }
        let is_comparison = matches!(
            it.op,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
        );
        let wanted = if is_comparison { None } else { expected };
        let (left, left_ty) = self.expr(&it.left, wanted);
        let left_ty = self.typer.normalize(&left_ty);
        let left_ty = self.typer.infer.shallow(&left_ty);
        let right_expected = match &left_ty {
            Ty::Prim(_) if !matches!(it.op, BinOp::Shl(_) | BinOp::Shr(_)) => Some(left_ty.clone()),
            _ => None,
        };
        let (right, right_ty) = self.expr(&it.right, right_expected.as_ref());
        let right_ty = self.typer.infer.shallow(&right_ty);
        if is_comparison {
            return self.compare(it, (left, left_ty), (right, right_ty));
        }
        if let (Ty::Adt(..), Some((of, name))) = (&left_ty, operator_trait(&it.op)) {
            let right = Some((right, right_ty));
            return self.overloaded(of, name, left, left_ty, right, it.span());
        }
        if !matches!(it.op, BinOp::Shl(_) | BinOp::Shr(_)) {
            self.typer.infer.unify(&left_ty, &right_ty);
        }
        let ty = self.typer.infer.shallow(&left_ty);
        (arithmetic(&it.op, left, right), ty)
    }

    fn compare(
        &mut self,
        it: &syn::ExprBinary,
        (left, left_ty): (Value, Ty),
        (right, right_ty): (Value, Ty),
    ) -> (Value, Ty) {
        let is_plain = |ty: &Ty| {
            matches!(
                ty,
                Ty::Prim(_) | Ty::Ptr(_) | Ty::Infer(_) | Ty::Foreign(_) | Ty::FnPtr(..)
            ) && *ty != Ty::STR
        };
        if let Ty::Adt(id, _) = &left_ty {
            let is_number = self.cx.is_scalar_adt(*id);
            let name = match it.op {
                BinOp::Eq(_) | BinOp::Ne(_) => Some(("PartialEq", "eq")),
                _ => None,
            };
            let derives = &self.cx.adts.get(*id).derives;
            if !derives.iter().any(|it| it == "PartialEq")
                && let Some((of, name)) = name
            {
                let span = it.span();
                let left_place = Place::local(self.spill(left, &left_ty, span));
                let right_place = Place::local(self.spill(right, &right_ty, span));
                let (value, _) = self.overloaded(
                    of,
                    name,
                    Value::AddressOf(left_place),
                    left_ty,
                    Some((Value::AddressOf(right_place), right_ty)),
                    span,
                );
                return (value, Ty::BOOL);
            }
            if !is_number {
                return (Value::Unknown, Ty::BOOL);
            }
            self.typer.infer.unify(&left_ty, &right_ty);
            return (comparison(&it.op, left, right), Ty::BOOL);
        }
        self.typer.infer.unify(&left_ty, &right_ty);
        if is_plain(&left_ty) && is_plain(&right_ty) {
            return (comparison(&it.op, left, right), Ty::BOOL);
        }
        (Value::Unknown, Ty::BOOL)
    }

    /// `a && b`, `a || b`
    fn lazy(&mut self, it: &syn::ExprBinary) -> (Value, Ty) {
        let local = self.new_local(None, Ty::BOOL, it.span());
        let yes = self.new_block();
        let no = self.new_block();
        let after = self.new_block();
        let whole = Expr::Binary(it.clone());
        self.condition(&whole, yes, no);
        for (block, value) in [(yes, 1), (no, 0)] {
            self.frame().current = block;
            self.assign(Place::local(local), Value::Const(value));
            self.end(End::Goto(after));
        }
        self.frame().current = after;
        (Value::Copy(Place::local(local)), Ty::BOOL)
    }

    /// `a += b`
    fn compound(&mut self, it: &syn::ExprBinary, op: BinOp) -> (Value, Ty) {
        let (right, right_ty) = self.expr(&it.right, None);
        let (place, ty) = self.place(&it.left);
        let ty = self.typer.normalize(&ty);
        let ty = self.typer.infer.shallow(&ty);
        if let (Ty::Adt(..), Some((of, name))) = (&ty, operator_trait(&op)) {
            let of_assign = format!("{of}Assign");
            let name_assign = format!("{name}_assign");
            let reference = Value::AddressOf(place.clone());
            if self.operator(&of_assign, &name_assign).is_some() {
                let right = Some((right, right_ty));
                self.overloaded(&of_assign, &name_assign, reference, ty, right, it.span());
            } else {
                let left = Value::Copy(place.clone());
                let right = Some((right, right_ty));
                let (value, _) = self.overloaded(of, name, left, ty, right, it.span());
                self.assign(place, value);
            }
            return (Value::Const(0), Ty::unit());
        }
        if !matches!(op, BinOp::Shl(_) | BinOp::Shr(_)) {
            self.typer.infer.unify(&ty, &right_ty);
        }
        let value = arithmetic(&op, Value::Copy(place.clone()), right);
        self.assign(place, value);
        (Value::Const(0), Ty::unit())
    }

    fn operator(&mut self, of: &str, name: &str) -> Option<crate::items::FnId> {
        let core = self.cx.crate_named("core", crate::items::CrateId(0))?;
        let root = self.cx.crates.get(core).root.get();
        let module = if of == "PartialEq" { "cmp" } else { "ops" };
        let path = ["core".to_owned(), module.to_owned(), of.to_owned()];
        match self.cx.resolve(root, &path, true, false)? {
            (Def::Trait(id), _) => {
                let of = self.cx.traits.get(id);
                let functions = of.functions.borrow();
                functions.get(name).copied()
            }
            _ => None,
        }
    }

    fn overloaded(
        &mut self,
        of: &str,
        name: &str,
        left: Value,
        left_ty: Ty,
        right: Option<(Value, Ty)>,
        span: proc_macro2::Span,
    ) -> (Value, Ty) {
        let Some(function) = self.operator(of, name) else {
            return (Value::Unknown, left_ty);
        };
        let mut args = vec![left_ty];
        let mut values = vec![left];
        if let Some((value, ty)) = right {
            values.push(value);
            args.push(ty);
        }
        let args: crate::ty::Args = args.into();
        let signature = self.cx.signature(function);
        let output = self.typer.normalize(&signature.output.subst(&args));
        let callee = Callee::Function(function, args);
        let value = self.call_written(callee, values, &output, span, Some(Rc::from("")));
        (value, output)
    }
}

/// The operation of an assigning operator.
fn assigning(op: &BinOp) -> Option<BinOp> {
    let span = op.span();
    Some(match op {
        BinOp::AddAssign(_) => BinOp::Add(syn::Token![+](span)),
        BinOp::SubAssign(_) => BinOp::Sub(syn::Token![-](span)),
        BinOp::MulAssign(_) => BinOp::Mul(syn::Token![*](span)),
        BinOp::DivAssign(_) => BinOp::Div(syn::Token![/](span)),
        BinOp::RemAssign(_) => BinOp::Rem(syn::Token![%](span)),
        BinOp::BitXorAssign(_) => BinOp::BitXor(syn::Token![^](span)),
        BinOp::BitAndAssign(_) => BinOp::BitAnd(syn::Token![&](span)),
        BinOp::BitOrAssign(_) => BinOp::BitOr(syn::Token![|](span)),
        BinOp::ShlAssign(_) => BinOp::Shl(syn::Token![<<](span)),
        BinOp::ShrAssign(_) => BinOp::Shr(syn::Token![>>](span)),
        _ => return None,
    })
}

fn operator_trait(op: &BinOp) -> Option<(&'static str, &'static str)> {
    Some(match op {
        BinOp::Add(_) => ("Add", "add"),
        BinOp::Sub(_) => ("Sub", "sub"),
        BinOp::Mul(_) => ("Mul", "mul"),
        BinOp::Div(_) => ("Div", "div"),
        BinOp::Rem(_) => ("Rem", "rem"),
        BinOp::BitXor(_) => ("BitXor", "bitxor"),
        BinOp::BitAnd(_) => ("BitAnd", "bitand"),
        BinOp::BitOr(_) => ("BitOr", "bitor"),
        BinOp::Shl(_) => ("Shl", "shl"),
        BinOp::Shr(_) => ("Shr", "shr"),
        _ => return None,
    })
}

fn arithmetic(op: &BinOp, a: Value, b: Value) -> Value {
    let op = match op {
        BinOp::Add(_) => BinaryOp::Add,
        BinOp::Sub(_) => BinaryOp::Sub,
        BinOp::BitXor(_) => BinaryOp::Xor,
        BinOp::BitAnd(_) => BinaryOp::And,
        BinOp::BitOr(_) => BinaryOp::Or,
        BinOp::Shl(_) => BinaryOp::Shl,
        BinOp::Shr(_) => BinaryOp::Shr,
        _ => return Value::Unknown,
    };
    binary(op, a, b)
}

fn comparison(op: &BinOp, a: Value, b: Value) -> Value {
    match op {
        BinOp::Eq(_) => binary(BinaryOp::Eq, a, b),
        BinOp::Ne(_) => binary(BinaryOp::Ne, a, b),
        BinOp::Lt(_) => binary(BinaryOp::Lt, a, b),
        BinOp::Le(_) => binary(BinaryOp::Le, a, b),
        BinOp::Gt(_) => binary(BinaryOp::Lt, b, a),
        BinOp::Ge(_) => binary(BinaryOp::Le, b, a),
        _ => Value::Unknown,
    }
}
