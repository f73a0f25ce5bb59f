// SPDX-License-Identifier: MIT OR Apache-2.0
//! A body between syntax and the program model: control flow and moves are explicit, types may
//! still be variables, and drops are written wherever one may happen.

use proc_macro2::Span;
use waitctx_model::{BinaryOp, UnaryOp};

use crate::items::{ConstId, FnId};
use crate::ty::{Args, ClosureId, Name, Ty};

/// Index of a [`Local`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct LocalId(pub(crate) u32);

/// Index of a [`Block`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct BlockId(pub(crate) u32);

/// The local that takes the result.
pub(crate) const RESULT: LocalId = LocalId(0);

/// A body. Its locals are the result, the parameters, then variables and temporaries.
#[derive(Clone, Default, Debug)]
pub(crate) struct Body {
    pub(crate) locals: Vec<Local>,
    pub(crate) parameters: u32,
    pub(crate) blocks: Vec<Block>,
    /// What a closure's body takes from around it.
    pub(crate) upvars: Vec<Upvar>,
}

/// A variable or temporary.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) name: Option<Name>,
    pub(crate) ty: Ty,
    /// Where it is declared.
    pub(crate) span: Span,
}

/// A variable of the function around a closure.
#[derive(Clone, Debug)]
pub(crate) struct Upvar {
    pub(crate) name: Name,
    pub(crate) ty: Ty,
    /// The place around the closure.
    pub(crate) of: Place,
    /// The body takes it away, so that its destructor does not run with the closure's.
    pub(crate) is_consumed: bool,
}

/// A straight line of statements and how it ends.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) statements: Vec<Statement>,
    pub(crate) end: End,
}

/// Something that is done.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Assign(Place, Value),
    /// The place becomes this variant; its fields are assigned on their own.
    SetVariant(Place, u32),
    Call(Call),
    /// What is in the local is dropped, if anything is.
    Drop(LocalId),
    /// The destructor of what is at the place runs: it is overwritten.
    DropPlace(Place, Span),
    /// The destructor of what is at the place runs, if there is no flag or it is set.
    Destroy {
        place: Place,
        span: Span,
        flag: Option<LocalId>,
    },
    /// A closure takes something: the content of a place or a pointer to it.
    Capture(Place, Value),
    /// The local has no content yet (again: in a loop).
    Live(LocalId),
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) dest: Place,
    pub(crate) callee: Callee,
    pub(crate) args: Vec<Value>,
    pub(crate) span: Span,
    /// What is written there, if it is not the callee's name.
    pub(crate) written: Option<Name>,
}

/// What is called.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    /// A function, or a trait's function that is looked up when types are known.
    Function(FnId, Args),
    /// A function of C.
    Foreign(Name),
    /// A closure or function pointer, by its value.
    Value(Value, Ty),
    /// What gives the value of a constant.
    Constant(ConstId, Args),
    /// Nobody knows.
    Unknown,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Const(i64),
    Copy(Place),
    /// The content goes on elsewhere: nothing is left to be dropped.
    Move(Place),
    AddressOf(Place),
    Function(FnId, Args),
    ForeignFunction(Name),
    Unary(UnaryOp, Box<Value>),
    Binary(BinaryOp, Box<Value>, Box<Value>),
    /// Which variant is at the place.
    Variant(Place),
    /// A build option and its value here.
    Option(Name, i64),
    Unknown,
}

/// A place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) root: Root,
    pub(crate) path: Vec<Step>,
}

/// Where a place starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Root {
    Local(LocalId),
    /// A variable with static storage.
    Static(ConstId),
}

/// A step of a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Deref,
    /// A field of a variant; of a struct or tuple, the variant is 0.
    Field(u32, u32),
    /// A field of a C record.
    Foreign(Name),
    /// What a closure has taken.
    Upvar(ClosureId, u32),
    /// All fields but these: only to be destroyed.
    Others(Vec<(u32, u32)>),
    Element,
}

/// How a block ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Goto(BlockId),
    If(Value, BlockId, BlockId),
    Switch(Value, Vec<(i64, BlockId)>, BlockId),
    /// One of these; nobody knows which.
    Choice(Vec<BlockId>),
    Return,
    Unreachable,
}

impl Place {
    pub(crate) fn local(id: LocalId) -> Self {
        Self {
            root: Root::Local(id),
            path: Vec::new(),
        }
    }

    /// This place with one more step.
    #[must_use]
    pub(crate) fn then(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    /// The local that it is in, if no pointer is followed on the way.
    pub(crate) fn owner(&self) -> Option<LocalId> {
        match self.root {
            Root::Local(id) if !self.path.contains(&Step::Deref) => Some(id),
            _ => None,
        }
    }
}

impl End {
    /// Where control may go.
    pub(crate) fn targets(&self) -> Vec<BlockId> {
        match self {
            Self::Goto(to) => vec![*to],
            Self::If(_, a, b) => vec![*a, *b],
            Self::Switch(_, cases, default) => {
                let cases = cases.iter().map(|(_, to)| *to);
                cases.chain([*default]).collect()
            }
            Self::Choice(to) => to.clone(),
            Self::Return | Self::Unreachable => Vec::new(),
        }
    }
}
