// SPDX-License-Identifier: MIT OR Apache-2.0
//! From violations to findings: one for each cause, with its shortest witness.

mod always;
mod causes;
mod confidence;
mod fingerprint;
mod further;
mod minding;
mod overruled;
mod replay;
mod surest;
mod through;
mod witness;

use self::causes::Cause;
use self::confidence::Doubts;
use self::surest::{Member, Surest};
use self::witness::Hop;
use crate::demands::{self, Since, Stepper, Violation};
use crate::program::{FnId, PointerKey, Program};
use crate::report;
use crate::{
    Confidence, Demanded, Finding, FurtherPlace, Identity, InForce, Knowledge, SourcePlace, Verdict,
};

pub(crate) use causes::{Differs, Judged};
pub use through::Lines;
pub(crate) use witness::{Reader, hops};

/// A violation of a cause, and the steps from the function that has in force what the demand breaks
/// on.
struct Located<'a> {
    function: FnId,
    violation: &'a Violation,
    chain: Vec<Hop>,
}

impl<'a> Located<'a> {
    /// The violation of this index of a function.
    fn at(reader: &Reader<'a>, (function, index): (FnId, u32)) -> Self {
        reader.structures.note(function);
        let violation = &reader.demands.violations(function)[index as usize];
        Self {
            function,
            violation,
            chain: reader.chain(function, violation.link),
        }
    }
}

/// How callers let a violation happen.
struct Decided {
    /// The chains from where they decide.
    starts: Vec<Start>,
    by_callers: Confidence,
}

/// A chain from where callers decide, and how many of its steps are before the function that has in
/// force what the demand breaks on.
type Start = (Vec<Hop>, usize);

/// Turns violations into findings.
pub(crate) fn collect(reader: Reader<'_>, remembers: bool) -> (Vec<Finding>, Judged) {
    let judged = Judged::new(reader, remembers);
    (arranged(&judged, reader.knowledge), judged)
}

/// The same where only some of what it rests on is something else than before.
pub(crate) fn collect_again(
    reader: Reader<'_>,
    earlier: Judged,
    differs: &Differs,
) -> (Vec<Finding>, Judged) {
    let judged = earlier.again(reader, differs);
    (arranged(&judged, reader.knowledge), judged)
}

/// The findings of all causes, in the order of a report.
fn arranged(judged: &Judged, knowledge: &Knowledge) -> Vec<Finding> {
    let mut findings = judged.findings();
    merge_places(&mut findings, knowledge);
    fingerprint::assign(&mut findings);
    report::sort(&mut findings);
    findings
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

/// How it is decided that a violation happens; nothing when no caller lets it.
fn decided(reader: &Reader<'_>, located: &Located<'_>) -> Option<Decided> {
    let violation = located.violation;
    let chain = &located.chain;
    if violation.confirmed {
        return Some(Decided {
            starts: vec![(chain.clone(), 0)],
            by_callers: Confidence::High,
        });
    }
    if let Since::Entered(_) = violation.since {
        // Nobody in the program decides.
        return Some(Decided {
            starts: vec![(chain.clone(), 0)],
            by_callers: Confidence::Medium,
        });
    }
    let stepper = Stepper {
        program: reader.program,
        knowledge: reader.knowledge,
        structures: reader.structures,
        guessed: Confidence::Medium,
    };
    let function = located.function;
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
    Some(Decided {
        starts: starts.collect(),
        by_callers: sure,
    })
}

/// The number of different places at which a chain to the demand starts.
fn chains(all: &[Member<'_>]) -> usize {
    let mut starts: Vec<_> = all.iter().map(Member::start).collect();
    starts.sort_unstable();
    starts.dedup();
    starts.len()
}

/// One call under one lock is one finding for each verdict, whatever demands it leads to: what has
/// to change is there. What is done because flags allow it can be changed where these are written,
/// so it is one by itself, unless it is a guess.
fn merge_places(findings: &mut Vec<Finding>, knowledge: &Knowledge) {
    let key = |it: &Finding| further::key(it, &it.witness);
    let is_by_flags = |it: &Finding| overruled::is_by_flags(knowledge, &it.demand);
    let places = |it: &Finding| -> Vec<SourcePlace> {
        it.witness.iter().map(|step| step.place.clone()).collect()
    };
    findings.sort_by_cached_key(|it| {
        (
            key(it),
            std::cmp::Reverse(it.confidence),
            it.witness.len(),
            it.rule.clone(),
            it.demand.function.clone(),
            it.demand.kind.clone(),
            places(it),
        )
    });
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for mut finding in findings.drain(..) {
        let here = merged.iter_mut().rev();
        let here = here.take_while(|it| key(it) == key(&finding));
        let one = here.filter(|it| {
            finding.confidence == Confidence::Low || is_by_flags(it) == is_by_flags(&finding)
        });
        match one.last() {
            Some(known) => {
                known.other_chains += finding.other_chains + 1;
                known.further.append(&mut finding.further);
            }
            None => merged.push(finding),
        }
    }
    *findings = merged;
    further::settle(findings);
}

/// How many chains of one cause are replayed before it is given up.
const MAX_REPLAYED: usize = 12;

/// The surest chain of a cause that can happen.
struct Best<'a> {
    doubts: Doubts,
    chain: Vec<Hop>,
    violation: &'a Violation,
}

/// The surest chain of a cause that can happen, among those that are meant.
fn best<'a>(
    reader: &Reader<'a>,
    all: &[Member<'a>],
    is_meant: &dyn Fn(&[Hop]) -> bool,
) -> Option<Best<'a>> {
    let mut best: Option<Best<'_>> = None;
    for (located, decided, at_most) in Surest::new(reader, all.to_vec()).take(MAX_REPLAYED) {
        // To replay what is no surer than what has been found takes longest, and tells nothing.
        let is_known = |it: &Best<'_>| it.doubts.confidence >= at_most;
        if best.as_ref().is_some_and(is_known) {
            break;
        }
        let Some((chain, doubts)) = replayed(reader, &located, &decided) else {
            continue;
        };
        let better = best
            .as_ref()
            .is_none_or(|known| doubts.confidence > known.doubts.confidence);
        if better && is_meant(&chain) {
            best = Some(Best {
                doubts,
                chain,
                violation: located.violation,
            });
        }
    }
    let mut best = best?;
    let rule = &reader.knowledge.rules[usize::from(best.violation.rule.0)];
    if let Some(doubt) = &rule.doubt {
        best.doubts.add(Confidence::Low, doubt.clone());
    }
    Some(best)
}

/// The finding of a cause, if any of its chains can happen.
fn finding(reader: &Reader<'_>, cause: &Cause, all: &[Member<'_>]) -> Option<Finding> {
    let best = best(reader, all, &|_| true)?;
    let shown = (best.chain[0].function, reader.site(&best.chain));
    let further = match best.doubts.confidence {
        // A guess has no places.
        Confidence::Low => Vec::new(),
        Confidence::Medium | Confidence::High => further::places(reader, all, shown),
    };
    Some(best.told(reader, cause, chains(all) - 1, further))
}

impl Best<'_> {
    /// The finding that it is, all but its fingerprint.
    fn told(
        self,
        reader: &Reader<'_>,
        cause: &Cause,
        other_chains: usize,
        further: Vec<FurtherPlace>,
    ) -> Finding {
        let (knowledge, violation) = (reader.knowledge, self.violation);
        let rule = &knowledge.rules[usize::from(violation.rule.0)];
        let context = knowledge.context(violation.context);
        let label = match violation.since {
            Since::Acquired(_) => &context.label,
            Since::Entered(index) => &knowledge.entries[reader.program.entries[index].entry].label,
        };
        let told = told(reader, violation, &self.chain, self.doubts);
        Finding {
            rule: rule.name.clone(),
            verdict: rule.verdict,
            confidence: told.confidence,
            reasons: told.reasons,
            context: InForce {
                kind: context.name.clone(),
                label: label.clone(),
                lock: cause.lock.clone(),
                limit: context.limit,
            },
            demand: told.demand,
            witness: told.witness,
            other_half: told.other_half,
            configurations: Vec::new(),
            other_chains,
            further,
            further_of: None,
            through: None,
            fingerprint: told.fingerprint,
        }
    }
}

/// What there is to say of a chain that was replayed, all but its fingerprint.
fn told(reader: &Reader<'_>, violation: &Violation, chain: &[Hop], doubts: Doubts) -> FurtherPlace {
    let demand = reader.knowledge.demand(violation.demand);
    FurtherPlace {
        confidence: doubts.confidence,
        reasons: doubts.reasons,
        demand: Demanded {
            kind: demand.name.clone(),
            label: demand.label.clone(),
            function: reader.program.name(reader.demanding(chain)).to_owned(),
            detail: reader.demand_detail(chain),
            wait: demand.wait,
        },
        witness: reader.witness(violation, chain),
        other_half: reader.other_half(violation),
        fingerprint: String::new(),
    }
}

/// Each step, and each condition on an object that nothing decides, is a chance to be wrong; with
/// more than this a finding is.
const MAX_CHANCES: usize = 12;

/// A way in which a violation happens: its steps from the function that has in force what the
/// demand breaks on, and what speaks against it. Where there are too many ways to try, it is the
/// chain as it was found.
fn replayed(
    reader: &Reader<'_>,
    located: &Located<'_>,
    decided: &Decided,
) -> Option<(Vec<Hop>, Doubts)> {
    let violation = located.violation;
    let doubts = |chain: &[Hop]| reader.doubts(violation, chain, decided.by_callers);
    let mut given_up = false;
    for (chain, holder) in &decided.starts {
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
                // How it is got there does not matter to a function that is told not to.
                let told = reader.told_not_to(violation, &chain);
                let steps = steps - told.map_or(0, |it| it + 1);
                let before = told.and_then(|it| way.open.get(*holder + it));
                let all = way.open.last().copied().unwrap_or(0);
                let open = all - before.copied().unwrap_or(0);
                let chances = usize::try_from(open).unwrap_or(usize::MAX) + steps;
                if chances > MAX_CHANCES {
                    let reason = format!(
                        "depends on {open} conditions on objects over {steps} steps, which \
                         nothing decides",
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
