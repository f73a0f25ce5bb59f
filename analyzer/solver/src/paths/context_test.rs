// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values that tell what is in force, because they are results of tests at run time.

use serde::{Deserialize, Serialize};

use waitctx_model::BinaryOp;

use crate::ResultTest;
use crate::context::KindSet;
use crate::expr::{Expr, ExprId, Exprs};
use crate::facts::Facts;

/// A test of the context: none of `kinds` is in force when the result is as `when` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ContextTest {
    pub(crate) result: ExprId,
    /// The bits of the result that tell.
    pub(super) mask: i64,
    pub(crate) kinds: KindSet,
    pub(super) when: ResultTest,
}

impl ContextTest {
    /// Whether `facts` say that none of the kinds is in force.
    pub(crate) fn holds(&self, exprs: &Exprs, facts: &Facts) -> bool {
        if facts.truth(exprs, self.result) == Some(false) {
            return self.when == ResultTest::Zero;
        }
        facts
            .iter()
            .any(|(id, fact)| match (exprs.get(id), fact.truth()) {
                (Expr::Binary(BinaryOp::And, value, bits), Some(truth)) => {
                    let Some(bits) = exprs.as_const(bits) else {
                        return false;
                    };
                    value == self.result
                        && match self.when {
                            ResultTest::Zero => !truth && bits & self.mask == self.mask,
                            ResultTest::NonZero => truth && bits & !self.mask == 0,
                            ResultTest::Any => true,
                        }
                }
                (_, Some(truth)) => id == self.result && truth && self.when == ResultTest::NonZero,
                _ => false,
            })
    }
}
