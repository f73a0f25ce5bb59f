// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of a tree in a state that need not be the one on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

/// Files that are otherwise than on the disk, by their names in the tree; `None` is for one that is
/// not there.
pub type Edits = BTreeMap<String, Option<Vec<u8>>>;

/// A tree on the disk, but for some files.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    pub(super) root: &'a Utf8Path,
    pub(super) edits: &'a Edits,
}

/// What is in a folder, by name.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Folder {
    pub(super) folders: BTreeSet<String>,
    pub(super) files: BTreeSet<String>,
}

impl Tree<'_> {
    /// The text of a file; `None` when it is not there or no text.
    pub(super) fn text(self, name: &Utf8Path) -> Option<String> {
        match self.edits.get(name.as_str()) {
            Some(edited) => String::from_utf8(edited.clone()?).ok(),
            None => fs::read_to_string(self.root.join(name)).ok(),
        }
    }

    /// Whether the file is otherwise than on the disk.
    pub(super) fn is_edited(self, name: &Utf8Path) -> bool {
        self.edits.contains_key(name.as_str())
    }

    /// Whether the file is there.
    pub(super) fn is_file(self, name: &Utf8Path) -> bool {
        match self.edits.get(name.as_str()) {
            Some(edited) => edited.is_some(),
            None => self.root.join(name).is_file(),
        }
    }

    /// What is in a folder, which need not be on the disk. Links are not followed.
    pub(super) fn folder(self, name: &Utf8Path) -> Folder {
        let mut found = Folder::default();
        let entries = self.root.join(name).read_dir_utf8();
        for entry in entries.into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                found.folders.insert(entry.file_name().to_owned());
            } else if !self
                .edits
                .contains_key(name.join(entry.file_name()).as_str())
            {
                found.files.insert(entry.file_name().to_owned());
            }
        }
        let prefix = match name.as_str() {
            "" => String::new(),
            name => format!("{name}/"),
        };
        let below = self.edits.range(prefix.clone()..);
        let below = below.map_while(|(it, text)| Some((it.strip_prefix(&prefix)?, text)));
        for (rest, _) in below.filter(|(_, text)| text.is_some()) {
            match rest.split_once('/') {
                Some((folder, _)) => found.folders.insert(folder.to_owned()),
                None => found.files.insert(rest.to_owned()),
            };
        }
        found
    }

    /// The Rust files below a folder.
    pub(super) fn rust_files(self, folder: &Utf8Path, into: &mut Vec<Utf8PathBuf>) {
        let Folder { folders, files } = self.folder(folder);
        let files = files.iter().map(|it| folder.join(it));
        into.extend(files.filter(|it| it.extension() == Some("rs")));
        for name in folders {
            self.rust_files(&folder.join(name), into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_seen_and_nothing_else_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        for name in ["a/kept.rs", "a/gone.rs", "a/b/old.rs", "ab.rs"] {
            fs::write(root.join(name), name).unwrap();
        }
        let edits = Edits::from([
            ("a/gone.rs".to_owned(), None),
            ("a/b/old.rs".to_owned(), Some(b"new".to_vec())),
            ("a/c/d/fresh.rs".to_owned(), Some(Vec::new())),
        ]);
        let tree = Tree {
            root,
            edits: &edits,
        };
        let names = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
        let a = tree.folder(Utf8Path::new("a"));
        assert_eq!(a.folders, names(&["b", "c"]));
        assert_eq!(a.files, names(&["kept.rs"]));
        assert_eq!(
            tree.folder(Utf8Path::new("")).files,
            names(&["ab.rs"]),
            "what is in folders is not beside them"
        );
        let text = |name: &str| tree.text(Utf8Path::new(name));
        assert_eq!(text("a/b/old.rs").as_deref(), Some("new"));
        assert_eq!(text("a/kept.rs").as_deref(), Some("a/kept.rs"));
        assert_eq!(text("a/gone.rs"), None);
        assert!(tree.is_file(Utf8Path::new("a/c/d/fresh.rs")));
        assert!(!tree.is_file(Utf8Path::new("a/gone.rs")));
        let mut files = Vec::new();
        tree.rust_files(Utf8Path::new("a"), &mut files);
        assert_eq!(files, ["a/kept.rs", "a/b/old.rs", "a/c/d/fresh.rs"]);
    }
}
