// SPDX-License-Identifier: MIT OR Apache-2.0
//! What functions on the way say, as others see it.

use crate::expr::{Expr, ExprId, Exprs, Leaf, Origin};
use crate::paths::{Record, stored_in};

/// An expression of a function, as a call of it sees it.
pub(super) fn seen_from(
    record: &Record,
    from: &Exprs,
    id: ExprId,
    exprs: &mut Exprs,
) -> Option<ExprId> {
    from.translate(id, exprs, &mut |target, leaf| match leaf {
        Leaf::Parameter(index) => record.args.get(index as usize).copied(),
        Leaf::Opaque(_) | Leaf::Local(_) => None,
        Leaf::Load(address) => {
            let known = stored_in(target, &record.pointees, address);
            Some(known.unwrap_or_else(|| target.intern(Expr::Load(address))))
        }
    })
}

/// A function on the way: how what it says is seen from the first.
pub(super) struct Frame<'a> {
    pub(super) number: u32,
    pub(super) from: &'a Exprs,
    pub(super) first: bool,
    pub(super) args: Vec<ExprId>,
}

impl Frame<'_> {
    /// An expression of the function, in terms of the first.
    pub(super) fn import(
        &self,
        exprs: &mut Exprs,
        memory: &[(ExprId, ExprId)],
        id: ExprId,
    ) -> Option<ExprId> {
        if self.first {
            return Some(id);
        }
        self.from
            .translate(id, exprs, &mut |target, leaf| match leaf {
                Leaf::Parameter(index) => self.args.get(index as usize).copied(),
                Leaf::Opaque(id) | Leaf::Local(id) => {
                    let origin = Origin::Callee(u32::MAX, self.number, id.0);
                    Some(target.intern(Expr::Opaque(origin)))
                }
                Leaf::Load(address) => {
                    let known = stored_in(target, memory, address);
                    Some(known.unwrap_or_else(|| target.intern(Expr::Load(address))))
                }
            })
    }
}
