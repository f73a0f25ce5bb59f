// SPDX-License-Identifier: MIT OR Apache-2.0
//! Collecting what a walk sees, and boiling it down to what others need.

use std::sync::Arc;

use super::env::lies_in;
use super::state::{State, zero_around};
use super::test::is_portable;
use super::{Acquisition, Condition, ContextTest, Exit, Record, Structure, Target, Worlds, Writes};
use crate::context::{Held, Item};
use crate::expr::{Expr, ExprId, Exprs};

/// How many contexts and argument lists are recorded for one call.
const MAX_PER_SITE: usize = 16;

/// Collects records and acquisitions.
#[derive(Default)]
pub(super) struct Recorder {
    records: Vec<Record>,
    /// The records of each site, by index.
    by_site: rustc_hash::FxHashMap<(u32, u32), Vec<usize>>,
    acquisitions: Vec<Acquisition>,
    cut_off: bool,
}

impl Recorder {
    /// One that keeps the numbers of the acquisitions that an earlier pass has found.
    pub(super) fn after(earlier: Option<&Structure>) -> Self {
        Self {
            acquisitions: earlier.map_or_else(Vec::new, |it| it.acquisitions.clone()),
            ..Self::default()
        }
    }

    /// The number of an acquisition, which is added when it is new.
    pub(super) fn acquisition(&mut self, acquisition: Acquisition) -> u32 {
        let index = self
            .acquisitions
            .iter()
            .position(|it| *it == acquisition)
            .unwrap_or_else(|| {
                self.acquisitions.push(acquisition);
                self.acquisitions.len() - 1
            });
        u32::try_from(index).expect("few acquisitions")
    }

    /// All records so far.
    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Records a call or a demand in a state.
    pub(super) fn record(
        &mut self,
        exprs: &Exprs,
        site: (u32, u32),
        target: Target,
        args: &[ExprId],
        state: &State,
        worlds: Worlds,
    ) {
        self.record_call(exprs, site, target, None, args, state, worlds);
    }

    /// Records a call, through a pointer where there is one.
    #[expect(clippy::too_many_arguments, reason = "the parts of a record")]
    pub(super) fn record_call(
        &mut self,
        exprs: &Exprs,
        site: (u32, u32),
        target: Target,
        pointer: Option<ExprId>,
        args: &[ExprId],
        state: &State,
        worlds: Worlds,
    ) {
        let mut facts = state.facts.clone();
        facts.retain(|id| {
            is_portable(exprs, id, true)
                || args
                    .iter()
                    .any(|&arg| exprs.mentions(arg, id) || exprs.mentions(id, arg))
        });
        let record = Record {
            site,
            target,
            args: args.into(),
            pointer,
            last_reference: state.last_reference,
            coincidence: state.coincidence,
            facts,
            past: state.past.clone(),
            pointees: pointees(exprs, args, state).into(),
            held: state.context.held.as_slice().into(),
            released: state.context.released.as_slice().into(),
            cleared: state.context.cleared,
            absent: state.context.absent,
            worlds,
        };
        let at_site = self.by_site.entry(site).or_default();
        for &index in at_site.iter() {
            let old = &mut self.records[index];
            let same = old.target == record.target
                && old.args == record.args
                && old.pointer == record.pointer
                && old.last_reference == record.last_reference
                && old.coincidence == record.coincidence
                && old.pointees == record.pointees
                && old.held == record.held
                && old.released == record.released
                && old.cleared == record.cleared
                && old.absent == record.absent;
            if same
                && record.facts.implies(&old.facts)
                && old.worlds.and(record.worlds) == record.worlds
            {
                old.past.join(&record.past);
                return;
            }
            if same
                && old.facts.implies(&record.facts)
                && old.worlds.and(record.worlds) == old.worlds
            {
                let past = std::mem::take(&mut old.past);
                *old = record;
                old.past.join(&past);
                return;
            }
        }
        if at_site.len() >= MAX_PER_SITE {
            self.cut_off = true;
            return;
        }
        at_site.push(self.records.len());
        self.records.push(record);
    }

    /// The structure, with only those expressions that it needs.
    pub(super) fn finish(
        self,
        exprs: &Exprs,
        mut tests: Vec<ContextTest>,
        exits: Vec<Exit>,
        writes: Writes,
    ) -> Structure {
        tests.retain(|test| {
            let passes = |it: &Record| it.args.iter().any(|&arg| exprs.mentions(arg, test.result));
            self.records.iter().any(passes)
        });
        let mut compact = Compact {
            from: exprs,
            to: Exprs::default(),
        };
        let exits = exits.into_iter().map(|exit| compact.exit(exit)).collect();
        let mut records: Vec<Record> = self
            .records
            .into_iter()
            .map(|record| compact.record(record))
            .collect();
        let tests = tests.into_iter().map(|test| ContextTest {
            result: compact.expr(test.result),
            ..test
        });
        let tests = tests.collect();
        // There are as many of them as a kernel has calls.
        records.shrink_to_fit();
        compact.to.seal();
        Structure {
            exprs: Arc::new(compact.to),
            exits,
            records,
            tests,
            acquisitions: self.acquisitions,
            writes,
            cut_off: self.cut_off,
            ..Structure::default()
        }
    }
}

impl Structure {
    /// Whether callers' paths see no difference between the two.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        let mut to = Exprs::default();
        let mut exits = |of: &Self| -> Vec<Exit> {
            let mut compact = Compact {
                from: &of.exprs,
                to: std::mem::take(&mut to),
            };
            let exits = of.exits.iter().cloned();
            let exits = exits.map(|exit| compact.exit(exit)).collect();
            to = compact.to;
            exits
        };
        let origins = |of: &Self| -> Vec<u32> {
            let held = of.exits.iter().flat_map(|exit| &exit.held);
            held.map(|it| it.origin).collect()
        };
        let is_seen = |it: &Self| (it.complete, it.merged, it.ambiguous, it.records.is_empty());
        is_seen(self) == is_seen(other)
            && self.drops_reference == other.drops_reference
            && self.writes == other.writes
            && origins(self) == origins(other)
            && exits(self) == exits(other)
    }
}

/// What is stored in the objects that the arguments point to, and in those that these lead to.
fn pointees(exprs: &Exprs, args: &[ExprId], state: &State) -> Vec<(ExprId, ExprId)> {
    let mut roots: Vec<ExprId> = args.to_vec();
    roots.retain(|&root| is_address(exprs, root));
    let mut found: Vec<(ExprId, ExprId)> = Vec::new();
    let mut next = 0;
    while next < roots.len() && found.len() < MAX_POINTEES {
        let root = roots[next];
        next += 1;
        for (address, value) in state.env.iter() {
            if lies_in(exprs, address, root) && !found.iter().any(|&(it, _)| it == address) {
                found.push((address, value));
                if is_address(exprs, value) && !roots.contains(&value) {
                    roots.push(value);
                }
            }
        }
    }
    found.sort_unstable();
    found
}

/// What is stored at an address, as far as `pointees` say it.
pub(crate) fn stored_in(
    exprs: &Exprs,
    pointees: &[(ExprId, ExprId)],
    address: ExprId,
) -> Option<ExprId> {
    let exact = |address| {
        let found = pointees.iter().find(|&&(it, _)| it == address);
        found.map(|&(_, value)| value)
    };
    exact(address).or_else(|| zero_around(exprs, address, exact))
}

/// Whether something may be stored at a value.
fn is_address(exprs: &Exprs, id: ExprId) -> bool {
    matches!(
        exprs.get(id),
        Expr::LocalAddress(_)
            | Expr::FieldAddress(..)
            | Expr::Parameter(_)
            | Expr::Load(_)
            | Expr::Opaque(_)
    )
}

/// Once this many stores behind the arguments of a call are known, no further objects are looked at.
const MAX_POINTEES: usize = 24;

/// Moves expressions into a table of their own.
struct Compact<'a> {
    from: &'a Exprs,
    to: Exprs,
}

impl Compact<'_> {
    fn expr(&mut self, id: ExprId) -> ExprId {
        self.from.copy(id, &mut self.to)
    }

    fn item(&mut self, item: Item) -> Item {
        Item {
            lock: item.lock.map(|lock| self.expr(lock)),
            ..item
        }
    }

    fn held<T: FromIterator<Held>>(&mut self, held: impl IntoIterator<Item = Held>) -> T {
        let held = held.into_iter().map(|it| Held {
            item: self.item(it.item),
            origin: it.origin,
        });
        held.collect()
    }

    fn exit(&mut self, exit: Exit) -> Exit {
        Exit {
            guard: exit
                .guard
                .into_iter()
                .map(|it| Condition {
                    expr: self.expr(it.expr),
                    ..it
                })
                .collect(),
            assumes: exit
                .assumes
                .into_iter()
                .map(|(id, fact)| (self.expr(id), fact))
                .collect(),
            result: exit.result.map(|result| self.expr(result)),
            result_fields: exit
                .result_fields
                .into_iter()
                .map(|(field, value)| (field, self.expr(value)))
                .collect(),
            stores: exit
                .stores
                .into_iter()
                .map(|(address, value)| (self.expr(address), self.expr(value)))
                .collect(),
            held: self.held(exit.held),
            released: exit.released.into_iter().map(|it| self.item(it)).collect(),
            ..exit
        }
    }

    fn record(&mut self, record: Record) -> Record {
        let mut facts = record.facts.translated(|id| self.expr(id));
        facts.shrink_to_fit();
        let mut past = record.past.translated(|id| self.expr(id));
        past.shrink_to_fit();
        Record {
            target: match record.target {
                Target::Demand {
                    demand,
                    function,
                    proof,
                    subject,
                } => Target::Demand {
                    demand,
                    function,
                    proof: proof.map(|(id, truth)| (self.expr(id), truth)),
                    subject: subject.map(|id| self.expr(id)),
                },
                target => target,
            },
            args: record.args.into_iter().map(|arg| self.expr(arg)).collect(),
            pointer: record.pointer.map(|it| self.expr(it)),
            facts,
            past,
            pointees: record
                .pointees
                .into_iter()
                .map(|(address, value)| (self.expr(address), self.expr(value)))
                .collect(),
            held: self.held(record.held),
            released: record
                .released
                .into_iter()
                .map(|it| self.item(it))
                .collect(),
            ..record
        }
    }
}
