// SPDX-License-Identifier: MIT OR Apache-2.0
//! libclang behind safe types: the only place that knows `clang_sys` and the only unsafe code.
//!
//! Everything that is read out of a translation unit borrows it, so nothing outlives the memory it
//! points into. None of the types can be sent to another thread: libclang is loaded per thread and
//! [`Index::new`] is where a thread gets it.
#![expect(
    unsafe_code,
    reason = "libclang is a C library; every call is wrapped here"
)]
#![allow(non_upper_case_globals, reason = "libclang's constants are named so")]
// A constant that this libclang binding does not define would silently become a catch-all pattern.
#![deny(unreachable_patterns, unused_variables)]

mod cursor;
mod kinds;
mod library;
mod location;
mod memory;
mod text;
mod translation_unit;
mod types;

pub(crate) use cursor::{Cursor, Linkage, StatementId, Storage};
pub(crate) use kinds::{BinaryKind, Kind, TypeKind, UnaryKind};
pub(crate) use location::{File, Location, Position};
pub(crate) use memory::release_memory;
pub(crate) use translation_unit::{Index, ParseError, Purpose, TranslationUnit};
pub(crate) use types::CType;

pub use library::{Library, LoadError};
