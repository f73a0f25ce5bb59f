// SPDX-License-Identifier: MIT OR Apache-2.0
//! Control flow: conditions with `let`, `match`, loops, `?`, `return`, `break`.

use std::collections::BTreeMap;
use std::rc::Rc;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, Pat};

use super::Builder;
use super::frames::Loop;
use crate::mir::{BlockId, Callee, End, LocalId, Place, RESULT, Statement, Step, Value};
use crate::ty::{Name, Ty};

impl Builder {
    /// A local for the value of alternatives, dropped with the scope around them.
    fn outcome(&mut self, expected: Option<&Ty>, span: Span) -> (LocalId, Ty) {
        let ty = match expected {
            Some(ty) => ty.clone(),
            None => self.typer.infer.fresh(),
        };
        let local = self.new_local(None, ty.clone(), span);
        self.push(Statement::Live(local));
        (local, ty)
    }

    fn deliver(&mut self, (value, ty): (Value, Ty), to: (LocalId, &Ty), span: Span) {
        if ty == Ty::Never {
            return;
        }
        let value = self.coerce(value, &ty, to.1, span);
        self.assign(Place::local(to.0), value);
    }

    pub(super) fn if_expr(&mut self, it: &syn::ExprIf, expected: Option<&Ty>) -> (Value, Ty) {
        let (outcome, ty) = self.outcome(expected, it.span());
        let then = self.new_block();
        let otherwise = self.new_block();
        let after = self.new_block();
        let module = self.module();
        let krate = self.cx.modules.get(module).krate;
        let early = self.cx.crates.get(krate).edition_2024;
        let has_let = contains_let(&it.cond);
        // The scope of the condition's variables and, with `let`, of its temporaries.
        self.open_scope();
        self.frame().variables.push(BTreeMap::new());
        let depth = self.frame().scopes.len() - 1;
        self.condition(&it.cond, then, otherwise);
        self.frame().current = then;
        if !has_let {
            self.leave_scopes(depth);
        }
        let condition_locals = if has_let {
            Vec::new()
        } else {
            std::mem::take(&mut self.frame().scopes[depth].locals)
        };
        let value = self.block(&it.then_branch, Some(&ty));
        self.deliver(value, (outcome, &ty), it.then_branch.span());
        if has_let {
            self.leave_scopes(depth);
        }
        self.end(End::Goto(after));
        self.frame().variables.pop();
        self.frame().current = otherwise;
        if !has_let {
            self.frame().scopes[depth].locals = condition_locals;
            self.leave_scopes(depth);
            self.frame().scopes[depth].locals.clear();
        } else if early {
            self.leave_scopes(depth);
        }
        let mut unit_else = false;
        match &it.else_branch {
            Some((_, e)) => {
                let value = self.expr(e, Some(&ty));
                self.deliver(value, (outcome, &ty), e.span());
            }
            None => unit_else = true,
        }
        if has_let && !early {
            self.leave_scopes(depth);
        }
        self.frame().scopes.pop();
        self.end(End::Goto(after));
        self.frame().current = after;
        if unit_else {
            self.typer.infer.unify(&ty, &Ty::unit());
        }
        self.schedule(outcome);
        (Value::Move(Place::local(outcome)), ty)
    }

    /// Goes to `yes` with the condition's variables bound, or to `no`.
    pub(super) fn condition(&mut self, e: &Expr, yes: BlockId, no: BlockId) {
        match e {
            Expr::Paren(it) => self.condition(&it.expr, yes, no),
            Expr::Group(it) => self.condition(&it.expr, yes, no),
            Expr::Unary(it) if matches!(it.op, syn::UnOp::Not(_)) && !contains_let(&it.expr) => {
                self.condition(&it.expr, no, yes);
            }
            Expr::Binary(it) if matches!(it.op, BinOp::And(_)) => {
                let second = self.new_block();
                self.condition(&it.left, second, no);
                self.frame().current = second;
                self.condition(&it.right, yes, no);
            }
            Expr::Binary(it) if matches!(it.op, BinOp::Or(_)) => {
                let second = self.new_block();
                self.condition(&it.left, yes, second);
                self.frame().current = second;
                self.condition(&it.right, yes, no);
            }
            Expr::Let(it) => {
                let (place, ty) = self.place(&it.expr);
                let matched = self.new_block();
                self.test(&it.pat, &place, &ty, matched, no);
                self.frame().current = matched;
                self.bind(&it.pat, &place, &ty);
                self.end(End::Goto(yes));
            }
            e => {
                let (value, ty) = self.expr(e, Some(&Ty::BOOL));
                if ty == Ty::Never {
                    return;
                }
                self.typer.infer.unify(&ty, &Ty::BOOL);
                self.end(End::If(value, yes, no));
            }
        }
    }

    pub(super) fn match_expr(&mut self, it: &syn::ExprMatch, expected: Option<&Ty>) -> (Value, Ty) {
        // Temporaries of what is matched live as long as the statement.
        let (place, scrutinee) = self.place(&it.expr);
        let (outcome, ty) = self.outcome(expected, it.span());
        let after = self.new_block();
        for arm in &it.arms {
            if !self.cx.cfg.keeps(&arm.attrs) {
                continue;
            }
            let (pattern, guard) = match &arm.pat {
                Pat::Guard(it) => (&*it.pat, Some(&*it.guard)),
                pattern => (pattern, None),
            };
            let matched = self.new_block();
            let next = self.new_block();
            self.test(pattern, &place, &scrutinee, matched, next);
            self.frame().current = matched;
            self.open_scope();
            self.frame().variables.push(BTreeMap::new());
            if let Some(guard) = guard {
                // The guard looks at the parts without taking them.
                let depth = self.frame().scopes.len();
                self.open_scope();
                self.frame().variables.push(BTreeMap::new());
                let borrowed = scrutinee.clone().reference();
                let span = Self::pattern_span(pattern);
                let pointer = self.new_local(None, borrowed.clone(), span);
                self.assign(Place::local(pointer), Value::AddressOf(place.clone()));
                self.bind_for_guard(pattern, &Place::local(pointer), &borrowed);
                let holds = self.new_block();
                let fails = self.new_block();
                self.condition(guard, holds, fails);
                self.frame().current = fails;
                self.leave_scopes(depth - 1);
                self.end(End::Goto(next));
                self.frame().current = holds;
                self.close_scope();
                self.frame().variables.pop();
            }
            self.bind(pattern, &place, &scrutinee);
            let value = self.expr(&arm.body, Some(&ty));
            self.deliver(value, (outcome, &ty), arm.body.span());
            self.close_scope();
            self.frame().variables.pop();
            self.end(End::Goto(after));
            self.frame().current = next;
        }
        self.end(End::Unreachable);
        self.frame().current = after;
        self.schedule(outcome);
        let all_diverge = matches!(self.typer.infer.shallow(&ty), Ty::Infer(_))
            && expected.is_none()
            && self.leads_nowhere(after);
        if all_diverge {
            return (Value::Const(0), Ty::Never);
        }
        (Value::Move(Place::local(outcome)), ty)
    }

    fn leads_nowhere(&mut self, block: BlockId) -> bool {
        let blocks = &self.frame().body.blocks;
        !blocks.iter().any(|it| it.end.targets().contains(&block))
    }

    fn bind_for_guard(&mut self, pattern: &Pat, pointer: &Place, ty: &Ty) {
        match pattern {
            // A name by itself is of the type of the place, through the pointer.
            Pat::Ident(it) if it.subpat.is_none() => {
                let place = pointer.clone().then(Step::Deref);
                let inner = ty.pointee().unwrap_or(Ty::Unknown);
                let name: Name = Rc::from(it.ident.to_string());
                let local = self.new_local(Some(Rc::clone(&name)), inner, it.ident.span());
                self.assign(Place::local(local), Value::Copy(place));
                self.declare(&name, local);
            }
            pattern => self.bind(pattern, pointer, ty),
        }
    }

    pub(super) fn loop_expr(&mut self, it: &syn::ExprLoop, expected: Option<&Ty>) -> (Value, Ty) {
        let (outcome, ty) = self.outcome(expected, it.span());
        let head = self.new_block();
        let after = self.new_block();
        self.goto(head);
        self.open_loop(
            it.label.as_ref(),
            Some(head),
            after,
            Some((outcome, ty.clone())),
        );
        self.block(&it.body, None);
        self.frame().loops.pop();
        self.end(End::Goto(head));
        self.frame().current = after;
        if self.leads_nowhere(after) {
            return (Value::Const(0), Ty::Never);
        }
        self.schedule(outcome);
        (Value::Move(Place::local(outcome)), ty)
    }

    fn open_loop(
        &mut self,
        label: Option<&syn::Label>,
        again: Option<BlockId>,
        after: BlockId,
        result: Option<(LocalId, Ty)>,
    ) {
        let depth = self.frame().scopes.len();
        let label = label.map(|it| it.name.ident.to_string());
        self.frame().loops.push(Loop {
            label,
            again,
            after,
            depth,
            result,
        });
    }

    /// Begins a loop whose every turn has variables of its own, and says how deep its scope is.
    fn open_turn(&mut self, label: Option<&syn::Label>, head: BlockId, after: BlockId) -> usize {
        self.goto(head);
        self.open_loop(label, Some(head), after, None);
        self.open_scope();
        self.frame().variables.push(BTreeMap::new());
        self.frame().scopes.len() - 1
    }

    pub(super) fn while_expr(&mut self, it: &syn::ExprWhile) -> (Value, Ty) {
        let head = self.new_block();
        let body = self.new_block();
        let done = self.new_block();
        let after = self.new_block();
        let depth = self.open_turn(it.label.as_ref(), head, after);
        self.condition(&it.cond, body, done);
        self.frame().current = body;
        let has_let = contains_let(&it.cond);
        if !has_let {
            self.leave_scopes(depth);
        }
        let locals = self.frame().scopes[depth].locals.clone();
        if !has_let {
            self.frame().scopes[depth].locals.clear();
        }
        self.block(&it.body, None);
        if has_let {
            self.leave_scopes(depth);
        }
        self.end(End::Goto(head));
        self.frame().variables.pop();
        self.frame().current = done;
        self.frame().scopes[depth].locals = locals;
        self.leave_scopes(depth);
        self.frame().scopes.pop();
        self.end(End::Goto(after));
        self.frame().loops.pop();
        self.frame().current = after;
        (Value::Const(0), Ty::unit())
    }

    pub(super) fn for_expr(&mut self, it: &syn::ExprForLoop) -> (Value, Ty) {
        let span = it.expr.span();
        let (value, ty) = self.expr(&it.expr, None);
        let (iterator, iterator_ty) = self.iterate(value, &ty, span);
        let iterator = Place::local(self.spill(iterator, &iterator_ty, span));
        let head = self.new_block();
        let body = self.new_block();
        let after = self.new_block();
        let depth = self.open_turn(it.label.as_ref(), head, after);
        let item = self.iterator_item(&iterator_ty);
        let option = self.option_of(&item);
        let next = self.next_of(&iterator, &iterator_ty, &option, span);
        let place = match next {
            Value::Move(place) => place,
            value => Place::local(self.spill(value, &option, span)),
        };
        let done = self.new_block();
        let some = 1;
        self.end(End::Switch(
            Value::Variant(place.clone()),
            vec![(some, body)],
            done,
        ));
        self.frame().current = body;
        self.bind(&it.pat, &place.then(Step::Field(1, 0)), &item);
        self.block(&it.body, None);
        self.leave_scopes(depth);
        self.end(End::Goto(head));
        self.frame().variables.pop();
        self.frame().scopes.pop();
        self.frame().loops.pop();
        self.frame().current = done;
        self.end(End::Goto(after));
        self.frame().current = after;
        (Value::Const(0), Ty::unit())
    }

    fn iterate(&mut self, value: Value, ty: &Ty, span: Span) -> (Value, Ty) {
        let ty = self.typer.normalize(ty);
        let Some(of) = self.cx.lang_trait("into_iterator") else {
            return (value, ty);
        };
        let none: crate::ty::Args = Rc::from([]);
        if self.typer.select(&ty, of, &none, 0).is_none() {
            return (value, ty);
        }
        let result = self.assoc_type(&ty, of, "IntoIter");
        let Some(function) = self.cx.trait_function(of, "into_iter") else {
            return (value, ty);
        };
        let callee = Callee::Function(function, Rc::from([ty]));
        let written = Some(Rc::from(""));
        let value = self.call_written(callee, vec![value], &result, span, written);
        (value, result)
    }

    /// `<ty as of>::name`
    pub(super) fn assoc_type(&mut self, ty: &Ty, of: crate::items::TraitId, name: &str) -> Ty {
        let projection = Ty::Proj(Rc::new(crate::ty::Projection {
            self_ty: ty.clone(),
            of,
            args: Rc::from([]),
            name: Rc::from(name),
        }));
        self.typer.normalize(&projection)
    }

    fn iterator_item(&mut self, ty: &Ty) -> Ty {
        match self.cx.lang_trait("iterator") {
            Some(of) => {
                let item = self.assoc_type(ty, of, "Item");
                match item {
                    Ty::Proj(_) => self.typer.infer.fresh(),
                    item => item,
                }
            }
            None => self.typer.infer.fresh(),
        }
    }

    pub(super) fn option_of(&mut self, item: &Ty) -> Ty {
        match self.cx.lang_adt("option") {
            Some(id) => Ty::Adt(id, Rc::from([item.clone()])),
            None => Ty::Unknown,
        }
    }

    fn next_of(&mut self, iterator: &Place, ty: &Ty, option: &Ty, span: Span) -> Value {
        let of = self.cx.lang_trait("iterator");
        let function = of.and_then(|of| {
            let of = self.cx.traits.get(of);
            let functions = of.functions.borrow();
            functions.get("next").copied()
        });
        let Some(function) = function else {
            return Value::Unknown;
        };
        let callee = Callee::Function(function, Rc::from([ty.clone()]));
        let args = vec![Value::AddressOf(iterator.clone())];
        self.call_written(callee, args, option, span, Some(Rc::from("")))
    }

    /// `e?`
    pub(super) fn try_expr(&mut self, it: &syn::ExprTry, expected: Option<&Ty>) -> (Value, Ty) {
        let _ = expected;
        let (place, ty) = self.place(&it.expr);
        let ty = self.typer.normalize(&ty);
        let span = it.question_token.span();
        let result_id = self.cx.lang_adt("result");
        let option_id = self.cx.lang_adt("option");
        match self.typer.infer.shallow(&ty) {
            Ty::Adt(id, args) if Some(id) == result_id => {
                let good = self.new_block();
                let bad = self.new_block();
                let variant = Value::Variant(place.clone());
                self.end(End::Switch(variant, vec![(0, good)], bad));
                self.frame().current = bad;
                let error = Value::Move(place.clone().then(Step::Field(1, 0)));
                self.return_error(error, &args[1], span);
                self.frame().current = good;
                let value = Value::Move(place.then(Step::Field(0, 0)));
                (value, args[0].clone())
            }
            Ty::Adt(id, args) if Some(id) == option_id => {
                let good = self.new_block();
                let bad = self.new_block();
                let variant = Value::Variant(place.clone());
                self.end(End::Switch(variant, vec![(1, good)], bad));
                self.frame().current = bad;
                self.push(Statement::SetVariant(Place::local(RESULT), 0));
                self.leave_scopes(0);
                self.end(End::Return);
                self.frame().current = good;
                let value = Value::Move(place.then(Step::Field(1, 0)));
                (value, args[0].clone())
            }
            _ => {
                let good = self.new_block();
                let bad = self.new_block();
                self.end(End::Choice(vec![good, bad]));
                self.frame().current = bad;
                self.assign(Place::local(RESULT), Value::Unknown);
                self.leave_scopes(0);
                self.end(End::Return);
                self.frame().current = good;
                (Value::Unknown, self.typer.infer.fresh())
            }
        }
    }

    /// Returns an error as the error type of the function.
    fn return_error(&mut self, error: Value, ty: &Ty, span: Span) {
        let result = self.frame().result.clone();
        let result = self.typer.normalize(&result);
        let wanted = match self.typer.infer.shallow(&result) {
            Ty::Adt(id, args) if Some(id) == self.cx.lang_adt("result") => args[1].clone(),
            Ty::Infer(_) => {
                let value = self.typer.infer.fresh();
                let error = self.typer.infer.fresh();
                if let Some(id) = self.cx.lang_adt("result") {
                    let own = Ty::Adt(id, Rc::from([value, error.clone()]));
                    self.typer.infer.unify(&result, &own);
                }
                error
            }
            _ => Ty::Unknown,
        };
        let from = self.typer.resolve(ty);
        let to = self.typer.resolve(&wanted);
        let value = if from == to || matches!(to, Ty::Infer(_) | Ty::Unknown) {
            self.typer.infer.unify(&from, &to);
            error
        } else {
            self.convert(error, &from, &to, span)
        };
        let place = Place::local(RESULT);
        self.assign(place.clone().then(Step::Field(1, 0)), value);
        self.push(Statement::SetVariant(place, 1));
        self.leave_scopes(0);
        self.end(End::Return);
    }

    /// `From::from(value)`
    fn convert(&mut self, value: Value, from: &Ty, to: &Ty, span: Span) -> Value {
        let of = self.cx.lang_trait("from");
        let function = of.and_then(|of| {
            let of = self.cx.traits.get(of);
            let functions = of.functions.borrow();
            functions.get("from").copied()
        });
        match function {
            Some(function) => {
                let callee = Callee::Function(function, Rc::from([to.clone(), from.clone()]));
                self.call_written(callee, vec![value], to, span, Some(Rc::from("?")))
            }
            None => Value::Unknown,
        }
    }

    pub(super) fn return_expr(&mut self, it: &syn::ExprReturn) -> (Value, Ty) {
        let result = self.frame().result.clone();
        if let Some(e) = &it.expr {
            let value = self.coerced(e, &result);
            self.assign(Place::local(RESULT), value);
        }
        self.leave_scopes(0);
        self.end(End::Return);
        (Value::Const(0), Ty::Never)
    }

    fn find_loop(&mut self, label: Option<&syn::Lifetime>, again: bool) -> Option<usize> {
        let label = label.map(|it| it.ident.to_string());
        self.frame().loops.iter().rposition(|it| match &label {
            Some(_) => it.label == label,
            None => it.again.is_some() || (!again && it.label.is_none()),
        })
    }

    pub(super) fn break_expr(&mut self, it: &syn::ExprBreak) -> (Value, Ty) {
        let Some(index) = self.find_loop(it.label.as_ref(), false) else {
            return (Value::Const(0), Ty::Never);
        };
        let result = self.frame().loops[index].result.clone();
        match (&it.expr, result) {
            (Some(e), Some((local, ty))) => {
                let value = self.coerced(e, &ty);
                self.assign(Place::local(local), value);
            }
            (Some(e), None) => {
                self.expr(e, None);
            }
            (None, Some((_, ty))) => {
                self.typer.infer.unify(&ty, &Ty::unit());
            }
            (None, None) => {}
        }
        let (depth, after) = {
            let it = &self.frame().loops[index];
            (it.depth, it.after)
        };
        self.leave_scopes(depth);
        self.end(End::Goto(after));
        (Value::Const(0), Ty::Never)
    }

    pub(super) fn continue_expr(&mut self, it: &syn::ExprContinue) -> (Value, Ty) {
        if let Some(index) = self.find_loop(it.label.as_ref(), true) {
            let (depth, again) = {
                let it = &self.frame().loops[index];
                (it.depth, it.again)
            };
            self.leave_scopes(depth);
            if let Some(again) = again {
                self.end(End::Goto(again));
            }
        }
        (Value::Const(0), Ty::Never)
    }

    pub(super) fn block_expr(&mut self, it: &syn::ExprBlock, expected: Option<&Ty>) -> (Value, Ty) {
        let Some(label) = &it.label else {
            return self.block(&it.block, expected);
        };
        let (outcome, ty) = self.outcome(expected, it.span());
        let after = self.new_block();
        self.open_loop(Some(label), None, after, Some((outcome, ty.clone())));
        let value = self.block(&it.block, Some(&ty));
        self.deliver(value, (outcome, &ty), it.span());
        self.frame().loops.pop();
        self.end(End::Goto(after));
        self.frame().current = after;
        self.schedule(outcome);
        (Value::Move(Place::local(outcome)), ty)
    }
}

/// Whether a condition binds variables.
fn contains_let(e: &Expr) -> bool {
    match e {
        Expr::Let(_) => true,
        Expr::Binary(it) if matches!(it.op, BinOp::And(_)) => {
            contains_let(&it.left) || contains_let(&it.right)
        }
        Expr::Paren(it) => contains_let(&it.expr),
        Expr::Group(it) => contains_let(&it.expr),
        _ => false,
    }
}
