// SPDX-License-Identifier: MIT OR Apache-2.0
//! Destructors: which parts of a place are still there, and how they are taken down.

use proc_macro2::Span;
use waitctx_model as model;
use waitctx_model::{BinaryOp, Terminator};

use super::Lowering;
use crate::emit::Instance;
use crate::layout::Tag;
use crate::mir::{LocalId, Place, Step};
use crate::ty::Ty;

impl Lowering<'_> {
    pub(super) fn destroy(&mut self, place: &Place, span: Span, flag: Option<LocalId>) {
        let (place, skipped) = match place.path.last() {
            Some(Step::Others(parts)) => {
                let mut whole = place.clone();
                whole.path.pop();
                (whole, Some(parts.clone()))
            }
            _ => (place.clone(), None),
        };
        let ty = self.place_type(&place);
        let ty = self.emitter.open_opaque(&ty);
        if !self.emitter.layouts.needs_drop(&ty) {
            return;
        }
        let targets = match skipped {
            None => vec![(place.clone(), ty)],
            Some(skipped) => self.others(&place, &ty, &skipped),
        };
        if targets.is_empty() {
            return;
        }
        let after = self.new_block();
        if let Some(flag) = flag {
            let then = self.new_block();
            let cond = model::Value::Read(self.place(&Place::local(flag)));
            self.branch(cond, then, after);
        }
        self.inside_variants(&place, after);
        for (target, ty) in targets {
            let symbol = self.emitter.request(Instance::Glue(ty));
            let pointer = match self.place_as_pointer(&target) {
                Some(pointer) => pointer,
                None => model::Value::AddressOf(self.place(&target)),
            };
            let span = self.emitter.span(span, self.module);
            let via_macro = self.owner_name(&target);
            self.push(model::Statement::Call(model::Call {
                dest: None,
                callee: model::Callee::Direct(symbol),
                args: vec![pointer],
                span,
                via_macro,
            }));
        }
        self.blocks[self.current].end = Terminator::Goto(block(after));
        self.current = after;
    }

    /// The name of the variable whose scope ends.
    pub(super) fn owner_name(&mut self, place: &Place) -> Option<model::NameId> {
        let local = place.owner()?;
        let name = self.body.locals[local.0 as usize].name.as_ref()?;
        Some(self.emitter.unit.names.intern(name))
    }

    pub(super) fn branch(&mut self, cond: model::Value, then: usize, otherwise: usize) {
        self.blocks[self.current].end = Terminator::Branch {
            cond,
            then: block(then),
            otherwise: block(otherwise),
        };
        self.current = then;
    }

    /// What is in a variant is there only if the enum is that variant.
    pub(super) fn inside_variants(&mut self, place: &Place, otherwise: usize) {
        for length in 0..place.path.len() {
            let Step::Field(variant, _) = place.path[length] else {
                continue;
            };
            let around = Place {
                root: place.root.clone(),
                path: place.path[..length].to_vec(),
            };
            let ty = self.place_type(&around);
            let Ty::Adt(id, args) = self.emitter.open_opaque(&ty) else {
                continue;
            };
            let tag = self.emitter.layouts.tag(id, &args);
            if matches!(tag, Tag::Single | Tag::Number) {
                continue;
            }
            let is = model::Value::Binary(
                BinaryOp::Eq,
                Box::new(self.variant(&around)),
                Box::new(model::Value::Const(i64::from(variant))),
            );
            let then = self.new_block();
            self.branch(is, then, otherwise);
        }
    }

    /// The parts of a place that have not been moved away.
    pub(super) fn others(
        &mut self,
        place: &Place,
        ty: &Ty,
        skipped: &[(u32, u32)],
    ) -> Vec<(Place, Ty)> {
        let mut out = Vec::new();
        match ty {
            Ty::Tuple(parts) => {
                for (index, part) in (0..).zip(parts.iter()) {
                    if !skipped.contains(&(0, index)) && self.emitter.layouts.needs_drop(part) {
                        out.push((place.clone().then(Step::Field(0, index)), part.clone()));
                    }
                }
            }
            Ty::Adt(id, args) => {
                let adt = self.emitter.cx.adts.get(*id);
                let variant = skipped.first().map_or(0, |(variant, _)| *variant);
                let count = adt.variants[variant as usize].fields.len();
                for index in 0..u32::try_from(count).expect("few fields") {
                    let field = self
                        .emitter
                        .layouts
                        .field(*id, args, variant, index as usize);
                    if !skipped.contains(&(variant, index))
                        && self.emitter.layouts.needs_drop(&field)
                    {
                        out.push((place.clone().then(Step::Field(variant, index)), field));
                    }
                }
            }
            _ => {}
        }
        out
    }
}

fn block(index: usize) -> model::BlockId {
    model::BlockId(u32::try_from(index).expect("fewer than 2^32 blocks"))
}
