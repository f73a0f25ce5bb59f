// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the solver's knowledge and the rules come from: the built-in data files and the ones that
//! the user adds. A mistake in a user's file is shown in its text.

use std::fs;

use anyhow::{Context, Result, anyhow};
use camino::Utf8PathBuf;
use waitctx_rules::ModelError;
use waitctx_solver::Knowledge;

use crate::catalogue::{Catalogue, Level, Rule};
use crate::failure::Rendered;
use crate::toml_file;

/// The built-in knowledge with that of the files `models`, and the rules.
pub(crate) fn load(models: &[Utf8PathBuf]) -> Result<(Knowledge, Catalogue)> {
    let texts = texts(models)?;
    let named: Vec<(&str, &str)> = models
        .iter()
        .map(|it| it.as_str())
        .zip(texts.iter().map(String::as_str))
        .collect();
    let knowledge = waitctx_rules::load(&named).map_err(|errors| render(&errors, &named))?;
    Ok((knowledge, catalogue()))
}

/// The texts of model files.
pub(crate) fn texts(models: &[Utf8PathBuf]) -> Result<Vec<String>> {
    models
        .iter()
        .map(|path| {
            let bytes = fs::read(path).with_context(|| format!("cannot read {path}"))?;
            String::from_utf8(bytes).map_err(|_| anyhow!("{path} is not UTF-8"))
        })
        .collect()
}

/// The rules.
pub(crate) fn catalogue() -> Catalogue {
    let rules = waitctx_rules::rules().iter().map(|rule| Rule {
        name: rule.name.clone(),
        level: match rule.level {
            waitctx_rules::Level::Error => Level::Error,
            waitctx_rules::Level::Warning => Level::Warning,
        },
        summary: rule.summary.clone(),
        tags: rule.tags.clone(),
        page: without_markers(rule.page),
        page_path: format!("rules/catalogue/{}.md", rule.name),
    });
    Catalogue::new(rules.collect())
}

/// The page without what its examples tell the tests.
fn without_markers(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    for line in page.lines() {
        let text = line.split("//~").next().unwrap_or(line);
        out.push_str(if text.len() < line.len() {
            text.trim_end()
        } else {
            line
        });
        out.push('\n');
    }
    out
}

fn render(errors: &[ModelError], files: &[(&str, &str)]) -> anyhow::Error {
    let mut out = String::new();
    for error in errors {
        let known = files.iter().find(|(name, _)| *name == error.file);
        let Some((name, text)) = known else {
            out.push_str(&format!("error: {error}\n\n"));
            continue;
        };
        out.push_str(&toml_file::show(
            name,
            text,
            error.span.clone(),
            &error.message,
            "",
        ));
    }
    Rendered(out).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_no_markers() {
        assert_eq!(
            without_markers("a();\t//~ ERROR r\n  b  \n"),
            "a();\n  b  \n"
        );
        for rule in catalogue().rules() {
            assert!(!rule.page.contains("//~"), "{}", rule.name);
        }
    }

    #[test]
    fn a_mistake_in_a_model_is_shown_in_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(dir.path().join("mine.toml")).unwrap();
        fs::write(&path, "# mine\nnonsense = 1\n").unwrap();
        let error = load(std::slice::from_ref(&path)).unwrap_err().to_string();
        assert!(error.starts_with("error: "), "{error}");
        assert!(error.contains(&format!("┌─ {path}:2:1")), "{error}");
        assert!(error.contains("2 │ nonsense = 1"), "{error}");
    }
}
