// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `waitctx` program: arguments, dispatch and the exit status, nothing else. It is a library so
//! that the package at the root of the repository, which pre-commit installs, is the same program.
//!
//! The exit status is 0 when nothing was found, 1 when there are findings, and 2 when waitctx could
//! not do what it was asked. That the reader of the output has gone (a closed pipe) is success.

mod allowance;
mod analysis;
mod baseline;
mod before;
mod cache;
mod call_graph;
mod catalogue;
mod changes;
mod commands;
mod config;
mod facts;
mod failure;
mod git;
mod grounds;
mod knowledge;
mod left;
mod lsp;
mod maintainers;
mod output;
mod part;
mod partial;
mod pattern;
mod progress;
mod reading;
mod rust_knowledge;
mod rust_sources;
mod selection;
mod series;
mod shadow;
mod solving;
mod sources;
mod summary;
mod suppressions;
mod tally;
mod told;
mod toml_file;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use crate::commands::Outcome;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    use_small_pages();
    let arguments = match commands::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Also `--help` and `--version`, which go to standard output and are no errors.
            let status = u8::try_from(error.exit_code()).unwrap_or(2);
            return match error.print() {
                Ok(()) => ExitCode::from(status),
                Err(_) => ExitCode::SUCCESS,
            };
        }
    };
    match commands::run(arguments) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(error) if failure::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // When not even this can be written, the status still says it.
            let _ = failure::print(&error, &mut io::stderr().lock());
            ExitCode::from(2)
        }
    }
}

/// Asks the system for no huge pages. What is freed of the millions of small things that a scan remembers
/// for a while leaves holes in them, which cost memory, and time when they are cleared again.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    // Where it cannot be had, everything takes a little more.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
