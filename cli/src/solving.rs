// SPDX-License-Identifier: MIT OR Apache-2.0
//! From units to findings: decides when what an earlier scan found still holds.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use waitctx_model::Unit;
use waitctx_solver::query::Nesting;
use waitctx_solver::{Knowledge, Linked, Pending, Program, Report, Solution, link_pending};

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

impl Input {
    /// The units.
    pub(crate) fn into_units(self) -> Result<Vec<Unit>> {
        match self {
            Self::Sources(units) => units.into_units(),
            Self::Facts(units) => Ok(units),
        }
    }
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
            (Input::Facts(units), _) => return Ok(self.solve_all(units, clock)),
            (Input::Sources(units), None) => return self.solve_sources(*units, clock),
            (Input::Sources(units), Some(store)) => (units, store),
        };
        let key = self.key(&units.program());
        let known = store
            .get(&key)
            .and_then(|bytes| postcard::from_bytes(&bytes).ok());
        if let Some(solved) = known {
            return Ok(solved);
        }
        let solved = self.solve_units(*units, store, clock)?;
        if let Ok(bytes) = postcard::to_stdvec(&solved) {
            store.put(&key, &bytes);
        }
        // Only what wrote something can have made the cache too large.
        cache::clean(store.root(), Bound::Default)?;
        Ok(solved)
    }

    /// Solves what has changed since everything was solved, or everything.
    fn solve_units(self, units: Units, store: &Store, clock: &mut Clock) -> Result<Solved> {
        if self.has_nesting {
            return self.solve_sources(units, clock);
        }
        let keys = units.keys();
        let name = self.left(units.name());
        let left = Left::load(store, &name);
        let is_kept = units.is_remembered() || left.is_none();
        if let Some(left) = left {
            let progress = Progress::spinner("solving");
            let again = clock.time("solve again", || {
                left.again(store, &keys, self.knowledge, |changed| units.some(changed))
            });
            drop(progress);
            if let Some(solved) = again {
                return Ok(solved);
            }
        }
        if !is_kept {
            return self.solve_sources(units, clock);
        }
        let told = Telling::default();
        let linked = {
            let _progress = Progress::spinner("linking");
            let listener = told.listener();
            let pending = units.pending(&listener);
            clock.time("link", || Linked::new(pending, self.knowledge))
        };
        let Some(linked) = linked else {
            return self.solve_sources(units, clock);
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
        let solve = || Left::solve(store, names, linked, (keys, told), self.knowledge);
        Ok(clock.time("solve", solve))
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

    fn solve_sources(self, units: Units, clock: &mut Clock) -> Result<Solved> {
        let told = Telling::default();
        let program = self.linked(units.pending(&told.listener()), clock);
        match program {
            Some(program) => {
                drop(units);
                Ok(self.solve(program, told, clock))
            }
            // What was known has been removed or damaged since.
            None => Ok(self.solve_all(units.into_units()?, clock)),
        }
    }

    fn solve_all(self, units: Vec<Unit>, clock: &mut Clock) -> Solved {
        let told = Telling::default();
        let tell = told.listener();
        units
            .iter()
            .enumerate()
            .for_each(|(index, unit)| tell(index, unit));
        let pending = units.into_iter().map(Pending::from).collect();
        let program = self.linked(pending, clock).expect("the units are here");
        drop(tell);
        self.solve(program, told, clock)
    }

    fn linked(self, units: Vec<Pending<'_>>, clock: &mut Clock) -> Option<Program> {
        let _progress = Progress::spinner("linking");
        clock.time("link", || link_pending(units, self.knowledge))
    }

    fn solve(self, program: Program, told: Telling, clock: &mut Clock) -> Solved {
        let _progress = Progress::spinner("solving");
        let (report, nesting) = clock.time("solve", || {
            if self.has_nesting {
                let solution = Solution::new(&program, self.knowledge);
                (solution.report(), told_once(solution.nesting()))
            } else {
                let report = waitctx_solver::solve(program, self.knowledge);
                (report, Vec::new())
            }
        });
        Solved {
            nesting,
            ..Solved::new(report, told.finish())
        }
    }

    fn key(self, program: &Key) -> Key {
        let mut key = KeyBuilder::default();
        key.add("report").add(FINDINGS_ID).add(program.bytes());
        key.add([u8::from(self.has_nesting)]);
        for model in self.models {
            key.add(model);
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
