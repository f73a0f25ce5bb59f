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
use super::set::FileSet;

/// What a set of precompiled headers depends on and brings along.
pub(super) struct Guard<'a> {
    path: PathId,
    closure: &'a FileSet,
    /// Macros that some header tests.
    tested: FxHashSet<WordId>,
    /// Which of the headers define each macro.
    defined_by: FxHashMap<WordId, Vec<FileId>>,
    /// Which of these macros other files use.
    used: FxHashMap<FileId, Vec<WordId>>,
    /// Whether all names mean the same under other search paths.
    agrees: FxHashMap<PathId, bool>,
}

impl<'a> Guard<'a> {
    /// For the headers `closure`, found under `path`.
    pub(super) fn new(files: &Files, path: PathId, closure: &'a FileSet) -> Self {
        let tested = closure.iter().flat_map(|it| &files.get(it).tested);
        let tested = tested.copied().collect();
        let mut defined_by: FxHashMap<WordId, Vec<FileId>> = FxHashMap::default();
        for file in closure.iter() {
            for &word in &files.get(file).defined {
                defined_by.entry(word).or_default().push(file);
            }
        }
        Self {
            path,
            closure,
            tested,
            defined_by,
            used: FxHashMap::default(),
            agrees: FxHashMap::default(),
        }
    }

    /// Whether a unit may start from the headers: its search path, its main file and all that it
    /// reads.
    pub(super) fn ask(
        &mut self,
        files: &mut Files,
        (path, main, reads): (PathId, FileId, &FileSet),
    ) -> Verdict {
        let defines = &files.get(main).defined_first;
        if defines.iter().any(|it| self.tested.contains(it)) {
            return Verdict::Refused;
        }
        let (usual_path, closure) = (self.path, self.closure);
        let agrees = self.agrees.entry(path).or_insert_with(|| {
            closure.iter().all(|file| {
                let usual = files.included(usual_path, file).to_vec();
                files.included(path, file) == usual
            })
        });
        if !*agrees {
            return Verdict::Refused;
        }
        // What the unit reads besides, and which of the headers' macros that uses.
        let own: Vec<FileId> = reads.difference(closure).collect();
        let mut foreign: Vec<WordId> = Vec::new();
        for &file in &own {
            let (used, defined_by) = (&mut self.used, &self.defined_by);
            let used = used.entry(file).or_insert_with(|| {
                let words = files.get(file).words.iter().copied();
                let is_theirs = |it: &WordId| files.is_macro(*it) && defined_by.contains_key(it);
                words.filter(is_theirs).collect()
            });
            let comes_along =
                |word: &WordId| !defined_by[word].iter().any(|&it| reads.contains(it));
            foreign.extend(used.iter().copied().filter(comes_along));
        }
        foreign.sort_unstable();
        foreign.dedup();
        // What it defines itself is its own.
        foreign.retain(|word| {
            let defines = |&file: &FileId| files.get(file).defined.binary_search(word).is_ok();
            !own.iter().any(defines)
        });
        let headers = foreign.iter().flat_map(|word| &self.defined_by[word]);
        let mut clashes: Vec<FileId> = headers.copied().collect();
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
