// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions: what each evaluates to. Places, calls and control flow are in modules of their own.

use std::rc::Rc;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Lit};

use super::{Builder, DEEPEST};
use crate::items::Def;
use crate::mir::{Callee, Place, Statement, Step, Value};
use crate::ty::{Name, Ty};

impl Builder {
    /// Evaluates an expression, which is probably of type `expected`.
    pub(super) fn expr(&mut self, e: &Expr, expected: Option<&Ty>) -> (Value, Ty) {
        if self.depth > DEEPEST {
            return (Value::Unknown, Ty::Unknown);
        }
        self.depth += 1;
        let extends = std::mem::take(&mut self.extends);
        let result = match e {
            Expr::Lit(it) => self.literal(&it.lit, expected),
            Expr::Paren(it) => self.extended(extends, &it.expr, expected),
            Expr::Group(it) => self.extended(extends, &it.expr, expected),
            Expr::Path(_) => self.path_expr(e, expected),
            Expr::Field(_) | Expr::Index(_) => {
                let (place, ty) = self.place(e);
                (Value::Move(place), ty)
            }
            Expr::Unary(it) => match it.op {
                syn::UnOp::Deref(_) => {
                    let (place, ty) = self.place(e);
                    (Value::Move(place), ty)
                }
                _ => self.unary(it, expected),
            },
            Expr::Reference(it) => self.reference(&it.expr, expected, extends),
            Expr::RawAddr(it) => {
                let (place, ty) = self.place(&it.expr);
                (Value::AddressOf(place), Ty::Ptr(Rc::new(ty)))
            }
            Expr::Binary(it) => self.binary(it, expected),
            Expr::Assign(it) => {
                self.assignment(&it.left, &it.right);
                (Value::Const(0), Ty::unit())
            }
            Expr::Cast(it) => self.cast(it),
            Expr::Call(it) => self.call_expr(it, expected),
            Expr::MethodCall(it) => self.method_call(it, expected),
            Expr::Macro(it) => self.macro_expr(&it.mac, expected),
            Expr::Struct(it) => self.struct_expr(it, expected),
            Expr::Tuple(it) => self.tuple(it, expected),
            Expr::Array(it) => self.array(it.elems.iter(), it.span(), expected),
            Expr::Repeat(it) => self.array(std::iter::once(&*it.expr), it.span(), expected),
            Expr::Range(it) => self.range(it),
            Expr::Block(it) => self.block_expr(it, expected),
            Expr::Unsafe(it) => self.block(&it.block, expected),
            Expr::Const(it) => self.block(&it.block, expected),
            Expr::If(it) => self.if_expr(it, expected),
            Expr::Match(it) => self.match_expr(it, expected),
            Expr::Loop(it) => self.loop_expr(it, expected),
            Expr::While(it) => self.while_expr(it),
            Expr::ForLoop(it) => self.for_expr(it),
            Expr::Try(it) => self.try_expr(it, expected),
            Expr::Return(it) => self.return_expr(it),
            Expr::Break(it) => self.break_expr(it),
            Expr::Continue(it) => self.continue_expr(it),
            Expr::Closure(it) => self.closure(it, expected),
            Expr::Let(it) => {
                // Outside of a condition it can only be part of a chain that was taken apart.
                let (value, ty) = self.expr(&it.expr, None);
                self.spill(value, &ty, it.span());
                (Value::Unknown, Ty::BOOL)
            }
            Expr::Infer(_) => (Value::Unknown, self.typer.infer.fresh()),
            other => {
                let module = self.module();
                self.cx
                    .lost(module, other.span(), "an expression is not understood");
                (Value::Unknown, Ty::Unknown)
            }
        };
        self.depth -= 1;
        result
    }

    fn extended(&mut self, extends: bool, e: &Expr, expected: Option<&Ty>) -> (Value, Ty) {
        self.extends = extends;
        self.expr(e, expected)
    }

    /// Evaluates an expression where a value of type `wanted` is needed.
    pub(super) fn coerced(&mut self, e: &Expr, wanted: &Ty) -> Value {
        let (value, ty) = self.expr(e, Some(wanted));
        self.coerce(value, &ty, wanted, e.span())
    }

    /// Makes a value of type `from` one of type `to`, as the language does by itself.
    pub(super) fn coerce(&mut self, value: Value, from: &Ty, to: &Ty, span: Span) -> Value {
        let from = self.typer.normalize(from);
        let to = self.typer.normalize(to);
        let (a, b) = (
            self.typer.infer.shallow(&from),
            self.typer.infer.shallow(&to),
        );
        match (&a, &b) {
            (Ty::Never, _) => value,
            (Ty::Ref(x), Ty::Ref(y) | Ty::Ptr(y)) => {
                let x_inner = self.typer.infer.shallow(x);
                let y_inner = self.typer.infer.shallow(y);
                match (&x_inner, &y_inner) {
                    (Ty::Array(x), Ty::Slice(y)) => {
                        self.typer.infer.unify(x, y);
                        value
                    }
                    (Ty::Infer(_), _) | (_, Ty::Infer(_) | Ty::Dyn(_)) => {
                        self.typer.infer.unify(&x_inner, &y_inner);
                        value
                    }
                    _ if same_head(&x_inner, &y_inner) => {
                        self.typer.infer.unify(&x_inner, &y_inner);
                        value
                    }
                    _ => self.deref_coercion(value, &a, &y_inner, span),
                }
            }
            (Ty::Ptr(x), Ty::Ptr(y)) => {
                self.typer.infer.unify(x, y);
                value
            }
            (Ty::FnItem(..) | Ty::Closure(_), Ty::FnPtr(inputs, output)) => {
                if let Some((own, result)) = self.typer.callable(&a) {
                    for (x, y) in own.iter().zip(inputs.iter()) {
                        self.typer.infer.unify(x, y);
                    }
                    self.typer.infer.unify(&result, output);
                }
                value
            }
            _ => {
                self.typer.infer.unify(&a, &b);
                value
            }
        }
    }

    /// `&Arc<T>` where `&T` is wanted.
    fn deref_coercion(&mut self, value: Value, from: &Ty, wanted: &Ty, span: Span) -> Value {
        let holder = self.new_local(None, from.clone(), span);
        self.assign(Place::local(holder), value.clone());
        let mut place = Place::local(holder).then(Step::Deref);
        let mut ty = from.pointee().unwrap_or(Ty::Unknown);
        for _ in 0..8 {
            let Some((next, next_ty)) = self.deref_once(&place, &ty, span) else {
                break;
            };
            place = next;
            ty = self.typer.infer.shallow(&next_ty);
            if same_head(&ty, wanted) {
                self.typer.infer.unify(&ty, wanted);
                return Value::AddressOf(place);
            }
        }
        value
    }

    fn literal(&mut self, lit: &Lit, expected: Option<&Ty>) -> (Value, Ty) {
        match lit {
            Lit::Int(it) => {
                let value = it.base10_parse::<i128>().unwrap_or(0);
                // The model has 64 bits; larger numbers keep their low ones.
                #[expect(clippy::cast_possible_truncation, reason = "said above")]
                let value = value as i64;
                let ty = match Ty::primitive(it.suffix()) {
                    Some(ty) => ty,
                    None => {
                        let expected = expected.map(|ty| self.typer.infer.shallow(ty));
                        match expected {
                            Some(ty @ Ty::Prim(_)) if ty.is_scalar_prim() => ty,
                            _ => self.typer.infer.fresh_integer(),
                        }
                    }
                };
                (Value::Const(value), ty)
            }
            Lit::Bool(it) => (Value::Const(i64::from(it.value)), Ty::BOOL),
            Lit::Char(it) => (
                Value::Const(i64::from(u32::from(it.value()))),
                Ty::Prim("char"),
            ),
            Lit::Byte(it) => (Value::Const(i64::from(it.value())), Ty::Prim("u8")),
            Lit::Str(_) => (Value::Unknown, Ty::STR.reference()),
            Lit::ByteStr(_) => {
                let bytes = Ty::Array(Rc::new(Ty::Prim("u8")));
                (Value::Unknown, bytes.reference())
            }
            Lit::CStr(_) => {
                let cstr = self.cx.lang_adt("cstr");
                let ty = cstr.map_or(Ty::Unknown, |id| Ty::Adt(id, Rc::from([])));
                (Value::Unknown, ty.reference())
            }
            Lit::Float(_) => (Value::Unknown, Ty::Prim("f64")),
            _ => (Value::Unknown, Ty::Unknown),
        }
    }

    fn reference(&mut self, e: &Expr, expected: Option<&Ty>, extends: bool) -> (Value, Ty) {
        let inner = expected.and_then(|ty| self.typer.infer.shallow(ty).pointee());
        if !is_place(e) {
            let (value, ty) = self.expr(e, inner.as_ref());
            if let Value::Move(place) = &value
                && place.path.is_empty()
                && !extends
            {
                return (Value::AddressOf(place.clone()), ty.reference());
            }
            let local = self.new_local(None, ty.clone(), e.span());
            self.push(Statement::Live(local));
            self.assign(Place::local(local), value);
            if extends {
                self.schedule_outside(local);
            } else {
                self.schedule(local);
            }
            return (Value::AddressOf(Place::local(local)), ty.reference());
        }
        let (place, ty) = self.place(e);
        (Value::AddressOf(place), ty.reference())
    }

    fn cast(&mut self, it: &syn::ExprCast) -> (Value, Ty) {
        let to = self.written_type(&it.ty);
        let (value, from) = self.expr(&it.expr, None);
        let from = self.typer.infer.shallow(&from);
        if self.typer.infer.is_integer_variable(&from) && to.is_scalar_prim() {
            self.typer.infer.unify(&from, &to);
        }
        if let (Ty::Ref(x) | Ty::Ptr(x), Ty::Ptr(y)) = (&from, &to) {
            let y = self.typer.infer.shallow(y);
            if matches!(y, Ty::Infer(_)) {
                self.typer.infer.unify(x, &y);
            }
        }
        if matches!(self.typer.infer.shallow(&to), Ty::Infer(_)) {
            self.typer.infer.unify(&to, &from);
        }
        // A variant without fields is its number.
        if let Ty::Adt(..) = from {
            let span = it.span();
            let place = Place::local(self.spill(value, &from, span));
            return (Value::Variant(place), to);
        }
        (value, to)
    }

    fn tuple(&mut self, it: &syn::ExprTuple, expected: Option<&Ty>) -> (Value, Ty) {
        if it.elems.is_empty() {
            return (Value::Const(0), Ty::unit());
        }
        let expected = match expected.map(|ty| self.typer.resolve(ty)) {
            Some(Ty::Tuple(parts)) if parts.len() == it.elems.len() => Some(parts),
            _ => None,
        };
        let mut values = Vec::new();
        let mut types = Vec::new();
        for (index, e) in it.elems.iter().enumerate() {
            let wanted = expected.as_ref().map(|parts| parts[index].clone());
            let (value, ty) = self.expr(e, wanted.as_ref());
            let (value, ty) = match wanted {
                Some(wanted) => (self.coerce(value, &ty, &wanted, e.span()), wanted),
                None => (value, ty),
            };
            values.push(self.hold(value, &ty, e.span()));
            types.push(ty);
        }
        let ty = Ty::Tuple(types.into());
        let local = self.temporary(&ty, it.span());
        for (index, value) in (0..).zip(values) {
            self.assign(Place::local(local).then(Step::Field(0, index)), value);
        }
        (Value::Move(Place::local(local)), ty)
    }

    /// Keeps a value over the evaluation of what comes after it.
    pub(super) fn hold(&mut self, value: Value, _ty: &Ty, _span: Span) -> Value {
        // Values name places that later operands could write only in ways that nobody writes.
        value
    }

    fn array<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e Expr>,
        span: Span,
        expected: Option<&Ty>,
    ) -> (Value, Ty) {
        let element = match expected.map(|ty| self.typer.infer.shallow(ty)) {
            Some(Ty::Array(of) | Ty::Slice(of)) => (*of).clone(),
            _ => self.typer.infer.fresh(),
        };
        let ty = Ty::Array(Rc::new(element.clone()));
        let local = self.temporary(&ty, span);
        for e in elements {
            let value = self.coerced(e, &element);
            self.assign(Place::local(local).then(Step::Element), value);
        }
        (Value::Move(Place::local(local)), ty)
    }

    fn range(&mut self, it: &syn::ExprRange) -> (Value, Ty) {
        let inclusive = matches!(it.limits, syn::RangeLimits::Closed(_));
        let name = match (&it.start, &it.end) {
            (Some(_), Some(_)) if inclusive => "range_inclusive",
            (Some(_), Some(_)) => "range",
            (Some(_), None) => "range_from",
            (None, Some(_)) => "range_to",
            (None, None) => "range_full",
        };
        let bound = self.typer.infer.fresh();
        let Some(id) = self.cx.lang_adt(name) else {
            return (Value::Unknown, Ty::Unknown);
        };
        let count = self.cx.adts.get(id).generics.len();
        let args = (0..count).map(|_| bound.clone()).collect();
        let ty = Ty::Adt(id, args);
        let local = self.temporary(&ty, it.span());
        for (index, e) in (0..).zip(it.start.iter().chain(&it.end)) {
            let value = self.coerced(e, &bound);
            self.assign(Place::local(local).then(Step::Field(0, index)), value);
        }
        (Value::Move(Place::local(local)), ty)
    }

    fn struct_expr(&mut self, it: &syn::ExprStruct, expected: Option<&Ty>) -> (Value, Ty) {
        let (ty, variant) = self.struct_type(&it.path, it.qself.as_ref());
        if let Some(expected) = expected {
            self.typer.infer.unify(&ty, expected);
        }
        let local = self.temporary(&ty, it.span());
        let place = Place::local(local);
        for field in &it.fields {
            if !self.cx.cfg.keeps(&field.attrs) {
                continue;
            }
            let (step, wanted) = self.member(&ty, variant, &field.member);
            let (value, from) = self.expr(&field.expr, Some(&wanted));
            let value = self.coerce(value, &from, &wanted, field.expr.span());
            if let Some(step) = step {
                self.assign(place.clone().then(step), value);
            }
        }
        if let Some(rest) = &it.rest {
            let (value, rest_ty) = self.expr(rest, Some(&ty));
            self.typer.infer.unify(&rest_ty, &ty);
            let rest_place = Place::local(self.spill(value, &ty, rest.span()));
            self.rest_of_struct(it, &ty, variant, &place, &rest_place);
        }
        self.push(Statement::SetVariant(place.clone(), variant));
        (Value::Move(place), ty)
    }

    /// `..rest`: the fields that are not named are taken from there.
    fn rest_of_struct(
        &mut self,
        it: &syn::ExprStruct,
        ty: &Ty,
        variant: u32,
        place: &Place,
        rest: &Place,
    ) {
        let Ty::Adt(id, _) = self.typer.infer.shallow(ty) else {
            return;
        };
        let adt = self.cx.adts.get(id);
        let named: Vec<Name> = it.fields.iter().map(|it| member_name(&it.member)).collect();
        for (index, field) in (0..).zip(&adt.variants[variant as usize].fields) {
            if !named.contains(&field.name) {
                let step = Step::Field(variant, index);
                let value = Value::Move(rest.clone().then(step.clone()));
                self.assign(place.clone().then(step), value);
            }
        }
    }

    /// The type that a struct expression or pattern names, and its variant.
    pub(super) fn struct_type(
        &mut self,
        path: &syn::Path,
        qself: Option<&syn::QSelf>,
    ) -> (Ty, u32) {
        let segments = crate::lower::segments(path);
        if segments.first().is_some_and(|it| it == "Self") && qself.is_none() {
            let ty = self.self_ty.clone().unwrap_or(Ty::Unknown);
            let variant = match (&ty, segments.get(1)) {
                (Ty::Adt(id, _), Some(name)) => {
                    let variants = &self.cx.adts.get(*id).variants;
                    let found = variants.iter().position(|it| *it.name == **name);
                    if found.is_none() {
                        let path = syn::Type::Path(syn::TypePath {
                            attrs: Vec::new(),
                            qself: None,
                            path: path.clone(),
                        });
                        return (self.written_type(&path), 0);
                    }
                    found.and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
                }
                _ => 0,
            };
            return (ty, variant);
        }
        let module = self.module();
        let is_absolute = path.leading_colon.is_some();
        if qself.is_none()
            && let Some((Def::Variant(id, variant), used)) =
                self.cx.resolve(module, &segments, is_absolute, false)
        {
            let segment = path.segments.iter().nth(used.saturating_sub(2)).cloned();
            let last = path.segments.iter().nth(used - 1).cloned();
            let ty = self.lower_here(|cx, scope| {
                let with_args = [last, segment]
                    .into_iter()
                    .flatten()
                    .find(|it| !it.arguments.is_none());
                Ty::Adt(id, cx.adt_args(id, with_args.as_ref(), scope))
            });
            return (ty, variant);
        }
        let path = syn::Type::Path(syn::TypePath {
            attrs: Vec::new(),
            qself: qself.cloned(),
            path: path.clone(),
        });
        (self.written_type(&path), 0)
    }

    /// The step to a field of a type, and the field's type.
    pub(super) fn member(
        &mut self,
        ty: &Ty,
        variant: u32,
        member: &syn::Member,
    ) -> (Option<Step>, Ty) {
        let name = member_name(member);
        match self.typer.infer.shallow(ty) {
            Ty::Adt(id, args) => {
                let adt = self.cx.adts.get(id);
                let fields = &adt.variants[variant as usize].fields;
                match fields.iter().position(|it| it.name == name) {
                    Some(index) => {
                        let field = self.cx.field_type(id, variant, index).subst(&args);
                        let field = self.typer.normalize(&field);
                        let index = u32::try_from(index).expect("few fields");
                        (Some(Step::Field(variant, index)), field)
                    }
                    None => (None, Ty::Unknown),
                }
            }
            Ty::Tuple(parts) => {
                let index = name.parse::<u32>().unwrap_or(u32::MAX);
                match parts.get(index as usize) {
                    Some(part) => (Some(Step::Field(0, index)), part.clone()),
                    None => (None, Ty::Unknown),
                }
            }
            Ty::Foreign(_) => (Some(Step::Foreign(name)), self.typer.infer.fresh()),
            _ => (None, self.typer.infer.fresh()),
        }
    }

    /// The place that an expression names; a value gets a temporary.
    pub(super) fn place(&mut self, e: &Expr) -> (Place, Ty) {
        if self.depth > DEEPEST {
            return (Place::local(crate::mir::RESULT), Ty::Unknown);
        }
        self.depth += 1;
        let result = match e {
            Expr::Paren(it) => self.place(&it.expr),
            Expr::Group(it) => self.place(&it.expr),
            Expr::Path(it) => match self.path_place(it) {
                Some(found) => found,
                None => self.value_place(e),
            },
            Expr::Field(it) => self.field_place(it),
            Expr::Index(it) => self.index_place(it),
            Expr::Unary(it) if matches!(it.op, syn::UnOp::Deref(_)) => self.deref_place(it),
            _ => self.value_place(e),
        };
        self.depth -= 1;
        result
    }

    fn value_place(&mut self, e: &Expr) -> (Place, Ty) {
        let (value, ty) = self.expr(e, None);
        match value {
            Value::Move(place) => (place, ty),
            value => (Place::local(self.spill(value, &ty, e.span())), ty),
        }
    }

    fn path_place(&mut self, it: &syn::ExprPath) -> Option<(Place, Ty)> {
        if it.qself.is_none()
            && let Some(name) = it.path.get_ident()
            && let Some(found) = self.variable(&name.to_string())
        {
            return Some(found);
        }
        self.static_place(it)
    }

    /// `*e` where `e` is no pointer: what its `Deref` gives.
    pub(super) fn deref_once(&mut self, place: &Place, ty: &Ty, span: Span) -> Option<(Place, Ty)> {
        let ty = self.typer.infer.shallow(ty);
        if let Some(to) = ty.pointee() {
            return Some((place.clone().then(Step::Deref), to));
        }
        let target = self.typer.deref_target(&ty)?;
        let of = self.cx.lang_trait("deref")?;
        let function = self.cx.trait_function(of, "deref")?;
        let result = target.clone().reference();
        let callee = Callee::Function(function, Rc::from([ty]));
        let args = vec![Value::AddressOf(place.clone())];
        let value = self.call_written(callee, args, &result, span, None);
        let Value::Move(pointer) = value else {
            return None;
        };
        Some((pointer.then(Step::Deref), target))
    }
}

/// Whether two types have the same outermost constructor.
pub(super) fn same_head(a: &Ty, b: &Ty) -> bool {
    match (a, b) {
        (Ty::Adt(x, _), Ty::Adt(y, _)) => x == y,
        (Ty::Prim(x), Ty::Prim(y)) => x == y,
        (Ty::Unknown | Ty::Infer(_), _) | (_, Ty::Unknown | Ty::Infer(_)) => true,
        (Ty::Foreign(x), Ty::Foreign(y)) => x == y,
        (Ty::Placeholder(x, _), Ty::Placeholder(y, _)) => x == y,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// Whether an expression names a place.
pub(super) fn is_place(e: &Expr) -> bool {
    match e {
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => true,
        Expr::Unary(it) => matches!(it.op, syn::UnOp::Deref(_)),
        Expr::Paren(it) => is_place(&it.expr),
        Expr::Group(it) => is_place(&it.expr),
        _ => false,
    }
}

/// The name of a field as items have it.
pub(super) fn member_name(member: &syn::Member) -> Name {
    match member {
        syn::Member::Named(name) => Rc::from(name.to_string()),
        syn::Member::Unnamed(index) => Rc::from(index.index.to_string()),
    }
}
