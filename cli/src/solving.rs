// SPDX-License-Identifier: MIT OR Apache-2.0
//! From units to findings: decides when what an earlier scan found still holds.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use waitctx_model::Unit;
use waitctx_solver::{Knowledge, Report};

use crate::cache::{self, Bound, FINDINGS_ID, Key, KeyBuilder, Store};
use crate::progress::Progress;
use crate::reading::Units;
use crate::summary::Clock;
use crate::tally::UnitTally;

/// What became of units and what was found in them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Solved {
    pub(crate) report: Report,
    pub(crate) tally: UnitTally,
}

/// Solves `units`, or takes what was found when the same units were solved with the same
/// knowledge. `models` is the text of the user's model files.
pub(crate) fn solve_cached(
    mut units: Units,
    (knowledge, models): (&Knowledge, &[String]),
    store: Option<&Store>,
    clock: &mut Clock,
) -> Result<Solved> {
    let Some(store) = store else {
        let units = clock.time("load", || units.into_units())?;
        return Ok(solve(units, knowledge, clock));
    };
    let key = key(&units.program(), models);
    let known = store
        .get(&key)
        .and_then(|bytes| postcard::from_bytes(&bytes).ok());
    if let Some(solved) = known {
        return Ok(solved);
    }
    let units = clock.time("load", || units.into_units())?;
    let solved = solve(units, knowledge, clock);
    if let Ok(bytes) = postcard::to_stdvec(&solved) {
        store.put(&key, &bytes);
    }
    // Only what wrote something can have made the cache too large.
    cache::clean(store.root(), Bound::Default)?;
    Ok(solved)
}

/// Solves `units`.
pub(crate) fn solve(units: Vec<Unit>, knowledge: &Knowledge, clock: &mut Clock) -> Solved {
    let tally = UnitTally::new(&units);
    let progress = Progress::spinner("linking");
    let program = clock.time("link", || waitctx_solver::link(units, knowledge));
    drop(progress);
    let _progress = Progress::spinner("solving");
    let report = clock.time("solve", || waitctx_solver::solve(&program, knowledge));
    Solved { report, tally }
}

fn key(program: &Key, models: &[String]) -> Key {
    let mut key = KeyBuilder::default();
    key.add("report").add(FINDINGS_ID).add(program.bytes());
    for model in models {
        key.add(model);
    }
    key.finish()
}
