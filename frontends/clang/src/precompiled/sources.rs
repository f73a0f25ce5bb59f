// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which files a unit was made from, and which would have been read instead if they existed.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::files::Files;
use super::search::SearchPath;
use crate::draft::Sources;
use crate::ffi::TranslationUnit;
use crate::overlay::Overlay;
use crate::unit::Job;

/// The texts that were looked at so far; most units read the same.
#[derive(Default)]
pub(crate) struct Texts {
    overlay: Overlay,
    files: Mutex<Files>,
}

impl Texts {
    /// Nothing looked at yet.
    pub(crate) fn new(overlay: Overlay) -> Self {
        Self {
            files: Mutex::new(Files::new(overlay.clone())),
            overlay,
        }
    }

    /// What is read instead of files on the disk.
    pub(crate) fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// Works on the table of files.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Files) -> T) -> T {
        work(&mut self.files.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What `tu`, parsed for `job`, was made from.
    ///
    /// That a file is absent counts for every `#include` in the texts, whatever the conditions
    /// around it. Names that a macro makes are not looked up.
    pub(crate) fn sources(&self, tu: &TranslationUnit<'_>, job: &Job) -> Sources {
        let read: BTreeSet<String> = tu
            .inclusions()
            .into_iter()
            .map(|it| it.file.name())
            .filter(|it| job.precompiled.as_ref().is_none_or(|header| header != it))
            .collect();
        let mut absent = BTreeSet::new();
        self.with(|files| {
            let path = files.path(SearchPath::of(&job.arguments));
            for name in &read {
                if let Some(file) = files.file(name.as_str().into()) {
                    let paths = files.absent(path, file);
                    absent.extend(paths.into_iter().map(|it| it.as_str().to_owned()));
                }
            }
        });
        Sources {
            read: read.into_iter().collect(),
            absent: absent.into_iter().collect(),
            incomplete: !tu.errors().is_empty(),
            precompiled: job.precompiled.is_some(),
        }
    }
}
