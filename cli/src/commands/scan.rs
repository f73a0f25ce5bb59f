// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx scan`: from units to a report. Decides which findings are shown and how the exit status
//! follows from them.

use std::fs;
use std::io::{self, Write};

use anyhow::{Context, Result, anyhow};
use camino::Utf8PathBuf;
use clap::Args;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::{Confidence, Finding, Knowledge, Report};

use super::{Color, Outcome, check_writable};
use crate::allowance;
use crate::catalogue::Catalogue;
use crate::failure::Advised;
use crate::knowledge;
use crate::output::{self, Format, Presentation};
use crate::reading::{self, Reading};
use crate::solving::{self, Solved};
use crate::sources::Sources;
use crate::summary::{self, Clock};
use crate::tally::{UnitState, UnitTally};

/// Scan a kernel tree and report violations
///
/// Reads every C file that the compile database names, links them into one program, and reports
/// each place where something is done that the locks held (or preemption, interrupts or RCU) do not
/// allow, with the chain of calls that leads there. A scan executes nothing from the tree.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: reading::Arguments,

    /// Read the units from a file of `waitctx extract` instead of the sources
    #[arg(long, value_name = "FILE", conflicts_with_all = ["database", "overlay", "libclang"])]
    facts: Option<Utf8PathBuf>,

    /// More knowledge, such as lock wrappers of an out-of-tree module (repeatable)
    #[arg(long, value_name = "FILE")]
    model: Vec<Utf8PathBuf>,

    /// Only findings of this rule (repeatable); `waitctx rules` lists them
    #[arg(long, value_name = "NAME", help_heading = "What is reported")]
    rule: Vec<String>,

    /// Also findings of low confidence, which rest on guesses
    #[arg(long, help_heading = "What is reported")]
    all: bool,

    /// How findings are printed
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    output_format: Format,

    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<Utf8PathBuf>,

    /// When the report has colours
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Output"
    )]
    color: Color,

    /// Exit with 0 even if there are findings
    #[arg(long, help_heading = "Output")]
    exit_zero: bool,

    /// Name every unit that failed and show more figures
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

const EXAMPLES: &str = "\
Examples:
  waitctx scan                            the tree here and its database
  waitctx scan ~/linux -p /tmp/objects    a database that is elsewhere
  waitctx scan --output-format short      for editors: vim -q, M-x compile
  waitctx scan --output-format sarif --output waitctx.sarif
  waitctx scan --rule sleep-in-atomic --all
  waitctx scan -p x86=/tmp/x86 -p arm64=/tmp/arm64 --overlay rt=CONFIG_PREEMPT_RT

Without a database, `waitctx scan TREE` says how to get one.
Exit status: 0 nothing found, 1 findings, 2 waitctx could not do it.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let (knowledge, catalogue) = knowledge::load(&arguments.model)?;
    check_rules(&arguments.rule, &catalogue)?;
    if let Some(path) = &arguments.output {
        check_writable(path)?;
    }

    let mut clock = Clock::new();
    let (solved, roots) = solve(arguments, &knowledge, &mut clock)?;
    let Solved { report, tally } = solved;
    check_units(&tally)?;

    let sources = Sources::new(roots);
    let presentation = present(arguments, &report, &tally, &catalogue, &sources);
    let mut buffer = if arguments.output.is_none() && arguments.output_format == Format::Text {
        arguments.color.buffer()
    } else {
        Buffer::no_color()
    };
    output::write(arguments.output_format, &presentation, &mut buffer)?;
    deliver(arguments, buffer.as_slice())?;
    if arguments.output_format.is_for_people() || arguments.verbose {
        let text = summary::text(&presentation, &clock, arguments.verbose);
        // Nobody may be there to read it, which is not worth a failure.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
    Ok(if presentation.findings.is_empty() || arguments.exit_zero {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

/// Reads and solves, and says where the names of files start from.
fn solve(
    arguments: &Arguments,
    knowledge: &Knowledge,
    clock: &mut Clock,
) -> Result<(Solved, Vec<Utf8PathBuf>)> {
    let pool = reading::pool(arguments.input.jobs())?;
    if let Some(facts) = &arguments.facts {
        let units = clock.time("read", || reading::read_facts(facts, &arguments.input))?;
        let solved = pool.install(|| solving::solve(units, knowledge, clock));
        return Ok((solved, vec![arguments.input.tree()?]));
    }
    let models = knowledge::texts(&arguments.model)?;
    let store = arguments.input.store();
    let configurations = arguments.input.configurations()?;
    let mut reports = Vec::new();
    let mut tally = UnitTally::default();
    let mut all_roots: Vec<Utf8PathBuf> = Vec::new();
    for configuration in &configurations {
        let read = || reading::read(&arguments.input, configuration);
        let Reading { units, roots } = clock.time("read", read)?;
        clock.newly_read(units.newly_read());
        let solved = pool.install(|| {
            solving::solve_cached(units, (knowledge, &models), store.as_ref(), clock)
        })?;
        tally.absorb(solved.tally);
        reports.push((configuration.name.clone(), solved.report));
        for root in roots {
            if !all_roots.contains(&root) {
                all_roots.push(root);
            }
        }
    }
    let report = match reports.len() {
        1 => reports.swap_remove(0).1,
        _ => waitctx_solver::merge(reports),
    };
    Ok((Solved { report, tally }, all_roots))
}

fn check_rules(names: &[String], catalogue: &Catalogue) -> Result<()> {
    for name in names {
        if catalogue.find(name).is_none() {
            return Err(unknown_rule(name, catalogue));
        }
    }
    Ok(())
}

/// The error for a rule that does not exist.
pub(super) fn unknown_rule(name: &str, catalogue: &Catalogue) -> anyhow::Error {
    let help = match catalogue.nearest(name) {
        Some(rule) => format!("there is `{}`; `waitctx rules` lists all", rule.name),
        None => "`waitctx rules` lists all".to_owned(),
    };
    Advised::new(format!("there is no rule `{name}`"), help).into()
}

/// A scan that read nothing found nothing, and must not say that the tree is clean.
fn check_units(tally: &UnitTally) -> Result<()> {
    if tally.units > 0 && tally.count(UnitState::Lost) == tally.units {
        let first = tally.failed.first();
        let reason = first.and_then(|unit| unit.reasons.first());
        return Err(anyhow!(
            "not one of {} units could be read; the first, {}: {}",
            tally.units,
            first.map_or("", |unit| unit.file.as_str()),
            reason.map_or("no reason known", String::as_str)
        ));
    }
    if tally.units == 0 {
        return Err(anyhow!("there are no C units to read"));
    }
    Ok(())
}

fn present<'a>(
    arguments: &Arguments,
    report: &'a Report,
    units: &'a UnitTally,
    rules: &'a Catalogue,
    sources: &'a Sources,
) -> Presentation<'a> {
    let selected =
        |finding: &&Finding| arguments.rule.is_empty() || arguments.rule.contains(&finding.rule);
    let (shown, hidden): (Vec<&Finding>, Vec<&Finding>) = report
        .findings
        .iter()
        .filter(selected)
        .filter(|finding| !allowance::is_allowed(sources, finding))
        .partition(|finding| arguments.all || finding.confidence != Confidence::Low);
    Presentation {
        findings: shown,
        hidden: hidden.len(),
        coverage: report.coverage,
        units,
        rules,
        sources,
    }
}

fn deliver(arguments: &Arguments, bytes: &[u8]) -> Result<()> {
    match &arguments.output {
        Some(path) => fs::write(path, bytes).with_context(|| format!("cannot write {path}")),
        None => {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()?;
            Ok(())
        }
    }
}
