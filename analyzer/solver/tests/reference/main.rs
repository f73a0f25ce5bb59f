// SPDX-License-Identifier: MIT OR Apache-2.0
//! The solver against a reference that executes random small programs in every way they can be
//! executed: what one finds, the other must find.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod again;
#[path = "../support/bytes.rs"]
mod bytes;
mod knowledge;
mod naive;
mod program;
mod through;

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use waitctx_model::{Callee, Statement, Unit, write_unit};
use waitctx_solver::{Finding, Knowledge, Report, StepKind, Verdict, link, solve};

use naive::{Executions, Violation, execute};
use program::{Style, make};

/// What a program is compared by.
struct Case {
    /// What the choices were.
    bytes: Vec<u8>,
    units: Vec<Unit>,
    report: Report,
    knowledge: Knowledge,
}

/// Runs `test` on random programs, the same ones each time (and more of them if the environment
/// says so, as usual with proptest). It returns whether the program was of any use; most have to be.
fn for_programs(
    style: Style,
    cases: u32,
    test: impl Fn(&Case) -> Result<bool, String>,
) -> Result<(), String> {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let config = Config {
        cases: asked.and_then(|it| it.parse().ok()).unwrap_or(cases),
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let (used, all) = (Cell::new(0), Cell::new(0));
    let result = TestRunner::new_with_rng(config, rng).run(&vec(any::<u8>(), 0..120), |bytes| {
        let units = make(&bytes, style);
        let knowledge = knowledge::knowledge();
        let report = solve(link(units.clone(), &knowledge), &knowledge);
        let case = Case {
            bytes,
            units,
            report,
            knowledge,
        };
        all.set(all.get() + 1);
        match test(&case) {
            Ok(was_used) => used.set(used.get() + u32::from(was_used)),
            Err(error) => {
                let mut text = format!("{error}\nin\n");
                for unit in &case.units {
                    write_unit(unit, &mut text).unwrap();
                }
                return Err(TestCaseError::fail(text));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        return Err(error.to_string());
    }
    if used.get() * 2 < all.get() {
        return Err(format!("only {} of {} were of use", used.get(), all.get()));
    }
    Ok(())
}

/// All ways to execute the program: from the function that nobody calls, and from there and from
/// what is not reached from it.
fn executions(case: &Case) -> Option<(Executions, Executions)> {
    let first = execute(&case.units, &case.knowledge, std::iter::once("f0"))?;
    let names: Vec<String> = (1..case.units.len()).map(|it| format!("f{it}")).collect();
    let unreached = names.iter().filter(|it| !first.entered.contains(*it));
    let mut all = execute(&case.units, &case.knowledge, unreached.map(String::as_str))?;
    all.violations.extend(first.violations.iter().cloned());
    Some((first, all))
}

/// The place at which a finding is shown, and what is in force there.
fn shown_at(finding: &Finding) -> ((String, u32), (String, Option<String>), bool) {
    let step = finding.main_step();
    (
        (step.function.clone(), step.place.line),
        (finding.context.kind.clone(), finding.context.lock.clone()),
        finding.verdict == Verdict::EveryKernel,
    )
}

/// The same of a violation.
fn happens_at(violation: &Violation) -> ((String, u32), (String, Option<String>), bool) {
    let every_kernel = violation.rule == "sleep-low";
    (
        violation.chain[0].clone(),
        violation.context.clone(),
        every_kernel,
    )
}

/// What makes violations one cause.
fn cause(violation: &Violation) -> impl PartialEq + use<> {
    let demand_in = violation.chain.last().map(|(function, _)| function.clone());
    (
        violation.rule.clone(),
        violation.context.clone(),
        demand_in,
        violation.demanding.clone(),
    )
}

#[test]
fn what_an_execution_runs_into_is_reported() {
    for_programs(Style::Rich, 250, |case| {
        let coverage = case.report.coverage;
        if coverage.merged_functions > 0 || coverage.cut_off_functions > 0 {
            return Ok(false); // it says itself that something was left out
        }
        let Some((first, all)) = executions(case) else {
            return Ok(false);
        };
        for violation in &first.violations {
            // What one call leads to is one, told with what allows least, and so is one cause,
            // which is shown at one of the places at which it comes to pass.
            let reported = |it: &Violation| {
                let mut findings = case.report.findings.iter();
                findings.any(|finding| shown_at(finding) == happens_at(it))
            };
            let is_reported = all.violations.iter().any(|same_place| {
                let ((place, _, verdict), (other, _, other_verdict)) =
                    (happens_at(violation), happens_at(same_place));
                (place, verdict) == (other, other_verdict)
                    && all.violations.iter().any(|same_cause| {
                        cause(same_cause) == cause(same_place) && reported(same_cause)
                    })
            });
            if !is_reported {
                let shown: Vec<_> = case.report.findings.iter().map(shown_at).collect();
                return Err(format!("nothing is said of {violation:?}, only {shown:?}"));
            }
        }
        Ok(true)
    })
    .unwrap();
}

#[test]
fn what_is_reported_some_execution_runs_into() {
    for_programs(Style::Plain, 300, |case| {
        let Some((_, all)) = executions(case) else {
            return Ok(false);
        };
        for finding in &case.report.findings {
            let chain: Vec<(String, u32)> = finding
                .witness
                .iter()
                .filter(|step| step.kind != StepKind::Acquire)
                .map(|step| (step.function.clone(), step.place.line))
                .collect();
            let replays = all.violations.iter().any(|violation| {
                violation.rule == finding.rule
                    && happens_at(violation) == shown_at(finding)
                    && violation.chain == chain
                    && violation.demanding == finding.demand.function
            });
            if !replays {
                return Err(format!("nobody gets to {finding:?}"));
            }
        }
        Ok(true)
    })
    .unwrap();
}

#[test]
fn a_witness_is_in_the_program() {
    for_programs(Style::Rich, 100, |case| {
        for finding in &case.report.findings {
            check_witness(case, finding)?;
        }
        Ok(true)
    })
    .unwrap();
}

/// Each step is a call that the program has, of the function that the next step is in.
fn check_witness(case: &Case, finding: &Finding) -> Result<(), String> {
    let mut calls = Vec::new();
    for unit in &case.units {
        for function in &unit.functions {
            for statement in function.blocks.iter().flat_map(|it| &it.statements) {
                if let Statement::Call(call) = statement
                    && let Callee::Direct(symbol) = call.callee
                {
                    calls.push((
                        unit.names.get(function.symbol.name),
                        call.span.line,
                        unit.names.get(symbol.name),
                    ));
                }
            }
        }
    }
    for step in &finding.witness {
        let there = (
            step.function.as_str(),
            step.place.line,
            step.callee.as_str(),
        );
        if !calls.contains(&there) {
            return Err(format!("{step:?} is not in the program"));
        }
    }
    let chain = finding
        .witness
        .iter()
        .filter(|it| it.kind != StepKind::Acquire);
    let chain: Vec<_> = chain.collect();
    for (depth, pair) in chain.windows(2).enumerate() {
        if pair[0].callee != pair[1].function || pair[1].depth as usize != depth + 1 {
            return Err(format!("{:?} does not follow {:?}", pair[1], pair[0]));
        }
    }
    let acquired = finding
        .witness
        .iter()
        .rfind(|it| it.kind == StepKind::Acquire);
    let taken = acquired.map(|it| it.callee.as_str());
    let takes = match finding.context.kind.as_str() {
        "raw" => &["raw_lock", "raw_try"][..],
        "spin" => &["spin_lock"],
        _ => &["off"],
    };
    if !taken.is_some_and(|it| takes.contains(&it)) {
        return Err(format!(
            "{taken:?} does not put {:?} into force",
            finding.context
        ));
    }
    let last = chain.last().ok_or("a witness has a demand")?;
    if last.kind != StepKind::Demand || last.callee != finding.demand.function {
        return Err(format!("{last:?} is not the demand"));
    }
    Ok(())
}

#[test]
fn threads_and_the_order_of_units_change_nothing() {
    for_programs(Style::Rich, 100, |case| {
        let mut units = case.units.clone();
        units.reverse();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build();
        let again = pool
            .map_err(|error| error.to_string())?
            .install(|| solve(link(units, &case.knowledge), &case.knowledge));
        if again.findings != case.report.findings || again.coverage != case.report.coverage {
            return Err("another order gives another report".to_owned());
        }
        Ok(true)
    })
    .unwrap();
}
