// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known of objects on a way beside what has been seen there: where they come from, and what
//! functions have found before they wrote it over.

use waitctx_model::{Call, Callee};

use super::Replay;
use super::frame::Frame;
use crate::ArgumentSelector;
use crate::expr::{Expr, ExprId, Exprs, Origin};
use crate::facts::{Fact, Facts};
use crate::paths::{Record, Target};
use crate::program::{FnId, call_at};

impl Replay<'_> {
    /// Whether the object that the result of a call points to is known not to be as `fact` says.
    pub(super) fn made_otherwise(&self, value: ExprId, fact: Fact) -> bool {
        if self.knowledge.results.is_empty() {
            return false;
        }
        let Expr::Load(address) = self.exprs.get(value) else {
            return false;
        };
        let Expr::FieldAddress(object, field) = self.exprs.get(address) else {
            return false;
        };
        let is_otherwise = |(_, callee): (FnId, FnId)| {
            let known = self.knowledge.results.get(self.program.name(callee));
            known.is_some_and(|(name, is)| {
                self.program.field(name) == Some(field) && fact.contradicts(Fact::exactly(*is))
            })
        };
        let site = self.result_of(object);
        site.and_then(|(function, site)| Some((function, self.callee(function, site)?)))
            .is_some_and(is_otherwise)
    }

    /// Whether a call goes into a function whose body does not matter for its argument, because of
    /// how that was allocated.
    pub(super) fn is_spared(&self, record: &Record, args: &[ExprId]) -> bool {
        let Target::Function(callee) = record.target else {
            return false;
        };
        let Some(row) = self.knowledge.provenance.get(self.program.name(callee)) else {
            return false;
        };
        let object = args.get(row.argument);
        let Some((function, site)) = object.and_then(|&it| self.result_of(it)) else {
            return false;
        };
        let structure = self.structures.of(function);
        let mut calls = structure.records.iter().filter(|it| it.site == site);
        let ArgumentSelector::Typed(ty) = &row.allocated.argument else {
            return false;
        };
        let mut is_made = false;
        let fails = |call: &Record| {
            let (Target::Function(maker)
            | Target::Demand {
                function: maker, ..
            }) = call.target
            else {
                return false;
            };
            let mut parameters = self.program.function(maker).parameters.iter();
            let is_typed = |ty_of: &Option<waitctx_model::Type>| {
                ty_of.is_some_and(|it| !it.pointer && self.program.names.get(it.name) == ty)
            };
            let Some(&flags) = parameters
                .position(is_typed)
                .and_then(|it| call.args.get(it))
            else {
                return false;
            };
            let mut exprs = Exprs::clone(&structure.exprs);
            let mask = exprs.constant(row.allocated.mask);
            let bits = exprs.binary(waitctx_model::BinaryOp::And, flags, mask);
            call.facts.truth(&exprs, bits) == Some(!row.allocated.set)
        };
        calls.all(|call| {
            is_made = true;
            fails(call)
        }) && is_made
    }

    /// Whether what a function has found when it was called is not what its caller says of it.
    pub(super) fn was_otherwise(
        &mut self,
        frame: &Frame<'_>,
        memory: &[(ExprId, ExprId)],
        facts: &Facts,
        record: &Record,
    ) -> bool {
        record.past.iter().any(|(id, fact)| {
            let value = frame.import(&mut self.exprs, memory, id);
            let known = value.map(|it| facts.of(&self.exprs, it));
            known.is_some_and(|known| known.contradicts(fact))
        })
    }

    /// The call whose result a value is: the function that makes it, and the place there.
    fn result_of(&self, value: ExprId) -> Option<(FnId, (u32, u32))> {
        let Expr::Opaque(origin) = self.exprs.get(value) else {
            return None;
        };
        let (function, origin) = match origin {
            Origin::Callee(u32::MAX, number, inner) => {
                let function = (*self.frames.get(number.checked_sub(1)? as usize)?)?;
                let exprs = &self.structures.of(function).exprs;
                match exprs.get(ExprId(inner)) {
                    Expr::Opaque(origin) => (function, origin),
                    _ => return None,
                }
            }
            origin => ((*self.frames.first()?)?, origin),
        };
        match origin {
            Origin::Statement(block, statement, 0) => Some((function, (block, statement))),
            _ => None,
        }
    }

    /// The function that is called by name at a place.
    fn callee(&self, function: FnId, site: (u32, u32)) -> Option<FnId> {
        let body = self.program.body(function)?;
        let Call { callee, .. } = call_at(&body, site)?;
        match callee {
            Callee::Direct(symbol) => self.program.by_symbol.get(symbol).copied(),
            Callee::Pointer { .. } => None,
        }
    }
}
