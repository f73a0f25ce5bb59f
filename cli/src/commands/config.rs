// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx config`: what is configured, and what can be.

use std::io::{self, Write};

use anyhow::{Result, anyhow};
use camino::Utf8PathBuf;
use clap::{Args, Subcommand};

use super::Outcome;
use crate::config::{self, SCHEMA};
use crate::knowledge;
use crate::part::absolute;

/// Show what is configured for a tree and where, or what can be
///
/// waitctx.toml is looked for in the scanned tree and then in the folders above it; the first one
/// that is found counts. docs/configuration.md of waitctx describes its keys.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Print what is in force, as TOML with a comment that says where each value comes from
    Show(Show),
    /// Print the JSON schema of waitctx.toml, for editors
    Schema,
}

#[derive(Args, Debug)]
struct Show {
    /// The kernel tree
    #[arg(default_value = ".")]
    tree: Utf8PathBuf,

    #[command(flatten)]
    config: config::Arguments,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let text = match &arguments.action {
        Action::Schema => SCHEMA.to_owned(),
        Action::Show(show) => {
            let tree = absolute(&show.tree)?;
            if !tree.is_dir() {
                return Err(anyhow!("{tree} is not a directory"));
            }
            let rules = knowledge::catalogue();
            config::show(&show.config.load(&tree, &rules)?, &rules)
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Outcome::Clean)
}
