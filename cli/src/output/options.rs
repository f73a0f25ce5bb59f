// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a report leaves the program: the options of that, and the writing itself.

use std::fs;
use std::io::{self, Write};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;
use codespan_reporting::term::termcolor::Buffer;

use super::{Format, Presentation, statistics};
use crate::commands::{Color, check_writable};
use crate::failure::Advised;

/// Options of commands that report findings.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// How findings are printed
    #[arg(
        long,
        visible_alias = "format",
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    output_format: Format,

    /// Print figures instead of findings: by rule, confidence, lock and directory
    #[arg(long, help_heading = "Output")]
    statistics: bool,

    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<Utf8PathBuf>,

    /// When the report has colours
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Output"
    )]
    color: Color,

    /// What was scanned, such as `x86_64/defconfig`: tells reports of several configurations of one
    /// tree apart in SARIF and junit
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    category: Option<String>,

    /// Where sources can be looked at, for the page of `html`: {file} and {line} are filled in
    #[arg(long, value_name = "URL", help_heading = "Output")]
    source_url: Option<String>,

    /// Keep suppressed findings in the report, marked as such (json and sarif)
    #[arg(long, help_heading = "Output")]
    keep_suppressed: bool,
}

impl Options {
    /// Fails for what cannot be done, which is better known before minutes of work than after.
    pub(crate) fn check(&self) -> Result<()> {
        if self.statistics && !matches!(self.output_format, Format::Text | Format::Json) {
            return Err(Advised::new(
                "there are no statistics in this format".to_owned(),
                "--statistics goes with `--output-format text` and `json`".to_owned(),
            )
            .into());
        }
        if self.keep_suppressed && !self.output_format.has_suppressions() {
            return Err(Advised::new(
                "this format has no place for suppressed findings".to_owned(),
                "--keep-suppressed goes with `--output-format json` and `sarif`".to_owned(),
            )
            .into());
        }
        if let Some(url) = &self.source_url
            && !(url.contains("{file}") && url.contains("{line}"))
        {
            return Err(Advised::new(
                format!("`{url}` does not say where the file and the line go"),
                "write {file} and {line} in it: `https://example.org/linux/{file}#L{line}`"
                    .to_owned(),
            )
            .into());
        }
        self.output.as_deref().map_or(Ok(()), check_writable)
    }

    /// The format.
    pub(crate) fn format(&self) -> Format {
        self.output_format
    }

    /// What was scanned, as the user calls it.
    pub(crate) fn category(&self) -> Option<&str> {
        self.category.as_deref()
    }

    /// The address of a line of a source, with `{file}` and `{line}` to be filled in.
    pub(crate) fn source_url(&self) -> Option<&str> {
        self.source_url.as_deref()
    }

    /// Whether suppressed findings are to be part of the report.
    pub(crate) fn keep_suppressed(&self) -> bool {
        self.keep_suppressed
    }

    /// Writes the report to where it is to go.
    pub(crate) fn deliver(&self, presentation: &Presentation<'_>) -> Result<()> {
        let mut buffer = if self.output.is_none() && self.output_format == Format::Text {
            self.color.buffer()
        } else {
            Buffer::no_color()
        };
        if self.statistics {
            statistics::write(self.output_format, presentation, &mut buffer)?;
        } else {
            super::write(self.output_format, presentation, &mut buffer)?;
        }
        match &self.output {
            Some(path) => {
                fs::write(path, buffer.as_slice()).with_context(|| format!("cannot write {path}"))
            }
            None => {
                let mut out = io::stdout().lock();
                out.write_all(buffer.as_slice())?;
                out.flush()?;
                Ok(())
            }
        }
    }
}
