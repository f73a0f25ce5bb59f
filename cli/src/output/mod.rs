// SPDX-License-Identifier: MIT OR Apache-2.0
//! Output formats: each takes the same [`Presentation`] and writes it whole.
//!
//! No format decides what is shown (that is done when the presentation is made), and none but
//! [`text`] knows of colour. What is written is a function of the presentation alone: no clock, no
//! directory, no number of threads.

mod json;
mod sarif;
mod short;
mod text;
mod wording;

use anyhow::Result;
use clap::ValueEnum;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::{Coverage, Finding};

use crate::catalogue::Catalogue;
use crate::sources::Sources;
use crate::tally::UnitTally;

pub(crate) use self::wording::wrap;

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
}

impl Format {
    /// Whether people read it as it is, so that a summary may follow on standard error.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Text | Self::Short)
    }
}

/// What is shown of a report, in order.
pub(crate) struct Presentation<'a> {
    /// The findings that are shown.
    pub(crate) findings: Vec<&'a Finding>,
    /// How many of low confidence are not.
    pub(crate) hidden: usize,
    /// What the findings rest on.
    pub(crate) coverage: Coverage,
    /// What became of the units.
    pub(crate) units: &'a UnitTally,
    /// The rules.
    pub(crate) rules: &'a Catalogue,
    /// The text of the sources.
    pub(crate) sources: &'a Sources,
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
    }
}

#[cfg(test)]
pub(crate) mod fixture;
