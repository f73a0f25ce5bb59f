// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the documents say is true: reports and examples in them are executed, what they name exists,
//! and what ARCHITECTURE.md calls an invariant of the sources is one.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/expect.rs"]
mod expect;
#[path = "support/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use expect::expect_nothing;
use tree::{block, stdout, waitctx};

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder of the repository, relative to its root, without what is built.
fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![root().join(folder)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_dir() {
                files.push(path.strip_prefix(root()).unwrap().to_owned());
            } else if !path.ends_with(".git") && !path.ends_with("target") {
                directories.push(path);
            }
        }
    }
    files.sort();
    files
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|it| it.to_str());
    extension.is_some_and(|it| extensions.contains(&it))
}

/// The documents that people read.
fn documents() -> Vec<PathBuf> {
    let mut documents = files_below("docs");
    documents.retain(|path| has_extension(path, &["md"]));
    for name in [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "README.md",
        "testdata/README.md",
    ] {
        documents.push(name.into());
    }
    documents
}

/// The text between a comment that marks it and the next empty line.
fn marked<'a>(text: &'a str, mark: &str) -> &'a str {
    let mark = format!("<!-- {mark} -->\n");
    let (_, rest) = text.split_once(&mark).expect("the mark is there");
    rest.split_once("\n\n").map_or(rest, |(part, _)| part)
}

#[test]
fn source_files_say_their_licence() {
    let mut wrong = Vec::new();
    for path in files_below(".") {
        let is_source = has_extension(&path, &["rs", "toml", "c", "h", "sh"]);
        if !is_source && !path.starts_with(".ci") {
            continue;
        }
        let text = text(&path);
        let mut first = text.lines().take(2);
        if !first.any(|line| line.contains("SPDX-License-Identifier: MIT OR Apache-2.0")) {
            wrong.push(path.display().to_string());
        }
    }
    expect_nothing(&wrong);
}

/// Lines that only hold `…` stand for lines that are left out.
#[test]
fn the_readme_shows_what_is_printed() {
    let output = waitctx(root(), &["scan", "testdata/miniature", "--color", "never"]);
    let mut printed = stdout(&output);
    let readme = text("README.md");
    let (_, rest) = readme.split_once("<!-- report -->").unwrap();
    for part in block(rest, "text").split("\n…\n") {
        let at = printed.find(part);
        let at = at.unwrap_or_else(|| panic!("not printed:\n{part}\nprinted:\n{printed}"));
        printed = &printed[at + part.len()..];
    }
}

#[test]
fn the_readme_lists_the_rules() {
    let mut table = "| rule | level | finds |\n|---|---|---|".to_owned();
    for rule in waitctx_rules::rules() {
        let name = &rule.name;
        let level = match rule.level {
            waitctx_rules::Level::Error => "error",
            waitctx_rules::Level::Warning => "warning",
        };
        let summary = &rule.summary;
        table.push_str(&format!(
            "\n| [`{name}`](rules/catalogue/{name}.md) | {level} | {summary} |"
        ));
    }
    assert_eq!(marked(&text("README.md"), "rules"), table);
}

#[test]
fn the_changelog_has_this_version_and_its_rules() {
    let changelog = text("CHANGELOG.md");
    let heading = concat!("\n## [", env!("CARGO_PKG_VERSION"), "]");
    let (_, section) = changelog.split_once(heading).expect("the version is there");
    let section = section.split("\n## ").next().unwrap();
    for rule in waitctx_rules::rules() {
        if rule.since == env!("CARGO_PKG_VERSION") {
            assert!(
                section.contains(&format!("`{}`", rule.name)),
                "{}",
                rule.name
            );
        }
    }
}

/// The names of the commands that a help lists.
fn subcommands(help: &str) -> impl Iterator<Item = &str> {
    let (_, listed) = help.split_once("\nCommands:\n").unwrap_or_default();
    listed
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
}

/// Every option that a document names is one, apart from other programs' in lines that run them.
#[test]
fn options_in_documents_exist() {
    let mut known = String::new();
    let mut commands = vec![vec!["--help".to_owned()]];
    while let Some(command) = commands.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = waitctx(root(), &arguments);
        known.push_str(stdout(&help));
        commands.extend(subcommands(stdout(&help)).map(|name| {
            let mut deeper = command.clone();
            deeper.insert(command.len() - 1, name.to_owned());
            deeper
        }));
    }
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    let known: BTreeSet<&str> = known.split(|c| !is_part(c)).collect();
    let mut wrong = Vec::new();
    for document in documents() {
        let runs_another = |line: &&str| {
            let other = ["$ pip ", "$ pre-commit "];
            line.contains("cargo ") || other.iter().any(|it| line.starts_with(it))
        };
        for line in text(&document).lines().filter(|it| !runs_another(it)) {
            let words = line.split(|c| !is_part(c));
            let is_option = |word: &&str| {
                word.strip_prefix("--")
                    .is_some_and(|it| it.starts_with(|c: char| c.is_ascii_lowercase()))
            };
            for option in words.filter(is_option).filter(|it| !known.contains(it)) {
                wrong.push(format!("{}: {option}", document.display()));
            }
        }
    }
    expect_nothing(&wrong);
}

#[test]
fn what_documents_name_is_there() {
    let mut wrong = Vec::new();
    for document in documents() {
        let text = text(&document);
        let folder = root().join(&document);
        let folder = folder.parent().unwrap();
        for target in text.split("](").skip(1) {
            let target = target.split([')', '#']).next().unwrap();
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                wrong.push(format!("{}: {target}", document.display()));
            }
        }
        for line in text.lines() {
            let missing = missing_in_repository(line);
            wrong.extend(missing.map(|it| format!("{}: {it}", document.display())));
        }
    }
    expect_nothing(&wrong);
}

/// What a line names between backticks that should be in the repository and is not: files,
/// functions in them (`path::function`), and constants in the file that is named after them.
fn missing_in_repository(line: &str) -> impl Iterator<Item = String> {
    const FOLDERS: &[&str] = &[
        ".ci/",
        "analyzer/",
        "cli/",
        "docs/",
        "frontends/",
        "rules/",
        "testdata/",
        "xtask/",
    ];
    let mut missing = Vec::new();
    let mut constants = Vec::new();
    for code in line.split('`').skip(1).step_by(2) {
        if code.starts_with("MAX_") || code == "DEEPEST" || code == "MANY_TARGETS" {
            constants.push(code);
        }
        if code.contains(' ') || !FOLDERS.iter().any(|folder| code.starts_with(folder)) {
            continue;
        }
        let (path, function) = code.split_once("::").unwrap_or((code, ""));
        // The folder of a rule is written `testdata/rules/<rule>`.
        if path.contains('<') {
            continue;
        }
        if !root().join(path).exists() {
            missing.push(path.to_owned());
        } else if !function.is_empty() && !text(path).contains(&format!("fn {function}(")) {
            missing.push(code.to_owned());
        } else {
            for constant in constants.drain(..) {
                if !text(path).contains(&format!("const {constant}: ")) {
                    missing.push(format!("{constant} in {path}"));
                }
            }
        }
    }
    missing.into_iter()
}

/// The example finds nothing without its model, and what its comments say with it.
#[test]
fn the_example_of_a_model_file_works() {
    let document = text("docs/model-files.md");
    let source = block(&document, "c");
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    // The compiler's own headers may not be there.
    write("stdbool.h", "#define bool _Bool\n");
    write("acme.c", source);
    write("acme.toml", block(&document, "toml"));
    write(
        "compile_commands.json",
        r#"[{"directory": ".", "file": "acme.c", "command": "cc -I. -c acme.c"}]"#,
    );
    let without = waitctx(directory.path(), &["scan", "--output-format", "short"]);
    assert_eq!(stdout(&without), "");
    assert_eq!(without.status.code(), Some(0));

    let options = ["scan", "--output-format", "short", "--model", "acme.toml"];
    let with = waitctx(directory.path(), &options);
    let found: Vec<&str> = stdout(&with)
        .lines()
        .filter(|line| line.starts_with("acme.c:"))
        .collect();
    let expected: Vec<(usize, &str)> = source
        .lines()
        .zip(1..)
        .filter_map(|(line, number)| Some((number, line.split_once("//~ ERROR ")?.1)))
        .collect();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    assert!(!expected.is_empty());
    for (line, (number, rule)) in found.iter().zip(expected) {
        assert!(
            line.starts_with(&format!("acme.c:{number}:")) && line.ends_with(&format!("[{rule}]")),
            "{line}"
        );
    }
}

#[test]
fn all_keys_of_model_files_are_documented() {
    let document = text("docs/model-files.md");
    let schema = text("rules/src/model/schema.rs");
    let mut renamed = None;
    let mut wrong = Vec::new();
    for line in schema.lines().map(str::trim) {
        if let Some((_, rest)) = line.split_once("rename = \"") {
            renamed = rest.split('"').next();
        }
        let Some(rest) = line.strip_prefix("pub(crate) ") else {
            continue;
        };
        // Fields only: structs and enums have no colon after their first word.
        let Some((field, _)) = rest.split_once(':').filter(|(name, _)| !name.contains(' ')) else {
            continue;
        };
        let key = renamed.take().unwrap_or(field);
        let forms = [format!("`{key}`"), format!("[[{key}]]"), format!("[{key}]")];
        if !forms.iter().any(|form| document.contains(form)) {
            wrong.push(key.to_owned());
        }
    }
    expect_nothing(&wrong);
}

#[test]
fn layers_depend_downwards() {
    let allowed: &[(&str, &[&str])] = &[
        ("analyzer/model", &[]),
        ("analyzer/solver", &["waitctx-model"]),
        ("frontends/clang", &["waitctx-model"]),
        ("frontends/kbuild", &[]),
        ("frontends/rust", &["waitctx-model"]),
        ("rules", &["waitctx-solver"]),
    ];
    for (folder, allowed) in allowed {
        let manifest = text(Path::new(folder).join("Cargo.toml"));
        let ours: Vec<&str> = manifest
            .lines()
            .filter(|line| line.starts_with("waitctx-"))
            .filter_map(|line| line.split('.').next())
            .collect();
        assert_eq!(ours, *allowed, "{folder}");
    }
}

#[test]
fn only_rules_name_kernel_functions() {
    let knowledge = waitctx_rules::builtin().unwrap();
    let mut wrong = Vec::new();
    for folder in [
        "analyzer/model/src",
        "analyzer/solver/src",
        "frontends/clang/src",
        "frontends/rust/library",
        "frontends/rust/src",
    ] {
        for path in files_below(folder) {
            let text = text(&path);
            for literal in text.split('"').skip(1) {
                // A macro of Rust that has the name of a function of the kernel.
                let is_rust = literal == "panic" && path.starts_with("frontends/rust");
                if knowledge.functions.contains_key(literal) && !is_rust {
                    wrong.push(format!("{}: {literal}", path.display()));
                }
            }
        }
    }
    expect_nothing(&wrong);
}

#[test]
fn the_analyzer_does_no_io() {
    const FORBIDDEN: &[&str] = &[
        "std::env",
        "std::fs",
        "std::io",
        "std::net",
        "std::process",
        "std::time",
        "dbg!",
        "eprint",
        "print!",
        "println!",
    ];
    let mut wrong = Vec::new();
    for folder in ["analyzer/model/src", "analyzer/solver/src", "rules/src"] {
        for path in files_below(folder) {
            let text = text(&path);
            for word in FORBIDDEN.iter().filter(|it| text.contains(**it)) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    expect_nothing(&wrong);
}

/// Nothing but the making of a database and the questions to git run another program, and the latter
/// runs git only.
#[test]
fn only_compdb_and_git_run_programs() {
    let mut wrong = Vec::new();
    for folder in [
        "analyzer/model/src",
        "analyzer/solver/src",
        "cli/src",
        "frontends/clang/src",
        "frontends/kbuild/src",
        "frontends/rust/src",
        "rules/src",
    ] {
        for path in files_below(folder) {
            let makes = path.starts_with("frontends/kbuild/src/make_database");
            let asks = path == Path::new("cli/src/git.rs");
            let text = text(&path);
            if asks {
                assert_eq!(text.matches("Command::new(").count(), 1);
                assert!(text.contains("Command::new(\"git\")"));
            } else if !makes
                && (text.contains("process::Command") || text.contains("Command::new("))
            {
                wrong.push(path.display().to_string());
            }
        }
    }
    expect_nothing(&wrong);
}
