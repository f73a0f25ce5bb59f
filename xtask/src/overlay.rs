// SPDX-License-Identifier: MIT OR Apache-2.0
//! A copy of a kernel tree in which some files are different, made of symbolic links: the tree
//! itself is never touched, and nothing of its size is copied.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

/// Makes the copy of `tree` (absolute). `files` are new texts by name relative to the tree.
pub(crate) fn make(tree: &Path, files: &BTreeMap<String, String>) -> Result<TempDir> {
    let copy = tempfile::tempdir().context("cannot make a temporary folder")?;
    let files: Vec<(&Path, &str)> = files
        .iter()
        .map(|(name, text)| (Path::new(name), text.as_str()))
        .collect();
    fill(tree, copy.path(), &files)?;
    Ok(copy)
}

fn fill(from: &Path, to: &Path, files: &[(&Path, &str)]) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        let below: Vec<(&Path, &str)> = files
            .iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(&name).ok()?, *text)))
            .collect();
        match below.as_slice() {
            [] => symlink(entry.path(), &target)?,
            [(rest, text)] if rest.as_os_str().is_empty() => fs::write(&target, text)?,
            below => {
                fs::create_dir(&target)?;
                fill(&entry.path(), &target, below)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_files_differ_and_the_tree_stays() {
        let tree = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(tree.path().join("a/b")).expect("a folder");
        for name in ["a/b/x.c", "a/b/y.c", "a/z.c", "w.c"] {
            fs::write(tree.path().join(name), name).expect("a file");
        }
        let files = BTreeMap::from([("a/b/x.c".to_owned(), "new".to_owned())]);
        let copy = make(tree.path(), &files).expect("a copy");
        let read = |folder: &Path, name: &str| fs::read_to_string(folder.join(name)).ok();
        assert_eq!(read(copy.path(), "a/b/x.c").as_deref(), Some("new"));
        for name in ["a/b/y.c", "a/z.c", "w.c"] {
            assert_eq!(read(copy.path(), name).as_deref(), Some(name));
        }
        assert_eq!(read(tree.path(), "a/b/x.c").as_deref(), Some("a/b/x.c"));
    }
}
