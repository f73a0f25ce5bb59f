// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is kept of units besides what the solver is told: it is noted as they are read, since none of
//! them is in memory for long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use waitctx_model::Unit;

use crate::tally::UnitTally;

/// What is kept of one unit.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) tally: UnitTally,
    /// The names of the files that it has functions of.
    pub(crate) files: Vec<String>,
}

impl Told {
    pub(crate) fn of(unit: &Unit) -> Self {
        let functions = unit.functions.iter().map(|it| it.span.file);
        let main = unit.file.filter(|_| !unit.is_shared);
        let all: BTreeSet<&str> = functions
            .chain(main)
            .map(|file| unit.names.get(file))
            .collect();
        Self {
            tally: UnitTally::new(std::slice::from_ref(unit)),
            files: all.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Notes what units say, by their indices.
#[derive(Default)]
pub(crate) struct Telling(Mutex<BTreeMap<usize, Told>>);

impl Telling {
    /// What is to be told of each unit that is read. One that is read twice counts once.
    pub(crate) fn listener(&self) -> impl Fn(usize, &Unit) + Sync + '_ {
        |index, unit| {
            let told = Told::of(unit);
            let mut all = self.0.lock().expect("nobody panics with it");
            all.insert(index, told);
        }
    }

    /// What was noted, in the order of the indices.
    pub(crate) fn finish(self) -> impl Iterator<Item = Told> {
        let all = self.0.into_inner().expect("nobody panics with it");
        all.into_values()
    }
}
