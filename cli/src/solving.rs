// SPDX-License-Identifier: MIT OR Apache-2.0
//! From units to findings: decides when what an earlier scan found still holds.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use waitctx_model::Unit;
use waitctx_solver::query::Nesting;
use waitctx_solver::{Knowledge, Lines, Linked, Pending, Program, Report, Solution, link_pending};

use crate::cache::{self, Bound, FINDINGS_ID, Key, KeyBuilder, Store};
use crate::left::Left;
use crate::progress::Progress;
use crate::reading::Units;
use crate::summary::Clock;
use crate::tally::UnitTally;
use crate::told::{Telling, Told};

/// Where units come from.
pub(crate) enum Input {
    /// From sources.
    Sources(Box<Units>),
    /// From a file of `waitctx extract`.
    Facts(Vec<Unit>),
}

/// What became of units and what was found in them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Solved {
    pub(crate) report: Report,
    pub(crate) tally: UnitTally,
    /// Which locks are taken while others are held, if that was asked for.
    pub(crate) nesting: Vec<Nesting>,
    /// The names of the files that have functions in them.
    pub(crate) files: BTreeSet<String>,
}

impl Solved {
    /// What was found, and what was told of the units.
    pub(crate) fn new(report: Report, all: impl Iterator<Item = Told>) -> Self {
        let mut tally = UnitTally::default();
        let mut files = BTreeSet::new();
        for told in all {
            tally.absorb(told.tally);
            files.extend(told.files);
        }
        Self {
            report,
            tally,
            nesting: Vec::new(),
            files,
        }
    }

    /// What was found in several configurations of one tree, each with its name, as one; findings
    /// name them only when there are several.
    pub(crate) fn merge(mut all: Vec<(String, Self)>) -> Self {
        if all.len() == 1 {
            return all.swap_remove(0).1;
        }
        let mut reports = Vec::new();
        let mut tally = UnitTally::default();
        let mut nesting = Vec::new();
        let mut files = BTreeSet::new();
        for (name, solved) in all {
            reports.push((name, solved.report));
            tally.absorb(solved.tally);
            nesting.extend(solved.nesting);
            files.extend(solved.files);
        }
        Self {
            report: waitctx_solver::merge(reports),
            tally,
            nesting: waitctx_solver::merge_nesting(nesting),
            files,
        }
    }
}

/// What is asked of units.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) knowledge: &'a Knowledge,
    /// The texts of the user's model files.
    pub(crate) models: &'a [String],
    /// Whether the nesting of locks is asked for.
    pub(crate) has_nesting: bool,
    /// Lines of which it is asked which findings lead through the calls there.
    pub(crate) asked: &'a Lines,
}

impl Question<'_> {
    /// Solves the units, or takes what was found when the same was asked of the same units.
    pub(crate) fn answer(
        self,
        input: Input,
        store: Option<&Store>,
        clock: &mut Clock,
    ) -> Result<Solved> {
        let (mut units, store) = match (input, store) {
            (Input::Sources(units), Some(store)) => (units, store),
            (input, _) => return self.solve(input, clock),
        };
        let key = self.key(&units.program());
        let known = store
            .get(&key)
            .and_then(|bytes| postcard::from_bytes(&bytes).ok());
        if let Some(solved) = known {
            return Ok(solved);
        }
        let solved = if self.has_nesting {
            self.solve(Input::Sources(units), clock)?
        } else {
            let (told, report) = self.ask_units(*units, store, clock, &|it| self.report(it))?;
            Solved::new(report, told.into_iter())
        };
        if let Ok(bytes) = postcard::to_stdvec(&solved) {
            store.put(&key, &bytes);
        }
        // Only what wrote something can have made the cache too large.
        cache::clean(store.root(), Bound::Default)?;
        Ok(solved)
    }

    /// Solves the units and asks the solution, which says what became of the units besides. Of what
    /// solving them left before, only that is looked at which the answer needs.
    pub(crate) fn ask<T>(
        self,
        input: Input,
        store: Option<&Store>,
        question: &dyn Fn(&mut Solution<'_>) -> T,
    ) -> Result<(UnitTally, T)> {
        let mut clock = Clock::new();
        let (told, answer) = match (input, store) {
            (Input::Sources(units), Some(store)) => {
                let asked = self.ask_units(*units, store, &mut clock, question)?;
                cache::clean(store.root(), Bound::Default)?;
                asked
            }
            (input, _) => self.ask_all(input, &mut clock, question)?,
        };
        let mut tally = UnitTally::default();
        for told in told {
            tally.absorb(told.tally);
        }
        Ok((tally, answer))
    }

    /// Solves what has changed since everything was solved, or everything, and asks the solution.
    fn ask_units<T>(
        self,
        units: Units,
        store: &Store,
        clock: &mut Clock,
        question: &dyn Fn(&mut Solution<'_>) -> T,
    ) -> Result<(Vec<Told>, T)> {
        let keys = units.keys();
        let name = self.left(units.name());
        let left = Left::load(store, &name);
        let is_kept = units.is_remembered() || left.is_none();
        if let Some(left) = left {
            let progress = Progress::spinner("solving");
            let again = clock.time("solve again", || {
                let read = |changed: &[usize]| units.some(changed);
                left.again(store, &keys, self.knowledge, read, question)
            });
            drop(progress);
            if let Some((left, answer)) = again {
                return Ok((left.told().collect(), answer));
            }
        }
        if !is_kept {
            return self.ask_all(Input::Sources(Box::new(units)), clock, question);
        }
        let told = Telling::default();
        let linked = {
            let _progress = Progress::spinner("linking");
            let listener = told.listener();
            let pending = units.pending(&listener);
            clock.time("link", || Linked::new(pending, self.knowledge))
        };
        let Some(linked) = linked else {
            return self.ask_all(Input::Sources(Box::new(units)), clock, question);
        };
        // What is known of files is of no use any more.
        drop(units);
        let mut solution = KeyBuilder::default();
        solution.add(name.bytes());
        for key in &keys {
            solution.add(key.bytes());
        }
        let names = (&name, solution.finish());
        let _progress = Progress::spinner("solving");
        let about = (keys, told);
        let solve = || Left::solve(store, names, linked, about, self.knowledge, question);
        let (left, answer) = clock.time("solve", solve);
        Ok((left.told().collect(), answer))
    }

    /// Where it is said what solving left, for the units that have this name.
    fn left(self, units: &Key) -> Key {
        let mut key = KeyBuilder::default();
        key.add("left").add(FINDINGS_ID).add(units.bytes());
        for model in self.models {
            key.add(model);
        }
        key.finish()
    }

    /// Solves everything and leaves nothing.
    fn solve(self, input: Input, clock: &mut Clock) -> Result<Solved> {
        if !self.has_nesting {
            let (told, report) = self.ask_all(input, clock, &|it| self.report(it))?;
            return Ok(Solved::new(report, told.into_iter()));
        }
        let (program, told) = self.linked(input, clock)?;
        let _progress = Progress::spinner("solving");
        let (report, nesting) = clock.time("solve", || {
            let mut solution = Solution::new(&program, self.knowledge);
            let nesting = told_once(solution.nesting());
            (self.report(&mut solution), nesting)
        });
        Ok(Solved {
            nesting,
            ..Solved::new(report, told.into_iter())
        })
    }

    /// Solves everything, leaves nothing, and asks.
    fn ask_all<T>(
        self,
        input: Input,
        clock: &mut Clock,
        question: &dyn Fn(&mut Solution<'_>) -> T,
    ) -> Result<(Vec<Told>, T)> {
        let (program, told) = self.linked(input, clock)?;
        let _progress = Progress::spinner("solving");
        let ask = || waitctx_solver::ask(program, self.knowledge, question);
        let answer = clock.time("solve", ask);
        Ok((told, answer))
    }

    fn linked(self, input: Input, clock: &mut Clock) -> Result<(Program, Vec<Told>)> {
        let all = match input {
            Input::Facts(units) => units,
            Input::Sources(units) => {
                let told = Telling::default();
                let program = self.link(units.pending(&told.listener()), clock);
                if let Some(program) = program {
                    drop(units);
                    return Ok((program, told.finish().collect()));
                }
                // What was known has been removed or damaged since.
                units.into_units()?
            }
        };
        let told = all.iter().map(Told::of).collect();
        let pending = all.into_iter().map(Pending::from).collect();
        let program = self.link(pending, clock).expect("the units are here");
        Ok((program, told))
    }

    fn link(self, units: Vec<Pending<'_>>, clock: &mut Clock) -> Option<Program> {
        let _progress = Progress::spinner("linking");
        clock.time("link", || link_pending(units, self.knowledge))
    }

    /// All that is found.
    fn report(self, solution: &mut Solution<'_>) -> Report {
        let mut report = solution.report();
        if !self.asked.is_empty() {
            report.add(solution.through(self.asked));
        }
        report
    }

    fn key(self, program: &Key) -> Key {
        let mut key = KeyBuilder::default();
        key.add("report").add(FINDINGS_ID).add(program.bytes());
        key.add([u8::from(self.has_nesting)]);
        for model in self.models {
            key.add(model);
        }
        if !self.asked.is_empty() {
            key.add(postcard::to_stdvec(self.asked).unwrap_or_default());
        }
        key.finish()
    }
}

/// `nestings` without those that only say again what others do. A lock can stand for more than it
/// is, as one that memory reclaim takes does, and is told with the limit of that as well: it is no
/// other lock, and not nested in itself.
fn told_once(mut nestings: Vec<Nesting>) -> Vec<Nesting> {
    nestings.sort_by(|a, b| {
        let key = |it: &Nesting| {
            let (outer, inner) = (&it.outer, &it.inner);
            (
                outer.name.clone(),
                inner.name.clone(),
                outer.wait,
                inner.wait,
            )
        };
        key(a).cmp(&key(b))
    });
    nestings.dedup_by(|b, a| a.outer.name == b.outer.name && a.inner.name == b.inner.name);
    nestings.retain(|it| it.outer.name != it.inner.name);
    nestings.sort_by(|a, b| (&a.outer, &a.inner).cmp(&(&b.outer, &b.inner)));
    nestings
}

#[cfg(test)]
mod tests {
    use waitctx_solver::WaitType;

    use super::*;
    use crate::output::fixture::nesting;

    #[test]
    fn a_lock_that_stands_for_more_is_told_once() {
        let (zone, depot) = ((WaitType::Config, "zone.lock"), (WaitType::Spin, "depot"));
        let as_reclaim = (WaitType::Sleep, "zone.lock");
        let all = vec![
            nesting(as_reclaim, depot),
            nesting(zone, as_reclaim),
            nesting(zone, depot),
            nesting(depot, as_reclaim),
        ];
        // What is known of one of the two only stays.
        let expected = [nesting(depot, as_reclaim), nesting(zone, depot)];
        assert_eq!(told_once(all), expected);
    }
}
