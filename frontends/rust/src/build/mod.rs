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
mod macros;
mod methods;
mod operators;
mod paths;
mod patterns;
mod statements;

use std::collections::BTreeMap;
use std::rc::Rc;

use proc_macro2::Span;

use crate::context::Cx;
use crate::infer::Infer;
use crate::items::{Container, FnId, Generics, ModId};
use crate::lower::Scope;
use crate::mir::{
    Block, BlockId, Body, Call, Callee, End, Local, LocalId, Place, RESULT, Statement, Step, Upvar,
    Value,
};
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

/// One function or closure that is being built.
struct Frame {
    body: Body,
    current: BlockId,
    scopes: Vec<DropScope>,
    loops: Vec<Loop>,
    variables: Vec<BTreeMap<Name, LocalId>>,
    result: Ty,
    closure: Option<ClosureId>,
    /// The module, or the innermost block with items.
    module: ModId,
}

/// Locals to be dropped at the end of a scope.
#[derive(Default)]
struct DropScope {
    locals: Vec<LocalId>,
}

/// What `break` and `continue` can mean.
struct Loop {
    label: Option<String>,
    /// `continue` goes here; a labelled block has none.
    again: Option<BlockId>,
    after: BlockId,
    /// Scopes outside of the loop.
    depth: usize,
    /// What `break` gives.
    result: Option<(LocalId, Ty)>,
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

    fn built(mut self) -> Built {
        for _ in 0..4 {
            self.retry_obligations();
        }
        let frame = self.frames.pop().expect("the function's frame is there");
        let mut body = frame.body;
        self.finish_body(&mut body);
        let mut pending = std::mem::take(&mut self.closures);
        let owned: BTreeMap<u32, Vec<bool>> = pending
            .iter()
            .map(|it| {
                let owned = it.body.upvars.iter();
                let owned = owned.map(|upvar| it.is_move || upvar.is_consumed);
                (it.id.0, owned.collect())
            })
            .collect();
        settle_captures(&mut body, &owned);
        for it in &mut pending {
            settle_captures(&mut it.body, &owned);
        }
        let mut closures = Vec::new();
        for pending in pending {
            let PendingClosure {
                id, mut body, span, ..
            } = pending;
            self.finish_body(&mut body);
            let signature = self.typer.closures.iter().find(|(it, ..)| *it == id);
            let (inputs, output) = match signature {
                Some((_, inputs, output)) => (Rc::clone(inputs), output.clone()),
                None => (Rc::from([]), Ty::Unknown),
            };
            closures.push(BuiltClosure {
                id,
                inputs: inputs.iter().map(|ty| self.finish_type(ty)).collect(),
                output: self.finish_type(&output),
                owned: owned.get(&id.0).cloned().unwrap_or_default(),
                body,
                span,
            });
        }
        Built {
            body,
            closures,
            unknown: self.unknown,
        }
    }

    fn finish_type(&mut self, ty: &Ty) -> Ty {
        let ty = self.typer.normalize(ty);
        self.typer.infer.finish(&ty)
    }

    fn finish_args(&mut self, args: &Args) -> Args {
        args.iter().map(|ty| self.finish_type(ty)).collect()
    }

    fn finish_body(&mut self, body: &mut Body) {
        for local in &mut body.locals {
            local.ty = self.finish_type(&local.ty);
        }
        for upvar in &mut body.upvars {
            upvar.ty = self.finish_type(&upvar.ty);
        }
        for block in &mut body.blocks {
            for statement in &mut block.statements {
                match statement {
                    Statement::Assign(_, value) => self.finish_value(value),
                    Statement::Call(call) => {
                        match &mut call.callee {
                            Callee::Function(id, args) => {
                                *args = self.finish_args(args);
                                if let Some((found, own)) = self.typer.implementing(*id, args) {
                                    let own = self.finish_args(&own);
                                    call.callee = Callee::Function(found, own);
                                }
                            }
                            Callee::Value(value, ty) => {
                                self.finish_value(value);
                                *ty = self.finish_type(ty);
                            }
                            Callee::Constant(_, args) => *args = self.finish_args(args),
                            Callee::Foreign(_) | Callee::Unknown => {}
                        }
                        for arg in &mut call.args {
                            self.finish_value(arg);
                        }
                    }
                    Statement::SetVariant(..)
                    | Statement::Capture(..)
                    | Statement::Destroy { .. }
                    | Statement::Drop(_)
                    | Statement::DropPlace(..)
                    | Statement::Live(_) => {}
                }
            }
            if let End::If(value, ..) | End::Switch(value, ..) = &mut block.end {
                self.finish_value(value);
            }
        }
    }

    fn finish_value(&mut self, value: &mut Value) {
        match value {
            Value::Function(id, args) => {
                *args = self.finish_args(args);
                if let Some((found, own)) = self.typer.implementing(*id, args) {
                    let own = self.finish_args(&own);
                    *value = Value::Function(found, own);
                }
            }
            Value::Unary(_, a) => self.finish_value(a),
            Value::Binary(_, a, b) => {
                self.finish_value(a);
                self.finish_value(b);
            }
            _ => {}
        }
    }

    // Frames, blocks and locals.

    fn open_frame(&mut self, result: Ty, closure: Option<ClosureId>, span: Span) {
        let module = match self.frames.last() {
            Some(frame) => frame.module,
            None => self.site.module,
        };
        let result_local = Local {
            name: None,
            ty: result.clone(),
            span,
        };
        self.frames.push(Frame {
            body: Body {
                locals: vec![result_local],
                ..Body::default()
            },
            current: BlockId(0),
            scopes: vec![DropScope::default()],
            loops: Vec::new(),
            variables: vec![BTreeMap::new()],
            result,
            closure,
            module,
        });
        self.new_block();
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a body is being built")
    }

    fn module(&mut self) -> ModId {
        self.frame().module
    }

    fn new_block(&mut self) -> BlockId {
        let blocks = &mut self.frame().body.blocks;
        blocks.push(Block {
            statements: Vec::new(),
            end: End::Unreachable,
        });
        BlockId(u32::try_from(blocks.len() - 1).expect("fewer than 2^32 blocks"))
    }

    fn push(&mut self, statement: Statement) {
        let frame = self.frame();
        let current = frame.current.0 as usize;
        frame.body.blocks[current].statements.push(statement);
    }

    /// Ends the current block; what follows is in a block that nothing leads to.
    fn end(&mut self, end: End) {
        let frame = self.frame();
        let current = frame.current.0 as usize;
        frame.body.blocks[current].end = end;
        let next = self.new_block();
        self.frame().current = next;
    }

    /// Ends the current block and goes on in `next`.
    fn end_into(&mut self, end: End, next: BlockId) {
        let frame = self.frame();
        let current = frame.current.0 as usize;
        frame.body.blocks[current].end = end;
        frame.current = next;
    }

    fn goto(&mut self, next: BlockId) {
        self.end_into(End::Goto(next), next);
    }

    fn assign(&mut self, place: Place, value: Value) {
        self.push(Statement::Assign(place, value));
    }

    fn new_local(&mut self, name: Option<Name>, ty: Ty, span: Span) -> LocalId {
        let locals = &mut self.frame().body.locals;
        locals.push(Local { name, ty, span });
        LocalId(u32::try_from(locals.len() - 1).expect("fewer than 2^32 locals"))
    }

    /// A temporary that is dropped at the end of the innermost scope.
    fn temporary(&mut self, ty: &Ty, span: Span) -> LocalId {
        let local = self.new_local(None, ty.clone(), span);
        self.push(Statement::Live(local));
        self.schedule(local);
        local
    }

    /// A temporary that holds `value`.
    fn spill(&mut self, value: Value, ty: &Ty, span: Span) -> LocalId {
        let local = self.temporary(ty, span);
        self.assign(Place::local(local), value);
        local
    }

    fn schedule(&mut self, local: LocalId) {
        let scope = self.frame().scopes.last_mut();
        scope.expect("there is a scope").locals.push(local);
    }

    /// Schedules a drop in the scope around the innermost one.
    fn schedule_outside(&mut self, local: LocalId) {
        let scopes = &mut self.frame().scopes;
        let index = scopes.len().saturating_sub(2);
        scopes[index].locals.push(local);
    }

    fn declare(&mut self, name: &Name, local: LocalId) {
        let names = self.frame().variables.last_mut();
        names
            .expect("there is a scope")
            .insert(Rc::clone(name), local);
    }

    fn open_scope(&mut self) {
        self.frame().scopes.push(DropScope::default());
    }

    fn close_scope(&mut self) {
        let depth = self.frame().scopes.len() - 1;
        self.leave_scopes(depth);
        self.frame().scopes.pop();
    }

    /// Drops what the scopes from `depth` on have, without closing them: control leaves here.
    fn leave_scopes(&mut self, depth: usize) {
        let scopes = &self.frame().scopes[depth..];
        let locals: Vec<LocalId> = scopes
            .iter()
            .rev()
            .flat_map(|scope| scope.locals.iter().rev().copied())
            .collect();
        for local in locals {
            self.push(Statement::Drop(local));
        }
    }

    /// The place of a variable, if there is one of this name.
    fn variable(&mut self, name: &str) -> Option<(Place, Ty)> {
        let found = self
            .frames
            .iter()
            .enumerate()
            .rev()
            .find_map(|(index, it)| {
                let scopes = it.variables.iter().rev();
                let local = scopes.into_iter().find_map(|scope| scope.get(name))?;
                Some((index, *local))
            });
        let (at, local) = found?;
        let ty = self.frames[at].body.locals[local.0 as usize].ty.clone();
        let mut place = Place::local(local);
        for index in at + 1..self.frames.len() {
            let frame = &mut self.frames[index];
            let known = frame.body.upvars.iter().position(|it| it.of == place);
            let number = known.unwrap_or_else(|| {
                frame.body.upvars.push(Upvar {
                    name: Rc::from(name),
                    ty: ty.clone(),
                    of: place.clone(),
                    is_consumed: false,
                });
                frame.body.upvars.len() - 1
            });
            let number = u32::try_from(number).expect("few variables");
            let closure = frame.closure.expect("frames inside are closures");
            // The first parameter points to the closure.
            place = Place::local(LocalId(1))
                .then(Step::Deref)
                .then(Step::Upvar(closure, number));
        }
        Some((place, ty))
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

/// Lets closures own what their bodies take away, and point to the rest.
fn settle_captures(body: &mut Body, owned: &BTreeMap<u32, Vec<bool>>) {
    for block in &mut body.blocks {
        for statement in &mut block.statements {
            if let Statement::Capture(place, value) = statement
                && let Some(Step::Upvar(id, index)) = place.path.last()
                && let Value::Copy(of) = value
            {
                let owns = owned.get(&id.0).and_then(|it| it.get(*index as usize));
                *value = if owns == Some(&true) {
                    Value::Move(of.clone())
                } else {
                    Value::AddressOf(of.clone())
                };
            }
        }
    }
}
