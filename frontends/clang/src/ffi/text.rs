// SPDX-License-Identifier: MIT OR Apache-2.0
//! Strings that libclang hands out.

use std::ffi::CStr;

use clang_sys::{CXString, clang_disposeString, clang_getCString};

/// Copies the string out and gives it back to libclang.
pub(super) fn take(string: CXString) -> String {
    // SAFETY: `string` was just returned by libclang and is disposed of once, after the copy.
    unsafe {
        let pointer = clang_getCString(string);
        let text = if pointer.is_null() {
            String::new()
        } else {
            CStr::from_ptr(pointer).to_string_lossy().into_owned()
        };
        clang_disposeString(string);
        text
    }
}
