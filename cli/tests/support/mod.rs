// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole way from C and Rust files to findings, in this process.

pub(crate) mod edits;
pub(crate) mod markers;
pub(crate) mod rust;
pub(crate) mod witness;

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use waitctx_clang::{Job, Library, Options};
use waitctx_model::{IncidentKind, Unit};
use waitctx_solver::{Finding, Knowledge, Report};

/// The workspace.
pub(crate) fn workspace() -> &'static Utf8Path {
    Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Where the fixtures are.
pub(crate) fn testdata() -> Utf8PathBuf {
    workspace()
        .join("testdata")
        .canonicalize_utf8()
        .expect("testdata is part of the repository")
}

/// The built-in knowledge.
pub(crate) fn knowledge() -> Knowledge {
    match waitctx_rules::builtin() {
        Ok(knowledge) => knowledge,
        Err(errors) => panic!("the built-in model is broken: {errors:?}"),
    }
}

/// C and Rust files that make one program.
#[derive(Clone)]
pub(crate) struct Program {
    /// What the names of files are relative to.
    pub(crate) root: Utf8PathBuf,
    /// The files, relative to the root.
    pub(crate) files: Vec<Utf8PathBuf>,
    /// What they are compiled with, besides what all are.
    pub(crate) arguments: Vec<String>,
}

impl Program {
    /// The files of a fixture: one file, or all in a directory.
    pub(crate) fn fixture(path: &Utf8Path) -> Self {
        Self::fixture_in(&testdata(), path)
    }

    /// [`Self::fixture`] in a copy of the test data.
    pub(crate) fn fixture_in(root: &Utf8Path, path: &Utf8Path) -> Self {
        let mut files = Vec::new();
        if path.is_dir() {
            files.extend(entries(path));
            files.retain(|file| is_source(file));
        } else {
            files.push(path.to_owned());
        }
        for file in &mut files {
            *file = file
                .strip_prefix(root)
                .expect("fixtures are in testdata")
                .to_owned();
        }
        Self {
            root: root.to_owned(),
            files,
            arguments: vec![format!("-I{}", root.join("include"))],
        }
    }

    /// Reads the files with so many threads.
    pub(crate) fn read(&self, threads: usize) -> Vec<Unit> {
        let library = match Library::load(None) {
            Ok(library) => library,
            Err(error) => panic!("{error}"),
        };
        let always = ["-std=gnu11", "-nostdinc", "-w"].map(str::to_owned);
        let job = |file: &Utf8PathBuf| Job {
            file: self.root.join(file),
            arguments: always.iter().chain(&self.arguments).cloned().collect(),
            precompiled: None,
        };
        let (rust, c): (Vec<Utf8PathBuf>, Vec<Utf8PathBuf>) =
            self.files.iter().cloned().partition(|file| is_rust(file));
        let jobs: Vec<Job> = c.iter().map(job).collect();
        let options = Options {
            root: self.root.clone(),
            object_root: None,
            overlay: waitctx_clang::Overlay::default(),
            jobs: threads,
            option_prefix: "CONFIG_".to_owned(),
        };
        let mut units = waitctx_clang::read_units(&library, &jobs, &options, &|_, _| {});
        if !rust.is_empty() {
            units.extend(rust::read(&self.root, &rust));
        }
        units
    }

    /// Reads and solves with so many threads.
    pub(crate) fn solve(&self, threads: usize, knowledge: &Knowledge) -> Solved {
        let units = self.read(threads);
        let incidents = units.iter().flat_map(incidents).collect();
        let report = on_threads(threads, || {
            waitctx_solver::solve(waitctx_solver::link(units, knowledge), knowledge)
        });
        Solved { report, incidents }
    }
}

/// Whether a file is one of a program.
pub(crate) fn is_source(file: &Utf8Path) -> bool {
    matches!(file.extension(), Some("c" | "rs"))
}

/// Whether a file is Rust.
pub(crate) fn is_rust(file: &Utf8Path) -> bool {
    file.extension() == Some("rs")
}

/// What came of a program.
pub(crate) struct Solved {
    pub(crate) report: Report,
    /// What went wrong while it was read, a line each.
    pub(crate) incidents: Vec<String>,
}

/// Solves programs side by side.
pub(crate) fn solve_all(programs: &[Program], knowledge: &Knowledge) -> Vec<Solved> {
    programs
        .par_iter()
        .map(|program| program.solve(1, knowledge))
        .collect()
}

fn incidents(unit: &Unit) -> Vec<String> {
    let file = unit
        .file
        .map_or("a unit", |file| unit.names.get(file))
        .to_owned();
    unit.incidents
        .iter()
        .filter(|it| it.kind > IncidentKind::Approximated)
        .map(|it| format!("{file}: {}", it.message))
        .collect()
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(64 << 20)
        .build()
        .expect("threads can be started")
        .install(work)
}

/// What is in a directory, in order.
pub(crate) fn entries(directory: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut entries: Vec<Utf8PathBuf> = directory
        .read_dir_utf8()
        .unwrap_or_else(|error| panic!("{directory}: {error}"))
        .map(|entry| entry.expect("directories can be read").into_path())
        .collect();
    entries.sort();
    entries
}

/// The text of a file.
pub(crate) fn text(path: &Utf8Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A finding in a line, for people who look at a failed test.
pub(crate) fn brief(finding: &Finding) -> String {
    let steps: Vec<&str> = finding
        .witness
        .iter()
        .map(|step| step.callee.as_str())
        .collect();
    format!(
        "{} ({}: {}; {:?})",
        finding.rule,
        finding.context.label,
        steps.join(" > "),
        finding.confidence
    )
}
