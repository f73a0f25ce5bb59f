// SPDX-License-Identifier: MIT OR Apache-2.0
//! TOML files of the user's: a mistake in one is shown in its text.

use std::fs;
use std::ops::Range;

use anyhow::{Context, Result, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term;
use serde::de::DeserializeOwned;

use crate::failure::Rendered;

/// A file that was read, to show mistakes in.
#[derive(Clone, Debug)]
pub(crate) struct TomlFile {
    pub(crate) path: Utf8PathBuf,
    text: String,
}

impl TomlFile {
    /// Reads `path`.
    pub(crate) fn read(path: &Utf8Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {path}"))?;
        let text = String::from_utf8(bytes).map_err(|_| anyhow!("{path} is not UTF-8"))?;
        let path = path.to_owned();
        Ok(Self { path, text })
    }

    /// What the file says.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(&self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.mistake(span, error.message(), "")
        })
    }

    /// An error that shows `span` of the file.
    pub(crate) fn mistake(&self, span: Range<usize>, message: &str, note: &str) -> anyhow::Error {
        Rendered(show(self.path.as_str(), &self.text, span, message, note)).into()
    }

    /// The line, counted from 1, that the byte `offset` is in.
    pub(crate) fn line(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        before.iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// A mistake at `span` of the file `name` for people.
pub(crate) fn show(
    name: &str,
    text: &str,
    span: Range<usize>,
    message: &str,
    note: &str,
) -> String {
    let mut diagnostic = Diagnostic::error()
        .with_message(message)
        .with_label(Label::primary((), span));
    if !note.is_empty() {
        diagnostic = diagnostic.with_note(note);
    }
    let file = SimpleFile::new(name, text);
    term::emit_into_string(&term::Config::default(), &file, &diagnostic)
        .unwrap_or_else(|_| format!("error: {name}: {message}\n"))
}
