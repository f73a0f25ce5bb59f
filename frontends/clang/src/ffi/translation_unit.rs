// SPDX-License-Identifier: MIT OR Apache-2.0
//! Parsing: an index per thread, one translation unit at a time, and what the parser complained of.

use std::ffi::CString;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_int, c_uint, c_void};
use std::ptr;
use std::slice;

use clang_sys::{
    CXClientData, CXDiagnostic_Error, CXError_Crashed, CXError_Success, CXFile, CXIndex,
    CXSaveError_None, CXSourceLocation, CXTranslationUnit, CXTranslationUnit_ForSerialization,
    CXTranslationUnit_Incomplete, CXTranslationUnit_KeepGoing, CXUnsavedFile,
};
use thiserror::Error;

use super::{Cursor, File, Library, Location, text};
use crate::overlay::Overlay;

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

    /// Parses `file` with the compiler arguments `arguments`. The files in `overlay` are read as if
    /// they were on the disk.
    pub(crate) fn parse(
        &self,
        file: &str,
        arguments: &[String],
        overlay: &Overlay,
        purpose: Purpose,
    ) -> Result<TranslationUnit<'_>, ParseError> {
        let strings: Vec<CString> = ["clang", "-w", "-ferror-limit=0"]
            .into_iter()
            .chain(arguments.iter().map(String::as_str))
            .map(CString::new)
            .collect::<Result<_, _>>()
            .map_err(|_| ParseError::BadArgument)?;
        let pointers: Vec<*const c_char> = strings.iter().map(|it| it.as_ptr()).collect();
        let name = CString::new(file).map_err(|_| ParseError::BadArgument)?;
        let mut unsaved: Vec<CXUnsavedFile> = overlay
            .files()
            .iter()
            .map(|(name, contents)| CXUnsavedFile {
                Filename: name.as_ptr(),
                Contents: contents.as_ptr().cast(),
                Length: contents.len() as _,
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
                purpose.flags(),
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

/// What a file is parsed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// To look at it.
    Reading,
    /// To be written with [`TranslationUnit::save`], and to look at it.
    Precompiling,
}

impl Purpose {
    fn flags(self) -> c_int {
        match self {
            Self::Reading => CXTranslationUnit_KeepGoing,
            Self::Precompiling => {
                CXTranslationUnit_KeepGoing
                    | CXTranslationUnit_Incomplete
                    | CXTranslationUnit_ForSerialization
            }
        }
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

/// That a file was read because another includes it.
pub(crate) struct Inclusion<'tu> {
    /// The file that was read.
    pub(crate) file: File<'tu>,
    /// The directives that led to it, the innermost first; empty for the main file.
    pub(crate) from: Vec<Location<'tu>>,
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

impl TranslationUnit<'_> {
    /// The files that were read, in order, each as often as it was; without those that came with
    /// precompiled headers.
    pub(crate) fn inclusions(&self) -> Vec<Inclusion<'_>> {
        extern "C" fn visit(
            file: CXFile,
            stack: *mut CXSourceLocation,
            length: c_uint,
            data: CXClientData,
        ) {
            // SAFETY: `data` is the vector below, which nothing else uses during the visit.
            let found = unsafe { &mut *data.cast::<Vec<Inclusion<'_>>>() };
            let stack: &[CXSourceLocation] = if stack.is_null() || length == 0 {
                &[]
            } else {
                // SAFETY: libclang passes the array and its length.
                unsafe { slice::from_raw_parts(stack, length as usize) }
            };
            if let Some(file) = File::new(file) {
                let from = stack.iter().map(|&it| Location::new(it)).collect();
                found.push(Inclusion { file, from });
            }
        }
        let mut found: Vec<Inclusion<'_>> = Vec::new();
        let data: *mut c_void = (&raw mut found).cast();
        // SAFETY: the visitor is called during this call only, with the data given here.
        unsafe { clang_sys::clang_getInclusions(self.raw, visit, data) };
        found
    }

    /// Writes what was parsed for [`Purpose::Precompiling`] to `path`; whether that worked.
    pub(crate) fn save(&self, path: &str) -> bool {
        let Ok(path) = CString::new(path) else {
            return false;
        };
        // SAFETY: the unit and the string are valid during the call.
        let code = unsafe { clang_sys::clang_saveTranslationUnit(self.raw, path.as_ptr(), 0) };
        code == CXSaveError_None
    }
}

impl Drop for TranslationUnit<'_> {
    fn drop(&mut self) {
        // SAFETY: made by a parse, disposed of once; everything read from it borrows it.
        unsafe { clang_sys::clang_disposeTranslationUnit(self.raw) };
    }
}
