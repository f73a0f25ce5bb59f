// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands in the documents do what the documents show.
//!
//! A `console` block has commands after `$ ` and under each what it prints on standard output. A line
//! `…` stands for lines that are left out, `…` at the end of a line for the rest of it.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const DOCUMENTS: &[&str] = &["docs/formats.md", "docs/reading-a-finding.md"];

/// Where people would be: a checkout with `testdata`, and `waitctx` on the PATH.
struct Checkout(TempDir);

impl Checkout {
    fn new() -> Self {
        let it = Self(tempfile::tempdir().unwrap());
        copy(&root().join("testdata"), &it.0.path().join("testdata"));
        it
    }

    /// What a command prints.
    fn run(&self, folder: &str, command: &str) -> Result<String, String> {
        let program = Path::new(env!("CARGO_BIN_EXE_waitctx"));
        let mut path = vec![program.parent().unwrap().to_owned()];
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(self.0.path().join(folder))
            .env("PATH", env::join_paths(path).unwrap())
            .output()
            .unwrap();
        // Findings are no failure.
        if !matches!(output.status.code(), Some(0 | 1)) {
            let complaints = String::from_utf8_lossy(&output.stderr);
            return Err(format!("$ {command}: {}\n{complaints}", output.status));
        }
        Ok(String::from_utf8(output.stdout).unwrap())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// The commands of a document and what each is said to print.
fn commands(document: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for block in document.split("\n```console\n").skip(1) {
        let block = block.split("\n```").next().unwrap();
        for line in block.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => commands.push((command.to_owned(), String::new())),
                None => {
                    let (_, output) = commands.last_mut().expect("a command comes first");
                    output.push_str(line);
                    output.push('\n');
                }
            }
        }
    }
    commands
}

/// The first part of what is `said` that is not where it should be in what was `printed`.
fn missing<'a>(said: &'a str, printed: &str) -> Option<&'a str> {
    let mut rest = printed;
    let mut first = true;
    for part in said.split("…\n") {
        let at = if first {
            rest.starts_with(part).then_some(0)
        } else {
            rest.find(part)
        };
        let Some(at) = at else {
            return Some(part);
        };
        rest = &rest[at + part.len()..];
        first = false;
    }
    (!said.ends_with("…\n") && !rest.is_empty()).then_some("(the end)")
}

#[test]
fn commands_print_what_documents_show() {
    let mut wrong = Vec::new();
    for name in DOCUMENTS {
        let checkout = Checkout::new();
        let document = fs::read_to_string(root().join(name)).unwrap();
        let commands = commands(&document);
        assert!(commands.len() > 4, "{name} has {} commands", commands.len());
        for (command, said) in commands {
            match checkout.run(".", &command) {
                Err(error) => wrong.push(format!("{name}: {error}")),
                Ok(printed) => {
                    if let Some(part) = missing(&said, &printed) {
                        wrong.push(format!(
                            "{name}: $ {command}\nmissing:\n{part}\nprinted:\n{printed}"
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The scans of the jobs for CI services, with the database that the tree has here.
#[test]
fn jobs_for_services_scan() {
    for name in ["docs/ci/github.yml", "docs/ci/gitlab.yml"] {
        let checkout = Checkout::new();
        let job = fs::read_to_string(root().join(name)).unwrap();
        let mut scans = 0;
        for line in job.lines() {
            let Some((_, command)) = line.split_once("waitctx scan ") else {
                continue;
            };
            let command = format!("waitctx scan {}", command.replace("-p objects ", ""));
            let printed = checkout.run("testdata/miniature", &command);
            assert_eq!(printed.as_deref(), Ok(""), "{name}: {command}");
            let file = command.rsplit(' ').next().unwrap();
            let report = checkout.0.path().join("testdata/miniature").join(file);
            assert!(fs::metadata(&report).unwrap().len() > 1000, "{file}");
            assert!(
                job.matches(file).count() > 1,
                "{file} is not used in {name}"
            );
            scans += 1;
        }
        assert!(scans > 0, "{name} has no scan");
    }
}

#[test]
fn parts_are_found_in_order() {
    assert_eq!(missing("a\n…\nc\n", "a\nb\nc\n"), None);
    assert_eq!(missing("a\n…\n", "a\nb\n"), None);
    assert_eq!(missing("a\n", "a\nb\n"), Some("(the end)"));
    assert_eq!(missing("…\na\n…\nb\n", "b\na\n"), Some("b\n"));
    assert_eq!(missing("b\n", "a\nb\n"), Some("b\n"));
}
