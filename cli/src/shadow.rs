// SPDX-License-Identifier: MIT OR Apache-2.0
//! A tree in another state than on the disk, for readers that know files only: links to what is the
//! same, beside files of their own.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use anyhow::{Context, Result, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

/// Such a tree. It goes when this does.
pub(crate) struct Shadow {
    // Only held.
    _folder: TempDir,
    root: Utf8PathBuf,
}

impl Shadow {
    /// `tree` with these files as they are said to be, or without them; `None` when there are none.
    /// Folders with such files are made anew, and all others are links.
    pub(crate) fn of<'a>(
        tree: &Utf8Path,
        files: impl Iterator<Item = (&'a String, &'a Option<Vec<u8>>)>,
    ) -> Result<Option<Self>> {
        let files: Vec<(&Utf8Path, &Option<Vec<u8>>)> = files
            .map(|(name, text)| (Utf8Path::new(name), text))
            .collect();
        if files.is_empty() {
            return Ok(None);
        }
        let folder = tempfile::tempdir().context("there is no room for temporary files")?;
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned())
            .map_err(|path| anyhow!("{} is not UTF-8", path.display()))?;
        let names: BTreeSet<&Utf8Path> = files.iter().map(|(name, _)| *name).collect();
        // The top comes first, as its name is empty.
        let folders: BTreeSet<&Utf8Path> = names
            .iter()
            .flat_map(|name| name.ancestors().skip(1))
            .collect();
        let is_own = |name: &Utf8Path| names.contains(name) || folders.contains(name);
        for name in &folders {
            link_all(&tree.join(name), &root.join(name), |it| {
                !is_own(&name.join(it))
            })
            .context("cannot write temporary files")?;
        }
        for (name, text) in files {
            if let Some(text) = text {
                fs::write(root.join(name), text).context("cannot write temporary files")?;
            }
        }
        Ok(Some(Self {
            _folder: folder,
            root,
        }))
    }

    /// Where it is.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }
}

/// Makes `copy` a folder of links to what is `wanted` of `folder`, which need not be there.
fn link_all(
    folder: &Utf8Path,
    copy: &Utf8Path,
    wanted: impl Fn(&str) -> bool,
) -> std::io::Result<()> {
    fs::create_dir_all(copy)?;
    let Ok(entries) = folder.read_dir_utf8() else {
        return Ok(());
    };
    // What is not UTF-8 is no source.
    for entry in entries.flatten().filter(|it| wanted(it.file_name())) {
        symlink(entry.path(), copy.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Overlay;

    #[test]
    fn it_is_the_tree_but_for_what_is_said() {
        let tree = tempfile::tempdir().unwrap();
        let tree = Utf8Path::from_path(tree.path()).unwrap();
        for name in [
            "a/b/old.rs",
            "a/b/same.rs",
            "a/gone.rs",
            "c/far.rs",
            "top.rs",
        ] {
            fs::create_dir_all(tree.join(name).parent().unwrap()).unwrap();
            fs::write(tree.join(name), name).unwrap();
        }
        let new = |text: &str| Some(text.as_bytes().to_vec());
        let overlay = Overlay::from([
            ("a/b/old.rs".to_owned(), new("edited")),
            ("a/gone.rs".to_owned(), None),
            ("fresh/deep/x.rs".to_owned(), new("made")),
        ]);
        let shadow = Shadow::of(tree, overlay.iter()).unwrap().unwrap();
        let read = |name: &str| fs::read_to_string(shadow.root().join(name)).ok();
        assert_eq!(read("a/b/old.rs").as_deref(), Some("edited"));
        assert_eq!(read("a/gone.rs"), None);
        assert_eq!(read("fresh/deep/x.rs").as_deref(), Some("made"));
        for same in ["a/b/same.rs", "c/far.rs", "top.rs"] {
            assert_eq!(read(same).as_deref(), Some(same));
        }
        // The tree itself is as it was.
        assert_eq!(
            fs::read_to_string(tree.join("a/b/old.rs")).unwrap(),
            "a/b/old.rs"
        );
        assert!(Shadow::of(tree, Overlay::new().iter()).unwrap().is_none());
    }
}
