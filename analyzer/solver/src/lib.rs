// SPDX-License-Identifier: MIT OR Apache-2.0
//! Links units into a program and finds where a demand exceeds the limit of its context.
//!
//! The way through: [`link`] makes one [`Program`] of many units; [`solve`] computes what every
//! function does to the context (over its paths), what it demands (over all chains of calls), and
//! reports each demand that meets a context which does not allow it. No IO happens here, nothing
//! here can fail, and no name of a kernel function is known: that is in the [`Knowledge`] given.

mod again;
mod completed;
mod context;
mod demands;
mod entries;
mod expr;
mod facts;
mod findings;
mod kept;
mod knowledge;
mod lock;
mod merge;
mod packed;
mod paths;
mod per_function;
mod program;
pub mod query;
mod report;
mod side_by_side;
mod skeleton;
mod solve;
mod taken;

pub use again::{Linked, ask_again, leave_and_ask, solve_again, solve_and_leave};
pub use findings::Lines;
pub use kept::Kept;
pub use knowledge::{
    ArgumentSelector, ArgumentTest, Assertion, ContextId, ContextKind, DemandId, DemandKind, Doubt,
    Effect, Entry, FieldName, FieldTest, Flag, FunctionModel, Identity, KindSelector, Knowledge,
    MacroModel, Provenance, Registration, ResultTest, RuleId, RulePair, Taken, Trampoline,
    WaitType,
};
pub use report::{
    Confidence, Coverage, Demanded, FEW_TABLE_TARGETS, Finding, FurtherPlace, InForce, Known,
    Report, SourcePlace, Step, StepKind, Through, Verdict,
};

pub use merge::{merge, merge_nesting};
pub use program::{Pending, Program, link, link_pending};
pub(crate) use solve::Purpose;
pub use solve::{Solution, ask, solve};
