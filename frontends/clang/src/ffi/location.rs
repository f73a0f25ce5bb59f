// SPDX-License-Identifier: MIT OR Apache-2.0
//! Places in files, and what macros do to them.

use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ptr;

use clang_sys::{CXFile, CXSourceLocation};

use super::text;

/// A file of a translation unit.
#[derive(Clone, Copy)]
pub(crate) struct File<'tu> {
    raw: CXFile,
    unit: PhantomData<&'tu ()>,
}

impl File<'_> {
    pub(super) fn new(raw: CXFile) -> Option<Self> {
        (!raw.is_null()).then_some(Self {
            raw,
            unit: PhantomData,
        })
    }

    pub(super) fn raw(self) -> CXFile {
        self.raw
    }

    /// The name under which it was opened.
    pub(crate) fn name(self) -> String {
        // SAFETY: the handle belongs to a unit that is still borrowed.
        text::take(unsafe { clang_sys::clang_getFileName(self.raw) })
    }
}

impl PartialEq for File<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for File<'_> {}

impl Hash for File<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

/// A point in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position<'tu> {
    /// The file.
    pub(crate) file: File<'tu>,
    /// The line, from 1.
    pub(crate) line: u32,
    /// The column in bytes, from 1.
    pub(crate) column: u32,
    /// The offset in bytes, from 0.
    pub(crate) offset: u32,
}

/// Where the parser took something from; may be inside a macro.
#[derive(Clone, Copy)]
pub(crate) struct Location<'tu> {
    raw: CXSourceLocation,
    unit: PhantomData<&'tu ()>,
}

impl<'tu> Location<'tu> {
    pub(super) fn new(raw: CXSourceLocation) -> Self {
        Self {
            raw,
            unit: PhantomData,
        }
    }

    /// Whether a macro put the token there, from its body or as one of its arguments.
    pub(crate) fn in_macro(self) -> bool {
        // libclang stores clang's own encoding of the location, whose highest bit says just this;
        // it has no function to ask.
        self.raw.int_data & (1 << 31) != 0
    }

    /// Where the programmer wrote it: macro arguments at their own place, macro bodies at the
    /// place of the expansion.
    pub(crate) fn written(self) -> Option<Position<'tu>> {
        self.ask(clang_sys::clang_getFileLocation)
    }

    /// Where the outermost macro is expanded.
    pub(crate) fn expanded(self) -> Option<Position<'tu>> {
        self.ask(clang_sys::clang_getExpansionLocation)
    }

    /// Where the characters are, which may be a macro's definition (from libclang 19; older ones
    /// answer as [`Self::written`]).
    pub(crate) fn spelled(self) -> Option<Position<'tu>> {
        self.ask(clang_sys::clang_getSpellingLocation)
    }

    fn ask(
        self,
        question: unsafe fn(CXSourceLocation, *mut CXFile, *mut u32, *mut u32, *mut u32),
    ) -> Option<Position<'tu>> {
        let mut file = ptr::null_mut();
        let (mut line, mut column, mut offset) = (0, 0, 0);
        // SAFETY: the location belongs to a unit that is still borrowed, the rest are out
        // parameters.
        unsafe {
            question(
                self.raw,
                &raw mut file,
                &raw mut line,
                &raw mut column,
                &raw mut offset,
            );
        }
        Some(Position {
            file: File::new(file)?,
            line,
            column,
            offset,
        })
    }
}
