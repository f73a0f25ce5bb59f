// SPDX-License-Identifier: MIT OR Apache-2.0
//! From violations to findings: one for each cause, with its shortest witness.

mod confidence;
mod fingerprint;
mod replay;
mod witness;

use std::cmp::Reverse;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use waitctx_model::NameId;

use self::confidence::Doubts;
use self::witness::Hop;
use crate::demands::{self, Demands, Since, Stepper, Violation};
use crate::paths::Structure;
use crate::program::{FnId, PointerKey, Program};
use crate::{Confidence, Demanded, Finding, Identity, InForce, Knowledge, Verdict};

pub(crate) use witness::Reader;

/// A violation, how it comes about, and how sure that is.
struct Located<'a> {
    violation: &'a Violation,
    /// The steps from the function that has in force what the demand breaks on.
    chain: Vec<Hop>,
    /// The same from where callers decide that it happens.
    starts: Vec<Start>,
    by_callers: Confidence,
}

/// A chain from where callers decide, and how many of its steps are before the function that has in
/// force what the demand breaks on.
type Start = (Vec<Hop>, usize);

/// What makes two violations one cause: rule, what is in force, and the place of the demand.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Clone)]
struct Cause {
    rule: u16,
    kind: u16,
    /// The kind of entry, and the file of the handler: what one driver does says nothing of another's.
    entry: Option<(usize, Option<NameId>)>,
    lock: Option<String>,
    demand_in: FnId,
    demanding: FnId,
}

impl Cause {
    fn new(reader: &Reader<'_>, violation: &Violation, chain: &[Hop]) -> Self {
        let (demand_in, demanding) = reader.demand_site(chain);
        Self {
            rule: violation.rule.0,
            kind: violation.context.0,
            entry: match violation.since {
                Since::Acquired(_) => None,
                Since::Entered(index) => {
                    let entered = &reader.program.entries[index];
                    let span = reader.program.function(entered.function).span();
                    Some((entered.entry, span.map(|it| it.file)))
                }
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

/// Causes by what [`Cause::of_callee`] says.
type Entries = FxHashMap<(FnId, u16, FnId, FnId), Cause>;

/// The causes that entries are to blame for by themselves. That somebody calls them through a
/// pointer with a lock held is what makes them entries.
fn entered(reader: &Reader<'_>, demands: &Demands) -> Entries {
    let mut causes = FxHashMap::default();
    for (index, violations) in demands.violations.iter().enumerate() {
        let function = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
        for violation in violations {
            if matches!(violation.since, Since::Entered(_)) {
                let chain = reader.chain(function, violation.link);
                let cause = Cause::new(reader, violation, &chain);
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
    let entered = entered(&reader, demands);
    let located: Vec<(Cause, Located<'_>)> = demands
        .violations
        .par_iter()
        .enumerate()
        .flat_map_iter(|(index, violations)| {
            let function = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
            violations.iter().map(move |it| (function, it))
        })
        .filter_map(|(function, violation)| locate(&reader, &entered, function, violation))
        .collect();
    let mut by_cause: FxHashMap<Cause, Vec<Located<'_>>> = FxHashMap::default();
    for (cause, located) in located {
        by_cause.entry(cause).or_default().push(located);
    }
    let mut causes: Vec<_> = by_cause.into_iter().collect();
    causes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut findings: Vec<Finding> = causes
        .into_par_iter()
        .filter_map(|(cause, all)| finding(&reader, knowledge, &cause, &all))
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

/// How a violation comes about, and of which cause it is; nothing when it does not.
fn locate<'a>(
    reader: &Reader<'_>,
    entered: &Entries,
    function: FnId,
    violation: &'a Violation,
) -> Option<(Cause, Located<'a>)> {
    if is_elsewhere(reader.program, reader.knowledge, function, violation)
        || !reader.is_told_by_use(violation)
    {
        return None;
    }
    let chain = reader.chain(function, violation.link);
    let (by_callers, starts) = if violation.confirmed {
        (Confidence::High, vec![(chain.clone(), 0)])
    } else if let Since::Entered(_) = violation.since {
        // Nobody in the program decides.
        (Confidence::Medium, vec![(chain.clone(), 0)])
    } else {
        starts(reader, function, violation, &chain)?
    };
    let cause = Cause::new(reader, violation, &chain);
    let known = reader
        .called_through_pointers(&chain)
        .find_map(|callee| entered.get(&cause.of_callee(callee)));
    let cause = known.cloned().unwrap_or(cause);
    let located = Located {
        violation,
        chain,
        starts,
        by_callers,
    };
    Some((cause, located))
}

/// Whether only kernels mind that this code is not part of: what is not a lock forbids others to wait
/// with the raw-nesting verdict's options only, and some code cannot be built with these.
fn is_elsewhere(
    program: &Program,
    knowledge: &Knowledge,
    function: FnId,
    violation: &Violation,
) -> bool {
    let in_force = knowledge.context(violation.context);
    let rule = &knowledge.rules[usize::from(violation.rule.0)];
    let span = program.function(function).span();
    let file = span.map_or("", |span| program.names.get(span.file));
    rule.verdict == Verdict::RawNesting
        && matches!(in_force.identity, Identity::Counter | Identity::Switch)
        && knowledge
            .not_raw_nesting
            .iter()
            .any(|it| file.starts_with(it.as_str()))
}

/// How many callers that are equally sure are asked how a violation comes about.
const MAX_STARTS: usize = 6;

/// The chains from the callers that let a violation happen, and how sure that is.
fn starts(
    reader: &Reader<'_>,
    function: FnId,
    violation: &Violation,
    chain: &[Hop],
) -> Option<(Confidence, Vec<Start>)> {
    let stepper = Stepper {
        program: reader.program,
        knowledge: reader.knowledge,
        structures: reader.structures,
    };
    let confirming = demands::confirming(&stepper, reader.demands, function, violation);
    let sure = confirming.first()?.confidence;
    let starts = confirming.iter().take(MAX_STARTS).map(|it| {
        let callees = it.calls.iter().skip(1).map(|&(callee, _)| callee);
        let callees = callees.chain(std::iter::once(function));
        let calls = it.calls.iter().zip(callees);
        let above = calls.map(|(&(function, record), callee)| Hop {
            function,
            record,
            callee: Some(callee),
            certain: false,
        });
        (above.chain(chain.iter().copied()).collect(), it.calls.len())
    });
    // That some pointer on the way to the holder is a guess is of no concern where the holder is
    // right about what it has in force; what matters is whether any caller passes such arguments.
    Some((sure, starts.collect()))
}

/// The number of different places at which a chain to the demand starts.
fn chains(reader: &Reader<'_>, all: &[Located<'_>]) -> usize {
    let site = |it: &Located<'_>| (it.chain[0].function, reader.site(&it.chain));
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
        // Of two deadlocks with one lock, one is enough.
        let cause = if it.other_half.is_empty() {
            it.context.clone()
        } else {
            InForce {
                kind: it.rule.clone(),
                label: String::new(),
                ..it.context.clone()
            }
        };
        (start, step.function.clone(), it.verdict, cause)
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

/// How many chains of one cause are replayed before it is given up.
const MAX_REPLAYED: usize = 12;

/// The finding of a cause, if any of its chains can happen.
fn finding(
    reader: &Reader<'_>,
    knowledge: &Knowledge,
    cause: &Cause,
    all: &[Located<'_>],
) -> Option<Finding> {
    // The surest chain, then the shortest; then the first by place, so that it is always the same.
    let mut candidates: Vec<(Confidence, Vec<crate::Step>, &Located<'_>)> = all
        .iter()
        .map(|it| {
            let doubts = reader.doubts(it.violation, &it.chain, it.by_callers);
            let steps = reader.witness(it.violation, &it.chain);
            (doubts.confidence, steps, it)
        })
        .collect();
    candidates.sort_by(|(a, x, _), (b, y, _)| {
        let places = |steps: &[crate::Step]| {
            steps
                .iter()
                .map(|step| step.place.clone())
                .collect::<Vec<_>>()
        };
        (Reverse(a), x.len())
            .cmp(&(Reverse(b), y.len()))
            .then_with(|| places(x).cmp(&places(y)))
    });
    let mut best: Option<(Doubts, Vec<Hop>, &Located<'_>)> = None;
    for (_, _, located) in candidates.into_iter().take(MAX_REPLAYED) {
        let Some((chain, doubts)) = replayed(reader, located) else {
            continue;
        };
        let better = best
            .as_ref()
            .is_none_or(|(known, ..)| doubts.confidence > known.confidence);
        if better {
            best = Some((doubts, chain, located));
        }
        if best
            .as_ref()
            .is_some_and(|it| it.0.confidence == Confidence::High)
        {
            break;
        }
    }
    let (mut doubts, chain, located) = best?;
    let violation = located.violation;
    let demand = knowledge.demand(violation.demand);
    let rule = &knowledge.rules[usize::from(violation.rule.0)];
    if let Some(doubt) = &rule.doubt {
        doubts.add(Confidence::Low, doubt.clone());
    }
    let context = knowledge.context(violation.context);
    let label = match violation.since {
        Since::Acquired(_) => &context.label,
        Since::Entered(index) => &knowledge.entries[reader.program.entries[index].entry].label,
    };
    Some(Finding {
        rule: rule.name.clone(),
        verdict: rule.verdict,
        confidence: doubts.confidence,
        reasons: doubts.reasons,
        context: InForce {
            kind: context.name.clone(),
            label: label.clone(),
            lock: cause.lock.clone(),
            limit: context.limit,
        },
        demand: Demanded {
            kind: demand.name.clone(),
            label: demand.label.clone(),
            function: reader.program.name(reader.demanding(&chain)).to_owned(),
            detail: reader.demand_detail(&chain),
            wait: demand.wait,
        },
        witness: reader.witness(violation, &chain),
        other_half: reader.other_half(violation),
        configurations: Vec::new(),
        other_chains: chains(reader, all) - 1,
        fingerprint: String::new(),
    })
}

/// Each step, and each condition on an object that nothing decides, is a chance to be wrong; with
/// more than this a finding is.
const MAX_CHANCES: usize = 12;

/// A way in which a violation happens: its steps from the function that has in force what the
/// demand breaks on, and what speaks against it. Where there are too many ways to try, it is the
/// chain as it was found.
fn replayed(reader: &Reader<'_>, located: &Located<'_>) -> Option<(Vec<Hop>, Doubts)> {
    let violation = located.violation;
    let doubts = |chain: &[Hop]| reader.doubts(violation, chain, located.by_callers);
    let mut given_up = false;
    for (chain, holder) in &located.starts {
        let search = replay::Replay::new(reader, violation);
        match search.search(chain, *holder, violation) {
            replay::Outcome::Way(way) => {
                let chain = way.hops[*holder..].to_vec();
                let mut doubts = doubts(&chain);
                for &field in &way.unset {
                    let name = reader.pointer_name(PointerKey::Field(field));
                    doubts.add(Confidence::Low, format!("only where `{name}` is not set"));
                }
                // Where two chains meet, both have to happen.
                let other_half = reader.demands.taken.way(violation);
                let steps = chain.len() + other_half.map_or(0, |it| it.length as usize + 1);
                let chances = usize::try_from(way.open).unwrap_or(usize::MAX) + steps;
                if chances > MAX_CHANCES {
                    let reason = format!(
                        "depends on {} conditions on objects over {steps} steps, which nothing \
                         decides",
                        way.open,
                    );
                    doubts.add(Confidence::Low, reason);
                }
                reader.doubt_flags(violation, &chain, &way.tested, &mut doubts);
                if way.callers == replay::Callers::Start {
                    let reason = "only called so while the system starts".to_owned();
                    doubts.add(Confidence::Low, reason);
                }
                return Some((chain, doubts));
            }
            replay::Outcome::Nothing => {}
            replay::Outcome::Unknown => given_up = true,
        }
    }
    given_up.then(|| {
        let mut doubts = doubts(&located.chain);
        let reason = "of the many ways there, none that was tried can be taken".to_owned();
        doubts.add(Confidence::Low, reason);
        (located.chain.clone(), doubts)
    })
}
