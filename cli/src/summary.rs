// SPDX-License-Identifier: MIT OR Apache-2.0
//! The closing summary for people: what was read, what the findings rest on, what it took.
//!
//! It goes to standard error, so that reports stay comparable: times and memory are here only.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use waitctx_solver::FEW_TABLE_TARGETS;

use crate::output::{Presentation, wrap};
use crate::selection::Authority;
use crate::tally::{FailedUnit, UnitState};

/// Failed units that are named without `--verbose`.
const MOST_NAMED: usize = 5;

/// How long the phases took.
#[derive(Debug)]
pub(crate) struct Clock {
    phases: Vec<(&'static str, Duration)>,
    /// Units that were read now, when the others were known from an earlier scan.
    newly_read: Option<usize>,
}

impl Clock {
    /// No phase yet.
    pub(crate) fn new() -> Self {
        Self {
            phases: Vec::new(),
            newly_read: None,
        }
    }

    /// Runs `phase` and takes its time, which is added to that of others of this name.
    pub(crate) fn time<T>(&mut self, name: &'static str, phase: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = phase();
        let elapsed = start.elapsed();
        match self.phases.iter_mut().find(|(known, _)| *known == name) {
            Some((_, time)) => *time += elapsed,
            None => self.phases.push((name, elapsed)),
        }
        result
    }

    /// Says how many more units had to be read.
    pub(crate) fn newly_read(&mut self, units: usize) {
        *self.newly_read.get_or_insert_default() += units;
    }

    fn text(&self) -> String {
        let parts: Vec<String> = self
            .phases
            .iter()
            .map(|(name, time)| format!("{name} {}", seconds(*time)))
            .collect();
        let total: Duration = self.phases.iter().map(|(_, time)| *time).sum();
        format!("{} ({})", seconds(total), parts.join(", "))
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The summary of `presentation`.
pub(crate) fn text(presentation: &Presentation<'_>, clock: &Clock, verbose: bool) -> String {
    let coverage = &presentation.coverage;
    let mut out = units(presentation, verbose);
    let unresolved =
        coverage.indirect_calls - coverage.indirect_resolved.min(coverage.indirect_calls);
    let _ = writeln!(
        out,
        "{} functions, {} calls; {} through pointers, {} of them unresolved",
        grouped(coverage.functions),
        grouped(coverage.calls),
        grouped(coverage.indirect_calls),
        grouped(unresolved),
    );
    if verbose {
        let few = coverage.table_calls_resolved;
        let share = (1000 * few).checked_div(coverage.table_calls);
        let share = share.unwrap_or(1000);
        let _ = writeln!(
            out,
            "{} calls through constant tables of functions, {} of them with at most \
             {FEW_TABLE_TARGETS} possible targets ({}.{} %)",
            grouped(coverage.table_calls),
            grouped(few),
            share / 10,
            share % 10,
        );
        let _ = writeln!(
            out,
            "{} functions without body or model, {} with merged path states, {} with demands left \
             out, {} approximated constructs",
            grouped(coverage.unknown_functions),
            grouped(coverage.merged_functions),
            grouped(coverage.cut_off_functions),
            grouped(presentation.units.approximated),
        );
    }
    let memory = peak_memory().map_or(String::new(), |mib| {
        format!(", {} MiB at most", grouped(mib))
    });
    let read = presentation.units.read();
    let known = clock.newly_read.map_or(0, |new| read.saturating_sub(new));
    if known > 0 {
        let _ = writeln!(
            out,
            "{} of the units are as an earlier scan read them",
            grouped(known)
        );
    }
    let _ = writeln!(out, "{}{memory}", clock.text());
    if let Some(unseen) = presentation.unseen {
        let words = format!(
            "{} of {} units were not read: what functions of theirs do ({} are called here), and \
             under which locks they call functions here, was not seen; after a scan of the whole \
             tree it is",
            grouped(unseen.known - unseen.read),
            grouped(unseen.known),
            grouped(coverage.unknown_functions),
        );
        let _ = writeln!(out, "{}", wrap(&words, 80, 2));
    }
    out.push_str(&findings(presentation));
    out
}

fn units(presentation: &Presentation<'_>, verbose: bool) -> String {
    let units = presentation.units;
    let damaged = units.count(UnitState::Damaged);
    let lost = units.count(UnitState::Lost);
    let mut out = format!(
        "{} {} read",
        grouped(units.read()),
        if units.read() == 1 { "unit" } else { "units" }
    );
    if damaged > 0 {
        let _ = write!(out, ", {} of them damaged", grouped(damaged));
    }
    if lost > 0 {
        let _ = write!(out, ", {} lost", grouped(lost));
    }
    out.push('\n');
    let named = if verbose {
        units.failed.len()
    } else {
        MOST_NAMED.min(units.failed.len())
    };
    for unit in &units.failed[..named] {
        out.push_str(&failed_unit(unit, verbose));
    }
    let rest = units.failed.len() - named;
    if rest > 0 {
        let _ = writeln!(out, "  and {rest} more: --verbose names them all");
    }
    out
}

fn failed_unit(unit: &FailedUnit, verbose: bool) -> String {
    let most = if verbose { usize::MAX } else { 1 };
    let mut out = format!("  {} {}", unit.state.name(), unit.file);
    for reason in unit.reasons.iter().take(most) {
        let _ = write!(out, "\n    {reason}");
    }
    out.push('\n');
    out
}

fn findings(presentation: &Presentation<'_>) -> String {
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &presentation.findings {
        *by_rule.entry(&finding.rule).or_default() += 1;
    }
    let mut out = match presentation.findings.len() {
        0 => "no findings".to_owned(),
        1 => "1 finding".to_owned(),
        n => format!("{} findings", grouped(n)),
    };
    if presentation.hidden > 0 {
        let _ = write!(
            out,
            "; {} of low confidence not shown (--all)",
            grouped(presentation.hidden)
        );
    }
    for (by, what) in [
        (Authority::Comment, "allowed by comments"),
        (Authority::Suppression, "suppressed"),
        (Authority::Baseline, "in the baseline"),
    ] {
        let dismissed = presentation.dismissed.iter();
        let count = dismissed.filter(|it| it.by == by).count();
        if count > 0 {
            let _ = write!(out, "; {} {what}", grouped(count));
        }
    }
    if presentation.elsewhere > 0 {
        let count = grouped(presentation.elsewhere);
        let _ = write!(out, "; {count} in other parts of the tree");
    }
    if presentation.untouched > 0 {
        let count = grouped(presentation.untouched);
        let _ = write!(out, "; {count} have nothing to do with what changed");
    }
    if presentation.old > 0 {
        let count = grouped(presentation.old);
        let _ = write!(out, "; {count} were there before");
    }
    out.push('\n');
    for (rule, count) in by_rule {
        let _ = writeln!(out, "{:>8}  {rule}", grouped(count));
    }
    out
}

/// The number with its thousands apart.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The most memory this process ever had, in MiB; `None` where the system does not tell.
pub(crate) fn peak_memory() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture::Fixture;

    #[test]
    fn figures() {
        let fixture = Fixture::new();
        let clock = Clock {
            phases: vec![
                ("read", Duration::from_millis(1500)),
                ("solve", Duration::from_millis(300)),
            ],
            newly_read: Some(1),
        };
        let text = fixture.present(|it| text(it, &clock, false));
        let without_memory: Vec<&str> = text
            .lines()
            .map(|line| match line.split_once("), ") {
                Some(_) => &line[..=line.find(')').unwrap()],
                None => line,
            })
            .collect();
        assert_eq!(
            without_memory,
            [
                "3 units read, 1 of them damaged",
                "  damaged drivers/odd.c",
                "    drivers/odd.c:3:1: unknown type name 'u9'",
                "5 functions, 9 calls; 2 through pointers, 1 of them unresolved",
                "2 of the units are as an earlier scan read them",
                "1.8 s (read 1.5 s, solve 0.3 s)",
                "1 finding; 2 of low confidence not shown (--all)",
                "       1  atomic-alloc-under-raw-spinlock",
            ]
        );
    }

    #[test]
    fn thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(123), "123");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
