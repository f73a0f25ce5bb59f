// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finding and loading libclang: which versions will do, where it is looked for, and what to tell
//! people who have none.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use clang_sys::SharedLibrary;
use thiserror::Error;

use super::text;

/// The oldest version whose cursors tell enough (kinds of operators).
const OLDEST: u32 = 17;
/// The newest version that was tried.
const NEWEST: u32 = 20;
/// Where Debian, Ubuntu and the LLVM project's own packages put their libraries.
const DIRECTORIES: &str = "/usr/lib/llvm-";
/// What to do about a missing library.
const ADVICE: &str = "install one (`apt-get install libclang1-19`, or `pip install \
                      libclang==18.1.1`) and, if it is in no usual place, name the file in \
                      LIBCLANG_PATH";

/// Why there is no libclang to work with.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Nothing that looks like libclang was found, or it could not be opened.
    #[error("no usable libclang: {reason}; {ADVICE}")]
    NotFound {
        /// What the search said.
        reason: String,
    },
    /// A libclang that tells too little.
    #[error("{version} is too old, libclang {OLDEST} or newer is needed; {ADVICE}")]
    TooOld {
        /// How it calls itself.
        version: String,
    },
    /// A libclang without a function that is needed.
    #[error("{version} lacks {function}; {ADVICE}")]
    Incomplete {
        /// How it calls itself.
        version: String,
        /// The first function that is missing.
        function: &'static str,
    },
}

/// A loaded libclang. Cheap to clone.
#[derive(Clone)]
pub struct Library {
    shared: Arc<SharedLibrary>,
    version: String,
    major: u32,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Library").field(&self.version).finish()
    }
}

/// `clang_sys` takes the path of the library from the environment only, so loading is done by one
/// thread at a time.
static LOADING: Mutex<()> = Mutex::new(());
const VARIABLE: &str = "LIBCLANG_PATH";

impl Library {
    /// Loads libclang: the file or directory `explicit`, or else what `LIBCLANG_PATH` names, or
    /// else the newest version of the usual directories that is known to work, or else whatever
    /// can be found.
    ///
    /// # Errors
    /// When nothing is found or what is found is too old or incomplete.
    pub fn load(explicit: Option<&Utf8Path>) -> Result<Self, LoadError> {
        let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = match explicit {
            Some(path) => Self::open_at(path)?,
            None if env::var_os(VARIABLE).is_some() => Self::open_anywhere()?,
            None => match Self::installed() {
                Some(directory) => Self::open_at(&directory)?,
                None => Self::open_anywhere()?,
            },
        };
        let shared = Arc::new(shared);
        clang_sys::set_library(Some(Arc::clone(&shared)));
        // SAFETY: the library was loaded on this thread just now, and the function is in every
        // libclang.
        let version = text::take(unsafe { clang_sys::clang_getClangVersion() });
        let Some(major) = major_version(&version).filter(|&major| major >= OLDEST) else {
            return Err(LoadError::TooOld { version });
        };
        if let Some(function) = missing_function() {
            return Err(LoadError::Incomplete { version, function });
        }
        // SAFETY: no arguments to get wrong; it is a switch of the whole process.
        unsafe { clang_sys::clang_toggleCrashRecovery(1) };
        Ok(Self {
            shared,
            version,
            major,
        })
    }

    /// How the library calls itself.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The first number of the version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Whether the library is newer than any that was tried.
    pub fn is_untried(&self) -> bool {
        self.major > NEWEST
    }

    /// Makes the library the one that `clang_sys` calls on this thread.
    pub(super) fn enter(&self) {
        clang_sys::set_library(Some(Arc::clone(&self.shared)));
    }

    fn open_anywhere() -> Result<SharedLibrary, LoadError> {
        clang_sys::load_manually().map_err(|reason| LoadError::NotFound { reason })
    }

    fn open_at(path: &Utf8Path) -> Result<SharedLibrary, LoadError> {
        let before: Option<OsString> = env::var_os(VARIABLE);
        // SAFETY: loading is serialised by `LOADING` and happens before any reading thread exists;
        // Rust code reads the environment under its own lock.
        unsafe { env::set_var(VARIABLE, path) };
        let opened = Self::open_anywhere();
        // SAFETY: as above.
        unsafe {
            match before {
                Some(value) => env::set_var(VARIABLE, value),
                None => env::remove_var(VARIABLE),
            }
        }
        opened
    }

    /// The directory of the newest version that was tried and is installed.
    fn installed() -> Option<Utf8PathBuf> {
        (OLDEST..=NEWEST)
            .rev()
            .map(|major| Utf8PathBuf::from(format!("{DIRECTORIES}{major}/lib")))
            .find(|directory| {
                fs::read_dir(directory).is_ok_and(|entries| {
                    entries.flatten().any(|entry| {
                        entry.file_name().to_str().is_some_and(|name| {
                            name.starts_with("libclang") && !name.starts_with("libclang-cpp")
                        })
                    })
                })
            })
    }
}

/// `19` of `Debian clang version 19.1.7 (...)`.
fn major_version(version: &str) -> Option<u32> {
    let after = version.split("version ").nth(1)?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Calling a function that the library lacks would panic in the middle of a visit.
fn missing_function() -> Option<&'static str> {
    macro_rules! first_missing {
        ($($name:ident),* $(,)?) => {
            $(if !clang_sys::$name::is_loaded() { return Some(stringify!($name)); })*
        };
    }
    first_missing!(
        clang_createIndex,
        clang_parseTranslationUnit2FullArgv,
        clang_getNumDiagnostics,
        clang_getInclusions,
        clang_saveTranslationUnit,
        clang_getFileContents,
        clang_getFileLocation,
        clang_getExpansionLocation,
        clang_getSpellingLocation,
        clang_getCursorPrettyPrinted,
        clang_PrintingPolicy_setProperty,
        clang_getCursorBinaryOperatorKind,
        clang_getCursorUnaryOperatorKind,
        clang_Cursor_getVarDeclInitializer,
        clang_Cursor_Evaluate,
        clang_Cursor_hasAttrs,
        clang_Cursor_isAnonymous,
        clang_getUnqualifiedType,
        clang_Type_visitFields,
    );
    None
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn versions_are_read_with_any_vendor() {
        assert_eq!(
            major_version("Debian clang version 19.1.7 (3~deb12u1)"),
            Some(19)
        );
        assert_eq!(major_version("clang version 18.1.1"), Some(18));
        assert_eq!(major_version("something else"), None);
    }
}
