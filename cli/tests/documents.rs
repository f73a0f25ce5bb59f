// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands in the README and in docs/ are run, in a home where the kernel in miniature is ~/linux.
//!
//! A line `$ command` in a block of `console` is a command, the lines below it are printed by it. What
//! cannot be run on any machine is listed in [`ELSEWHERE`]: there must be a reason.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use tree::{document, stderr, stdout};

/// Beginnings of commands that are not run here, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("b4 ", "needs b4; what it runs is run in hooks.rs"),
    ("cargo install ", "takes minutes and the network"),
    (
        "cargo xtask bench-kernel ",
        "needs a kernel, and most of an hour",
    ),
    ("cargo xtask demo", "builds this program"),
    ("cargo xtask test", "runs this test"),
    ("git clone ", "takes the network"),
    ("export LIBCLANG_PATH=", "the libclang of the tests is used"),
    (
        "make C=",
        "needs a kernel; Kbuild's call is made in hooks.rs",
    ),
    ("pip install ", "takes the network"),
    (
        "pre-commit ",
        "needs pre-commit; its entries are run in hooks.rs",
    ),
    ("sudo apt-get ", "changes the machine"),
];

/// A home with a kernel in it.
struct Home {
    folder: TempDir,
    directory: PathBuf,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let miniature = root.join("testdata/miniature").canonicalize().unwrap();
        let home = Self {
            directory: folder.path().to_owned(),
            folder,
        };
        for copy in ["linux", "waitctx/testdata/miniature"] {
            copy_all(&miniature, &home.path(copy));
        }
        let headers = root.join("testdata/include");
        copy_all(&headers, &home.path("waitctx/testdata/include"));
        // What is at the top of a kernel. Its database is to be made.
        fs::create_dir(home.path("linux/scripts")).unwrap();
        fs::write(home.path("linux/scripts/Kbuild.include"), "").unwrap();
        fs::remove_file(home.path("linux/compile_commands.json")).unwrap();
        for arguments in [
            &["init", "--quiet"][..],
            &["add", "."],
            &[
                "-c",
                "commit.gpgsign=false",
                "commit",
                "--quiet",
                "-m",
                "all",
            ],
        ] {
            let output = Command::new("git")
                .arg("-C")
                .arg(home.path("linux"))
                .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
                .args(arguments)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command line, unless it is to be run elsewhere.
    #[track_caller]
    fn run(&mut self, line: &str) -> Option<Output> {
        if ELSEWHERE
            .iter()
            .any(|(beginning, _)| line.starts_with(beginning))
        {
            return None;
        }
        if let Some(directory) = line.strip_prefix("cd ~/") {
            self.directory = self.path(directory);
            return None;
        }
        if line.starts_with("waitctx compdb ") {
            self.make_database(line);
            return None;
        }
        let program = Path::new(env!("CARGO_BIN_EXE_waitctx")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(&self.directory)
            .env("HOME", self.folder.path())
            .env("WAITCTX_CACHE_DIR", self.path(".cache"))
            .env("PATH", path)
            .output()
            .unwrap();
        // There may be findings; more must not go wrong.
        let said = stderr(&output);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "$ {line}\n{said}"
        );
        assert!(!said.contains("error:"), "$ {line}\n{said}");
        Some(output)
    }

    /// Stands in for the Makefiles of a kernel.
    fn make_database(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let ["waitctx", "compdb", "~/linux" | ".", "--output", output] = words[..] else {
            panic!("{line}");
        };
        let output = match output.strip_prefix("~/") {
            Some(name) => self.path(name),
            None => self.directory.join(output),
        };
        fs::create_dir_all(&output).unwrap();
        let database =
            fs::read_to_string(self.path("waitctx/testdata/miniature/compile_commands.json"));
        let tree = format!("\"{}\"", self.path("linux").display());
        let headers = self.path("waitctx/testdata/include");
        let database = database
            .unwrap()
            .replace("\".\"", &tree)
            .replace("../include", headers.to_str().unwrap());
        fs::write(output.join("compile_commands.json"), database).unwrap();
    }

    /// Writes the model file that is the example of its manual.
    fn write_model(&self) {
        let manual = document("docs/model-files.md");
        let block = manual.split("```toml\n").nth(1).unwrap();
        let model = block.split("```").next().unwrap();
        fs::write(self.path("acme.toml"), model).unwrap();
    }

    /// Runs all that a document says, in order.
    fn follow(&mut self, document_name: &str) {
        let text = document(document_name);
        let mut file = None;
        let mut lines = text.lines();
        let mut commands = 0;
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("<!-- file: ") {
                file = name.strip_suffix(" -->");
            }
            let Some(language) = line.strip_prefix("```") else {
                continue;
            };
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if let Some(name) = file.take() {
                fs::write(self.path(name), block.join("\n") + "\n").unwrap();
            } else if language == "console" {
                commands += self.console(&block);
            }
        }
        assert!(
            commands > 0,
            "{document_name} has no command that can be run"
        );
    }

    /// Runs the commands of a block, and says how many were.
    fn console(&mut self, block: &[&str]) -> usize {
        let mut commands = 0;
        let mut printed: Option<(String, &str)> = None;
        for line in block {
            if let Some(command) = line.strip_prefix("$ ") {
                let output = self.run(command);
                commands += usize::from(output.is_some());
                printed = output.map(|it| (format!("{}{}", stdout(&it), stderr(&it)), command));
                continue;
            }
            let (text, command) = printed
                .as_ref()
                .expect("a command that was run prints this");
            assert!(text.contains(line), "$ {command}\n{text}\nhas no\n{line}");
        }
        commands
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

#[test]
fn the_guide_to_installing_works() {
    Home::new().follow("docs/install.md");
}

#[test]
fn the_guide_for_the_first_time_works() {
    Home::new().follow("docs/getting-started.md");
}

#[test]
fn the_guide_to_hooks_works() {
    let mut home = Home::new();
    home.make_database("waitctx compdb ~/linux --output ~/objects");
    fs::write(home.path("waitctx.toml"), "database = \"objects\"\n").unwrap();
    home.follow("docs/hooks.md");
    // The hooks that it names are those that there are.
    let hooks = document(".pre-commit-hooks.yaml");
    let text = document("docs/hooks.md");
    for line in hooks.lines() {
        if let Some(id) = line.strip_prefix("- id: ") {
            assert!(text.contains(&format!("`{id}`")) || text.contains(&format!("- id: {id}\n")));
        }
    }
}

#[test]
fn the_guide_to_ci_works() {
    let mut home = Home::new();
    home.make_database("waitctx compdb ~/linux --output ~/objects");
    home.follow("docs/ci.md");
}

#[test]
fn what_is_said_first_works() {
    let mut home = Home::new();
    home.write_model();
    home.follow("README.md");
}

#[test]
fn the_guide_to_model_files_works() {
    let mut home = Home::new();
    home.make_database("waitctx compdb ~/linux --output ~/objects");
    home.write_model();
    home.follow("docs/model-files.md");
}

#[test]
fn what_is_said_of_costs_can_be_repeated() {
    let mut home = Home::new();
    home.make_database("waitctx compdb ~/linux --output ~/objects");
    home.follow("docs/performance.md");
}

#[test]
fn every_document_with_commands_is_followed() {
    let followed = include_str!("documents.rs");
    // What these print is compared, too.
    let compared = include_str!("recipes.rs");
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let has_commands =
            name.ends_with(".md") && document(&format!("docs/{name}")).contains("```console\n$ ");
        let name = format!("\"docs/{name}\"");
        assert!(
            !has_commands || followed.contains(&name) || compared.contains(&name),
            "nobody runs the commands of {name}"
        );
    }
}

#[test]
fn nothing_is_excused_without_need() {
    let mut texts = document("README.md") + &document("docs/performance.md");
    for name in ["install", "getting-started", "hooks", "ci"] {
        texts.push_str(&document(&format!("docs/{name}.md")));
    }
    for (beginning, why) in ELSEWHERE {
        assert!(
            texts.contains(&format!("$ {beginning}")),
            "{beginning}: {why}"
        );
    }
}
