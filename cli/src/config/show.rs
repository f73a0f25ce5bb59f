// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is in force, written so that it can be read by people and by TOML: each value with where it
//! comes from.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use toml::Spanned;

use super::file::{ConfigFile, OverrideRow};
use super::{Config, NAME};
use crate::catalogue::Catalogue;

/// The JSON schema of the file.
pub(crate) const SCHEMA: &str = include_str!("waitctx.schema.json");

/// Where comments begin, if the value leaves room.
const COLUMN: usize = 60;

/// What is in force.
pub(crate) fn show(config: &Config, rules: &Catalogue) -> String {
    let mut out = Out::default();
    let file = config.file.as_ref();
    match file {
        Some(file) => out.line(&format!("# {}", file.text.path)),
        None => out.line(&format!("# no {NAME} in the tree or above it")),
    }
    let database = file.and_then(|file| Some((file, file.content.database.as_ref()?)));
    match database {
        Some((file, path)) => {
            let named = file.content.databases.get(path.get_ref().as_str());
            out.value(
                "database",
                &quoted(&file.path_of(named.unwrap_or(path))),
                &file.at(path),
            );
        }
        None => out.line("# database: compile_commands.json in the tree, unless -p names one"),
    }
    if let Some(file) = file {
        out.files("model", file, &file.content.model);
        let single = [
            ("facts", &file.content.facts),
            ("baseline", &file.content.baseline),
        ];
        for (key, path) in single {
            if let Some(path) = path {
                out.value(key, &quoted(&file.path_of(path)), &file.at(path));
            }
        }
        out.files("suppressions", file, &file.content.suppressions);
    }
    match file.and_then(|file| Some((file, file.content.confidence.as_ref()?))) {
        Some((file, it)) => out.value("confidence", &sureness(it), &file.at(it)),
        None => out.value("confidence", "\"medium\"", "default"),
    }
    if let Some(file) = file.filter(|it| !it.content.databases.is_empty()) {
        out.line("\n[databases]");
        for (name, path) in &file.content.databases {
            out.value(
                &format!("{name:?}"),
                &quoted(&file.path_of(path)),
                &file.at(path),
            );
        }
    }
    out.line("\n[rules]");
    for rule in rules.rules() {
        let given = file.and_then(|file| {
            let mut given = file.content.rules.iter();
            let (_, level) = given.find(|(name, _)| *name.get_ref() == rule.name)?;
            Some((level.get_ref().name(), file.at(level)))
        });
        let (level, from) = given.unwrap_or_else(|| (rule.level.name(), "default".to_owned()));
        out.value(&rule.name, &format!("\"{level}\""), &from);
    }
    if let Some(file) = file {
        for row in &file.content.overrides {
            out.part(file, row);
        }
    }
    out.text
}

#[derive(Default)]
struct Out {
    text: String,
}

impl Out {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn value(&mut self, key: &str, value: &str, from: &str) {
        let setting = format!("{key} = {value}");
        let _ = writeln!(self.text, "{setting:COLUMN$} # {from}");
    }

    fn files(&mut self, key: &str, file: &ConfigFile, paths: &[Spanned<Utf8PathBuf>]) {
        let Some(first) = paths.first() else { return };
        let all: Vec<String> = paths.iter().map(|it| quoted(&file.path_of(it))).collect();
        self.value(key, &format!("[{}]", all.join(", ")), &file.at(first));
    }

    fn part(&mut self, file: &ConfigFile, row: &Spanned<OverrideRow>) {
        self.line("\n[[override]]");
        let from = file.at(row);
        let row = row.get_ref();
        let paths = row.paths.iter().map(|it| format!("{:?}", it.get_ref()));
        let paths: Vec<String> = paths.collect();
        self.value("paths", &format!("[{}]", paths.join(", ")), &from);
        if let Some(it) = &row.confidence {
            self.value("confidence", &sureness(it), &file.at(it));
        }
        for (name, level) in &row.rules {
            let key = format!("rules.{}", name.get_ref());
            let level_name = level.get_ref().name();
            self.value(&key, &format!("\"{level_name}\""), &file.at(level));
        }
    }
}

impl ConfigFile {
    /// Where a value stands, for people.
    fn at<T>(&self, value: &Spanned<T>) -> String {
        format!("{NAME}:{}", self.text.line(value.span().start))
    }
}

fn quoted(path: &Utf8PathBuf) -> String {
    toml::Value::String(path.to_string()).to_string()
}

fn sureness(it: &Spanned<super::Sureness>) -> String {
    format!("\"{:?}\"", it.get_ref()).to_lowercase()
}
