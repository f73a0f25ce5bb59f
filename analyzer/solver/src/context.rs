// SPDX-License-Identifier: MIT OR Apache-2.0
//! The context at a program point, relative to the entry of the function.
//!
//! What the callers have in force is not known; what is known is which of it the function has
//! ended ([`Context::released`], [`Context::cleared`]), so that a lock dropped around an
//! allocation does not count against it.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::expr::ExprId;
use crate::lock::{LockClass, LockName, Subclass};
use crate::{ContextId, Identity, Knowledge};

/// A set of context kinds.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub(crate) struct KindSet(u64);

impl KindSet {
    pub(crate) fn contains(self, kind: ContextId) -> bool {
        self.0 >> kind.0 & 1 == 1
    }

    pub(crate) fn insert(&mut self, kind: ContextId) {
        self.0 |= 1 << kind.0;
    }

    pub(crate) fn remove(&mut self, kind: ContextId) {
        self.0 &= !(1 << kind.0);
    }

    #[must_use]
    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[must_use]
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// One thing in force that the function (or a callee) put into force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    /// What is in force.
    pub(crate) item: Item,
    /// Where it came from: an index into the function's acquisitions. Takes no part in equality.
    pub(crate) origin: u32,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.item == other.item
    }
}

impl Eq for Held {}

/// A context kind, and which lock for locks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) kind: ContextId,
    /// The lock's address, for locks named by an argument.
    pub(crate) lock: Option<ExprId>,
    /// The lock's class.
    pub(crate) class: LockClass,
    /// In which subclass it was taken. Releasing it does not say it again.
    pub(crate) subclass: Subclass,
    /// Whether it is an element of an array: then two that look the same may be two.
    pub(crate) element: bool,
    /// The kind that releasing it is spelled with, when that is another than `kind`: a local lock
    /// is entered through the interrupt or preemption switch that it stands for.
    pub(crate) spelled: Option<ContextId>,
}

impl Item {
    /// One of a kind, of which no more is known.
    pub(crate) fn unnamed(kind: ContextId) -> Self {
        Self {
            kind,
            lock: None,
            class: LockClass::default(),
            subclass: Subclass::Plain,
            element: false,
            spelled: None,
        }
    }

    /// The same in a caller's words, where `lock` is its address and `name` says what that names.
    pub(crate) fn seen_as(
        &self,
        lock: Option<ExprId>,
        name: impl FnOnce(ExprId) -> LockName,
    ) -> Self {
        let name = lock.map(name).filter(|it| it.class.is_known());
        let element = name.as_ref().is_some_and(|it| it.element);
        Self {
            lock,
            class: name.map_or_else(|| self.class.clone(), |it| it.class),
            element: self.element || element,
            ..self.clone()
        }
    }

    /// Whether a release of `other` may mean this one: 4 surely, then less and less, 0 not.
    fn matches(&self, other: &Self, knowledge: &Knowledge) -> u8 {
        let spelled = self.spelled.unwrap_or(self.kind);
        if spelled != other.kind {
            // A saved interrupt state is restored with one function whatever disabled them.
            let is_switch = |kind| knowledge.context(kind).identity == Identity::Switch;
            return u8::from(is_switch(spelled) && is_switch(other.kind));
        }
        if knowledge.context(self.kind).identity != Identity::Lock || self.spelled.is_some() {
            return 4;
        }
        if self.lock.is_some() && self.lock == other.lock {
            return 4;
        }
        if self.class == other.class {
            return 3;
        }
        // One pointer may lead into an object that another path names from further out.
        if self
            .class
            .fields
            .last()
            .is_some_and(|last| other.class.fields.last() == Some(last))
        {
            return 2;
        }
        // A pointer nothing is known of can be any lock of the kind.
        u8::from(!self.class.is_known() || !other.class.is_known())
    }
}

/// The context at a program point.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Context {
    /// What is in force, oldest first.
    pub(crate) held: SmallVec<[Held; 1]>,
    /// What the callers had in force and this function ended.
    pub(crate) released: SmallVec<[Item; 1]>,
    /// Kinds of which the callers have nothing in force any more.
    pub(crate) cleared: KindSet,
    /// Kinds of which the callers had nothing in force at entry, as tests at run time have shown:
    /// with something of them in force, the path is not taken.
    pub(crate) absent: KindSet,
}

/// More nested acquisitions of one item than this are not counted: a loop that takes one lock of
/// each of many objects holds "some" of them.
const MAX_NESTING: usize = 3;

impl Context {
    /// Puts `item` into force. Taking again what was released of the callers restores it.
    pub(crate) fn acquire(&mut self, item: Item, origin: u32, knowledge: &Knowledge) {
        let identity = knowledge.context(item.kind).identity;
        if let Some(index) = best(self.released.iter().map(|it| it.matches(&item, knowledge))) {
            self.released.remove(index);
            return;
        }
        if identity != Identity::Lock && self.cleared.contains(item.kind) {
            self.cleared.remove(item.kind);
            return;
        }
        if self.held.iter().filter(|it| it.item == item).count() < MAX_NESTING {
            self.held.push(Held { item, origin });
        }
    }

    /// Ends `item`: the most recent of what is in force here that it can mean, else the callers'.
    pub(crate) fn release(&mut self, item: &Item, all: bool, knowledge: &Knowledge) {
        let identity = knowledge.context(item.kind).identity;
        if all && identity != Identity::Lock {
            let before = self.held.len();
            self.held.retain(|it| it.item.matches(item, knowledge) == 0);
            if self.held.len() == before {
                self.cleared = self.cleared.union(alike(item.kind, knowledge));
            }
            return;
        }
        if let Some(index) = best(self.held.iter().map(|it| it.item.matches(item, knowledge))) {
            self.held.remove(index);
            return;
        }
        let most = if item.element { MAX_NESTING } else { 1 };
        let known = self.released.iter().filter(|it| *it == item).count();
        if self.cleared.contains(item.kind) || known >= most {
            return;
        }
        self.released.push(item.clone());
    }

    /// Ends what a callee has ended of `kinds`: what is in force here, or else the callers'.
    pub(crate) fn end_all(&mut self, kinds: KindSet, knowledge: &Knowledge) {
        let mut ended = KindSet::default();
        for held in &self.held {
            let kind = held.item.spelled.unwrap_or(held.item.kind);
            if kinds.contains(kind) {
                ended = ended.union(alike(kind, knowledge));
            }
        }
        self.held
            .retain(|it| !kinds.contains(it.item.spelled.unwrap_or(it.item.kind)));
        self.cleared = self.cleared.union(kinds.without(ended));
    }

    /// Records that a test at run time has shown none of `kinds` in force; `false` when something
    /// of them is, so that the test cannot have come out that way.
    pub(crate) fn rule_out(&mut self, kinds: KindSet) -> bool {
        let is_one = |item: &Item| {
            kinds.contains(item.kind) || item.spelled.is_some_and(|kind| kinds.contains(kind))
        };
        if self.held.iter().any(|held| is_one(&held.item)) {
            return false;
        }
        // What has been ended here says nothing of the entry.
        let mut of_entry = kinds.without(self.cleared);
        for item in &self.released {
            of_entry.remove(item.kind);
        }
        self.absent = self.absent.union(of_entry);
        true
    }

    /// Whether the two differ at most in what tests have shown.
    pub(crate) fn goes_with(&self, other: &Self) -> bool {
        self.held == other.held && self.released == other.released && self.cleared == other.cleared
    }

    /// Turns the most recent item of one of the kinds `from` into `to`, which then ends when what
    /// it was is released.
    pub(crate) fn convert(&mut self, from: &[ContextId], to: ContextId) {
        let found = self
            .held
            .iter_mut()
            .rev()
            .find(|it| from.contains(&it.item.kind) && it.item.spelled.is_none());
        if let Some(held) = found {
            held.item.spelled = Some(held.item.kind);
            held.item.kind = to;
        }
    }

    /// Whether an item that a caller has in force still is, seen from here.
    pub(crate) fn keeps(
        item: &Item,
        released: &[Item],
        cleared: KindSet,
        knowledge: &Knowledge,
    ) -> bool {
        !cleared.contains(item.kind)
            && !cleared.contains(item.spelled.unwrap_or(item.kind))
            && released.iter().all(|it| item.matches(it, knowledge) == 0)
    }
}

impl Knowledge {
    /// Whether something in force still counts among all that is: what is begun for a lock may say
    /// nothing once the lock is gone.
    pub(crate) fn counts(&self, item: &Item, held: &[Held]) -> bool {
        let of_its_lock = |other: &Held| {
            let other = &other.item;
            other.kind != item.kind
                && other.class == item.class
                && (other.lock == item.lock || item.class.is_known())
        };
        !self.context(item.kind).while_held || item.lock.is_none() || held.iter().any(of_its_lock)
    }
}

/// The kinds that end together with `kind` when all of it ends: every switch is one and the same.
fn alike(kind: ContextId, knowledge: &Knowledge) -> KindSet {
    let identity = knowledge.context(kind).identity;
    let mut kinds = KindSet::default();
    for (index, it) in knowledge.contexts.iter().enumerate() {
        if identity == Identity::Switch && it.identity == Identity::Switch {
            kinds.insert(ContextId(
                u16::try_from(index).expect("few kinds of context"),
            ));
        }
    }
    kinds.insert(kind);
    kinds
}

/// The last index with the highest non-zero score.
fn best(scores: impl Iterator<Item = u8>) -> Option<usize> {
    scores
        .enumerate()
        .filter(|&(_, score)| score > 0)
        .max_by_key(|&(index, score)| (score, index))
        .map(|(index, _)| index)
}

#[cfg(test)]
mod laws;
