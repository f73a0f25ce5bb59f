// SPDX-License-Identifier: MIT OR Apache-2.0
//! What functions call, and what they have in force there: the little that has to be known of all
//! functions to say what may matter where.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::context::Item;
use crate::paths::{Record, Structure, Target};
use crate::per_function::functions;
use crate::program::{FnId, PointerKey, Program};
use crate::{ContextId, DemandId, Knowledge};

/// Kinds of demand, a bit for each of the first 64; a model with more of them has the others followed
/// everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct DemandSet(u64);

impl DemandSet {
    pub(crate) fn includes(self, demand: DemandId) -> bool {
        let bit = 1_u64.checked_shl(u32::from(demand.0));
        bit.is_none_or(|bit| self.0 & bit != 0)
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn of(kinds: impl Iterator<Item = usize>) -> Self {
        let bit = |kind| 1_u64.checked_shl(u32::try_from(kind).unwrap_or(u32::MAX));
        Self(kinds.filter_map(bit).fold(0, |all, bit| all | bit))
    }
}

/// By kind of context: what it does not allow.
pub(crate) struct Forbidden(Vec<DemandSet>);

impl Forbidden {
    pub(crate) fn new(knowledge: &Knowledge) -> Self {
        let kinds = 0..knowledge.demands.len();
        let by_context = (0..knowledge.contexts.len()).map(|index| {
            let context = ContextId(u16::try_from(index).expect("few kinds of context"));
            let demand = |&it: &usize| {
                let demand = DemandId(u16::try_from(it).expect("few kinds of demand"));
                !knowledge.allows(context, demand)
            };
            DemandSet::of(kinds.clone().filter(demand))
        });
        Self(by_context.collect())
    }

    /// What a kind of context does not allow.
    pub(crate) fn by(&self, context: ContextId) -> DemandSet {
        self.0[usize::from(context.0)]
    }

    /// What is not allowed by what a function has in force itself.
    fn at(&self, program: &Program, record: &Record) -> DemandSet {
        let kinds = |item: &Item| {
            let more = program.counts_as(item).map(|it| self.by(it));
            more.fold(self.by(item.kind), DemandSet::union)
        };
        let held = record.held.iter().map(|held| kinds(&held.item));
        held.fold(DemandSet::default(), DemandSet::union)
    }
}

/// A [`Record`], as far as it concerns others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Edge {
    pub(crate) target: Called,
    /// What the function forbids there itself.
    pub(crate) forbidden: DemandSet,
}

/// What a record leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Called {
    Function(FnId),
    Pointer(PointerKey),
    /// Nothing: it is a demand.
    Demand(DemandId),
}

/// The records of all functions.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Skeleton {
    /// The first edge of each function, and the end of the last one's.
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

/// Where functions are called: the caller and the index of its record.
pub(crate) type Callers = FxHashMap<FnId, Vec<(FnId, usize)>>;

impl Skeleton {
    /// The records of functions, given in their order.
    pub(crate) fn new<'a>(
        program: &Program,
        forbidden: &Forbidden,
        structures: impl Iterator<Item = &'a Structure>,
    ) -> Self {
        let mut skeleton = Self::default();
        for structure in structures {
            skeleton.add(edges(program, forbidden, structure));
        }
        skeleton.end();
        skeleton
    }

    /// The same for `count` functions, where some have other records.
    pub(crate) fn with(&self, count: usize, changed: &FxHashMap<FnId, Vec<Edge>>) -> Self {
        let mut skeleton = Self::default();
        for function in functions(count) {
            match changed.get(&function) {
                Some(edges) => skeleton.add(edges.iter().copied()),
                None => skeleton.add(self.of(function).iter().copied()),
            }
        }
        skeleton.end();
        skeleton
    }

    fn add(&mut self, edges: impl Iterator<Item = Edge>) {
        self.end();
        self.edges.extend(edges);
    }

    fn end(&mut self) {
        let end = u32::try_from(self.edges.len()).expect("fewer than 2^32 calls");
        self.starts.push(end);
    }

    /// How many functions there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The records of a function, by their indices.
    pub(crate) fn of(&self, function: FnId) -> &[Edge] {
        let index = function.0 as usize;
        match self.starts.get(index..index + 2) {
            Some(&[start, end]) => &self.edges[start as usize..end as usize],
            _ => &[],
        }
    }

    pub(crate) fn edge(&self, function: FnId, record: usize) -> &Edge {
        &self.of(function)[record]
    }

    /// Which records call a function, directly or through a pointer.
    pub(crate) fn callers(&self, program: &Program) -> Callers {
        let mut callers = Callers::default();
        for caller in functions(self.len()) {
            for (number, edge) in self.of(caller).iter().enumerate() {
                for &callee in edge.callees(program) {
                    callers.entry(callee).or_default().push((caller, number));
                }
            }
        }
        callers
    }

    /// The functions that `roots` lead to, by index, through pointers of at most `few` targets.
    pub(crate) fn reached(&self, program: &Program, roots: Vec<FnId>, few: usize) -> Vec<bool> {
        let mut queue = roots;
        let mut within = vec![false; self.len()];
        while let Some(function) = queue.pop() {
            if std::mem::replace(&mut within[function.0 as usize], true) {
                continue;
            }
            for edge in self.of(function) {
                let callees = edge.callees(program);
                if callees.len() <= few {
                    queue.extend(callees);
                }
            }
        }
        within
    }
}

/// The records of one function.
pub(crate) fn edges<'a>(
    program: &'a Program,
    forbidden: &'a Forbidden,
    structure: &'a Structure,
) -> impl Iterator<Item = Edge> + use<'a> {
    structure.records.iter().map(|record| Edge {
        target: match record.target {
            Target::Function(callee) => Called::Function(callee),
            Target::Pointer(key) => Called::Pointer(key),
            Target::Demand { demand, .. } => Called::Demand(demand),
        },
        forbidden: forbidden.at(program, record),
    })
}

impl Edge {
    /// The functions that may be called there.
    pub(crate) fn callees<'a>(&'a self, program: &'a Program) -> &'a [FnId] {
        match &self.target {
            Called::Function(callee) => std::slice::from_ref(callee),
            Called::Pointer(key) => program.targets.of(*key),
            Called::Demand(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_beyond_the_bits_are_followed_everywhere() {
        let some = DemandSet::of([3, 70].into_iter());
        assert!(some.includes(DemandId(3)) && !some.includes(DemandId(4)));
        assert!(some.includes(DemandId(70)) && DemandSet::default().includes(DemandId(64)));
    }
}
