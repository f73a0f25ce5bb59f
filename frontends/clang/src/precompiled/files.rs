// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of a tree as text: who includes whom, and the words in each.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use fixedbitset::FixedBitSet;
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::directives::{Directives, Include};
use super::search::SearchPath;
use super::set::FileSet;
use crate::overlay::Overlay;

/// A file of the table.
pub(super) type FileId = u32;
/// A search path of the table.
pub(super) type PathId = u32;
/// An identifier of the table.
pub(super) type WordId = u32;
/// A path that was asked for, whether there is a file or not.
type NameId = u32;

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
    /// Every path that was asked for, and the file there, if any.
    names: IndexSet<Utf8PathBuf, FxBuildHasher>,
    by_name: Vec<Option<FileId>>,
    paths: Vec<SearchPath>,
    path_ids: FxHashMap<SearchPath, PathId>,
    words: FxHashMap<Box<str>, WordId>,
    /// Words that are defined somewhere.
    macros: FixedBitSet,
    included: FxHashMap<(PathId, FileId), Included>,
}

/// What the includes of a file mean under one search path.
#[derive(Default)]
struct Included {
    /// The files that they name.
    files: Vec<FileId>,
    /// The files that they would have preferred.
    absent: Vec<NameId>,
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
        self.look_for(path).1
    }

    fn look_for(&mut self, path: &Utf8Path) -> (NameId, Option<FileId>) {
        let number = |index| NameId::try_from(index).expect("fewer than 2^32 names");
        if let Some(index) = self.names.get_index_of(path) {
            return (number(index), self.by_name[index]);
        }
        let text = match self.overlay.get(path) {
            Some(text) => text.map(<[u8]>::to_vec),
            None => fs::read(path).ok(),
        };
        let file = text.map(|text| self.add(path, &text));
        let (index, _) = self.names.insert_full(path.to_owned());
        self.by_name.push(file);
        (number(index), file)
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
    pub(super) fn absent(&mut self, path: PathId, file: FileId) -> Vec<&Utf8Path> {
        self.look_up(path, file);
        let absent = self.included[&(path, file)].absent.iter();
        absent
            .map(|&it| self.names[it as usize].as_path())
            .collect()
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
                    match self.look_for(&candidate) {
                        (_, Some(found)) => {
                            included.files.push(found);
                            break;
                        }
                        (name, None) => included.absent.push(name),
                    }
                }
            }
            self.included.insert((path, file), included);
        }
        &self.included[&(path, file)]
    }

    /// Everything that reading `roots` reads, and the files that are included by force.
    pub(super) fn closure(&mut self, path: PathId, roots: &[FileId]) -> FileSet {
        let forced = self.paths[path as usize].forced().to_vec();
        let mut pending: Vec<FileId> = forced.iter().filter_map(|it| self.file(it)).collect();
        pending.extend(roots);
        let mut seen: FileSet = pending.iter().copied().collect();
        while let Some(file) = pending.pop() {
            for &it in self.included(path, file) {
                if seen.insert(it) {
                    pending.push(it);
                }
            }
        }
        seen
    }

    /// Whether any file that was looked at defines a macro of this name.
    pub(super) fn is_macro(&self, word: WordId) -> bool {
        self.macros.contains(word as usize)
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
        let defined = sorted(&read.defined);
        let file = File {
            path: path.to_owned(),
            size: text.len() as u64,
            defined_first: sorted(&read.defined_first),
            defined,
            tested: sorted(&read.tested),
            words: sorted(&read.words),
            includes: read.includes,
            is_guarded: read.is_guarded,
        };
        for &word in &file.defined {
            self.macros.grow_and_insert(word as usize);
        }
        self.files.push(file);
        id
    }
}
