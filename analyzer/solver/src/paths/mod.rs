// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one function does, over all its paths.
//!
//! The walk follows every path through a function with a symbolic state: values, what the
//! branches taken say of them, and the context. States that meet at a block are kept apart while
//! their contexts differ (property simulation, as in Das, Lerner and Seigle, "ESP", PLDI 2002), and
//! a few more while only their values differ. The result, a [`Structure`], says under which
//! conditions the function returns what with which change of the context, and what it calls in
//! which context. It does not depend on what callees demand, only on how they return.

mod bits;
mod call;
mod coincidence;
mod context_test;
mod doomed;
mod env;
mod exits;
mod known;
mod liveness;
mod modelled;
mod record;
mod state;
mod summarised;
mod test;
mod unrestored;
mod walk;

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use thin_vec::ThinVec;
use waitctx_model::FieldId;

use crate::DemandId;
use crate::context::{Held, Item, KindSet};
use crate::expr::{Expr, ExprId, Exprs};
use crate::facts::{Fact, Facts};
use crate::program::{FnId, PointerKey};

pub(crate) use context_test::ContextTest;
pub(crate) use liveness::for_each_successor;
pub(crate) use record::stored_in;
pub(crate) use test::{Condition, is_portable, prove};
pub(crate) use walk::{Summaries, walk};

/// What a function does, over all its paths.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Structure {
    /// The expressions that everything else here refers to.
    pub(crate) exprs: Arc<Exprs>,
    /// How it returns.
    pub(crate) exits: Vec<Exit>,
    /// What it calls and demands, in which context.
    pub(crate) records: Vec<Record>,
    /// What it passes on that tells its callees what is in force.
    pub(crate) tests: Vec<ContextTest>,
    /// Where contexts are put into force.
    pub(crate) acquisitions: Vec<Acquisition>,
    /// Which of these it ends itself on some way, by index, sorted.
    pub(crate) ended: Vec<u32>,
    /// What it may write.
    pub(crate) writes: Writes,
    /// Whether a result that is not zero says that the last reference to an object was dropped.
    pub(crate) drops_reference: bool,
    /// Whether the walk saw all paths, so that no exit means that it never returns.
    pub(crate) complete: bool,
    /// Whether paths were left out because too many of them differ in more than values.
    pub(crate) merged: bool,
    /// Whether ways to return were left out because callers could not have told them apart.
    pub(crate) ambiguous: bool,
    /// Whether some calls were left out because they are made in too many contexts.
    pub(crate) cut_off: bool,
}

impl Structure {
    /// Whether all ways to return change the context in the same way, as far as they were seen.
    fn leaves_alike(&self) -> bool {
        let alike = |a: &Exit, b: &Exit| {
            a.held == b.held && a.released == b.released && a.cleared == b.cleared
        };
        let seen = self.complete && !self.merged && !self.ambiguous;
        seen && self.exits.windows(2).all(|it| alike(&it[0], &it[1]))
    }
}

/// What a function may write besides its own variables.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Writes {
    /// The objects that parameters point to, a bit for each parameter.
    parameters: u64,
    /// Pointers that parameters point to and that are only ever set to null: what they pointed to
    /// has been handed over.
    cleared: u64,
    /// Fields of the objects that parameters point to, where only these are written.
    pub(crate) fields: Vec<(u32, FieldId)>,
    /// Anything else.
    pub(crate) memory: bool,
}

/// How a call may write what an argument points to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    No,
    /// It may be set to null.
    Cleared,
    /// It may be anything.
    Anything,
}

impl Writes {
    pub(crate) const ALL: Self = Self {
        parameters: u64::MAX,
        cleared: 0,
        fields: Vec::new(),
        memory: true,
    };
    /// Only what the arguments point to.
    pub(crate) const ARGUMENTS: Self = Self {
        parameters: u64::MAX,
        cleared: 0,
        fields: Vec::new(),
        memory: false,
    };
    pub(crate) const NONE: Self = Self {
        parameters: 0,
        cleared: 0,
        fields: Vec::new(),
        memory: false,
    };

    pub(crate) fn parameter(&self, index: usize) -> Written {
        let index = index.min(63);
        if self.parameters >> index & 1 == 1 {
            Written::Anything
        } else if self.cleared >> index & 1 == 1 {
            Written::Cleared
        } else {
            Written::No
        }
    }

    /// Adds what is written at an address.
    pub(crate) fn add(&mut self, exprs: &Exprs, address: ExprId, how: Written) {
        let mut at = address;
        let mut first_field = None;
        loop {
            match exprs.get(at) {
                Expr::FieldAddress(base, field) => {
                    first_field = Some(field);
                    at = base;
                }
                Expr::ElementAddress(base) => at = base,
                Expr::Parameter(index) => {
                    return self.add_parameter(index, first_field, at == address, how);
                }
                Expr::LocalAddress(_) | Expr::Const(_) => return,
                _ => {
                    self.memory = true;
                    return;
                }
            }
        }
    }

    fn add_parameter(&mut self, index: u32, field: Option<FieldId>, whole: bool, how: Written) {
        let bit = 1 << index.min(63);
        match field {
            Some(field) if self.fields.len() < MAX_FIELDS => {
                if !self.fields.contains(&(index, field)) {
                    self.fields.push((index, field));
                }
            }
            None if whole && how == Written::Cleared => self.cleared |= bit,
            _ => self.parameters |= bit,
        }
    }
}

/// How many written fields are told apart.
const MAX_FIELDS: usize = 24;

/// One way to return.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Exit {
    /// Only when these hold.
    pub(crate) guard: ThinVec<Condition>,
    /// What holds because the function would have crashed otherwise.
    pub(crate) assumes: ThinVec<(ExprId, Fact)>,
    /// The result as an expression over parameters, when it is one.
    pub(crate) result: Option<ExprId>,
    /// What is known of the result.
    pub(crate) result_fact: Fact,
    /// The fields of a result that is a record.
    pub(crate) result_fields: ThinVec<(FieldId, ExprId)>,
    /// What it leaves stored in the objects that parameters point to: addresses and values.
    pub(crate) stores: ThinVec<(ExprId, ExprId)>,
    /// What it leaves in force.
    pub(crate) held: ThinVec<Held>,
    /// What it ended of the callers'.
    pub(crate) released: ThinVec<Item>,
    /// Kinds of which it ended all of the callers'.
    pub(crate) cleared: KindSet,
    /// Kinds of which the callers have nothing in force when it happens.
    pub(crate) absent: KindSet,
    /// In which worlds it happens.
    pub(crate) worlds: Worlds,
}

impl Exit {
    /// Whether the context is as it was at entry.
    pub(crate) fn is_balanced(&self) -> bool {
        self.held.is_empty() && self.released.is_empty() && self.cleared.is_empty()
    }
}

/// A call or a demand, in one context.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The call: block and index of the statement in it.
    pub(crate) site: (u32, u32),
    /// What is called.
    pub(crate) target: Target,
    /// The arguments.
    pub(crate) args: ThinVec<ExprId>,
    /// The pointer that is called.
    pub(crate) pointer: Option<ExprId>,
    /// Whether it happens only where the function has dropped the last reference to an object.
    pub(crate) last_reference: bool,
    /// Whether it happens only where two pointers are the same, of which nobody says that they are.
    pub(crate) coincidence: bool,
    /// What the path says of parameters and arguments.
    pub(crate) facts: Facts,
    /// What it says of what was found when the function was entered, and has been written over.
    pub(crate) past: Facts,
    /// What is stored in the objects that the arguments point to: addresses and values.
    pub(crate) pointees: ThinVec<(ExprId, ExprId)>,
    /// What the function has in force there: as a rule nothing, and there are as many records as a
    /// program has calls.
    pub(crate) held: ThinVec<Held>,
    /// What it has ended of the callers'.
    pub(crate) released: ThinVec<Item>,
    /// Kinds of which it has ended all of the callers'.
    pub(crate) cleared: KindSet,
    /// Kinds of which the callers have nothing in force when it happens.
    pub(crate) absent: KindSet,
    /// In which worlds it happens.
    pub(crate) worlds: Worlds,
}

/// What a [`Record`] is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Target {
    /// A call of a function that is analysed.
    Function(FnId),
    /// A call through a pointer.
    Pointer(PointerKey),
    /// A demand that the called function's model makes.
    Demand {
        /// Which.
        demand: DemandId,
        /// The function.
        function: FnId,
        /// A test of an argument that has to be proved for the demand to be made: the value that
        /// has to be non-zero (or zero).
        proof: Option<(ExprId, bool)>,
        /// The lock or flags that the demand is about.
        subject: Option<ExprId>,
    },
}

/// Where a context was put into force.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Acquisition {
    /// The call: block and index of the statement in it.
    pub(crate) site: (u32, u32),
    /// The function called there.
    pub(crate) callee: FnId,
    /// When the callee is analysed: the acquisition in it.
    pub(crate) inner: Option<u32>,
}

/// The worlds a path exists in. Where the source asks for a build option that the raw-nesting
/// verdict sets otherwise than the configuration, paths exist in one world only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Worlds {
    /// The kernel as it is configured.
    pub(crate) configured: bool,
    /// The kernel that the raw-nesting verdict is about.
    pub(crate) raw_nesting: bool,
}

impl Worlds {
    pub(crate) const BOTH: Self = Self {
        configured: true,
        raw_nesting: true,
    };

    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            configured: self.configured && other.configured,
            raw_nesting: self.raw_nesting && other.raw_nesting,
        }
    }

    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            configured: self.configured || other.configured,
            raw_nesting: self.raw_nesting || other.raw_nesting,
        }
    }
}
