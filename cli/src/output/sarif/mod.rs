// SPDX-License-Identifier: MIT OR Apache-2.0
//! SARIF 2.1.0 for code scanning services and viewers.
//!
//! What decides its content: file names are relative to `SRCROOT`, whose own place is not told (the
//! reader has another checkout); fingerprints have no line numbers; what the scan could not read is
//! a notification, not a result; and the limits of GitHub's code scanning are kept here, with a
//! notification, as a report beyond them would be cut there without one.

mod line_hash;
mod model;
mod runs;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Result;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::{Confidence, Finding, SourcePlace, Step, StepKind};

use self::line_hash::LineHashes;
use self::model::{
    ArtifactLocation, AutomationDetails, BaseLocation, CodeFlow, Configuration, ContextRegion,
    Descriptor, Driver, FileLocation, FileOnly, FlowLocation, Invocation, Location, Log,
    LogicalLocation, Markdown, Notification, NotificationDescriptor, PhysicalLocation, Reference,
    Region, ResultProperties, RuleProperties, Run, SarifResult, Suppression, Text, ThreadFlow,
    Tool,
};
use self::runs::{MOST_RUNS, Share};
use super::wording::capitalised;
use super::{Presentation, wording};
use crate::catalogue::Rule;
use crate::tally::UnitState;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// GitHub refuses a run with more results.
const MOST_RESULTS: usize = 25_000;
/// GitHub shows so many of a run.
const MOST_SHOWN: usize = 5_000;
/// GitHub shows so many steps of a flow.
const MOST_STEPS: usize = 1_000;
/// GitHub takes so many tags of a rule.
const MOST_TAGS: usize = 20;

/// Lines before and after a result that go with it.
const CONTEXT_LINES: u32 = 3;

const SRCROOT: &str = "SRCROOT";

/// Kinds of notification: id and what it says. References index this table.
const NOTIFICATIONS: [(&str, &str); 4] = [
    ("unit-lost", "a translation unit could not be read"),
    (
        "unit-damaged",
        "a translation unit has errors and was used as far as it could be read",
    ),
    (
        "report-cut",
        "the report has more than code scanning services take",
    ),
    (
        "findings-hidden",
        "findings of low confidence are not part of the report",
    ),
];
const UNIT_LOST: usize = 0;
const UNIT_DAMAGED: usize = 1;
const REPORT_CUT: usize = 2;
const FINDINGS_HIDDEN: usize = 3;

/// Writes the log.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    let log = log(presentation, MOST_RESULTS, MOST_RUNS);
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)?;
    Ok(())
}

fn log<'a>(presentation: &'a Presentation<'a>, most_results: usize, most_runs: usize) -> Log<'a> {
    let shares = runs::shares(presentation, most_runs);
    let runs = shares.into_iter();
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: runs
            .map(|share| run(presentation, share, most_results))
            .collect(),
    }
}

fn run<'a>(presentation: &'a Presentation<'_>, share: Share<'a>, most_results: usize) -> Run<'a> {
    let description = "the root of the scanned source tree";
    Run {
        tool: Tool {
            driver: driver(presentation),
        },
        invocations: [Invocation {
            execution_successful: true,
            tool_execution_notifications: notifications(&share, most_results),
        }],
        original_uri_base_ids: BTreeMap::from([(
            SRCROOT,
            BaseLocation {
                description: text(description),
            },
        )]),
        column_kind: "utf16CodeUnits",
        results: results(presentation, &share, most_results),
        automation_details: AutomationDetails { id: share.id },
    }
}

fn driver<'a>(presentation: &'a Presentation<'_>) -> Driver<'a> {
    Driver {
        name: "waitctx",
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: presentation.rules.rules().iter().map(descriptor).collect(),
        notifications: NOTIFICATIONS
            .iter()
            .map(|&(id, description)| NotificationDescriptor {
                id,
                name: pascal_case(id),
                short_description: sentence(description),
                full_description: sentence(description),
                help: text("`waitctx scan --verbose` says more."),
            })
            .collect(),
    }
}

fn descriptor(rule: &Rule) -> Descriptor<'_> {
    Descriptor {
        id: &rule.name,
        name: pascal_case(&rule.name),
        short_description: sentence(&rule.summary),
        full_description: text(&capitalised(&rule.description())),
        help: Markdown {
            text: rule.help().unwrap_or_else(|| rule.description()),
            markdown: &rule.page,
        },
        help_uri: rule.url(),
        default_configuration: Configuration {
            level: rule.level.name(),
        },
        properties: RuleProperties {
            tags: rule.tags.iter().take(MOST_TAGS).collect(),
            precision: "high",
            severity: rule.level.name(),
        },
    }
}

/// The findings and, at the end, the suppressed ones. GitHub shows suppressed results as open alerts,
/// so they are only here when asked for.
fn results<'a>(
    presentation: &Presentation<'_>,
    share: &Share<'a>,
    most: usize,
) -> Vec<SarifResult<'a>> {
    let mut hashes = LineHashes::default();
    let open = share.findings.iter().map(|&it| (it, None));
    let suppressed = share.suppressed.iter().copied();
    let suppressed = suppressed.map(|it| (it.finding, Some(it)));
    open.chain(suppressed)
        .take(most)
        .map(|(finding, suppressed)| {
            let mut it = result(presentation, finding, &mut hashes);
            it.suppressions = suppressed.map(|it| {
                [Suppression {
                    kind: it.place.name(),
                    justification: &it.reason,
                }]
            });
            it
        })
        .collect()
}

fn result<'a>(
    presentation: &Presentation<'_>,
    finding: &'a Finding,
    hashes: &mut LineHashes,
) -> SarifResult<'a> {
    let main = finding.main_step();
    let acquire = finding
        .witness
        .iter()
        .position(|step| step.kind.is_beginning());
    let demand = finding.witness.iter().position(|step| {
        // What is made at the main place needs no link.
        step.kind == StepKind::Demand && !std::ptr::eq(step, main)
    });
    let related = [(1, acquire), (2, demand)];
    let related = related.into_iter().filter_map(|(id, index)| {
        let index = index?;
        let words = wording::listed_step(finding, index);
        Some(Location {
            id: Some(id),
            ..location(presentation, &finding.witness[index], Some(words))
        })
    });
    let mut fingerprints = BTreeMap::from([("waitctx/v1", finding.fingerprint.clone())]);
    if let Some(hash) = hashes.get(presentation.sources, &main.place.file, main.place.line) {
        fingerprints.insert("primaryLocationLineHash", hash);
    }
    SarifResult {
        rule_id: &finding.rule,
        rule_index: presentation.rules.index(&finding.rule),
        level: match finding.confidence {
            Confidence::Low => "note",
            _ => presentation.level(finding).name(),
        },
        message: Text {
            text: message(finding, acquire.is_some(), demand),
        },
        locations: [result_location(presentation, main)],
        related_locations: related.collect(),
        code_flows: [CodeFlow {
            thread_flows: thread_flows(presentation, finding),
        }],
        partial_fingerprints: fingerprints,
        suppressions: None,
        properties: ResultProperties {
            verdict: wording::verdict_name(finding.verdict),
            confidence: wording::confidence_name(finding.confidence),
            reasons: &finding.reasons,
            configurations: &finding.configurations,
            other_chains: finding.other_chains,
        },
    }
}

/// The message as sentences. What is in force links to where it begins, and the demand to where it
/// is made when that is elsewhere.
fn message(finding: &Finding, acquired: bool, demand: Option<usize>) -> String {
    let context = escape(&wording::while_in_force(&finding.context));
    let mut text = escape(&wording::demand(finding));
    if acquired {
        let _ = write!(text, " [{context}](1)");
    } else {
        let _ = write!(text, " {context}");
    }
    text.push('.');
    if let Some(index) = demand {
        let step = &finding.witness[index];
        let _ = write!(
            text,
            " It comes to [`{}` in `{}`](2).",
            escape(wording::written(step)),
            escape(&step.function)
        );
    }
    text.push(' ');
    text.push_str(&escape(&capitalised(&wording::verdict(finding))));
    text.push('.');
    if let Some(confidence) = wording::confidence(finding) {
        let _ = write!(text, " {}.", escape(&capitalised(&confidence)));
    }
    if let Some(known) = &finding.further_of {
        let _ = write!(
            text,
            " It is a further {} of a known finding, {} in `{}`.",
            match finding.through {
                Some(_) => "chain",
                None => "place",
            },
            known.fingerprint,
            escape(&known.function)
        );
    }
    text
}

/// Escapes what SARIF would take for a link.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('[', "\\[")
        .replace(']', "\\]")
}

/// What leads to the demand, and for a deadlock of two what the other one does.
fn thread_flows<'a>(presentation: &Presentation<'_>, finding: &'a Finding) -> Vec<ThreadFlow<'a>> {
    let mut flows = vec![ThreadFlow {
        locations: flow(presentation, finding),
    }];
    let other: Vec<FlowLocation<'a>> = (1..)
        .zip(wording::other_half(finding).take(MOST_STEPS))
        .map(|(order, (step, words))| FlowLocation {
            location: location(presentation, step, Some(words)),
            nesting_level: step.depth,
            execution_order: order,
            importance: "important",
        })
        .collect();
    if !other.is_empty() {
        flows.push(ThreadFlow { locations: other });
    }
    flows
}

fn flow<'a>(presentation: &Presentation<'_>, finding: &'a Finding) -> Vec<FlowLocation<'a>> {
    let steps = &finding.witness;
    let (head, tail) = wording::shown(steps.len(), MOST_STEPS);
    let last = steps.len().saturating_sub(1);
    head.chain(tail)
        .map(|index| {
            let step = &steps[index];
            let words = wording::listed_step(finding, index);
            FlowLocation {
                location: location(presentation, step, Some(words)),
                nesting_level: step.depth,
                execution_order: index + 1,
                importance: if step.kind.is_beginning() || index == last {
                    "essential"
                } else {
                    "important"
                },
            }
        })
        .collect()
}

fn location<'a>(
    presentation: &Presentation<'_>,
    step: &'a Step,
    words: Option<String>,
) -> Location<'a> {
    Location {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: artifact(&step.place.file),
            region: region(presentation, &step.place),
            context_region: None,
        },
        logical_locations: [LogicalLocation {
            name: &step.function,
            fully_qualified_name: &step.function,
            kind: "function",
        }],
        message: words.map(|words| Text {
            text: format!("{}.", capitalised(&escape(&words))),
        }),
    }
}

/// SARIF wants regions that are not empty and do not end before they start.
fn region(presentation: &Presentation<'_>, place: &SourcePlace) -> Region {
    let sources = presentation.sources;
    let start_line = place.line.max(1);
    let end_line = place.end_line.max(start_line);
    let start_column = sources
        .utf16_column(&place.file, start_line, place.column)
        .max(1);
    let mut end_column = sources
        .utf16_column(&place.file, end_line, place.end_column)
        .max(1);
    if start_line == end_line {
        end_column = end_column.max(start_column + 1);
    }
    Region {
        start_line,
        start_column,
        end_line,
        end_column,
        snippet: None,
    }
}

/// The place of a result, with its text for readers who have no sources.
fn result_location<'a>(presentation: &Presentation<'_>, step: &'a Step) -> Location<'a> {
    let mut location = location(presentation, step, None);
    let sources = presentation.sources;
    let place = &step.place;
    let physical = &mut location.physical_location;
    physical.region.snippet = sources.text_of(place).map(|text| Text { text });
    let first = place.line.saturating_sub(CONTEXT_LINES).max(1);
    let lines: Vec<String> = (first..=place.end_line.saturating_add(CONTEXT_LINES))
        .map_while(|line| sources.line(&place.file, line))
        // What follows the last line break is no line.
        .filter(|line| !line.is_empty())
        .collect();
    // A region must not be smaller than what it is the context of.
    let last = first + u32::try_from(lines.len()).unwrap_or(0);
    if last > place.end_line && physical.region.snippet.is_some() {
        physical.context_region = Some(ContextRegion {
            start_line: first,
            end_line: last - 1,
            snippet: Text {
                text: lines.concat(),
            },
        });
    }
    location
}

fn artifact(file: &str) -> ArtifactLocation {
    ArtifactLocation {
        uri: uri(file),
        uri_base_id: SRCROOT,
    }
}

/// A relative path as a URI reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/+,=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn notifications(share: &Share<'_>, most_results: usize) -> Vec<Notification> {
    let mut notifications: Vec<Notification> = share
        .failed
        .iter()
        .map(|unit| {
            let (kind, level) = match unit.state {
                UnitState::Lost => (UNIT_LOST, "error"),
                UnitState::Damaged => (UNIT_DAMAGED, "warning"),
            };
            let reasons = format!("{}: {}", unit.file, unit.reasons.join("; "));
            let mut it = notification(kind, level, &reasons);
            it.locations.push(FileLocation {
                physical_location: FileOnly {
                    artifact_location: artifact(&unit.file),
                },
            });
            it
        })
        .collect();
    if share.configurations.len() > 1 {
        let text = format!(
            "code scanning services take {MOST_RUNS} runs: this one is of {} configurations: {}",
            share.configurations.len(),
            share.configurations.join(", ")
        );
        notifications.push(notification(REPORT_CUT, "note", &text));
    }
    let count = share.findings.len() + share.suppressed.len();
    if count > most_results {
        let text = format!(
            "{} of {count} findings are left out: code scanning services take {most_results}",
            count - most_results
        );
        notifications.push(notification(REPORT_CUT, "warning", &text));
    } else if count > MOST_SHOWN {
        let text = format!("{count} findings: GitHub shows {MOST_SHOWN} of them");
        notifications.push(notification(REPORT_CUT, "note", &text));
    }
    let longest = share.findings.iter().map(|it| it.witness.len()).max();
    if let Some(longest) = longest.filter(|&longest| longest > MOST_STEPS) {
        let text = format!(
            "the middle of chains with more than {MOST_STEPS} steps is left out; \
             the longest has {longest}"
        );
        notifications.push(notification(REPORT_CUT, "note", &text));
    }
    if share.hidden > 0 {
        let text = format!(
            "{} findings of low confidence are not shown; --all shows them",
            share.hidden
        );
        notifications.push(notification(FINDINGS_HIDDEN, "note", &text));
    }
    notifications
}

fn notification(kind: usize, level: &'static str, words: &str) -> Notification {
    Notification {
        descriptor: Reference {
            id: NOTIFICATIONS[kind].0,
            index: kind,
        },
        level,
        message: Text {
            text: format!("{}.", escape(words)),
        },
        locations: Vec::new(),
    }
}

fn text(text: &str) -> Text {
    Text {
        text: text.to_owned(),
    }
}

fn sentence(words: &str) -> Text {
    Text {
        text: format!("{}.", capitalised(words.trim_end_matches('.'))),
    }
}

/// `sleep-in-atomic` as `SleepInAtomic`, the form of SARIF's second name of a rule.
fn pascal_case(name: &str) -> String {
    name.split('-').map(capitalised).collect()
}

#[cfg(test)]
mod tests;
