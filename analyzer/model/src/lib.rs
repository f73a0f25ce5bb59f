// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program model: the contract between frontends and the analyzer.
//!
//! A [`Unit`] is what one translation unit (a C file, a Rust file) says: functions as control-flow
//! graphs, the function pointers its initialisers store, and what went wrong while it was read.
//! The model is the same for every language and knows nothing of locks, allocation or kernels:
//! it records what the source does, and the judging is left to the solver and the rules.
//!
//! Everything is addressed by small ids into tables of the same unit ([`Names`], [`Field`]s), so a
//! unit can be moved, stored and linked without looking at any other unit. Nothing in a unit
//! depends on the order in which units are parsed.

mod function;
mod names;
mod place;
mod rename;
mod text;
mod unit;
mod value;

pub use function::{
    Block, BlockId, Call, Callee, Function, FunctionFlags, Local, LocalId, Statement, Terminator,
};
pub use names::{NameId, Names};
pub use place::{Field, FieldId, Place, Projection, Root, Type};
pub use rename::{BetweenUnits, Rename, rename_function};
pub use text::write_unit;
pub use unit::{
    Alias, Declaration, Incident, IncidentKind, Initialiser, Span, Symbol, Unit, UnitStats,
};
pub use value::{BinaryOp, UnaryOp, Value};
