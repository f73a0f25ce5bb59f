// SPDX-License-Identifier: MIT OR Apache-2.0
//! Traits of types: associated types, what is demanded of parameters, supertraits.

use std::rc::Rc;

use syn::{GenericArgument, PathArguments, Type, TypeParamBound};

use super::{Scope, projection};
use crate::context::Cx;
use crate::items::{Container, Def, Generics, TraitId};
use crate::ty::{Args, Bound, Name, Ty};

impl Cx {
    /// `ty::name` for an associated type.
    pub(super) fn assoc_of(&self, ty: &Ty, name: &str, scope: &Scope<'_>) -> Ty {
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
    pub(super) fn plain_param(&self, written: &Type, scope: &Scope<'_>) -> Option<Ty> {
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
    pub(super) fn trait_with_type(&self, of: TraitId, name: &str) -> Option<(TraitId, Args)> {
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

    pub(super) fn bound_of_def(
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
