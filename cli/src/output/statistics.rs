// SPDX-License-Identifier: MIT OR Apache-2.0
//! Figures instead of findings: where they are and what they are about.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::Result;
use codespan_reporting::term::termcolor::Buffer;
use serde::Serialize;
use waitctx_solver::{Confidence, Finding};

use super::{Format, Presentation};
use crate::maintainers::directory;

/// Rows of a table for people; machines get all.
const MOST_ROWS: usize = 15;

/// Writes the figures, as JSON or for people.
pub(super) fn write(
    format: Format,
    presentation: &Presentation<'_>,
    out: &mut Buffer,
) -> Result<()> {
    let statistics = Statistics::new(presentation);
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut *out, &statistics)?;
        writeln!(out)?;
        return Ok(());
    }
    statistics.write_text(out)
}

/// Counts of findings.
#[derive(Serialize)]
struct Statistics {
    /// All of them.
    findings: usize,
    /// By rule.
    rules: Vec<Row>,
    /// By what is in force: a lock, or a kind of context.
    contexts: Vec<Row>,
    /// By the function that makes the demand.
    demands: Vec<Row>,
    /// By directory, two levels of it.
    directories: Vec<Row>,
}

/// A row of a table.
#[derive(Serialize, Clone, Default)]
struct Row {
    /// What is counted.
    name: String,
    /// How many.
    findings: usize,
    /// Of these, with high confidence.
    high: usize,
    /// With medium confidence.
    medium: usize,
    /// With low confidence.
    low: usize,
}

impl Statistics {
    fn new(presentation: &Presentation<'_>) -> Self {
        let findings = &presentation.findings;
        let by = |key: &dyn Fn(&Finding) -> String| rows(findings, key);
        Self {
            findings: findings.len(),
            rules: by(&|it| it.rule.clone()),
            contexts: by(&|it| {
                let context = &it.context;
                match &context.lock {
                    Some(lock) => format!("{lock} ({})", context.kind),
                    None => context.kind.clone(),
                }
            }),
            demands: by(&|it| it.demand.function.clone()),
            directories: by(&|it| directory(&it.main_step().place.file)),
        }
    }

    fn write_text(&self, out: &mut Buffer) -> Result<()> {
        writeln!(out, "findings    high  medium     low")?;
        let tables = [
            ("by rule", &self.rules),
            ("by what is in force", &self.contexts),
            ("by what is called in the end", &self.demands),
            ("by directory", &self.directories),
        ];
        for (title, rows) in tables {
            writeln!(out, "\n{title}")?;
            for row in rows.iter().take(MOST_ROWS) {
                writeln!(
                    out,
                    "{:>8}{:>8}{:>8}{:>8}  {}",
                    row.findings, row.high, row.medium, row.low, row.name
                )?;
            }
            if rows.len() > MOST_ROWS {
                writeln!(out, "{:>34}and {} more", "", rows.len() - MOST_ROWS)?;
            }
        }
        writeln!(out, "\n{:>8} in all", self.findings)?;
        Ok(())
    }
}

/// The rows of a table: the highest count first, then by name.
fn rows(findings: &[&Finding], key: &dyn Fn(&Finding) -> String) -> Vec<Row> {
    let mut table: BTreeMap<String, Row> = BTreeMap::new();
    for finding in findings {
        let name = key(finding);
        let row = table.entry(name.clone()).or_default();
        row.name = name;
        row.findings += 1;
        match finding.confidence {
            Confidence::High => row.high += 1,
            Confidence::Medium => row.medium += 1,
            Confidence::Low => row.low += 1,
        }
    }
    let mut rows: Vec<Row> = table.into_values().collect();
    rows.sort_by(|a, b| {
        b.findings
            .cmp(&a.findings)
            .then_with(|| a.name.cmp(&b.name))
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture::Fixture;

    fn render(fixture: &Fixture, format: Format) -> String {
        let mut out = Buffer::no_color();
        fixture.present(|it| write(format, it, &mut out)).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn tables() {
        let mut fixture = Fixture::new();
        let mut low = fixture.findings[0].clone();
        low.confidence = Confidence::Low;
        low.rule = "another-rule".to_owned();
        fixture.findings.push(low.clone());
        fixture.findings.push(low);
        let expected = "\
findings    high  medium     low

by rule
       2       0       0       2  another-rule
       1       1       0       0  atomic-alloc-under-raw-spinlock

by what is in force
       3       1       0       2  pool.lock (raw-spinlock)

by what is called in the end
       3       1       0       2  alloc_pages

by directory
       3       1       0       2  kernel

       3 in all
";
        assert_eq!(render(&fixture, Format::Text), expected);
        let json: serde_json::Value =
            serde_json::from_str(&render(&fixture, Format::Json)).unwrap();
        assert_eq!(json["rules"][0]["low"], 2);
    }
}
