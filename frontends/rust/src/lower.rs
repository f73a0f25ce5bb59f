// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the syntax of types to types.

mod bounds;
mod signatures;

use std::cell::RefCell;
use std::rc::Rc;

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

use crate::context::Cx;
use crate::items::{AdtId, Container, Def, FnId, Generics, ModId, TraitId};
use crate::ty::{Args, Bound, Projection, Ty};

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

    fn resolve_path(&self, path: &syn::Path, module: ModId) -> Option<(Def, usize)> {
        self.resolve(module, &segments(path), path.leading_colon.is_some(), false)
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
