// SPDX-License-Identifier: MIT OR Apache-2.0
//! One line per finding in the form of compiler warnings, which editors and review bots parse; the
//! steps follow as notes. Nothing is elided, and lines are not wrapped.

use std::io::Write as _;

use anyhow::Result;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::{Finding, SourcePlace};

use super::{Presentation, wording};
use crate::catalogue::Level;

/// Writes every finding.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    for finding in &presentation.findings {
        write_finding(finding, presentation.level(finding), out)?;
    }
    Ok(())
}

fn write_finding(finding: &Finding, level: Level, out: &mut Buffer) -> Result<()> {
    let place = &finding.main_step().place;
    writeln!(
        out,
        "{}:{}:{}: {}: {} [{}]",
        place.file,
        place.line,
        place.column,
        level.name(),
        wording::message(finding),
        finding.rule
    )?;
    for (index, step) in finding.witness.iter().enumerate() {
        let place = &step.place;
        writeln!(
            out,
            "    {}:{}:{}: note: {}",
            place.file,
            place.line,
            place.column,
            wording::listed_step(finding, index)
        )?;
    }
    for (step, words) in wording::other_half(finding) {
        let SourcePlace {
            file, line, column, ..
        } = &step.place;
        writeln!(out, "    {file}:{line}:{column}: note: {words}")?;
    }
    let known = wording::known(finding).into_iter();
    for words in known.chain(wording::configurations(finding)) {
        let SourcePlace {
            file, line, column, ..
        } = place;
        writeln!(out, "    {file}:{line}:{column}: note: {words}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::fixture::Fixture;

    #[test]
    fn a_chain() {
        let expected = "\
kernel/work.c:10:2: warning: `insert_work` allocates memory while `pool.lock` (raw_spinlock_t) is held [atomic-alloc-under-raw-spinlock]
    kernel/work.c:9:2: note: queue takes `pool.lock` (raw_spinlock_t)
    kernel/work.c:10:2: note: queue calls insert_work
    kernel/work.c:4:2: note: insert_work calls helper_alloc
    mm/alloc.c:3:9: note: helper_alloc calls alloc_pages, which allocates memory, flags 0x820
";
        assert_eq!(Fixture::new().render(Format::Short), expected);
    }
}
