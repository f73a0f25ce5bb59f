// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said of rules: their levels and the confidence that is wanted, for the whole tree and for
//! parts of it. The last part that a path is in counts.

use std::collections::BTreeMap;

use globset::GlobSet;
use serde::Deserialize;
use waitctx_solver::Confidence;

use crate::catalogue::Level;

/// How the level of a rule is spelled.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LevelName {
    /// Its findings are errors.
    Error,
    /// Its findings are warnings.
    Warning,
    /// It has no findings.
    Off,
}

/// What is said of rules.
#[derive(Clone, Default, Debug)]
pub(crate) struct Levels {
    confidence: Option<Confidence>,
    rules: BTreeMap<String, LevelName>,
    overrides: Vec<Override>,
}

/// What is said of rules in a part of the tree.
#[derive(Clone, Debug)]
pub(super) struct Override {
    pub(super) paths: Vec<GlobSet>,
    pub(super) confidence: Option<Confidence>,
    pub(super) rules: BTreeMap<String, LevelName>,
}

impl LevelName {
    /// How it is spelled.
    pub(crate) fn name(self) -> &'static str {
        self.level().map_or("off", Level::name)
    }

    /// The level, if there is one.
    pub(crate) fn level(self) -> Option<Level> {
        match self {
            Self::Error => Some(Level::Error),
            Self::Warning => Some(Level::Warning),
            Self::Off => None,
        }
    }
}

impl Levels {
    /// What is said for the whole tree.
    pub(super) fn new(confidence: Option<Confidence>, rules: BTreeMap<String, LevelName>) -> Self {
        Self {
            confidence,
            rules,
            overrides: Vec::new(),
        }
    }

    /// Adds what is said for a part.
    pub(super) fn push(&mut self, part: Override) {
        self.overrides.push(part);
    }

    /// What is said of `rule` for the whole tree.
    pub(crate) fn of_rule(&self, rule: &str) -> Option<LevelName> {
        self.rules.get(rule).copied()
    }

    /// What is said of `rule` in the file `path`.
    pub(crate) fn at(&self, rule: &str, path: &str) -> Option<LevelName> {
        let mut parts = self.parts(path);
        let last = parts.find_map(|part| part.rules.get(rule).copied());
        last.or_else(|| self.of_rule(rule))
    }

    /// Which confidence a finding in the file `path` needs to be shown, if that is said.
    pub(crate) fn confidence(&self, path: &str) -> Option<Confidence> {
        self.parts(path)
            .find_map(|part| part.confidence)
            .or(self.confidence)
    }

    /// The parts that `path` is in, the last one first.
    fn parts(&self, path: &str) -> impl Iterator<Item = &Override> {
        let is_in = move |part: &&Override| part.paths.iter().any(|it| it.is_match(path));
        self.overrides.iter().rev().filter(is_in)
    }
}
