// SPDX-License-Identifier: MIT OR Apache-2.0
//! Method calls: which function a name means for a receiver, through any number of `Deref`s.

use std::rc::Rc;

use syn::Expr;
use syn::spanned::Spanned;

use super::Builder;
use crate::items::{FnId, TraitId};
use crate::mir::{Callee, Place, Value};
use crate::ty::{Args, Name, Ty};

/// Pointers to pointers to pointers.
const DEEPEST: usize = 8;

/// A method and how the receiver becomes its `self`.
struct Method {
    function: FnId,
    args: Args,
    /// `self` is a reference to the place.
    by_reference: bool,
}

impl Method {
    /// What is passed as `self` for the receiver at a place.
    fn receiver(&self, place: Place) -> Value {
        if self.by_reference {
            Value::AddressOf(place)
        } else {
            Value::Move(place)
        }
    }
}

impl Builder {
    pub(super) fn method_call(
        &mut self,
        it: &syn::ExprMethodCall,
        expected: Option<&Ty>,
    ) -> (Value, Ty) {
        let name = it.method.to_string();
        let span = it.method.span();
        let args: Vec<&Expr> = it.args.iter().collect();
        let (mut place, mut ty) = self.place(&it.receiver);
        self.retry_obligations();
        let turbofish = it.turbofish.as_ref().map(|it| syn::PathSegment {
            ident: syn::Ident::new("f", span),
            arguments: syn::PathArguments::AngleBracketed(it.clone()),
        });
        for _ in 0..DEEPEST {
            ty = self.typer.normalize(&ty);
            ty = self.typer.infer.shallow(&ty);
            if matches!(ty, Ty::Infer(_)) && !self.typer.infer.is_integer_variable(&ty) {
                self.guess_pointer(&ty, &name);
                ty = self.typer.infer.shallow(&ty);
            }
            if let Some(found) = self.probe(&ty, &name) {
                let all = self.with_turbofish(&found, turbofish.as_ref());
                let receiver = found.receiver(place);
                let id = found.function;
                return self.call_function(id, &all, Some(receiver), &args, expected, span);
            }
            match self.deref_once(&place, &ty, it.receiver.span()) {
                Some((next, next_ty)) => (place, ty) = (next, next_ty),
                None => break,
            }
        }
        if let Ty::Array(of) = &ty {
            let slice = Ty::Slice(Rc::clone(of));
            if let Some(found) = self.probe(&slice, &name) {
                let all = self.with_turbofish(&found, turbofish.as_ref());
                let receiver = Value::AddressOf(place);
                let id = found.function;
                return self.call_function(id, &all, Some(receiver), &args, expected, span);
            }
        }
        self.unfound_method(&name, place, &ty, &args, span)
    }

    /// Values of unknown type come from C, and the only ones with methods are pointers.
    fn guess_pointer(&mut self, ty: &Ty, name: &str) {
        let pointer = Ty::Ptr(Rc::new(self.typer.infer.fresh()));
        let at = self.typer.infer.snapshot();
        if self.inherent_method(&pointer, name).is_some() {
            self.typer.infer.roll_back(at);
            self.typer.infer.unify(ty, &pointer);
        } else {
            self.typer.infer.roll_back(at);
        }
    }

    fn with_turbofish(&mut self, found: &Method, turbofish: Option<&syn::PathSegment>) -> Args {
        let function = self.cx.functions.get(found.function);
        let mut all = found.args.to_vec();
        let rest = self.fn_arguments(&function.generics, found.args.len(), turbofish);
        all.extend(rest.iter().cloned());
        all.into()
    }

    /// A method that nobody has: of a number it is an operation without effects.
    fn unfound_method(
        &mut self,
        name: &str,
        place: Place,
        ty: &Ty,
        args: &[&Expr],
        span: proc_macro2::Span,
    ) -> (Value, Ty) {
        let mut values = vec![Value::AddressOf(place.clone())];
        for e in args {
            values.push(self.expr(e, None).0);
        }
        let is_number = ty.is_scalar_prim() || self.typer.infer.is_integer_variable(ty);
        if is_number {
            let result = match name {
                _ if name.starts_with("is_") || name == "eq" || name == "ne" => Ty::BOOL,
                _ if name.starts_with("checked_") => self.option_of(ty),
                _ if name.starts_with("overflowing_") => {
                    Ty::Tuple(Rc::from([ty.clone(), Ty::BOOL]))
                }
                _ if name.starts_with("leading_")
                    || name.starts_with("trailing_")
                    || name.starts_with("count_")
                    || name.starts_with("ilog") =>
                {
                    Ty::Prim("u32")
                }
                _ if name.starts_with("to_") && name.ends_with("_bytes") => {
                    Ty::Array(Rc::new(Ty::Prim("u8")))
                }
                _ => ty.clone(),
            };
            return (Value::Unknown, result);
        }
        let derived = matches!(
            name,
            "clone" | "eq" | "ne" | "cmp" | "partial_cmp" | "fmt" | "hash" | "to_owned"
        );
        if derived && !matches!(ty, Ty::Infer(_) | Ty::Unknown) {
            return match name {
                "clone" | "to_owned" => (Value::Copy(place), ty.clone()),
                "eq" | "ne" => (Value::Unknown, Ty::BOOL),
                _ => (Value::Unknown, self.typer.infer.fresh()),
            };
        }
        let callee = self.unknown_callee(span, name);
        let result = self.typer.infer.fresh();
        (self.call(callee, values, &result, span), result)
    }

    /// The method `name` of a receiver of type `ty`, by value or by reference.
    fn probe(&mut self, ty: &Ty, name: &str) -> Option<Method> {
        if matches!(ty, Ty::Unknown) {
            return None;
        }
        if matches!(ty, Ty::Infer(_)) && !self.typer.infer.is_integer_variable(ty) {
            return None;
        }
        let reference = ty.clone().reference();
        for (self_ty, by_reference) in [(ty, false), (&reference, true)] {
            if let Some((function, args)) = self.inherent_method(self_ty, name) {
                return Some(Method {
                    function,
                    args,
                    by_reference,
                });
            }
            if let Some((function, args)) = self.trait_method(self_ty, ty, name) {
                return Some(Method {
                    function,
                    args,
                    by_reference,
                });
            }
        }
        None
    }

    fn inherent_method(&mut self, self_ty: &Ty, name: &str) -> Option<(FnId, Args)> {
        let cx = Rc::clone(&self.cx);
        let candidates = cx.index.borrow().inherent.get(name).cloned()?;
        for (id, function) in candidates {
            let signature = cx.signature(function);
            if !signature.has_self {
                continue;
            }
            let it = cx.impls.get(id);
            let at = self.typer.infer.snapshot();
            let args = self.typer.infer.fresh_args(it.generics.len());
            let wanted = self.typer.normalize(&signature.inputs[0].subst(&args));
            if self.fits_receiver(&wanted, self_ty) && self.impl_bounds_hold(id, &args) {
                return Some((function, args));
            }
            self.typer.infer.roll_back(at);
        }
        None
    }

    /// `&T` takes `&mut T`, but no raw pointer; `Self` by value takes no reference.
    fn fits_receiver(&mut self, wanted: &Ty, actual: &Ty) -> bool {
        self.typer.infer.unify(wanted, actual)
    }

    fn impl_bounds_hold(&mut self, id: crate::items::ImplId, args: &Args) -> bool {
        let cx = Rc::clone(&self.cx);
        for (ty, bound) in cx.impl_bounds(id).iter() {
            let ty = self.typer.normalize(&ty.subst(args));
            let ty = self.typer.infer.shallow(&ty);
            let bound = bound.subst(args);
            let is_known = matches!(ty, Ty::Adt(..) | Ty::Prim(_));
            let has_impls = cx.index.borrow().impls.contains_key(&bound.of);
            if is_known
                && has_impls
                && !cx.is_fn_trait(bound.of)
                && self.typer.select(&ty, bound.of, &bound.args, 0).is_none()
                && !self.has_several(&ty, bound.of)
            {
                return false;
            }
        }
        true
    }

    fn trait_method(&mut self, self_ty: &Ty, receiver: &Ty, name: &str) -> Option<(FnId, Args)> {
        let cx = Rc::clone(&self.cx);
        let candidates: Vec<(TraitId, FnId)> = cx.index.borrow().of_traits.get(name).cloned()?;
        let _ = receiver;
        for (of, function) in candidates {
            let signature = cx.signature(function);
            if !signature.has_self {
                continue;
            }
            let at = self.typer.infer.snapshot();
            let count = cx.traits.get(of).generics.len();
            let args = self.typer.infer.fresh_args(count);
            let wanted = signature.inputs[0].subst(&args);
            if self.typer.infer.unify(&wanted, self_ty) {
                let own = self.typer.infer.shallow(&args[0]);
                let trait_args: Args = args[1..].into();
                let is_known = !matches!(own, Ty::Infer(_) | Ty::Unknown)
                    || self.typer.infer.is_integer_variable(&own);
                if is_known {
                    let before = self.typer.infer.snapshot();
                    let selected = self.typer.select(&own, of, &trait_args, 0);
                    let ambiguous = selected.is_none() && count > 1;
                    // A reference is dereferenced before it is given a trait by `derive`.
                    let builtin = matches!(selected, Some(crate::typer::Selected::Builtin));
                    if selected.is_some() && !(builtin && matches!(own, Ty::Ref(_))) {
                        return Some((function, args));
                    }
                    self.typer.infer.roll_back(before);
                    if ambiguous && self.has_several(&own, of) {
                        return Some((function, args));
                    }
                }
            }
            self.typer.infer.roll_back(at);
        }
        None
    }

    /// A method of the library's own types that the language calls by itself.
    pub(super) fn call_method_named(
        &mut self,
        place: Place,
        ty: &Ty,
        name: &str,
        arguments: Vec<Value>,
        span: proc_macro2::Span,
    ) -> Option<(Value, Ty)> {
        let ty = self.typer.normalize(ty);
        let found = self.probe(&ty, name)?;
        let all = self.with_turbofish(&found, None);
        let receiver = found.receiver(place);
        let signature = self.cx.signature(found.function);
        let output = self.typer.normalize(&signature.output.subst(&all));
        let mut values = vec![receiver];
        values.extend(arguments);
        let callee = Callee::Function(found.function, all);
        let written: Option<Name> = None;
        Some((
            self.call_written(callee, values, &output, span, written),
            output,
        ))
    }
}
