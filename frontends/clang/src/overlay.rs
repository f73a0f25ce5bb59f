// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that are read as if something else was in them than on the disk: what an editor has not
//! saved, what is staged for a commit.

use std::collections::BTreeMap;
use std::ffi::CString;

use camino::{Utf8Path, Utf8PathBuf};

use crate::paths::plain;

/// What is read of a file that is not there, whatever is on the disk.
const GONE: &[u8] = b"#error this file is not part of what is read\n";

/// Files and what is to be read instead of what is on the disk.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Overlay {
    /// What libclang is told.
    files: Vec<(CString, Vec<u8>)>,
    /// Where in `files` a path is, and whether it is to be taken for there.
    by_path: BTreeMap<Utf8PathBuf, (usize, bool)>,
}

impl Overlay {
    /// The overlay of these files; `None` is for one that is not there. The paths are absolute and
    /// spelled as compile commands do; one with a NUL byte inside cannot be the path of any file and
    /// is left out.
    pub fn new(files: impl IntoIterator<Item = (Utf8PathBuf, Option<Vec<u8>>)>) -> Self {
        let mut overlay = Self::default();
        for (path, text) in files {
            let Ok(name) = CString::new(path.as_str()) else {
                continue;
            };
            let there = text.is_some();
            overlay
                .by_path
                .insert(plain(&path), (overlay.files.len(), there));
            let text = text.unwrap_or_else(|| GONE.to_vec());
            overlay.files.push((name, text));
        }
        overlay
    }

    /// What is read of the file at `path`: `None` when that is what is on the disk, `Some(None)` when
    /// it is not there. The path may have `.` and `..` in it, as compilers spell it.
    pub fn get(&self, path: &Utf8Path) -> Option<Option<&[u8]>> {
        if self.files.is_empty() {
            return None;
        }
        let &(index, there) = self.by_path.get(&plain(path))?;
        Some(there.then(|| self.files[index].1.as_slice()))
    }

    /// Whether `path` is there without being on the disk.
    pub(crate) fn has(&self, path: &Utf8Path) -> bool {
        matches!(self.get(path), Some(Some(_)))
    }

    /// The paths and contents, for the parser.
    pub(crate) fn files(&self) -> &[(CString, Vec<u8>)] {
        &self.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_however_it_is_spelled() {
        let there = ("/k/a.h".into(), Some(b"x".to_vec()));
        let overlay = Overlay::new([there, ("/k/b.h".into(), None)]);
        let get = |path: &str| overlay.get(path.into());
        assert_eq!(get("/k/drivers/.././a.h"), Some(Some(&b"x"[..])));
        assert_eq!(get("/k/b.h"), Some(None));
        assert_eq!(get("/k/c.h"), None);
        assert!(overlay.has("/k/a.h".into()) && !overlay.has("/k/b.h".into()));
    }
}
