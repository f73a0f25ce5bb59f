// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of a finding: every format says the same thing in the same words.
//!
//! A message names the two facts in conflict, what is in force and what is demanded, starts in lower
//! case and ends without a full stop.

mod places;

use std::fmt::Write;

use waitctx_solver::{
    ArgumentTest, Confidence, Demanded, Effect, Finding, InForce, KindSelector, Knowledge,
    ResultTest, Step, StepKind, Verdict, WaitType,
};

pub(crate) use self::places::{addition, known, others};

/// Steps that labels and the note show before the middle of a chain is left out.
pub(crate) const LONGEST_LABELLED: usize = 8;
/// As [`LONGEST_LABELLED`], for the ordered list.
pub(crate) const LONGEST_LISTED: usize = 16;

/// `` `insert_work` allocates memory while `worker_pool.lock` (raw_spinlock_t) is held ``.
pub(crate) fn message(finding: &Finding) -> String {
    format!("{}{}", statement(finding), addition(finding))
}

/// What is wrong.
pub(crate) fn statement(finding: &Finding) -> String {
    format!("{} {}", demand(finding), while_in_force(&finding.context))
}

/// The first half of [`message`].
pub(crate) fn demand(finding: &Finding) -> String {
    let main = finding.main_step();
    format!("`{}` {}", written(main), demands(&finding.demand))
}

/// What the programmer wrote at a step: the macro, if it was one.
pub(crate) fn written(step: &Step) -> &str {
    step.via_macro.as_deref().unwrap_or(&step.callee)
}

pub(crate) fn demands(demand: &Demanded) -> String {
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
            StepKind::Demand => format!("{}, which takes `{lock}`", calling(step)),
            StepKind::Acquire | StepKind::Call => calling(step),
        };
        (step, words)
    })
}

/// What happens at step `index`, without where: `calls gpio_mask through irq_chip.irq_mask`.
pub(crate) fn step(finding: &Finding, index: usize) -> String {
    let mut text = direct_step(finding, index);
    if let Some(through) = &finding.witness[index].through {
        let _ = write!(text, " through {through}");
    }
    text
}

/// [`step`] without what it goes through.
pub(crate) fn direct_step(finding: &Finding, index: usize) -> String {
    let step = &finding.witness[index];
    match step.kind {
        StepKind::Acquire if is_acquired_below(finding, index) => {
            format!("calls {}, which returns with it", step.callee)
        }
        StepKind::Acquire => acquired(&finding.context),
        StepKind::Enter => format!("{} is called {}", step.callee, finding.context.label),
        StepKind::Call => format!("calls {}", step.callee),
        StepKind::Demand => format!("{} here", finding.demand.label),
    }
}

/// [`step`] where there is little room: its place says the rest.
pub(crate) fn brief_step(finding: &Finding, index: usize) -> &'static str {
    match finding.witness[index].kind {
        StepKind::Acquire if is_acquired_below(finding, index) => "returns with it",
        StepKind::Acquire | StepKind::Enter => "begins here",
        StepKind::Call => "call",
        StepKind::Demand => "here",
    }
}

/// [`step`] with what a reader of a list needs more: the function it happens in, the names that the
/// source line would show.
pub(crate) fn listed_step(finding: &Finding, index: usize) -> String {
    let step = &finding.witness[index];
    match step.kind {
        StepKind::Acquire => acquiring(step, &finding.context, is_acquired_below(finding, index)),
        StepKind::Enter => {
            let mut text = format!("{} is called {}", step.callee, finding.context.label);
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
        StepKind::Call => calling(step),
        StepKind::Demand => demanding(step, &finding.demand),
    }
}

/// `f takes a.lock (raw_spinlock_t)`; `below` says that it is the callee that does so.
pub(crate) fn acquiring(step: &Step, context: &InForce, below: bool) -> String {
    if below {
        let rest = match &context.lock {
            Some(lock) => format!("with `{lock}` held"),
            None => with(&context.label),
        };
        return format!("{}, which returns {rest}", calling(step));
    }
    match &context.lock {
        Some(lock) => format!("{} takes `{lock}` ({})", step.function, kind_of(context)),
        None => format!("{}: {}", step.function, acquired(context)),
    }
}

/// `f calls kmalloc (kmalloc_noprof), which allocates memory, flags 0xcc0`.
pub(crate) fn demanding(step: &Step, demand: &Demanded) -> String {
    if step.callee == step.function {
        return format!("{} {}", step.function, demands(demand)); // where it returns
    }
    let mut text = format!("{}, which {}", calling(step), demands(demand));
    if let Some(flags) = demand.detail.as_deref().filter(|it| is_number(it))
        && is_allocation(demand)
    {
        let _ = write!(text, ", flags {flags}");
    }
    text
}

/// What the knowledge says of a function, an effect each.
pub(crate) fn model(knowledge: &Knowledge, name: &str) -> Vec<String> {
    let Some(model) = knowledge.functions.get(name) else {
        return Vec::new();
    };
    let kind = |it: &KindSelector| match it {
        KindSelector::Fixed(kind) => knowledge.context(*kind).label.clone(),
        KindSelector::OfLockType { default, .. } => {
            format!(
                "{} (as the type of the lock says)",
                knowledge.context(*default).label
            )
        }
    };
    let on = |when: ResultTest| match when {
        ResultTest::Any => "",
        ResultTest::NonZero => ", if the result is not 0",
        ResultTest::Zero => ", if the result is 0",
    };
    let only = |test: &Option<ArgumentTest>| match test {
        Some(_) => ", depending on an argument",
        None => "",
    };
    let effect = |effect: &Effect| match effect {
        Effect::Acquire {
            context,
            when,
            only_if,
            ..
        } => format!(
            "puts into force: {}{}{}",
            kind(context),
            on(*when),
            only(only_if)
        ),
        Effect::Release {
            context, only_if, ..
        } => format!("ends: {}{}", kind(context), only(only_if)),
        Effect::Convert { to, .. } => {
            format!(
                "turns what it is called with into: {}",
                knowledge.context(*to).label
            )
        }
        Effect::Demand { demand, only_if } => {
            let demand = knowledge.demand(*demand);
            format!(
                "{}{}{}",
                demand.label,
                wait_type(demand.wait),
                only(only_if)
            )
        }
        Effect::ReturnsArgument(index) => format!("returns argument {}", index + 1),
        Effect::ReturnsConst(value) => format!("returns {value}"),
        Effect::TestsContext { when, .. } => {
            format!("tells what is in force{}", on(*when))
        }
        Effect::Fills { object, .. } => {
            format!("fills what argument {} points to", object + 1)
        }
        Effect::DropsReference => "drops a reference, perhaps the last".to_owned(),
        Effect::TellsOfBug { only_if } => {
            format!("tells of a bug that has happened{}", only(only_if))
        }
        Effect::NeverReturns => "never returns".to_owned(),
    };
    model.effects.iter().map(effect).collect()
}

/// ` (wait type sleep)`; nothing for what is forbidden by its name only.
pub(crate) fn wait_type(wait: WaitType) -> String {
    match wait {
        WaitType::Free => String::new(),
        wait => format!(" (wait type {wait})"),
    }
}

/// Whether the acquisition at step `index` is made by the callee of that step.
pub(crate) fn is_acquired_below(finding: &Finding, index: usize) -> bool {
    let depth = finding.witness[index].depth;
    let next = finding.witness.get(index + 1);
    next.is_some_and(|next| next.kind == StepKind::Acquire && next.depth > depth)
}

/// `f calls kmalloc (kmalloc_noprof)`: first what is written there.
pub(crate) fn calling(step: &Step) -> String {
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
        let _ = write!(text, ": {}", grouped(&finding.reasons).join("; "));
    }
    Some(text)
}

/// Reasons that say the same of several functions, once: a long chain through code of system start
/// has it at every call.
fn grouped(reasons: &[String]) -> Vec<String> {
    let said = |reason: &str| {
        let (_, after) = reason.strip_prefix('`')?.split_once("` ")?;
        Some(after.to_owned())
    };
    let mut groups: Vec<(&String, usize)> = Vec::new();
    for reason in reasons {
        let alike = |it: &&mut (&String, usize)| it.0 == reason || said(it.0) == said(reason);
        match groups
            .iter_mut()
            .find(alike)
            .filter(|_| said(reason).is_some())
        {
            Some((_, more)) => *more += 1,
            None => groups.push((reason, 0)),
        }
    }
    groups
        .into_iter()
        .map(|(reason, more)| match more {
            0 => reason.clone(),
            n => format!("{reason}, and so it is with {n} more on the chain"),
        })
        .collect()
}

/// The configurations it holds in; `None` when there is only one.
pub(crate) fn configurations(finding: &Finding) -> Option<String> {
    match &finding.configurations[..] {
        [] => None,
        [name] => Some(format!("holds in configuration {name}")),
        names => Some(format!("holds in configurations {}", names.join(", "))),
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

/// The name of a kind of step in machine formats.
pub(crate) fn step_kind_name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Acquire => "acquire",
        StepKind::Enter => "enter",
        StepKind::Call => "call",
        StepKind::Demand => "demand",
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

/// With a capital at the start.
pub(crate) fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// Breaks `text` into lines of at most `width` columns. A word that is longer stays whole. Lines
/// after the first start with `indent` spaces.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> String {
    wrap_after(0, text, width, indent)
}

/// [`wrap`] for a text that follows `before` columns of something else.
pub(crate) fn wrap_after(before: usize, text: &str, width: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut column = before;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !out.is_empty() && column + 1 + length > width {
            let _ = write!(out, "\n{:indent$}", "");
            column = indent;
        } else if !out.is_empty() {
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
            limit: waitctx_solver::WaitType::Spin,
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
    fn equal_reasons_are_said_once() {
        let reasons = [
            "`f` runs at start",
            "`g` can be any of 3 functions",
            "`h` runs at start",
        ];
        assert_eq!(
            grouped(&reasons.map(str::to_owned)),
            [
                "`f` runs at start, and so it is with 1 more on the chain",
                "`g` can be any of 3 functions"
            ]
        );
    }

    #[test]
    fn wrapped_lines_hang() {
        assert_eq!(wrap_after(4, "aa bb", 8, 1), "aa\n bb");
        assert_eq!(wrap("aa bb cc dd", 5, 1), "aa bb\n cc\n dd");
        assert_eq!(wrap("abcdefgh i", 4, 0), "abcdefgh\ni");
    }
}
