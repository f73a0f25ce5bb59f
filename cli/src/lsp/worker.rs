// SPDX-License-Identifier: MIT OR Apache-2.0
//! The thread that reads and solves: decides when something has to be read again, and what the editor
//! is told then.
//!
//! With stored units (`--facts`), the whole program is known, and files that are newer than the store
//! are read and take the place of what is stored. Without, the open files are a program of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};
use crossbeam_channel::{Receiver, Sender};
use gen_lsp_types::{Diagnostic, MessageType};

use super::diagnostics::{self, ByFile};
use crate::analysis::{self, Setup};
use crate::baseline::Baseline;
use crate::grounds::Day;
use crate::part::Part;
use crate::selection::Selector;
use crate::sources::{Overlay, Sources, TreeFiles};
use crate::summary::Clock;
use crate::suppressions::{self, Suppression};

/// What happened in the editor.
pub(super) enum Event {
    /// A file was opened.
    Opened(Utf8PathBuf),
    /// An open file was written to the disk.
    Saved(Utf8PathBuf),
    /// A file is no longer open.
    Closed(Utf8PathBuf),
}

/// What the editor is to be told.
pub(super) enum News {
    /// All that there is to say of a file.
    Diagnostics(Utf8PathBuf, Vec<Diagnostic>),
    /// Something for people.
    Message(MessageType, String),
}

/// What is read and known.
pub(super) struct Worker {
    setup: Setup,
    program: analysis::Arguments,
    baseline: Option<Baseline>,
    suppressions: Vec<Suppression>,
    /// The open files, by their names in places.
    open: BTreeMap<String, Utf8PathBuf>,
    /// Files that were read, and of when their texts are.
    read: BTreeMap<String, SystemTime>,
    known: Option<ByFile>,
}

impl Worker {
    /// Nothing read yet.
    pub(super) fn new(setup: Setup, program: analysis::Arguments) -> Result<Self> {
        let baseline = setup.config.baseline(None)?;
        let baseline = baseline.as_deref().map(Baseline::read).transpose()?;
        let mut all = Vec::new();
        for path in setup.config.suppressions(&[])? {
            all.extend(suppressions::read(&path, &setup.rules)?);
        }
        Ok(Self {
            setup,
            program,
            baseline,
            suppressions: all,
            open: BTreeMap::new(),
            read: BTreeMap::new(),
            known: None,
        })
    }

    /// Works until nobody sends events any more.
    pub(super) fn run(mut self, events: &Receiver<Event>, news: &Sender<News>) {
        while let Ok(first) = events.recv() {
            // While one run lasted, more may have happened.
            let mut closed = Vec::new();
            for event in std::iter::once(first).chain(events.try_iter()) {
                self.take(event, &mut closed);
            }
            for path in closed {
                let _ = news.send(News::Diagnostics(path, Vec::new()));
            }
            if self.open.is_empty() {
                continue;
            }
            if self.known.is_none() || !self.stale().is_empty() {
                match self.solve() {
                    Ok(said) => said.map_or((), |said| {
                        let _ = news.send(News::Message(MessageType::Info, said));
                    }),
                    Err(error) => {
                        let text = format!("waitctx: {error:#}");
                        let _ = news.send(News::Message(MessageType::Error, text));
                        continue;
                    }
                }
            }
            for (name, path) in &self.open {
                let known = self.known.as_ref().and_then(|known| known.get(name));
                let found = known.cloned().unwrap_or_default();
                let _ = news.send(News::Diagnostics(path.clone(), found));
            }
        }
    }

    fn take(&mut self, event: Event, closed: &mut Vec<Utf8PathBuf>) {
        match event {
            Event::Opened(path) | Event::Saved(path) => {
                if let Some(name) = self.name(&path) {
                    self.open.insert(name, path);
                }
            }
            Event::Closed(path) => {
                if let Some(name) = self.name(&path) {
                    self.open.remove(&name);
                    closed.push(path);
                }
            }
        }
    }

    /// What `path` is called in places, if it is in the tree.
    fn name(&self, path: &Utf8Path) -> Option<String> {
        let tree = &self.setup.selected.tree;
        let real = || path.canonicalize_utf8().ok();
        let name = path.strip_prefix(tree).map(Utf8Path::to_string).ok();
        name.or_else(|| Some(real()?.strip_prefix(tree).ok()?.to_string()))
    }

    /// The open files of which a newer text is on the disk than what is known.
    fn stale(&self) -> Vec<String> {
        let stored = self.program.facts.as_deref().and_then(written);
        let stale = |(name, path): &(&String, &Utf8PathBuf)| {
            let known = self.read.get(*name).copied().or(stored);
            written(path).is_some_and(|written| known.is_none_or(|known| known < written))
        };
        self.open
            .iter()
            .filter(stale)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Solves anew, and returns what is to be said about it.
    fn solve(&mut self) -> Result<Option<String>> {
        let stored = self.program.facts.is_some();
        let mut names: BTreeSet<String> = self.stale().into_iter().collect();
        let known = self
            .read
            .keys()
            .filter(|name| stored || self.open.contains_key(*name));
        names.extend(known.cloned());
        for name in &names {
            let path = self.setup.selected.tree.join(name);
            let read = written(&path).unwrap_or_else(SystemTime::now);
            self.read.insert(name.clone(), read);
        }
        let mut program = self.program.clone();
        program.may_be_nothing = true;
        program.input.part =
            (!stored || !names.is_empty()).then(|| Part::new(names.into_iter().collect()));
        let setup = &self.setup;
        let analysis = analysis::run(&mut program, setup, false, &mut Clock::new())?;
        let sources = Sources::of(TreeFiles::new(
            analysis.roots.iter().cloned(),
            Overlay::new(),
        ));
        let selector = Selector {
            rules: &[],
            findings: &[],
            lowest: None,
            changes: None,
            part: None,
            baseline: self.baseline.as_ref(),
            suppressions: &self.suppressions,
            today: Day::today(),
        };
        let selection = selector.select(&analysis.solved.report, &sources, &setup.rules, None)?;
        self.known = Some(diagnostics::by_file(
            selection.shown.iter().map(AsRef::as_ref),
            &setup.rules,
            &sources,
        ));
        Ok(analysis.unseen.map(|unseen| {
            format!(
                "waitctx read {} of {} units; what the others do is not seen. After `waitctx scan` of \
                 the whole tree it is",
                unseen.read, unseen.known
            )
        }))
    }
}

/// When a file was last written.
fn written(path: &Utf8Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}
