// SPDX-License-Identifier: MIT OR Apache-2.0
//! A tree with one file, and the program run in it as people run it.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Where the tests keep what they read: not where people do.
pub(crate) const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// A file with one finding.
pub(crate) const SOURCE: &str = "\
typedef struct raw_spinlock { int raw_lock; } raw_spinlock_t;
void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void msleep(unsigned int msecs);
struct device { raw_spinlock_t lock; int state; };

static void reset(struct device *device)
{
\tmsleep(10);
}

void stop(struct device *device)
{
\t_raw_spin_lock(&device->lock);
\treset(device);
\t_raw_spin_unlock(&device->lock);
}
";

/// A function with a finding of its own, to be put behind [`SOURCE`].
pub(crate) const SECOND: &str = "
void suspend(struct device *device)
{
\t_raw_spin_lock(&device->lock);
\tmsleep(20);
\t_raw_spin_unlock(&device->lock);
}
";

/// [`SOURCE`] without its finding, and of the same size.
pub(crate) fn harmless() -> String {
    SOURCE.replace("msleep(10)", "(void)1000")
}

/// A scan whose findings are a line each, with their steps behind them.
pub(crate) const SCAN: [&str; 3] = ["scan", "--output-format", "short"];

/// A tree with one file and its database.
pub(crate) struct Tree(TempDir);

impl Tree {
    pub(crate) fn new(source: &str) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::write(tree.path("a.c"), source).unwrap();
        let database = r#"[{"directory": ".", "file": "a.c", "arguments": ["cc", "-c", "a.c"]}]"#;
        fs::write(tree.path("compile_commands.json"), database).unwrap();
        tree
    }

    /// A tree with these files; those that end in `.c` are units.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        let mut units = Vec::new();
        for (name, text) in files {
            let path = tree.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            if name.ends_with(".c") {
                units.push(format!(
                    r#"{{"directory": ".", "file": "{name}", "command": "cc -I. -c {name}"}}"#
                ));
            }
        }
        let database = format!("[{}]", units.join(","));
        fs::write(tree.path("compile_commands.json"), database).unwrap();
        tree
    }

    /// With everything committed.
    pub(crate) fn committed(source: &str) -> Self {
        let tree = Self::new(source);
        tree.commit();
        tree
    }

    /// The lines of the findings that a scan with these options shows.
    #[track_caller]
    pub(crate) fn lines(&self, options: &[&str]) -> Vec<u32> {
        let output = self.run(&[&SCAN[..], options].concat());
        let lines: Vec<u32> = stdout(&output)
            .lines()
            .filter_map(|line| line.strip_prefix("a.c:"))
            .map(|line| line.split(':').next().unwrap().parse().unwrap())
            .collect();
        let expected = i32::from(!lines.is_empty());
        assert_eq!(status(&output), Some(expected), "{}", stderr(&output));
        lines
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs git in the tree.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> Output {
        let output = Command::new("git")
            .arg("-C")
            .arg(self.root())
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .output()
            .unwrap();
        let said = stderr(&output);
        assert!(output.status.success(), "{arguments:?}: {said}");
        output
    }

    /// Commits all that is there.
    pub(crate) fn commit(&self) {
        if !self.path(".git").exists() {
            self.git(&["init", "--quiet"]);
        }
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--no-verify", "-m", "a commit"]);
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        waitctx(self.0.path(), arguments)
    }
}

pub(crate) fn waitctx(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .current_dir(directory)
        .args(arguments)
        .env("WAITCTX_CACHE_DIR", CACHE)
        .output()
        .unwrap()
}

pub(crate) fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

pub(crate) fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

/// Fails with exactly these first words, which say what and what to do.
pub(crate) fn assert_refused(output: &Output, error: &str, help: &str) {
    let text = stderr(output);
    assert_eq!(status(output), Some(2), "{text}");
    assert!(text.starts_with(&format!("error: {error}")), "{text}");
    assert!(text.contains(help), "{text}");
    assert_eq!(stdout(output), "");
}

/// A document of the repository.
pub(crate) fn document(path: &str) -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The first fenced block of `language` in `text`.
pub(crate) fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let fence = format!("\n```{language}\n");
    let (_, rest) = text.split_once(&fence).expect("the block is there");
    let end = rest.find("\n```").expect("the block ends");
    &rest[..=end]
}
