// SPDX-License-Identifier: MIT OR Apache-2.0
//! In which contexts a function is called: up the calls, to where each was put into force.
//!
//! Every call is taken for possible, whatever its arguments: an answer is a place to look at, not a
//! finding.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashMap;

use super::{Caller, FunctionRef};
use crate::context::{Context, Item, KindSet};
use crate::paths::{Record, Target};
use crate::program::FnId;
use crate::skeleton::{Called, Edge};
use crate::{Confidence, InForce, Solution, Step, StepKind};

/// Ways up the calls that are looked at: enough for the callers of anything but what everybody calls.
const MAX_WAYS: usize = 50_000;
/// Ways of different effect that are followed from one function.
const MAX_PER_FUNCTION: usize = 3;

/// A context in which a function is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalledIn {
    /// What is in force; `None` when nothing that is known is.
    pub context: Option<InForce>,
    /// How it is put into force: the acquisition, and where it is inside of what is called there,
    /// the calls that lead to it. Empty when nothing is in force.
    pub begins: Vec<Step>,
    /// A shortest chain to the call: every call on the way, that of the function last.
    pub steps: Vec<Step>,
    /// Low where every chain that is known is a guess: it leads through a pointer that can be many
    /// functions, or through code of a starting system.
    pub confidence: Confidence,
}

/// How the first way to a context begins and goes on.
type Found = BTreeMap<Option<InForce>, (Vec<Step>, Vec<Step>)>;

/// A way from a function down to the one that is asked about.
struct Way<'a> {
    function: FnId,
    /// The record at which it leaves the function, and the way it goes on with; `None` at the end.
    next: Option<(&'a Record, usize)>,
    released: Vec<Item>,
    cleared: KindSet,
    absent: KindSet,
    /// Whether something is in force on it.
    covered: bool,
}

impl Solution<'_> {
    /// The contexts in which a function is called, each with a shortest chain that is no guess, or else
    /// with a shortest one; by kind and lock.
    pub fn contexts(&self, function: FunctionRef) -> Vec<CalledIn> {
        let demanded = self.demanded_at(function.id);
        let stepper = self.stepper();
        let is_sure = |caller: FnId, record: &Record| {
            let pointer = match record.target {
                Target::Pointer(key) => stepper.pointer_confidence(key),
                Target::Function(_) | Target::Demand { .. } => Confidence::High,
            };
            stepper.own_confidence(caller).min(pointer) > Confidence::Low
        };
        let mut sure = self.up_the_calls(function.id, &demanded, &is_sure);
        let all = self.up_the_calls(function.id, &demanded, &|_, _| true);
        all.into_iter()
            .map(|(context, guess)| {
                let known = sure.remove(&context);
                let confidence = match known {
                    Some(_) => Confidence::High,
                    None => Confidence::Low,
                };
                let (begins, steps) = known.unwrap_or(guess);
                CalledIn {
                    context,
                    begins,
                    steps,
                    confidence,
                }
            })
            .collect()
    }

    /// The contexts that are met on the way up from a function, over calls that are to be `followed`;
    /// besides these, it is `demanded` at some.
    fn up_the_calls(
        &self,
        function: FnId,
        demanded: &[Caller<'_>],
        followed: &dyn Fn(FnId, &Record) -> bool,
    ) -> Found {
        let mut ways = vec![Way {
            function,
            next: None,
            released: Vec::new(),
            cleared: KindSet::default(),
            absent: KindSet::default(),
            covered: false,
        }];
        let mut queue = VecDeque::from([0]);
        let mut visits: FxHashMap<(FnId, bool), usize> = FxHashMap::default();
        let mut found = Found::new();
        while let Some(number) = queue.pop_front() {
            let mut calls = self.calls_of(ways[number].function);
            if ways[number].function == function {
                calls.extend(demanded);
            }
            if calls.is_empty() && number > 0 && !ways[number].covered {
                // Whoever calls it from outside has nothing in force that is known.
                found
                    .entry(None)
                    .or_insert_with(|| (Vec::new(), self.chain_down(&ways, number)));
            }
            for call in calls {
                let (caller, record) = (call.function, call.record);
                let way = &ways[number];
                if !followed(caller, record) {
                    continue;
                }
                if record
                    .held
                    .iter()
                    .any(|it| way.absent.contains(it.item.kind))
                {
                    continue; // the callee tests for it and goes another way
                }
                let mut covered = way.covered;
                let step = ways.len();
                let mut origins = Vec::new();
                for held in &record.held {
                    if Context::keeps(&held.item, &way.released, way.cleared, self.knowledge) {
                        covered = true;
                        let acquired = &call.structure.acquisitions[held.origin as usize];
                        origins.push((Some(self.in_force(&held.item)), acquired));
                    }
                }
                let visited = visits.entry((caller, covered)).or_insert(0);
                let is_new = *visited < MAX_PER_FUNCTION && ways.len() < MAX_WAYS;
                let is_told = origins
                    .iter()
                    .any(|(context, _)| !found.contains_key(context));
                if !is_new && !is_told {
                    continue;
                }
                let up = self.up(way, number, caller, record, covered);
                ways.push(up);
                for (context, acquired) in origins {
                    found.entry(context).or_insert_with(|| {
                        let mut begins = Vec::new();
                        self.reader().acquired(caller, acquired, 0, &mut begins);
                        (begins, self.chain_down(&ways, step))
                    });
                }
                if is_new {
                    *visited += 1;
                    queue.push_back(step);
                }
            }
        }
        found
    }

    /// The calls of a modelled function that demand something. (Others leave no record.)
    fn demanded_at(&self, function: FnId) -> Vec<Caller<'_>> {
        let demands = |edge: &Edge| matches!(edge.target, Called::Demand(_));
        let is_demanded = |record: &&Record| matches!(record.target, Target::Demand { function: it, .. } if it == function);
        let callers = self.functions().map(|it| it.id);
        let callers = callers.filter(|&it| self.skeleton.of(it).iter().any(demands));
        callers
            .flat_map(|caller| {
                let structure = self.structures().of(caller);
                let records = structure.records.iter().filter(is_demanded);
                records.map(move |record| Caller {
                    function: caller,
                    structure,
                    record,
                })
            })
            .collect()
    }

    fn up<'a>(
        &self,
        way: &Way<'_>,
        number: usize,
        caller: FnId,
        record: &'a Record,
        covered: bool,
    ) -> Way<'a> {
        let mut released: Vec<Item> = record.released.to_vec();
        for item in &way.released {
            // What is released of the caller's own is no business of its callers.
            let is_own = record.held.iter().any(|held| {
                let released = std::slice::from_ref(item);
                !Context::keeps(&held.item, released, KindSet::default(), self.knowledge)
            });
            // The address means nothing up here; the class does.
            let item = Item {
                lock: None,
                ..item.clone()
            };
            if !is_own && !released.contains(&item) {
                released.push(item);
            }
        }
        Way {
            function: caller,
            next: Some((record, number)),
            released,
            cleared: way.cleared.union(record.cleared),
            absent: way.absent.without(record.cleared).union(record.absent),
            covered,
        }
    }

    /// The calls of a way.
    fn chain_down(&self, ways: &[Way<'_>], number: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = &ways[number];
        let reader = self.reader();
        while let Some((record, next)) = at.next {
            let through = match record.target {
                Target::Pointer(key) => Some(reader.pointer_name(key)),
                Target::Function(_) | Target::Demand { .. } => None,
            };
            steps.extend(reader.step(
                StepKind::Call,
                steps.len(),
                at.function,
                record.site,
                Some(ways[next].function),
                through,
            ));
            at = &ways[next];
        }
        steps
    }
}
