// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx man`: the manual pages, made from what `--help` says.

use std::fs;
use std::io::{self, Write};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::Outcome;

/// Write the manual pages to a folder: waitctx.1 and one for each command
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  waitctx man ~/.local/share/man/man1 && man waitctx-scan")]
pub(super) struct Arguments {
    /// The folder; it is made if it does not exist
    folder: Utf8PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let folder = &arguments.folder;
    let mut command = super::Arguments::command().disable_help_subcommand(true);
    command.build();
    fs::create_dir_all(folder).with_context(|| format!("cannot write {folder}"))?;
    let mut count = 0;
    write(&command, folder, &mut count)?;
    writeln!(io::stdout(), "{folder}: {count} pages")?;
    Ok(Outcome::Clean)
}

/// Writes the page of `command` and those of its commands.
fn write(command: &Command, folder: &Utf8PathBuf, count: &mut usize) -> Result<()> {
    // What it is called with the commands that it belongs to: waitctx-baseline-create.
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.1"));
    let mut page = Vec::new();
    // The day would make two runs differ.
    Man::new(command.clone())
        .title(name.to_uppercase())
        .date("")
        .source(concat!("waitctx ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands")
        .render(&mut page)?;
    fs::write(&path, page).with_context(|| format!("cannot write {path}"))?;
    *count += 1;
    for command in command.get_subcommands() {
        write(command, folder, count)?;
    }
    Ok(())
}
