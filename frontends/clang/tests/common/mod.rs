// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading small C programs in tests.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::fs;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;
use waitctx_clang::{Job, Library, Options, read_unit};
use waitctx_model::{Unit, write_unit};

/// libclang, which these tests cannot do without.
pub(crate) fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| match Library::load(None) {
        Ok(library) => library,
        Err(error) => panic!("these tests need libclang: {error}"),
    })
}

/// A directory with source files.
pub(crate) struct Tree {
    directory: TempDir,
}

impl Tree {
    /// With the given files: names and contents.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("a temporary directory can be made");
        for (name, contents) in files {
            let path = directory.path().join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).expect("directories can be made");
            }
            fs::write(path, contents).expect("files can be written");
        }
        Self { directory }
    }

    pub(crate) fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.directory.path()).expect("temporary paths are UTF-8")
    }

    pub(crate) fn path(&self, name: &str) -> Utf8PathBuf {
        self.root().join(name)
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            root: self.root().to_owned(),
            object_root: None,
            overlay: waitctx_clang::Overlay::default(),
            jobs: 2,
            option_prefix: "CONFIG_".to_owned(),
        }
    }

    pub(crate) fn job(&self, name: &str) -> Job {
        Job {
            file: self.path(name),
            arguments: vec![
                "-std=gnu11".to_owned(),
                "--target=x86_64-linux-gnu".to_owned(),
                format!("-I{}", self.path("include")),
            ],
            precompiled: None,
        }
    }

    pub(crate) fn read(&self, name: &str) -> Unit {
        read_unit(library(), &self.job(name), &self.options())
    }
}

/// Reads one C file.
pub(crate) fn read(source: &str) -> Unit {
    Tree::new(&[("a.c", source)]).read("a.c")
}

/// A unit as text.
pub(crate) fn text(unit: &Unit) -> String {
    let mut text = String::new();
    write_unit(unit, &mut text).expect("strings can be written to");
    text
}

/// Reads one C file that has nothing wrong with it, as text.
pub(crate) fn lowered(source: &str) -> String {
    let unit = read(source);
    assert_eq!(unit.incidents, [], "nothing goes wrong");
    text(&unit)
}

/// Compares texts without regard to the indentation of the expected one.
#[track_caller]
pub(crate) fn expect(source: &str, expected: &str) {
    let found = lowered(source);
    let trimmed = |text: &str| -> String {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(
        trimmed(&found) == trimmed(expected),
        "--- found\n{found}\n--- expected\n{expected}\n--- end"
    );
}
