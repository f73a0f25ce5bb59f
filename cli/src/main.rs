// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `waitctx` program: arguments, dispatch and the exit status, nothing else.
//!
//! The exit status is 0 when nothing was found, 1 when there are findings, and 2 when waitctx could
//! not do what it was asked. That the reader of the output has gone (a closed pipe) is success.

mod allowance;
mod cache;
mod call_graph;
mod catalogue;
mod commands;
mod facts;
mod failure;
mod knowledge;
mod maintainers;
mod output;
mod progress;
mod reading;
mod rust_sources;
mod solving;
mod sources;
mod summary;
mod tally;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use crate::commands::Outcome;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
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
