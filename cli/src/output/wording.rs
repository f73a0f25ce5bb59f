// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of a finding: every format says the same thing in the same words.
//!
//! A message names the two facts in conflict, what is in force and what is demanded, starts in lower
//! case and ends without a full stop.

use std::fmt::Write;

use waitctx_solver::{Confidence, Demanded, Finding, InForce, Step, StepKind, Verdict};

/// Steps that labels and the note show before the middle of a chain is left out.
pub(crate) const LONGEST_LABELLED: usize = 8;
/// As [`LONGEST_LABELLED`], for the ordered list.
pub(crate) const LONGEST_LISTED: usize = 16;

/// `` `insert_work` allocates memory while `worker_pool.lock` (raw_spinlock_t) is held ``.
pub(crate) fn message(finding: &Finding) -> String {
    format!("{} {}", demand(finding), while_in_force(&finding.context))
}

/// The first half of [`message`].
pub(crate) fn demand(finding: &Finding) -> String {
    let main = finding.main_step();
    format!("`{}` {}", written(main), demands(&finding.demand))
}

/// What the programmer wrote at a step: the macro, if it was one.
fn written(step: &Step) -> &str {
    step.via_macro.as_deref().unwrap_or(&step.callee)
}

fn demands(demand: &Demanded) -> String {
    match &demand.detail {
        // The flags of an allocation are in the list of steps; which lock is taken belongs here.
        Some(detail) if !is_number(detail) => format!("{} (`{detail}`)", demand.label),
        _ => demand.label.clone(),
    }
}

fn is_allocation(demand: &Demanded) -> bool {
    demand.kind.contains("allocation")
}

/// Whether the demand is to be allowed to sleep.
fn waits(demand: &Demanded) -> bool {
    demand.label.contains("sleep") || demand.label.contains("wait")
}

fn is_left_to_threads(demand: &Demanded) -> bool {
    demand.label.contains("thread")
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// The second half of [`message`].
pub(crate) fn while_in_force(context: &InForce) -> String {
    match (&context.lock, context.label.strip_suffix(" held")) {
        (Some(lock), Some(kind)) => format!("while `{lock}` ({kind}) is held"),
        (Some(lock), None) => format!("{} (`{lock}`)", with(&context.label)),
        (None, Some(kind)) => format!("while {} {kind} is held", article(kind)),
        (None, None) => with(&context.label),
    }
}

fn with(label: &str) -> String {
    if label.starts_with("in ") {
        label.to_owned()
    } else {
        format!("with {label}")
    }
}

/// `rwlock_t` and `rt_mutex` are spoken as letters.
fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u'])
        || word.starts_with("rw")
        || word.starts_with("rt")
    {
        "an"
    } else {
        "a"
    }
}

/// The steps of the other half of a deadlock, as [`listed_step`] tells them.
pub(crate) fn other_half(finding: &Finding) -> impl Iterator<Item = (&Step, String)> {
    let place = finding.other_half.first();
    let entry = place.map_or("", |step| step.callee.as_str());
    let lock = finding.context.lock.as_deref().unwrap_or("the lock");
    finding.other_half.iter().map(move |step| {
        let words = match step.kind {
            StepKind::Enter => format!("but {entry} waits for `{lock}`"),
            StepKind::Demand => format!("{}, which takes `{lock}`", call(step)),
            StepKind::Acquire | StepKind::Call => call(step),
        };
        (step, words)
    })
}

/// What happens at step `index`, without where: `calls insert_work`.
pub(crate) fn step(finding: &Finding, index: usize) -> String {
    let step = &finding.witness[index];
    let mut text = match step.kind {
        StepKind::Acquire if is_acquired_below(finding, index) => {
            format!("calls {}, which returns with it", step.callee)
        }
        StepKind::Acquire => acquired(&finding.context),
        StepKind::Enter => {
            let label = &finding.context.label;
            return match &step.through {
                Some(through) => format!("{} is called {label}: {through}", step.callee),
                None => format!("{} is called {label}", step.callee),
            };
        }
        StepKind::Call => format!("calls {}", step.callee),
        StepKind::Demand => format!("{} here", finding.demand.label),
    };
    if let Some(through) = &step.through {
        let _ = write!(text, " through {through}");
    }
    text
}

/// [`step`] with what a reader of a list needs more: the function it happens in, the names that the
/// source line would show.
pub(crate) fn listed_step(finding: &Finding, index: usize) -> String {
    let step = &finding.witness[index];
    let context = &finding.context;
    match step.kind {
        StepKind::Acquire if is_acquired_below(finding, index) => {
            let rest = match &context.lock {
                Some(lock) => format!("with `{lock}` held"),
                None => with(&context.label),
            };
            format!("{}, which returns {rest}", call(step))
        }
        StepKind::Acquire => match &context.lock {
            Some(lock) => format!("{} takes `{lock}` ({})", step.function, kind_of(context)),
            None => format!("{}: {}", step.function, acquired(context)),
        },
        StepKind::Enter => {
            let mut text = format!("{} is called {}", step.callee, context.label);
            match (&step.through, step.function.as_str()) {
                (Some(through), "") => {
                    let _ = write!(text, ": it is in {through}");
                }
                (Some(through), by) => {
                    let _ = write!(text, ": {by} gives it to {through}");
                }
                (None, _) => {}
            }
            text
        }
        StepKind::Call => call(step),
        StepKind::Demand => {
            let demand = &finding.demand;
            let mut text = format!("{}, which {}", call(step), demands(demand));
            if let Some(flags) = demand.detail.as_deref().filter(|it| is_number(it))
                && is_allocation(demand)
            {
                let _ = write!(text, ", flags {flags}");
            }
            text
        }
    }
}

/// Whether the acquisition at step `index` is made by the callee of that step.
fn is_acquired_below(finding: &Finding, index: usize) -> bool {
    let depth = finding.witness[index].depth;
    let next = finding.witness.get(index + 1);
    next.is_some_and(|next| next.kind == StepKind::Acquire && next.depth > depth)
}

/// `f calls kmalloc (kmalloc_noprof)`: first what is written there.
fn call(step: &Step) -> String {
    let mut text = format!("{} calls {}", step.function, written(step));
    if written(step) != step.callee {
        let _ = write!(text, " ({})", step.callee);
    }
    if let Some(through) = &step.through {
        let _ = write!(text, " through {through}");
    }
    text
}

fn acquired(context: &InForce) -> String {
    match context.label.strip_suffix(" held") {
        Some(kind) => format!("{kind} taken here"),
        None => match context.label.strip_prefix("in an ") {
            Some(section) => format!("{section} begins here"),
            None => format!("{} here", context.label),
        },
    }
}

fn kind_of(context: &InForce) -> &str {
    context
        .label
        .strip_suffix(" held")
        .unwrap_or(&context.label)
}

/// Why it is wrong.
pub(crate) fn verdict(finding: &Finding) -> String {
    match finding.verdict {
        Verdict::EveryKernel if !waits(&finding.demand) => format!(
            "this is wrong on every kernel: what {} is not allowed {}",
            finding.demand.label,
            while_in_force(&finding.context)
        ),
        Verdict::RawNesting if is_left_to_threads(&finding.demand) => {
            "this is wrong on PREEMPT_RT, which leaves it to threads".to_owned()
        }
        Verdict::EveryKernel => format!(
            "this is wrong on every kernel: {} may sleep, and nothing may sleep {}",
            finding
                .witness
                .last()
                .map_or(finding.demand.function.as_str(), written),
            while_in_force(&finding.context)
        ),
        Verdict::RawNesting => {
            let mut text = "this is wrong on PREEMPT_RT, where a spinlock_t sleeps, and \
                CONFIG_PROVE_RAW_LOCK_NESTING reports it on every kernel"
                .to_owned();
            if is_allocation(&finding.demand) {
                text.push_str(
                    "; GFP_ATOMIC does not help: the allocator takes spinlock_t whatever the flags",
                );
            }
            text
        }
    }
}

/// How sure it is and what lowers that; `None` when nothing does.
pub(crate) fn confidence(finding: &Finding) -> Option<String> {
    let level = match finding.confidence {
        Confidence::High => return None,
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    let mut text = format!("confidence is {level}");
    if !finding.reasons.is_empty() {
        let _ = write!(text, ": {}", finding.reasons.join("; "));
    }
    Some(text)
}

/// The configurations it holds in; `None` when there is only one.
pub(crate) fn configurations(finding: &Finding) -> Option<String> {
    match &finding.configurations[..] {
        [] => None,
        [name] => Some(format!("holds in configuration {name}")),
        names => Some(format!("holds in configurations {}", names.join(", "))),
    }
}

/// How many chains are not shown; `None` when there is no other.
pub(crate) fn others(finding: &Finding) -> Option<String> {
    match finding.other_chains {
        0 => None,
        1 => Some("1 other chain leads there".to_owned()),
        n => Some(format!("{n} other chains lead there")),
    }
}

/// The name of a confidence in machine formats.
pub(crate) fn confidence_name(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// The name of a verdict in machine formats.
pub(crate) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::EveryKernel => "every-kernel",
        Verdict::RawNesting => "raw-nesting",
    }
}

/// The indices of `length` steps that are shown when at most `limit` are: the first and the last
/// ones, as both ends matter more than the middle.
pub(crate) fn shown(
    length: usize,
    limit: usize,
) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    if length <= limit {
        return (0..length, length..length);
    }
    let head = limit / 2;
    (0..head, length - (limit - head)..length)
}

/// Breaks `text` into lines of at most `width` columns. A word that is longer stays whole. Lines
/// after the first start with `indent` spaces.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            let _ = write!(out, "\n{:indent$}", "");
            column = indent;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture::Fixture;

    #[test]
    fn contexts_in_words() {
        let context = |label: &str, lock: Option<&str>| InForce {
            kind: String::new(),
            label: label.to_owned(),
            lock: lock.map(str::to_owned),
        };
        let cases = [
            (
                context("raw_spinlock_t held", Some("rq.lock")),
                "while `rq.lock` (raw_spinlock_t) is held",
            ),
            (
                context("raw_spinlock_t held", None),
                "while a raw_spinlock_t is held",
            ),
            (
                context("preemption disabled", None),
                "with preemption disabled",
            ),
            (context("rwlock_t held", None), "while an rwlock_t is held"),
            (
                context("in an RCU read-side section", None),
                "in an RCU read-side section",
            ),
        ];
        for (context, expected) in cases {
            assert_eq!(while_in_force(&context), expected);
        }
    }

    #[test]
    fn a_callee_that_returns_with_the_lock_is_told_apart() {
        let mut finding = Fixture::new().findings.remove(0);
        let mut outer = finding.witness[0].clone();
        outer.callee = "lock_pool".to_owned();
        outer.via_macro = None;
        finding.witness[0].depth = 1;
        finding.witness[0].function = "lock_pool".to_owned();
        finding.witness.insert(0, outer);
        assert_eq!(step(&finding, 0), "calls lock_pool, which returns with it");
        assert_eq!(
            listed_step(&finding, 0),
            "queue calls lock_pool, which returns with `pool.lock` held"
        );
        assert_eq!(
            listed_step(&finding, 1),
            "lock_pool takes `pool.lock` (raw_spinlock_t)"
        );
    }

    #[test]
    fn both_ends_of_a_long_chain_are_shown() {
        assert_eq!(shown(8, 8), (0..8, 8..8));
        assert_eq!(shown(9, 8), (0..4, 5..9));
        assert_eq!(shown(0, 8), (0..0, 0..0));
    }

    #[test]
    fn wrapped_lines_hang() {
        assert_eq!(wrap("aa bb cc dd", 5, 1), "aa bb\n cc\n dd");
        assert_eq!(wrap("abcdefgh i", 4, 0), "abcdefgh\ni");
    }
}
