// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a unit means the same when it starts from precompiled headers.
//!
//! Three things can change silently. A name may mean another file under the unit's own search path.
//! A header was compiled without what the unit defines before it
//! includes it; that matters when the header tests it. And the unit sees macros of headers that it
//! does not include; that matters when it uses such a name. Everything else that goes wrong is an
//! error of the compiler, upon which the unit is read without.

use rustc_hash::{FxHashMap, FxHashSet};

use super::files::{FileId, Files, PathId, WordId};

/// What a set of precompiled headers depends on and brings along.
pub(super) struct Guard<'a> {
    path: PathId,
    closure: &'a FxHashSet<FileId>,
    /// Macros that some header tests.
    tested: FxHashSet<WordId>,
    /// Whether all names mean the same under other search paths.
    agrees: FxHashMap<PathId, bool>,
}

impl<'a> Guard<'a> {
    /// For the headers `closure`, found under `path`.
    pub(super) fn new(files: &Files, path: PathId, closure: &'a FxHashSet<FileId>) -> Self {
        let tested = closure
            .iter()
            .flat_map(|it| &files.get(*it).tested)
            .copied()
            .collect();
        Self {
            path,
            closure,
            tested,
            agrees: FxHashMap::default(),
        }
    }

    /// Whether a unit may start from the headers: its search path, its main file and all that it
    /// reads.
    pub(super) fn ask(
        &mut self,
        files: &mut Files,
        (path, main, reads): (PathId, FileId, &FxHashSet<FileId>),
    ) -> Verdict {
        let defines = &files.get(main).defined_first;
        if defines.iter().any(|it| self.tested.contains(it)) {
            return Verdict::Refused;
        }
        let (usual_path, closure) = (self.path, self.closure);
        let agrees = self.agrees.entry(path).or_insert_with(|| {
            closure.iter().all(|&file| {
                let usual = files.included(usual_path, file).to_vec();
                files.included(path, file) == usual
            })
        });
        if !*agrees {
            return Verdict::Refused;
        }
        let usual: FxHashSet<WordId> = reads
            .iter()
            .flat_map(|it| &files.get(*it).defined)
            .copied()
            .collect();
        // Macros that come with the headers only, and where from.
        let mut foreign: FxHashMap<WordId, Vec<FileId>> = FxHashMap::default();
        for &file in self.closure.difference(reads) {
            for &word in &files.get(file).defined {
                foreign.entry(word).or_default().push(file);
            }
        }
        foreign.retain(|word, _| !usual.contains(word));
        let mut clashes: Vec<FileId> = reads
            .difference(self.closure)
            .flat_map(|it| &files.get(*it).words)
            .filter_map(|it| foreign.get(it))
            .flatten()
            .copied()
            .collect();
        if clashes.is_empty() {
            return Verdict::Fits;
        }
        clashes.sort_unstable();
        clashes.dedup();
        Verdict::Clash(clashes)
    }
}

/// What the guard says.
pub(super) enum Verdict {
    /// The unit means the same.
    Fits,
    /// The unit uses names that are macros in these headers, which it does not include.
    Clash(Vec<FileId>),
    /// It changes what headers mean.
    Refused,
}
