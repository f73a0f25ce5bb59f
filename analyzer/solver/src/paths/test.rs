// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conditions that a function hands to its callers.

use serde::{Deserialize, Serialize};
use waitctx_model::BinaryOp;

use crate::expr::{Expr, ExprId, Exprs};
use crate::facts::{Fact, Facts};

/// A condition over parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Condition {
    /// The value.
    pub(crate) expr: ExprId,
    /// What has to be true of it.
    pub(crate) fact: Fact,
    /// Whether a value that nothing is known of fails the condition (instead of passing).
    pub(crate) proof: bool,
}

/// Whether callers can make sense of an expression: it speaks of parameters, numbers and
/// variables only, and of what is stored behind them when `loads` allows it.
pub(crate) fn is_portable(exprs: &Exprs, id: ExprId, loads: bool) -> bool {
    exprs.all_leaves(id, &|leaf| match leaf {
        Expr::Const(_) | Expr::Parameter(_) | Expr::Function(_) | Expr::Global(_) => true,
        Expr::Load(_) => loads,
        _ => false,
    })
}

/// Whether callers may be asked about an expression: they can make sense of it, and it is no larger
/// than what code looks at.
fn is_askable(exprs: &Exprs, id: ExprId) -> bool {
    const LARGE: u8 = 16;
    exprs.size(id) <= LARGE && is_portable(exprs, id, true)
}

/// The conditions under which `id` is proved to be non-zero (`truth`) or zero: alternatives, each a
/// conjunction. None when it cannot be proved, one empty conjunction when it always holds.
pub(crate) fn prove(
    exprs: &mut Exprs,
    facts: &Facts,
    id: ExprId,
    truth: bool,
) -> Vec<Vec<Condition>> {
    if let Some(value) = exprs.as_const(id) {
        return if (value != 0) == truth {
            vec![Vec::new()]
        } else {
            Vec::new()
        };
    }
    // What the code has tested is not proved by that: the caller has to pass it.
    if facts.truth(exprs, id) == Some(!truth) {
        return Vec::new();
    }
    match exprs.get(id) {
        Expr::Select(cond, a, b) => {
            let on_true = prove(exprs, facts, a, truth);
            let on_false = prove(exprs, facts, b, truth);
            if !is_askable(exprs, cond) {
                let always = |it: &[Vec<Condition>]| it.iter().any(Vec::is_empty);
                return if always(&on_true) && always(&on_false) {
                    vec![Vec::new()]
                } else {
                    Vec::new()
                };
            }
            let with = |alternatives: Vec<Vec<Condition>>, fact: Fact| {
                alternatives.into_iter().map(move |mut conjunction| {
                    conjunction.push(Condition {
                        expr: cond,
                        fact,
                        proof: true,
                    });
                    conjunction
                })
            };
            with(on_true, Fact::NON_ZERO)
                .chain(with(on_false, Fact::ZERO))
                .collect()
        }
        Expr::Binary(BinaryOp::Or, a, b) if truth => {
            let mut alternatives = prove(exprs, facts, a, true);
            alternatives.extend(prove(exprs, facts, b, true));
            alternatives
        }
        Expr::Binary(BinaryOp::LogicalAnd, a, b) if truth => {
            let mut both = Vec::new();
            for one in prove(exprs, facts, a, true) {
                for other in prove(exprs, facts, b, true) {
                    both.push(one.iter().chain(&other).copied().collect());
                }
            }
            both
        }
        _ if is_askable(exprs, id) => {
            let fact = if truth { Fact::NON_ZERO } else { Fact::ZERO };
            vec![vec![Condition {
                expr: id,
                fact,
                proof: true,
            }]]
        }
        _ => Vec::new(),
    }
}
