// SPDX-License-Identifier: MIT OR Apache-2.0
//! Findings of several configurations of one tree as one report.

use std::collections::BTreeMap;

use crate::{Coverage, Finding, Report, SourcePlace};

/// Puts reports together, each with the name of its configuration. What several of them find is one
/// finding, as the one in which it is surest tells it, with the names of all. Figures are those of
/// all configurations together.
pub fn merge(reports: Vec<(String, Report)>) -> Report {
    let mut merged: BTreeMap<(SourcePlace, String, String), Finding> = BTreeMap::new();
    let mut coverage = Coverage::default();
    for (name, report) in reports {
        add(&mut coverage, report.coverage);
        for mut finding in report.findings {
            let place = finding.main_step().place.clone();
            let key = (place, finding.rule.clone(), finding.fingerprint.clone());
            finding.configurations = vec![name.clone()];
            match merged.get_mut(&key) {
                None => {
                    merged.insert(key, finding);
                }
                Some(known) => {
                    let mut names = std::mem::take(&mut known.configurations);
                    names.append(&mut finding.configurations);
                    if finding.confidence > known.confidence {
                        *known = finding;
                    }
                    known.configurations = names;
                }
            }
        }
    }
    Report {
        findings: merged.into_values().collect(),
        coverage,
    }
}

fn add(sum: &mut Coverage, more: Coverage) {
    let Coverage {
        functions,
        unknown_functions,
        calls,
        indirect_calls,
        indirect_resolved,
        merged_functions,
        cut_off_functions,
    } = more;
    sum.functions += functions;
    sum.unknown_functions += unknown_functions;
    sum.calls += calls;
    sum.indirect_calls += indirect_calls;
    sum.indirect_resolved += indirect_resolved;
    sum.merged_functions += merged_functions;
    sum.cut_off_functions += cut_off_functions;
}
