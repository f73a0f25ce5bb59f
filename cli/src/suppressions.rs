// SPDX-License-Identifier: MIT OR Apache-2.0
//! Suppressions in a file outside the tree, for people who may not touch it: each names a rule and
//! where, and says why.
//!
//! ```toml
//! [[suppress]]
//! rule = "sleep-in-atomic"
//! file = "drivers/acme/**"       # a pattern
//! function = "acme_reset"
//! reason = "nobody else knows the device before it is registered"
//! expires = 2027-01-31           # optional
//! ```

use std::ops::Range;

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};
use globset::GlobSet;
use serde::Deserialize;
use toml::Spanned;
use waitctx_solver::Finding;

use crate::catalogue::Catalogue;
use crate::grounds::{Day, Reason};
use crate::pattern;
use crate::toml_file::TomlFile;

/// A suppression of a user's file.
#[derive(Debug)]
pub(crate) struct Suppression {
    /// The file it is in.
    pub(crate) path: Utf8PathBuf,
    /// Its line there, counted from 1.
    pub(crate) line: usize,
    /// Why the findings are not reported.
    pub(crate) reason: Reason,
    /// The day from which on they are.
    pub(crate) expires: Option<Day>,
    rule: String,
    file: Option<GlobSet>,
    function: Option<String>,
    lock: Option<String>,
    fingerprint: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    suppress: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    rule: Spanned<String>,
    file: Option<Spanned<String>>,
    function: Option<String>,
    lock: Option<String>,
    fingerprint: Option<String>,
    reason: Reason,
    expires: Option<Day>,
}

/// Reads the suppressions of a file.
pub(crate) fn read(path: &Utf8Path, rules: &Catalogue) -> Result<Vec<Suppression>> {
    let file = TomlFile::read(path)?;
    let document: Document = file.parse()?;
    let rows = document.suppress.into_iter();
    rows.map(|row| suppression(&file, rules, row.span(), row.into_inner()))
        .collect()
}

fn suppression(
    file: &TomlFile,
    rules: &Catalogue,
    span: Range<usize>,
    row: Row,
) -> Result<Suppression> {
    rules.check(file, &row.rule)?;
    let somewhere = row.file.is_some()
        || row.function.is_some()
        || row.lock.is_some()
        || row.fingerprint.is_some();
    if !somewhere {
        let note = "add `file`, `function`, `lock` or `fingerprint`; a rule is switched off \
             everywhere in waitctx.toml";
        return Err(file.mistake(span, "this suppresses a whole rule", note));
    }
    let pattern = |it: &Spanned<String>| pattern::parse(file, it);
    Ok(Suppression {
        path: file.path.clone(),
        line: file.line(span.start),
        reason: row.reason,
        expires: row.expires,
        rule: row.rule.into_inner(),
        file: row.file.as_ref().map(pattern).transpose()?,
        function: row.function,
        lock: row.lock,
        fingerprint: row.fingerprint,
    })
}

impl Suppression {
    /// Whether it is about `finding`.
    pub(crate) fn matches(&self, finding: &Finding) -> bool {
        let step = finding.main_step();
        let lock = finding.context.lock.as_deref();
        self.rule == finding.rule
            && (self.file.as_ref()).is_none_or(|it| it.is_match(&step.place.file))
            && (self.function.as_ref()).is_none_or(|it| *it == step.function)
            && (self.lock.as_deref()).is_none_or(|it| lock == Some(it))
            && (self.fingerprint.as_ref()).is_none_or(|it| *it == finding.fingerprint)
    }
}
