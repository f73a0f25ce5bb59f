// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with a model file or a rule page, and where.

use std::ops::Range;

/// A mistake in a model file or a rule page.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ModelError {
    /// The file's name as it was given.
    pub file: String,
    /// The bytes of its text that are wrong.
    pub span: Range<usize>,
    /// The line in which they start, counted from 1.
    pub line: usize,
    /// The column in bytes at which they start, counted from 1.
    pub column: usize,
    /// What is wrong: lower case, without a final stop.
    pub message: String,
}

impl ModelError {
    /// A mistake at `span` of `text`, which is the content of `file`.
    pub(crate) fn new(file: &str, text: &str, span: Range<usize>, message: String) -> Self {
        let before = &text.as_bytes()[..span.start.min(text.len())];
        let line_start = before
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |newline| newline + 1);
        Self {
            file: file.to_owned(),
            line: before.iter().filter(|&&byte| byte == b'\n').count() + 1,
            column: before.len() - line_start + 1,
            span,
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ModelError;

    #[test]
    fn lines_and_columns_count_from_one() {
        let at = |span| ModelError::new("f", "ab\ncd\n", span, "x".to_owned()).to_string();
        assert_eq!(at(0..1), "f:1:1: x");
        assert_eq!(at(4..5), "f:2:2: x");
        assert_eq!(at(6..6), "f:3:1: x");
        assert_eq!(at(99..99), "f:3:1: x");
    }
}
