// SPDX-License-Identifier: MIT OR Apache-2.0
//! Findings that lead through certain calls, against every way to execute a program.

use std::collections::BTreeSet;

use waitctx_model::Statement;
use waitctx_solver::{Finding, Lines, Solution, StepKind, ask, ask_again, link};

use crate::bytes::{kept, leave};
use crate::program::Style;
use crate::{Case, executions, for_programs, happens_at, shown_at};

/// The lines on which something is called.
fn lines(case: &Case) -> BTreeSet<(String, u32)> {
    let mut lines = BTreeSet::new();
    for unit in &case.units {
        let blocks = unit.functions.iter().flat_map(|it| &it.blocks);
        for statement in blocks.flat_map(|it| &it.statements) {
            if let Statement::Call(call) = statement {
                lines.insert((unit.names.get(call.span.file).to_owned(), call.span.line));
            }
        }
    }
    lines
}

fn through(case: &Case, line: &(String, u32)) -> Vec<Finding> {
    let program = link(case.units.clone(), &case.knowledge);
    ask(program, &case.knowledge, |solution| {
        solution.through(&only(line))
    })
}

fn only((file, line): &(String, u32)) -> Lines {
    let line = *line..line + 1;
    Lines::from([(file.clone(), vec![line])])
}

/// The calls of a finding.
fn chain(finding: &Finding) -> Vec<(String, u32)> {
    let steps = finding.witness.iter();
    let calls = steps.filter(|step| step.kind != StepKind::Acquire);
    calls
        .map(|step| (step.function.clone(), step.place.line))
        .collect()
}

fn leads_through(chain: &[(String, u32)], line: u32) -> bool {
    chain.iter().skip(1).any(|it| it.1 == line)
}

#[test]
fn what_leads_through_a_call_some_execution_runs_into() {
    for_programs(Style::Plain, 100, |case| {
        let Some((_, all)) = executions(case) else {
            return Ok(false);
        };
        for line in lines(case) {
            for finding in through(case, &line) {
                let chain = chain(&finding);
                let replays = all.violations.iter().any(|violation| {
                    happens_at(violation) == shown_at(&finding)
                        && violation.chain == chain
                        && violation.demanding == finding.demand.function
                });
                if !replays || !leads_through(&chain, line.1) {
                    return Err(format!("nobody gets through {line:?} to {finding:?}"));
                }
            }
        }
        Ok(true)
    })
    .unwrap();
}

#[test]
fn what_was_left_says_the_same_of_a_call() {
    for_programs(Style::Plain, 300, |case| {
        let knowledge = &case.knowledge;
        let (_, bytes) = leave(&case.units, knowledge);
        for line in lines(case) {
            let kept = kept(bytes.clone());
            let question = |solution: &mut Solution<'_>| solution.through(&only(&line));
            let again = ask_again(kept, Vec::new(), knowledge, question);
            if again.as_ref() != Some(&through(case, &line)) {
                return Err(format!("something else leads through {line:?}: {again:?}"));
            }
        }
        Ok(true)
    })
    .unwrap();
}

#[test]
fn what_an_execution_runs_into_through_a_call_is_found_there() {
    for_programs(Style::Plain, 100, |case| {
        let coverage = case.report.coverage;
        if coverage.merged_functions > 0 || coverage.cut_off_functions > 0 {
            return Ok(false); // it says itself that something was left out
        }
        let Some((first, _)) = executions(case) else {
            return Ok(false);
        };
        for line in lines(case) {
            let through = through(case, &line);
            let passes = first.violations.iter();
            for violation in passes.filter(|it| leads_through(&it.chain, line.1)) {
                // Of one cause that comes about in several places, one is told.
                let is_told = |finding: &Finding| {
                    finding.rule == violation.rule
                        && leads_through(&chain(finding), line.1)
                        && finding.demand.function == violation.demanding
                };
                let mut told = through.iter().chain(&case.report.findings);
                if !told.any(is_told) {
                    return Err(format!("through {line:?} nothing is said of {violation:?}"));
                }
            }
        }
        Ok(true)
    })
    .unwrap();
}
