// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a rule minds about one demand: in which worlds, and while what is in force.

use super::witness::Reader;
use crate::context::{Item, KindSet};
use crate::demands::Violation;
use crate::paths::Record;
use crate::program::Program;
use crate::{Verdict, WaitType};

/// What the rule of a violation minds about its demand.
#[derive(Clone, Copy)]
pub(super) struct Minding<'a> {
    program: &'a Program,
    wait: WaitType,
    /// Which kernels the rule is about.
    verdict: Verdict,
    /// What a rule does not allow the demand in.
    breaking: KindSet,
}

impl<'a> Minding<'a> {
    pub(super) fn new(reader: &Reader<'a>, violation: &Violation) -> Self {
        Self {
            program: reader.program,
            wait: reader.knowledge.demand(violation.demand).wait,
            verdict: reader.knowledge.rules[usize::from(violation.rule.0)].verdict,
            breaking: reader.knowledge.breaking(violation.demand),
        }
    }

    /// Whether the world that the demand matters in has the path of a record.
    pub(super) fn is_possible(&self, record: &Record) -> bool {
        match (self.wait, self.verdict) {
            (WaitType::Sleep, _) | (WaitType::Free | WaitType::Spin, Verdict::EveryKernel) => {
                record.worlds.configured
            }
            (WaitType::Config, _) | (_, Verdict::RawNesting) => record.worlds.raw_nesting,
        }
    }

    /// Whether a rule does not allow the demand while `item` is in force.
    pub(super) fn breaks(&self, item: &Item) -> bool {
        let more = self.program.counts_as(item);
        std::iter::once(item.kind)
            .chain(more)
            .any(|kind| self.breaking.contains(kind))
    }
}
