// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which findings a tree had before it was changed: decides which of those that a change has to do
//! with it did not bring.
//!
//! A finding is old when the state that the change starts from has one that is alike: of the same
//! rule, in the same context, from the same function to the same operation. When several are alike
//! (two calls of `kfree()` under one lock), lines that were not written anew tell which is which.

use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_solver::{Finding, SourcePlace, StepKind, Through};

/// The fingerprints of the findings in `now` that `before` has as well. `old_line` says which line of
/// the same file a place was on before, if it is not written anew. What was not sure enough to be
/// shown before, as `was_shown` says, and is surer now, is not old.
pub(crate) fn old<'a>(
    now: &'a [Finding],
    before: &[Finding],
    old_line: impl Fn(&SourcePlace) -> Option<u32>,
    was_shown: impl Fn(&Finding) -> bool,
) -> FxHashSet<&'a str> {
    let mut left: FxHashMap<Likeness<'_>, Vec<&Finding>> = FxHashMap::default();
    for finding in before.iter().filter(|it| it.through.is_none()) {
        left.entry(likeness(finding)).or_default().push(finding);
    }
    let mut old = FxHashSet::default();
    let mut keep = |finding: &'a Finding, was: &Finding| {
        if was_shown(was) || was.confidence >= finding.confidence {
            old.insert(finding.fingerprint.as_str());
        }
    };
    pair_chains(now, before, &mut keep);
    let mut unpaired = Vec::new();
    for finding in now.iter().filter(|it| it.through.is_none()) {
        let Some(alike) = left.get_mut(&likeness(finding)) else {
            continue;
        };
        let line = old_line(&finding.main_step().place);
        let same = |it: &&Finding| Some(it.main_step().place.line) == line;
        match alike.iter().position(same) {
            Some(index) => keep(finding, alike.remove(index)),
            None => unpaired.push(finding),
        }
    }
    for finding in unpaired {
        let alike = left.get_mut(&likeness(finding));
        if let Some(alike) = alike.filter(|it| !it.is_empty()) {
            keep(finding, alike.remove(0));
        }
    }
    old
}

/// Pairs findings that lead through changed calls with those that led through the lines that were there
/// before: by the call, then by the function that makes it, then by what is called. A call that was
/// wrong and is edited is old, as often as it was there.
fn pair_chains<'a>(
    now: &'a [Finding],
    before: &[Finding],
    keep: &mut impl FnMut(&'a Finding, &Finding),
) {
    let chains = |it: &&Finding| it.through.is_some();
    let mut now: Vec<&'a Finding> = now.iter().filter(chains).collect();
    let mut before: Vec<&Finding> = before.iter().filter(chains).collect();
    let alike: [fn(&Through, &Through) -> bool; 3] = [
        |a, b| a.function == b.function && a.callee == b.callee,
        |a, b| a.function == b.function,
        |a, b| a.callee == b.callee,
    ];
    for alike in alike {
        now.retain(|finding| {
            let is_it = |was: &&Finding| {
                let calls = finding.through.as_ref().zip(was.through.as_ref());
                same_start(finding, was) && calls.is_some_and(|(a, b)| alike(a, b))
            };
            let found = before.iter().position(is_it);
            if let Some(index) = found {
                keep(finding, before.remove(index));
            }
            found.is_none()
        });
    }
}

/// Whether two findings start in one function, in the same context, and come to the same operation.
fn same_start(a: &Finding, b: &Finding) -> bool {
    let (a, b) = (likeness(a), likeness(b));
    a[..5] == b[..5] && a[6] == b[6]
}

/// Whether what `finding` is about was wrong in `before` as well: the same call under the same lock,
/// whatever it led to then.
pub(crate) fn had_call(
    finding: &Finding,
    before: &[Finding],
    old_line: impl Fn(&SourcePlace) -> Option<u32>,
    was_shown: impl Fn(&Finding) -> bool,
) -> bool {
    let call = finding.main_step();
    let Some(line) = old_line(&call.place) else {
        return false;
    };
    before.iter().any(|was| {
        let it = was.main_step();
        was.verdict == finding.verdict
            && was.context == finding.context
            && (&it.place.file, &it.function) == (&call.place.file, &call.function)
            && it.place.line == line
            && (was_shown(was) || was.confidence >= finding.confidence)
    })
}

/// What fingerprints are made of, too; but these number findings that are alike, and a new one
/// changes the numbers of those behind it.
type Likeness<'a> = [&'a str; 7];

fn likeness(finding: &Finding) -> Likeness<'_> {
    let holder = finding.main_step();
    let mut witness = finding.witness.iter();
    let demand = witness.rfind(|step| step.kind == StepKind::Demand);
    [
        &finding.rule,
        &finding.context.kind,
        finding.context.lock.as_deref().unwrap_or(""),
        &holder.place.file,
        &holder.function,
        demand.map_or("", |it| &it.function),
        demand.map_or("", |it| &it.callee),
    ]
}

#[cfg(test)]
mod tests {
    use waitctx_solver::Confidence;

    use super::*;
    use crate::output::fixture::Fixture;

    /// Findings that are alike, on these lines.
    fn on_lines(lines: &[u32], confidence: Confidence) -> Vec<Finding> {
        let one = Fixture::new().findings.swap_remove(0);
        let on_line = |&line: &u32| {
            let mut it = one.clone();
            for step in &mut it.witness {
                step.place.line = line;
            }
            it.confidence = confidence;
            it.fingerprint = line.to_string();
            it
        };
        lines.iter().map(on_line).collect()
    }

    #[test]
    fn of_findings_that_are_alike_lines_tell_which_is_new() {
        let before = on_lines(&[10, 20], Confidence::High);
        let now = on_lines(&[12, 15, 22], Confidence::High);
        // Two lines were put in before the first, and line 15 was.
        let line = |place: &SourcePlace| (place.line != 15).then(|| place.line - 2);
        let old = old(&now, &before, line, |_| true);
        assert_eq!(old, FxHashSet::from_iter(["12", "22"]));
    }

    #[test]
    fn as_many_as_there_were_are_old_when_their_lines_are_written_anew() {
        let before = on_lines(&[10], Confidence::High);
        let now = on_lines(&[12, 15], Confidence::High);
        let old = old(&now, &before, |_| None, |_| true);
        assert_eq!(old, FxHashSet::from_iter(["12"]));
    }

    #[test]
    fn a_call_that_was_wrong_and_is_edited_is_old_as_often_as_it_was_there() {
        let through = |finding: &Finding, calls: &[(&str, &str)]| -> Vec<Finding> {
            let one = |(number, (function, callee)): (usize, &(&str, &str))| {
                let mut it = finding.clone();
                it.fingerprint = number.to_string();
                it.through = Some(Through {
                    function: (*function).to_owned(),
                    callee: (*callee).to_owned(),
                    place: it.main_step().place.clone(),
                });
                it
            };
            calls.iter().enumerate().map(one).collect()
        };
        let finding = &on_lines(&[10], Confidence::High)[0];
        let is_new = |now: &[(&str, &str)], before: &[(&str, &str)]| -> Vec<usize> {
            let (now, before) = (through(finding, now), through(finding, before));
            let same = |place: &SourcePlace| Some(place.line);
            let old = old(&now, &before, same, |_| true);
            let new = now
                .iter()
                .filter(|it| !old.contains(it.fingerprint.as_str()));
            new.map(|it| it.fingerprint.parse().unwrap()).collect()
        };
        assert!(is_new(&[("f", "a")], &[("f", "a")]).is_empty());
        assert_eq!(is_new(&[("f", "a")], &[]), [0]);
        // One more of the same; and beside the one that was there, another.
        assert_eq!(is_new(&[("f", "a"), ("f", "a")], &[("f", "a")]), [1]);
        assert_eq!(is_new(&[("f", "b"), ("f", "a")], &[("f", "a")]), [0]);
        // What is called, or the function that calls it, has another name.
        assert!(is_new(&[("f", "b")], &[("f", "a")]).is_empty());
        assert!(is_new(&[("g", "a")], &[("f", "a")]).is_empty());
        assert_eq!(is_new(&[("g", "b")], &[("f", "a")]), [0]);
        // What was there by itself is no chain of these.
        let plain = on_lines(&[10], Confidence::High);
        let now = through(finding, &[("f", "a")]);
        assert!(old(&now, &plain, |place| Some(place.line), |_| true).is_empty());
    }

    #[test]
    fn what_nobody_was_shown_is_not_old() {
        let before = on_lines(&[10], Confidence::Low);
        let same = |place: &SourcePlace| Some(place.line);
        let surer = on_lines(&[10], Confidence::High);
        assert!(old(&surer, &before, same, |_| false).is_empty());
        let no_surer = on_lines(&[10], Confidence::Low);
        assert_eq!(old(&no_surer, &before, same, |_| false).len(), 1);
    }

    #[test]
    fn another_rule_function_or_lock_is_another_finding() {
        let now = on_lines(&[10], Confidence::High);
        let changes: [fn(&mut Finding); 4] = [
            |it| it.rule.push('x'),
            |it| it.context.lock = None,
            |it| {
                it.witness
                    .iter_mut()
                    .for_each(|step| step.function.push('x'))
            },
            |it| {
                it.witness
                    .iter_mut()
                    .for_each(|step| step.place.file.push('x'))
            },
        ];
        for change in changes {
            let mut before = now.clone();
            change(&mut before[0]);
            assert!(old(&now, &before, |place| Some(place.line), |_| true).is_empty());
        }
    }
}
