// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask silent`: correct code that looks wrong must not be reported. The places are in
//! `testdata/silent.toml`; a place is silent when no witness of a default report leads through it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};
use camino::Utf8Path;
use serde::Deserialize;

use crate::scan::{Finding, Source, scan};
use crate::{cargo, root, run, say};

const USAGE: &str = "cargo xtask silent TREE NAME=DATABASE[,FACTS] [--write FILE]";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    place: Vec<Place>,
}

/// Code that is right and looks wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// Relative to the tree.
    file: String,
    function: String,
    /// What looks wrong.
    looks: String,
    /// Why it is right.
    right: String,
    /// When something is said of it: what that is. Written down afterwards, it decides nothing.
    said: Option<String>,
}

/// Runs the task; it fails when something is said of a place.
pub(crate) fn run_silent(arguments: &[OsString]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().filter_map(|it| it.to_str()).collect();
    let (tree, source, write) = match words.as_slice() {
        [tree, source] => (*tree, *source, None),
        [tree, source, "--write", path] => (*tree, *source, Some(*path)),
        _ => bail!(USAGE),
    };
    let tree = Utf8Path::new(tree).canonicalize_utf8()?;
    let source = Source::parse(source, &tree)?;
    let list = root().join("testdata/silent.toml");
    let places: Places = toml::from_str(&fs::read_to_string(&list)?)
        .with_context(|| format!("in {}", list.display()))?;
    for place in &places.place {
        let path = tree.join(&place.file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        if !text.contains(&place.function) {
            bail!("{} has no {}", place.file, place.function);
        }
    }
    run(cargo().args(["build", "--release", "--package", "waitctx-cli"]))?;
    let report = match &source.facts {
        Some(facts) => scan(&tree, None, Some(facts))?,
        None => scan(&tree, Some(&source.database), None)?,
    };
    let shown: Vec<&Finding> = report.findings.iter().filter(|it| it.is_shown()).collect();
    let said: Vec<(&Place, Vec<&Finding>)> = places
        .place
        .iter()
        .map(|place| {
            let through = |finding: &&&Finding| {
                let mut steps = finding.witness.iter();
                steps.any(|step| step.function == place.function && step.file == place.file)
            };
            (place, shown.iter().filter(through).copied().collect())
        })
        .collect();
    if let Some(path) = write {
        fs::write(path, table(&said)).with_context(|| format!("cannot write {path}"))?;
    }
    let mut text = String::new();
    let mut loud = 0;
    for (place, findings) in &said {
        let Some(first) = findings.first() else {
            continue;
        };
        loud += 1;
        let Finding { file, line, .. } = first;
        let _ = writeln!(
            text,
            "{} in {}: {} findings lead through it, the first is {file}:{line} {}",
            place.function,
            place.file,
            findings.len(),
            first.message,
        );
    }
    let _ = writeln!(text, "{} of {} are silent", said.len() - loud, said.len());
    say(&text, ());
    if loud > 0 {
        bail!("{loud} places are right and something is said of them");
    }
    Ok(())
}

fn table(said: &[(&Place, Vec<&Finding>)]) -> String {
    let silent = said.iter().filter(|(_, it)| it.is_empty()).count();
    let mut text = format!(
        "<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n\n\
         # Correct code that looks wrong\n\n\
         Places of Linux 6.12 that are right ([testdata/silent.toml](../../testdata/silent.toml)), and how many findings\n\
         of the default report of the defconfig lead through each (`cargo xtask silent`).\n\n\
         **{silent} of {}** are silent.\n\n\
         | place | looks wrong | is right | findings |\n|---|---|---|---|\n",
        said.len()
    );
    for (place, findings) in said {
        let _ = writeln!(
            text,
            "| `{}`, {} | {} | {} | {} |",
            place.function,
            place.file,
            place.looks,
            place.right,
            findings.len()
        );
    }
    text.push_str("\n## What is said\n\n| place | what it rests on |\n|---|---|\n");
    for (place, _) in said.iter().filter(|(_, it)| !it.is_empty()) {
        let why = place.said.as_deref().unwrap_or("not known yet");
        let _ = writeln!(text, "| `{}` | {why} |", place.function);
    }
    text
}
