// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values: just rich enough to decide the conditions that guard locks and allocations.

use serde::{Deserialize, Serialize};

use crate::{NameId, Place, Symbol};

/// What an expression evaluates to. Calls never occur inside: frontends give each call's result a
/// temporary of its own, so evaluating a value has no effect.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Value {
    /// An integer constant, folded by the frontend (masks, booleans, enumerators, null).
    Const(i64),
    /// The content of a place.
    Read(Place),
    /// The address of a place.
    AddressOf(Place),
    /// A function used as a value.
    Function(Symbol),
    /// `op a`
    Unary(UnaryOp, Box<Value>),
    /// `a op b`
    Binary(BinaryOp, Box<Value>, Box<Value>),
    /// `cond ? a : b` where neither side has effects.
    Select(Box<Value>, Box<Value>, Box<Value>),
    /// A constant that a named build option decides: `IS_ENABLED(CONFIG_X)`. `value` is what the
    /// configuration of the unit makes of it; a solver may ask what another would.
    Option {
        /// The option's name as written: `CONFIG_PREEMPT_RT`.
        name: NameId,
        /// Its value in this unit's configuration (0 or 1).
        value: i64,
    },
    /// Anything else.
    Unknown,
}

/// Operators with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum UnaryOp {
    /// `!a`
    Not,
    /// `~a`
    BitNot,
    /// `-a`
    Neg,
}

/// Operators with two operands. `>` and `>=` are written with the operands exchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum BinaryOp {
    /// `a & b`
    And,
    /// `a | b`
    Or,
    /// `a ^ b`
    Xor,
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a << b`
    Shl,
    /// `a >> b`
    Shr,
    /// `a == b`
    Eq,
    /// `a != b`
    Ne,
    /// `a < b`
    Lt,
    /// `a <= b`
    Le,
    /// `a && b` where `b` has no effects.
    LogicalAnd,
    /// `a || b` where `b` has no effects.
    LogicalOr,
}

impl UnaryOp {
    /// The operator in the syntax of C.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Not => "!",
            Self::BitNot => "~",
            Self::Neg => "-",
        }
    }
}

impl BinaryOp {
    /// The operator in the syntax of C.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Shl => "<<",
            Self::Shr => ">>",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::LogicalAnd => "&&",
            Self::LogicalOr => "||",
        }
    }
}
