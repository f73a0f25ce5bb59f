// SPDX-License-Identifier: MIT OR Apache-2.0
//! Keeping the cache small: what was not used for longest goes first.

use std::fs;
use std::time::SystemTime;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};

/// How much a cache may hold when nobody says otherwise: a few configurations of a kernel.
const MOST_BYTES: u64 = 6 << 30;

/// How much is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bound {
    /// As much as a cache may hold by default.
    Default,
    /// Nothing.
    Nothing,
}

impl Bound {
    fn bytes(self) -> u64 {
        match self {
            Self::Default => MOST_BYTES,
            Self::Nothing => 0,
        }
    }
}

/// What a cache holds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Usage {
    /// Files.
    pub(crate) entries: usize,
    /// Their bytes.
    pub(crate) bytes: u64,
}

/// Looks what the cache at `root` holds.
pub(crate) fn usage(root: &Utf8Path) -> Result<Usage> {
    let mut usage = Usage::default();
    for entry in entries(root)? {
        usage.entries += 1;
        usage.bytes += entry.bytes;
    }
    Ok(usage)
}

/// Removes entries until the cache at `root` is within `bound`, and returns what was removed.
pub(crate) fn clean(root: &Utf8Path, bound: Bound) -> Result<Usage> {
    let mut entries = entries(root)?;
    entries.sort_by_key(|it| it.used);
    let mut left: u64 = entries.iter().map(|it| it.bytes).sum();
    let mut removed = Usage::default();
    for entry in entries {
        if left <= bound.bytes() && bound != Bound::Nothing {
            break;
        }
        // Another process may have been faster.
        if fs::remove_file(&entry.path).is_ok() {
            removed.entries += 1;
            removed.bytes += entry.bytes;
        }
        left -= entry.bytes;
    }
    Ok(removed)
}

struct Found {
    path: Utf8PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// All entries. Only what looks like one is taken for one: the directory may be a wrong one.
fn entries(root: &Utf8Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    if !root.exists() {
        return Ok(found);
    }
    let hexadecimal =
        |name: &str| !name.is_empty() && name.bytes().all(|it| it.is_ascii_hexdigit());
    for folder in root
        .read_dir_utf8()
        .with_context(|| format!("cannot read {root}"))?
    {
        let folder = folder.with_context(|| format!("cannot read {root}"))?;
        if folder.file_name().len() != 2 || !hexadecimal(folder.file_name()) {
            continue;
        }
        let Ok(files) = folder.path().read_dir_utf8() else {
            continue;
        };
        for file in files.flatten() {
            let name = file.file_name();
            let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
            let is_temporary = name.starts_with(".tmp");
            let Ok(data) = file.metadata() else { continue };
            if data.is_file() && (is_temporary || stem.len() == 62 && hexadecimal(stem)) {
                found.push(Found {
                    path: file.path().to_owned(),
                    bytes: data.len(),
                    used: data.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::store::{Key, Store};
    use super::*;

    #[test]
    fn only_entries_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().join("cache")).unwrap();
        assert_eq!(usage(&root).unwrap(), Usage::default());
        let store = Store::open(root.clone()).unwrap();
        for text in ["a", "b", "c"] {
            assert!(store.put(&Key::of(text.as_bytes()), text.as_bytes()));
        }
        fs::create_dir(root.join("ab")).ok();
        fs::write(root.join("ab/notes.txt"), "somebody's").unwrap();
        fs::write(root.join("README"), "somebody's").unwrap();
        assert_eq!(usage(&root).unwrap().entries, 3);
        assert_eq!(clean(&root, Bound::Default).unwrap(), Usage::default());
        assert_eq!(clean(&root, Bound::Nothing).unwrap().entries, 3);
        assert_eq!(usage(&root).unwrap().entries, 0);
        assert!(root.join("ab/notes.txt").exists() && root.join("README").exists());
    }
}
