// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx cache`: what is kept for the next scan, and how to be rid of it.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Outcome;
use crate::cache::{self, Bound, Location, Usage};

/// Show or remove what is kept for the next scan
///
/// A scan keeps what it read from each unit, so that the next one reads only what has changed.
/// Everything is found again by the content it was made from, so it can be removed at any time,
/// also while a scan runs.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  waitctx cache info
  waitctx cache clean")]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    location: Location,
}

#[derive(Clone, Copy, Subcommand, Debug)]
enum Action {
    /// Say where it is and how much it holds
    Info,
    /// Remove it
    Clean,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let directory = arguments.location.directory()?;
    let mut out = io::stdout().lock();
    match arguments.action {
        Action::Info => {
            let held = cache::usage(&directory)?;
            writeln!(out, "{directory}: {}", text(held))?;
        }
        Action::Clean => {
            let removed = cache::clean(&directory, Bound::Nothing)?;
            writeln!(out, "{directory}: removed {}", text(removed))?;
        }
    }
    Ok(Outcome::Clean)
}

fn text(usage: Usage) -> String {
    let entries = match usage.entries {
        1 => "1 entry".to_owned(),
        n => format!("{n} entries"),
    };
    format!("{entries}, {} MiB", usage.bytes >> 20)
}
