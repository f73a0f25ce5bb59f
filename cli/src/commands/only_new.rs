// SPDX-License-Identifier: MIT OR Apache-2.0
//! The options that leave out what is old: known findings, and all that changes have nothing to do
//! with.

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use rustc_hash::FxHashSet;
use waitctx_solver::{Finding, SourcePlace};

use crate::analysis::{self, Analysis, Setup};
use crate::baseline::Baseline;
use crate::before;
use crate::cache::Store;
use crate::changes::Changes;
use crate::failure::{self, Advised};
use crate::git::{ObjectId, Repository, Snapshot};
use crate::grounds::Day;
use crate::part::{Part, absolute};
use crate::selection::{Selection, Selector};
use crate::series::Series;
use crate::sources::Overlay;
use crate::summary::Clock;
use crate::suppressions::{self, Suppression};

/// The options, as `scan` takes them.
#[derive(Args, Default, Debug)]
#[group(id = "only-new")]
#[command(next_help_heading = "Only what is new")]
pub(super) struct Arguments {
    /// Leave out the findings in this file; `waitctx baseline create` writes it
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<Utf8PathBuf>,

    /// Leave out what this file suppresses, outside of the tree (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) suppressions: Vec<Utf8PathBuf>,

    /// Only findings that changes since this revision brought: they have to do with changed lines, and
    /// were not there before
    #[arg(long, value_name = "REV")]
    since: Option<String>,

    /// Read what is staged in git, not what is on the disk, and report only what it brings
    /// (relative to HEAD, or to the revision of --since)
    #[arg(long)]
    staged: bool,

    /// Read only units that changed since --since or are --staged, when nothing is stored of the
    /// others: fast, and blind for what the others do
    #[arg(long)]
    changed_units: bool,
}

/// What is old.
pub(super) struct OnlyNew {
    baseline: Option<Baseline>,
    suppressions: Vec<Suppression>,
    changes: Option<Compared>,
    changed_units: bool,
}

/// Two states of a tree.
struct Compared {
    repository: Repository,
    base: ObjectId,
    snapshot: Snapshot,
    /// Files on the disk that only the later state has, as git does not know them.
    untracked: Vec<String>,
}

impl Arguments {
    /// Reads the files and asks git, before the long work begins.
    pub(super) fn load(&self, setup: &Setup) -> Result<OnlyNew> {
        let baseline = setup.config.baseline(self.baseline.as_deref())?;
        let baseline = baseline.as_deref().map(Baseline::read).transpose()?;
        let mut all = Vec::new();
        for path in setup.config.suppressions(&self.suppressions)? {
            all.extend(suppressions::read(&path, &setup.rules)?);
        }
        Ok(OnlyNew {
            baseline,
            suppressions: all,
            changes: self.compared(setup)?,
            changed_units: self.changed_units,
        })
    }

    fn compared(&self, setup: &Setup) -> Result<Option<Compared>> {
        if self.since.is_none() && !self.staged {
            if self.changed_units {
                let help = "add `--staged` or `--since REV`";
                return Err(Advised::new("--changed-units needs changes", help).into());
            }
            return Ok(None);
        }
        let repository = Repository::of(&setup.selected.tree)?;
        let base = match &self.since {
            Some(revision) => repository.commit(revision)?,
            None => repository.head_or_empty()?,
        };
        let snapshot = if self.staged {
            Snapshot::Index
        } else {
            Snapshot::WorkTree
        };
        let untracked = match snapshot {
            Snapshot::WorkTree => untracked(&repository, setup)?,
            // What is not in the index is no part of it, on neither side.
            Snapshot::Index | Snapshot::Tree(_) => Vec::new(),
        };
        Ok(Some(Compared {
            repository,
            base,
            snapshot,
            untracked,
        }))
    }
}

/// The files that git does not know and that nobody made while building.
fn untracked(repository: &Repository, setup: &Setup) -> Result<Vec<String>> {
    let mut names = repository.untracked()?;
    let tree = &setup.selected.tree;
    for configuration in &setup.configurations {
        let Some(database) = &configuration.database else {
            continue;
        };
        let database = absolute(database)?;
        let directory = match database.is_dir() {
            true => Some(&*database),
            false => database.parent(),
        };
        if let Some(directory) = directory {
            names.retain(|name| !is_made(tree, directory, name));
        }
    }
    Ok(names)
}

/// Whether the file `name` of the tree is in `objects`, which is a directory inside of it.
fn is_made(tree: &Utf8Path, objects: &Utf8Path, name: &str) -> bool {
    let inside = objects.strip_prefix(tree).ok();
    inside.is_some_and(|it| !it.as_str().is_empty() && Utf8Path::new(name).starts_with(it))
}

impl Compared {
    /// The state that the changes start from. Files that were renamed since are there under their new
    /// names, as that is what the database calls them. What is below one of `objects` was made while
    /// building, and nobody knows how it was before.
    fn before(
        &self,
        changes: &Changes<'_>,
        tree: &Utf8Path,
        objects: &[Utf8PathBuf],
    ) -> Result<Overlay> {
        let base = Snapshot::Tree(self.base.clone());
        let mut overlay = self.repository.overlay(&base)?;
        let (new, old): (Vec<&str>, Vec<&str>) = changes.renames().unzip();
        let contents = self.repository.contents(&base, &old)?;
        overlay.extend(new.into_iter().map(str::to_owned).zip(contents));
        let is_made = |name: &str| objects.iter().any(|it| is_made(tree, it, name));
        let unknown = self.untracked.iter().filter(|name| !is_made(name));
        overlay.extend(unknown.map(|name| (name.clone(), None)));
        Ok(overlay)
    }
}

impl OnlyNew {
    /// Only what `patch` changes, in the units that it changes.
    pub(super) fn of_patch(setup: &Setup, patch: &[u8], store: Option<Store>) -> Result<Self> {
        let mut only_new = Arguments::default().load(setup)?;
        let mut repository = Repository::of(&setup.selected.tree)?;
        let (base, tree) = Series::of(&repository, store)?.apply(&mut repository, patch)?;
        only_new.changed_units = true;
        only_new.changes = Some(Compared {
            repository,
            base,
            snapshot: Snapshot::Tree(tree),
            untracked: Vec::new(),
        });
        Ok(only_new)
    }

    /// Prepares `arguments`: what is not read from the disk, and what is read at all. With stored
    /// units, or when asked so, only what changed is, and nothing when nothing did.
    pub(super) fn apply(
        &self,
        arguments: &mut analysis::Arguments,
        changes: Option<&Changes<'_>>,
    ) -> Result<()> {
        let (Some(compared), Some(changes)) = (&self.changes, changes) else {
            return Ok(());
        };
        arguments.asked = changes.lines()?.0;
        let (repository, snapshot) = (&compared.repository, &compared.snapshot);
        arguments.input.overlay = repository.overlay(snapshot)?;
        arguments.may_be_nothing = true;
        let mut names = repository.changed(&compared.base, snapshot)?;
        names.extend(compared.untracked.iter().cloned());
        if let Some(part) = &arguments.input.part {
            names.retain(|name| part.holds(name));
        }
        if names.is_empty() {
            arguments.facts = None;
        }
        if names.is_empty() || arguments.facts.is_some() || self.changed_units {
            arguments.input.part = Some(Part::new(names));
        }
        Ok(())
    }

    /// Tells each place of a finding as one of its own when changes are asked about: what they bring
    /// may be a place of what is known.
    pub(super) fn tell_further(&self, analysis: &mut Analysis) {
        if self.changes.is_some() {
            analysis.solved.report.tell_further();
        }
    }

    /// The changes that findings must have to do with, if only some are asked for.
    pub(super) fn changes(&self) -> Result<Option<Changes<'_>>> {
        let Some(compared) = &self.changes else {
            return Ok(None);
        };
        let (base, snapshot) = (compared.base.clone(), compared.snapshot.clone());
        Changes::new(&compared.repository, base, snapshot, &compared.untracked).map(Some)
    }

    /// Leaves out of `selection`, which `selector` has made of the analysis `now`, what was there
    /// before the changes, and adds what these bring though they are elsewhere. That state is only
    /// looked at when something has to do with the changes; `program` is what the other one was read
    /// from.
    pub(super) fn leave_out_old<'a>(
        &self,
        selection: &mut Selection<'a>,
        now: &'a Analysis,
        selector: &Selector<'_>,
        (program, setup): (&analysis::Arguments, &Setup),
        clock: &mut Clock,
    ) -> Result<()> {
        let (Some(compared), Some(changes)) = (&self.changes, selector.changes) else {
            return Ok(());
        };
        if selection.shown.is_empty() && selection.suspects.is_empty() {
            return Ok(());
        }
        let mut program = program.clone();
        let tree = &setup.selected.tree;
        program.input.overlay = compared.before(changes, tree, &now.roots)?;
        let all = &now.solved.report.findings;
        if all.iter().any(|it| it.through.is_some()) {
            program.asked = changes.lines()?.1;
        }
        // What is told of reading and solving is of the state that is asked about.
        let mut own = Clock::new();
        let before = clock.time("compare", || {
            analysis::run(&mut program, setup, false, &mut own)
        });
        let before = match before {
            Ok(analysis) => {
                let mut report = analysis.solved.report;
                report.tell_further();
                report.findings
            }
            Err(error) => {
                // Better an old finding too many than none at all.
                selection.let_go();
                selection.leave_out(all, &FxHashSet::default());
                selection.notices.push(format!(
                    "what was found before the changes is not known, and not left out: {}",
                    failure::words(&error)
                ));
                return Ok(());
            }
        };
        let was_shown = |it: &Finding| selector.is_sure_enough(it, &setup.rules);
        let old_line = |place: &SourcePlace| changes.old_line(place);
        let mut old = before::old(all, &before, old_line, was_shown);
        for suspect in &selection.suspects {
            if before::had_call(suspect, &before, old_line, was_shown) {
                old.insert(&suspect.fingerprint);
            }
        }
        selection.leave_out(all, &old);
        Ok(())
    }

    /// What selects.
    pub(super) fn selector<'a>(
        &'a self,
        changes: Option<&'a Changes<'a>>,
        part: Option<&'a Part>,
    ) -> Selector<'a> {
        Selector {
            rules: &[],
            findings: &[],
            lowest: None,
            changes,
            part,
            baseline: self.baseline.as_ref(),
            suppressions: &self.suppressions,
            today: Day::today(),
        }
    }
}
