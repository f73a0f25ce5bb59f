// SPDX-License-Identifier: MIT OR Apache-2.0
//! Text for people, through codespan-reporting.
//!
//! Codespan sorts labels by file and line, so a chain loses its order in the source lines: the
//! labels are numbered, and the chain is listed once more in order, as a note.

mod excerpt;

use std::fmt::Write as _;

use anyhow::Result;
use codespan_reporting::diagnostic::{Diagnostic, Label, LabelStyle, Severity};
use codespan_reporting::term::termcolor::Buffer;
use codespan_reporting::term::{self, Chars, Config};
use waitctx_solver::Finding;

use self::excerpt::{Excerpt, Mark, TAB_WIDTH};
use super::{Presentation, wording};
use crate::catalogue::Level;
use crate::sources::Sources;

/// How wide a report is. It does not follow the terminal, so that reports can be compared.
const WIDTH: usize = 80;

/// Notes are wrapped to this, which with codespan's margin makes [`WIDTH`].
const NOTE_WIDTH: usize = 72;

/// Writes every finding.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    let config = Config {
        tab_width: TAB_WIDTH,
        chars: Chars::box_drawing(),
        ..Config::default()
    };
    for finding in &presentation.findings {
        let (marks, steps) = marks(presentation.sources, finding);
        let excerpt = Excerpt::new(presentation.sources, &marks, WIDTH);
        let labels = labels(&excerpt, &marks, &steps, finding);
        let diagnostic = diagnostic(presentation, finding).with_labels(labels);
        term::emit_to_write_style(out, &config, &excerpt, &diagnostic)?;
    }
    Ok(())
}

fn diagnostic(presentation: &Presentation<'_>, finding: &Finding) -> Diagnostic<usize> {
    let rule = presentation.rules.find(&finding.rule);
    let (severity, word) = match presentation.level(finding) {
        Level::Error => (Severity::Error, "error"),
        Level::Warning => (Severity::Warning, "warning"),
    };
    let mut notes = vec![chain(finding)];
    notes.extend(other_half(finding));
    notes.push(wording::verdict(finding));
    notes.extend(wording::confidence(finding));
    notes.extend(
        rule.and_then(|rule| rule.help())
            .map(|it| format!("help: {it}")),
    );
    notes.extend(wording::known(finding));
    notes.extend(wording::others(finding));
    notes.extend(wording::configurations(finding));
    notes.push(format!(
        "finding {}; run `waitctx explain {}` for more",
        finding.fingerprint, finding.rule
    ));
    for note in notes.iter_mut().skip(1) {
        *note = wording::wrap(note, NOTE_WIDTH, 2);
    }
    let before = word.len() + "[]: ".len() + finding.rule.len();
    Diagnostic::new(severity)
        .with_code(&finding.rule)
        .with_message(wording::wrap_after(
            before,
            &wording::message(finding),
            WIDTH,
            2,
        ))
        .with_notes(notes)
}

/// What is marked in the sources, and the step behind each mark.
fn marks(sources: &Sources, finding: &Finding) -> (Vec<Mark>, Vec<usize>) {
    let steps = &finding.witness;
    let (head, tail) = wording::shown(steps.len(), wording::LONGEST_LABELLED);
    let mark = |index: usize| {
        let place = &steps[index].place;
        let file = sources.find(&place.file)?;
        let (line, range) = sources.mark(file, place)?;
        Some((Mark { file, line, range }, index))
    };
    head.chain(tail).filter_map(mark).unzip()
}

fn labels(
    excerpt: &Excerpt,
    marks: &[Mark],
    steps: &[usize],
    finding: &Finding,
) -> Vec<Label<usize>> {
    let (head, tail) = wording::shown(finding.witness.len(), wording::LONGEST_LABELLED);
    let main = finding.main_step();
    let label = |(mark, &index): (&Mark, &usize)| {
        let placed = excerpt.place(mark, WIDTH)?;
        let style = if std::ptr::eq(&raw const finding.witness[index], main) {
            LabelStyle::Primary
        } else {
            LabelStyle::Secondary
        };
        let more = if index + 1 == head.end && !tail.is_empty() {
            format!(" (then {} more)", tail.start - head.end)
        } else {
            String::new()
        };
        // What a label has no room for is in the list of steps.
        let number = index + 1;
        let full = format!("{number}: {}{more}", wording::step(finding, index));
        let brief = format!("{number}: {}{more}", wording::brief_step(finding, index));
        let direct = format!("{number}: {}{more}", wording::direct_step(finding, index));
        let text = [full, direct, brief]
            .into_iter()
            .find(|it| it.chars().count() <= placed.room)
            .unwrap_or_else(|| number.to_string());
        Some(Label::new(style, placed.file, placed.range).with_message(text))
    };
    marks.iter().zip(steps).filter_map(label).collect()
}

/// The chain in order, one line per step.
fn chain(finding: &Finding) -> String {
    let steps = &finding.witness;
    let (head, tail) = wording::shown(steps.len(), wording::LONGEST_LISTED);
    let digits = steps.len().to_string().len();
    let mut text = "how it comes about:".to_owned();
    for index in head.clone().chain(tail.clone()) {
        if index == tail.start && !tail.is_empty() {
            let _ = write!(text, "\n  {:digits$}  … {} more", "", tail.start - head.end);
        }
        let line = line(finding, index);
        let line = wording::wrap(&line, NOTE_WIDTH - digits - 4, digits + 6);
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
warning[atomic-alloc-under-raw-spinlock]: `insert_work` allocates memory while
  `pool.lock` (raw_spinlock_t) is held
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
   = finding 0123456789abcdef; run `waitctx explain
       atomic-alloc-under-raw-spinlock` for more

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
        assert!(text.contains("4: call (then 16 more)\n"), "{text}");
        assert!(text.contains("\n           … 8 more\n"), "{text}");
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
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn sources_and_labels_stay_within_80_columns() {
        let mut fixture = Fixture::new();
        fixture.indent(9);
        let text = fixture.render(Format::Text);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(
            text.contains("9 │ …raw_spin_lock(&pool->lock);\n"),
            "{text}"
        );
        assert!(text.contains("- 1: raw_spinlock_t taken here\n"), "{text}");
        assert!(text.contains("─ kernel/work.c:10:10\n"), "{text}");
    }

    #[test]
    fn nothing_but_text_without_colour() {
        assert!(!Fixture::new().render(Format::Text).contains('\u{1b}'));
    }
}
