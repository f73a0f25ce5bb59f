// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx extract`: the sources as facts in a file, to be solved later or elsewhere.

use std::io::{self, Write};

use anyhow::Result;
use camino::Utf8PathBuf;
use clap::Args;

use super::{Outcome, check_writable};
use crate::config;
use crate::facts;
use crate::knowledge;
use crate::reading;
use crate::summary;
use crate::tally::{UnitState, UnitTally};

/// Read the sources and write what the analysis needs of them to a file
///
/// `waitctx scan --facts FILE` reports from it without reading the sources again. The file has the
/// names and the control flow of the functions, no comments and no absolute paths, so it can go
/// with a bug report. It is read by the version of waitctx that wrote it.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  waitctx extract ~/linux -p /tmp/objects --output linux.facts
  waitctx scan ~/linux --facts linux.facts")]
pub(super) struct Arguments {
    #[command(flatten)]
    input: reading::Arguments,

    #[command(flatten)]
    config: config::Arguments,

    /// Where to write
    #[arg(short, long, value_name = "FILE")]
    output: Utf8PathBuf,
}

/// Runs the command.
pub(super) fn run(mut arguments: Arguments) -> Result<Outcome> {
    check_writable(&arguments.output)?;
    let selected = arguments.input.select()?;
    let config = arguments
        .config
        .load(&selected.tree, &knowledge::catalogue())?;
    let configurations = arguments.input.configurations(&config)?;
    let configuration = reading::only(&configurations, "a file of facts")?;
    arguments.input.part = selected.part;
    let start = std::time::Instant::now();
    let pool = reading::pool(arguments.input.jobs())?;
    let units = reading::read(&arguments.input, configuration)?.units;
    let units = pool.install(|| units.into_units())?;
    let read = start.elapsed();
    let length = pool.install(|| facts::write(&arguments.output, &units))?;

    let tally = UnitTally::new(&units);
    let functions: usize = units.iter().map(|unit| unit.functions.len()).sum();
    let mut out = io::stderr().lock();
    writeln!(
        out,
        "wrote {}: {} units ({} damaged, {} lost), {functions} functions, {} MiB",
        arguments.output,
        tally.units,
        tally.count(UnitState::Damaged),
        tally.count(UnitState::Lost),
        length >> 20,
    )?;
    for unit in &tally.failed {
        writeln!(out, "  {} {}", unit.state.name(), unit.file)?;
        if let Some(reason) = unit.reasons.first() {
            writeln!(out, "    {reason}")?;
        }
    }
    let memory = summary::peak_memory().unwrap_or_default();
    writeln!(out, "{:.1} s, {memory} MiB at most", read.as_secs_f64())?;
    Ok(Outcome::Clean)
}
