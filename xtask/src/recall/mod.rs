// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask recall`: bugs that the kernel had are put back, one at a time, and looked for.
//!
//! Each case edits a copy of the tree. Cases that edit different files are tried together first, since
//! a scan of a whole kernel takes its time; what is not found so is tried alone. The edited units are read anew; where there are stored facts
//! of the whole kernel, they are seen in the middle of it, otherwise together with the few units
//! that the case names. A bug is found when the default report of the edited tree has a finding
//! that the tree as it is does not have, of a rule and through a function that the case names.

mod case;
mod score;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};

use self::case::Case;
use self::score::{Outcome, Row};
use crate::scan::{Report, Source, scan};
use crate::{cargo, overlay, root, run, say};

const USAGE: &str =
    "cargo xtask recall TREE NAME=DATABASE[,FACTS]... [--only PART[,PART]...] [--write FILE]";

/// Runs the task.
pub(crate) fn run_recall(arguments: &[OsString]) -> Result<()> {
    let mut positions = Vec::new();
    let (mut only, mut write) = (None, None);
    let mut words = arguments.iter().filter_map(|it| it.to_str());
    while let Some(word) = words.next() {
        match word {
            "--only" => only = Some(words.next().context(USAGE)?),
            "--write" => write = Some(words.next().context(USAGE)?),
            word => positions.push(word),
        }
    }
    let [tree, sources @ ..] = positions.as_slice() else {
        bail!(USAGE);
    };
    if sources.is_empty() {
        bail!(USAGE);
    }
    let tree = Utf8Path::new(tree).canonicalize_utf8()?;
    let sources: Vec<Source> = sources
        .iter()
        .map(|text| Source::parse(text, &tree))
        .collect::<Result<_>>()?;
    let cases = case::read_all(&root().join("testdata/recall"), only)?;
    run(cargo().args(["build", "--release", "--package", "waitctx-cli"]))?;

    let mut bench = Bench {
        tree,
        sources,
        unedited: BTreeMap::new(),
    };
    let mut found = bench.try_together(&cases)?;
    let mut rows = Vec::new();
    for case in cases {
        let known = found.remove(&case.name);
        let outcome = match known {
            Some(outcome) => Some(outcome),
            None => bench.try_case(&case)?,
        };
        let row = match outcome {
            Some(outcome) => Row { case, outcome },
            None => continue,
        };
        say(&format!("{}\n", row.line()), ());
        rows.push(row);
    }
    say(&score::summary(&rows), ());
    if let Some(path) = write {
        fs::write(path, score::table(&rows)).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

/// Cases that edit different files, and these files with their new text.
struct Group<'c> {
    cases: Vec<&'c Case>,
    edited: BTreeMap<String, String>,
}

/// What the cases are tried on.
struct Bench {
    tree: Utf8PathBuf,
    sources: Vec<Source>,
    /// Fingerprints of what is reported of the tree as it is, by what is looked at.
    unedited: BTreeMap<(String, Vec<String>), BTreeSet<String>>,
}

impl Bench {
    /// Tries cases with stored facts at once, as many as edit different files; says which were
    /// found.
    fn try_together(&mut self, cases: &[Case]) -> Result<BTreeMap<String, Outcome>> {
        let mut found = BTreeMap::new();
        for group in self.groups(cases)? {
            let Some(first) = group.cases.first().filter(|_| group.cases.len() > 1) else {
                continue;
            };
            let is_its = |source: &&Source| source.name == first.configuration;
            let source = self.sources.iter().find(is_its).context("it was there")?;
            let facts = source.facts.as_deref();
            let key = (source.name.clone(), Vec::new());
            if !self.unedited.contains_key(&key) {
                let report = scan(&self.tree, None, facts)?;
                let seen = report.findings.into_iter().map(|it| it.fingerprint);
                self.unedited.insert(key.clone(), seen.collect());
            }
            let copy = overlay::make(self.tree.as_std_path(), &group.edited)?;
            let copied =
                Utf8Path::from_path(copy.path()).context("a temporary folder is not UTF-8")?;
            let folder = tempfile::tempdir()?;
            let units = group.edited.keys().map(String::as_str).collect();
            let part = source.part(&units, &self.tree, copied, folder.path())?;
            let report = scan(copied, Some(&part), facts)?;
            for case in group.cases {
                check_units(case, &report)?;
                let outcome = Outcome::of(case, &report, &self.unedited[&key]);
                if outcome.is_found() {
                    found.insert(case.name.clone(), outcome);
                }
            }
        }
        Ok(found)
    }

    /// Cases that can be put back at once.
    fn groups<'c>(&self, cases: &'c [Case]) -> Result<Vec<Group<'c>>> {
        let mut groups: Vec<Group<'c>> = Vec::new();
        for case in cases {
            let stored = self
                .sources
                .iter()
                .any(|it| it.name == case.configuration && it.facts.is_some());
            if case.unfixed || case.alone || !stored {
                continue;
            }
            let edited = case.edited(self.tree.as_std_path())?;
            let goes_with = |group: &&mut Group<'_>| {
                group.cases[0].configuration == case.configuration
                    && edited.keys().all(|file| !group.edited.contains_key(file))
            };
            match groups.iter_mut().find(goes_with) {
                Some(group) => {
                    group.edited.extend(edited);
                    group.cases.push(case);
                }
                None => groups.push(Group {
                    cases: vec![case],
                    edited,
                }),
            }
        }
        Ok(groups)
    }

    /// Tries a case; `None` when its configuration is not at hand.
    fn try_case(&mut self, case: &Case) -> Result<Option<Outcome>> {
        let is_its = |source: &&Source| source.name == case.configuration;
        let Some(source) = self.sources.iter().find(is_its) else {
            return Ok(None);
        };
        let edited = case.edited(self.tree.as_std_path())?;
        let facts = source.facts.as_deref().filter(|_| !case.alone);
        let units: BTreeSet<&str> = match facts {
            Some(_) => edited.keys().map(String::as_str).collect(),
            None => case.units.iter().map(String::as_str).collect(),
        };
        let key = match facts {
            Some(_) => (source.name.clone(), Vec::new()),
            None => (source.name.clone(), case.units.clone()),
        };
        let folder = tempfile::tempdir()?;
        let before = match self.unedited.get(&key) {
            Some(before) => before,
            None => {
                let report = if facts.is_some() {
                    scan(&self.tree, None, facts)?
                } else {
                    let part = source.part(&units, &self.tree, &self.tree, folder.path())?;
                    scan(&self.tree, Some(&part), None)?
                };
                let seen = report.findings.into_iter().map(|it| it.fingerprint);
                self.unedited.entry(key).or_insert(seen.collect())
            }
        };

        let copy = overlay::make(self.tree.as_std_path(), &edited)?;
        let copied = Utf8Path::from_path(copy.path()).context("a temporary folder is not UTF-8")?;
        let report = if case.unfixed && facts.is_some() {
            scan(&self.tree, None, facts)?
        } else {
            let part = source.part(&units, &self.tree, copied, folder.path())?;
            scan(copied, Some(&part), facts)?
        };
        check_units(case, &report)?;
        let nothing = BTreeSet::new();
        let before = if case.unfixed { &nothing } else { before };
        Ok(Some(Outcome::of(case, &report, before)))
    }
}

/// A case whose edit does not compile shows nothing.
fn check_units(case: &Case, report: &Report) -> Result<()> {
    let ours = |file: &&crate::scan::FailedUnit| case.units.contains(&file.file);
    match report.failed_units.iter().find(ours) {
        Some(unit) => bail!(
            "{}: {} does not parse: {}",
            case.name,
            unit.file,
            unit.reasons.first().map_or("", String::as_str)
        ),
        None => Ok(()),
    }
}
