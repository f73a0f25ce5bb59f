// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sets of files, a bit for each: a unit reads thousands, and is compared with every set of headers
//! that it could start from.

use fixedbitset::FixedBitSet;

use super::files::FileId;

/// A set of files.
#[derive(Clone, Debug, Default)]
pub(super) struct FileSet(FixedBitSet);

impl FileSet {
    /// Adds a file, and says whether it is new.
    pub(super) fn insert(&mut self, file: FileId) -> bool {
        let is_new = !self.contains(file);
        self.0.grow_and_insert(file as usize);
        is_new
    }

    pub(super) fn contains(&self, file: FileId) -> bool {
        self.0.contains(file as usize)
    }

    /// The files, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = FileId> + '_ {
        self.0.ones().map(file)
    }

    /// Those that are in both.
    pub(super) fn intersection<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = FileId> + 'a {
        self.0.intersection(&other.0).map(file)
    }

    /// Those that are not in `other`.
    pub(super) fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = FileId> + 'a {
        self.0.difference(&other.0).map(file)
    }

    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        self.0.is_disjoint(&other.0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_clear()
    }
}

impl FromIterator<FileId> for FileSet {
    fn from_iter<T: IntoIterator<Item = FileId>>(files: T) -> Self {
        let mut set = Self::default();
        files.into_iter().for_each(|it| {
            set.insert(it);
        });
        set
    }
}

fn file(index: usize) -> FileId {
    FileId::try_from(index).expect("only ids are put in")
}
