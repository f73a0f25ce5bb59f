// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks and `let`: which scope drops what.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use camino::Utf8Path;
use syn::spanned::Spanned;
use syn::{Block, Expr, Item, Pat, Stmt};

use super::Builder;
use super::expressions::is_place;
use crate::collect::Collector;
use crate::items::Module;
use crate::mir::{Callee, End, Place, Statement, Value};
use crate::ty::Ty;

impl Builder {
    /// Evaluates a block.
    pub(super) fn block(&mut self, block: &Block, expected: Option<&Ty>) -> (Value, Ty) {
        self.statements(&block.stmts, expected)
    }

    /// Evaluates statements in a scope of their own.
    pub(super) fn statements(&mut self, stmts: &[Stmt], expected: Option<&Ty>) -> (Value, Ty) {
        let around = self.module();
        self.block_items(stmts);
        self.open_scope();
        self.frame().variables.push(BTreeMap::new());
        let mut result = None;
        for (index, statement) in stmts.iter().enumerate() {
            let is_last = index + 1 == stmts.len();
            match statement {
                Stmt::Expr(e, None) if is_last => {
                    if self.cx.cfg.keeps(attributes(e)) {
                        result = Some(self.tail(e, expected));
                    }
                }
                Stmt::Macro(it) if is_last && it.semi_token.is_none() => {
                    if self.cx.cfg.keeps(&it.attrs) {
                        let e = Expr::Macro(syn::ExprMacro {
                            attrs: Vec::new(),
                            mac: it.mac.clone(),
                        });
                        result = Some(self.tail(&e, expected));
                    }
                }
                statement => self.statement(statement),
            }
        }
        let (value, ty) = result.unwrap_or_else(|| {
            let ty = if self.is_unreachable() {
                Ty::Never
            } else {
                Ty::unit()
            };
            (Value::Const(0), ty)
        });
        // The value leaves the scope before its variables are dropped.
        let (value, ty) = match value {
            Value::Move(place) | Value::Copy(place) => {
                let span = proc_macro2::Span::call_site();
                let local = self.new_local(None, ty.clone(), span);
                self.push(Statement::Live(local));
                self.assign(Place::local(local), Value::Move(place));
                self.schedule_outside(local);
                (Value::Move(Place::local(local)), ty)
            }
            value => (value, ty),
        };
        self.close_scope();
        self.frame().variables.pop();
        self.frame().module = around;
        (value, ty)
    }

    /// The value of a block: since edition 2024 its temporaries are dropped before the variables.
    fn tail(&mut self, e: &Expr, expected: Option<&Ty>) -> (Value, Ty) {
        let module = self.module();
        let krate = self.cx.modules.get(module).krate;
        if !self.cx.crates.get(krate).edition_2024 {
            // Temporaries of the tail are dropped with those of the expression around the block.
            self.open_scope();
            let result = self.expr(e, expected);
            let temporaries = self.frame().scopes.pop().unwrap_or_default();
            for local in temporaries.locals {
                self.schedule_outside(local);
            }
            return result;
        }
        self.open_scope();
        let (value, ty) = self.expr(e, expected);
        let value = match value {
            Value::Move(place) => {
                let local = self.new_local(None, ty.clone(), e.span());
                self.push(Statement::Live(local));
                self.assign(Place::local(local), Value::Move(place));
                self.schedule_outside(local);
                Value::Move(Place::local(local))
            }
            value => value,
        };
        self.close_scope();
        (value, ty)
    }

    fn is_unreachable(&mut self) -> bool {
        let frame = self.frame();
        let current = frame.current;
        current.0 != 0
            && frame.body.blocks[current.0 as usize].statements.is_empty()
            && !frame
                .body
                .blocks
                .iter()
                .any(|block| block.end.targets().contains(&current))
    }

    pub(super) fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Item(_) => {}
            Stmt::Local(it) => {
                if self.cx.cfg.keeps(&it.attrs) {
                    self.local(it);
                }
            }
            Stmt::Expr(e, _) => {
                if self.cx.cfg.keeps(attributes(e)) {
                    self.open_scope();
                    let (value, ty) = self.expr(e, None);
                    if let Value::Copy(_) | Value::Unary(..) | Value::Binary(..) = value {
                        self.spill(value, &ty, e.span());
                    }
                    self.close_scope();
                }
            }
            Stmt::Macro(it) => {
                if self.cx.cfg.keeps(&it.attrs) {
                    self.open_scope();
                    self.macro_statement(&it.mac);
                    self.close_scope();
                }
            }
        }
        self.retry_obligations();
    }

    fn local(&mut self, it: &syn::Local) {
        let (pattern, written) = match &it.pat {
            Pat::Type(typed) => (&*typed.pat, Some(self.written_type(&typed.ty))),
            pattern => (pattern, None),
        };
        let Some(init) = &it.init else {
            if let Pat::Ident(name) = pattern {
                let ty = written.unwrap_or_else(|| self.typer.infer.fresh());
                let name_text = Rc::from(name.ident.to_string());
                let local = self.new_local(Some(Rc::clone(&name_text)), ty, name.ident.span());
                self.push(Statement::Live(local));
                self.schedule(local);
                self.declare(&name_text, local);
            }
            return;
        };
        if matches!(pattern, Pat::Wild(_)) && is_place(&init.expr) && init.diverge.is_none() {
            self.open_scope();
            self.place(&init.expr); // nothing is moved
            self.close_scope();
            return;
        }
        self.open_scope();
        self.extends = true;
        let (value, from) = self.expr(&init.expr, written.as_ref());
        self.extends = false;
        let (value, ty) = match &written {
            Some(ty) => (self.coerce(value, &from, ty, init.expr.span()), ty.clone()),
            None => (value, from),
        };
        match pattern {
            Pat::Ident(name)
                if name.subpat.is_none() && name.by_ref.is_none() && init.diverge.is_none() =>
            {
                let text = Rc::from(name.ident.to_string());
                let local = self.new_local(Some(Rc::clone(&text)), ty, name.ident.span());
                self.push(Statement::Live(local));
                self.assign(Place::local(local), value);
                self.schedule_outside(local);
                self.close_scope();
                self.declare(&text, local);
            }
            _ => {
                let place = match value {
                    Value::Move(place) => place,
                    value => Place::local(self.spill(value, &ty, init.expr.span())),
                };
                if let Some((_, otherwise)) = &init.diverge {
                    let matched = self.new_block();
                    let failed = self.new_block();
                    self.test(pattern, &place, &ty, matched, failed);
                    self.frame().current = failed;
                    self.open_scope();
                    self.expr(otherwise, None);
                    self.close_scope();
                    self.end(End::Unreachable);
                    self.frame().current = matched;
                }
                // Variables belong to the scope around the statement.
                let statement_scope = self.frame().scopes.pop();
                self.bind(pattern, &place, &ty);
                self.frame().scopes.extend(statement_scope);
                self.close_scope();
            }
        }
    }

    /// Collects the items of a block into a scope of their own.
    fn block_items(&mut self, stmts: &[Stmt]) {
        let items: Vec<Item> = stmts
            .iter()
            .filter_map(|statement| match statement {
                Stmt::Item(item) => Some(item.clone()),
                _ => None,
            })
            .collect();
        if items.is_empty() {
            return;
        }
        let module = self.module();
        let around = self.cx.modules.get(module);
        // Each instance of a generic function has the same items.
        let start = items[0].span().start();
        let key = (module, start.line, start.column, items.len());
        let known = self.cx.blocks.borrow().get(&key).copied();
        if let Some(known) = known {
            self.frame().module = known;
            return;
        }
        let id = self.cx.modules.add(Module {
            krate: around.krate,
            parent: Some(module),
            is_block: true,
            path: Rc::clone(&around.path),
            file: Rc::clone(&around.file),
            types: RefCell::default(),
            values: RefCell::default(),
            imports: RefCell::default(),
            is_open: Cell::new(false),
        });
        let collector = Collector {
            cx: &self.cx,
            krate: around.krate,
            depth: self.expanding,
            later: None,
        };
        collector.items(&items, id, Utf8Path::new(""));
        self.cx.index_items();
        self.cx.blocks.borrow_mut().insert(key, id);
        self.frame().module = id;
    }

    /// A call that never returns.
    pub(super) fn panic(&mut self, span: proc_macro2::Span, written: &str) -> (Value, Ty) {
        let written = Some(Rc::from(written));
        let callee = Callee::Unknown;
        let value = self.call_written(callee, Vec::new(), &Ty::Never, span, written);
        (value, Ty::Never)
    }
}

/// The attributes of an expression.
fn attributes(e: &Expr) -> &[syn::Attribute] {
    match e {
        Expr::Block(it) => &it.attrs,
        Expr::Unsafe(it) => &it.attrs,
        Expr::If(it) => &it.attrs,
        Expr::Match(it) => &it.attrs,
        Expr::MethodCall(it) => &it.attrs,
        Expr::Call(it) => &it.attrs,
        Expr::Macro(it) => &it.attrs,
        Expr::Return(it) => &it.attrs,
        Expr::Assign(it) => &it.attrs,
        _ => &[],
    }
}
