// SPDX-License-Identifier: MIT OR Apache-2.0
//! Destructors of types: the type's own `drop`, then those of its parts.

use proc_macro2::Span;
use waitctx_model as model;
use waitctx_model::Symbol;

use super::{Emitter, Waiting};
use crate::items::{AdtKind, ModId};
use crate::layout::Tag;
use crate::mir::{
    Block, BlockId, Body, Call, Callee, End, Local, LocalId, Place, Statement, Step, Value,
};
use crate::ty::Ty;

/// The parameter of a destructor: a pointer to what is destroyed.
const TARGET: LocalId = LocalId(1);

impl Emitter {
    /// The destructor of a type, and the module that the type is of.
    pub(super) fn glue(&mut self, symbol: Symbol, ty: &Ty) -> Option<(model::Function, ModId)> {
        let (module, span) = self.home(ty)?;
        let mut body = Body {
            locals: vec![
                local(Ty::unit(), span),
                local(ty.clone().reference(), span),
                local(Ty::unit(), span),
            ],
            parameters: 1,
            blocks: vec![Block {
                statements: Vec::new(),
                end: End::Return,
            }],
            upvars: Vec::new(),
        };
        let target = Place::local(TARGET).then(Step::Deref);
        if let Some((function, args)) = self.layouts.destructor(ty) {
            body.blocks[0].statements.push(Statement::Call(Call {
                dest: Place::local(LocalId(2)),
                callee: Callee::Function(function, args),
                args: vec![Value::Copy(Place::local(TARGET))],
                span: self.cx.functions.get(function).span,
                written: None,
            }));
        }
        self.parts(ty, &target, span, &mut body);
        let waiting = Waiting {
            body,
            name: String::new(),
            module,
            span,
            result: Ty::unit(),
        };
        Some((self.lower(symbol, waiting, false), module))
    }

    /// Where a type is defined; nowhere for those of the language.
    fn home(&self, ty: &Ty) -> Option<(ModId, Span)> {
        match ty {
            Ty::Adt(id, _) => {
                let adt = self.cx.adts.get(*id);
                let span = match self.layouts.destructor(ty) {
                    Some((function, _)) => self.cx.functions.get(function).span,
                    None => adt.span,
                };
                Some((adt.module, span))
            }
            Ty::Tuple(parts) => parts.iter().find_map(|it| self.home(it)),
            Ty::Array(of) | Ty::Slice(of) => self.home(of),
            Ty::Closure(id) => {
                let taken = self.layouts.closures.borrow().get(id).cloned()?;
                taken.iter().find_map(|it| self.home(&it.ty))
            }
            _ => None,
        }
    }

    fn parts(&self, ty: &Ty, target: &Place, span: Span, body: &mut Body) {
        let destroy = |place: Place| Statement::Destroy {
            place,
            span,
            flag: None,
        };
        let first = &mut body.blocks[0].statements;
        match ty {
            Ty::Tuple(parts) => {
                for (index, part) in (0..).zip(parts.iter()) {
                    if self.layouts.needs_drop(part) {
                        first.push(destroy(target.clone().then(Step::Field(0, index))));
                    }
                }
            }
            Ty::Array(_) | Ty::Slice(_) => first.push(destroy(target.clone().then(Step::Element))),
            Ty::Closure(id) => {
                let taken = self.layouts.closures.borrow().get(id).cloned();
                for (index, it) in (0..).zip(taken.unwrap_or_default()) {
                    if it.is_owned && !it.is_consumed {
                        first.push(destroy(target.clone().then(Step::Upvar(*id, index))));
                    }
                }
            }
            Ty::Adt(id, args) => {
                let adt = self.cx.adts.get(*id);
                let field = |variant: u32, index: u32| {
                    let ty = self.layouts.field(*id, args, variant, index as usize);
                    self.layouts.needs_drop(&ty)
                };
                if adt.kind == AdtKind::Union || adt.never_drops {
                    return;
                }
                let multiple = self.layouts.tag(*id, args) != Tag::Single;
                let mut cases = Vec::new();
                for (variant, it) in (0_u32..).zip(&adt.variants) {
                    let count = u32::try_from(it.fields.len()).expect("few fields");
                    let parts: Vec<Statement> = (0..count)
                        .filter(|index| field(variant, *index))
                        .map(|index| destroy(target.clone().then(Step::Field(variant, index))))
                        .collect();
                    if !multiple {
                        body.blocks[0].statements.extend(parts);
                    } else if !parts.is_empty() {
                        body.blocks.push(Block {
                            statements: parts,
                            end: End::Return,
                        });
                        let number = u32::try_from(body.blocks.len() - 1).expect("few variants");
                        cases.push((i64::from(variant), BlockId(number)));
                    }
                }
                if multiple {
                    body.blocks.push(Block {
                        statements: Vec::new(),
                        end: End::Return,
                    });
                    let last = u32::try_from(body.blocks.len() - 1).expect("few variants");
                    let value = Value::Variant(target.clone());
                    body.blocks[0].end = End::Switch(value, cases, BlockId(last));
                }
            }
            _ => {}
        }
    }
}

fn local(ty: Ty, span: Span) -> Local {
    Local {
        name: None,
        ty,
        span,
    }
}
