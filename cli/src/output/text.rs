// SPDX-License-Identifier: MIT OR Apache-2.0
//! Text for people, through codespan-reporting.
//!
//! Codespan sorts labels by file and line, so a chain loses its order in the source lines: the
//! labels are numbered, and the chain is listed once more in order, as a note.

use std::fmt::Write as _;

use anyhow::Result;
use codespan_reporting::diagnostic::{Diagnostic, Label, LabelStyle, Severity};
use codespan_reporting::term::termcolor::Buffer;
use codespan_reporting::term::{self, Chars, Config};
use waitctx_solver::Finding;

use super::{Presentation, wording};
use crate::catalogue::Level;
use crate::sources::{FileId, Sources};

/// Notes are wrapped to this, which with codespan's margin makes 80 columns. It does not follow the
/// terminal, so that reports can be compared.
const WIDTH: usize = 72;

/// Writes every finding.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    let config = Config {
        tab_width: 8,
        chars: Chars::box_drawing(),
        ..Config::default()
    };
    for finding in &presentation.findings {
        let diagnostic = diagnostic(presentation, finding);
        term::emit_to_write_style(out, &config, presentation.sources, &diagnostic)?;
    }
    Ok(())
}

fn diagnostic(presentation: &Presentation<'_>, finding: &Finding) -> Diagnostic<FileId> {
    let rule = presentation.rules.find(&finding.rule);
    let severity = match rule.map(|rule| rule.level) {
        Some(Level::Error) => Severity::Error,
        _ => Severity::Warning,
    };
    let mut notes = vec![chain(finding)];
    notes.extend(other_half(finding));
    notes.push(wording::verdict(finding));
    notes.extend(wording::confidence(finding));
    notes.extend(
        rule.and_then(|rule| rule.help())
            .map(|it| format!("help: {it}")),
    );
    notes.extend(wording::others(finding));
    notes.extend(wording::configurations(finding));
    notes.push(format!("run `waitctx explain {}` for more", finding.rule));
    for note in notes.iter_mut().skip(1) {
        *note = wording::wrap(note, WIDTH, 2);
    }
    Diagnostic::new(severity)
        .with_code(&finding.rule)
        .with_message(wording::message(finding))
        .with_labels(labels(presentation.sources, finding))
        .with_notes(notes)
}

fn labels(sources: &Sources, finding: &Finding) -> Vec<Label<FileId>> {
    let steps = &finding.witness;
    let main = finding.main_step();
    let (head, tail) = wording::shown(steps.len(), wording::LONGEST_LABELLED);
    let mut labels = Vec::new();
    for index in head.clone().chain(tail.clone()) {
        let step = &steps[index];
        let Some(file) = sources.find(&step.place.file) else {
            continue;
        };
        let Some(range) = sources.mark(file, &step.place) else {
            continue;
        };
        let style = if std::ptr::eq(step, main) {
            LabelStyle::Primary
        } else {
            LabelStyle::Secondary
        };
        let mut text = format!("{}: {}", index + 1, wording::step(finding, index));
        if index + 1 == head.end && !tail.is_empty() {
            let _ = write!(text, " (then {} more)", tail.start - head.end);
        }
        labels.push(Label::new(style, file, range).with_message(text));
    }
    labels
}

/// The chain in order, one line per step.
fn chain(finding: &Finding) -> String {
    let steps = &finding.witness;
    let (head, tail) = wording::shown(steps.len(), wording::LONGEST_LISTED);
    let digits = steps.len().to_string().len();
    let mut text = "how it comes about:".to_owned();
    for index in head.clone().chain(tail.clone()) {
        if index == tail.start && !tail.is_empty() {
            let _ = write!(text, "\n  {:digits$}  {} more", "", tail.start - head.end);
        }
        let line = line(finding, index);
        let line = wording::wrap(&line, WIDTH - digits - 4, digits + 6);
        let _ = write!(text, "\n  {:>digits$}. {line}", index + 1);
    }
    text
}

/// The other half of a deadlock, one line per step.
fn other_half(finding: &Finding) -> Option<String> {
    let mut text = "what it waits for:".to_owned();
    for (step, words) in wording::other_half(finding) {
        let line = format!("{}:{}: {words}", step.place.file, step.place.line);
        let line = wording::wrap(&line, WIDTH - 4, 6);
        let _ = write!(text, "\n  {line}");
    }
    (!finding.other_half.is_empty()).then_some(text)
}

fn line(finding: &Finding, index: usize) -> String {
    let place = &finding.witness[index].place;
    let words = wording::listed_step(finding, index);
    format!("{}:{}: {words}", place.file, place.line)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::super::{Format, wording};

    #[test]
    fn a_chain_over_two_files() {
        let fixture = Fixture::new();
        let expected = "\
warning[atomic-alloc-under-raw-spinlock]: `insert_work` allocates memory while `pool.lock` (raw_spinlock_t) is held
   ┌─ kernel/work.c:10:2
   │
 4 │         helper_alloc();
   │         ------------ 3: calls helper_alloc
   ·
 9 │         raw_spin_lock(&pool->lock);
   │         ------------- 1: raw_spinlock_t taken here
10 │         insert_work(work);
   │         ^^^^^^^^^^^ 2: calls insert_work
   │
   ┌─ mm/alloc.c:3:9
   │
 3 │         return alloc_pages(GFP_ATOMIC);
   │                ----------- 4: allocates memory here
   │
   = how it comes about:
       1. kernel/work.c:9: queue takes `pool.lock` (raw_spinlock_t)
       2. kernel/work.c:10: queue calls insert_work
       3. kernel/work.c:4: insert_work calls helper_alloc
       4. mm/alloc.c:3: helper_alloc calls alloc_pages, which allocates
            memory, flags 0x820
   = this is wrong on PREEMPT_RT, where a spinlock_t sleeps, and
       CONFIG_PROVE_RAW_LOCK_NESTING reports it on every kernel; GFP_ATOMIC
       does not help: the allocator takes spinlock_t whatever the flags
   = help: Allocate before the lock is taken.
   = run `waitctx explain atomic-alloc-under-raw-spinlock` for more

";
        assert_eq!(fixture.render(Format::Text), expected);
    }

    #[test]
    fn missing_sources_leave_the_notes() {
        let mut fixture = Fixture::new();
        fixture.forget_sources();
        let text = fixture.render(Format::Text);
        assert!(text.contains(" = how it comes about:\n"), "{text}");
        assert!(!text.contains("┌─"), "{text}");
    }

    #[test]
    fn a_long_chain_is_elided_in_labels_and_list() {
        let mut fixture = Fixture::new();
        fixture.lengthen(20);
        let text = fixture.render(Format::Text);
        assert!(
            text.contains("4: calls a_function_with_a_rather_long_name_18 (then 16 more)"),
            "{text}"
        );
        assert!(text.contains("\n           8 more\n"), "{text}");
        let steps = text
            .lines()
            .filter(|line| line.contains(". kernel/"))
            .count();
        assert_eq!(steps, wording::LONGEST_LISTED - 1);
    }

    #[test]
    fn notes_and_labels_stay_within_80_columns() {
        let mut fixture = Fixture::new();
        fixture.lengthen(20);
        let text = fixture.render(Format::Text);
        for line in text.lines().skip(1) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn nothing_but_text_without_colour() {
        assert!(!Fixture::new().render(Format::Text).contains('\u{1b}'));
    }
}
