// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cases of a `switch`, collected while its body is lowered.

use waitctx_model::{BlockId, Terminator, Value};

/// The labels of one `switch`.
#[derive(Default)]
pub(crate) struct Switch {
    /// Ranges of values, both ends included.
    pub(crate) cases: Vec<(i64, i64, BlockId)>,
    pub(crate) default: Option<BlockId>,
}

impl Switch {
    /// How control gets from the selector to the cases; without a fitting one it goes to `done`.
    pub(crate) fn dispatch(self, value: Value, done: BlockId) -> Terminator {
        let default = self.default.unwrap_or(done);
        if let Value::Const(number) = value {
            let chosen = self
                .cases
                .iter()
                .find(|(low, high, _)| (*low..=*high).contains(&number));
            return Terminator::Goto(chosen.map_or(default, |(_, _, block)| *block));
        }
        Terminator::Switch {
            value,
            cases: self.cases,
            default,
        }
    }
}
