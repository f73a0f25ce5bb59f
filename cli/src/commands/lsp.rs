// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx lsp`: findings in editors.

use anyhow::Result;
use clap::Args;

use super::Outcome;
use crate::analysis;
use crate::lsp;

/// Serve an editor through the language server protocol, on standard input and output
///
/// Publishes what is found in open files, with the steps of each chain as related information. After
/// a scan of the whole tree all of the program is known; before, what other files do is not seen.
#[derive(Args, Debug)]
#[command(after_help = "\
Example, in Neovim:
  vim.lsp.start({ name = 'waitctx', cmd = { 'waitctx', 'lsp' }, root_dir = vim.fn.getcwd() })")]
pub(super) struct Arguments {
    #[command(flatten)]
    program: analysis::Arguments,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments) -> Result<Outcome> {
    lsp::serve(arguments.program)?;
    Ok(Outcome::Clean)
}
