// SPDX-License-Identifier: MIT OR Apache-2.0
//! The types of declarations: functions, implementations, fields.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Scope, identity};
use crate::context::Cx;
use crate::items::{AdtId, Container, Def, FnId, Function, Header, Impl, Signature};
use crate::ty::{Args, Ty};

impl Cx {
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
