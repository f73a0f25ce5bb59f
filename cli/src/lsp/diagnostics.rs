// SPDX-License-Identifier: MIT OR Apache-2.0
//! Findings as an editor shows them: at the offending call with all steps as related information, and
//! at the demand, when that is in another function of an open file.

use std::collections::BTreeMap;

use gen_lsp_types::{
    Code, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Position, Range,
};
use waitctx_solver::{Finding, SourcePlace};

use super::uri;
use crate::catalogue::{Catalogue, Level};
use crate::output::{listed_step, message, verdict};
use crate::sources::Sources;

/// Diagnostics by the names of their files.
pub(super) type ByFile = BTreeMap<String, Vec<Diagnostic>>;

/// The diagnostics of `findings`.
pub(super) fn by_file<'a>(
    findings: impl Iterator<Item = &'a Finding>,
    rules: &Catalogue,
    sources: &Sources,
) -> ByFile {
    let mut by_file = ByFile::new();
    for finding in findings {
        let severity = match rules.level(finding) {
            Some(Level::Error) => DiagnosticSeverity::Error,
            Some(Level::Warning) | None => DiagnosticSeverity::Warning,
        };
        let main = &finding.main_step().place;
        let text = format!("{}\n{}", message(finding), verdict(finding));
        let related = related(finding, sources);
        let mut add = |place: &SourcePlace, severity, text| {
            let diagnostic = Diagnostic {
                range: range(place, sources),
                severity: Some(severity),
                code: Some(Code::String(finding.rule.clone())),
                source: Some("waitctx".to_owned()),
                message: text,
                related_information: Some(related.clone()),
                ..Diagnostic::default()
            };
            by_file
                .entry(place.file.clone())
                .or_default()
                .push(diagnostic);
        };
        add(main, severity, text.into());
        let last = finding.witness.last().map(|step| &step.place);
        if let Some(last) = last.filter(|last| *last != main) {
            let text = format!(
                "this is reached from {}:{}: {}",
                main.file,
                main.line,
                message(finding)
            );
            add(last, DiagnosticSeverity::Information, text.into());
        }
    }
    by_file
}

fn related(finding: &Finding, sources: &Sources) -> Vec<DiagnosticRelatedInformation> {
    let steps = finding.witness.iter().enumerate();
    steps
        .filter_map(|(index, step)| {
            let path = sources.files().path(&step.place.file)?;
            Some(DiagnosticRelatedInformation {
                location: Location {
                    uri: uri::of(&path),
                    range: range(&step.place, sources),
                },
                message: format!("{}: {}", index + 1, listed_step(finding, index)),
            })
        })
        .collect()
}

/// Lines and columns from 0, in UTF-16 code units.
fn range(place: &SourcePlace, sources: &Sources) -> Range {
    let position = |line: u32, column| Position {
        line: line.saturating_sub(1),
        character: sources
            .utf16_column(&place.file, line, column)
            .saturating_sub(1),
    };
    Range {
        start: position(place.line, place.column),
        end: position(place.end_line, place.end_column),
    }
}
