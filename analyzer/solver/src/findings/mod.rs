// SPDX-License-Identifier: MIT OR Apache-2.0
//! From violations to findings: one for each cause, with its shortest witness.

mod fingerprint;
mod witness;

use rustc_hash::FxHashMap;

use crate::demands::{Demands, Violation, What};
use crate::paths::{Structure, Target};
use crate::program::{FnId, Program};
use crate::{Confidence, Demanded, Finding, InForce, Knowledge, Verdict, WaitType};

/// A violation and the function in which it happens.
#[derive(Clone, Copy)]
struct Located<'a> {
    function: FnId,
    violation: &'a Violation,
}

/// What makes two violations one cause: rule, what is in force, and the place of the demand.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Clone)]
struct Cause {
    rule: u16,
    kind: u16,
    lock: Option<String>,
    demand_in: FnId,
    demanding: FnId,
}

/// Turns violations into findings.
pub(crate) fn collect(
    program: &Program,
    knowledge: &Knowledge,
    structures: &[Structure],
    demands: &Demands,
) -> Vec<Finding> {
    let reader = witness::Reader {
        program,
        structures,
        demands,
    };
    let confirmed = confirmed(program, demands);
    let mut by_cause: FxHashMap<Cause, Vec<Located<'_>>> = FxHashMap::default();
    for (index, violations) in demands.violations.iter().enumerate() {
        let function = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
        for (number, violation) in violations.iter().enumerate() {
            let assumed = confirmed.get(&(function, number)).copied();
            if !violation.confirmed && assumed.is_none() {
                continue;
            }
            let located = Located {
                function,
                violation,
            };
            let (demand_in, demanding) = reader.demand_site(function, violation.link);
            let cause = Cause {
                rule: violation.rule.0,
                kind: violation.held.item.kind.0,
                lock: violation.held.item.class.name(program),
                demand_in,
                demanding,
            };
            by_cause.entry(cause).or_default().push(located);
        }
    }
    let mut causes: Vec<_> = by_cause.into_iter().collect();
    causes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut findings: Vec<Finding> = causes
        .into_iter()
        .map(|(cause, all)| finding(&reader, knowledge, &cause, &all))
        .collect();
    fingerprint::assign(&mut findings);
    findings.sort_by(|a, b| {
        let key = |it: &Finding| {
            (
                it.main_step().place.clone(),
                it.rule.clone(),
                it.fingerprint.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    findings
}

/// The violations under conditions that some caller fulfils, or that no caller is known for.
fn confirmed(program: &Program, demands: &Demands) -> FxHashMap<(FnId, usize), Confidence> {
    let mut confirmed = FxHashMap::default();
    let mut called = vec![false; program.functions.len()];
    for (index, cases) in demands.cases.iter().enumerate() {
        for case in cases {
            if let Some(next) = case.link.next {
                called[next.function.0 as usize] = true;
            }
            if let What::Violation {
                function,
                index: number,
            } = case.what
                && function.0 as usize != index
                && case.guard.is_empty()
            {
                confirmed.insert((function, number as usize), case.confidence);
            }
        }
    }
    for (index, violations) in demands.violations.iter().enumerate() {
        let function = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
        for (number, violation) in violations.iter().enumerate() {
            let open = violation.guard.iter().all(|condition| !condition.proof);
            // Nobody in the program decides the condition: whoever calls it from outside may.
            if open && !called[index] && !confirmed.contains_key(&(function, number)) {
                confirmed.insert(
                    (function, number),
                    violation.confidence.min(Confidence::Medium),
                );
            }
        }
    }
    confirmed
}

fn finding(
    reader: &witness::Reader<'_>,
    knowledge: &Knowledge,
    cause: &Cause,
    all: &[Located<'_>],
) -> Finding {
    // The surest chain, then the shortest; then the first by place, so that it is always the same.
    let mut candidates: Vec<(Located<'_>, Vec<crate::Step>)> = all
        .iter()
        .map(|&located| (located, reader.witness(located.function, located.violation)))
        .collect();
    candidates.sort_by(|(a, x), (b, y)| {
        let key = |it: &Located<'_>| {
            (
                std::cmp::Reverse(it.violation.confidence),
                it.violation.length,
            )
        };
        let places = |steps: &[crate::Step]| {
            steps
                .iter()
                .map(|step| step.place.clone())
                .collect::<Vec<_>>()
        };
        key(a).cmp(&key(b)).then_with(|| places(x).cmp(&places(y)))
    });
    let (best, witness) = candidates.swap_remove(0);
    let violation = best.violation;
    let demand = knowledge.demand(violation.demand);
    let context = knowledge.context(violation.held.item.kind);
    let (confidence, reasons) = reader.confidence(best.function, violation);
    Finding {
        rule: knowledge.rules[usize::from(violation.rule.0)].name.clone(),
        verdict: if demand.wait == WaitType::Sleep {
            Verdict::EveryKernel
        } else {
            Verdict::RawNesting
        },
        confidence,
        reasons,
        context: InForce {
            kind: context.name.clone(),
            label: context.label.clone(),
            lock: cause.lock.clone(),
        },
        demand: Demanded {
            kind: demand.name.clone(),
            label: demand.label.clone(),
            function: reader.program.name(cause.demanding).to_owned(),
            detail: reader.demand_detail(best.function, violation),
        },
        witness,
        other_chains: all.len() - 1,
        fingerprint: String::new(),
    }
}

/// The demand that a record is, if it is one.
fn demanding_function(structure: &Structure, record: u32) -> Option<FnId> {
    match structure.records[record as usize].target {
        Target::Demand { function, .. } => Some(function),
        Target::Function(_) | Target::Pointer(_) => None,
    }
}
