// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx check-patch`: what one patch brings, in a line each, as b4 wants it of a check.

use std::fs;
use std::io::{self, Read, Write};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;

use super::only_new::OnlyNew;
use super::{Outcome, scan};
use crate::analysis;
use crate::catalogue::Level;
use crate::output::message;
use crate::summary::Clock;
use crate::tally::{FailedUnit, UnitState};

/// Check one patch, as `b4 prep --check` and `b4 am --check` do with each
///
/// Applies the patch in a temporary index to HEAD or, when it is in the history already, to the
/// commit before it, or on top of patches that were checked before, and reports what it brings: a
/// line for each finding, in the form of checkpatch's --terse, and a warning for a file that could not
/// be read. Nothing in the repository or on the disk changes.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  git config b4.prep-perpatch-check-cmd 'waitctx check-patch'
  git config b4.am-perpatch-check-cmd 'waitctx check-patch'
  git format-patch -1 --stdout | waitctx check-patch

Exit status: 0 nothing found, 1 findings, 2 waitctx could not do it.")]
pub(super) struct Arguments {
    #[command(flatten)]
    program: analysis::Arguments,

    /// The patch [default: standard input]
    #[arg(long, value_name = "FILE")]
    patch: Option<Utf8PathBuf>,
}

/// Runs the command.
pub(super) fn run(mut arguments: Arguments) -> Result<Outcome> {
    let mut patch = Vec::new();
    match &arguments.patch {
        Some(path) => patch = fs::read(path).with_context(|| format!("cannot read {path}"))?,
        None => {
            io::stdin().lock().read_to_end(&mut patch)?;
        }
    }
    let setup = arguments.program.prepare()?;
    let only_new = OnlyNew::of_patch(&setup, &patch, arguments.program.input.store())?;
    let changes = only_new.changes()?;
    only_new.apply(&mut arguments.program, changes.as_ref())?;
    let program = &mut arguments.program;
    let mut clock = Clock::new();
    let mut analysis = analysis::run(program, &setup, false, &mut clock)?;
    only_new.tell_further(&mut analysis);
    let part = setup.selected.part.as_ref();
    let selector = only_new.selector(changes.as_ref(), part);
    let changed = program.input.part.clone();
    let selected = scan::select(&analysis, &setup, &only_new, &selector, program, &mut clock)?;
    scan::present(&analysis, &setup, selected, |presentation, _| {
        let mut out = io::stdout().lock();
        for finding in &presentation.findings {
            let place = &finding.main_step().place;
            let level = match presentation.level(finding) {
                Level::Error => "ERROR",
                Level::Warning => "WARNING",
            };
            let (file, line, rule) = (&place.file, place.line, &finding.rule);
            writeln!(out, "{file}:{line}: {level}: {} [{rule}]", message(finding))?;
        }
        // Nothing found says nothing of what was not understood.
        let is_changed =
            |it: &&FailedUnit| changed.as_ref().is_none_or(|part| part.holds(&it.file));
        for unit in presentation.units.failed.iter().filter(is_changed) {
            let reason = unit
                .reasons
                .first()
                .map_or("no reason known", String::as_str);
            let file = &unit.file;
            let state = match unit.state {
                UnitState::Damaged => "not understood in full",
                UnitState::Lost => "not read",
            };
            writeln!(out, "{file}: WARNING: {state}: {reason}")?;
        }
        out.flush()?;
        Ok(())
    })
}
