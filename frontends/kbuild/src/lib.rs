// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which C units and Rust crates a kernel tree consists of and with which arguments each is parsed.
//!
//! * [`Database`] reads a `compile_commands.json`. Reading executes nothing and opens no other file.
//! * [`for_parsing`] turns a compile command into arguments that are safe to hand to libclang:
//!   nothing that writes a file, loads a plugin or reads a response file survives.
//! * [`make`] produces a database of a tree that has not been built. It is the only function here
//!   that runs anything: the tree's own Makefiles, because the user asked for it by name.

pub use advice::how_to_get_a_database;
pub use arguments::{
    SHARED_NAMES, for_parsing, language_group, names_the_unit, refused_flag, without_refused,
};
pub use database::{CompileCommand, Database, DatabaseError, EntryProblem, Incident};
pub use make_database::{
    Arch, Config, Generated, InvalidRequest, Lacking, Made, MakeError, NotTaken, Request, Step,
    Toolchain, generate_missing, make,
};
pub use rust_crates::{
    Edits, RustCrate, RustProjectError, RustSelection, RustSources, rust_crates,
};

mod advice;
mod arguments;
mod compiler;
mod database;
mod make_database;
mod paths;
mod rust_crates;
