// SPDX-License-Identifier: MIT OR Apache-2.0
//! Patterns: whether a place matches, and the variables that it gives its parts to.

use std::rc::Rc;

use syn::Pat;
use syn::spanned::Spanned;
use waitctx_model::BinaryOp;

use super::Builder;
use crate::items::Def;
use crate::mir::{BlockId, End, Place, Statement, Step, Value};
use crate::ty::{Name, Ty};

impl Builder {
    /// Goes to `matched` when `place` matches, otherwise to `failed`. No variables are bound.
    pub(super) fn test(
        &mut self,
        pattern: &Pat,
        place: &Place,
        ty: &Ty,
        matched: BlockId,
        failed: BlockId,
    ) {
        let (place, ty) = self.through_references(pattern, place, ty);
        match pattern {
            Pat::Wild(_) | Pat::Rest(_) => self.goto_only(matched),
            Pat::Paren(it) => self.test(&it.pat, &place, &ty, matched, failed),
            Pat::Type(it) => self.test(&it.pat, &place, &ty, matched, failed),
            Pat::Ident(it) => {
                if let Some((id, variant)) = self.variant_named(&it.ident) {
                    self.expect_adt(&ty, id);
                    self.test_variant(&place, &ty, id, variant, matched, failed);
                    return;
                }
                if let Some(value) = self.constant_named(&it.ident) {
                    self.test_value(&place, value, matched, failed);
                    return;
                }
                match &it.subpat {
                    Some((_, inner)) => self.test(inner, &place, &ty, matched, failed),
                    None => self.goto_only(matched),
                }
            }
            Pat::Reference(it) => {
                let inner = ty.pointee().unwrap_or(Ty::Unknown);
                self.test(&it.pat, &place.then(Step::Deref), &inner, matched, failed);
            }
            Pat::Lit(it) => {
                let e = syn::Expr::Lit(it.clone());
                let (value, _) = self.expr(&e, Some(&ty));
                self.test_value(&place, value, matched, failed);
            }
            Pat::Const(_) | Pat::Macro(_) | Pat::Verbatim(_) => {
                self.end(End::Choice(vec![matched, failed]));
            }
            Pat::Range(it) => {
                let mut current = Value::Const(1);
                if let Some(start) = &it.start {
                    let (low, _) = self.expr(start, Some(&ty));
                    current = binary(BinaryOp::Le, low, Value::Copy(place.clone()));
                }
                if let Some(end) = &it.end {
                    let (high, _) = self.expr(end, Some(&ty));
                    let op = match it.limits {
                        syn::RangeLimits::HalfOpen(_) => BinaryOp::Lt,
                        syn::RangeLimits::Closed(_) => BinaryOp::Le,
                    };
                    let below = binary(op, Value::Copy(place), high);
                    current = binary(BinaryOp::LogicalAnd, current, below);
                }
                self.end(End::If(current, matched, failed));
            }
            Pat::Or(it) => {
                for case in &it.cases {
                    let next = self.new_block();
                    self.test(case, &place, &ty, matched, next);
                    self.frame().current = next;
                }
                self.goto_only(failed);
            }
            Pat::Path(it) => match self.pattern_def(&it.path, it.qself.as_ref(), &ty) {
                PatternDef::Variant(id, variant) => {
                    self.expect_adt(&ty, id);
                    self.test_variant(&place, &ty, id, variant, matched, failed);
                }
                PatternDef::Value(value) => self.test_value(&place, value, matched, failed),
                PatternDef::Unknown => self.end(End::Choice(vec![matched, failed])),
            },
            Pat::Tuple(it) => {
                let parts = self.tuple_parts(&it.elems, &ty, None);
                self.test_parts(&parts, &place, matched, failed);
            }
            Pat::TupleStruct(it) => {
                let PatternDef::Variant(id, variant) =
                    self.pattern_def(&it.path, it.qself.as_ref(), &ty)
                else {
                    self.end(End::Choice(vec![matched, failed]));
                    return;
                };
                self.expect_adt(&ty, id);
                let is_variant = self.new_block();
                self.test_variant(&place, &ty, id, variant, is_variant, failed);
                self.frame().current = is_variant;
                let parts = self.tuple_parts(&it.elems, &ty, Some(variant));
                self.test_parts(&parts, &place, matched, failed);
            }
            Pat::Struct(it) => {
                let (own, variant) = self.struct_type(&it.path, it.qself.as_ref());
                self.typer.infer.unify(&own, &ty);
                if let Ty::Adt(id, _) = own {
                    let is_variant = self.new_block();
                    self.test_variant(&place, &ty, id, variant, is_variant, failed);
                    self.frame().current = is_variant;
                }
                let parts = self.struct_parts(it, &ty, variant);
                self.test_parts(&parts, &place, matched, failed);
            }
            Pat::Slice(it) => {
                let inner = element_type(&ty);
                let parts: Vec<_> = it
                    .elems
                    .iter()
                    .map(|part| (part.clone(), Step::Element, inner.clone()))
                    .collect();
                let maybe = self.new_block();
                self.end(End::Choice(vec![maybe, failed]));
                self.frame().current = maybe;
                self.test_parts(&parts, &place, matched, failed);
            }
            Pat::Guard(it) => {
                let holds = self.new_block();
                self.test(&it.pat, &place, &ty, holds, failed);
                self.frame().current = holds;
                self.end(End::Choice(vec![matched, failed]));
            }
            _ => self.end(End::Choice(vec![matched, failed])),
        }
    }

    fn test_parts(
        &mut self,
        parts: &[(Pat, Step, Ty)],
        place: &Place,
        matched: BlockId,
        failed: BlockId,
    ) {
        for (pattern, step, ty) in parts {
            if is_irrefutable(pattern) && !matches!(pattern, Pat::Ident(_)) {
                continue;
            }
            let next = self.new_block();
            self.test(pattern, &place.clone().then(step.clone()), ty, next, failed);
            self.frame().current = next;
        }
        self.goto_only(matched);
    }

    fn goto_only(&mut self, to: BlockId) {
        self.end(End::Goto(to));
    }

    fn test_value(&mut self, place: &Place, value: Value, matched: BlockId, failed: BlockId) {
        let equal = binary(BinaryOp::Eq, Value::Copy(place.clone()), value);
        self.end(End::If(equal, matched, failed));
    }

    fn test_variant(
        &mut self,
        place: &Place,
        _ty: &Ty,
        id: crate::items::AdtId,
        variant: u32,
        matched: BlockId,
        failed: BlockId,
    ) {
        if self.cx.adts.get(id).variants.len() < 2 {
            self.goto_only(matched);
            return;
        }
        let value = Value::Variant(place.clone());
        self.end(End::Switch(
            value,
            vec![(i64::from(variant), matched)],
            failed,
        ));
    }

    /// Gives the variables of a pattern their parts of `place`.
    pub(super) fn bind(&mut self, pattern: &Pat, place: &Place, ty: &Ty) {
        let by_reference = {
            let shallow = self.typer.infer.shallow(ty);
            matches!(shallow, Ty::Ref(_)) && !matches!(pattern, Pat::Reference(_))
        };
        self.bind_mode(pattern, place, ty, by_reference && binds_parts(pattern));
    }

    fn bind_mode(&mut self, pattern: &Pat, place: &Place, ty: &Ty, by_reference: bool) {
        let (place, ty) = self.through_references(pattern, place, ty);
        match pattern {
            Pat::Ident(it) => {
                if self.variant_named(&it.ident).is_some() {
                    return;
                }
                let name: Name = Rc::from(it.ident.to_string());
                let takes_reference = it.by_ref.is_some() || by_reference;
                let (value, own) = if takes_reference {
                    (Value::AddressOf(place.clone()), ty.clone().reference())
                } else {
                    (Value::Move(place.clone()), ty.clone())
                };
                let local = self.new_local(Some(Rc::clone(&name)), own, it.ident.span());
                self.push(Statement::Live(local));
                self.assign(Place::local(local), value);
                self.schedule(local);
                self.declare(&name, local);
                if let Some((_, inner)) = &it.subpat {
                    self.bind_mode(inner, &place, &ty, by_reference);
                }
            }
            Pat::Paren(it) => self.bind_mode(&it.pat, &place, &ty, by_reference),
            Pat::Type(it) => {
                let written = self.written_type(&it.ty);
                self.typer.infer.unify(&written, &ty);
                self.bind_mode(&it.pat, &place, &ty, by_reference);
            }
            Pat::Reference(it) => {
                let inner = match ty.pointee() {
                    Some(inner) => inner,
                    None => {
                        let inner = self.typer.infer.fresh();
                        self.typer.infer.unify(&ty, &inner.clone().reference());
                        inner
                    }
                };
                self.bind_mode(&it.pat, &place.then(Step::Deref), &inner, false);
            }
            Pat::Guard(it) => self.bind_mode(&it.pat, &place, &ty, by_reference),
            Pat::Or(it) => {
                // All cases bind the same names; the first one's parts stand for all.
                if let Some(first) = it.cases.first() {
                    self.bind_mode(first, &place, &ty, by_reference);
                }
            }
            Pat::Tuple(it) => {
                let parts = self.tuple_parts(&it.elems, &ty, None);
                self.bind_parts(&parts, &place, by_reference);
            }
            Pat::TupleStruct(it) => {
                let def = self.pattern_def(&it.path, it.qself.as_ref(), &ty);
                if let PatternDef::Variant(id, variant) = def {
                    self.expect_adt(&ty, id);
                    let parts = self.tuple_parts(&it.elems, &ty, Some(variant));
                    self.bind_parts(&parts, &place, by_reference);
                }
            }
            Pat::Struct(it) => {
                let (own, variant) = self.struct_type(&it.path, it.qself.as_ref());
                self.typer.infer.unify(&own, &ty);
                let parts = self.struct_parts(it, &ty, variant);
                self.bind_parts(&parts, &place, by_reference);
            }
            Pat::Slice(it) => {
                let inner = element_type(&ty);
                for part in &it.elems {
                    let step = Step::Element;
                    self.bind_mode(part, &place.clone().then(step), &inner, by_reference);
                }
            }
            _ => {}
        }
    }

    fn bind_parts(&mut self, parts: &[(Pat, Step, Ty)], place: &Place, by_reference: bool) {
        for (pattern, step, ty) in parts {
            self.bind_mode(pattern, &place.clone().then(step.clone()), ty, by_reference);
        }
    }

    /// Patterns look through references by themselves.
    fn through_references(&mut self, pattern: &Pat, place: &Place, ty: &Ty) -> (Place, Ty) {
        let mut place = place.clone();
        let mut ty = self.typer.normalize(ty);
        ty = self.typer.infer.shallow(&ty);
        if binds_parts(pattern) {
            while let Ty::Ref(to) = &ty {
                place = place.then(Step::Deref);
                ty = self.typer.infer.shallow(to);
            }
        }
        (place, ty)
    }

    fn expect_adt(&mut self, ty: &Ty, id: crate::items::AdtId) {
        if matches!(ty, Ty::Infer(_)) {
            let count = self.cx.adts.get(id).generics.len();
            let args = self.typer.infer.fresh_args(count);
            self.typer.infer.unify(ty, &Ty::Adt(id, args));
        }
    }

    fn tuple_parts(
        &mut self,
        elements: &syn::punctuated::Punctuated<Pat, syn::Token![,]>,
        ty: &Ty,
        variant: Option<u32>,
    ) -> Vec<(Pat, Step, Ty)> {
        if variant.is_none() && matches!(self.typer.infer.shallow(ty), Ty::Infer(_)) {
            let parts = self.typer.infer.fresh_args(elements.len());
            self.typer.infer.unify(ty, &Ty::Tuple(parts));
        }
        let total = match self.typer.infer.shallow(ty) {
            Ty::Tuple(parts) => parts.len(),
            Ty::Adt(id, _) => {
                let adt = self.cx.adts.get(id);
                adt.variants[variant.unwrap_or(0) as usize].fields.len()
            }
            _ => elements.len(),
        };
        let rest = elements.iter().position(|it| matches!(it, Pat::Rest(_)));
        let mut parts = Vec::new();
        for (index, pattern) in elements.iter().enumerate() {
            if matches!(pattern, Pat::Rest(_)) {
                continue;
            }
            let position = match rest {
                Some(rest) if index > rest => total + index - elements.len(),
                _ => index,
            };
            let member = syn::Member::from(position);
            let (step, part) = self.member(ty, variant.unwrap_or(0), &member);
            if let Some(step) = step {
                parts.push((pattern.clone(), step, part));
            }
        }
        parts
    }

    fn struct_parts(&mut self, it: &syn::PatStruct, ty: &Ty, variant: u32) -> Vec<(Pat, Step, Ty)> {
        let mut parts = Vec::new();
        for field in &it.fields {
            if let (Some(step), part) = self.member(ty, variant, &field.member) {
                parts.push(((*field.pat).clone(), step, part));
            }
        }
        parts
    }

    fn variant_named(&mut self, name: &syn::Ident) -> Option<(crate::items::AdtId, u32)> {
        let module = self.module();
        match self.cx.resolve(module, &[name.to_string()], false, true) {
            Some((Def::Variant(id, variant), 1)) => {
                let adt = self.cx.adts.get(id);
                let variant_info = &adt.variants[variant as usize];
                (variant_info.fields.is_empty()).then_some((id, variant))
            }
            _ => None,
        }
    }

    fn constant_named(&mut self, name: &syn::Ident) -> Option<Value> {
        let text = name.to_string();
        if !text.chars().next()?.is_uppercase() {
            return None;
        }
        let module = self.module();
        match self.cx.resolve(module, &[text], false, true) {
            Some((Def::Const(_) | Def::Foreign(_), 1)) => {
                let e: syn::Expr = syn::parse_quote!(#name);
                Some(self.expr(&e, None).0)
            }
            _ => None,
        }
    }

    fn pattern_def(&mut self, path: &syn::Path, qself: Option<&syn::QSelf>, ty: &Ty) -> PatternDef {
        let segments = crate::lower::segments(path);
        let module = self.module();
        if qself.is_none() {
            if segments.first().is_some_and(|it| it == "Self")
                && let Some(Ty::Adt(id, _)) = &self.self_ty
            {
                let adt = self.cx.adts.get(*id);
                match segments.get(1) {
                    None => return PatternDef::Variant(*id, 0),
                    Some(name) => {
                        if let Some(at) = adt.variants.iter().position(|it| *it.name == **name) {
                            let at = u32::try_from(at).expect("few variants");
                            return PatternDef::Variant(*id, at);
                        }
                    }
                }
            }
            let is_absolute = path.leading_colon.is_some();
            let def = self.cx.resolve(module, &segments, is_absolute, true);
            if let Some((Def::Variant(id, variant), _)) = def {
                return PatternDef::Variant(id, variant);
            }
            if let Some((Def::Alias(_) | Def::Adt(_), _)) = def
                && let (Ty::Adt(id, _), variant) = self.struct_type(path, None)
            {
                return PatternDef::Variant(id, variant);
            }
        }
        let e = syn::Expr::Path(syn::ExprPath {
            attrs: Vec::new(),
            qself: qself.cloned(),
            path: path.clone(),
        });
        match self.expr(&e, Some(ty)) {
            (Value::Unknown, _) => PatternDef::Unknown,
            (value, _) => PatternDef::Value(value),
        }
    }

    /// Where a pattern is, for messages.
    pub(super) fn pattern_span(pattern: &Pat) -> proc_macro2::Span {
        pattern.span()
    }
}

enum PatternDef {
    Variant(crate::items::AdtId, u32),
    Value(Value),
    Unknown,
}

fn element_type(ty: &Ty) -> Ty {
    match ty {
        Ty::Array(of) | Ty::Slice(of) => (**of).clone(),
        _ => Ty::Unknown,
    }
}

/// Whether a pattern takes what it matches apart.
fn binds_parts(pattern: &Pat) -> bool {
    match pattern {
        Pat::Tuple(_)
        | Pat::TupleStruct(_)
        | Pat::Struct(_)
        | Pat::Slice(_)
        | Pat::Path(_)
        | Pat::Lit(_)
        | Pat::Range(_) => true,
        Pat::Or(it) => it.cases.iter().any(binds_parts),
        Pat::Paren(it) => binds_parts(&it.pat),
        Pat::Guard(it) => binds_parts(&it.pat),
        Pat::Ident(it) => it
            .subpat
            .as_ref()
            .is_some_and(|(_, inner)| binds_parts(inner)),
        _ => false,
    }
}

fn is_irrefutable(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Wild(_) | Pat::Rest(_))
}

/// `a op b`
pub(super) fn binary(op: BinaryOp, a: Value, b: Value) -> Value {
    Value::Binary(op, Box::new(a), Box::new(b))
}
