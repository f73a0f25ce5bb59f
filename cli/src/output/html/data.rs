// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the page's script is given: the findings, and each source line that any of them shows once.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;
use waitctx_solver::{Finding, Step};

use super::super::{Presentation, wording};
use crate::maintainers::Maintainers;

/// Source lines shown before and after the one of a step.
const CONTEXT: u32 = 2;

/// The whole.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    source_url: Option<&'a str>,
    rules: Vec<DataRule<'a>>,
    /// Names of files, which everything else refers to by index.
    files: Vec<&'a str>,
    /// By file, the lines that steps show.
    lines: Vec<BTreeMap<u32, String>>,
    findings: Vec<DataFinding<'a>>,
    nestings: Vec<DataNesting<'a>>,
}

#[derive(Serialize)]
struct DataRule<'a> {
    name: &'a str,
    level: &'static str,
    summary: &'a str,
    help: Option<String>,
    url: String,
}

#[derive(Serialize)]
struct DataFinding<'a> {
    rule: usize,
    confidence: &'static str,
    subsystem: String,
    message: String,
    verdict: String,
    doubts: Option<String>,
    others: Option<String>,
    configurations: Option<String>,
    context: String,
    lock: Option<&'a str>,
    /// 0 to 3, as wait types are ordered.
    limit: u8,
    demand: &'a str,
    wait: u8,
    fingerprint: &'a str,
    main: usize,
    steps: Vec<DataStep<'a>>,
}

#[derive(Serialize)]
struct DataStep<'a> {
    kind: &'static str,
    depth: u32,
    function: &'a str,
    callee: &'a str,
    words: String,
    file: usize,
    line: u32,
    /// Where the marked name starts in the line and how long it is, in UTF-16 units.
    mark: Option<(usize, usize)>,
}

#[derive(Serialize)]
struct DataNesting<'a> {
    outer: &'a str,
    outer_wait: u8,
    inner: &'a str,
    inner_wait: u8,
    file: usize,
    line: u32,
    function: &'a str,
    functions: usize,
}

/// Files and lines that have been asked for so far.
#[derive(Default)]
struct Files<'a> {
    ids: FxHashMap<&'a str, usize>,
    names: Vec<&'a str>,
    lines: Vec<BTreeMap<u32, String>>,
}

impl<'a> Data<'a> {
    pub(super) fn new(presentation: &'a Presentation<'a>, maintainers: &Maintainers) -> Self {
        let mut files = Files::default();
        let mut subsystems: FxHashMap<&str, String> = FxHashMap::default();
        let findings = presentation
            .findings
            .iter()
            .map(|&finding| {
                let file = finding.main_step().place.file.as_str();
                let subsystem = subsystems
                    .entry(file)
                    .or_insert_with(|| maintainers.subsystem(file));
                data_finding(presentation, finding, subsystem.clone(), &mut files)
            })
            .collect();
        let nestings = presentation
            .nesting
            .iter()
            .map(|it| DataNesting {
                outer: &it.outer.name,
                outer_wait: it.outer.wait as u8,
                inner: &it.inner.name,
                inner_wait: it.inner.wait as u8,
                file: files.id(&it.place.file),
                line: it.place.line,
                function: &it.function,
                functions: it.functions,
            })
            .collect();
        Self {
            source_url: presentation.source_url,
            rules: presentation
                .rules
                .rules()
                .iter()
                .map(|rule| DataRule {
                    name: &rule.name,
                    level: rule.level.name(),
                    summary: &rule.summary,
                    help: rule.help(),
                    url: rule.url(),
                })
                .collect(),
            findings,
            nestings,
            files: files.names,
            lines: files.lines,
        }
    }
}

fn data_finding<'a>(
    presentation: &Presentation<'_>,
    finding: &'a Finding,
    subsystem: String,
    files: &mut Files<'a>,
) -> DataFinding<'a> {
    let main = finding.main_step();
    DataFinding {
        rule: presentation.rules.index(&finding.rule).unwrap_or(0),
        confidence: wording::confidence_name(finding.confidence),
        subsystem,
        message: wording::message(finding),
        verdict: wording::verdict(finding),
        doubts: wording::confidence(finding),
        others: wording::known(finding).or_else(|| wording::others(finding)),
        configurations: wording::configurations(finding),
        context: wording::while_in_force(&finding.context),
        lock: finding.context.lock.as_deref(),
        limit: finding.context.limit as u8,
        demand: &finding.demand.label,
        wait: finding.demand.wait as u8,
        fingerprint: &finding.fingerprint,
        main: finding
            .witness
            .iter()
            .position(|step| std::ptr::eq(step, main))
            .unwrap_or(0),
        steps: finding
            .witness
            .iter()
            .enumerate()
            .map(|(index, step)| {
                data_step(
                    presentation,
                    step,
                    wording::listed_step(finding, index),
                    files,
                )
            })
            .collect(),
    }
}

fn data_step<'a>(
    presentation: &Presentation<'_>,
    step: &'a Step,
    words: String,
    files: &mut Files<'a>,
) -> DataStep<'a> {
    let sources = presentation.sources;
    let place = &step.place;
    let file = files.id(&place.file);
    let first = place.line.saturating_sub(CONTEXT).max(1);
    for line in first..=place.line.saturating_add(CONTEXT) {
        if let std::collections::btree_map::Entry::Vacant(entry) = files.lines[file].entry(line)
            && let Some(text) = sources.line(&place.file, line)
            && !text.is_empty()
        {
            entry.insert(text.trim_end().to_owned());
        }
    }
    let mark = || {
        let (_, range) = sources.mark(sources.find(&place.file)?, place)?;
        let text = sources.line(&place.file, place.line)?;
        let units = |text: &str| text.encode_utf16().count();
        Some((units(text.get(..range.start)?), units(text.get(range)?)))
    };
    DataStep {
        kind: wording::step_kind_name(step.kind),
        depth: step.depth,
        function: &step.function,
        callee: wording::written(step),
        words,
        file,
        line: place.line,
        mark: mark(),
    }
}

impl<'a> Files<'a> {
    fn id(&mut self, name: &'a str) -> usize {
        *self.ids.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.lines.push(BTreeMap::new());
            self.names.len() - 1
        })
    }
}
