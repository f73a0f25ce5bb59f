// SPDX-License-Identifier: MIT OR Apache-2.0
//! The body that is being built: its blocks, its locals, and the scopes at whose ends these are dropped.

use std::collections::BTreeMap;
use std::rc::Rc;

use proc_macro2::Span;

use super::Builder;
use crate::items::ModId;
use crate::mir::{Block, BlockId, Body, End, Local, LocalId, Place, Statement, Step, Upvar, Value};
use crate::ty::{ClosureId, Name, Ty};

/// One function or closure that is being built.
pub(super) struct Frame {
    pub(super) body: Body,
    pub(super) current: BlockId,
    pub(super) scopes: Vec<DropScope>,
    pub(super) loops: Vec<Loop>,
    pub(super) variables: Vec<BTreeMap<Name, LocalId>>,
    pub(super) result: Ty,
    pub(super) closure: Option<ClosureId>,
    /// The module, or the innermost block with items.
    pub(super) module: ModId,
}

/// Locals to be dropped at the end of a scope.
#[derive(Default)]
pub(super) struct DropScope {
    pub(super) locals: Vec<LocalId>,
}

/// What `break` and `continue` can mean.
pub(super) struct Loop {
    pub(super) label: Option<String>,
    /// `continue` goes here; a labelled block has none.
    pub(super) again: Option<BlockId>,
    pub(super) after: BlockId,
    /// Scopes outside of the loop.
    pub(super) depth: usize,
    /// What `break` gives.
    pub(super) result: Option<(LocalId, Ty)>,
}

impl Builder {
    pub(super) fn open_frame(&mut self, result: Ty, closure: Option<ClosureId>, span: Span) {
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

    pub(super) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a body is being built")
    }

    pub(super) fn module(&mut self) -> ModId {
        self.frame().module
    }

    pub(super) fn new_block(&mut self) -> BlockId {
        let blocks = &mut self.frame().body.blocks;
        blocks.push(Block {
            statements: Vec::new(),
            end: End::Unreachable,
        });
        BlockId(u32::try_from(blocks.len() - 1).expect("fewer than 2^32 blocks"))
    }

    pub(super) fn push(&mut self, statement: Statement) {
        let frame = self.frame();
        let current = frame.current.0 as usize;
        frame.body.blocks[current].statements.push(statement);
    }

    /// Ends the current block; what follows is in a block that nothing leads to.
    pub(super) fn end(&mut self, end: End) {
        let frame = self.frame();
        let current = frame.current.0 as usize;
        frame.body.blocks[current].end = end;
        let next = self.new_block();
        self.frame().current = next;
    }

    /// Ends the current block and goes on in `next`.
    pub(super) fn end_into(&mut self, end: End, next: BlockId) {
        let frame = self.frame();
        let current = frame.current.0 as usize;
        frame.body.blocks[current].end = end;
        frame.current = next;
    }

    pub(super) fn goto(&mut self, next: BlockId) {
        self.end_into(End::Goto(next), next);
    }

    pub(super) fn assign(&mut self, place: Place, value: Value) {
        self.push(Statement::Assign(place, value));
    }

    pub(super) fn new_local(&mut self, name: Option<Name>, ty: Ty, span: Span) -> LocalId {
        let locals = &mut self.frame().body.locals;
        locals.push(Local { name, ty, span });
        LocalId(u32::try_from(locals.len() - 1).expect("fewer than 2^32 locals"))
    }

    /// A temporary that is dropped at the end of the innermost scope.
    pub(super) fn temporary(&mut self, ty: &Ty, span: Span) -> LocalId {
        let local = self.new_local(None, ty.clone(), span);
        self.push(Statement::Live(local));
        self.schedule(local);
        local
    }

    /// A temporary that holds `value`.
    pub(super) fn spill(&mut self, value: Value, ty: &Ty, span: Span) -> LocalId {
        let local = self.temporary(ty, span);
        self.assign(Place::local(local), value);
        local
    }

    pub(super) fn schedule(&mut self, local: LocalId) {
        let scope = self.frame().scopes.last_mut();
        scope.expect("there is a scope").locals.push(local);
    }

    /// Schedules a drop in the scope around the innermost one.
    pub(super) fn schedule_outside(&mut self, local: LocalId) {
        let scopes = &mut self.frame().scopes;
        let index = scopes.len().saturating_sub(2);
        scopes[index].locals.push(local);
    }

    pub(super) fn declare(&mut self, name: &Name, local: LocalId) {
        let names = self.frame().variables.last_mut();
        names
            .expect("there is a scope")
            .insert(Rc::clone(name), local);
    }

    pub(super) fn open_scope(&mut self) {
        self.frame().scopes.push(DropScope::default());
    }

    pub(super) fn close_scope(&mut self) {
        let depth = self.frame().scopes.len() - 1;
        self.leave_scopes(depth);
        self.frame().scopes.pop();
    }

    /// Drops what the scopes from `depth` on have, without closing them: control leaves here.
    pub(super) fn leave_scopes(&mut self, depth: usize) {
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
    pub(super) fn variable(&mut self, name: &str) -> Option<(Place, Ty)> {
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
}
