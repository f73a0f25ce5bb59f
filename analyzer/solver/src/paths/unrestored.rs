// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions that return with something in force that they end on other ways to return.
//!
//! That a function returns with a lock held says nothing by itself: it may be there for that. It
//! has forgotten the lock where it takes it on no condition and ends it on some ways, and callers
//! cannot tell from what it returns on which: nothing is returned, or the same, or what is returned
//! says that it failed.

use waitctx_model::Terminator;

use super::state::State;
use super::test::is_portable;
use super::walk::Walker;
use super::{Record, Target, Worlds};
use crate::context::{Held, Item};
use crate::expr::{Expr, ExprId, Exprs};
use crate::facts::Fact;
use crate::program::{FnId, Program};
use crate::{DemandId, Knowledge};

/// A way to return.
pub(super) struct Leaving {
    /// The block, and the number behind its last statement.
    pub(super) site: (u32, u32),
    pub(super) state: State,
    pub(super) result: Option<ExprId>,
    pub(super) fact: Fact,
    pub(super) worlds: Worlds,
}

/// What a result says of whether the function did what it was called for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Says {
    /// There is none.
    Nothing,
    /// That it has failed: an error, or no object.
    Failure,
    /// A constant, or a value that other ways return, too.
    Value(ExprId),
    /// Nobody knows.
    Anything,
}

impl Walker<'_> {
    /// Adds a record for each way to return that leaves something in force by mistake.
    pub(super) fn record_unrestored(&mut self) {
        let Some((demand, lowest_error)) = self.knowledge.at_return() else {
            return;
        };
        // A row of the knowledge says what it returns with.
        if self.program.function(self.function).row.is_some() {
            return;
        }
        // Where paths were left out, or a callee leaves the context one way or the other, what goes
        // together is not known.
        if !self.complete || self.merged || self.depends || self.ended.is_empty() {
            return;
        }
        let leavings = std::mem::take(&mut self.leavings);
        for leaving in &leavings {
            let block = &self.body.blocks[leaving.site.0 as usize];
            if !matches!(block.end, Terminator::Return { span: Some(_), .. }) {
                continue; // there is nothing to point at
            }
            let held: Vec<Held> = leaving
                .state
                .context
                .held
                .iter()
                .filter(|held| self.is_forgotten(demand, lowest_error, leaving, held, &leavings))
                .cloned()
                .collect();
            if held.is_empty() {
                continue;
            }
            let mut state = leaving.state.clone();
            state.context.held = held.into();
            let target = Target::Demand {
                demand,
                function: self.function,
                proof: None,
                subject: None,
            };
            self.recorder.record(
                &self.exprs,
                leaving.site,
                target,
                &[],
                &state,
                leaving.worlds,
            );
        }
    }

    fn is_forgotten(
        &self,
        demand: DemandId,
        lowest_error: i64,
        leaving: &Leaving,
        held: &Held,
        all: &[Leaving],
    ) -> bool {
        let kind = held.item.kind;
        if self.knowledge.allows(kind, demand)
            || !self.ended.contains(&held.origin)
            || !self.unconditional.contains(&held.origin)
            || self.is_ended_by_callback(held)
        {
            return false;
        }
        // What ends something alike of its callers takes it and gives it back under conditions
        // that were not understood, or under another name.
        let ends_alike = |it: &Leaving| {
            let context = &it.state.context;
            !context.cleared.is_empty()
                || context
                    .released
                    .iter()
                    .any(|item| are_alike(item, &held.item, self.knowledge))
        };
        if all.iter().any(ends_alike) {
            return false;
        }
        let holds = |it: &&Leaving| {
            let context = &it.state.context;
            context.held.iter().any(|it| it.item.kind == kind)
        };
        let says_of = |it: &Leaving| self.says(it, lowest_error);
        let says = says_of(leaving);
        let hands_over = all
            .iter()
            .filter(holds)
            .any(|it| says == Says::Failure && says_of(it) != Says::Failure);
        let mut others = all.iter().filter(|it| !holds(it));
        !hands_over && others.any(|it| self.is_untold((leaving, says), (it, says_of(it))))
    }

    /// Whether some function is passed on that ends something alike: whoever calls it back does.
    fn is_ended_by_callback(&self, held: &Held) -> bool {
        let own = self.recorder.records();
        let mut functions: Vec<FnId> = passed(self.program, &self.exprs, own).collect();
        // By the functions that are called as well.
        for record in own {
            if let Target::Function(callee) = record.target
                && let Some(structure) = self.summaries.get(callee)
            {
                let by_callee = passed(self.program, &structure.exprs, &structure.records);
                functions.extend(by_callee);
            }
        }
        functions.into_iter().any(|function| {
            let Some(structure) = self.summaries.get(function) else {
                return self.program.function(function).has_body();
            };
            structure.exits.iter().any(|exit| {
                let mut released = exit.released.iter();
                !exit.cleared.is_empty()
                    || released.any(|it| are_alike(it, &held.item, self.knowledge))
            })
        })
    }

    /// Whether callers have no means to tell a way to return from another, on which nothing is
    /// left in force, or are told that the function has failed.
    fn is_untold(
        &self,
        (leaving, says): (&Leaving, Says),
        (other, others): (&Leaving, Says),
    ) -> bool {
        let common = leaving.worlds.and(other.worlds);
        if !common.configured && !common.raw_nesting {
            return false;
        }
        let told_by_arguments = leaving.state.facts.iter().any(|(id, fact)| {
            is_portable(&self.exprs, id, false)
                && fact.contradicts(other.state.facts.of(&self.exprs, id))
        });
        if told_by_arguments {
            return false;
        }
        let alike = match says {
            Says::Failure => return true,
            Says::Nothing => true,
            Says::Value(_) => says == others && leaving.fact == other.fact,
            Says::Anything => false,
        };
        alike && !self.told_by_stores(&leaving.state, &other.state)
    }

    /// Whether different values are stored where parameters point to: they may say what was done.
    fn told_by_stores(&self, a: &State, b: &State) -> bool {
        let stores = |state: &State| -> Vec<(ExprId, ExprId)> {
            let is_out = |&(address, _): &(ExprId, ExprId)| {
                matches!(self.exprs.get(address), Expr::Parameter(_))
            };
            state.env.iter().filter(is_out).collect()
        };
        stores(a) != stores(b)
    }

    fn says(&self, leaving: &Leaving, lowest_error: i64) -> Says {
        let Some(result) = leaving.result else {
            return Says::Nothing;
        };
        let fact = leaving.fact;
        let is_error = fact.low >= lowest_error && fact.high < 0;
        let pointer = self.body.result.is_some_and(|ty| ty.pointer);
        if is_error || pointer && fact.truth() == Some(false) {
            return Says::Failure;
        }
        match self.exprs.get(result) {
            Expr::Opaque(_) if fact.truth().is_none() => Says::Value(result),
            Expr::Const(_) => Says::Value(result),
            _ => Says::Anything,
        }
    }
}

/// The functions that are passed on by name.
fn passed<'a>(
    program: &'a Program,
    exprs: &'a Exprs,
    records: &'a [Record],
) -> impl Iterator<Item = FnId> + 'a {
    let args = records.iter().flat_map(|it| &it.args);
    args.filter_map(|&arg| match exprs.get(arg) {
        Expr::Function(symbol) => program.by_symbol.get(&symbol).copied(),
        _ => None,
    })
}

/// Whether two items may be the same thing under different names.
fn are_alike(a: &Item, b: &Item, knowledge: &Knowledge) -> bool {
    let identity = |item: &Item| {
        knowledge
            .context(item.spelled.unwrap_or(item.kind))
            .identity
    };
    a.kind == b.kind || identity(a) == identity(b)
}
