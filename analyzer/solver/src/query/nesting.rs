// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which locks are taken while which are held.
//!
//! Known are the locks that one function (with those it leaves to callees that return holding them)
//! takes inside each other, and of what it calls under a lock, the shortest chain to each kind of
//! lock. Chains that depend on what is proved of arguments are left out.

use std::collections::BTreeMap;

use super::FunctionRef;
use crate::context::{Context, Held, Item};
use crate::demands::{Case, CaseId, What};
use crate::expr::{Expr, ExprId, Exprs};
use crate::lock::lock_name;
use crate::paths::{Record, Target};
use crate::program::FnId;
use crate::{DemandId, Identity, Solution, SourcePlace, WaitType};
use serde::{Deserialize, Serialize};

/// A lock class.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Lock {
    /// How taking it waits.
    pub wait: WaitType,
    /// The class: `worker_pool.lock`.
    pub name: String,
}

/// One lock taken while another is held.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Nesting {
    /// The one that is held.
    pub outer: Lock,
    /// The one that is taken.
    pub inner: Lock,
    /// Where it is taken, or called what takes it: the first place of all.
    pub place: SourcePlace,
    /// The function that is in.
    pub function: String,
    /// How many functions do so.
    pub functions: usize,
}

/// Which functions nest two locks, and the first place.
#[derive(Default)]
struct Found {
    first: Option<(SourcePlace, FnId)>,
    last: Option<FnId>,
    functions: usize,
}

impl Solution<'_> {
    /// All nestings, by outer and inner lock.
    pub fn nesting(&self) -> Vec<Nesting> {
        let mut found: BTreeMap<(Lock, Lock), Found> = BTreeMap::new();
        for FunctionRef { id: function, .. } in self.functions() {
            let structure = self.structures().of(function);
            for record in structure.records.iter().filter(|it| !it.held.is_empty()) {
                for (outer, inner, site) in self.nested_at(function, record) {
                    let entry = found.entry((outer, inner)).or_default();
                    entry.functions += usize::from(entry.last != Some(function));
                    entry.last = Some(function);
                    let place = self.site(function, site);
                    if let Some(place) = place
                        && entry.first.as_ref().is_none_or(|first| place < first.0)
                    {
                        entry.first = Some((place, function));
                    }
                }
            }
        }
        found
            .into_iter()
            .filter_map(|((outer, inner), found)| {
                let (place, function) = found.first?;
                Some(Nesting {
                    outer,
                    inner,
                    place,
                    function: self.program.name(function).to_owned(),
                    functions: found.functions,
                })
            })
            .collect()
    }

    /// The nestings that a record shows, each with the call that makes it.
    fn nested_at(&self, function: FnId, record: &Record) -> Vec<(Lock, Lock, (u32, u32))> {
        let structure = self.structures().of(function);
        let mut nested = Vec::new();
        let mut add = |outer: &Held, inner: Option<Lock>, site| {
            let (Some(outer), Some(inner)) = (self.lock(&outer.item), inner) else {
                return;
            };
            if outer != inner {
                nested.push((outer, inner, site));
            }
        };
        for (index, inner) in record.held.iter().enumerate() {
            for outer in &record.held[..index] {
                let site = structure.acquisitions[inner.origin as usize].site;
                add(outer, self.lock(&inner.item), site);
            }
        }
        match record.target {
            Target::Demand {
                demand, subject, ..
            } => {
                let inner = self.taken(function, &structure.exprs, demand, subject);
                for outer in &record.held {
                    add(outer, inner.clone(), record.site);
                }
            }
            Target::Function(callee) => {
                for (number, case) in self.demands.cases(callee).iter().enumerate() {
                    let id = CaseId {
                        function: callee,
                        index: u32::try_from(number).expect("few cases"),
                    };
                    let inner = self.taken_below(id, case);
                    for outer in &record.held {
                        let kept = Context::keeps(
                            &outer.item,
                            &case.released,
                            case.cleared,
                            self.knowledge,
                        );
                        if kept && !case.absent.contains(outer.item.kind) {
                            add(outer, inner.clone(), record.site);
                        }
                    }
                }
            }
            // What a pointer can be is a guess, and guesses make no picture.
            Target::Pointer(_) => {}
        }
        nested
    }

    /// The lock that a case comes to take.
    fn taken_below(&self, id: CaseId, case: &Case) -> Option<Lock> {
        let What::Demand(demand) = case.what else {
            return None;
        };
        if case.guard.iter().any(|it| it.proof) {
            return None;
        }
        let reader = self.reader();
        let name = reader.demand_detail(&reader.chain(id.function, case.link))?;
        self.is_lock(demand).then(|| Lock {
            wait: self.knowledge.demand(demand).wait,
            name,
        })
    }

    fn taken(
        &self,
        function: FnId,
        exprs: &Exprs,
        demand: DemandId,
        subject: Option<ExprId>,
    ) -> Option<Lock> {
        if !self.is_lock(demand) {
            return None;
        }
        Some(Lock {
            wait: self.knowledge.demand(demand).wait,
            name: self.subject(function, exprs, subject?)?,
        })
    }

    /// Whether a demand is that of taking a lock.
    fn is_lock(&self, demand: DemandId) -> bool {
        let contexts = self.knowledge.contexts.iter();
        contexts
            .filter(|it| it.identity == Identity::Lock)
            .any(|it| it.demand == Some(demand))
    }

    /// What a demand is about: the class of a lock, or flags.
    pub(super) fn subject(&self, function: FnId, exprs: &Exprs, subject: ExprId) -> Option<String> {
        match exprs.get(subject) {
            Expr::Const(value) => Some(format!("{value:#x}")),
            _ => lock_name(self.program, self.knowledge, function, exprs, subject)
                .class
                .name(self.program),
        }
    }

    fn lock(&self, item: &Item) -> Option<Lock> {
        let kind = self.knowledge.context(item.kind);
        if kind.identity != Identity::Lock {
            return None;
        }
        let wait = kind.demand.map(|it| self.knowledge.demand(it).wait);
        Some(Lock {
            // Taking what demands nothing waits as little as it lets others wait.
            wait: wait.unwrap_or(kind.limit),
            name: item.class.name(self.program)?,
        })
    }

    fn site(&self, function: FnId, (block, number): (u32, u32)) -> Option<SourcePlace> {
        let body = self.program.body(function)?;
        let block = body.blocks.get(block as usize)?;
        match block.statements.get(number as usize)? {
            waitctx_model::Statement::Call(call) => Some(self.reader().place(call.span)),
            waitctx_model::Statement::Assign { .. } => None,
        }
    }
}
