// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiler arguments that this libclang does not know: which they are, remembered for the units
//! to come.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::ffi::{Index, Purpose, TranslationUnit};
use crate::overlay::Overlay;

/// What is known of arguments: whether they are refused.
#[derive(Default)]
pub(crate) struct Refusals {
    known: Mutex<BTreeMap<String, bool>>,
}

impl Refusals {
    /// Takes out what is known to be refused.
    pub(crate) fn drop_known(&self, arguments: &mut Vec<String>) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dropped = Vec::new();
        arguments.retain(|argument| {
            let refused = known.get(argument).copied().unwrap_or(false);
            if refused {
                dropped.push(argument.clone());
            }
            !refused
        });
        dropped
    }

    /// The arguments that the compiler complained of.
    pub(crate) fn unknown(&self, tu: &TranslationUnit<'_>, arguments: &[String]) -> Vec<String> {
        let complaints: Vec<String> = tu
            .errors()
            .into_iter()
            .filter(|error| error.location.written().is_none())
            .map(|error| error.text)
            .collect();
        if complaints.is_empty() {
            return Vec::new();
        }
        let unknown: Vec<String> = arguments
            .iter()
            .filter(|argument| {
                argument.starts_with('-')
                    && complaints
                        .iter()
                        .any(|text| text.contains(&format!("'{argument}'")))
            })
            .cloned()
            .collect();
        self.remember(&unknown, true);
        unknown
    }

    /// The arguments that the compiler would not even start with, found by trying each alone.
    pub(crate) fn unknown_by_trial(&self, index: &Index, arguments: &[String]) -> Vec<String> {
        let mut unknown = Vec::new();
        for argument in arguments {
            // What names files and macros is not a matter of the compiler's version.
            let is_flag = argument.starts_with("-f")
                || argument.starts_with("-m")
                || argument.starts_with("-g")
                || argument.starts_with("--")
                || argument.starts_with("-W")
                || argument.starts_with("-O")
                || argument.starts_with("-std");
            if is_flag && self.is_refused(index, argument) {
                unknown.push(argument.clone());
            }
        }
        unknown
    }

    fn is_refused(&self, index: &Index, argument: &str) -> bool {
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(argument)
            .copied();
        known.unwrap_or_else(|| {
            let alone = [argument.to_owned()];
            let empty = Overlay::new([("empty.c".into(), Some(Vec::new()))]);
            let refused = index
                .parse("empty.c", &alone, &empty, Purpose::Reading)
                .is_err();
            self.remember(&alone, refused);
            refused
        })
    }

    fn remember(&self, arguments: &[String], refused: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for argument in arguments {
            known.insert(argument.clone(), refused);
        }
    }
}
