// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernel knowledge as data, and the rules with their pages.
//!
//! `model/*.toml` says which kernel functions acquire, release and demand what, one file per
//! subject; `catalogue/*.md` holds one page per rule. Both are compiled in. This crate checks them
//! and turns them into the solver's tables; it knows nothing of how a program is parsed or solved,
//! reads no files and asks the environment nothing.
//!
//! - A new lock or allocator is a row in a model file, nothing else.
//! - A new rule is a page in the catalogue whose head names demands and how low the limit of a
//!   context must be; its examples are run as tests.
//! - [`load`] takes more model files: a user's own tree has wrappers and locks of its own.

mod catalogue;
mod error;
mod model;
mod rust;

pub use catalogue::{Level, Rule, rule, rules};
pub use error::ModelError;
pub use model::{builtin, builtin_files, load};
pub use rust::{Attribute, Rust, rust};
