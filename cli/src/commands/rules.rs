// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx rules`: the table of rules.

use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use clap::Args;

use super::Outcome;
use crate::knowledge;
use crate::output::wrap;

/// List the rules
#[derive(Args, Debug)]
pub(super) struct Arguments {}

/// Runs the command.
pub(super) fn run(_: &Arguments) -> Result<Outcome> {
    let catalogue = knowledge::catalogue();
    let rules = catalogue.rules();
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut out = io::stdout().lock();
    let summaries = width + 11;
    // Scripts get a line per rule.
    let columns = if out.is_terminal() { 80 } else { usize::MAX };
    for rule in rules {
        let level = rule.level.name();
        let line = format!("{:width$}  {level:7}  ", rule.name);
        let summary = wrap(&rule.summary, columns - summaries, 0);
        let indented = summary.replace('\n', &format!("\n{:summaries$}", ""));
        writeln!(out, "{line}{indented}")?;
    }
    out.flush()?;
    Ok(Outcome::Clean)
}
