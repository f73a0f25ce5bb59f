// SPDX-License-Identifier: MIT OR Apache-2.0
//! The texts of files: read once, and what could not be read is kept.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

/// What became of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum FileState {
    Parsed,
    /// It is not Rust, or not Rust that the parser knows: where (line, column) and why.
    Broken(usize, usize, String),
    /// It cannot be read, and why.
    Missing(String),
}

/// The files of a program. Names of files are relative to the root.
#[derive(Debug)]
pub(crate) struct Sources {
    root: Utf8PathBuf,
    /// Files that come with this frontend.
    library: BTreeMap<&'static str, &'static str>,
    states: RefCell<BTreeMap<Utf8PathBuf, FileState>>,
}

impl Sources {
    pub(crate) fn new(root: &Utf8Path, library: &[(&'static str, &'static str)]) -> Self {
        Self {
            root: root.to_owned(),
            library: library.iter().copied().collect(),
            states: RefCell::default(),
        }
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, file: &Utf8Path) -> bool {
        self.library.contains_key(file.as_str()) || self.root.join(file).is_file()
    }

    /// The syntax of a file; what goes wrong is in [`Sources::states`].
    pub(crate) fn parse(&self, file: &Utf8Path) -> Option<syn::File> {
        if let Some(text) = self.library.get(file.as_str()) {
            let parsed = syn::parse_file(text);
            return Some(parsed.expect("the library is Rust: a test reads it"));
        }
        let (parsed, state) = match fs::read_to_string(self.root.join(file)) {
            Err(error) => (None, FileState::Missing(error.to_string())),
            Ok(text) => match syn::parse_file(&text) {
                Ok(parsed) => (Some(parsed), FileState::Parsed),
                Err(error) => {
                    let at = error.span().start();
                    let state = FileState::Broken(at.line, at.column + 1, error.to_string());
                    (None, state)
                }
            },
        };
        self.states.borrow_mut().insert(file.to_owned(), state);
        parsed
    }

    /// What became of each file of the program.
    pub(crate) fn states(&self) -> Vec<(Utf8PathBuf, FileState)> {
        let states = self.states.borrow();
        states
            .iter()
            .map(|(file, state)| (file.clone(), state.clone()))
            .collect()
    }
}
