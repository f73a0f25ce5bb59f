// SPDX-License-Identifier: MIT OR Apache-2.0
//! GitLab's Code Quality report
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>): the form that
//! merge requests of every GitLab show. It has no place for chains, so they are in the description.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Result;
use codespan_reporting::term::termcolor::Buffer;
use serde::Serialize;
use waitctx_solver::{Confidence, Finding};

use super::{Presentation, wording};
use crate::catalogue::Level;

/// Writes the report.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    let issues: Vec<Issue<'_>> = presentation
        .findings
        .iter()
        .map(|finding| issue(presentation, finding))
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)?;
    Ok(())
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn issue<'a>(presentation: &Presentation<'_>, finding: &'a Finding) -> Issue<'a> {
    let place = &finding.main_step().place;
    Issue {
        description: description(finding),
        check_name: &finding.rule,
        fingerprint: &finding.fingerprint,
        severity: match (finding.confidence, presentation.level(finding)) {
            (Confidence::Low, _) => "info",
            (Confidence::Medium, Level::Warning) => "minor",
            (Confidence::High, Level::Error) => "critical",
            (Confidence::High, Level::Warning) | (Confidence::Medium, Level::Error) => "major",
        },
        location: Location {
            path: &place.file,
            lines: Lines {
                begin: place.line,
                end: place.end_line.max(place.line),
            },
        },
    }
}

/// The message and the functions of the chain.
fn description(finding: &Finding) -> String {
    let mut text = wording::statement(finding);
    let main = finding.main_step();
    let way = finding.witness.iter().filter(|step| {
        !std::ptr::eq(*step, main) && step.kind != waitctx_solver::StepKind::Acquire
    });
    for (number, step) in way.enumerate() {
        let joint = if number == 0 { ": which calls " } else { ", " };
        let place = &step.place;
        let _ = write!(
            text,
            "{joint}{} ({}:{})",
            wording::written(step),
            place.file,
            place.line
        );
    }
    text + wording::addition(finding)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Format;
    use super::super::fixture::Fixture;

    #[test]
    fn an_issue() {
        let report: Value = serde_json::from_str(&Fixture::new().render(Format::Gitlab)).unwrap();
        assert_eq!(
            report,
            json!([{
                "description": "`insert_work` allocates memory while `pool.lock` (raw_spinlock_t) \
                    is held: which calls helper_alloc (kernel/work.c:4), alloc_pages \
                    (mm/alloc.c:3)",
                "check_name": "atomic-alloc-under-raw-spinlock",
                "fingerprint": "0123456789abcdef",
                "severity": "major",
                "location": { "path": "kernel/work.c", "lines": { "begin": 10, "end": 10 } }
            }])
        );
    }

    #[test]
    fn nothing_found_is_an_empty_report() {
        let mut fixture = Fixture::new();
        fixture.findings.clear();
        assert_eq!(fixture.render(Format::Gitlab), "[]\n");
    }
}
