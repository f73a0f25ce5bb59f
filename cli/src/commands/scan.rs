// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx scan`: from units to a report. Decides which findings are shown and how the exit status
//! follows from them.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use waitctx_solver::Report;

use super::Outcome;
use super::only_new::{self, OnlyNew};
use crate::analysis::{self, Analysis, Setup};
use crate::catalogue::Catalogue;
use crate::config::Sureness;
use crate::failure::Advised;
use crate::output::{self, Presentation, Suppressed, SuppressionPlace};
use crate::selection::{Authority, Dismissed, Selection, Selector};
use crate::sources::{Sources, TreeFiles};
use crate::summary::{self, Clock};

/// Scan a kernel tree and report violations
///
/// Reads every C file that the compile database names, links them into one program, and reports
/// each place where something is done that the locks held (or preemption, interrupts or RCU) do not
/// allow, with the chain of calls that leads there. A scan executes nothing from the tree.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    program: analysis::Arguments,

    /// Only findings of this rule (repeatable); `waitctx rules` lists them
    #[arg(long, value_name = "NAME", help_heading = "What is reported")]
    rule: Vec<String>,

    /// Only the finding with this fingerprint (repeatable); reports name it
    #[arg(long, value_name = "FINGERPRINT", help_heading = "What is reported")]
    finding: Vec<String>,

    /// Only findings of this confidence or more [default: medium]
    #[arg(long, value_name = "LEVEL", help_heading = "What is reported")]
    confidence: Option<Sureness>,

    /// Also findings of low confidence, which rest on guesses
    #[arg(long, conflicts_with = "confidence", help_heading = "What is reported")]
    all: bool,

    #[command(flatten)]
    only_new: only_new::Arguments,

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
  waitctx scan -p x86=/tmp/x86 -p arm64=/tmp/arm64 --overlay rt=CONFIG_PREEMPT_RT

Without a database, `waitctx scan TREE` says how to get one.
Exit status: 0 nothing found, 1 findings, 2 waitctx could not do it.";

/// Runs the command.
pub(super) fn run(mut arguments: Arguments) -> Result<Outcome> {
    let setup = arguments.program.prepare()?;
    check_rules(&arguments.rule, &setup.rules)?;
    arguments.output.check()?;
    let only_new = arguments.only_new.load(&setup)?;
    let changes = only_new.changes()?;
    only_new.apply(&mut arguments.program, changes.as_ref())?;

    let mut clock = Clock::new();
    let has_nesting = arguments.output.format().has_nesting();
    let mut analysis = analysis::run(&mut arguments.program, &setup, has_nesting, &mut clock)?;
    only_new.tell_further(&mut analysis);
    if names_further(&arguments.finding, &analysis.solved.report) {
        analysis.solved.report.tell_further();
    }
    check_findings(&arguments.finding, &analysis.solved.report)?;
    let part = setup.selected.part.as_ref();
    // Who names a finding wants to see it.
    let all = arguments.all || !arguments.finding.is_empty();
    let all = all.then_some(Sureness::Low);
    let lowest = arguments.confidence.or(all).map(Into::into);
    let selector = Selector {
        rules: &arguments.rule,
        findings: &arguments.finding,
        lowest,
        ..only_new.selector(changes.as_ref(), part)
    };
    let program = &arguments.program;
    let selected = select(&analysis, &setup, &only_new, &selector, program, &mut clock)?;
    let outcome = present(&analysis, &setup, selected, |presentation, notices| {
        let presentation = Presentation {
            suppressed: if arguments.output.keep_suppressed() {
                presentation.dismissed.iter().map(suppressed).collect()
            } else {
                Vec::new()
            },
            category: arguments.output.category(),
            source_url: arguments.output.source_url(),
            ..presentation
        };
        arguments.output.deliver(&presentation)?;
        let mut said = String::new();
        if arguments.output.format().is_for_people() || arguments.verbose {
            said.push_str(&summary::text(&presentation, &clock, arguments.verbose));
        }
        for notice in notices {
            said.push_str(&format!("warning: {notice}\n"));
        }
        // Nobody may be there to read it, which is not worth a failure.
        let _ = io::stderr().lock().write_all(said.as_bytes());
        Ok(())
    })?;
    Ok(if arguments.exit_zero {
        Outcome::Clean
    } else {
        outcome
    })
}

/// What is to be shown of a report.
pub(super) struct Selected<'a> {
    selection: Selection<'a>,
    sources: Sources,
}

/// Selects from `analysis`, which was made of `program`, what `selector` says and `only_new` leaves.
pub(super) fn select<'a>(
    analysis: &'a Analysis,
    setup: &Setup,
    only_new: &OnlyNew,
    selector: &Selector<'_>,
    program: &analysis::Arguments,
    clock: &mut Clock,
) -> Result<Selected<'a>> {
    let overlay = program.input.overlay.clone();
    let sources = Sources::of(TreeFiles::new(analysis.roots.iter().cloned(), overlay));
    let solved = &analysis.solved;
    let whole = analysis.unseen.is_none() && selector.part.is_none();
    let files = whole.then_some(&solved.files);
    let mut selection = selector.select(&solved.report, &sources, &setup.rules, files)?;
    only_new.leave_out_old(&mut selection, analysis, selector, (program, setup), clock)?;
    Ok(Selected { selection, sources })
}

/// Lets `show` show what was selected from `analysis`, with what there is to say about the selection.
pub(super) fn present(
    analysis: &Analysis,
    setup: &Setup,
    Selected { selection, sources }: Selected<'_>,
    show: impl FnOnce(Presentation<'_>, &[String]) -> Result<()>,
) -> Result<Outcome> {
    let solved = &analysis.solved;
    let outcome = if selection.shown.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    };
    let presentation = Presentation {
        findings: selection.shown.iter().map(AsRef::as_ref).collect(),
        hidden: selection.low,
        suppressed: Vec::new(),
        category: None,
        source_url: None,
        nesting: &solved.nesting,
        dismissed: &selection.dismissed,
        untouched: selection.untouched,
        old: selection.old,
        elsewhere: selection.elsewhere,
        unseen: analysis.unseen,
        coverage: solved.report.coverage,
        units: &solved.tally,
        configurations: &analysis.configurations,
        rules: &setup.rules,
        sources: &sources,
    };
    show(presentation, &selection.notices)?;
    Ok(outcome)
}

/// What machine formats say of a finding that somebody put aside.
fn suppressed<'a>(dismissed: &Dismissed<'a>) -> Suppressed<'a> {
    Suppressed {
        finding: dismissed.finding,
        place: match dismissed.by {
            Authority::Comment => SuppressionPlace::InSource,
            Authority::Suppression | Authority::Baseline => SuppressionPlace::External,
        },
        reason: dismissed.reason.as_str().to_owned(),
    }
}

/// Whether one of these is the fingerprint of a further place.
fn names_further(fingerprints: &[String], report: &Report) -> bool {
    let mut further = report.findings.iter().flat_map(|it| &it.further);
    further.any(|it| fingerprints.contains(&it.fingerprint))
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
    Advised::new(format!("there is no rule `{name}`"), catalogue.advice(name)).into()
}
