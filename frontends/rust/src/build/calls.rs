// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls of functions, constructors and whatever else can be called.

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr;
use syn::spanned::Spanned;

use super::Builder;
use super::paths::PathValue;
use crate::items::FnId;
use crate::mir::{Callee, Place, Statement, Step, Value};
use crate::ty::{Args, Ty};

impl Builder {
    pub(super) fn call_expr(&mut self, it: &syn::ExprCall, expected: Option<&Ty>) -> (Value, Ty) {
        let args: Vec<&Expr> = it.args.iter().collect();
        let mut func = &*it.func;
        while let Expr::Paren(inner) = func {
            func = &inner.expr;
        }
        if let Expr::Path(path) = func {
            let is_variable = path.qself.is_none()
                && path
                    .path
                    .get_ident()
                    .is_some_and(|name| self.variable(&name.to_string()).is_some());
            if !is_variable {
                let span = path
                    .path
                    .segments
                    .last()
                    .map_or(it.span(), |it| it.ident.span());
                return self.call_path(path, &args, expected, span);
            }
        }
        let (place, ty) = self.place(func);
        let span = func.span();
        self.call_value(Value::Copy(place), &ty, &args, span)
    }

    fn call_path(
        &mut self,
        path: &syn::ExprPath,
        args: &[&Expr],
        expected: Option<&Ty>,
        span: Span,
    ) -> (Value, Ty) {
        match self.path_value(path) {
            PathValue::Function(id, generic) => {
                self.call_function(id, &generic, None, args, expected, span)
            }
            PathValue::Ctor(id, variant, generic) => {
                self.construct(id, variant, generic, args, expected, span)
            }
            PathValue::Foreign(name) => {
                let values = self.plain_arguments(args);
                let result = self.typer.infer.fresh();
                let callee = Callee::Foreign(name);
                (self.call(callee, values, &result, span), result)
            }
            PathValue::Const(id, generic) => {
                let (value, ty) = self.constant_value(id, &generic, span);
                self.call_value(value, &ty, args, span)
            }
            PathValue::Unknown => {
                let values = self.plain_arguments(args);
                let name = path.path.segments.last().map(|it| it.ident.to_string());
                let callee = self.unknown_callee(span, &name.unwrap_or_default());
                let result = self.typer.infer.fresh();
                (self.call(callee, values, &result, span), result)
            }
        }
    }

    fn plain_arguments(&mut self, args: &[&Expr]) -> Vec<Value> {
        args.iter().map(|e| self.expr(e, None).0).collect()
    }

    /// Calls a function; `receiver` is the value of `self` when it is known already.
    pub(super) fn call_function(
        &mut self,
        id: FnId,
        generic: &Args,
        receiver: Option<Value>,
        args: &[&Expr],
        expected: Option<&Ty>,
        span: Span,
    ) -> (Value, Ty) {
        let signature = self.cx.signature(id);
        let inputs: Vec<Ty> = signature
            .inputs
            .iter()
            .map(|ty| self.typer.normalize(&ty.subst(generic)))
            .collect();
        let output = self.typer.normalize(&signature.output.subst(generic));
        if let Some(expected) = expected {
            self.expect_output(&output, expected);
        }
        self.demand_bounds(id, generic);
        let mut values = Vec::new();
        let skip = usize::from(receiver.is_some());
        values.extend(receiver);
        let inputs = inputs.get(skip..).unwrap_or(&[]).to_vec();
        values.extend(self.arguments(args, &inputs));
        self.retry_obligations();
        let output = self.typer.normalize(&output);
        let callee = match &self.cx.functions.get(id).foreign {
            Some(name) => Callee::Foreign(Rc::clone(name)),
            None => Callee::Function(id, Rc::clone(generic)),
        };
        (self.call(callee, values, &output, span), output)
    }

    /// What is expected of a result helps to find generic arguments, unless it would be coerced.
    fn expect_output(&mut self, output: &Ty, expected: &Ty) {
        let expected = self.typer.resolve(expected);
        let out = self.typer.infer.shallow(output);
        let is_open = |ty: &Ty| ty.any(&mut |it| matches!(it, Ty::Infer(_)));
        let fits = matches!((&out, &expected), (Ty::Adt(a, _), Ty::Adt(b, _)) if a == b);
        if fits && is_open(&self.typer.resolve(&out)) {
            let at = self.typer.infer.snapshot();
            if !self.typer.infer.unify(&out, &expected) {
                self.typer.infer.roll_back(at);
            }
        } else if matches!(out, Ty::Infer(_))
            && matches!(expected, Ty::Adt(..) | Ty::Prim(_) | Ty::Tuple(_))
        {
            self.typer.infer.unify(&out, &expected);
        }
    }

    /// Evaluates arguments; closures are looked at last, when their types are known best.
    fn arguments(&mut self, args: &[&Expr], inputs: &[Ty]) -> Vec<Value> {
        let mut values: Vec<Option<Value>> = vec![None; args.len()];
        for closures in [false, true] {
            for (index, e) in args.iter().enumerate() {
                if matches!(e, Expr::Closure(_)) != closures {
                    continue;
                }
                let value = match inputs.get(index) {
                    Some(wanted) => {
                        let wanted = self.typer.normalize(wanted);
                        self.coerced(e, &wanted)
                    }
                    None => self.expr(e, None).0,
                };
                values[index] = Some(value);
            }
            if !closures && args.iter().any(|e| matches!(e, Expr::Closure(_))) {
                self.retry_obligations();
            }
        }
        values.into_iter().flatten().collect()
    }

    fn construct(
        &mut self,
        id: crate::items::AdtId,
        variant: u32,
        generic: Args,
        args: &[&Expr],
        expected: Option<&Ty>,
        span: Span,
    ) -> (Value, Ty) {
        let ty = Ty::Adt(id, Rc::clone(&generic));
        if let Some(expected) = expected {
            self.expect_output(&ty, expected);
        }
        let local = self.temporary(&ty, span);
        let place = Place::local(local);
        for (index, e) in args.iter().enumerate() {
            let adt = self.cx.adts.get(id);
            let known = index < adt.variants[variant as usize].fields.len();
            let wanted = if known {
                self.cx.field_type(id, variant, index).subst(&generic)
            } else {
                Ty::Unknown
            };
            let wanted = self.typer.normalize(&wanted);
            let value = self.coerced(e, &wanted);
            let step = Step::Field(variant, u32::try_from(index).expect("few fields"));
            self.assign(place.clone().then(step), value);
        }
        self.push(Statement::SetVariant(place.clone(), variant));
        (Value::Move(place), ty)
    }

    /// Calls a closure, a function pointer, or something that is not known.
    pub(super) fn call_value(
        &mut self,
        value: Value,
        ty: &Ty,
        args: &[&Expr],
        span: Span,
    ) -> (Value, Ty) {
        let ty = self.typer.normalize(ty);
        let mut callee = value;
        let mut shallow = self.typer.infer.shallow(&ty);
        // References to what can be called can be called.
        while let Ty::Ref(to) = &shallow
            && let Value::Copy(place) | Value::Move(place) = &callee
        {
            callee = Value::Copy(place.clone().then(Step::Deref));
            shallow = self.typer.infer.shallow(to);
        }
        match shallow.clone() {
            Ty::FnItem(id, generic) => {
                return self.call_function(id, &generic, None, args, None, span);
            }
            Ty::Ctor(id, variant, generic) => {
                return self.construct(id, variant, generic, args, None, span);
            }
            Ty::ForeignFn(name) => {
                let values = self.plain_arguments(args);
                let result = self.typer.infer.fresh();
                return (
                    self.call(Callee::Foreign(name), values, &result, span),
                    result,
                );
            }
            _ => {}
        }
        let (inputs, output) = match self.typer.callable(&shallow) {
            Some(found) => found,
            None => (Rc::from([]), self.typer.infer.fresh()),
        };
        let values = self.arguments(args, &inputs);
        (
            self.call(Callee::Value(callee, shallow), values, &output, span),
            output,
        )
    }
}
