// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of a tree as text: who includes whom, and the words in each.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::directives::{Directives, Include};
use super::search::SearchPath;
use crate::overlay::Overlay;

/// A file of the table.
pub(super) type FileId = u32;
/// A search path of the table.
pub(super) type PathId = u32;
/// An identifier of the table.
pub(super) type WordId = u32;

/// A file that was read. Lists of words are sorted.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: Utf8PathBuf,
    /// Bytes: what it costs to read it.
    pub(super) size: u64,
    pub(super) includes: Vec<Include>,
    pub(super) is_guarded: bool,
    /// Macros that are defined before the last include.
    pub(super) defined_first: Vec<WordId>,
    /// All macros that are defined.
    pub(super) defined: Vec<WordId>,
    /// Identifiers in conditions.
    pub(super) tested: Vec<WordId>,
    /// All identifiers.
    pub(super) words: Vec<WordId>,
}

/// Files that were read, and what they include under which search path.
#[derive(Default)]
pub(super) struct Files {
    overlay: Overlay,
    files: Vec<File>,
    ids: FxHashMap<Utf8PathBuf, Option<FileId>>,
    paths: Vec<SearchPath>,
    path_ids: FxHashMap<SearchPath, PathId>,
    words: FxHashMap<Box<str>, WordId>,
    included: FxHashMap<(PathId, FileId), Included>,
}

/// What the includes of a file mean under one search path.
#[derive(Default)]
struct Included {
    /// The files that they name.
    files: Vec<FileId>,
    /// The files that they would have preferred.
    absent: Vec<String>,
}

impl Files {
    /// Nothing read yet.
    pub(super) fn new(overlay: Overlay) -> Self {
        Self {
            overlay,
            ..Self::default()
        }
    }

    /// The file at `path`; `None` when there is none.
    pub(super) fn file(&mut self, path: &Utf8Path) -> Option<FileId> {
        if let Some(&known) = self.ids.get(path) {
            return known;
        }
        let text = match self.overlay.get(path) {
            Some(text) => text.map(<[u8]>::to_vec),
            None => fs::read(path).ok(),
        };
        let id = text.map(|text| self.add(path, &text));
        self.ids.insert(path.to_owned(), id);
        id
    }

    /// What is known of a file.
    pub(super) fn get(&self, id: FileId) -> &File {
        &self.files[id as usize]
    }

    /// The id of a search path.
    pub(super) fn path(&mut self, path: SearchPath) -> PathId {
        if let Some(&known) = self.path_ids.get(&path) {
            return known;
        }
        let id = PathId::try_from(self.paths.len()).expect("fewer than 2^32 search paths");
        self.paths.push(path.clone());
        self.path_ids.insert(path, id);
        id
    }

    /// The id of an identifier.
    pub(super) fn word(&mut self, word: &str) -> WordId {
        if let Some(&known) = self.words.get(word) {
            return known;
        }
        let id = WordId::try_from(self.words.len()).expect("fewer than 2^32 words");
        self.words.insert(word.into(), id);
        id
    }

    /// What a file includes directly.
    pub(super) fn included(&mut self, path: PathId, file: FileId) -> &[FileId] {
        &self.look_up(path, file).files
    }

    /// The files that a file would include instead if they existed.
    pub(super) fn absent(&mut self, path: PathId, file: FileId) -> &[String] {
        &self.look_up(path, file).absent
    }

    fn look_up(&mut self, path: PathId, file: FileId) -> &Included {
        if !self.included.contains_key(&(path, file)) {
            let from = self.get(file);
            let directory = from.path.parent().unwrap_or("/".into()).to_owned();
            let includes = from.includes.clone();
            let search = self.paths[path as usize].clone();
            let mut included = Included::default();
            for Include { name, is_angled } in &includes {
                for candidate in search.candidates(name, *is_angled, &directory) {
                    if let Some(found) = self.file(&candidate) {
                        included.files.push(found);
                        break;
                    }
                    included.absent.push(candidate.into_string());
                }
            }
            self.included.insert((path, file), included);
        }
        &self.included[&(path, file)]
    }

    /// Everything that reading `roots` reads, and the files that are included by force.
    pub(super) fn closure(&mut self, path: PathId, roots: &[FileId]) -> FxHashSet<FileId> {
        let forced = self.paths[path as usize].forced().to_vec();
        let mut pending: Vec<FileId> = forced.iter().filter_map(|it| self.file(it)).collect();
        pending.extend(roots);
        let mut seen: FxHashSet<FileId> = pending.iter().copied().collect();
        while let Some(file) = pending.pop() {
            for &it in self.included(path, file) {
                if seen.insert(it) {
                    pending.push(it);
                }
            }
        }
        seen
    }

    fn add(&mut self, path: &Utf8Path, text: &[u8]) -> FileId {
        let id = FileId::try_from(self.files.len()).expect("fewer than 2^32 files");
        let read = Directives::of(text);
        let mut sorted = |words: &[Box<str>]| {
            let mut ids: Vec<WordId> = words.iter().map(|it| self.word(it)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let file = File {
            path: path.to_owned(),
            size: text.len() as u64,
            defined_first: sorted(&read.defined_first),
            defined: sorted(&read.defined),
            tested: sorted(&read.tested),
            words: sorted(&read.words),
            includes: read.includes,
            is_guarded: read.is_guarded,
        };
        self.files.push(file);
        id
    }
}
