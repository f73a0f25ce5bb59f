// SPDX-License-Identifier: MIT OR Apache-2.0
//! Questions to a solved program: what a function demands, how it returns, where it is called from
//! and with what in force, and which locks are taken inside which.
//!
//! Answers are in the terms of a report, so that they can be printed without knowing the model. They
//! are computed when asked, from what the solver found; asking changes nothing.

mod calls;
mod contexts;
mod nesting;
mod text;

use crate::context::{Item, KindSet};
use crate::demands::{CaseId, Slot, Slots, Stepper, What};
use crate::findings::{Reader, hops};
use crate::paths::{Record, Structure, Target};
use crate::per_function::functions;
use crate::program::FnId;
use crate::{Confidence, ContextId, Demanded, InForce, Solution, SourcePlace, Step};

pub use calls::{CallSite, Effect, EffectKind};
pub use contexts::CalledIn;
pub use nesting::{Lock, Nesting};

/// A function of a program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FunctionRef {
    /// Its place in the order of all functions, which does not depend on what was changed since the
    /// program was solved.
    rank: u32,
    id: FnId,
}

/// What a call of a function demands, on one chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DemandChain {
    /// What is demanded.
    pub demand: Demanded,
    /// Conditions on the arguments under which it is, in the syntax of C; empty for always.
    pub conditions: Vec<String>,
    /// What the function has ended of its callers' by then.
    pub ended: Vec<InForce>,
    /// Every call on the way, the demand last.
    pub steps: Vec<Step>,
    /// How sure the chain is.
    pub confidence: Confidence,
}

/// A way in which a function returns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    /// Conditions on the arguments, in the syntax of C; empty for always.
    pub conditions: Vec<String>,
    /// What is known of the result: `0`, `not 0`; `None` when nothing is.
    pub result: Option<String>,
    /// What it leaves in force.
    pub held: Vec<InForce>,
    /// What it has ended of its callers'.
    pub ended: Vec<InForce>,
}

/// Who calls a function, and what it does there.
#[derive(Clone, Copy)]
struct Caller<'a> {
    function: FnId,
    structure: &'a Structure,
    /// One of the structure's.
    record: &'a Record,
}

impl Solution<'_> {
    /// All functions, with or without a body, in their order.
    pub fn functions(&self) -> impl Iterator<Item = FunctionRef> + '_ {
        let mut all: Vec<FunctionRef> = functions(self.structures.len())
            .map(|it| self.reference(it))
            .collect();
        all.sort_unstable();
        all.into_iter()
    }

    fn reference(&self, id: FnId) -> FunctionRef {
        let ranks = self.ranks.get_or_init(|| self.program.ranks());
        FunctionRef {
            rank: ranks.get(id.0 as usize).copied().unwrap_or(id.0),
            id,
        }
    }

    /// The functions called `name`: several when files have static ones of that name. Those with
    /// bodies first, then in the order of their files.
    pub fn named(&self, name: &str) -> Vec<FunctionRef> {
        let Some(id) = self.program.names.find(name) else {
            return Vec::new();
        };
        let mut found: Vec<FunctionRef> = self
            .functions()
            .filter(|it| self.program.function(it.id).symbol.name == id)
            .collect();
        found.sort_by_key(|&it| (!self.has_body(it), self.place(it)));
        found
    }

    /// The function's name.
    pub fn name(&self, function: FunctionRef) -> &str {
        self.program.name(function.id)
    }

    /// Whether its body was read.
    pub fn has_body(&self, function: FunctionRef) -> bool {
        self.program.function(function.id).has_body()
    }

    /// Whether the knowledge given stands for its body, which is not entered then.
    pub fn is_modelled(&self, function: FunctionRef) -> bool {
        let function = self.program.function(function.id);
        function.opaque || function.row.is_some() && !function.has_body()
    }

    /// Where its name is defined; `None` without a body.
    pub fn place(&self, function: FunctionRef) -> Option<SourcePlace> {
        let span = self.program.function(function.id).span()?;
        Some(self.reader().place(span))
    }

    /// What a call of it demands: at most a few chains of each kind, the shortest first.
    pub fn demands(&self, function: FunctionRef) -> Vec<DemandChain> {
        let reader = self.reader();
        let followed = self.followed(function.id);
        let slot = |it: FnId| {
            followed
                .get(&it)
                .unwrap_or_else(|| self.demands.slots().of(it))
        };
        let Slot { cases, exprs, .. } = slot(function.id);
        let mut chains: Vec<DemandChain> = cases
            .iter()
            .filter_map(|case| {
                let What::Demand(kind) = case.what else {
                    return None;
                };
                let demand = self.knowledge.demand(kind);
                let mut steps = Vec::new();
                let case_of = |id: CaseId| &slot(id.function).cases[id.index as usize];
                let chain = hops(function.id, case.link, case_of);
                reader.way(&chain, &mut steps);
                Some(DemandChain {
                    demand: Demanded {
                        kind: demand.name.clone(),
                        label: demand.label.clone(),
                        function: self.program.name(reader.demanding(&chain)).to_owned(),
                        detail: reader.demand_detail(&chain),
                        wait: demand.wait,
                    },
                    conditions: text::conditions(
                        self.program,
                        function.id,
                        exprs,
                        case.guard.iter().map(|it| (it.expr, it.fact)),
                    ),
                    ended: self.ended(&case.released, case.cleared),
                    steps,
                    confidence: case.confidence,
                })
            })
            .collect();
        chains.sort_by(|a, b| {
            let key =
                |it: &DemandChain| (std::cmp::Reverse(it.demand.wait), it.demand.kind.clone());
            key(a)
                .cmp(&key(b))
                .then_with(|| a.steps.len().cmp(&b.steps.len()))
        });
        chains
    }

    /// How it returns: each combination of what it leaves in force and what it has ended, with the
    /// first condition found for it; those that change most first.
    pub fn returns(&self, function: FunctionRef) -> Vec<Return> {
        let structure = self.structures().of(function.id);
        let mut returns: Vec<Return> = Vec::new();
        for exit in &structure.exits {
            let it = Return {
                conditions: text::conditions(
                    self.program,
                    function.id,
                    &structure.exprs,
                    exit.guard.iter().map(|it| (it.expr, it.fact)),
                ),
                result: text::result(exit.result_fact),
                held: exit.held.iter().map(|it| self.in_force(&it.item)).collect(),
                ended: self.ended(&exit.released, exit.cleared),
            };
            let known = returns
                .iter()
                .any(|known| known.held == it.held && known.ended == it.ended);
            if !known {
                returns.push(it);
            }
        }
        returns.sort_by_key(|it| std::cmp::Reverse(it.held.len() + it.ended.len()));
        returns
    }

    /// What a function and those that it calls come to, where that is more than what matters to a report.
    fn followed(&self, function: FnId) -> Slots {
        if self.completed.is_none() {
            return Slots::default();
        }
        self.demands
            .followed(&self.stepper(), &self.skeleton, function)
    }

    fn stepper(&self) -> Stepper<'_> {
        Stepper {
            program: self.program,
            knowledge: self.knowledge,
            structures: self.structures(),
            guessed: Confidence::Low,
        }
    }

    /// The calls of a function: by caller, in the order in which these make them.
    fn calls_of(&self, function: FnId) -> Vec<Caller<'_>> {
        let mut calls = self.calls_in_any_order(function);
        calls.sort_by_key(|it| self.reference(it.function));
        calls
    }

    fn calls_in_any_order(&self, function: FnId) -> Vec<Caller<'_>> {
        let known = self.demands.callers_of(function).iter();
        let known: Vec<Caller<'_>> = known
            .map(|&(caller, record)| {
                let structure = self.structures().of(caller);
                let record = &structure.records[record];
                Caller {
                    function: caller,
                    structure,
                    record,
                }
            })
            .collect();
        let happens = !self.skeleton.of(function).is_empty();
        let completed = self.completed.as_ref();
        let Some(completed) = completed.filter(|_| !happens) else {
            return known;
        };
        let mut callers: Vec<FnId> = known.iter().map(|it| it.function).collect();
        callers.extend(completed.callers_of(function));
        callers.sort_unstable();
        callers.dedup();
        let calls = |caller: FnId| {
            let structure = self.complete(caller);
            let records = structure.records.iter();
            let calls_it = |record: &&Record| match record.target {
                Target::Function(callee) => callee == function,
                Target::Pointer(key) => self.program.targets.of(key).contains(&function),
                Target::Demand { .. } => false,
            };
            records.filter(calls_it).map(move |record| Caller {
                function: caller,
                structure,
                record,
            })
        };
        callers.into_iter().flat_map(calls).collect()
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            program: self.program,
            knowledge: self.knowledge,
            structures: self.structures(),
            demands: &self.demands,
        }
    }

    fn in_force(&self, item: &Item) -> InForce {
        let kind = self.knowledge.context(item.kind);
        InForce {
            kind: kind.name.clone(),
            label: kind.label.clone(),
            lock: item.class.name(self.program),
            limit: kind.limit,
        }
    }

    fn ended(&self, released: &[Item], cleared: KindSet) -> Vec<InForce> {
        let mut ended: Vec<InForce> = released.iter().map(|item| self.in_force(item)).collect();
        for (index, kind) in self.knowledge.contexts.iter().enumerate() {
            let id = ContextId(u16::try_from(index).expect("few kinds of context"));
            if cleared.contains(id) {
                ended.push(InForce {
                    kind: kind.name.clone(),
                    label: kind.label.clone(),
                    lock: None,
                    limit: kind.limit,
                });
            }
        }
        ended.sort();
        ended.dedup();
        ended
    }
}
