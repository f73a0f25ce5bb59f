// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was changed between two states of a tree: decides whether a finding has to do with it.
//!
//! A finding touches a change when a step of its witness is on a line that was added or edited, or
//! when lines were taken out between two steps in one function: a lock that is no longer released on
//! the way is a change of that way. Lines that differ in blanks only are not changed.

use std::cell::RefCell;
use std::ops::Range;

use anyhow::Result;
use imara_diff::{Algorithm, Diff, InternedInput};
use rustc_hash::FxHashMap;
use waitctx_solver::{Finding, Step};

use crate::git::{ObjectId, Repository, Snapshot};

/// The changes that lead from a commit to a snapshot.
pub(crate) struct Changes<'a> {
    repository: &'a Repository,
    base: ObjectId,
    snapshot: Snapshot,
    /// The old names of renamed files, by their new ones.
    renames: FxHashMap<String, String>,
    files: RefCell<FxHashMap<String, Hunks>>,
}

/// What was changed in a file, as ranges of lines of its new state, counted from 1.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Hunks {
    /// Lines that are new or edited.
    written: Vec<Range<u32>>,
    /// Lines before which others were taken out, and nothing was put in their place.
    removed: Vec<u32>,
}

impl<'a> Changes<'a> {
    /// The changes from `base` to `snapshot`.
    pub(crate) fn new(
        repository: &'a Repository,
        base: ObjectId,
        snapshot: Snapshot,
    ) -> Result<Self> {
        let renames = repository.renames(&base, &snapshot)?;
        Ok(Self {
            repository,
            base,
            snapshot,
            renames: renames.into_iter().collect(),
            files: RefCell::default(),
        })
    }

    /// Compares the files that `findings` mention, all at once.
    pub(crate) fn compare(&self, findings: &[Finding]) -> Result<()> {
        let steps = findings.iter().flat_map(|finding| &finding.witness);
        let mut files: Vec<&str> = steps.map(|step| step.place.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        let known = self.files.borrow();
        files.retain(|file| !known.contains_key(*file));
        drop(known);
        let renamed = |&file| self.renames.get(file).map_or(file, String::as_str);
        let old_names: Vec<&str> = files.iter().map(renamed).collect();
        let base = Snapshot::Tree(self.base.clone());
        let old = self.repository.contents(&base, &old_names)?;
        let new = self.repository.contents(&self.snapshot, &files)?;
        let mut known = self.files.borrow_mut();
        for ((file, old), new) in files.iter().zip(old).zip(new) {
            let hunks = match (old, new) {
                (old, Some(new)) => hunks(&old.unwrap_or_default(), &new),
                // What the snapshot does not have is made while the kernel is built.
                (_, None) => Hunks::default(),
            };
            known.insert((*file).to_owned(), hunks);
        }
        Ok(())
    }

    /// Whether `finding`, which was [compared](Self::compare), has to do with the changes.
    pub(crate) fn touch(&self, finding: &Finding) -> bool {
        let files = self.files.borrow();
        let hunks = |step: &Step| files.get(&step.place.file);
        let written = finding.witness.iter().any(|step| {
            let place = &step.place;
            hunks(step).is_some_and(|it| it.wrote(place.line..place.end_line.max(place.line) + 1))
        });
        written
            || neighbours(&finding.witness).any(|(a, b)| {
                let lines = a.place.line.min(b.place.line)..a.place.line.max(b.place.line) + 1;
                hunks(a).is_some_and(|it| it.removed_inside(&lines))
            })
    }
}

/// Pairs of steps that follow each other in one function.
fn neighbours(steps: &[Step]) -> impl Iterator<Item = (&Step, &Step)> {
    steps.iter().enumerate().filter_map(|(index, a)| {
        let same = |b: &&Step| a.function == b.function && a.place.file == b.place.file;
        Some((a, steps[index + 1..].iter().find(same)?))
    })
}

impl Hunks {
    fn wrote(&self, lines: Range<u32>) -> bool {
        let overlap = |it: &Range<u32>| it.start < lines.end && lines.start < it.end;
        self.written.iter().any(overlap)
    }

    /// Whether something was taken out after the first and before the last of `lines`.
    fn removed_inside(&self, lines: &Range<u32>) -> bool {
        self.removed
            .iter()
            .any(|&line| lines.start < line && line < lines.end)
    }
}

fn hunks(old: &[u8], new: &[u8]) -> Hunks {
    let mut input: InternedInput<Vec<u8>> = InternedInput::default();
    input.update_before(lines(old));
    input.update_after(lines(new));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let mut hunks = Hunks::default();
    for hunk in diff.hunks() {
        if hunk.after.is_empty() {
            hunks.removed.push(hunk.after.start + 1);
        } else {
            hunks.written.push(hunk.after.start + 1..hunk.after.end + 1);
        }
    }
    hunks
}

/// Lines without their blanks.
fn lines(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    text.split(|&byte| byte == b'\n').map(|line| {
        let inked = line.iter().filter(|byte| !byte.is_ascii_whitespace());
        inked.copied().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture::Fixture;

    #[test]
    fn what_differs_in_blanks_is_not_changed() {
        let old = b"a\n\tb;\nc\n";
        assert_eq!(hunks(old, b"a\n        b ;\r\nc\n"), Hunks::default());
        let only = |written: &[Range<u32>], removed: &[u32]| Hunks {
            written: written.to_vec(),
            removed: removed.to_vec(),
        };
        let inserted = hunks(old, b"a\nx\n\tb;\ny\nz\nc\n");
        assert_eq!(inserted, only(&[2..3, 4..6], &[]));
        assert_eq!(hunks(old, b"a\nc\n"), only(&[], &[2]));
    }

    #[test]
    fn a_line_taken_out_between_two_steps_counts() {
        // The steps of the first function of the witness are on lines 9 and 10.
        let finding = &Fixture::new().findings[0];
        let touched = |hunks: Hunks| {
            let pairs = neighbours(&finding.witness);
            let lines: Vec<_> = pairs.map(|(a, b)| (a.place.line, b.place.line)).collect();
            assert_eq!(lines, [(9, 10)]);
            hunks.removed_inside(&(9..11))
        };
        let removed = |line| Hunks {
            written: Vec::new(),
            removed: vec![line],
        };
        assert!(!touched(removed(9)), "before the lock is taken");
        assert!(touched(removed(10)));
        assert!(!touched(removed(11)), "after the call");
    }
}
