// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the syntax of a body to its control flow.
//!
//! Types are found on the way, in the order of the source, as the language's own checker does; what
//! a call calls is settled when the whole body has been seen.

mod access;
mod calls;
mod closures;
mod control;
mod expressions;
mod finish;
mod frames;
mod macros;
mod methods;
mod operators;
mod paths;
mod patterns;
mod statements;

use std::rc::Rc;

use proc_macro2::Span;

use self::frames::Frame;
use crate::context::Cx;
use crate::infer::Infer;
use crate::items::{Container, FnId, Generics, ModId};
use crate::lower::Scope;
use crate::mir::{Body, Call, Callee, End, Place, RESULT, Statement, Value};
use crate::ty::{Args, Bound, ClosureId, Name, Ty};
use crate::typer::Typer;

/// A body with the closures in it, all types known.
pub(crate) struct Built {
    pub(crate) body: Body,
    pub(crate) closures: Vec<BuiltClosure>,
    /// Calls whose callee could not be told.
    pub(crate) unknown: Vec<(Span, Name)>,
}

/// A closure.
pub(crate) struct BuiltClosure {
    pub(crate) id: ClosureId,
    pub(crate) body: Body,
    pub(crate) inputs: Args,
    pub(crate) output: Ty,
    /// It owns what it takes (`move`, or its body consumes it).
    pub(crate) owned: Vec<bool>,
    pub(crate) span: Span,
}

/// What a body belongs to.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) module: ModId,
    pub(crate) generics: Rc<Generics>,
    pub(crate) container: Container,
    /// The generic arguments.
    pub(crate) args: Args,
    /// What is demanded of arguments that are not known.
    pub(crate) env: Vec<(Ty, Bound)>,
    /// The function whose opaque result is defined here.
    pub(crate) function: Option<FnId>,
}

/// Builds one body.
pub(crate) struct Builder {
    cx: Rc<Cx>,
    typer: Typer,
    site: Site,
    self_ty: Option<Ty>,
    frames: Vec<Frame>,
    closures: Vec<PendingClosure>,
    unknown: Vec<(Span, Name)>,
    /// Bounds that more has to be known for.
    obligations: Vec<(Ty, Bound)>,
    /// How deep expressions are nested.
    depth: usize,
    /// How many macros are being expanded.
    expanding: usize,
    /// Temporaries that a reference is taken of live as long as the variable being declared.
    extends: bool,
}

struct PendingClosure {
    id: ClosureId,
    body: Body,
    is_move: bool,
    span: Span,
}

/// Expressions that are nested deeper than this are not looked into.
const DEEPEST: usize = 200;

impl Builder {
    pub(crate) fn new(cx: Rc<Cx>, site: Site) -> Self {
        let typer = Typer {
            cx: Rc::clone(&cx),
            infer: Infer::default(),
            env: site.env.clone(),
            closures: Vec::new(),
        };
        let self_ty = cx.self_ty(site.container).map(|ty| ty.subst(&site.args));
        let mut builder = Self {
            cx,
            typer,
            site,
            self_ty: None,
            frames: Vec::new(),
            closures: Vec::new(),
            unknown: Vec::new(),
            obligations: Vec::new(),
            depth: 0,
            expanding: 0,
            extends: false,
        };
        builder.self_ty = self_ty.map(|ty| builder.typer.normalize(&ty));
        builder
    }

    /// Builds a function with these parameters.
    pub(crate) fn function(
        mut self,
        written: &syn::Signature,
        inputs: &[Ty],
        output: &Ty,
        block: &syn::Block,
    ) -> Built {
        let inputs: Vec<Ty> = inputs.iter().map(|ty| self.typer.normalize(ty)).collect();
        let output = self.typer.normalize(output);
        let result = match self.opens(&output) {
            Some((open, types)) => {
                self.demand_of_opaque(&types);
                open
            }
            None => output,
        };
        self.open_frame(result.clone(), None, written.ident.span());
        let mut patterns = Vec::new();
        for (input, ty) in written.inputs.iter().zip(&inputs) {
            let (name, span) = match input {
                syn::FnArg::Receiver(it) => (Some(Rc::from("self")), it.self_token.span),
                syn::FnArg::Typed(it) => match &*it.pat {
                    syn::Pat::Ident(it) if it.subpat.is_none() => {
                        (Some(Rc::from(it.ident.to_string())), it.ident.span())
                    }
                    pattern => (None, syn::spanned::Spanned::span(pattern)),
                },
            };
            let local = self.new_local(name.clone(), ty.clone(), span);
            self.frame().body.parameters += 1;
            self.schedule(local);
            match (name, input) {
                (Some(name), _) => self.declare(&name, local),
                (None, syn::FnArg::Typed(it)) => patterns.push((it.pat.clone(), local, ty.clone())),
                _ => {}
            }
        }
        for (pattern, local, ty) in patterns {
            self.bind(&pattern, &Place::local(local), &ty);
        }
        let value = self.block(block, Some(&result));
        self.finish_function(value, &result);
        self.built()
    }

    /// Builds a function without parameters that gives the value of an expression.
    pub(crate) fn constant(mut self, ty: &Ty, value: &syn::Expr) -> Built {
        let ty = self.typer.normalize(ty);
        self.open_frame(ty.clone(), None, syn::spanned::Spanned::span(value));
        let value = self.coerced(value, &ty);
        self.finish_function((value, ty.clone()), &ty);
        self.built()
    }

    /// Where the result is an `impl Trait` of the function itself, its type is found out.
    fn opens(&mut self, output: &Ty) -> Option<(Ty, Vec<Ty>)> {
        let own = self.site.function?;
        let mut types = Vec::new();
        let open = output.map(&mut |part| match part {
            Ty::Opaque(id, _) if *id == own => {
                types.push(self.typer.infer.fresh());
                types.last().cloned()
            }
            _ => None,
        });
        (!types.is_empty()).then_some((open, types))
    }

    /// What is declared of an `impl Trait` holds for the type behind it.
    fn demand_of_opaque(&mut self, types: &[Ty]) {
        let Some(own) = self.site.function else {
            return;
        };
        let signature = self.cx.signature(own);
        for ty in types {
            for bound in &signature.opaque {
                let bound = bound.subst(&self.site.args);
                self.oblige(ty.clone(), bound);
            }
        }
    }

    fn finish_function(&mut self, (value, ty): (Value, Ty), result: &Ty) {
        let value = self.coerce(value, &ty, result, Span::call_site());
        self.assign(Place::local(RESULT), value);
        self.leave_scopes(0);
        self.end(End::Return);
    }

    // Types.

    /// The type that is written here.
    fn written_type(&mut self, written: &syn::Type) -> Ty {
        let ty = self.lower_here(|cx, scope| cx.lower(written, scope));
        self.typer.normalize(&ty)
    }

    /// Lowers something in the scope of the body, with variables for what is left out.
    fn lower_here(&mut self, lower: impl FnOnce(&Cx, &Scope<'_>) -> Ty) -> Ty {
        let cx = Rc::clone(&self.cx);
        let module = self.module();
        let site = self.site.clone();
        let infer = std::cell::RefCell::new(std::mem::take(&mut self.typer.infer));
        let fresh = || infer.borrow_mut().fresh();
        let scope = Scope {
            module,
            generics: &site.generics,
            self_ty: cx.self_ty(site.container),
            container: site.container,
            infer: Some(&fresh),
            opaque: None,
        };
        let ty = lower(&cx, &scope).subst(&site.args);
        self.typer.infer = infer.into_inner();
        ty
    }

    /// Tries again what could not be told before.
    fn retry_obligations(&mut self) {
        for (ty, bound) in std::mem::take(&mut self.obligations) {
            self.oblige(ty, bound);
        }
    }

    /// Learns what follows from a bound, now or later.
    fn oblige(&mut self, ty: Ty, bound: Bound) {
        let ty = self.typer.normalize(&ty);
        let shallow = self.typer.infer.shallow(&ty);
        let args: Args = bound
            .args
            .iter()
            .map(|it| self.typer.normalize(it))
            .collect();
        let bound = Bound { args, ..bound };
        match self.typer.select(&shallow, bound.of, &bound.args, 0) {
            Some(selected) => {
                if let crate::typer::Selected::Bound(known) | crate::typer::Selected::Dyn(known) =
                    &selected
                {
                    for (a, b) in known.args.iter().zip(bound.args.iter()) {
                        self.typer.infer.unify(a, b);
                    }
                }
                self.typer.learn(&selected, &bound, &shallow, 0);
            }
            None => self.obligations.push((ty, bound)),
        }
    }

    /// Calls `callee` and gives the temporary that takes the result.
    fn call(&mut self, callee: Callee, args: Vec<Value>, result: &Ty, span: Span) -> Value {
        self.call_written(callee, args, result, span, None)
    }

    fn call_written(
        &mut self,
        callee: Callee,
        args: Vec<Value>,
        result: &Ty,
        span: Span,
        written: Option<Name>,
    ) -> Value {
        let local = self.new_local(None, result.clone(), span);
        self.push(Statement::Live(local));
        self.push(Statement::Call(Call {
            dest: Place::local(local),
            callee,
            args,
            span,
            written,
        }));
        self.schedule(local);
        if *result == Ty::Never {
            self.end(End::Unreachable);
        }
        Value::Move(Place::local(local))
    }

    /// Notes a call whose callee cannot be told.
    fn unknown_callee(&mut self, span: Span, name: &str) -> Callee {
        let name: Name = Rc::from(name);
        self.unknown.push((span, name));
        Callee::Unknown
    }
}
