// SPDX-License-Identifier: MIT OR Apache-2.0
//! What functions come to by way of certain calls.
//!
//! Of all that a function comes to demand, the shortest chain of each kind is kept. Who asks about some
//! calls wants to know of a chain that leads through one of these, whatever shorter ones there are. Such
//! chains are kept apart from all others on their way up.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::case::{Case, CaseId, Violation, What};
use super::step::{Known, Sink, Stepper};
use super::{Demands, MAX_ROUNDS, Slot, entered, entries_by_function};
use crate::expr::Exprs;
use crate::paths::Target;
use crate::program::FnId;
use crate::skeleton::Skeleton;

/// Records of functions, by their indices.
pub(crate) type Marks = FxHashMap<FnId, Vec<usize>>;

/// How many functions are looked at; beyond them nothing more is known of their callers.
const MAX_FUNCTIONS: usize = 20_000;

/// What a function comes to by way of the marked calls.
struct Along {
    /// How many cases it has besides.
    others: usize,
    cases: Vec<Case>,
    violations: Vec<Violation>,
    exprs: Arc<Exprs>,
    /// How many of the cases its callers know of.
    told: usize,
}

impl Along {
    fn new(stepper: &Stepper<'_>, function: FnId, slot: &Slot) -> Self {
        let exprs = match slot.is_nothing() {
            true => &stepper.structures.of(function).exprs,
            false => &slot.exprs,
        };
        Self {
            others: slot.cases.len(),
            cases: Vec::new(),
            violations: Vec::new(),
            exprs: Arc::clone(exprs),
            told: 0,
        }
    }

    fn sink<'a>(&'a mut self, cut_off: &'a mut bool) -> Sink<'a> {
        Sink {
            exprs: Arc::make_mut(&mut self.exprs),
            known: Known::default(),
            cases: &mut self.cases,
            violations: &mut self.violations,
            cut_off,
        }
    }
}

impl Demands {
    /// Adds to what functions come to that which they come to by way of `marked` records, where it
    /// matters to a report. The violations among it are told by function and index, in their order.
    pub(crate) fn add_along(
        &mut self,
        stepper: &Stepper<'_>,
        skeleton: &Skeleton,
        marked: &Marks,
    ) -> Vec<(FnId, u32)> {
        let mut all = self.along(stepper, skeleton, marked);
        for (first, same) in entries_by_function(stepper.program) {
            if let Some(along) = all.get_mut(&same[0].function) {
                let mut slot = Slot {
                    cases: std::mem::take(&mut along.cases),
                    violations: std::mem::take(&mut along.violations),
                    exprs: Arc::clone(&along.exprs),
                    cut_off: false,
                };
                entered::check(stepper, first, same, &mut slot);
                (along.cases, along.violations) = (slot.cases, slot.violations);
            }
        }
        let mut all: Vec<(FnId, Along)> = all.into_iter().collect();
        all.sort_unstable_by_key(|it| it.0);
        let mut added = Vec::new();
        for (function, along) in all {
            let mut slot = self.slots.of(function).clone();
            let known = slot.violations.len();
            slot.cases.extend(along.cases);
            slot.violations.extend(along.violations);
            slot.exprs = along.exprs;
            let indices = known..slot.violations.len();
            let indices = indices.map(|it| u32::try_from(it).expect("few violations"));
            added.extend(indices.map(|it| (function, it)));
            self.slots.put(function, slot);
        }
        added
    }

    fn along(
        &self,
        stepper: &Stepper<'_>,
        skeleton: &Skeleton,
        marked: &Marks,
    ) -> FxHashMap<FnId, Along> {
        let mut all: FxHashMap<FnId, Along> = FxHashMap::default();
        let mut functions: Vec<FnId> = marked.keys().copied().collect();
        functions.sort_unstable();
        for function in functions {
            let mut along = Along::new(stepper, function, self.slots.of(function));
            for &record in &marked[&function] {
                self.begin(stepper, skeleton, (function, record), &mut along);
            }
            all.insert(function, along);
        }
        for _ in 0..MAX_ROUNDS {
            let mut fresh: Vec<(FnId, usize, usize)> = all
                .iter_mut()
                .filter(|(_, along)| along.told < along.cases.len())
                .map(|(&function, along)| {
                    let from = std::mem::replace(&mut along.told, along.cases.len());
                    (function, from, along.cases.len())
                })
                .collect();
            if fresh.is_empty() || all.len() > MAX_FUNCTIONS {
                break;
            }
            fresh.sort_unstable();
            for (function, from, to) in fresh {
                for &(caller, record) in self.callers_of(function) {
                    self.ascend(
                        stepper,
                        skeleton,
                        (caller, record),
                        (function, from, to),
                        &mut all,
                    );
                }
            }
        }
        all
    }

    /// What a marked record comes to by itself.
    fn begin(
        &self,
        stepper: &Stepper<'_>,
        skeleton: &Skeleton,
        (function, record): (FnId, usize),
        along: &mut Along,
    ) {
        let edge = skeleton.edge(function, record);
        let mut cut_off = false;
        let at_return = stepper.knowledge.at_return().map(|(demand, _)| demand);
        let target = &stepper.structures.of(function).records[record].target;
        if let Target::Demand { demand, .. } = target {
            let matters = self.scope.includes(*demand, function, edge);
            // What is not restored is seen on the way out, and no call is to blame.
            if matters && Some(*demand) != at_return {
                stepper.primitive(function, record, &mut along.sink(&mut cut_off));
            }
            return;
        }
        for &callee in edge.callees(stepper.program) {
            let Slot { cases, exprs, .. } = self.slots.of(callee);
            for (index, case) in (0..).zip(cases) {
                let id = CaseId {
                    function: callee,
                    index,
                };
                if self.is_followed(case, function, edge) {
                    let sink = &mut along.sink(&mut cut_off);
                    stepper.call(function, record, id, case, exprs, sink);
                }
            }
        }
    }

    /// Lets new cases of a function reach a caller.
    fn ascend(
        &self,
        stepper: &Stepper<'_>,
        skeleton: &Skeleton,
        (caller, record): (FnId, usize),
        (function, from, to): (FnId, usize, usize),
        all: &mut FxHashMap<FnId, Along>,
    ) {
        let callee = &all[&function];
        let (others, exprs) = (callee.others, Arc::clone(&callee.exprs));
        let cases = callee.cases[from..to].to_vec();
        let edge = skeleton.edge(caller, record);
        let mut cut_off = false;
        let along = all
            .entry(caller)
            .or_insert_with(|| Along::new(stepper, caller, self.slots.of(caller)));
        for (index, case) in (others + from..).zip(&cases) {
            if self.is_followed(case, caller, edge) {
                let id = CaseId {
                    function,
                    index: u32::try_from(index).expect("few cases"),
                };
                let sink = &mut along.sink(&mut cut_off);
                stepper.call(caller, record, id, case, &exprs, sink);
            }
        }
    }

    fn is_followed(&self, case: &Case, function: FnId, edge: &crate::skeleton::Edge) -> bool {
        match case.what {
            What::Demand(demand) => self.scope.includes(demand, function, edge),
            What::Takes(_) | What::Violation(_) => false,
        }
    }
}
