// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the syntax of types to types: generic parameters, associated types, bounds, signatures.

use std::cell::RefCell;
use std::rc::Rc;

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound};

use crate::context::Cx;
use crate::items::{
    AdtId, Container, Def, FnId, Function, Generics, Header, Impl, ModId, Signature, TraitId,
};
use crate::ty::{Args, Bound, Name, Projection, Ty};

/// Where a type is written.
pub(crate) struct Scope<'a> {
    pub(crate) module: ModId,
    pub(crate) generics: &'a Generics,
    /// What `Self` is, and the trait that gives it its associated types.
    pub(crate) self_ty: Option<Ty>,
    pub(crate) container: Container,
    /// What `_` becomes.
    pub(crate) infer: Option<&'a dyn Fn() -> Ty>,
    /// The function whose result is written, and the bounds that its `impl Trait` has.
    pub(crate) opaque: Option<(FnId, &'a RefCell<Vec<Bound>>)>,
}

impl Cx {
    /// The type that `written` is.
    pub(crate) fn lower(&self, written: &Type, scope: &Scope<'_>) -> Ty {
        match written {
            Type::Path(it) => self.lower_path(it.qself.as_ref(), &it.path, scope),
            Type::Reference(it) => self.lower(&it.elem, scope).reference(),
            Type::Ptr(it) => Ty::Ptr(Rc::new(self.lower(&it.elem, scope))),
            Type::Slice(it) => Ty::Slice(Rc::new(self.lower(&it.elem, scope))),
            Type::Array(it) => Ty::Array(Rc::new(self.lower(&it.elem, scope))),
            Type::Tuple(it) => Ty::Tuple(it.elems.iter().map(|it| self.lower(it, scope)).collect()),
            Type::Never(_) => Ty::Never,
            Type::Paren(it) => self.lower(&it.elem, scope),
            Type::Group(it) => self.lower(&it.elem, scope),
            Type::FnPtr(it) => {
                let inputs = it.inputs.iter().map(|it| self.lower(&it.ty, scope));
                let output = self.lower_output(&it.output, scope);
                Ty::FnPtr(inputs.collect(), Rc::new(output))
            }
            Type::TraitObject(it) => {
                let bounds = it.bounds.iter().filter_map(|it| self.bound(it, scope));
                Ty::Dyn(bounds.collect())
            }
            Type::ImplTrait(it) => match scope.opaque {
                Some((function, found)) => {
                    let bounds = it.bounds.iter().filter_map(|it| self.bound(it, scope));
                    found.borrow_mut().extend(bounds.collect::<Vec<_>>());
                    let count = scope.generics.len();
                    Ty::Opaque(function, identity(count))
                }
                None => Ty::Unknown,
            },
            Type::Infer(_) => scope.infer.map_or(Ty::Unknown, |fresh| fresh()),
            Type::Macro(it) => match self.expand(&it.mac, scope.module).map(syn::parse2::<Type>) {
                Some(Ok(ty)) => self.lower(&ty, scope),
                _ => Ty::Unknown,
            },
            Type::Verbatim(tokens) => {
                syn::parse2(tokens.clone()).map_or(Ty::Unknown, |value| const_argument(&value))
            }
            _ => Ty::Unknown,
        }
    }

    /// The type of a function's result.
    pub(crate) fn lower_output(&self, output: &ReturnType, scope: &Scope<'_>) -> Ty {
        match output {
            ReturnType::Default => Ty::unit(),
            ReturnType::Type(_, ty) => self.lower(ty, scope),
        }
    }

    fn lower_path(&self, qself: Option<&syn::QSelf>, path: &syn::Path, scope: &Scope<'_>) -> Ty {
        let segments = segments(path);
        if let Some(qself) = qself {
            let self_ty = self.lower(&qself.ty, scope);
            if qself.position == 0 {
                let name = segments.first().map_or("", String::as_str);
                return self.assoc_of(&self_ty, name, scope);
            }
            let of = &segments[..qself.position.min(segments.len())];
            let is_absolute = path.leading_colon.is_some();
            let Some((Def::Trait(of), _)) = self.resolve(scope.module, of, is_absolute, false)
            else {
                return Ty::Unknown;
            };
            let args = self.trait_args(of, path.segments.iter().nth(qself.position - 1), scope);
            let Some(name) = segments.get(qself.position) else {
                return Ty::Unknown;
            };
            return projection(self_ty, of, args, name);
        }
        let first = segments.first().map_or("", String::as_str);
        let own = match first {
            "Self" => scope.self_ty.clone(),
            _ => {
                let position = scope.generics.names.iter().rposition(|it| **it == *first);
                position.map(|it| Ty::Param(u32::try_from(it).expect("few parameters")))
            }
        };
        if let Some(own) = own
            && path.leading_colon.is_none()
        {
            return match segments.get(1) {
                None => own,
                Some(name) => {
                    let ty = self.assoc_of(&own, name, scope);
                    match segments.get(2) {
                        None => ty,
                        Some(_) => Ty::Unknown,
                    }
                }
            };
        }
        let is_absolute = path.leading_colon.is_some();
        let Some((def, used)) = self.resolve(scope.module, &segments, is_absolute, false) else {
            return Ty::Unknown;
        };
        let arguments = path.segments.iter().nth(used - 1);
        let ty = self.type_of_def(&def, arguments, scope);
        match segments.get(used) {
            None => ty,
            Some(name) => self.assoc_of(&ty, name, scope),
        }
    }

    /// The type that a definition is with the generic arguments of `segment`.
    pub(crate) fn type_of_def(
        &self,
        def: &Def,
        segment: Option<&syn::PathSegment>,
        scope: &Scope<'_>,
    ) -> Ty {
        match def {
            Def::Adt(id) => Ty::Adt(*id, self.adt_args(*id, segment, scope)),
            Def::Alias(id) => {
                let alias = self.aliases.get(*id);
                let args = self.arguments(&alias.generics, 0, segment, scope, alias.module);
                let inner = Scope {
                    module: alias.module,
                    generics: &alias.generics,
                    self_ty: None,
                    container: Container::Free,
                    infer: scope.infer,
                    opaque: None,
                };
                self.lower(&alias.written, &inner).subst(&args)
            }
            Def::Prim(ty) => ty.clone(),
            Def::Foreign(name) => match Ty::primitive(name) {
                Some(ty) => ty,
                None => Ty::Foreign(Rc::clone(name)),
            },
            Def::Trait(_) => {
                let bound = segment.and_then(|it| self.bound_of_def(def, it, scope));
                bound.map_or(Ty::Unknown, |bound| Ty::Dyn(Rc::from([bound])))
            }
            Def::Variant(id, _) => Ty::Adt(*id, self.adt_args(*id, segment, scope)),
            Def::Mod(_) | Def::Fn(_) | Def::Const(_) => Ty::Unknown,
        }
    }

    /// The generic arguments of a type.
    pub(crate) fn adt_args(
        &self,
        id: AdtId,
        segment: Option<&syn::PathSegment>,
        scope: &Scope<'_>,
    ) -> Args {
        let adt = self.adts.get(id);
        self.arguments(&adt.generics, 0, segment, scope, adt.module)
    }

    /// The arguments of the parameters of `generics` from `first` on, as `segment` has them: what
    /// is not written is inferred, or the default.
    pub(crate) fn arguments(
        &self,
        generics: &Generics,
        first: usize,
        segment: Option<&syn::PathSegment>,
        scope: &Scope<'_>,
        module: ModId,
    ) -> Args {
        let mut out: Vec<Ty> = Vec::new();
        let written = segment.map(|it| &it.arguments);
        let mut is_written = false;
        if let Some(PathArguments::AngleBracketed(it)) = written {
            for argument in &it.args {
                match argument {
                    GenericArgument::Type(ty) => {
                        out.push(self.argument_type(ty, scope));
                        is_written = true;
                    }
                    GenericArgument::Const(value) => {
                        out.push(const_argument(value));
                        is_written = true;
                    }
                    _ => {}
                }
            }
        }
        out.truncate(generics.len().saturating_sub(first));
        while first + out.len() < generics.len() {
            let index = first + out.len();
            let default = generics.defaults[index].as_ref();
            let ty = match (default, scope.infer) {
                (Some(default), infer) if is_written || infer.is_none() => {
                    let inner = Scope {
                        module,
                        generics,
                        self_ty: None,
                        container: Container::Free,
                        infer,
                        opaque: None,
                    };
                    let mut known = vec![Ty::Unknown; first];
                    known.extend(out.iter().cloned());
                    self.lower(default, &inner).subst(&known)
                }
                (_, Some(fresh)) => fresh(),
                (_, None) => Ty::Unknown,
            };
            out.push(ty);
        }
        out.into()
    }

    fn argument_type(&self, ty: &Type, scope: &Scope<'_>) -> Ty {
        // A constant that is a plain name looks like a type.
        if let Type::Path(it) = ty
            && it.qself.is_none()
            && let Some(name) = it.path.get_ident()
            && !scope
                .generics
                .names
                .iter()
                .any(|it| **it == *name.to_string())
            && name != "Self"
        {
            let segments = [name.to_string()];
            let is_type = self
                .resolve(scope.module, &segments, false, false)
                .is_some();
            if !is_type {
                return Ty::Const(0);
            }
        }
        self.lower(ty, scope)
    }

    fn trait_args(
        &self,
        of: TraitId,
        segment: Option<&syn::PathSegment>,
        scope: &Scope<'_>,
    ) -> Args {
        let it = self.traits.get(of);
        // The default of a trait's parameter may speak of `Self`; that is settled by the caller.
        self.arguments(&it.generics, 1, segment, scope, it.module)
    }

    /// `ty::name` for an associated type.
    fn assoc_of(&self, ty: &Ty, name: &str, scope: &Scope<'_>) -> Ty {
        // In an implementation, its own types first.
        if let Container::Impl(id) = scope.container
            && scope.self_ty.as_ref() == Some(ty)
        {
            let it = self.impls.get(id);
            if let Some(written) = it.types.get(name) {
                return self.lower(written, scope);
            }
            if let Some(path) = &it.written_trait
                && let Some((Def::Trait(of), _)) = self.resolve_path(path, scope.module)
                && let Some((of, args)) = self.trait_with_type(of, name)
            {
                let own = self.trait_args(of, path.segments.last(), scope);
                let args = if args.is_empty() { own } else { args };
                return projection(ty.clone(), of, args, name);
            }
        }
        if let Container::Trait(of) = scope.container
            && scope.self_ty.as_ref() == Some(ty)
            && let Some((found, args)) = self.trait_with_type(of, name)
        {
            let args = if found == of {
                (1..self.traits.get(of).generics.len())
                    .map(|it| Ty::Param(u32::try_from(it).expect("few parameters")))
                    .collect()
            } else {
                args
            };
            return projection(ty.clone(), found, args, name);
        }
        if let Ty::Param(_) = ty {
            for (subject, bound) in written_bounds(scope.generics) {
                let TypeParamBound::Trait(bound) = bound else {
                    continue;
                };
                if self.plain_param(&subject, scope).as_ref() != Some(ty) {
                    continue;
                }
                if let Some((Def::Trait(of), _)) = self.resolve_path(&bound.path, scope.module)
                    && let Some((found, args)) = self.trait_with_type(of, name)
                {
                    let own = self.trait_args(of, bound.path.segments.last(), scope);
                    let args = if found == of { own } else { args };
                    return projection(ty.clone(), found, args, name);
                }
            }
        }
        // `<T as Trait>::A::B` and the like: whoever has a type of that name.
        let mut found = self.traits.ids().filter(|id| {
            let it = self.traits.get(*id);
            it.types.contains_key(name)
        });
        match (found.next(), found.next()) {
            (Some(of), None) => projection(ty.clone(), of, Rc::from([]), name),
            _ => Ty::Unknown,
        }
    }

    /// The parameter that a written type is, if it is one.
    fn plain_param(&self, written: &Type, scope: &Scope<'_>) -> Option<Ty> {
        let Type::Path(it) = written else {
            return None;
        };
        let name = it.path.get_ident()?.to_string();
        if name == "Self" {
            return scope.self_ty.clone();
        }
        let position = scope.generics.names.iter().rposition(|it| **it == *name)?;
        Some(Ty::Param(u32::try_from(position).expect("few parameters")))
    }

    /// The trait among `of` and its supertraits that has the associated type `name`.
    fn trait_with_type(&self, of: TraitId, name: &str) -> Option<(TraitId, Args)> {
        let it = self.traits.get(of);
        if it.types.contains_key(name) {
            return Some((of, Rc::from([])));
        }
        for bound in &it.supertraits {
            if let TypeParamBound::Trait(bound) = bound
                && let Some((Def::Trait(up), _)) = self.resolve_path(&bound.path, it.module)
                && let Some(found) = self.trait_with_type(up, name)
            {
                return Some(found);
            }
        }
        None
    }

    fn resolve_path(&self, path: &syn::Path, module: ModId) -> Option<(Def, usize)> {
        self.resolve(module, &segments(path), path.leading_colon.is_some(), false)
    }

    /// A bound; lifetimes and traits that are not there say nothing.
    pub(crate) fn bound(&self, bound: &TypeParamBound, scope: &Scope<'_>) -> Option<Bound> {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        if bound.maybe.is_some() {
            return None;
        }
        let (def, used) = self.resolve_path(&bound.path, scope.module)?;
        let segment = bound.path.segments.iter().nth(used - 1)?;
        self.bound_of_def(&def, segment, scope)
    }

    fn bound_of_def(
        &self,
        def: &Def,
        segment: &syn::PathSegment,
        scope: &Scope<'_>,
    ) -> Option<Bound> {
        let Def::Trait(of) = def else {
            return None;
        };
        if let PathArguments::Parenthesized(it) = &segment.arguments {
            let inputs = it.inputs.iter().map(|it| self.lower(&it.ty, scope));
            let output = self.lower_output(&it.output, scope);
            return Some(Bound {
                of: *of,
                args: Rc::from([Ty::Tuple(inputs.collect())]),
                assoc: vec![(Rc::from("Output"), output)],
            });
        }
        let mut assoc = Vec::new();
        if let PathArguments::AngleBracketed(it) = &segment.arguments {
            for argument in &it.args {
                if let GenericArgument::AssocType(it) = argument {
                    let name: Name = Rc::from(it.ident.to_string());
                    assoc.push((name, self.lower(&it.ty, scope)));
                }
            }
        }
        Some(Bound {
            of: *of,
            args: self.trait_args(*of, Some(segment), scope),
            assoc,
        })
    }

    /// What is demanded of the parameters of an item.
    pub(crate) fn bounds(&self, generics: &Generics, scope: &Scope<'_>) -> Rc<Vec<(Ty, Bound)>> {
        if let Some(bounds) = generics.bounds.get() {
            return Rc::clone(bounds);
        }
        let mut out = Vec::new();
        if let Container::Trait(of) = scope.container {
            let count = self.traits.get(of).generics.len();
            let args = (1..count).map(|it| Ty::Param(u32::try_from(it).expect("few parameters")));
            out.push((
                Ty::Param(0),
                Bound {
                    of,
                    args: args.collect(),
                    assoc: Vec::new(),
                },
            ));
        }
        for (subject, bound) in written_bounds(generics) {
            let subject = self.lower(&subject, scope);
            if let Some(bound) = self.bound(&bound, scope) {
                out.push((subject, bound));
            }
        }
        let out = Rc::new(out);
        let _ = generics.bounds.set(Rc::clone(&out));
        out
    }

    /// The supertraits of a trait.
    pub(crate) fn supertraits(&self, of: TraitId) -> Rc<Vec<Bound>> {
        let it = self.traits.get(of);
        if let Some(supers) = it.supers.get() {
            return Rc::clone(supers);
        }
        let scope = Scope {
            module: it.module,
            generics: &it.generics,
            self_ty: Some(Ty::Param(0)),
            container: Container::Trait(of),
            infer: None,
            opaque: None,
        };
        let supers = it.supertraits.iter();
        let supers = Rc::new(supers.filter_map(|it| self.bound(it, &scope)).collect());
        let _ = it.supers.set(Rc::clone(&supers));
        supers
    }

    /// What an implementation is of.
    pub(crate) fn impl_header(&self, it: &Impl) -> Header {
        let scope = Scope {
            module: it.module,
            generics: &it.generics,
            self_ty: None,
            container: Container::Free,
            infer: None,
            opaque: None,
        };
        let self_ty = self.lower(&it.written_self, &scope);
        let of = it.written_trait.as_ref().and_then(|path| {
            let (def, used) = self.resolve_path(path, it.module)?;
            let Def::Trait(of) = def else {
                return None;
            };
            let scope = Scope {
                self_ty: Some(self_ty.clone()),
                ..scope
            };
            let segment = path.segments.iter().nth(used - 1);
            let mut args: Vec<Ty> = self.trait_args(of, segment, &scope).to_vec();
            // `trait Add<Rhs = Self>`: what is not written is `Self`.
            for arg in &mut args {
                if *arg == Ty::Unknown {
                    *arg = self_ty.clone();
                }
            }
            Some((of, Args::from(args)))
        });
        Header { self_ty, of }
    }

    /// What `Self` is inside an item.
    pub(crate) fn self_ty(&self, container: Container) -> Option<Ty> {
        match container {
            Container::Free => None,
            Container::Trait(_) => Some(Ty::Param(0)),
            Container::Impl(id) => {
                let it = self.impls.get(id);
                let header = it.header.get().cloned();
                Some(header.unwrap_or_else(|| self.impl_header(&it)).self_ty)
            }
        }
    }

    /// The types of a function.
    pub(crate) fn signature(&self, id: FnId) -> Rc<Signature> {
        let function = self.functions.get(id);
        if let Some(signature) = function.signature.get() {
            return Rc::clone(signature);
        }
        let signature = Rc::new(self.lower_signature(id, &function));
        let _ = function.signature.set(Rc::clone(&signature));
        signature
    }

    fn lower_signature(&self, id: FnId, function: &Function) -> Signature {
        let self_ty = self.self_ty(function.container);
        let scope = Scope {
            module: function.module,
            generics: &function.generics,
            self_ty: self_ty.clone(),
            container: function.container,
            infer: None,
            opaque: None,
        };
        let mut has_self = false;
        let mut inputs = Vec::new();
        for input in &function.written.inputs {
            inputs.push(match input {
                syn::FnArg::Typed(it) => self.lower(&it.ty, &scope),
                syn::FnArg::Receiver(it) => {
                    has_self = true;
                    let own = self_ty.clone().unwrap_or(Ty::Unknown);
                    match &it.kind {
                        syn::ReceiverKind::Reference(..) => own.reference(),
                        syn::ReceiverKind::Typed(_, ty) => self.lower(ty, &scope),
                        _ => own,
                    }
                }
            });
        }
        let opaque = RefCell::default();
        let scope = Scope {
            opaque: Some((id, &opaque)),
            ..scope
        };
        let output = self.lower_output(&function.written.output, &scope);
        Signature {
            inputs,
            output,
            has_self,
            opaque: opaque.into_inner(),
        }
    }

    /// The type of a field, in terms of the parameters of its type.
    pub(crate) fn field_type(&self, adt: AdtId, variant: u32, field: usize) -> Ty {
        let it = self.adts.get(adt);
        let field = &it.variants[variant as usize].fields[field];
        if let Some(ty) = field.ty.get() {
            return ty.clone();
        }
        let count = it.generics.len();
        let scope = Scope {
            module: it.module,
            generics: &it.generics,
            self_ty: Some(Ty::Adt(adt, identity(count))),
            container: Container::Free,
            infer: None,
            opaque: None,
        };
        let ty = self.lower(&field.written, &scope);
        let _ = field.ty.set(ty.clone());
        ty
    }
}

/// The parameters themselves as arguments.
pub(crate) fn identity(count: usize) -> Args {
    (0..count)
        .map(|it| Ty::Param(u32::try_from(it).expect("few parameters")))
        .collect()
}

fn projection(self_ty: Ty, of: TraitId, args: Args, name: &str) -> Ty {
    Ty::Proj(Rc::new(Projection {
        self_ty,
        of,
        args,
        name: Rc::from(name),
    }))
}

/// The names of a path.
pub(crate) fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|it| it.ident.to_string())
        .collect()
}

/// The bounds of a list of parameters as they are written: of what, and which.
fn written_bounds(generics: &Generics) -> Vec<(Type, TypeParamBound)> {
    let mut out = Vec::new();
    for list in &generics.written {
        for parameter in &list.params {
            if let syn::GenericParam::Type(it) = parameter {
                let name = &it.ident;
                let subject: Type = syn::parse_quote!(#name);
                out.extend(
                    it.bounds
                        .iter()
                        .map(|bound| (subject.clone(), bound.clone())),
                );
            }
        }
        let clause = list.where_clause.iter();
        for predicate in clause.flat_map(|it| &it.predicates) {
            if let syn::WherePredicate::Type(it) = predicate {
                let subject = &it.bounded_ty;
                out.extend(
                    it.bounds
                        .iter()
                        .map(|bound| (subject.clone(), bound.clone())),
                );
            }
        }
    }
    out
}

fn const_argument(value: &syn::Expr) -> Ty {
    match value {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(number) => Ty::Const(number.base10_parse().unwrap_or(0)),
            syn::Lit::Bool(value) => Ty::Const(i64::from(value.value)),
            _ => Ty::Const(0),
        },
        syn::Expr::Block(it) => match it.block.stmts.as_slice() {
            [syn::Stmt::Expr(value, None)] => const_argument(value),
            _ => Ty::Const(0),
        },
        other => {
            // Told apart by how it is written.
            let text = other.to_token_stream().to_string();
            Ty::Const(text.bytes().fold(7, |hash: i64, byte| {
                hash.wrapping_mul(31).wrapping_add(i64::from(byte))
            }))
        }
    }
}
