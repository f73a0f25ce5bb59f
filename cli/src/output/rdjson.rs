// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Reviewdog Diagnostic Format
//! (<https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>) as one JSON object.

use std::io::Write as _;

use anyhow::Result;
use codespan_reporting::term::termcolor::Buffer;
use serde::Serialize;
use waitctx_solver::{Confidence, Finding, SourcePlace};

use super::{Presentation, wording};
use crate::catalogue::{Level, Rule};

/// Writes the object.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    let result = DiagnosticResult {
        source: Source {
            name: "waitctx",
            url: env!("CARGO_PKG_REPOSITORY"),
        },
        diagnostics: presentation
            .findings
            .iter()
            .map(|finding| diagnostic(presentation, finding))
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &result)?;
    writeln!(out)?;
    Ok(())
}

#[derive(Serialize)]
struct DiagnosticResult<'a> {
    source: Source,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostic<'a> {
    message: String,
    location: Location<'a>,
    severity: &'static str,
    code: Code<'a>,
    related_locations: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Related<'a> {
    message: String,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

/// Counted from 1, columns in bytes of UTF-8: as places are.
#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

fn diagnostic<'a>(presentation: &Presentation<'_>, finding: &'a Finding) -> Diagnostic<'a> {
    let step = |(index, step): (usize, &'a waitctx_solver::Step)| Related {
        message: wording::listed_step(finding, index),
        location: location(&step.place),
    };
    Diagnostic {
        message: wording::message(finding),
        location: location(&finding.main_step().place),
        severity: match (finding.confidence, presentation.level(finding)) {
            (Confidence::Low, _) => "INFO",
            (_, Level::Error) => "ERROR",
            (_, Level::Warning) => "WARNING",
        },
        code: Code {
            value: &finding.rule,
            url: presentation.rules.find(&finding.rule).map(Rule::url),
        },
        related_locations: finding.witness.iter().enumerate().map(step).collect(),
    }
}

fn location(place: &SourcePlace) -> Location<'_> {
    Location {
        path: &place.file,
        range: Range {
            start: Position {
                line: place.line,
                column: place.column,
            },
            end: Position {
                line: place.end_line.max(place.line),
                column: place.end_column,
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Format;
    use super::super::fixture::Fixture;

    #[test]
    fn a_diagnostic() {
        let report: Value = serde_json::from_str(&Fixture::new().render(Format::Rdjson)).unwrap();
        assert_eq!(report["source"]["name"], "waitctx");
        let diagnostic = &report["diagnostics"][0];
        assert_eq!(diagnostic["severity"], "WARNING");
        assert_eq!(
            diagnostic["location"],
            json!({
                "path": "kernel/work.c",
                "range": {
                    "start": { "line": 10, "column": 2 },
                    "end": { "line": 10, "column": 19 }
                }
            })
        );
        assert_eq!(
            diagnostic["code"]["value"],
            "atomic-alloc-under-raw-spinlock"
        );
        let related = diagnostic["relatedLocations"].as_array().unwrap();
        assert_eq!(related.len(), 4);
        assert_eq!(related[3]["location"]["path"], "mm/alloc.c");
    }
}
