// SPDX-License-Identifier: MIT OR Apache-2.0
//! From violations to findings: one for each cause, with its shortest witness.

mod fingerprint;
mod witness;

use rustc_hash::FxHashMap;

use crate::demands::{Demands, Since, Violation, What};
use crate::paths::Structure;
use crate::program::{FnId, Program};
use crate::{Confidence, Demanded, Finding, InForce, Knowledge};

pub(crate) use witness::Reader;

/// A violation and the function in which it happens.
#[derive(Clone, Copy)]
struct Located<'a> {
    function: FnId,
    violation: &'a Violation,
    confidence: Confidence,
}

/// What makes two violations one cause: rule, what is in force, and the place of the demand.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Clone)]
struct Cause {
    rule: u16,
    kind: u16,
    entry: Option<usize>,
    lock: Option<String>,
    demand_in: FnId,
    demanding: FnId,
}

impl Cause {
    fn new(reader: &witness::Reader<'_>, function: FnId, violation: &Violation) -> Self {
        let (demand_in, demanding) = reader.demand_site(function, violation.link);
        Self {
            rule: violation.rule.0,
            kind: violation.context.0,
            entry: match violation.since {
                Since::Acquired(_) => None,
                Since::Entered(index) => Some(reader.program.entries[index].entry),
            },
            lock: violation.item.class.name(reader.program),
            demand_in,
            demanding,
        }
    }

    /// What this has in common with the finding about an entry that the chain leads through.
    fn of_callee(&self, callee: FnId) -> (FnId, u16, FnId, FnId) {
        (callee, self.rule, self.demand_in, self.demanding)
    }
}

/// The causes that entries are to blame for by themselves. That somebody calls them through a
/// pointer with a lock held is what makes them entries.
fn entered(
    reader: &witness::Reader<'_>,
    demands: &Demands,
) -> FxHashMap<(FnId, u16, FnId, FnId), Cause> {
    let mut causes = FxHashMap::default();
    for (index, violations) in demands.violations.iter().enumerate() {
        let function = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
        for violation in violations {
            if matches!(violation.since, Since::Entered(_)) {
                let cause = Cause::new(reader, function, violation);
                causes.entry(cause.of_callee(function)).or_insert(cause);
            }
        }
    }
    causes
}

/// Turns violations into findings.
pub(crate) fn collect(
    program: &Program,
    knowledge: &Knowledge,
    structures: &[Structure],
    demands: &Demands,
) -> Vec<Finding> {
    let reader = Reader {
        program,
        knowledge,
        structures,
        demands,
    };
    let confirmed = confirmed(program, knowledge, demands);
    let entered = entered(&reader, demands);
    let mut by_cause: FxHashMap<Cause, Vec<Located<'_>>> = FxHashMap::default();
    for (index, violations) in demands.violations.iter().enumerate() {
        let function = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
        for (number, violation) in violations.iter().enumerate() {
            let entered_with = matches!(violation.since, Since::Entered(_));
            let confidence = if violation.confirmed || entered_with {
                violation.confidence
            } else if let Some(&confidence) = confirmed.get(&(function, number)) {
                confidence
            } else {
                continue;
            };
            if !reader.is_told_by_use(violation) {
                continue;
            }
            let (confidence, _) = reader.confidence(function, violation, confidence);
            let located = Located {
                function,
                violation,
                confidence,
            };
            let cause = Cause::new(&reader, function, violation);
            let known = reader
                .called_through_pointers(function, violation.link)
                .find_map(|callee| entered.get(&cause.of_callee(callee)));
            let cause = known.cloned().unwrap_or(cause);
            by_cause.entry(cause).or_default().push(located);
        }
    }
    let mut causes: Vec<_> = by_cause.into_iter().collect();
    causes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut findings: Vec<Finding> = causes
        .into_iter()
        .map(|(cause, all)| finding(&reader, knowledge, &cause, &all))
        .collect();
    merge_places(&mut findings);
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

/// The violations under conditions that some caller fulfils, or that nobody in the program decides:
/// then whoever calls the outermost function does.
///
/// What something in force at a caller would silence has to get to a function that somebody outside
/// the program calls.
fn confirmed(
    program: &Program,
    knowledge: &Knowledge,
    demands: &Demands,
) -> FxHashMap<(FnId, usize), Confidence> {
    let mut confirmed: FxHashMap<(FnId, usize), Confidence> = FxHashMap::default();
    let mut confirm = |id, confidence: Confidence| {
        let known = confirmed.entry(id).or_insert(confidence);
        *known = confidence.max(*known);
    };
    for (number, cases) in demands.cases.iter().enumerate() {
        let called = demands.called[number];
        for case in cases {
            let What::Violation {
                function,
                index,
                demand,
            } = case.what
            else {
                continue;
            };
            let silenced = !knowledge.demand(demand).silenced_by.is_empty();
            if silenced && called && !program.functions[number].address_taken {
                continue;
            }
            let id = (function, index as usize);
            if case.guard.is_empty() {
                confirm(id, case.confidence);
            } else if !called && case.guard.iter().all(|condition| !condition.proof) {
                confirm(id, case.confidence.min(Confidence::Medium));
            }
        }
    }
    confirmed
}

/// The number of different places at which a chain to the demand starts.
fn chains(reader: &Reader<'_>, all: &[Located<'_>]) -> usize {
    let site = |it: &Located<'_>| (it.function, reader.site(it.function, it.violation.link));
    let mut starts: Vec<_> = all.iter().map(site).collect();
    starts.sort_unstable();
    starts.dedup();
    starts.len()
}

/// One call under one lock is one finding for each verdict, whatever demands it leads to: what has
/// to change is there.
fn merge_places(findings: &mut Vec<Finding>) {
    let key = |it: &Finding| {
        let step = it.main_step();
        let place = &step.place;
        let start = (place.file.clone(), place.line, place.column);
        (start, step.function.clone(), it.verdict, it.context.clone())
    };
    findings.sort_by_cached_key(|it| {
        (
            key(it),
            std::cmp::Reverse(it.confidence),
            it.witness.len(),
            it.rule.clone(),
            it.demand.function.clone(),
        )
    });
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        match merged.last_mut() {
            Some(last) if key(last) == key(&finding) => {
                last.other_chains += finding.other_chains + 1;
            }
            _ => merged.push(finding),
        }
    }
    *findings = merged;
}

fn finding(
    reader: &Reader<'_>,
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
        let key = |it: &Located<'_>| (std::cmp::Reverse(it.confidence), it.violation.length);
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
    let rule = &knowledge.rules[usize::from(violation.rule.0)];
    let context = knowledge.context(violation.context);
    let label = match violation.since {
        Since::Acquired(_) => &context.label,
        Since::Entered(index) => &knowledge.entries[reader.program.entries[index].entry].label,
    };
    let (confidence, reasons) = reader.confidence(best.function, violation, best.confidence);
    Finding {
        rule: rule.name.clone(),
        verdict: rule.verdict,
        confidence,
        reasons,
        context: InForce {
            kind: context.name.clone(),
            label: label.clone(),
            lock: cause.lock.clone(),
            limit: context.limit,
        },
        demand: Demanded {
            kind: demand.name.clone(),
            label: demand.label.clone(),
            function: reader
                .program
                .name(reader.demanding(best.function, violation.link))
                .to_owned(),
            detail: reader.demand_detail(best.function, violation.link),
            wait: demand.wait,
        },
        witness,
        other_half: reader.other_half(violation),
        configurations: Vec::new(),
        other_chains: chains(reader, all) - 1,
        fingerprint: String::new(),
    }
}
