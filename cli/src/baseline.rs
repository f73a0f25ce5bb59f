// SPDX-License-Identifier: MIT OR Apache-2.0
//! Baselines: findings that are known, in a file that people read, review and merge.
//!
//! Entries are sorted by place names, one key a line and without line numbers of the source, so that
//! an edit of the tree changes nothing in the file and two branches rarely touch the same lines.

use std::fs;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use toml::Spanned;
use waitctx_solver::Finding;

use crate::failure::Advised;
use crate::grounds::{Day, Reason};
use crate::output::message;
use crate::toml_file::TomlFile;

const HEAD: &str = "\
# SPDX-License-Identifier: CC0-1.0
# Findings of waitctx that are known and not reported again. `waitctx baseline --help` says how to
# add to this file and how to take out what is gone. Reasons and dates of expiry may be edited here.
";

/// The only form there is so far.
const VERSION: u32 = 1;

/// Findings that are known.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Baseline {
    entries: Vec<Entry>,
}

/// A finding that is known.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// What the finding is called across versions of the tree. The other keys tell people what it is.
    fingerprint: String,
    /// The rule's name.
    pub(crate) rule: String,
    /// The file it is shown in.
    pub(crate) file: String,
    /// The function it is shown in.
    pub(crate) function: String,
    /// What is wrong.
    message: String,
    /// Why it is not reported.
    pub(crate) reason: Reason,
    /// The day from which on it is reported again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    version: Spanned<u32>,
    #[serde(default)]
    finding: Vec<Spanned<Entry>>,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    finding: &'a [Entry],
}

impl Baseline {
    /// Reads what [`Self::write`] wrote and people edited.
    pub(crate) fn read(path: &Utf8Path) -> Result<Self> {
        if !path.exists() {
            let help = "`waitctx baseline create` makes one";
            return Err(Advised::new(format!("there is no baseline {path}"), help).into());
        }
        let file = TomlFile::read(path)?;
        let read: Read = file.parse()?;
        if *read.version.get_ref() != VERSION {
            let help = "a newer waitctx wrote it, or it is no baseline";
            return Err(file.mistake(read.version.span(), "only version 1 is known", help));
        }
        let mut seen: FxHashMap<&str, ()> = FxHashMap::default();
        for entry in &read.finding {
            let fingerprint = entry.get_ref().fingerprint.as_str();
            if seen.insert(fingerprint, ()).is_some() {
                let message = format!("the finding {fingerprint} is there twice");
                return Err(file.mistake(entry.span(), &message, "take one of them out"));
            }
        }
        let entries = read.finding.into_iter().map(Spanned::into_inner);
        Ok(Self {
            entries: entries.collect(),
        })
    }

    /// Writes all entries in their order, whole or not at all.
    pub(crate) fn write(&mut self, path: &Utf8Path) -> Result<()> {
        self.entries.sort_by(|a, b| a.key().cmp(&b.key()));
        let written = Written {
            version: VERSION,
            finding: &self.entries,
        };
        let text = toml::to_string(&written).context("the baseline cannot be written as TOML")?;
        let folder = path.parent().filter(|it| !it.as_str().is_empty());
        let temporary = tempfile::Builder::new()
            .prefix(".waitctx-baseline")
            .tempfile_in(folder.unwrap_or(Utf8Path::new(".")))
            .with_context(|| format!("cannot write {path}"))?;
        fs::write(temporary.path(), format!("{HEAD}\n{text}"))
            .and_then(|()| temporary.persist(path).map_err(|error| error.error))
            .and_then(|file| {
                use std::os::unix::fs::PermissionsExt;
                file.set_permissions(fs::Permissions::from_mode(0o644))
            })
            .with_context(|| format!("cannot write {path}"))
    }

    /// Adds the findings that are not in it, and says how many these were.
    pub(crate) fn add<'a>(
        &mut self,
        findings: impl IntoIterator<Item = &'a Finding>,
        reason: &Reason,
        expires: Option<Day>,
    ) -> usize {
        let known: FxHashSet<String> = self.fingerprints().map(str::to_owned).collect();
        let before = self.entries.len();
        let new = findings
            .into_iter()
            .filter(|finding| !known.contains(&finding.fingerprint));
        self.entries.extend(new.map(|finding| Entry {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.clone(),
            file: finding.main_step().place.file.clone(),
            function: finding.main_step().function.clone(),
            message: message(finding),
            reason: reason.clone(),
            expires,
        }));
        self.entries.len() - before
    }

    /// Takes out the entries of which `keep` says no, and returns them.
    pub(crate) fn prune(&mut self, keep: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let (kept, gone) = self.entries.drain(..).partition(keep);
        self.entries = kept;
        gone
    }

    /// The entry that knows `finding`, whether it has expired or not.
    pub(crate) fn find(&self, finding: &Finding) -> Option<&Entry> {
        let same = |entry: &&Entry| entry.fingerprint == finding.fingerprint;
        self.entries.iter().find(same)
    }

    /// The entries.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.fingerprint.as_str())
    }
}

impl Entry {
    /// Whether it is the entry of one of `findings`.
    pub(crate) fn is_among(&self, findings: &FxHashSet<&str>) -> bool {
        findings.contains(self.fingerprint.as_str())
    }

    /// Whether it no longer holds on `day`.
    pub(crate) fn has_expired(&self, day: Day) -> bool {
        self.expires.is_some_and(|expires| expires <= day)
    }

    fn key(&self) -> (&str, &str, &str, &str) {
        (&self.file, &self.function, &self.rule, &self.fingerprint)
    }
}

/// Where a baseline is written when nobody says where.
pub(crate) fn default_path() -> Utf8PathBuf {
    "waitctx-baseline.toml".into()
}
