// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files and folders of a tree: decides which tree they belong to, and what is in them.

use std::env;

use anyhow::{Context, Result, anyhow};
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use waitctx_solver::Finding;

use crate::failure::Advised;

/// What is at the top of a kernel tree and nowhere below: a folder of Kbuild's own Makefiles.
const TOP_OF_A_KERNEL: &str = "scripts/Kbuild.include";

/// A part of a tree.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Part {
    /// Files and folders, relative to the tree.
    names: Vec<String>,
}

/// A tree, or a part of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Selected {
    /// The tree, absolute.
    pub(crate) tree: Utf8PathBuf,
    /// What of it; `None` for all.
    pub(crate) part: Option<Part>,
}

/// What `paths` mean: a tree, or files and folders of the tree that they are in.
pub(crate) fn select(paths: &[Utf8PathBuf]) -> Result<Selected> {
    let paths: Vec<Utf8PathBuf> = match paths {
        [] => vec![absolute(Utf8Path::new("."))?],
        paths => paths.iter().map(|it| absolute(it)).collect::<Result<_>>()?,
    };
    let first = &paths[0];
    let tree = tree_of(first, paths.len() == 1);
    let mut names = Vec::new();
    for path in &paths {
        let Ok(name) = path.strip_prefix(&tree) else {
            let help = format!(
                "{first} is in {tree}; give one tree, or files and folders of one tree, as they are \
                 called from here"
            );
            return Err(Advised::new(format!("{path} is not in the same tree"), help).into());
        };
        if !path.exists() {
            return Err(anyhow!("{path} does not exist"));
        }
        names.push(name.to_string());
    }
    let whole = names.iter().any(String::is_empty);
    Ok(Selected {
        tree,
        part: (!whole).then(|| Part::new(names)),
    })
}

/// The tree that `path` is in: the nearest folder with a compile database or the top of a kernel, for
/// a file also the top of a repository. A folder that stands alone is a tree otherwise.
fn tree_of(path: &Utf8Path, alone: bool) -> Utf8PathBuf {
    let is_file = !path.is_dir();
    let is_top = |folder: &&Utf8Path| {
        folder.join("compile_commands.json").is_file() || folder.join(TOP_OF_A_KERNEL).is_file()
    };
    let is_repository = |folder: &&Utf8Path| folder.join(".git").exists();
    let top = path.ancestors().find(is_top);
    let repository = || path.ancestors().find(is_repository);
    let top = top.or_else(|| (is_file || !alone).then(repository)?);
    let parent = path.parent().filter(|_| is_file);
    top.or(parent).unwrap_or(path).to_owned()
}

impl Part {
    /// These files and folders, relative to the tree.
    pub(crate) fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self { names }
    }

    /// Whether the file `name` is in it.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.names.iter().any(|part| {
            let rest = name.strip_prefix(part.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Whether a step of `finding` is in it.
    pub(crate) fn touches(&self, finding: &Finding) -> bool {
        let mut steps = finding.witness.iter();
        steps.any(|step| self.holds(&step.place.file))
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Adds `names`.
    pub(crate) fn extend(&mut self, names: Vec<String>) {
        self.names.extend(names);
    }
}

/// `path` from the current directory, without `.` and `..`.
pub(crate) fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf> {
    let current = env::current_dir().context("there is no current directory")?;
    let current = Utf8PathBuf::from_path_buf(current)
        .map_err(|path| anyhow!("{} is not UTF-8", path.display()))?;
    let mut out = Utf8PathBuf::new();
    for part in current.join(path).components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn paths_tell_their_tree() {
        let root = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(root.path()).unwrap();
        for folder in [
            "k/scripts",
            "k/drivers/net",
            "k/mm",
            "r/.git",
            "r/sub",
            "plain/sub",
        ] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in [
            "k/scripts/Kbuild.include",
            "k/mm/slub.c",
            "r/sub/a.c",
            "plain/sub/a.c",
        ] {
            fs::write(root.join(file), "").unwrap();
        }
        type Case<'a> = (&'a [&'a str], &'a str, Option<&'a [&'a str]>);
        let cases: [Case<'_>; 9] = [
            (&["k"], "k", None),
            (&["k/drivers/net"], "k", Some(&["drivers/net"])),
            (
                &["k/mm/slub.c", "k/drivers"],
                "k",
                Some(&["drivers", "mm/slub.c"]),
            ),
            (&["k/mm/slub.c", "k"], "k", None),
            (&["r/sub/a.c"], "r", Some(&["sub/a.c"])),
            // A folder alone is a tree, as long as nothing says otherwise.
            (&["r/sub"], "r/sub", None),
            (&["plain/sub"], "plain/sub", None),
            (&["plain/sub/a.c"], "plain/sub", Some(&["a.c"])),
            (&["k/mm/../mm/./slub.c"], "k", Some(&["mm/slub.c"])),
        ];
        for (paths, tree, names) in cases {
            let paths: Vec<Utf8PathBuf> = paths.iter().map(|it| root.join(it)).collect();
            let selected = select(&paths).unwrap();
            let names = names.map(|it| it.iter().map(|&name| name.to_owned()).collect());
            assert_eq!(selected.tree, root.join(tree));
            assert_eq!(selected.part, names.map(Part::new));
        }
        let elsewhere = [root.join("k/mm"), root.join("r/sub")];
        assert!(select(&elsewhere).is_err());
        assert!(select(&[root.join("k/none.c")]).is_err());
    }

    #[test]
    fn a_folder_holds_what_is_below_it() {
        let part = Part::new(vec!["drivers/net".to_owned()]);
        assert!(part.holds("drivers/net/a.c") && part.holds("drivers/net"));
        assert!(!part.holds("drivers/network.c") && !part.holds("drivers"));
    }
}
