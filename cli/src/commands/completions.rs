// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx completions`: what a shell needs to complete the command line.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Outcome;

/// Print what a shell needs to complete commands and options
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  waitctx completions bash > ~/.local/share/bash-completion/completions/waitctx
  waitctx completions zsh > ~/.zfunc/_waitctx
  waitctx completions fish > ~/.config/fish/completions/waitctx.fish")]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut script = Vec::new();
    let mut command = super::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "waitctx", &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Outcome::Clean)
}
