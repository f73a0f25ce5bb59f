// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx baseline`: making a baseline, taking out of it what is gone, showing it.

use std::io::{self, Write};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use rustc_hash::FxHashSet;
use waitctx_solver::{Finding, Report};

use super::{Outcome, check_writable};
use crate::allowance;
use crate::analysis::{self, Setup};
use crate::baseline::{Baseline, Entry, default_path};
use crate::failure::Advised;
use crate::grounds::{Day, Reason};
use crate::sources::{Overlay, Sources, TreeFiles};
use crate::summary::Clock;

/// Keep a list of known findings, so that only new ones are reported
///
/// A baseline is a TOML file that people may read and edit: each known finding with the reason why
/// it is not reported and, optionally, the day from which on it is reported again. It names findings
/// by what they are about, not by line numbers.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  waitctx baseline create ~/linux -p /tmp/objects --reason 'older than waitctx'
  waitctx scan ~/linux -p /tmp/objects --baseline waitctx-baseline.toml
  waitctx baseline prune ~/linux -p /tmp/objects
  waitctx baseline show";

#[derive(Subcommand, Debug)]
enum Action {
    /// Scan and write all that is found to a baseline
    Create(Create),
    /// Scan and take out of the baseline what is no longer found
    Prune(Prune),
    /// List what is in the baseline
    Show(Show),
}

#[derive(Args, Debug)]
struct Create {
    #[command(flatten)]
    program: analysis::Arguments,

    /// The baseline [default: the configured one, else waitctx-baseline.toml]
    #[arg(short, long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,

    /// Why these findings are not reported
    #[arg(long, value_name = "WHY")]
    reason: Reason,

    /// The day from which on they are reported again, as 2027-01-31 [default: never]
    #[arg(long, value_name = "DAY")]
    expires: Option<Day>,

    /// Add to a baseline that exists; what is in it stays as it is
    #[arg(long)]
    add: bool,
}

#[derive(Args, Debug)]
struct Prune {
    #[command(flatten)]
    program: analysis::Arguments,

    /// The baseline [default: the configured one, else waitctx-baseline.toml]
    #[arg(long, value_name = "FILE")]
    baseline: Option<Utf8PathBuf>,

    /// Also take out what has expired
    #[arg(long)]
    expired: bool,
}

#[derive(Args, Debug)]
struct Show {
    /// The baseline
    #[arg(default_value_t = default_path())]
    file: Utf8PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments) -> Result<Outcome> {
    match arguments.action {
        Action::Create(create) => create.run()?,
        Action::Prune(prune) => prune.run()?,
        Action::Show(show) => show.run()?,
    }
    Ok(Outcome::Clean)
}

/// All findings, at the sources that they are in.
fn scan(program: &mut analysis::Arguments, setup: &Setup) -> Result<(Report, Sources)> {
    let analysis = analysis::run(program, setup, false, &mut Clock::new())?;
    let files = TreeFiles::new(analysis.roots, Overlay::new());
    Ok((analysis.solved.report, Sources::of(files)))
}

fn path(given: Option<Utf8PathBuf>, setup: &Setup) -> Utf8PathBuf {
    given
        .or_else(|| setup.config.baseline_path())
        .unwrap_or_else(default_path)
}

impl Create {
    fn run(mut self) -> Result<()> {
        let setup = self.program.prepare()?;
        let path = &path(self.output, &setup);
        let mut baseline = Baseline::default();
        if path.exists() && !self.add {
            let help = "`--add` adds the findings that are not in it yet; \
                `waitctx baseline prune` takes out what is gone";
            return Err(Advised::new(format!("{path} exists"), help).into());
        } else if path.exists() {
            baseline = Baseline::read(path)?;
        }
        check_writable(path)?;
        let (report, sources) = scan(&mut self.program, &setup)?;
        // A comment in the source says more, and goes away with the code.
        let part = setup.selected.part.as_ref();
        let wanted = |it: &&Finding| {
            setup.rules.level(it).is_some()
                && part.is_none_or(|part| part.touches(it))
                && allowance::allowance(&sources, it).is_none()
        };
        let findings = report.findings.iter().filter(wanted);
        let added = baseline.add(findings, &self.reason, self.expires);
        baseline.write(path)?;
        let all = baseline.entries().len();
        tell(&format!("{path}: {added} findings added, {all} in all"))
    }
}

impl Prune {
    fn run(mut self) -> Result<()> {
        let setup = self.program.prepare()?;
        let path = &path(self.baseline, &setup);
        let mut baseline = Baseline::read(path)?;
        check_writable(path)?;
        if setup.selected.part.is_some() {
            let help = "give the tree: findings elsewhere are not gone because nobody looked";
            return Err(Advised::new("only a whole scan says what is gone", help).into());
        }
        let (report, _) = scan(&mut self.program, &setup)?;
        let found: FxHashSet<&str> = report
            .findings
            .iter()
            .map(|finding| finding.fingerprint.as_str())
            .collect();
        let today = Day::today();
        let gone = baseline
            .prune(|entry| entry.is_among(&found) && !(self.expired && entry.has_expired(today)));
        baseline.write(path)?;
        for entry in &gone {
            tell(&format!("taken out: {}", line(entry, today)))?;
        }
        let left = baseline.entries().len();
        tell(&format!("{path}: {} taken out, {left} left", gone.len()))
    }
}

impl Show {
    fn run(&self) -> Result<()> {
        let baseline = Baseline::read(&self.file)?;
        let today = Day::today();
        for entry in baseline.entries() {
            tell(&line(entry, today))?;
        }
        let expired = baseline.entries().iter();
        let expired = expired.filter(|it| it.has_expired(today)).count();
        let all = baseline.entries().len();
        let findings = if all == 1 { "finding" } else { "findings" };
        tell(&format!("{all} {findings}, {expired} of them expired"))
    }
}

fn line(entry: &Entry, today: Day) -> String {
    let Entry {
        file,
        function,
        rule,
        reason,
        ..
    } = entry;
    let until = match entry.expires {
        Some(day) if entry.has_expired(today) => format!(" (expired on {day})"),
        Some(day) => format!(" (until {day})"),
        None => String::new(),
    };
    format!("{file}: {function}: {rule}: {}{until}", reason.as_str())
}

fn tell(text: &str) -> Result<()> {
    writeln!(io::stdout().lock(), "{text}").context("cannot write")
}
