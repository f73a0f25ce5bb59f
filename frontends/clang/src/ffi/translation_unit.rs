// SPDX-License-Identifier: MIT OR Apache-2.0
//! Parsing: an index per thread, one translation unit at a time, and what the parser complained of.

use std::ffi::CString;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_int};
use std::ptr;
use std::slice;

use clang_sys::{
    CXDiagnostic_Error, CXError_Crashed, CXError_Success, CXIndex, CXTranslationUnit,
    CXTranslationUnit_KeepGoing, CXUnsavedFile,
};
use thiserror::Error;

use super::{Cursor, File, Library, Location, text};

/// libclang's context for parsing; belongs to one thread.
pub(crate) struct Index {
    raw: CXIndex,
}

impl Index {
    /// A new index for the calling thread.
    pub(crate) fn new(library: &Library) -> Self {
        library.enter();
        // SAFETY: the library is loaded on this thread. The first argument leaves declarations of
        // a precompiled header out of the top level, the second keeps libclang quiet.
        let raw = unsafe { clang_sys::clang_createIndex(1, 0) };
        Self { raw }
    }

    /// Parses `file` with the compiler arguments `arguments`. With `contents` the file need not
    /// exist.
    pub(crate) fn parse(
        &self,
        file: &str,
        arguments: &[String],
        contents: Option<&str>,
    ) -> Result<TranslationUnit<'_>, ParseError> {
        let strings: Vec<CString> = ["clang", "-w", "-ferror-limit=0"]
            .into_iter()
            .chain(arguments.iter().map(String::as_str))
            .map(CString::new)
            .collect::<Result<_, _>>()
            .map_err(|_| ParseError::BadArgument)?;
        let pointers: Vec<*const c_char> = strings.iter().map(|it| it.as_ptr()).collect();
        let name = CString::new(file).map_err(|_| ParseError::BadArgument)?;
        let mut unsaved: Vec<CXUnsavedFile> = contents
            .iter()
            .map(|text| CXUnsavedFile {
                Filename: name.as_ptr(),
                Contents: text.as_ptr().cast(),
                Length: text.len() as _,
            })
            .collect();
        let count = c_int::try_from(pointers.len()).map_err(|_| ParseError::BadArgument)?;
        let mut raw: CXTranslationUnit = ptr::null_mut();
        // SAFETY: all strings and arrays outlive the call, the counts are theirs, and libclang
        // copies what it keeps.
        let code = unsafe {
            clang_sys::clang_parseTranslationUnit2FullArgv(
                self.raw,
                name.as_ptr(),
                pointers.as_ptr(),
                count,
                unsaved.as_mut_ptr(),
                unsaved.len() as _,
                CXTranslationUnit_KeepGoing,
                &raw mut raw,
            )
        };
        match code {
            CXError_Success if !raw.is_null() => Ok(TranslationUnit {
                raw,
                index: PhantomData,
            }),
            CXError_Crashed => Err(ParseError::Crashed),
            _ => Err(ParseError::Refused),
        }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        // SAFETY: made by `clang_createIndex`, and all its units borrow it.
        unsafe { clang_sys::clang_disposeIndex(self.raw) };
    }
}

/// Why there is no translation unit at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub(crate) enum ParseError {
    /// The parser crashed.
    #[error("libclang crashed while it parsed the file")]
    Crashed,
    /// The parser would not start: an argument is wrong.
    #[error("libclang refuses to parse the file with its compiler arguments")]
    Refused,
    /// An argument or the file name has a NUL byte inside.
    #[error("a compiler argument has a NUL byte inside")]
    BadArgument,
}

/// Something the compiler has to say, of the severity of an error.
pub(crate) struct Diagnostic<'tu> {
    /// The message.
    pub(crate) text: String,
    /// Where.
    pub(crate) location: Location<'tu>,
}

/// A parsed file with everything it includes.
pub(crate) struct TranslationUnit<'index> {
    raw: CXTranslationUnit,
    index: PhantomData<&'index Index>,
}

impl TranslationUnit<'_> {
    /// The root: its children are the declarations at file level.
    pub(crate) fn cursor(&self) -> Cursor<'_> {
        // SAFETY: `raw` is valid as long as `self`.
        Cursor::new(unsafe { clang_sys::clang_getTranslationUnitCursor(self.raw) })
    }

    /// The bytes of a file of the unit, as the parser saw them.
    pub(crate) fn contents<'tu>(&'tu self, file: File<'tu>) -> &'tu [u8] {
        let mut length = 0;
        // SAFETY: both handles belong to this unit; the buffer lives as long as the unit.
        unsafe {
            let start = clang_sys::clang_getFileContents(self.raw, file.raw(), &raw mut length);
            if start.is_null() {
                return &[];
            }
            slice::from_raw_parts(start.cast(), length)
        }
    }

    /// What was wrong with it: errors only, in order.
    pub(crate) fn errors(&self) -> Vec<Diagnostic<'_>> {
        let mut errors = Vec::new();
        // SAFETY: each diagnostic is asked for by a valid index and disposed of once.
        unsafe {
            for index in 0..clang_sys::clang_getNumDiagnostics(self.raw) {
                let diagnostic = clang_sys::clang_getDiagnostic(self.raw, index);
                if clang_sys::clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error {
                    errors.push(Diagnostic {
                        text: text::take(clang_sys::clang_getDiagnosticSpelling(diagnostic)),
                        location: Location::new(clang_sys::clang_getDiagnosticLocation(diagnostic)),
                    });
                }
                clang_sys::clang_disposeDiagnostic(diagnostic);
            }
        }
        errors
    }
}

impl Drop for TranslationUnit<'_> {
    fn drop(&mut self) {
        // SAFETY: made by a parse, disposed of once; everything read from it borrows it.
        unsafe { clang_sys::clang_disposeTranslationUnit(self.raw) };
    }
}
