// SPDX-License-Identifier: MIT OR Apache-2.0
//! A demand of a function, and a demand that meets what it must not.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::context::{Item, KindSet};
use crate::expr::Exprs;
use crate::facts::Fact;
use crate::paths::{Condition, Worlds};
use crate::program::FnId;
use crate::{Confidence, ContextId, DemandId, RuleId};

/// A case of a function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct CaseId {
    pub(crate) function: FnId,
    pub(crate) index: u32,
}

/// Something that a call of a function comes to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Case {
    /// What.
    pub(crate) what: What,
    /// Under which conditions on the arguments.
    pub(crate) guard: ThinVec<Condition>,
    /// What it has ended of the callers' contexts by then.
    pub(crate) released: ThinVec<Item>,
    /// Kinds of which it has ended all by then.
    pub(crate) cleared: KindSet,
    /// Kinds of which the callers have nothing in force when it happens.
    pub(crate) absent: KindSet,
    /// In which worlds.
    pub(crate) worlds: Worlds,
    /// How sure the chain is.
    pub(crate) confidence: Confidence,
    /// The next hop towards the demand: a witness, takes no part in comparisons.
    pub(crate) link: Link,
    /// How many hops there are.
    pub(crate) length: u32,
}

/// What a [`Case`] comes to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum What {
    /// A demand on the caller's context.
    Demand(DemandId),
    /// A lock that is taken, by its number among those that are asked of.
    Takes(u16),
    /// The violation that is asked about, further down (see `asked`): nothing is asked of the
    /// caller's context, only whether its arguments fulfil the guard, and whether it has something
    /// in force that silences this demand.
    Violation(DemandId),
}

/// One hop of a witness.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Link {
    /// The record of the function at which the chain goes on.
    pub(crate) record: u32,
    /// The callee's case; `None` when the record is the demand itself.
    pub(crate) next: Option<CaseId>,
}

/// A demand that meets something in force that does not allow it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Violation {
    /// The rule that names it.
    pub(crate) rule: RuleId,
    /// The demand.
    pub(crate) demand: DemandId,
    /// What is in force that does not allow it. A lock can count as more than what it is.
    pub(crate) context: ContextId,
    /// The same as the function has it.
    pub(crate) item: Item,
    /// Where that comes from.
    pub(crate) since: Since,
    /// Under which conditions on the arguments it happens; empty when always.
    pub(crate) guard: ThinVec<Condition>,
    /// Whether it happens whoever calls the function; else callers have to be asked.
    pub(crate) confirmed: bool,
    pub(crate) confidence: Confidence,
    /// Where the chain starts.
    pub(crate) link: Link,
    pub(crate) length: u32,
}

/// Where something in force comes from. Takes no part in comparisons.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Since {
    /// The function has put it into force: an index into its acquisitions.
    Acquired(u32),
    /// It was in force when the function was entered: an index into the program's entries.
    Entered(usize),
}

impl Case {
    /// Whether wherever `other` matters, this matters too and says as much.
    pub(super) fn subsumes(&self, other: &Self) -> bool {
        self.what == other.what
            && self.confidence >= other.confidence
            && self.worlds.and(other.worlds) == other.worlds
            && self.cleared.is_subset(other.cleared)
            && self.absent.is_subset(other.absent)
            && self.released.iter().all(|it| other.released.contains(it))
            && self
                .guard
                .iter()
                .all(|condition| other.guard.contains(condition))
    }

    /// Whether callers see no difference between the two, which speak in these expressions.
    pub(super) fn looks_like(&self, exprs: &Exprs, other: &Self, others: &Exprs) -> bool {
        let mut to = Exprs::default();
        let mut seen = |case: &Self, from: &Exprs| {
            let guard: Vec<Condition> = case
                .guard
                .iter()
                .map(|it| Condition {
                    expr: from.copy(it.expr, &mut to),
                    ..*it
                })
                .collect();
            let released: Vec<Item> = case
                .released
                .iter()
                .map(|it| Item {
                    lock: it.lock.map(|lock| from.copy(lock, &mut to)),
                    ..it.clone()
                })
                .collect();
            (guard, released)
        };
        self.what == other.what
            && self.cleared == other.cleared
            && self.absent == other.absent
            && self.worlds == other.worlds
            && self.confidence == other.confidence
            && self.length == other.length
            && seen(self, exprs) == seen(other, others)
    }

    /// The condition of `other` that decides between the two, when they differ in nothing else:
    /// together they say that it is the same either way.
    pub(super) fn complement(&self, other: &Self) -> Option<usize> {
        let alike = self.what == other.what
            && self.confidence == other.confidence
            && self.worlds == other.worlds
            && self.cleared == other.cleared
            && self.absent == other.absent
            && self.released == other.released
            && self.guard.len() == other.guard.len();
        if !alike {
            return None;
        }
        let mut differ = (0..self.guard.len()).filter(|&at| self.guard[at] != other.guard[at]);
        let at = differ.next().filter(|_| differ.next().is_none())?;
        let (a, b) = (&self.guard[at], &other.guard[at]);
        let opposite = matches!(
            (a.fact, b.fact),
            (Fact::ZERO, Fact::NON_ZERO) | (Fact::NON_ZERO, Fact::ZERO)
        );
        (a.expr == b.expr && !a.proof && !b.proof && opposite).then_some(at)
    }
}

/// Conditions in the order of their expressions, each once.
pub(super) fn normalise(mut guard: Vec<Condition>) -> ThinVec<Condition> {
    guard.sort_by_key(|it| {
        (
            it.expr,
            it.fact.low,
            it.fact.high,
            it.fact.non_zero,
            it.proof,
        )
    });
    guard.dedup();
    guard.into()
}
