// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions as control-flow graphs.

use serde::{Deserialize, Serialize};

use crate::{NameId, Place, Span, Symbol, Type, Value};

/// Index of a [`Block`] in its function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct BlockId(pub u32);

/// Index of a [`Local`] in its function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct LocalId(pub u32);

/// A function with its body.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Function {
    /// Its identity.
    pub symbol: Symbol,
    /// Where its name is written.
    pub span: Span,
    /// What its declaration says.
    pub flags: FunctionFlags,
    /// The number of parameters; they are the first locals, in order.
    pub parameters: u32,
    /// Parameters, variables and temporaries.
    pub locals: Vec<Local>,
    /// The blocks; the first is the entry. A block that nothing reaches may be left out.
    pub blocks: Vec<Block>,
    /// The type of its result, `None` for `void`.
    pub result: Option<Type>,
}

/// What a function's declaration says of it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FunctionFlags {
    /// It never returns (`__noreturn`).
    pub noreturn: bool,
    /// A definition elsewhere takes precedence (`__weak`).
    pub weak: bool,
    /// Its code is only there while the system starts (`__init`: section `.init.text`).
    pub init: bool,
    /// Its definition is in a header (or another included file).
    pub in_header: bool,
}

/// A parameter, variable or temporary.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Local {
    /// Its name; `None` for a temporary that the frontend made.
    pub name: Option<NameId>,
    /// Its type, where known.
    pub ty: Option<Type>,
}

/// A straight line of statements and how it ends.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Block {
    /// What is done, in order.
    pub statements: Vec<Statement>,
    /// Where control goes then.
    pub end: Terminator,
}

/// Something that is done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Statement {
    /// A call.
    Call(Call),
    /// `place = value`. Effects that the model cannot express (an `asm` output) assign
    /// [`Value::Unknown`].
    Assign {
        /// What is written.
        place: Place,
        /// What it is given.
        value: Value,
    },
}

/// A call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Call {
    /// The temporary or variable that takes the result, if somebody looks at it.
    pub dest: Option<LocalId>,
    /// What is called.
    pub callee: Callee,
    /// The arguments, in order.
    pub args: Vec<Value>,
    /// Where the programmer wrote it: the expansion site when it came out of a macro.
    pub span: Span,
    /// The macro that the programmer wrote there, when it came out of one.
    pub via_macro: Option<NameId>,
}

/// What a call calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Callee {
    /// A named function.
    Direct(Symbol),
    /// The function that a value points to. When the value is [`Value::Read`] of a place that ends
    /// in a field, that field tells which functions it can be.
    Pointer {
        /// The pointer.
        value: Value,
        /// The canonical function type as text: a last resort for telling what it can be.
        signature: NameId,
    },
}

/// How a block ends.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Terminator {
    /// Control goes on there.
    Goto(BlockId),
    /// On `cond != 0` to `then`, otherwise to `otherwise`.
    Branch {
        /// The condition.
        cond: Value,
        /// Taken when it is not zero.
        then: BlockId,
        /// Taken when it is zero.
        otherwise: BlockId,
    },
    /// A `switch`.
    Switch {
        /// What is looked at.
        value: Value,
        /// Ranges of values (both ends included) and where they lead.
        cases: Vec<(i64, i64, BlockId)>,
        /// Where everything else leads.
        default: BlockId,
    },
    /// Any of these, nothing known of which: `asm goto`, computed goto.
    Choice(Vec<BlockId>),
    /// The function returns.
    Return {
        /// What.
        value: Option<Value>,
        /// Where that is written: the statement, or where control runs off the end of the body.
        /// `None` where nothing in the source stands for it.
        span: Option<Span>,
    },
    /// Control never gets here: after a call that does not return, after an endless loop.
    Unreachable,
}
