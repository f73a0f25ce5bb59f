// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the programmer wrote something, and through which macro.
//!
//! A call that a macro's body makes belongs to the place where the outermost macro is used, under
//! that macro's name. A call that is only an argument of a macro (`likely(f(x))`) belongs to the
//! place where it is written.

use waitctx_model::{NameId, Span};

use crate::ffi::{Cursor, Location, Position};
use crate::reader::Reader;

/// A place and the macro that is used there.
#[derive(Clone, Copy)]
pub(crate) struct Site {
    pub(crate) span: Span,
    pub(crate) via_macro: Option<NameId>,
}

impl<'tu> Reader<'tu> {
    /// Where an expression or a declaration is written; `None` if that cannot be told.
    pub(crate) fn site(&mut self, cursor: Cursor<'tu>) -> Option<Site> {
        let (start, end) = cursor.extent();
        let written = start.written()?;
        if !start.in_macro() {
            let span = self.span(written, end);
            return Some(Site {
                span,
                via_macro: None,
            });
        }
        let expanded = start.expanded()?;
        let (at, through_macro) = if written == expanded {
            (written, true)
        } else if !end.in_macro() {
            // It starts with an argument, but what closes it is in the body of the outermost
            // macro.
            (expanded, true)
        } else {
            match end.written() {
                // The same with a macro that is itself an argument.
                Some(at) if at.file == written.file && at.offset <= written.offset => (at, true),
                _ => (written, false),
            }
        };
        let span = self.span(at, end);
        let via_macro = if through_macro {
            self.identifier(at).map(|text| self.name(&text))
        } else {
            None
        };
        Some(Site { span, via_macro })
    }

    /// The name of the macro whose body put something at a location.
    pub(crate) fn macro_at(&mut self, location: Location<'tu>) -> Option<NameId> {
        if !location.in_macro() {
            return None;
        }
        let written = location.written()?;
        let text = self.identifier(written)?;
        Some(self.name(&text))
    }

    /// From a position to an end; when the end lies elsewhere, just the word at the position.
    fn span(&mut self, start: Position<'tu>, end: Location<'tu>) -> Span {
        match end.written() {
            Some(end) if end.file == start.file && end.offset > start.offset => Span {
                file: self.file(start.file).name,
                line: start.line,
                column: start.column,
                end_line: end.line,
                end_column: end.column,
            },
            _ => self.word_span(start),
        }
    }
}
