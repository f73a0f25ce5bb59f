// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask precision`: from findings that people have read to the published table.
//!
//! The labels are data, so that nobody can count them wrong, and a finding that has not been read
//! cannot hide: `docs/precision/<name>.toml` makes `docs/precision/<name>.md`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{root, say};

/// What was read, and what came of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    /// The heading of the page.
    title: String,
    /// What was scanned and with what; Markdown.
    about: String,
    /// What else belongs on the page; Markdown.
    #[serde(default)]
    notes: String,
    finding: Vec<Finding>,
}

/// A finding and what a reader says of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    fingerprint: String,
    /// File and line in the tree that was scanned.
    place: String,
    rule: String,
    label: Label,
    /// How a machine gets there, or why none does.
    reason: String,
    /// What would have to be known to tell; for wrong ones.
    #[serde(default)]
    mechanism: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Label {
    Right,
    Wrong,
}

/// Writes the pages of all readings; with a report in JSON, says which of its findings have no
/// label, and which labels are of findings that it does not have.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let folder = root().join("docs/precision");
    let mut readings = Vec::new();
    for entry in fs::read_dir(&folder).context("docs/precision cannot be read")? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "toml") {
            readings.push(path);
        }
    }
    readings.sort();
    for path in &readings {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let reading: Reading = toml::from_str(&text).with_context(|| path.display().to_string())?;
        fs::write(path.with_extension("md"), page(&reading))?;
        if let [report] = arguments {
            compare(&reading, &fs::read_to_string(report)?)?;
        }
    }
    Ok(())
}

fn page(reading: &Reading) -> String {
    let count = |label| {
        reading
            .finding
            .iter()
            .filter(|it| it.label == label)
            .count()
    };
    let (right, all) = (count(Label::Right), reading.finding.len());
    let share = 100.0 * f64::from(u32::try_from(right).unwrap_or(u32::MAX))
        / f64::from(u32::try_from(all.max(1)).unwrap_or(u32::MAX));
    let mut page = format!(
        "<!-- Made by `cargo xtask precision` from the file of the same name that ends in .toml. -->\n\n\
         # {}\n\n{}\n\n**{right} of {all} findings are right: {share:.1} %.**\n\n",
        reading.title,
        reading.about.trim()
    );
    page.push_str("| place | rule | label | how a machine gets there, or why none does |\n");
    page.push_str("|---|---|---|---|\n");
    for it in &reading.finding {
        let label = match it.label {
            Label::Right => "right",
            Label::Wrong => "wrong",
        };
        let reason = if it.mechanism.is_empty() {
            it.reason.clone()
        } else {
            format!("{} (missing: {})", it.reason, it.mechanism)
        };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {} | {} | {label} | {reason} |", it.place, it.rule);
    }
    if !reading.notes.is_empty() {
        page.push('\n');
        page.push_str(reading.notes.trim());
        page.push('\n');
    }
    page
}

/// A report, as far as it is compared.
#[derive(Deserialize)]
struct Report {
    findings: Vec<Reported>,
}

#[derive(Deserialize)]
struct Reported {
    fingerprint: String,
    confidence: String,
    file: String,
    line: u32,
}

fn compare(reading: &Reading, report: &str) -> Result<()> {
    let report: Report = serde_json::from_str(report).context("the report cannot be read")?;
    let shown: Vec<_> = report
        .findings
        .iter()
        .filter(|it| it.confidence != "low")
        .collect();
    let mut differences = String::new();
    for it in &shown {
        if !reading
            .finding
            .iter()
            .any(|label| label.fingerprint == it.fingerprint)
        {
            let _ = writeln!(
                differences,
                "no label: {} {}:{}",
                it.fingerprint, it.file, it.line
            );
        }
    }
    for it in &reading.finding {
        if !shown
            .iter()
            .any(|shown| shown.fingerprint == it.fingerprint)
        {
            let _ = writeln!(differences, "not reported: {} {}", it.fingerprint, it.place);
        }
    }
    if differences.is_empty() {
        say("every finding of the report has a label\n", Ok(()))
    } else {
        bail!("labels and report differ:\n{differences}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages in the repository are what their data make.
    #[test]
    fn pages_are_made_from_their_labels() {
        let folder = root().join("docs/precision");
        let mut seen = 0;
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.extension().is_some_and(|it| it == "toml") {
                let text = fs::read_to_string(&path).expect("it can be read");
                let reading: Reading = toml::from_str(&text).expect("it has its form");
                let made = fs::read_to_string(path.with_extension("md")).expect("it is made");
                assert_eq!(page(&reading), made, "run `cargo xtask precision`");
                seen += 1;
            }
        }
        assert!(seen > 0, "there are labels");
    }
}
