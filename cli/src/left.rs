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
use waitctx_solver::{Kept, Knowledge, Linked, Solution, ask_again, leave_and_ask};

use crate::cache::{Key, Store};
use crate::told::{Telling, Told};

/// When more units than one in so many have changed, solving everything is as fast.
const MOST_CHANGED: usize = 16;

/// What is said of one unit besides what the solver is told.
#[derive(Clone, Serialize, Deserialize)]
struct About {
    /// A key of all that it says.
    key: Key,
    told: Told,
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

    /// Solves a program that was linked of units, of each of which there is a key of all that it says,
    /// asks the solution, and leaves under `name` what is known then. When that cannot be written, the
    /// next scan solves everything again.
    pub(crate) fn solve<T>(
        store: &Store,
        (name, solution): (&Key, Key),
        linked: Linked,
        (keys, told): (Vec<Key>, Telling),
        knowledge: &Knowledge,
        question: &dyn Fn(&mut Solution<'_>) -> T,
    ) -> (Self, T) {
        let units = keys.into_iter().zip(told.finish());
        let left = Self {
            units: units.map(|(key, told)| About { key, told }).collect(),
            solution,
        };
        let mut linked = Some(linked);
        let mut answer = None;
        let is_written = store.write(&path(store, &solution), |file| {
            let mut file = BufWriter::new(file);
            let mut result = Ok(());
            let mut write = |bytes: &[u8]| {
                if result.is_ok() {
                    result = file.write_all(bytes);
                }
            };
            let linked = linked.take();
            answer = linked.map(|it| leave_and_ask(it, knowledge, &mut write, question));
            result?;
            file.flush()
        });
        // Where no file could be made, nothing has been solved.
        let now = linked.map(|it| leave_and_ask(it, knowledge, &mut |_| (), question));
        let answer = answer.or(now).expect("it has been solved there or here");
        let before = Self::load(store, name).map(|it| it.solution);
        if is_written
            && let Ok(bytes) = postcard::to_stdvec(&left)
            && store.put(name, &bytes)
            && let Some(before) = before.filter(|it| *it != solution)
        {
            // Whoever reads it just now has it open. When it stays, the cache is cleaned later.
            let _ = fs::remove_file(path(store, &before));
        }
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
            self.units[index] = About {
                key: keys[index],
                told: Told::of(unit),
            };
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

    /// What was told of the units.
    pub(crate) fn told(self) -> impl Iterator<Item = Told> {
        self.units.into_iter().map(|it| it.told)
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
