// SPDX-License-Identifier: MIT OR Apache-2.0
//! JSON for scripts: one object, described by `docs/schema/report-1.schema.json`.
//!
//! `version` is the version of this form: it grows when a field changes its meaning or goes away,
//! and stays when one is added. Fields whose value is not known are `null`, never absent. No times
//! and no absolute paths are in it, so that equal input gives equal bytes.

use std::io::Write as _;

use anyhow::Result;
use codespan_reporting::term::termcolor::Buffer;
use serde::Serialize;
use waitctx_solver::{Finding, SourcePlace, Step};

use super::{Presentation, Suppressed, wording};
use crate::tally::UnitState;

/// Writes the object.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    let document = Document::new(presentation);
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

/// The whole.
#[derive(Serialize)]
struct Document<'a> {
    /// The version of this form.
    version: u32,
    /// Who wrote it.
    tool: &'static str,
    /// What was scanned, as the user calls it.
    category: Option<&'a str>,
    /// The findings, by file, line, column and rule.
    findings: Vec<JsonFinding<'a>>,
    /// Findings that somebody suppressed, when they are asked for.
    suppressed_findings: Vec<JsonFinding<'a>>,
    /// Findings of low confidence that were not asked for.
    hidden_findings: usize,
    /// What the findings rest on.
    coverage: JsonCoverage,
    /// Units with errors.
    failed_units: Vec<JsonUnit<'a>>,
}

/// A finding.
#[derive(Serialize)]
struct JsonFinding<'a> {
    /// The rule's name.
    rule: &'a str,
    /// `error` or `warning`.
    level: &'static str,
    /// `every-kernel` or `raw-nesting` (PREEMPT_RT, and lockdep with PROVE_RAW_LOCK_NESTING).
    verdict: &'static str,
    /// `high`, `medium` or `low`.
    confidence: &'static str,
    /// What lowers the confidence.
    reasons: &'a [String],
    /// What is wrong, in one line.
    message: String,
    /// The offending call or operation, in the function that holds the context.
    #[serde(flatten)]
    place: JsonPlace<'a>,
    /// The function it is in.
    function: &'a str,
    /// What is in force.
    context: JsonContext<'a>,
    /// What is demanded.
    demand: JsonDemand<'a>,
    /// How it comes about: the acquisition, every call on the way, the demand.
    witness: Vec<JsonStep<'a>>,
    /// For two chains that wait for each other: the other one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_half: Vec<JsonStep<'a>>,
    /// The configurations it holds in, when several were scanned.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    configurations: &'a [String],
    /// How many other chains lead from this context to this demand.
    other_chains: usize,
    /// Further places at which chains of the same cause start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further: Vec<JsonKnown<'a>>,
    /// For a further place of a known finding, or a further chain below one: that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    further_of: Option<JsonKnown<'a>>,
    /// Stays the same when lines move.
    fingerprint: &'a str,
    /// Who says that it is not to be reported, and why.
    suppression: Option<JsonSuppression<'a>>,
}

/// Another finding, or a place that is one where changes bring it.
#[derive(Serialize)]
struct JsonKnown<'a> {
    /// Its fingerprint.
    fingerprint: &'a str,
    /// The function it is shown in.
    function: &'a str,
    /// Where it is shown.
    #[serde(flatten)]
    place: JsonPlace<'a>,
}

/// A suppression.
#[derive(Serialize)]
struct JsonSuppression<'a> {
    /// Where it is: `inSource`.
    place: &'static str,
    /// Why.
    reason: &'a str,
}

/// What is in force.
#[derive(Serialize)]
struct JsonContext<'a> {
    /// Its name in the data files: `raw-spinlock`.
    kind: &'a str,
    /// What people call it: `raw_spinlock_t held`.
    label: &'a str,
    /// The lock class, for a lock.
    lock: Option<&'a str>,
    /// The highest wait type that may be acquired there: `free`, `spin`, `config`, `sleep`.
    limit: String,
}

/// What is demanded.
#[derive(Serialize)]
struct JsonDemand<'a> {
    /// Its name in the data files: `allocation`.
    kind: &'a str,
    /// What it does: `allocates memory`.
    label: &'a str,
    /// The function that makes the demand.
    function: &'a str,
    /// The class of a lock, the flags of an allocation.
    detail: Option<&'a str>,
    /// The wait type of it.
    wait: String,
}

/// A step of a witness.
#[derive(Serialize)]
struct JsonStep<'a> {
    /// `acquire`, `call` or `demand`.
    kind: &'static str,
    /// How many calls below the function that holds the context.
    depth: u32,
    /// The function in whose body it is.
    function: &'a str,
    /// The function called there.
    callee: &'a str,
    /// The macro that the programmer wrote there.
    via_macro: Option<&'a str>,
    /// The record field or variable that a function pointer was read from.
    through: Option<&'a str>,
    /// Where.
    #[serde(flatten)]
    place: JsonPlace<'a>,
}

/// A place. Lines and columns count from 1, columns in bytes; the end is exclusive.
#[derive(Serialize)]
struct JsonPlace<'a> {
    /// The file, relative to the tree.
    file: &'a str,
    /// First line.
    line: u32,
    /// First column.
    column: u32,
    /// Last line.
    end_line: u32,
    /// The column after the last character.
    end_column: u32,
}

/// What the findings rest on.
#[derive(Serialize)]
struct JsonCoverage {
    /// Units of the program.
    units: usize,
    /// Of these, the ones with errors that are used as far as they could be read.
    units_damaged: usize,
    /// Of these, the ones that are not used.
    units_lost: usize,
    /// Functions with bodies.
    functions: usize,
    /// Functions that are called, have no body and are in no model.
    unknown_functions: usize,
    /// Calls.
    calls: usize,
    /// Of these, through pointers.
    indirect_calls: usize,
    /// Of these, the ones with at least one known target.
    indirect_calls_resolved: usize,
    /// Calls through fields that only constant tables of functions fill.
    table_calls: usize,
    /// Of these, the ones with at most 20 possible targets.
    table_calls_resolved: usize,
    /// Functions with more path states than are kept apart.
    merged_functions: usize,
    /// Functions with more demands than are kept.
    cut_off_functions: usize,
}

/// A unit with errors.
#[derive(Serialize)]
struct JsonUnit<'a> {
    /// Its main source file.
    file: &'a str,
    /// `damaged` or `lost`.
    state: &'static str,
    /// The first things that went wrong.
    reasons: &'a [String],
}

impl<'a> Document<'a> {
    fn new(presentation: &'a Presentation<'_>) -> Self {
        let units = presentation.units;
        let coverage = presentation.coverage;
        Self {
            version: 1,
            tool: concat!("waitctx ", env!("CARGO_PKG_VERSION")),
            category: presentation.category,
            findings: presentation
                .findings
                .iter()
                .map(|finding| JsonFinding::new(presentation, finding, None))
                .collect(),
            suppressed_findings: presentation
                .suppressed
                .iter()
                .map(|it| JsonFinding::new(presentation, it.finding, Some(it)))
                .collect(),
            hidden_findings: presentation.hidden,
            coverage: JsonCoverage {
                units: units.units,
                units_damaged: units.count(UnitState::Damaged),
                units_lost: units.count(UnitState::Lost),
                functions: coverage.functions,
                unknown_functions: coverage.unknown_functions,
                calls: coverage.calls,
                indirect_calls: coverage.indirect_calls,
                indirect_calls_resolved: coverage.indirect_resolved,
                table_calls: coverage.table_calls,
                table_calls_resolved: coverage.table_calls_resolved,
                merged_functions: coverage.merged_functions,
                cut_off_functions: coverage.cut_off_functions,
            },
            failed_units: units
                .failed
                .iter()
                .map(|unit| JsonUnit {
                    file: &unit.file,
                    state: unit.state.name(),
                    reasons: &unit.reasons,
                })
                .collect(),
        }
    }
}

impl<'a> JsonFinding<'a> {
    fn new(
        presentation: &Presentation<'_>,
        finding: &'a Finding,
        suppressed: Option<&'a Suppressed<'_>>,
    ) -> Self {
        let main = finding.main_step();
        let further = finding.further.iter().map(|it| JsonKnown {
            fingerprint: &it.fingerprint,
            function: &it.main_step().function,
            place: JsonPlace::new(&it.main_step().place),
        });
        let known = finding.further_of.as_ref();
        Self {
            rule: &finding.rule,
            level: presentation.level(finding).name(),
            verdict: wording::verdict_name(finding.verdict),
            confidence: wording::confidence_name(finding.confidence),
            reasons: &finding.reasons,
            message: wording::message(finding),
            place: JsonPlace::new(&main.place),
            function: &main.function,
            context: JsonContext {
                kind: &finding.context.kind,
                label: &finding.context.label,
                lock: finding.context.lock.as_deref(),
                limit: finding.context.limit.to_string(),
            },
            demand: JsonDemand {
                kind: &finding.demand.kind,
                label: &finding.demand.label,
                function: &finding.demand.function,
                detail: finding.demand.detail.as_deref(),
                wait: finding.demand.wait.to_string(),
            },
            witness: finding.witness.iter().map(JsonStep::new).collect(),
            other_half: finding.other_half.iter().map(JsonStep::new).collect(),
            configurations: &finding.configurations,
            other_chains: finding.other_chains,
            further: further.collect(),
            further_of: known.map(|it| JsonKnown {
                fingerprint: &it.fingerprint,
                function: &it.function,
                place: JsonPlace::new(&it.place),
            }),
            fingerprint: &finding.fingerprint,
            suppression: suppressed.map(|it| JsonSuppression {
                place: it.place.name(),
                reason: &it.reason,
            }),
        }
    }
}

impl<'a> JsonStep<'a> {
    fn new(step: &'a Step) -> Self {
        Self {
            kind: wording::step_kind_name(step.kind),
            depth: step.depth,
            function: &step.function,
            callee: &step.callee,
            via_macro: step.via_macro.as_deref(),
            through: step.through.as_deref(),
            place: JsonPlace::new(&step.place),
        }
    }
}

impl<'a> JsonPlace<'a> {
    fn new(place: &'a SourcePlace) -> Self {
        Self {
            file: &place.file,
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Format;
    use super::super::fixture::{Fixture, further_place};

    const SCHEMA: &str = include_str!("../../../docs/schema/report-1.schema.json");

    fn errors(document: &Value) -> Vec<String> {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        validator
            .iter_errors(document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    #[test]
    fn reports_are_as_the_schema_says() {
        let mut fixture = Fixture::new();
        fixture.suppress("it is known");
        let document = serde_json::from_str(&fixture.render(Format::Json)).unwrap();
        assert_eq!(errors(&document), Vec::<String>::new());
        assert_eq!(
            document["suppressed_findings"][0]["suppression"],
            json!({ "place": "inSource", "reason": "it is known" })
        );
        // What most findings leave out.
        let finding = &mut fixture.findings[0];
        finding.other_half = finding.witness.clone();
        finding.further_of = Some(finding.known());
        finding.further = vec![further_place(finding)];
        finding.configurations = vec!["arm64".to_owned(), "arm64+rt".to_owned()];
        let document = serde_json::from_str(&fixture.render(Format::Json)).unwrap();
        assert_eq!(errors(&document), Vec::<String>::new());
        fixture.findings.clear();
        fixture.units.failed.clear();
        let document = serde_json::from_str(&fixture.render(Format::Json)).unwrap();
        assert_eq!(errors(&document), Vec::<String>::new());
    }

    /// The schema leaves out no field, and none of its fields is missing in a report.
    #[test]
    fn the_schema_is_strict() {
        let document: Value = serde_json::from_str(&Fixture::new().render(Format::Json)).unwrap();
        for pointer in ["", "/findings/0", "/findings/0/witness/0", "/coverage"] {
            for name in document
                .pointer(pointer)
                .unwrap()
                .as_object()
                .unwrap()
                .keys()
            {
                let mut less = document.clone();
                let object = less.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
                object.remove(name);
                assert!(!errors(&less).is_empty(), "{pointer}/{name} may be missing");
            }
            let mut more = document.clone();
            more.pointer_mut(pointer).unwrap()["more"] = Value::Null;
            assert!(!errors(&more).is_empty(), "{pointer} may have more fields");
        }
    }

    #[test]
    fn a_report() {
        let text = Fixture::new().render(Format::Json);
        assert!(text.ends_with("}\n"));
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["version"], 1);
        assert_eq!(document["hidden_findings"], 2);
        let finding = &document["findings"][0];
        assert_eq!(finding["fingerprint"], "0123456789abcdef");
        assert_eq!(finding["file"], "kernel/work.c");
        assert_eq!(finding["line"], 10);
        assert_eq!(finding["witness"].as_array().unwrap().len(), 4);
        assert_eq!(
            finding["witness"][0],
            json!({
                "kind": "acquire", "depth": 0, "function": "queue", "callee": "_raw_spin_lock",
                "via_macro": "raw_spin_lock", "through": null, "file": "kernel/work.c",
                "line": 9, "column": 2, "end_line": 9, "end_column": 28
            })
        );
        assert_eq!(document["coverage"]["units_damaged"], 1);
        assert_eq!(document["failed_units"][0]["state"], "damaged");
    }
}
