// SPDX-License-Identifier: MIT OR Apache-2.0
//! A block for the message of the commit that repairs a finding: what is wrong and the chain as a
//! tree of calls, as people write it by hand.
//!
//! `Fixes:`, `Reported-by:` and `Closes:` are the author's to write: waitctx is told neither who found
//! it nor where it was reported.

use std::io::Write as _;

use anyhow::Result;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::{Finding, StepKind};

use super::{Presentation, wording};

/// The longest line of prose that `scripts/checkpatch.pl` takes in a commit message.
const WIDTH: usize = 75;

/// Writes a block for each finding, empty lines between them.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    for (number, finding) in presentation.findings.iter().enumerate() {
        if number > 0 {
            writeln!(out, "\n")?;
        }
        write_finding(finding, out)?;
    }
    Ok(())
}

fn write_finding(finding: &Finding, out: &mut Buffer) -> Result<()> {
    let message = plain(&format!(
        "{}() {} {}:",
        finding.main_step().function,
        finding.demand.label,
        wording::while_in_force(&finding.context)
    ));
    writeln!(out, "{}\n", wording::wrap(&message, WIDTH, 0))?;
    for (place, text) in tree(finding) {
        writeln!(out, "{}", format!("  {text}  {place}").trim_end())?;
    }
    let verdict = plain(&wording::capitalised(&wording::verdict(finding)));
    writeln!(out, "\n{}", wording::wrap(&format!("{verdict}."), WIDTH, 0))?;
    let source = format!(
        "Found by waitctx {} ({}).",
        env!("CARGO_PKG_VERSION"),
        finding.rule
    );
    writeln!(out, "\n{}", wording::wrap(&source, WIDTH, 0))?;
    Ok(())
}

/// The lines of the tree of calls: places and texts, the texts all as wide as the widest.
fn tree(finding: &Finding) -> Vec<(String, String)> {
    let mut lines = vec![(String::new(), format!("{}()", finding.witness[0].function))];
    for (index, step) in finding.witness.iter().enumerate() {
        let depth = usize::try_from(step.depth).unwrap_or(0) + 1;
        let mut text = format!("{:1$}{2}()", "", depth * 2, wording::written(step));
        if step.kind == StepKind::Acquire && !wording::is_acquired_below(finding, index) {
            let acquired = match &finding.context.lock {
                Some(lock) => format!("takes {lock}"),
                None => finding.context.label.clone(),
            };
            text.push_str(&format!(" <- {acquired}"));
        }
        if step.kind == StepKind::Demand {
            text.push_str(&format!(" <- {}", finding.demand.label));
        }
        let place = &step.place;
        lines.push((format!("{}:{}", place.file, place.line), text));
    }
    let width = lines.iter().map(|(_, text)| text.chars().count()).max();
    let width = width.unwrap_or(0);
    for (place, text) in &mut lines {
        if !place.is_empty() {
            *text = format!("{text:<width$}");
        }
    }
    lines
}

/// Commit messages use no Markdown.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::fixture::Fixture;

    #[test]
    fn a_block() {
        let text = Fixture::new().render(Format::Commit);
        let expected = format!(
            "\
queue() allocates memory while pool.lock (raw_spinlock_t) is held:

  queue()
    raw_spin_lock() <- takes pool.lock     kernel/work.c:9
    insert_work()                          kernel/work.c:10
      helper_alloc()                       kernel/work.c:4
        alloc_pages() <- allocates memory  mm/alloc.c:3

This is wrong on PREEMPT_RT, where a spinlock_t sleeps, and
CONFIG_PROVE_RAW_LOCK_NESTING reports it on every kernel; GFP_ATOMIC does
not help: the allocator takes spinlock_t whatever the flags.

Found by waitctx {} (atomic-alloc-under-raw-spinlock).
",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(text, expected);
        assert!(!text.contains(" \n"), "{text}");
    }
}
