// SPDX-License-Identifier: MIT OR Apache-2.0
//! How units are made, as keys: everything that decides what a unit says besides the contents of
//! files. Where the tree lies is no part of it.

use camino::{Utf8Path, Utf8PathBuf};
use waitctx_clang::{HeaderPlan, Job};

use crate::cache::{FACTS_ID, Key, KeyBuilder};

/// What is the same for all units of a scan.
pub(crate) struct Recipes {
    base: KeyBuilder,
    /// Directories and what stands for them in keys, the longest first.
    roots: Vec<(Utf8PathBuf, &'static str)>,
}

impl Recipes {
    /// For a version of libclang, and the tree and its objects.
    pub(crate) fn new(
        libclang: &str,
        option_prefix: &str,
        root: &Utf8Path,
        objects: Option<&Utf8Path>,
    ) -> Self {
        let mut base = KeyBuilder::default();
        base.add(FACTS_ID).add(libclang).add(option_prefix);
        let mut roots = vec![(root.to_owned(), "<tree>")];
        roots.extend(objects.map(|it| (it.to_owned(), "<objects>")));
        roots.sort_by_key(|(path, _)| std::cmp::Reverse(path.as_str().len()));
        Self { base, roots }
    }

    /// The key of a unit that is read without precompiled headers.
    pub(crate) fn unit(&self, job: &Job) -> Key {
        self.unit_key(job).finish()
    }

    /// The key of a unit that starts from precompiled headers.
    pub(crate) fn unit_with(&self, job: &Job, headers: &Key) -> Key {
        self.unit_key(job).add(headers.bytes()).finish()
    }

    fn unit_key(&self, job: &Job) -> KeyBuilder {
        let mut key = self.base.clone();
        key.add("unit").add(self.plain(job.file.as_str()));
        for argument in &job.arguments {
            key.add(self.plain(argument));
        }
        key
    }

    /// The key of shared headers.
    pub(crate) fn headers(&self, plan: &HeaderPlan) -> Key {
        let mut key = self.base.clone();
        key.add("headers").add(&plan.prelude);
        key.add(plan.arguments.len().to_le_bytes());
        for text in plan.arguments.iter().chain(&plan.includes) {
            key.add(self.plain(text));
        }
        key.finish()
    }

    /// The key under which it is remembered what was read for the units of a database.
    pub(crate) fn database(&self, path: &Utf8Path, shares_headers: bool) -> Key {
        let mut key = self.base.clone();
        key.add("database").add(path.as_str());
        key.add([u8::from(shares_headers)]);
        for (root, _) in &self.roots {
            key.add(root.as_str());
        }
        key.finish()
    }

    /// What a unit calls a source file.
    pub(crate) fn name<'a>(&self, file: &'a Utf8Path) -> &'a str {
        let mut roots = self.roots.iter();
        let name = roots.find_map(|(root, _)| file.strip_prefix(root).ok());
        name.unwrap_or(file).as_str()
    }

    /// `text` without the place of the tree.
    pub(crate) fn plain(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (root, stands_for) in &self.roots {
            out = replaced(&out, root.as_str(), stands_for);
        }
        out
    }
}

/// `text` with `new` for every `old` that is a whole path or followed by a slash.
fn replaced(text: &str, old: &str, new: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let (before, found) = rest.split_at(at);
        let after = &found[old.len()..];
        out.push_str(before);
        let is_whole = after.is_empty() || after.starts_with(['/', '"', '>']);
        out.push_str(if is_whole { new } else { old });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_depend_on_where_the_tree_is() {
        let job = |root: &str, objects: &str| Job {
            file: format!("{root}/a.c").into(),
            arguments: vec![
                format!("-I{root}/include"),
                format!("-I{objects}/include"),
                format!("-I{root}-other/include"),
            ],
            precompiled: None,
        };
        let key = |root: &str, objects: &str| {
            let recipes = Recipes::new("19", "CONFIG_", root.into(), Some(objects.into()));
            let other = format!("{root}-other");
            let mut job = job(root, objects);
            job.arguments[2] = job.arguments[2].replace(&other, "/other");
            recipes.unit(&job)
        };
        assert_eq!(key("/src/linux", "/src/linux/out"), key("/a", "/b/c"));
        let recipes = Recipes::new("19", "CONFIG_", "/src/linux".into(), None);
        assert_eq!(recipes.plain("-I/src/linux/x"), "-I<tree>/x");
        assert_eq!(
            recipes.plain("-I/src/linux-other/x"),
            "-I/src/linux-other/x"
        );
        assert_ne!(
            recipes.unit(&job("/src/linux", "/o")),
            recipes.unit(&job("/src/linux", "/p"))
        );
    }
}
