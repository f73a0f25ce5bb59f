// SPDX-License-Identifier: MIT OR Apache-2.0
//! Output formats: each takes the same [`Presentation`] and writes it whole.
//!
//! No format decides what is shown (that is done when the presentation is made), and none but
//! [`text`] knows of colour. What is written is a function of the presentation alone: no clock, no
//! directory, no number of threads.

mod commit;
mod github;
mod gitlab;
pub(crate) mod graph;
mod html;
mod json;
mod junit;
mod options;
mod rdjson;
mod sarif;
mod short;
mod statistics;
mod text;
pub(crate) mod wording;

use anyhow::Result;
use clap::ValueEnum;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::query::Nesting;
use waitctx_solver::{Coverage, Finding};

use crate::analysis::Unseen;
use crate::catalogue::{Catalogue, Level};
use crate::selection::Dismissed;
use crate::sources::Sources;
use crate::tally::{ConfigurationTally, UnitTally};

pub(crate) use self::options::Options;
pub(crate) use self::wording::{listed_step, message, verdict, wrap};

/// How findings are printed.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum, Debug)]
pub(crate) enum Format {
    /// For people: source lines with numbered steps, why it is wrong and what to do
    #[default]
    Text,
    /// One line per finding in the form of compiler warnings, its steps as notes
    Short,
    /// One JSON object with the findings, the coverage and the units that failed
    Json,
    /// SARIF 2.1.0, for code scanning services and viewers
    Sarif,
    /// A page to look at: one file that needs no network, with the findings as pictures
    Html,
    /// Code Quality report, for merge requests of GitLab
    Gitlab,
    /// Workflow commands, for annotations of GitHub Actions
    Github,
    /// JUnit XML, for CI systems that show test results
    Junit,
    /// Reviewdog Diagnostic Format
    Rdjson,
    /// A block for the message of the commit that repairs it
    Commit,
}

impl Format {
    /// Whether people read it as it is, so that a summary may follow on standard error.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Text | Self::Short)
    }

    /// Whether it shows which locks are taken inside which.
    pub(crate) fn has_nesting(self) -> bool {
        self == Self::Html
    }

    /// Whether it has a place for findings that are suppressed.
    pub(crate) fn has_suppressions(self) -> bool {
        matches!(self, Self::Json | Self::Sarif)
    }
}

/// What is shown of a report, in order.
pub(crate) struct Presentation<'a> {
    /// The findings that are shown.
    pub(crate) findings: Vec<&'a Finding>,
    /// How many of low confidence are not.
    pub(crate) hidden: usize,
    /// Findings that somebody suppressed, when they are to be kept.
    pub(crate) suppressed: Vec<Suppressed<'a>>,
    /// What was scanned, as the user calls it: `x86_64/defconfig`.
    pub(crate) category: Option<&'a str>,
    /// Where sources can be looked at, with `{file}` and `{line}` to be filled in.
    pub(crate) source_url: Option<&'a str>,
    /// Which locks are taken inside which; empty for formats that do not show it.
    pub(crate) nesting: &'a [Nesting],
    /// The findings that somebody put aside.
    pub(crate) dismissed: &'a [Dismissed<'a>],
    /// How many have nothing to do with the changes that are asked about.
    pub(crate) untouched: usize,
    /// How many have to do with the changes, but were there before them.
    pub(crate) old: usize,
    /// How many are in other parts of the tree than asked about.
    pub(crate) elsewhere: usize,
    /// What was not looked at, when only a part was read.
    pub(crate) unseen: Option<Unseen>,
    /// What the findings rest on.
    pub(crate) coverage: Coverage,
    /// What became of the units.
    pub(crate) units: &'a UnitTally,
    /// The configurations that were scanned, when they are several.
    pub(crate) configurations: &'a [ConfigurationTally],
    /// The rules.
    pub(crate) rules: &'a Catalogue,
    /// The text of the sources.
    pub(crate) sources: &'a Sources,
}

impl Presentation<'_> {
    /// How a finding is ranked.
    pub(crate) fn level(&self, finding: &Finding) -> Level {
        let level = self.rules.level(finding);
        // One that is shown although its rule is off was asked for by name.
        level.unwrap_or_else(|| self.rules.level_of_rule(&finding.rule))
    }
}

/// A finding that somebody suppressed.
#[derive(Clone, Debug)]
pub(crate) struct Suppressed<'a> {
    /// The finding.
    pub(crate) finding: &'a Finding,
    /// Where that is said.
    pub(crate) place: SuppressionPlace,
    /// Why, in the words of whoever did it.
    pub(crate) reason: String,
}

/// Where a suppression is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SuppressionPlace {
    /// In a comment beside the code.
    InSource,
    /// In a baseline or another file.
    External,
}

impl SuppressionPlace {
    /// The word for it, in SARIF's spelling.
    fn name(self) -> &'static str {
        match self {
            Self::InSource => "inSource",
            Self::External => "external",
        }
    }
}

/// Writes `presentation` into `out`. Styles in `out` are used by [`Format::Text`] only.
pub(crate) fn write(
    format: Format,
    presentation: &Presentation<'_>,
    out: &mut Buffer,
) -> Result<()> {
    match format {
        Format::Text => text::write(presentation, out),
        Format::Short => short::write(presentation, out),
        Format::Json => json::write(presentation, out),
        Format::Sarif => sarif::write(presentation, out),
        Format::Html => html::write(presentation, out),
        Format::Gitlab => gitlab::write(presentation, out),
        Format::Github => github::write(presentation, out),
        Format::Junit => junit::write(presentation, out),
        Format::Rdjson => rdjson::write(presentation, out),
        Format::Commit => commit::write(presentation, out),
    }
}

#[cfg(test)]
pub(crate) mod fixture;
