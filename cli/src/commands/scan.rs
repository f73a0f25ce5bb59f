// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx scan`: from units to a report. Decides which findings are shown and how the exit status
//! follows from them.

use std::io::{self, Write};

use anyhow::{Result, anyhow};
use clap::Args;
use waitctx_solver::{Confidence, Finding, Report};

use super::Outcome;
use super::source::Source;
use crate::allowance;
use crate::catalogue::Catalogue;
use crate::failure::Advised;
use crate::knowledge;
use crate::output::{self, Presentation, Suppressed, SuppressionPlace};
use crate::solving::Solved;
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
    source: Source,

    /// Only findings of this rule (repeatable); `waitctx rules` lists them
    #[arg(long, value_name = "NAME", help_heading = "What is reported")]
    rule: Vec<String>,

    /// Only the finding with this fingerprint (repeatable); reports name it
    #[arg(long, value_name = "FINGERPRINT", help_heading = "What is reported")]
    finding: Vec<String>,

    /// Also findings of low confidence, which rest on guesses
    #[arg(long, help_heading = "What is reported")]
    all: bool,

    #[command(flatten)]
    output: output::Options,

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

Without a database, `waitctx scan TREE` says how to get one.
Exit status: 0 nothing found, 1 findings, 2 waitctx could not do it.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let (knowledge, catalogue) = knowledge::load(&arguments.source.model)?;
    check_rules(&arguments.rule, &catalogue)?;
    arguments.output.check()?;

    let mut clock = Clock::new();
    let has_nesting = arguments.output.format().has_nesting();
    let (solved, roots) = arguments
        .source
        .solve(&knowledge, has_nesting, &mut clock)?;
    let Solved {
        report,
        tally,
        nesting,
    } = solved;
    check_units(&tally)?;
    check_findings(&arguments.finding, &report)?;

    let sources = Sources::new(roots);
    let presentation = Presentation {
        nesting: &nesting,
        ..present(arguments, &report, &tally, &catalogue, &sources)
    };
    arguments.output.deliver(&presentation)?;
    if arguments.output.format().is_for_people() || arguments.verbose {
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

/// A finding that is not there is fixed, or mistyped: to say nothing would leave that open.
fn check_findings(fingerprints: &[String], report: &Report) -> Result<()> {
    for fingerprint in fingerprints {
        let known = report
            .findings
            .iter()
            .any(|it| it.fingerprint == *fingerprint);
        if !known {
            return Err(unknown_finding(fingerprint));
        }
    }
    Ok(())
}

/// The error for a finding that does not exist.
pub(super) fn unknown_finding(fingerprint: &str) -> anyhow::Error {
    Advised::new(
        format!("there is no finding {fingerprint}"),
        "it may be fixed; `waitctx scan` names each at its end",
    )
    .into()
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
pub(super) fn check_units(tally: &UnitTally) -> Result<()> {
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
    arguments: &'a Arguments,
    report: &'a Report,
    units: &'a UnitTally,
    rules: &'a Catalogue,
    sources: &'a Sources,
) -> Presentation<'a> {
    let named = |names: &[String], name: &String| names.is_empty() || names.contains(name);
    let selected = |it: &&Finding| {
        named(&arguments.rule, &it.rule) && named(&arguments.finding, &it.fingerprint)
    };
    let mut suppressed = Vec::new();
    let mut kept = Vec::new();
    for finding in report.findings.iter().filter(selected) {
        match allowance::reason(sources, finding) {
            Some(reason) => suppressed.push(Suppressed {
                finding,
                place: SuppressionPlace::InSource,
                reason,
            }),
            None => kept.push(finding),
        }
    }
    if !arguments.output.keep_suppressed() {
        suppressed.clear();
    }
    // Who names a finding wants to see it.
    let shows_low = arguments.all || !arguments.finding.is_empty();
    let (shown, hidden): (Vec<&Finding>, Vec<&Finding>) = kept
        .into_iter()
        .partition(|finding| shows_low || finding.confidence != Confidence::Low);
    Presentation {
        findings: shown,
        hidden: hidden.len(),
        suppressed,
        category: arguments.output.category(),
        source_url: arguments.output.source_url(),
        nesting: &[],
        coverage: report.coverage,
        units,
        rules,
        sources,
    }
}
