// SPDX-License-Identifier: MIT OR Apache-2.0
//! Macros in bodies: those of the language, and everything that expands.

use std::rc::Rc;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::Builder;
use crate::mir::{BlockId, End, Value};
use crate::ty::Ty;

/// Macros that expand to macros.
const DEEPEST: usize = 64;

impl Builder {
    /// Evaluates a macro in expression position.
    pub(super) fn macro_expr(&mut self, mac: &syn::Macro, expected: Option<&Ty>) -> (Value, Ty) {
        if let Some(found) = self.language_macro(mac) {
            return found;
        }
        match self.expanded(mac) {
            Some(tokens) => {
                self.expanding += 1;
                let result = match syn::parse2::<Expr>(tokens.clone()) {
                    Ok(e) => self.expr(&e, expected),
                    Err(_) => match syn::Block::parse_within.parse2(tokens) {
                        Ok(stmts) => self.statements(&stmts, expected),
                        Err(_) => self.not_understood(mac),
                    },
                };
                self.expanding -= 1;
                result
            }
            None => self.not_understood(mac),
        }
    }

    /// A macro in statement position: what it declares is visible after it.
    pub(super) fn macro_statement(&mut self, mac: &syn::Macro) {
        if self.language_macro(mac).is_some() {
            return;
        }
        let Some(tokens) = self.expanded(mac) else {
            self.not_understood(mac);
            return;
        };
        match syn::Block::parse_within.parse2(tokens) {
            Ok(stmts) => {
                self.expanding += 1;
                // Its variables belong to the block around it.
                let scope = self.frame().scopes.pop();
                for statement in &stmts {
                    self.statement(statement);
                }
                self.frame().scopes.extend(scope);
                self.expanding -= 1;
            }
            Err(_) => {
                self.not_understood(mac);
            }
        }
    }

    fn expanded(&mut self, mac: &syn::Macro) -> Option<TokenStream> {
        if self.expanding > DEEPEST {
            return None;
        }
        let module = self.module();
        self.cx.expand(mac, module)
    }

    fn not_understood(&mut self, mac: &syn::Macro) -> (Value, Ty) {
        let last = mac.path.segments.last();
        let name = last.map(|it| it.ident.to_string()).unwrap_or_default();
        let module = self.module();
        if let Some(last) = last {
            let what = format!("macro `{name}!` is not understood");
            self.cx.lost(module, last.ident.span(), &what);
        }
        (Value::Unknown, self.typer.infer.fresh())
    }

    /// A macro that is part of the language.
    fn language_macro(&mut self, mac: &syn::Macro) -> Option<(Value, Ty)> {
        let last = mac.path.segments.last()?;
        let name = last.ident.to_string();
        let span = last.ident.span();
        // `ptr::addr_of!` and `core::ptr::addr_of!`, but not `kernel::build_assert!`.
        let first = mac.path.segments.first()?.ident.to_string();
        let around = self.module();
        let own = self.cx.modules.get(around).krate;
        let named = self.cx.crate_named(&first, own);
        let is_foreign = named.is_some_and(|it| !self.cx.crates.get(it).is_library);
        if mac.path.segments.len() > 1 && is_foreign {
            return None;
        }
        let module = self.module();
        let krate = self.cx.modules.get(module).krate;
        let is_defined = self
            .cx
            .crates
            .get(krate)
            .macros
            .borrow()
            .contains_key(&name)
            || self.cx.known_macros.contains_key(&name);
        if is_defined {
            return None;
        }
        let list = || {
            Punctuated::<Expr, Token![,]>::parse_terminated
                .parse2(mac.tokens.clone())
                .map(|list| list.into_iter().collect::<Vec<Expr>>())
                .unwrap_or_default()
        };
        Some(match name.as_str() {
            "panic" | "unreachable" | "todo" | "unimplemented" => {
                self.format(&list());
                self.panic(span, &name)
            }
            "assert" | "debug_assert" => {
                let parts = list();
                if let Some(condition) = parts.first() {
                    self.open_scope();
                    let (yes, no) = self.branches();
                    self.condition(condition, yes, no);
                    self.frame().current = no;
                    self.end(End::Unreachable);
                    self.frame().current = yes;
                    self.close_scope();
                }
                (Value::Const(0), Ty::unit())
            }
            "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => {
                self.format(&list());
                (Value::Const(0), Ty::unit())
            }
            "format_args" | "concat_bytes" => {
                self.format(&list());
                let id = self.cx.lang_adt("arguments")?;
                (Value::Unknown, Ty::Adt(id, Rc::from([])))
            }
            "write" | "writeln" => {
                let parts = list();
                let (first, rest) = parts.split_first()?;
                let (place, ty) = self.place(first);
                self.format(rest);
                self.written(place, &ty, span)
            }
            "matches" => self.matches(&mac.tokens)?,
            "concat" | "stringify" | "file" | "module_path" | "env" | "include_str" => {
                (Value::Unknown, Ty::STR.reference())
            }
            "option_env" => {
                let text = Ty::STR.reference();
                let ty = self.option_of(&text);
                (Value::Unknown, ty)
            }
            "line" | "column" => (Value::Unknown, Ty::Prim("u32")),
            "include_bytes" => (
                Value::Unknown,
                Ty::Slice(Rc::new(Ty::Prim("u8"))).reference(),
            ),
            "cfg" => {
                let holds = self.cx.cfg.holds_all(mac.tokens.clone());
                (self.build_option(&mac.tokens, holds), Ty::BOOL)
            }
            "addr_of" | "addr_of_mut" => {
                let parts = list();
                let (place, ty) = self.place(parts.first()?);
                (Value::AddressOf(place), Ty::Ptr(Rc::new(ty)))
            }
            "offset_of" => (Value::Unknown, Ty::USIZE),
            "asm" | "global_asm" | "compile_error" | "thread_local" => (Value::Unknown, Ty::unit()),
            _ => return None,
        })
    }

    /// A single option keeps its name: another kernel may decide otherwise.
    fn build_option(&mut self, tokens: &TokenStream, holds: bool) -> Value {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        match tokens.as_slice() {
            [TokenTree::Ident(name)] => Value::Option(Rc::from(name.to_string()), i64::from(holds)),
            _ => Value::Const(i64::from(holds)),
        }
    }

    fn branches(&mut self) -> (BlockId, BlockId) {
        (self.new_block(), self.new_block())
    }

    /// Arguments of a format: evaluated, and looked at through references.
    fn format(&mut self, parts: &[Expr]) {
        for part in parts {
            let part = match part {
                Expr::Assign(it) => &it.right, // `name = value`
                part => part,
            };
            if !matches!(part, Expr::Lit(_)) {
                self.place(part);
            }
        }
    }

    fn written(
        &mut self,
        place: crate::mir::Place,
        ty: &Ty,
        span: proc_macro2::Span,
    ) -> (Value, Ty) {
        let mut place = place;
        let mut ty = ty.clone();
        for _ in 0..8 {
            let arguments = vec![Value::Unknown];
            let found = self.call_method_named(place.clone(), &ty, "write_fmt", arguments, span);
            if let Some(found) = found {
                return found;
            }
            match self.deref_once(&place, &ty, span) {
                Some((next, next_ty)) => (place, ty) = (next, next_ty),
                None => break,
            }
        }
        let unit = Ty::unit();
        let error = self.typer.infer.fresh();
        let result = self.cx.lang_adt("result");
        let ty = result.map_or(Ty::Unknown, |id| Ty::Adt(id, Rc::from([unit, error])));
        (Value::Unknown, ty)
    }

    fn matches(&mut self, tokens: &TokenStream) -> Option<(Value, Ty)> {
        let parse = |input: syn::parse::ParseStream<'_>| {
            let e: Expr = input.parse()?;
            input.parse::<Token![,]>()?;
            let pattern = syn::Pat::parse_multi_with_leading_vert(input)?;
            let guard = if input.parse::<Option<Token![if]>>()?.is_some() {
                Some(input.parse::<Expr>()?)
            } else {
                None
            };
            input.parse::<Option<Token![,]>>()?;
            Ok((e, pattern, guard))
        };
        let (e, pattern, guard) = parse.parse2(tokens.clone()).ok()?;
        let e: Expr = match guard {
            Some(guard) => syn::parse_quote!(match #e { #pattern if #guard => true, _ => false }),
            None => syn::parse_quote!(match #e { #pattern => true, _ => false }),
        };
        Some(self.expr(&e, Some(&Ty::BOOL)))
    }
}
