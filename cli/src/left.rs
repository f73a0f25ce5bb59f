// SPDX-License-Identifier: MIT OR Apache-2.0
//! What solving a program left in the cache, and how it is taken up when some units have changed.
//!
//! One such is kept for each database and set of model files: that of the last scan which had to solve
//! everything. It is read where it is looked at, so it is a file by itself, beside what says which units
//! it was made of.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use waitctx_model::Unit;
use waitctx_solver::{Kept, Knowledge, Report, Solution, ask_again, leave_and_ask};

use crate::cache::{Key, Store};
use crate::solving::{Solved, files};
use crate::tally::UnitTally;

/// When more units than one in so many have changed, solving everything is as fast.
const MOST_CHANGED: usize = 16;

/// What is said of one unit besides what the solver is told.
#[derive(Clone, Serialize, Deserialize)]
struct About {
    /// A key of all that it says.
    key: Key,
    tally: UnitTally,
    files: Vec<String>,
}

impl About {
    fn new(key: Key, unit: &Unit) -> Self {
        Self {
            key,
            tally: UnitTally::new(std::slice::from_ref(unit)),
            files: files(unit).into_iter().map(str::to_owned).collect(),
        }
    }
}

/// What a solution left.
#[derive(Serialize, Deserialize)]
pub(crate) struct Left {
    units: Vec<About>,
    /// Tells the file from that of other solutions.
    solution: Key,
}

impl Left {
    /// What was left under a name.
    pub(crate) fn load(store: &Store, name: &Key) -> Option<Self> {
        postcard::from_bytes(&store.get(name)?).ok()
    }

    /// Solves units, each of which has a key of all that it says, asks the solution, and leaves under
    /// `name` what is known then. When that cannot be written, the next scan solves everything again.
    pub(crate) fn solve<T>(
        store: &Store,
        (name, solution): (&Key, Key),
        (units, keys): (Vec<Unit>, Vec<Key>),
        knowledge: &Knowledge,
        question: &dyn Fn(&mut Solution<'_>) -> T,
    ) -> (Self, T) {
        let about = keys
            .iter()
            .zip(&units)
            .map(|(key, it)| About::new(*key, it));
        let left = Self {
            units: about.collect(),
            solution,
        };
        let mut answer = None;
        let mut units = Some(units);
        let is_written = store.write(&path(store, &solution), |file| {
            let mut file = BufWriter::new(file);
            let mut result = Ok(());
            let mut write = |bytes: &[u8]| {
                if result.is_ok() {
                    result = file.write_all(bytes);
                }
            };
            answer = units
                .take()
                .map(|units| leave_and_ask(units, knowledge, &mut write, question));
            result?;
            file.flush()
        });
        let before = Self::load(store, name).map(|it| it.solution);
        if is_written
            && let Ok(bytes) = postcard::to_stdvec(&left)
            && store.put(name, &bytes)
            && let Some(before) = before.filter(|it| *it != solution)
        {
            // Whoever reads it just now has it open. When it stays, the cache is cleaned later.
            let _ = fs::remove_file(path(store, &before));
        }
        let answer = answer.unwrap_or_else(|| {
            let program = waitctx_solver::link(units.unwrap_or_default(), knowledge);
            waitctx_solver::ask(program, knowledge, question)
        });
        (left, answer)
    }

    /// Asks when some units have changed, which are read by their indices; `None` when everything has
    /// to be solved.
    pub(crate) fn again<T>(
        mut self,
        store: &Store,
        keys: &[Key],
        knowledge: &Knowledge,
        read: impl FnOnce(&[usize]) -> Option<Vec<Unit>>,
        question: &dyn Fn(&mut Solution<'_>) -> T,
    ) -> Option<(Self, T)> {
        if keys.len() != self.units.len() {
            return None;
        }
        let pairs = keys.iter().zip(&self.units).enumerate();
        let changed: Vec<usize> = pairs
            .filter(|(_, (key, about))| **key != about.key)
            .map(|(index, _)| index)
            .collect();
        if changed.len() > 1 && changed.len() * MOST_CHANGED > keys.len() {
            return None;
        }
        let path = path(store, &self.solution);
        let file = File::open(&path).ok()?;
        let length = file.metadata().ok()?.len();
        let units = read(&changed)?;
        for (&index, unit) in changed.iter().zip(&units) {
            self.units[index] = About::new(keys[index], unit);
        }
        let numbered = changed
            .iter()
            .map(|&index| u32::try_from(index).ok())
            .zip(units)
            .map(|(index, unit)| Some((index?, unit)))
            .collect::<Option<Vec<_>>>()?;
        let kept = Arc::new(Bytes { file, length });
        let answer = ask_again(kept, numbered, knowledge, question)?;
        // What is used stays longest.
        if let Ok(file) = File::open(&path) {
            let _ = file.set_modified(std::time::SystemTime::now());
        }
        Some((self, answer))
    }

    /// What became of the units.
    pub(crate) fn tally(&self) -> UnitTally {
        let mut tally = UnitTally::default();
        for about in &self.units {
            tally.absorb(about.tally.clone());
        }
        tally
    }

    /// What was found, with what is known of the units.
    pub(crate) fn solved(self, report: Report) -> Solved {
        let tally = self.tally();
        let files = self.units.into_iter().flat_map(|it| it.files).collect();
        Solved {
            report,
            tally,
            nesting: Vec::new(),
            files,
        }
    }
}

/// The file of a solution.
fn path(store: &Store, solution: &Key) -> Utf8PathBuf {
    let path = store.path(solution);
    Utf8PathBuf::from(format!("{path}.left"))
}

/// What is left, in its file.
struct Bytes {
    file: File,
    length: u64,
}

impl Kept for Bytes {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, range: Range<u64>) -> Option<Vec<u8>> {
        if range.start > range.end || range.end > self.length {
            return None;
        }
        let length = usize::try_from(range.end - range.start).ok()?;
        let mut bytes = vec![0; length];
        let read: io::Result<()> = self.file.read_exact_at(&mut bytes, range.start);
        read.ok().map(|()| bytes)
    }
}
