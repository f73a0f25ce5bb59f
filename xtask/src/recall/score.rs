// SPDX-License-Identifier: MIT OR Apache-2.0
//! What counts as found, and the table that is published.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::case::Case;
use crate::scan::{Finding, Report};

/// How a case ended.
pub(crate) enum Outcome {
    /// It is in the default report; the text of the finding.
    Found(String),
    /// A finding of another rule leads through the place.
    OtherRule(String),
    /// It is found with low confidence only, which is not shown by default.
    LowConfidence(String),
    /// Nothing is said.
    Missed,
}

impl Outcome {
    /// Compares what is said of the edited tree with `before`, the fingerprints of what is said of
    /// the tree as it is.
    pub(crate) fn of(case: &Case, report: &Report, before: &BTreeSet<String>) -> Self {
        let expected = &case.expect;
        let through = |finding: &&Finding| {
            !before.contains(&finding.fingerprint)
                && expected.through.iter().any(|it| finding.leads_through(it))
        };
        let (right, wrong): (Vec<&Finding>, Vec<&Finding>) = report
            .findings
            .iter()
            .filter(through)
            .partition(|finding| expected.rules.contains(&finding.rule));
        let text = |finding: &Finding| {
            let Finding {
                file,
                line,
                rule,
                message,
                ..
            } = finding;
            format!("{file}:{line} {rule}: {message}")
        };
        let is_shown = |finding: &&&Finding| finding.is_shown();
        if let Some(finding) = right.iter().find(is_shown) {
            return Self::Found(text(finding));
        }
        if let Some(finding) = right.first() {
            return Self::LowConfidence(text(finding));
        }
        match wrong.iter().find(is_shown) {
            Some(finding) => Self::OtherRule(text(finding)),
            None => Self::Missed,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Found(_) => "found",
            Self::OtherRule(_) => "other rule",
            Self::LowConfidence(_) => "low confidence",
            Self::Missed => "missed",
        }
    }

    pub(crate) fn is_found(&self) -> bool {
        matches!(self, Self::Found(_))
    }
}

/// A case and how it ended.
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) outcome: Outcome,
}

impl Row {
    /// One line for people who watch.
    pub(crate) fn line(&self) -> String {
        let (name, outcome) = (&self.case.name, self.outcome.name());
        match &self.outcome {
            Outcome::Found(text) | Outcome::OtherRule(text) | Outcome::LowConfidence(text) => {
                format!("{outcome:14} {name}\n               {text}")
            }
            Outcome::Missed => format!("{outcome:14} {name}"),
        }
    }
}

/// How many of each family were found.
pub(crate) fn summary(rows: &[Row]) -> String {
    let mut families: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in rows {
        let (found, all) = families.entry(&row.case.family).or_default();
        *found += usize::from(row.outcome.is_found());
        *all += 1;
    }
    let mut text = String::new();
    for (family, (found, all)) in &families {
        let _ = writeln!(text, "{family}: {found} of {all}");
    }
    let found = rows.iter().filter(|row| row.outcome.is_found()).count();
    let _ = writeln!(text, "all: {found} of {}", rows.len());
    text
}

/// The table of `docs/precision`.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(HEAD);
    let found = rows.iter().filter(|row| row.outcome.is_found()).count();
    let _ = writeln!(text, "**{found} of {}** are found.\n", rows.len());
    text.push_str("| family | found | of |\n|---|---|---|\n");
    for line in summary(rows).lines() {
        if let Some((family, (found, all))) = line
            .split_once(": ")
            .and_then(|(family, rest)| Some((family, rest.split_once(" of ")?)))
        {
            let _ = writeln!(text, "| {family} | {found} | {all} |");
        }
    }
    text.push_str("\n| bug | fixed by | family | outcome |\n|---|---|---|---|\n");
    for Row { case, outcome } in rows {
        let mark = if case.recalled { " †" } else { "" };
        let commit = case
            .commit
            .as_deref()
            .map_or(String::new(), |id| format!(" (`{id}`)"));
        let _ = writeln!(
            text,
            "| [{}](../../testdata/recall/{}.toml) | {}{commit}{mark} | {} | {} |",
            case.about,
            case.name,
            case.fix.replace('|', "\\|"),
            case.family,
            outcome.name(),
        );
    }
    text.push_str("\n## Misses\n\n| bug | what is missing |\n|---|---|\n");
    for Row { case, .. } in rows.iter().filter(|row| !row.outcome.is_found()) {
        let missing = case.missing.as_deref().unwrap_or("not known yet");
        let _ = writeln!(text, "| {} | {missing} |", case.name);
    }
    text.push_str(TAIL);
    text
}

const HEAD: &str = "\
<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->

# Bugs put back into Linux 6.12

Each file of [testdata/recall](../../testdata/recall) is a bug that the kernel had, as a small edit that puts it back
into 6.12.117 (or a bug that 6.12 still has), with the commit that fixed it. All were chosen and written down before any
was tried. `cargo xtask recall` applies them to a copy of the tree, those of different files at once and what is not found
so alone, reads the edited units anew and solves the whole defconfig with them. *Found* means that the default report has a finding which the tree as it is has not, of the
expected rule and through the expected function. Those of the KASAN configuration are solved on the units named in the
case only. Titles marked † are from memory: they are older than what could be searched.

";

/// What has to be known of the cases themselves.
const TAIL: &str = "
## How it was tried

The first run, of the commit before the cases were scored, found 25 of 41. Since then rules have been split: sleeping in
an RCU read-side section, and setting up what only a task may, are rules of their own, and the cases expect either name.

Four of the forty-two cases that were chosen first were wrong about the kernel, which showed when what was said of them
was read. Three were withdrawn: removing a number from an IDR frees its nodes through RCU, not under the lock; folios with
buffers have one page in 6.12, so that copying one under the lock of its mapping does not sleep there (the bug came with
6.15); and i915 cannot be built with `PREEMPT_RT` in 6.12, so that no kernel minds a `spinlock_t` with interrupts disabled
in it. One was repaired: the edit to the stack of a dead task had put back a call that is allowed there; it puts back what
the commit removed, in the configuration that had it.

Fifteen more were taken later, from memory, to see how it does with bugs that nothing was made for: acpi-hardware-lock,
asmedia-quirk, ata-cancels-work, blkg-freed, device-link, dmar-register-lock, e1000-netpoll, e1000e-sleeps, ext4-writes-super,
kthread-worker-lock, mtrr-lock, quarantine-lock, s2idle-lock, slab-flushed and sysrq-kills. Their first run found 12 of
15, the other three with low confidence. Once more was made of these misses, five others were taken: kernfs-notifies,
netconsole-cleans-up, pages-drained and timekeeper-lock, of which the first run found three and one with low confidence; the
fifth was wrong about the configuration, which has nothing of the lock of the run time of real-time groups.

Of the cases that are solved on their units only, stack-freed is found because few of these units drop references to stacks;
in a whole kernel more do, and there it would have low confidence.

What was changed because of a miss is general, and was looked for in the cases that were missed: of these, the numbers say
less than of bugs that nobody has looked at.
";
