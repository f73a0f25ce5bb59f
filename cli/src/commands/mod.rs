// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands, one module each, and how each is spelled on the command line.

mod baseline;
mod cache;
mod check;
mod check_patch;
mod compdb;
mod completions;
mod config;
mod explain;
mod extract;
mod graph;
mod hook;
mod lsp;
mod man;
mod only_new;
mod rules;
mod scan;
mod source;
mod why;

use std::fs::{self, OpenOptions};
use std::io::IsTerminal;

use anyhow::{Context, Result};
use camino::Utf8Path;
use clap::{Parser, Subcommand, ValueEnum};
use codespan_reporting::term::termcolor::Buffer;

/// Find lock and allocation context violations in a Linux kernel tree
///
/// waitctx proves without running anything what lockdep can only catch when a machine happens to
/// walk the bad path: memory allocated or a spinlock_t taken under a raw_spinlock_t, and anything
/// that sleeps where sleeping is not allowed, over any number of calls.
#[derive(Parser, Debug)]
#[command(name = "waitctx", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  waitctx compdb ~/linux --output /tmp/objects   no build is needed for this
  waitctx scan ~/linux -p /tmp/objects           scan with that database
  waitctx explain sleep-in-atomic                what a rule means
  waitctx why kasan_save_stack ~/linux           what a function demands, and where

Exit status: 0 nothing found, 1 findings, 2 waitctx could not do it.";

#[derive(Subcommand, Debug)]
enum Command {
    Scan(scan::Arguments),
    Baseline(baseline::Arguments),
    Check(check::Arguments),
    CheckPatch(check_patch::Arguments),
    Compdb(compdb::Arguments),
    Config(config::Arguments),
    Extract(extract::Arguments),
    Hook(hook::Arguments),
    Explain(explain::Arguments),
    Why(why::Arguments),
    Graph(graph::Arguments),
    Lsp(lsp::Arguments),
    Rules(rules::Arguments),
    Cache(cache::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// How a command ended that did what it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// There is nothing to complain about.
    Clean,
    /// There are findings.
    Findings,
}

/// Runs the command that `arguments` name.
pub(crate) fn run(arguments: Arguments) -> Result<Outcome> {
    match arguments.command {
        Command::Scan(arguments) => scan::run(arguments),
        Command::Baseline(arguments) => baseline::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::CheckPatch(arguments) => check_patch::run(arguments),
        Command::Compdb(arguments) => compdb::run(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Extract(arguments) => extract::run(arguments),
        Command::Hook(arguments) => hook::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Why(arguments) => why::run(&arguments),
        Command::Graph(arguments) => graph::run(&arguments),
        Command::Lsp(arguments) => lsp::run(arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Cache(arguments) => cache::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}

/// Fails when `path` cannot be written, which is better known before minutes of work than after.
pub(crate) fn check_writable(path: &Utf8Path) -> Result<()> {
    let existed = path.exists();
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("cannot write {path}"))?;
    if !existed {
        fs::remove_file(path).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

/// When output has colours.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum, Debug)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// A buffer for what goes to standard output.
    pub(crate) fn buffer(self) -> Buffer {
        let colored = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
            }
        };
        if colored {
            Buffer::ansi()
        } else {
            Buffer::no_color()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
