// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scans of parts of a kernel and what their reports say, for the tasks that measure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use waitctx_kbuild::{CompileCommand, Database};

use crate::target;

/// A compile database of the tree, and perhaps all its units, read before.
pub(crate) struct Source {
    /// What tasks call it.
    pub(crate) name: String,
    /// The file of the database.
    pub(crate) database: PathBuf,
    commands: Vec<CompileCommand>,
    /// A file of `waitctx extract`.
    pub(crate) facts: Option<PathBuf>,
}

impl Source {
    /// Reads `NAME=DATABASE` or `NAME=DATABASE,FACTS`.
    pub(crate) fn parse(text: &str, tree: &Utf8Path) -> Result<Self> {
        let (name, rest) = text
            .split_once('=')
            .with_context(|| format!("`{text}` is not NAME=DATABASE[,FACTS]"))?;
        let (database, facts) = match rest.split_once(',') {
            Some((database, facts)) => (database, Some(PathBuf::from(facts))),
            None => (rest, None),
        };
        let path = Database::locate(tree, Some(Utf8Path::new(database)))?;
        Ok(Self {
            name: name.to_owned(),
            database: path.clone().into_std_path_buf(),
            commands: Database::read(&path)?.commands,
            facts,
        })
    }

    /// The names of the units, relative to `tree`, each as often as it is compiled.
    pub(crate) fn units<'a>(&'a self, tree: &'a Utf8Path) -> impl Iterator<Item = &'a str> {
        let files = self.commands.iter().map(|it| it.file.as_path());
        files.filter_map(move |it| it.strip_prefix(tree).ok().map(Utf8Path::as_str))
    }

    /// A database in `folder` of `units` (names relative to `tree`), as if the tree were at `copy`.
    pub(crate) fn part(
        &self,
        units: &BTreeSet<&str>,
        tree: &Utf8Path,
        copy: &Utf8Path,
        folder: &Path,
    ) -> Result<PathBuf> {
        self.part_with(units, tree, copy, folder, &BTreeMap::new())
    }

    /// As [`Self::part`], with one more argument for some of the units.
    pub(crate) fn part_with(
        &self,
        units: &BTreeSet<&str>,
        tree: &Utf8Path,
        copy: &Utf8Path,
        folder: &Path,
        more: &BTreeMap<String, String>,
    ) -> Result<PathBuf> {
        let moved = |text: &str| text.replace(tree.as_str(), copy.as_str());
        let mut entries = Vec::new();
        let mut missing = units.clone();
        for command in &self.commands {
            let Ok(name) = command.file.strip_prefix(tree) else {
                continue;
            };
            if units.contains(name.as_str()) {
                missing.remove(name.as_str());
                let arguments = command.arguments.iter().map(|it| moved(it));
                entries.push(Entry {
                    directory: command.directory.clone(),
                    file: Utf8PathBuf::from(moved(command.file.as_str())),
                    arguments: arguments.chain(more.get(name.as_str()).cloned()).collect(),
                });
            }
        }
        if let Some(unit) = missing.first() {
            bail!("{unit} is not in the database `{}`", self.name);
        }
        let path = folder.join("compile_commands.json");
        fs::write(&path, serde_json::to_string(&entries)?)?;
        Ok(path)
    }
}

#[derive(Serialize)]
struct Entry {
    directory: Utf8PathBuf,
    file: Utf8PathBuf,
    arguments: Vec<String>,
}

/// What a scan says.
#[derive(Deserialize)]
pub(crate) struct Report {
    /// Findings of every confidence.
    pub(crate) findings: Vec<Finding>,
    /// Units with errors.
    pub(crate) failed_units: Vec<FailedUnit>,
}

/// A finding, as far as tasks look at it.
#[derive(Deserialize)]
pub(crate) struct Finding {
    /// The rule's name.
    pub(crate) rule: String,
    /// `high`, `medium` or `low`.
    pub(crate) confidence: String,
    /// Tells findings apart.
    pub(crate) fingerprint: String,
    /// Where it is shown.
    pub(crate) file: String,
    /// Where it is shown.
    pub(crate) line: u32,
    /// What is wrong, in one line.
    pub(crate) message: String,
    /// How it comes about.
    pub(crate) witness: Vec<Step>,
}

/// A step of a witness.
#[derive(Deserialize)]
pub(crate) struct Step {
    /// The function in whose body it is.
    pub(crate) function: String,
    /// The function called there.
    pub(crate) callee: String,
    /// The file it is in.
    pub(crate) file: String,
}

/// A unit with errors.
#[derive(Deserialize)]
pub(crate) struct FailedUnit {
    /// Its main file.
    pub(crate) file: String,
    /// The first things that went wrong.
    pub(crate) reasons: Vec<String>,
}

impl Finding {
    /// Whether it is in a report by default.
    pub(crate) fn is_shown(&self) -> bool {
        self.confidence != "low"
    }

    /// Whether its witness leads through the body of `function`, or ends in a call of it.
    pub(crate) fn leads_through(&self, function: &str) -> bool {
        self.witness
            .iter()
            .any(|step| step.function == function || step.callee == function)
    }
}

/// Scans `tree`: the units of `database`, of `facts`, or of the second with the first in place.
pub(crate) fn scan(
    tree: &Utf8Path,
    database: Option<&Path>,
    facts: Option<&Path>,
) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("report.json");
    let mut command = Command::new(target().join("release/waitctx"));
    command.args(["scan", tree.as_str(), "--all", "--output-format", "json"]);
    command.arg("--output").arg(&output);
    if let Some(database) = database {
        command.arg("--database").arg(database);
    }
    if let Some(facts) = facts {
        command.arg("--facts").arg(facts);
    }
    finished(&mut command)?;
    serde_json::from_slice(&fs::read(&output)?).context("the report is not what it was")
}

/// Runs a scan to its end, and says why when it could not be done.
pub(crate) fn finished(scan: &mut Command) -> Result<Output> {
    let done = scan.stdin(Stdio::null()).output();
    let done = done.context("cannot run waitctx")?;
    if !matches!(done.status.code(), Some(0 | 1)) {
        let text = String::from_utf8_lossy(&done.stderr);
        bail!("the scan failed: {}", text.trim_end());
    }
    Ok(done)
}
