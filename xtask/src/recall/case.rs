// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known of a bug that is put back: the files of `testdata/recall`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A bug that the kernel had, as an edit that puts it back.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The name of its file, without the extension.
    #[serde(skip)]
    pub(crate) name: String,
    /// The title of the commit that fixed it.
    pub(crate) fix: String,
    /// The id of that commit, where it was looked up.
    pub(crate) commit: Option<String>,
    /// The title is from memory and could not be looked up.
    #[serde(default)]
    pub(crate) recalled: bool,
    /// What was wrong.
    pub(crate) about: String,
    /// What kind of bug it is.
    pub(crate) family: String,
    /// The name of the database whose configuration has the code.
    pub(crate) configuration: String,
    /// The release itself still has the bug: there is nothing to edit.
    #[serde(default)]
    pub(crate) unfixed: bool,
    /// Stored facts are of no use, since a header is edited.
    #[serde(default)]
    pub(crate) alone: bool,
    /// The units that show it by themselves.
    pub(crate) units: Vec<String>,
    /// What a report must say of it.
    pub(crate) expect: Expectation,
    /// The edits, in order.
    #[serde(default, rename = "edit")]
    edits: Vec<Edit>,
    /// When it is missed: what is missing. Written down afterwards, it decides nothing.
    pub(crate) missing: Option<String>,
}

/// What a report must say of a bug.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    /// One of these rules.
    pub(crate) rules: Vec<String>,
    /// The witness leads through one of these functions.
    pub(crate) through: Vec<String>,
}

/// A replacement in one file.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    old: String,
    new: String,
    /// Wherever `old` stands, not in one place.
    #[serde(default)]
    every: bool,
}

impl Case {
    /// The edited files of `tree` by name, with their new text.
    pub(crate) fn edited(&self, tree: &Path) -> Result<BTreeMap<String, String>> {
        let mut texts = BTreeMap::new();
        for edit in &self.edits {
            if !texts.contains_key(&edit.file) {
                let path = tree.join(&edit.file);
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                texts.insert(edit.file.clone(), text);
            }
            let text = texts.entry(edit.file.clone()).or_default();
            match text.matches(edit.old.as_str()).count() {
                0 => bail!("{}: the old text is not in {}", self.name, edit.file),
                1 => {}
                _ if edit.every => {}
                count => bail!(
                    "{}: the old text is {count} times in {}",
                    self.name,
                    edit.file
                ),
            }
            *text = text.replace(&edit.old, &edit.new);
        }
        if texts.is_empty() != self.unfixed {
            bail!("{}: a bug is unfixed or has edits", self.name);
        }
        Ok(texts)
    }
}

/// The cases of a folder, by name; only those whose name contains a part of `filter`, between commas.
pub(crate) fn read_all(folder: &Path, filter: Option<&str>) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|it| it.to_str()) else {
            continue;
        };
        if path.extension().is_none_or(|it| it != "toml")
            || filter.is_some_and(|parts| !parts.split(',').any(|it| name.contains(it)))
        {
            continue;
        }
        let mut case: Case = toml::from_str(&fs::read_to_string(&path)?)
            .with_context(|| format!("in {}", path.display()))?;
        name.clone_into(&mut case.name);
        cases.push(case);
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_can_be_read() {
        let folder = crate::root().join("testdata/recall");
        let cases = read_all(&folder, None).expect("the cases are well formed");
        assert!(cases.len() >= 30, "{}", cases.len());
        for case in cases {
            assert_eq!(case.edits.is_empty(), case.unfixed, "{}", case.name);
            assert!(!case.expect.rules.is_empty(), "{}", case.name);
            assert!(!case.expect.through.is_empty(), "{}", case.name);
            let is_unit = |edit: &Edit| case.units.contains(&edit.file) || case.alone;
            assert!(case.edits.iter().all(is_unit), "{}", case.name);
        }
    }

    #[test]
    fn an_edit_that_does_not_fit_is_an_error() {
        let tree = tempfile::tempdir().expect("a folder");
        fs::write(tree.path().join("a.c"), "f(); f(); g();").expect("a file");
        let edited = |old: &str, every: bool| {
            let text = format!(
                "fix = ''\nabout = ''\nfamily = ''\nconfiguration = ''\nunits = []\n\
                 [expect]\nrules = []\nthrough = []\n\
                 [[edit]]\nfile = 'a.c'\nold = '{old}'\nnew = 'h'\nevery = {every}"
            );
            let case: Case = toml::from_str(&text).expect("a case");
            case.edited(tree.path())
        };
        assert_eq!(edited("g", false).expect("fits")["a.c"], "f(); f(); h();");
        assert_eq!(edited("f", true).expect("fits")["a.c"], "h(); h(); g();");
        assert!(edited("f", false).is_err());
        assert!(edited("k", true).is_err());
    }
}
