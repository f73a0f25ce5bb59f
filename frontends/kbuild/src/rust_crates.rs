// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which Rust crates a kernel tree consists of, and with which options: from a `rust-project.json`,
//! or from the tree's Makefiles and its configuration. Nothing is executed.

mod tree;

use std::collections::BTreeSet;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use self::tree::{Folder, Tree};

pub use self::tree::Edits;

/// Which crates are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum RustSelection {
    /// What the configuration builds.
    #[default]
    Configured,
    /// Everything that a Makefile can build, whatever the configuration says.
    All,
    /// None.
    Nothing,
}

/// A crate of a tree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RustCrate {
    /// What other crates call it.
    pub name: String,
    /// Its root file, relative to the tree.
    pub root: Utf8PathBuf,
    /// Its edition.
    pub edition: u16,
}

/// The Rust part of a tree.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct RustSources {
    /// The crates, in the order of their root files.
    pub crates: Vec<RustCrate>,
    /// The options that `rustc` would be given, as `NAME` or `NAME="value"`.
    pub cfg: Vec<String>,
}

/// A `rust-project.json` that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file} is not a rust-project.json: {reason}")]
pub struct RustProjectError {
    /// The file.
    pub file: Utf8PathBuf,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
struct Project {
    crates: Vec<ProjectCrate>,
}

#[derive(Deserialize)]
struct ProjectCrate {
    display_name: Option<String>,
    root_module: Utf8PathBuf,
    #[serde(default)]
    edition: String,
    #[serde(default)]
    cfg: Vec<String>,
    #[serde(default)]
    is_proc_macro: bool,
}

/// Names of the language's own crates, which a kernel tree does not define.
const LANGUAGE: &[&str] = &["core", "alloc", "std", "proc_macro", "compiler_builtins"];

/// The option that turns Rust on.
const RUST: &str = "CONFIG_RUST";

/// Finds the crates of `tree`, with these edits, whose configuration is in `objects`.
///
/// # Errors
/// When there is a `rust-project.json` that cannot be read.
pub fn rust_crates(
    tree: &Utf8Path,
    edits: &Edits,
    objects: &Utf8Path,
    selection: RustSelection,
) -> Result<RustSources, RustProjectError> {
    if selection == RustSelection::Nothing {
        return Ok(RustSources::default());
    }
    let files = Tree { root: tree, edits };
    for directory in [objects, tree] {
        let file = directory.join("rust-project.json");
        match file.strip_prefix(tree) {
            Ok(name) if files.is_file(name) => return project(files, &file, files.text(name)),
            Err(_) if file.is_file() => {
                return project(files, &file, fs::read_to_string(&file).ok());
            }
            Ok(_) | Err(_) => {}
        }
    }
    let mut cfg = configuration(objects);
    let is_set = |cfg: &BTreeSet<String>, option: &str| cfg.contains(option);
    if selection == RustSelection::Configured && !is_set(&cfg, RUST) {
        return Ok(RustSources::default());
    }
    let edition = edition(files);
    let mut crates = Vec::new();
    let mut gates = BTreeSet::new();
    for (root, gate) in candidates(files) {
        let is_built = gate.as_ref().is_none_or(|gate| is_set(&cfg, gate));
        if selection == RustSelection::Configured && !is_built {
            continue;
        }
        gates.extend(gate);
        let name = crate_name(&root);
        if !LANGUAGE.contains(&name.as_str()) {
            crates.push(RustCrate {
                name,
                root,
                edition,
            });
        }
    }
    if selection == RustSelection::All {
        gates.insert(RUST.to_owned());
        gates.extend(rust_options(files, &crates));
        for gate in gates {
            cfg.insert(format!("{gate}=\"y\""));
            cfg.insert(gate);
        }
    }
    crates.sort_by(|a, b| a.root.cmp(&b.root));
    Ok(RustSources {
        crates,
        cfg: cfg.into_iter().collect(),
    })
}

fn project(
    tree: Tree<'_>,
    file: &Utf8Path,
    text: Option<String>,
) -> Result<RustSources, RustProjectError> {
    let error = |reason: String| RustProjectError {
        file: file.to_owned(),
        reason,
    };
    let text = text.ok_or_else(|| error("it cannot be read as text".to_owned()))?;
    let project: Project = serde_json::from_str(&text).map_err(|it| error(it.to_string()))?;
    let mut cfg = BTreeSet::new();
    let mut crates = Vec::new();
    let directory = file.parent().unwrap_or(tree.root);
    for it in project.crates {
        let root = directory.join(&it.root_module);
        let Ok(root) = root.strip_prefix(tree.root) else {
            continue; // of the language
        };
        let name = it.display_name.unwrap_or_else(|| crate_name(root));
        if it.is_proc_macro || LANGUAGE.contains(&name.as_str()) {
            continue;
        }
        // A state that does not have it is no worse for that.
        if tree.is_edited(root) && !tree.is_file(root) {
            continue;
        }
        cfg.extend(it.cfg);
        crates.push(RustCrate {
            name: name.replace('-', "_"),
            root: root.to_owned(),
            edition: it.edition.parse().unwrap_or(2021),
        });
    }
    crates.sort_by(|a, b| a.root.cmp(&b.root));
    crates.dedup();
    Ok(RustSources {
        crates,
        cfg: cfg.into_iter().collect(),
    })
}

/// The options of a configuration, as `rustc` is given them.
fn configuration(objects: &Utf8Path) -> BTreeSet<String> {
    let mut cfg = BTreeSet::new();
    let file = objects.join("include/config/auto.conf");
    let text = fs::read_to_string(file).unwrap_or_default();
    for line in text.lines().filter(|line| line.starts_with("CONFIG_")) {
        if let Some((name, value)) = line.split_once('=') {
            let value = value.trim_matches('"');
            if matches!(value, "y" | "m") {
                cfg.insert(name.to_owned());
            }
            cfg.insert(format!("{name}=\"{value}\""));
        }
    }
    cfg
}

/// The edition that the tree's Makefile asks for.
fn edition(tree: Tree<'_>) -> u16 {
    let text = tree.text(Utf8Path::new("Makefile")).unwrap_or_default();
    let edition = text.split("--edition=").nth(1);
    let digits = edition.map(|it| it.chars().take_while(char::is_ascii_digit));
    let digits: Option<String> = digits.map(Iterator::collect);
    digits.and_then(|it| it.parse().ok()).unwrap_or(2021)
}

/// `rust/kernel/lib.rs` is `kernel`, `drivers/block/rnull.rs` is `rnull`.
fn crate_name(root: &Utf8Path) -> String {
    let stem = match root.file_name() {
        Some("lib.rs") => root.parent().and_then(Utf8Path::file_name),
        _ => root.file_stem(),
    };
    stem.unwrap_or_default().replace('-', "_")
}

/// Folders of a kernel tree that hold no code of the kernel.
const SKIPPED: &[&str] = &["Documentation", "scripts", "tools", "target", ".git"];

/// The root files that a Makefile names, and the option that the line depends on.
fn candidates(tree: Tree<'_>) -> Vec<(Utf8PathBuf, Option<String>)> {
    let mut found = Vec::new();
    let mut directories = vec![Utf8PathBuf::new()];
    while let Some(directory) = directories.pop() {
        let Folder { folders, files } = tree.folder(&directory);
        let is_top = directory.as_str().is_empty();
        let is_code =
            |name: &String| !(is_top && SKIPPED.contains(&name.as_str()) || name.starts_with('.'));
        let inside: Vec<Utf8PathBuf> = folders
            .iter()
            .filter(|name| is_code(name))
            .map(|name| directory.join(name))
            .collect();
        // The crates of `rust/` are in folders of their own.
        let has_rust = files.iter().any(|it| it.ends_with(".rs"))
            || inside.iter().any(|it| tree.is_file(&it.join("lib.rs")));
        // Kbuild takes the first that is there: scripts/Makefile.build.
        let mut makefiles = ["Kbuild", "Makefile"].into_iter();
        let makefile = makefiles.find(|it| files.contains(*it));
        if let (true, Some(makefile)) = (has_rust, makefile) {
            let text = tree.text(&directory.join(makefile)).unwrap_or_default();
            for (stem, gate) in objects_of(&text) {
                let file = directory.join(format!("{stem}.rs"));
                let folder = directory.join(&stem).join("lib.rs");
                for root in [file, folder] {
                    if tree.is_file(&root) {
                        found.push((root, gate.clone()));
                    }
                }
            }
        }
        directories.extend(inside);
    }
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// The objects that a Makefile builds, without `.o`, and the option of each line.
fn objects_of(makefile: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for line in makefile.replace("\\\n", " ").lines() {
        let Some((target, sources)) = line.split_once('=') else {
            continue;
        };
        let target = target.trim().trim_end_matches(['+', ':']).trim();
        let Some((name, kind)) = target.split_once('-') else {
            continue;
        };
        let gate = kind
            .split_once("$(")
            .and_then(|(_, rest)| rest.split(')').next());
        let is_list = gate.is_some() || kind.ends_with('y') || kind.ends_with("objs");
        if name.starts_with("hostprogs") || !is_list && kind != "m" {
            continue;
        }
        for word in sources.split('#').next().unwrap_or("").split_whitespace() {
            if let Some(stem) = word.strip_suffix(".o") {
                found.push((stem.to_owned(), gate.map(str::to_owned)));
            }
        }
    }
    found
}

/// Options that are about Rust and that the crates' sources ask for.
fn rust_options(tree: Tree<'_>, crates: &[RustCrate]) -> BTreeSet<String> {
    let mut files = Vec::new();
    for it in crates {
        match it.root.parent() {
            Some(folder) if it.root.file_name() == Some("lib.rs") => {
                tree.rust_files(folder, &mut files);
            }
            _ => files.push(it.root.clone()),
        }
    }
    let mut found = BTreeSet::new();
    for file in files {
        let text = tree.text(&file).unwrap_or_default();
        for part in text.split("CONFIG_").skip(1) {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let name: String = part.chars().take_while(|c| is_part(*c)).collect();
            if name.contains("RUST") {
                found.insert(format!("CONFIG_{name}"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (directory, root)
    }

    const FILES: &[(&str, &str)] = &[
        ("Makefile", "flags := --edition=2024 -Dwarnings\n"),
        (
            "rust/Makefile",
            "obj-$(CONFIG_RUST) += core.o kernel.o\nhostprogs-y := gen.o\n",
        ),
        ("rust/kernel/lib.rs", "mod net;"),
        ("rust/kernel/net.rs", "#[cfg(CONFIG_RUST_NET)] mod phy;"),
        ("rust/gen.rs", ""),
        (
            "drivers/a/Makefile",
            "obj-$(CONFIG_A) += a_mod.o\na_mod-y := \\\n a-b.o\n",
        ),
        ("drivers/a/a-b.rs", ""),
        ("drivers/c/Makefile", "obj-$(CONFIG_C) += c.o\n"),
        ("drivers/c/c.rs", ""),
        ("scripts/s.rs", ""),
    ];

    fn names(sources: &RustSources) -> Vec<&str> {
        sources.crates.iter().map(|it| it.name.as_str()).collect()
    }

    #[test]
    fn the_configuration_decides() {
        let (_keep, root) = tree(FILES);
        let found = rust_crates(&root, &Edits::new(), &root, RustSelection::Configured).unwrap();
        assert_eq!(found, RustSources::default());
        fs::create_dir_all(root.join("include/config")).unwrap();
        let conf = "CONFIG_RUST=y\nCONFIG_HZ=250\n";
        fs::write(root.join("include/config/auto.conf"), conf).unwrap();
        let found = rust_crates(&root, &Edits::new(), &root, RustSelection::Configured).unwrap();
        assert_eq!(names(&found), ["a_b", "kernel"]);
        assert_eq!(found.crates[0].edition, 2024);
        assert_eq!(
            found.cfg,
            ["CONFIG_HZ=\"250\"", "CONFIG_RUST", "CONFIG_RUST=\"y\""]
        );
    }

    #[test]
    fn everything_can_be_asked_for() {
        let (_keep, root) = tree(FILES);
        let found = rust_crates(&root, &Edits::new(), &root, RustSelection::All).unwrap();
        assert_eq!(names(&found), ["a_b", "c", "kernel"]);
        for option in ["CONFIG_C", "CONFIG_RUST", "CONFIG_RUST_NET"] {
            assert!(found.cfg.iter().any(|it| it == option), "{option}");
        }
        let none = rust_crates(&root, &Edits::new(), &root, RustSelection::Nothing).unwrap();
        assert_eq!(none, RustSources::default());
    }

    #[test]
    fn another_state_of_the_tree_has_other_crates() {
        let (_keep, root) = tree(FILES);
        let edit = |name: &str, text: &str| (name.to_owned(), Some(text.as_bytes().to_vec()));
        let edits = Edits::from([
            edit("drivers/a/Makefile", ""),
            edit("drivers/c/Makefile", "obj-$(CONFIG_C) += c.o d.o\n"),
            edit("drivers/c/d.rs", "#[cfg(CONFIG_RUST_D)] mod e;"),
            edit("drivers/new/Kbuild", "obj-y += fresh.o\n"),
            edit("drivers/new/fresh.rs", ""),
            edit("Makefile", "flags := --edition=2021\n"),
            ("drivers/c/c.rs".to_owned(), None),
        ]);
        let found = rust_crates(&root, &edits, &root, RustSelection::All).unwrap();
        assert_eq!(names(&found), ["d", "fresh", "kernel"]);
        assert_eq!(found.crates[0].edition, 2021);
        assert!(found.cfg.iter().any(|it| it == "CONFIG_RUST_D"));
    }

    #[test]
    fn a_project_file_is_taken_at_its_word() {
        let (_keep, root) = tree(&[
            ("a/lib.rs", ""),
            (
                "rust-project.json",
                r#"{"crates": [
                    {"display_name": "core", "root_module": "/usr/core.rs"},
                    {"display_name": "a", "root_module": "a/lib.rs", "cfg": ["CONFIG_X"]}]}"#,
            ),
        ]);
        let found = rust_crates(&root, &Edits::new(), &root, RustSelection::Configured).unwrap();
        assert_eq!(names(&found), ["a"]);
        assert_eq!(found.cfg, ["CONFIG_X"]);
        let gone = Edits::from([("a/lib.rs".to_owned(), None)]);
        let found = rust_crates(&root, &gone, &root, RustSelection::Configured).unwrap();
        assert!(found.crates.is_empty());
        fs::write(root.join("rust-project.json"), "{").unwrap();
        let error =
            rust_crates(&root, &Edits::new(), &root, RustSelection::Configured).unwrap_err();
        assert!(error.to_string().contains("rust-project.json"), "{error}");
    }
}
