// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a file is called in the model: its path below the scanned tree or the object directory.
//!
//! Names must not tell where on a machine the tree lies, so a file outside both directories (a
//! compiler's own header) keeps only the part of its path that machines share.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// The directories that names are relative to.
#[derive(Clone, Debug)]
pub(crate) struct Roots {
    directories: Vec<Utf8PathBuf>,
}

impl Roots {
    /// The scanned tree and, where generated headers are, the object directory.
    pub(crate) fn new(root: &Utf8Path, object_root: Option<&Utf8Path>) -> Self {
        let mut directories = Vec::new();
        for directory in [Some(root), object_root].into_iter().flatten() {
            directories.push(plain(directory));
            // The compiler may have seen the tree under its real name.
            if let Ok(real) = directory.canonicalize_utf8() {
                directories.push(real);
            }
        }
        // An object directory often lies in the tree: the longer one must win.
        directories.sort_by_key(|it| std::cmp::Reverse(it.as_str().len()));
        directories.dedup();
        Self { directories }
    }

    /// The name of the file that the compiler calls `path`.
    pub(crate) fn name(&self, path: &str) -> String {
        let path = plain(Utf8Path::new(path));
        for directory in &self.directories {
            if let Ok(relative) = path.strip_prefix(directory) {
                return relative.to_string();
            }
        }
        if path.is_relative() {
            return path.into_string();
        }
        let text = path.as_str();
        let tail = text
            .rfind("/include/")
            .map_or_else(|| path.file_name().unwrap_or(text), |at| &text[at + 9..]);
        format!("<outside>/{tail}")
    }
}

/// `path` without `.` and `..`, as far as that can be told without looking at the disk.
pub(crate) fn plain(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other.as_str()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_tell_where_the_tree_is() {
        let roots = Roots::new("/src/linux".into(), Some("/src/linux/out".into()));
        assert_eq!(roots.name("/src/linux/./mm/slub.c"), "mm/slub.c");
        assert_eq!(roots.name("/src/linux/net/../include/a.h"), "include/a.h");
        assert_eq!(
            roots.name("/src/linux/out/include/generated/b.h"),
            "include/generated/b.h"
        );
        assert_eq!(
            roots.name("/usr/lib/llvm-19/lib/clang/19/include/stddef.h"),
            "<outside>/stddef.h"
        );
        assert_eq!(roots.name("mm/slub.c"), "mm/slub.c");
    }
}
