// SPDX-License-Identifier: MIT OR Apache-2.0
//! The form of `waitctx.toml`, and reading one.

use std::collections::BTreeMap;

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use toml::Spanned;
use waitctx_solver::Confidence;

use super::levels::{LevelName, Levels, Override};
use crate::catalogue::Catalogue;
use crate::pattern;
use crate::toml_file::TomlFile;

/// A configuration that was read and has no mistakes.
pub(crate) struct ConfigFile {
    /// The text, to show mistakes in.
    pub(super) text: TomlFile,
    /// What stands there.
    pub(super) content: Content,
    /// What it says of rules.
    pub(super) levels: Levels,
}

/// What stands in the file. Paths are relative to it.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// The database of a scan that is told none: a name of `databases`, or a path.
    pub(super) database: Option<Spanned<Utf8PathBuf>>,
    /// Databases by names that `-p` understands.
    #[serde(default)]
    pub(super) databases: BTreeMap<String, Spanned<Utf8PathBuf>>,
    /// The units of a whole scan, stored.
    pub(super) facts: Option<Spanned<Utf8PathBuf>>,
    /// Files with more knowledge.
    #[serde(default)]
    pub(super) model: Vec<Spanned<Utf8PathBuf>>,
    /// Findings that are known.
    pub(super) baseline: Option<Spanned<Utf8PathBuf>>,
    /// Files with suppressions.
    #[serde(default)]
    pub(super) suppressions: Vec<Spanned<Utf8PathBuf>>,
    /// Findings of less confidence are counted only.
    pub(super) confidence: Option<Spanned<Sureness>>,
    /// Levels of rules.
    #[serde(default)]
    pub(super) rules: RuleLevels,
    /// What holds in a part of the tree.
    #[serde(default, rename = "override")]
    pub(super) overrides: Vec<Spanned<OverrideRow>>,
}

/// The names of rules and their levels, both with their places.
pub(super) type RuleLevels = BTreeMap<Spanned<String>, Spanned<LevelName>>;

/// What holds in a part of the tree.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideRow {
    /// Which part, as patterns.
    pub(super) paths: Vec<Spanned<String>>,
    /// As for the whole tree.
    pub(super) confidence: Option<Spanned<Sureness>>,
    /// As for the whole tree.
    #[serde(default)]
    pub(super) rules: RuleLevels,
}

/// How a confidence is spelled.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sureness {
    /// Also what rests on guesses
    Low,
    /// What is likely or sure
    Medium,
    /// Only what every step is in the source for
    High,
}

impl From<Sureness> for Confidence {
    fn from(it: Sureness) -> Self {
        match it {
            Sureness::Low => Self::Low,
            Sureness::Medium => Self::Medium,
            Sureness::High => Self::High,
        }
    }
}

impl ConfigFile {
    /// Reads `path`, which is absolute.
    pub(super) fn read(path: &Utf8Path, rules: &Catalogue) -> Result<Self> {
        let text = TomlFile::read(path)?;
        let content: Content = text.parse()?;
        let mut levels = Levels::new(
            content.confidence.as_ref().map(|it| (*it.get_ref()).into()),
            by_rule(&text, rules, &content.rules)?,
        );
        for row in &content.overrides {
            let span = row.span();
            let row = row.get_ref();
            if row.paths.is_empty() {
                return Err(text.mistake(span, "this override is for no path", ""));
            }
            let patterns = row.paths.iter().map(|it| pattern::parse(&text, it));
            levels.push(Override {
                paths: patterns.collect::<Result<_>>()?,
                confidence: row.confidence.as_ref().map(|it| (*it.get_ref()).into()),
                rules: by_rule(&text, rules, &row.rules)?,
            });
        }
        Ok(Self {
            text,
            content,
            levels,
        })
    }

    /// The path that a key means, which must exist.
    pub(super) fn existing(&self, path: &Spanned<Utf8PathBuf>) -> Result<Utf8PathBuf> {
        self.made(path, "paths are relative to this file")
    }

    /// The path that a key means, which must exist; `help` says what to do when it does not.
    pub(super) fn made(&self, path: &Spanned<Utf8PathBuf>, help: &str) -> Result<Utf8PathBuf> {
        let found = self.path_of(path);
        if !found.exists() {
            let message = format!("there is no {found}");
            return Err(self.text.mistake(path.span(), &message, help));
        }
        Ok(found)
    }

    /// The path that a key means.
    pub(super) fn path_of(&self, path: &Spanned<Utf8PathBuf>) -> Utf8PathBuf {
        let folder = self.text.path.parent().unwrap_or(Utf8Path::new("/"));
        folder.join(path.get_ref())
    }
}

fn by_rule(
    file: &TomlFile,
    rules: &Catalogue,
    levels: &RuleLevels,
) -> Result<BTreeMap<String, LevelName>> {
    let mut by_rule = BTreeMap::new();
    for (name, level) in levels {
        rules.check(file, name)?;
        by_rule.insert(name.get_ref().clone(), *level.get_ref());
    }
    Ok(by_rule)
}
