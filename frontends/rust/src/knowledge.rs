// SPDX-License-Identifier: MIT OR Apache-2.0
//! What this frontend has to be told about the program's own macros, attributes and constants. It
//! knows the language; what a kernel makes of it is data.

use std::collections::BTreeMap;

/// What is known besides the language.
#[derive(Clone, Default, Debug)]
pub struct Knowledge {
    /// Constants of C by name, as far as calls depend on them (allocation flags).
    pub constants: BTreeMap<String, i64>,
    /// The text of a Rust file with `macro_rules!` that take the place of the program's macros of
    /// these names: procedural ones, and ones that are too clever to be followed.
    pub macros: String,
    /// What attributes mean, by their path (`vtable`, `klint::preempt_count`).
    pub attributes: BTreeMap<String, AttributeMeaning>,
    /// A C function `f` that is not there stands for the function of this prefix and `f`.
    pub helper_prefix: String,
}

/// What an attribute means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttributeMeaning {
    /// The `impl` is one of `Drop`.
    Drop,
    /// The trait and its implementations have a constant for each function, which says whether the
    /// implementation has it. Its name is this prefix and the function's name in capitals.
    Presence(String),
    /// It says what the function expects of the preemption count and does to it.
    Preemption(PreemptionMarkers),
}

/// The functions that say what an annotation says: an annotated function is taken to call them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreemptionMarkers {
    /// What is called by a function that expects a count of zero only.
    pub may_sleep: String,
    /// What raises the count by one.
    pub raises: String,
    /// What lowers the count by one.
    pub lowers: String,
}
