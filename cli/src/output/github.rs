// SPDX-License-Identifier: MIT OR Apache-2.0
//! Workflow commands of GitHub Actions
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>), which
//! become annotations of the changed files.

use std::io::Write as _;

use anyhow::Result;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::Finding;

use super::{Presentation, wording};
use crate::catalogue::Level;

/// GitHub shows so many annotations of each level of one step.
const MOST_SHOWN: usize = 10;

/// Writes a line for each finding.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    for finding in &presentation.findings {
        writeln!(out, "{}", command(presentation, finding))?;
    }
    for level in [Level::Error, Level::Warning] {
        let of_level = |it: &&&Finding| presentation.level(it) == level;
        let count = presentation.findings.iter().filter(of_level).count();
        if count > MOST_SHOWN {
            let name = level.name();
            writeln!(
                out,
                "::notice title=waitctx::GitHub shows {MOST_SHOWN} of {count} {name}s here; \
                 upload SARIF to see all"
            )?;
        }
    }
    Ok(())
}

fn command(presentation: &Presentation<'_>, finding: &Finding) -> String {
    let place = &finding.main_step().place;
    let mut message = wording::message(finding);
    for (index, step) in finding.witness.iter().enumerate() {
        let words = wording::listed_step(finding, index);
        let place = &step.place;
        message.push_str(&format!("\n{}:{}: {words}", place.file, place.line));
    }
    format!(
        "::{} file={},line={},col={},endLine={},endColumn={},title={}::{}",
        presentation.level(finding).name(),
        property(&place.file),
        place.line,
        place.column,
        place.end_line.max(place.line),
        place.end_column,
        property(&finding.rule),
        data(&message)
    )
}

/// Escapes the text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::fixture::Fixture;
    use super::property;

    #[test]
    fn a_command() {
        let expected = "\
::warning file=kernel/work.c,line=10,col=2,endLine=10,endColumn=19,\
title=atomic-alloc-under-raw-spinlock::`insert_work` allocates memory while `pool.lock` \
(raw_spinlock_t) is held%0A\
kernel/work.c:9: queue takes `pool.lock` (raw_spinlock_t)%0A\
kernel/work.c:10: queue calls insert_work%0A\
kernel/work.c:4: insert_work calls helper_alloc%0A\
mm/alloc.c:3: helper_alloc calls alloc_pages, which allocates memory, flags 0x820
";
        assert_eq!(Fixture::new().render(Format::Github), expected);
    }

    #[test]
    fn what_is_cut_is_said() {
        let mut fixture = Fixture::new();
        fixture.findings = vec![fixture.findings[0].clone(); 11];
        let text = fixture.render(Format::Github);
        assert!(text.contains("::notice title=waitctx::GitHub shows 10 of 11 warnings"));
    }

    #[test]
    fn nothing_leaves_its_property() {
        assert_eq!(property("a,b:c%\nd"), "a%2Cb%3Ac%25%0Ad");
    }
}
