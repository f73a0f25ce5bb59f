// SPDX-License-Identifier: MIT OR Apache-2.0
//! Findings of several configurations of one tree as one report.

use std::collections::BTreeMap;

use crate::query::{Lock, Nesting};
use crate::{Coverage, Finding, FurtherPlace, Report, SourcePlace};

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
                        std::mem::swap(known, &mut finding);
                    }
                    known.configurations = names;
                    add_places(known, finding.further);
                }
            }
        }
    }
    Report {
        findings: merged.into_values().collect(),
        coverage,
    }
}

/// Adds the places that another configuration has and that are not known.
fn add_places(known: &mut Finding, more: Vec<FurtherPlace>) {
    for place in more {
        let is_known = |it: &FurtherPlace| it.fingerprint == place.fingerprint;
        if !known.further.iter().any(is_known) {
            known.further.push(place);
        }
    }
}

/// Puts nestings of several configurations together, by outer and inner lock: the first place of all,
/// and as many functions as in the configuration that has most.
pub fn merge_nesting(all: Vec<Nesting>) -> Vec<Nesting> {
    let mut merged: BTreeMap<(Lock, Lock), Nesting> = BTreeMap::new();
    for nesting in all {
        let key = (nesting.outer.clone(), nesting.inner.clone());
        match merged.get_mut(&key) {
            None => {
                merged.insert(key, nesting);
            }
            Some(known) => {
                let functions = known.functions.max(nesting.functions);
                if nesting.place < known.place {
                    *known = nesting;
                }
                known.functions = functions;
            }
        }
    }
    merged.into_values().collect()
}

fn add(sum: &mut Coverage, more: Coverage) {
    let Coverage {
        functions,
        unknown_functions,
        calls,
        indirect_calls,
        indirect_resolved,
        table_calls,
        table_calls_resolved,
        merged_functions,
        cut_off_functions,
    } = more;
    sum.functions += functions;
    sum.unknown_functions += unknown_functions;
    sum.calls += calls;
    sum.indirect_calls += indirect_calls;
    sum.indirect_resolved += indirect_resolved;
    sum.table_calls += table_calls;
    sum.table_calls_resolved += table_calls_resolved;
    sum.merged_functions += merged_functions;
    sum.cut_off_functions += cut_off_functions;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WaitType;

    fn nesting(outer: &str, inner: &str, line: u32, functions: usize) -> Nesting {
        let lock = |name: &str| Lock {
            wait: WaitType::Spin,
            name: name.to_owned(),
        };
        Nesting {
            outer: lock(outer),
            inner: lock(inner),
            place: SourcePlace {
                file: "a.c".to_owned(),
                line,
                column: 1,
                end_line: line,
                end_column: 2,
            },
            function: format!("at_{line}"),
            functions,
        }
    }

    #[test]
    fn locks_that_nest_in_several_configurations_are_told_once() {
        let all = vec![
            nesting("b", "c", 7, 5),
            nesting("a", "b", 9, 1),
            nesting("b", "c", 3, 2),
        ];
        let expected = [nesting("a", "b", 9, 1), nesting("b", "c", 3, 5)];
        assert_eq!(merge_nesting(all), expected);
    }
}
