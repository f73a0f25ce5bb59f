// SPDX-License-Identifier: MIT OR Apache-2.0
//! Paths as values: variables, functions, constructors, constants, and what belongs to a type.

use std::rc::Rc;

use proc_macro2::Span;
use syn::Expr;
use syn::spanned::Spanned;

use super::Builder;
use crate::evaluate;
use crate::items::{AdtKind, ConstId, Container, Def, FnId, TraitId};
use crate::lower::segments;
use crate::mir::{Callee, Place, Root, Statement, Value};
use crate::ty::{Args, Bound, Name, Ty};

/// What a path is as a value.
#[derive(Clone, Debug)]
pub(super) enum PathValue {
    Function(FnId, Args),
    Const(ConstId, Args),
    Ctor(crate::items::AdtId, u32, Args),
    Foreign(Name),
    Unknown,
}

impl Builder {
    pub(super) fn path_expr(&mut self, e: &Expr, expected: Option<&Ty>) -> (Value, Ty) {
        let Expr::Path(it) = e else {
            return (Value::Unknown, Ty::Unknown);
        };
        if it.qself.is_none()
            && let Some(name) = it.path.get_ident()
            && let Some((place, ty)) = self.variable(&name.to_string())
        {
            return (Value::Move(place), ty);
        }
        match self.path_value(it) {
            PathValue::Function(id, args) => {
                self.demand_bounds(id, &args);
                (Value::Function(id, Rc::clone(&args)), Ty::FnItem(id, args))
            }
            PathValue::Ctor(id, variant, args) => self.constructor(id, variant, args, e.span()),
            PathValue::Const(id, args) => self.constant_value(id, &args, e.span()),
            PathValue::Foreign(name) => self.foreign_value(&name, expected),
            PathValue::Unknown => (Value::Unknown, self.typer.infer.fresh()),
        }
    }

    fn foreign_value(&mut self, name: &Name, expected: Option<&Ty>) -> (Value, Ty) {
        if let Some(value) = self.cx.knowledge.constants.get(&**name) {
            return (Value::Const(*value), self.typer.infer.fresh());
        }
        let is_function = name.chars().any(|c| c.is_ascii_lowercase());
        let wants_number = expected
            .map(|ty| self.typer.infer.shallow(ty))
            .is_some_and(|ty| ty.is_scalar_prim());
        if is_function && !wants_number {
            let ty = Ty::ForeignFn(Rc::clone(name));
            return (Value::ForeignFunction(Rc::clone(name)), ty);
        }
        (Value::Unknown, self.typer.infer.fresh())
    }

    /// A constructor that is not called: the value itself when there is nothing to put in.
    fn constructor(
        &mut self,
        id: crate::items::AdtId,
        variant: u32,
        args: Args,
        span: Span,
    ) -> (Value, Ty) {
        let adt = self.cx.adts.get(id);
        if adt.variants[variant as usize].is_tuple {
            return (Value::Unknown, Ty::Ctor(id, variant, args));
        }
        let ty = Ty::Adt(id, args);
        let local = self.temporary(&ty, span);
        self.push(Statement::SetVariant(Place::local(local), variant));
        (Value::Move(Place::local(local)), ty)
    }

    pub(super) fn constant_value(&mut self, id: ConstId, args: &Args, span: Span) -> (Value, Ty) {
        let (id, args) = self.implementing_const(id, args);
        let cx = Rc::clone(&self.cx);
        let it = cx.consts.get(id);
        let ty = cx.const_type(id).subst(&args);
        let ty = self.typer.normalize(&ty);
        if it.is_static {
            return (Value::Copy(static_place(id)), ty);
        }
        if let Some(value) = evaluate::constant(&cx, id, 0) {
            return (Value::Const(value), ty);
        }
        match it.value {
            crate::items::ConstValue::Missing => (Value::Unknown, ty),
            _ => {
                // The value is made where it is used.
                let callee = Callee::Constant(id, args);
                let value = self.call_written(callee, Vec::new(), &ty, span, Some(Rc::from("")));
                (value, ty)
            }
        }
    }

    /// The constant that a trait's constant is for a type.
    fn implementing_const(&mut self, id: ConstId, args: &Args) -> (ConstId, Args) {
        let cx = Rc::clone(&self.cx);
        let it = cx.consts.get(id);
        let Container::Trait(of) = it.container else {
            return (id, Rc::clone(args));
        };
        let Some(self_ty) = args.first().cloned() else {
            return (id, Rc::clone(args));
        };
        let trait_args: Args = args[1..].into();
        if let Some(crate::typer::Selected::Impl(found, own)) =
            self.typer.select(&self_ty, of, &trait_args, 0)
        {
            let own_const = cx.impls.get(found).consts.borrow().get(&it.name).copied();
            if let Some(own_const) = own_const {
                return (own_const, own);
            }
        }
        (id, Rc::clone(args))
    }

    pub(super) fn static_place(&mut self, it: &syn::ExprPath) -> Option<(Place, Ty)> {
        if it.qself.is_some() {
            return None;
        }
        let module = self.module();
        let names = segments(&it.path);
        let is_absolute = it.path.leading_colon.is_some();
        match self.cx.resolve(module, &names, is_absolute, true)? {
            (Def::Const(id), used) if used == names.len() && self.cx.consts.get(id).is_static => {
                let ty = self.cx.const_type(id);
                Some((static_place(id), self.typer.normalize(&ty)))
            }
            _ => None,
        }
    }

    /// What a path means as a value.
    pub(super) fn path_value(&mut self, it: &syn::ExprPath) -> PathValue {
        let path = &it.path;
        let names = segments(path);
        if let Some(qself) = &it.qself {
            let self_ty = self.written_type(&qself.ty);
            let last = path.segments.last().cloned();
            let Some(name) = names.get(qself.position) else {
                return PathValue::Unknown;
            };
            if qself.position == 0 {
                return self.of_type(&self_ty, name, last.as_ref());
            }
            let module = self.module();
            let of = &names[..qself.position];
            let is_absolute = path.leading_colon.is_some();
            if let Some((Def::Trait(of), _)) = self.cx.resolve(module, of, is_absolute, false) {
                let segment = path.segments.iter().nth(qself.position - 1).cloned();
                let args = self.trait_arguments(of, segment.as_ref());
                return self.of_trait(of, &self_ty, &args, name, last.as_ref());
            }
            return PathValue::Unknown;
        }
        let first = names.first().map_or("", String::as_str);
        let generic = self
            .site
            .generics
            .names
            .iter()
            .rposition(|it| **it == *first);
        let is_own = path.leading_colon.is_none() && (first == "Self" || generic.is_some());
        if is_own && names.len() == 1 {
            if first == "Self"
                && let Some(Ty::Adt(id, args)) = self.self_ty.clone()
            {
                return PathValue::Ctor(id, 0, args);
            }
            return PathValue::Unknown; // a const parameter
        }
        if is_own {
            let own = syn::Type::Path(syn::TypePath {
                attrs: Vec::new(),
                qself: None,
                path: prefix(path, names.len() - 1),
            });
            let ty = self.written_type(&own);
            let last = path.segments.last().cloned();
            return self.of_type(&ty, &names[names.len() - 1], last.as_ref());
        }
        let module = self.module();
        let is_absolute = path.leading_colon.is_some();
        let Some((def, used)) = self.cx.resolve(module, &names, is_absolute, true) else {
            return PathValue::Unknown;
        };
        let segment = |index: usize| path.segments.iter().nth(index).cloned();
        let rest = names.len() - used;
        match (&def, rest) {
            (Def::Fn(id), 0) => {
                let generics = Rc::clone(&self.cx.functions.get(*id).generics);
                let args = self.fn_arguments(&generics, 0, segment(used - 1).as_ref());
                PathValue::Function(*id, args)
            }
            (Def::Const(id), 0) => PathValue::Const(*id, Rc::from([])),
            (Def::Foreign(name), 0) => PathValue::Foreign(Rc::clone(name)),
            (Def::Variant(id, variant), 0) => {
                let own = segment(used - 1);
                let of_type = used.checked_sub(2).and_then(segment);
                let with_args = [own, of_type]
                    .into_iter()
                    .flatten()
                    .find(|it| !it.arguments.is_none());
                let id = *id;
                let ty = self.lower_here(|cx, scope| {
                    Ty::Adt(id, cx.adt_args(id, with_args.as_ref(), scope))
                });
                match ty {
                    Ty::Adt(id, args) => PathValue::Ctor(id, *variant, args),
                    _ => PathValue::Unknown,
                }
            }
            (Def::Trait(of), 1) => {
                let args = self.trait_arguments(*of, segment(used - 1).as_ref());
                let self_ty = self.typer.infer.fresh();
                let last = segment(used);
                self.of_trait(*of, &self_ty, &args, &names[used], last.as_ref())
            }
            (Def::Adt(_) | Def::Alias(_) | Def::Prim(_) | Def::Foreign(_), 1) => {
                let with_args = segment(used - 1);
                let def = def.clone();
                let ty =
                    self.lower_here(|cx, scope| cx.type_of_def(&def, with_args.as_ref(), scope));
                let ty = self.typer.normalize(&ty);
                let last = segment(used);
                self.of_type(&ty, &names[used], last.as_ref())
            }
            _ => PathValue::Unknown,
        }
    }

    fn trait_arguments(&mut self, of: TraitId, segment: Option<&syn::PathSegment>) -> Args {
        let generics = Rc::clone(&self.cx.traits.get(of).generics);
        self.fn_arguments(&generics, 1, segment)
    }

    /// Arguments of the parameters from `first` on: written, or to be found out.
    pub(super) fn fn_arguments(
        &mut self,
        generics: &crate::items::Generics,
        first: usize,
        segment: Option<&syn::PathSegment>,
    ) -> Args {
        let segment = segment.filter(|it| !it.arguments.is_none()).cloned();
        let args = self.lower_here(|cx, scope| {
            let args = cx.arguments(generics, first, segment.as_ref(), scope, scope.module);
            Ty::Tuple(args)
        });
        match args {
            Ty::Tuple(args) => args.iter().map(|it| self.typer.normalize(it)).collect(),
            _ => Rc::from([]),
        }
    }

    /// `ty::name`
    pub(super) fn of_type(
        &mut self,
        ty: &Ty,
        name: &str,
        segment: Option<&syn::PathSegment>,
    ) -> PathValue {
        let ty = self.typer.normalize(ty);
        let ty = self.typer.infer.shallow(&ty);
        let cx = Rc::clone(&self.cx);
        if let Ty::Adt(id, args) = &ty {
            let adt = cx.adts.get(*id);
            if adt.kind == AdtKind::Enum
                && let Some(at) = adt.variants.iter().position(|it| &*it.name == name)
            {
                let at = u32::try_from(at).expect("few variants");
                return PathValue::Ctor(*id, at, Rc::clone(args));
            }
        }
        let own = cx.index.borrow().inherent.get(name).cloned();
        for (id, function) in own.unwrap_or_default() {
            let at = self.typer.infer.snapshot();
            if let Some(mut args) = self.impl_for(id, &ty) {
                let generics = Rc::clone(&cx.functions.get(function).generics);
                let rest = self.fn_arguments(&generics, args.len(), segment);
                args.extend(rest.iter().cloned());
                return PathValue::Function(function, args.into());
            }
            self.typer.infer.roll_back(at);
        }
        let own = cx.index.borrow().inherent_consts.get(name).cloned();
        for (id, value) in own.unwrap_or_default() {
            let at = self.typer.infer.snapshot();
            if let Some(args) = self.impl_for(id, &ty) {
                return PathValue::Const(value, args.into());
            }
            self.typer.infer.roll_back(at);
        }
        let traits = cx.index.borrow().of_traits.get(name).cloned();
        let mut candidates: Vec<TraitId> = traits
            .unwrap_or_default()
            .into_iter()
            .map(|(of, _)| of)
            .collect();
        candidates.extend(
            cx.traits
                .ids()
                .filter(|of| cx.traits.get(*of).consts.borrow().contains_key(name)),
        );
        for of in candidates {
            let count = cx.traits.get(of).generics.len() - 1;
            let args = self.typer.infer.fresh_args(count);
            let at = self.typer.infer.snapshot();
            let has = self.typer.select(&ty, of, &args, 0).is_some()
                || (self.has_several(&ty, of) && count > 0);
            if has {
                self.typer.infer.roll_back(at);
                return self.of_trait(of, &ty, &args, name, segment);
            }
            self.typer.infer.roll_back(at);
        }
        PathValue::Unknown
    }

    /// Whether a type may have a trait in more than one way (`From<A>`, `From<B>`).
    pub(super) fn has_several(&mut self, ty: &Ty, of: TraitId) -> bool {
        if matches!(ty, Ty::Infer(_) | Ty::Unknown) {
            return false;
        }
        let cx = Rc::clone(&self.cx);
        let impls = cx.index.borrow().impls.get(&of).cloned();
        impls.unwrap_or_default().into_iter().any(|id| {
            let it = cx.impls.get(id);
            let Some(header) = it.header.get() else {
                return false;
            };
            if matches!(header.self_ty, Ty::Param(_)) {
                return false;
            }
            let at = self.typer.infer.snapshot();
            let fits = self.impl_for(id, ty).is_some();
            self.typer.infer.roll_back(at);
            fits
        })
    }

    /// The arguments with which an implementation is one of `ty`.
    pub(super) fn impl_for(&mut self, id: crate::items::ImplId, ty: &Ty) -> Option<Vec<Ty>> {
        let it = self.cx.impls.get(id);
        let header = it.header.get()?;
        let args = self.typer.infer.fresh_args(it.generics.len());
        let self_ty = header.self_ty.subst(&args);
        let self_ty = self.typer.normalize(&self_ty);
        self.typer.infer.unify(&self_ty, ty).then(|| args.to_vec())
    }

    /// `<self_ty as of<args>>::name`
    fn of_trait(
        &mut self,
        of: TraitId,
        self_ty: &Ty,
        args: &Args,
        name: &str,
        segment: Option<&syn::PathSegment>,
    ) -> PathValue {
        let cx = Rc::clone(&self.cx);
        let it = cx.traits.get(of);
        let mut all = vec![self_ty.clone()];
        all.extend(args.iter().cloned());
        if let Some(id) = it.functions.borrow().get(name) {
            let generics = Rc::clone(&cx.functions.get(*id).generics);
            let rest = self.fn_arguments(&generics, all.len(), segment);
            all.extend(rest.iter().cloned());
            return PathValue::Function(*id, all.into());
        }
        if let Some(id) = it.consts.borrow().get(name) {
            return PathValue::Const(*id, all.into());
        }
        let supers = cx.supertraits(of);
        for bound in supers.iter() {
            let bound = bound.subst(&all);
            match self.of_trait(bound.of, self_ty, &bound.args, name, segment) {
                PathValue::Unknown => {}
                found => return found,
            }
        }
        PathValue::Unknown
    }

    /// What a function demands of its parameters has to hold of `args`.
    pub(super) fn demand_bounds(&mut self, id: FnId, args: &Args) {
        for (ty, bound) in self.cx.function_bounds(id).iter() {
            let ty = ty.subst(args);
            let bound: Bound = bound.subst(args);
            self.oblige(ty, bound);
        }
    }
}

fn static_place(id: ConstId) -> Place {
    Place {
        root: Root::Static(id),
        path: Vec::new(),
    }
}

/// The first `count` segments of a path.
fn prefix(path: &syn::Path, count: usize) -> syn::Path {
    syn::Path {
        leading_colon: path.leading_colon,
        segments: path.segments.iter().take(count).cloned().collect(),
    }
}
