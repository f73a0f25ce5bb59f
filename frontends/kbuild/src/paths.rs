// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides how a path written in a compile command becomes absolute.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// `path` as seen from `directory`, without `.` and `..`.
///
/// The disk is not asked: two spellings of one file must come out equal even if the file does not
/// exist yet (generated sources), and reading a database must not depend on what is on the disk.
/// Kernel trees have no symbolic links to directories that `..` would have to respect.
pub(crate) fn absolute(directory: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    normalize(&directory.join(path))
}

fn normalize(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                let can_pop =
                    matches!(out.components().next_back(), Some(Utf8Component::Normal(_)));
                if can_pop {
                    out.pop();
                } else if !out.has_root() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    if out.as_str().is_empty() {
        out.push(".");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(directory: &str, path: &str, expected: &str) {
        assert_eq!(
            absolute(Utf8Path::new(directory), Utf8Path::new(path)),
            expected
        );
    }

    #[test]
    fn joins_and_normalizes() {
        check("/o", "./include", "/o/include");
        check("/o", "/k/arch/x86/../../lib/a.c", "/k/lib/a.c");
        check("/o/x", "../y//z", "/o/y/z");
        check("/o", "../../..", "/");
        check("/o", ".", "/o");
        check("o", "../../a", "../a");
        check(".", ".", ".");
    }
}
