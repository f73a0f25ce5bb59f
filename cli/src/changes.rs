// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was changed between two states of a tree: decides whether a finding has to do with it.
//!
//! A finding touches a change when a step of its witness is on a line that was added or edited, or
//! when lines were taken out between two steps in one function: a lock that is no longer released on
//! the way is a change of that way. Lines that differ in blanks only are not changed. What decides it
//! may be written on other lines, in the files that it leads through: such a finding is near a change,
//! and only the state before tells.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::Result;
use imara_diff::{Algorithm, Diff, InternedInput};
use rustc_hash::FxHashMap;
use waitctx_solver::{Finding, Lines, SourcePlace, Step};

use crate::git::{ObjectId, Repository, Snapshot};

/// The changes that lead from a commit to a snapshot.
pub(crate) struct Changes<'a> {
    repository: &'a Repository,
    base: ObjectId,
    snapshot: Snapshot,
    /// The old names of renamed files, by their new ones.
    renames: BTreeMap<String, String>,
    /// All files that are not the same in both, as far as anybody wrote them.
    differing: BTreeSet<String>,
    files: RefCell<FxHashMap<String, Hunks>>,
}

/// What was changed in a file, from its start to its end.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Hunks(Vec<Hunk>);

/// Lines that took the place of others, counted from 1. One of the two may be empty.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Hunk {
    old: Range<u32>,
    new: Range<u32>,
}

impl<'a> Changes<'a> {
    /// The changes from `base` to `snapshot`, which has the files `untracked` besides those that git
    /// knows.
    pub(crate) fn new(
        repository: &'a Repository,
        base: ObjectId,
        snapshot: Snapshot,
        untracked: &[String],
    ) -> Result<Self> {
        let renames = repository.renames(&base, &snapshot)?;
        let differing = repository.changed(&base, &snapshot)?.into_iter();
        let differing = differing.chain(untracked.iter().cloned()).collect();
        Ok(Self {
            repository,
            base,
            snapshot,
            renames: renames.into_iter().collect(),
            differing,
            files: RefCell::default(),
        })
    }

    /// Compares the files that `findings` mention, all at once.
    pub(crate) fn compare(&self, findings: &[Finding]) -> Result<()> {
        let steps = findings.iter().flat_map(|finding| &finding.witness);
        self.compare_files(steps.map(|step| step.place.file.as_str()).collect())
    }

    /// The lines that were written, by the file's name in the snapshot: as they are there, and those of
    /// the commit that they took the place of.
    pub(crate) fn lines(&self) -> Result<(Lines, Lines)> {
        self.compare_files(self.differing.iter().map(String::as_str).collect())?;
        let files = self.files.borrow();
        let (mut new, mut old) = (Lines::default(), Lines::default());
        for file in &self.differing {
            for hunk in files.get(file).map_or(&[][..], |it| it.0.as_slice()) {
                new.entry(file.clone()).or_default().push(hunk.new.clone());
                old.entry(file.clone()).or_default().push(hunk.old.clone());
            }
        }
        Ok((new, old))
    }

    fn compare_files(&self, mut files: Vec<&str>) -> Result<()> {
        files.sort_unstable();
        files.dedup();
        let mut known = self.files.borrow_mut();
        files.retain(|file| !known.contains_key(*file));
        // What a build made is in no commit, and nobody wrote it since.
        files.retain(|file| {
            let differs = self.differing.contains(*file);
            if !differs {
                known.insert((*file).to_owned(), Hunks::default());
            }
            differs
        });
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

    /// The files that are called otherwise in the snapshot than in the commit: there, here.
    pub(crate) fn renames(&self) -> impl Iterator<Item = (&str, &str)> {
        self.renames
            .iter()
            .map(|(new, old)| (new.as_str(), old.as_str()))
    }

    /// The line that `place` was on in the commit, if it is not written anew. It is of a finding that
    /// was [compared](Self::compare).
    pub(crate) fn old_line(&self, place: &SourcePlace) -> Option<u32> {
        self.files.borrow().get(&place.file)?.old_line(place.line)
    }

    /// Whether the changes may be what brings `finding`, which was [compared](Self::compare): they are
    /// in a file that it leads through. What a variable is set to decides what is done with it
    /// elsewhere.
    pub(crate) fn are_near(&self, finding: &Finding) -> bool {
        let files = self.files.borrow();
        let mut steps = finding.witness.iter();
        steps.any(|step| {
            files
                .get(&step.place.file)
                .is_some_and(|it| !it.0.is_empty())
        })
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
        let overlap = |it: &Hunk| it.new.start < lines.end && lines.start < it.new.end;
        self.0.iter().any(overlap)
    }

    /// Whether lines were taken out after the first and before the last of `lines`, and nothing was
    /// put in their place.
    fn removed_inside(&self, lines: &Range<u32>) -> bool {
        self.0
            .iter()
            .any(|it| it.new.is_empty() && lines.start < it.new.start && it.new.start < lines.end)
    }

    fn old_line(&self, line: u32) -> Option<u32> {
        if self.wrote(line..line + 1) {
            return None;
        }
        let before = self.0.iter().rfind(|it| it.new.end <= line);
        Some(before.map_or(line, |it| it.old.end + (line - it.new.end)))
    }
}

fn hunks(old: &[u8], new: &[u8]) -> Hunks {
    let mut input: InternedInput<Vec<u8>> = InternedInput::default();
    input.update_before(lines(old));
    input.update_after(lines(new));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let from_1 = |it: Range<u32>| it.start + 1..it.end + 1;
    let hunks = diff.hunks().map(|it| Hunk {
        old: from_1(it.before),
        new: from_1(it.after),
    });
    Hunks(hunks.collect())
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

    fn hunk(old: Range<u32>, new: Range<u32>) -> Hunk {
        Hunk { old, new }
    }

    #[test]
    fn what_differs_in_blanks_is_not_changed() {
        let old = b"a\n\tb;\nc\n";
        assert_eq!(hunks(old, b"a\n        b ;\r\nc\n"), Hunks::default());
        let inserted = hunks(old, b"a\nx\n\tb;\ny\nz\nc\n");
        assert_eq!(inserted.0, [hunk(2..2, 2..3), hunk(3..3, 4..6)]);
        assert_eq!(hunks(old, b"a\nc\n").0, [hunk(2..3, 2..2)]);
    }

    #[test]
    fn lines_that_stay_have_a_place_in_the_old_state() {
        let hunks = hunks(b"a\nb\nc\nd\ne\n", b"x\na\nc\ny\nz\ne\n");
        let old: Vec<Option<u32>> = (1..=6).map(|line| hunks.old_line(line)).collect();
        assert_eq!(old, [None, Some(1), Some(3), None, None, Some(5)]);
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
        let removed = |line| Hunks(vec![hunk(line..line + 1, line..line)]);
        assert!(!touched(removed(9)), "before the lock is taken");
        assert!(touched(removed(10)));
        assert!(!touched(removed(11)), "after the call");
    }
}
