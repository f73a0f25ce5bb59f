// SPDX-License-Identifier: MIT OR Apache-2.0
//! Findings whose chains lead through certain calls.
//!
//! One cause is one finding, and one call under one lock is one whatever it leads to. Who changes
//! something below such a call wants to know whether what was added is wrong there, too. So chains
//! through the changed calls are looked for by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use waitctx_model::NameId;

use super::causes::{Cause, nobody_minds};
use super::surest::Member;
use super::witness::{Hop, Reader};
use super::{Located, best, fingerprint, further};
use crate::demands::Marks;
use crate::per_function::functions;
use crate::program::{FnId, call_at};
use crate::{Finding, Known, Solution, Through};

/// More calls than these are not asked about: they are no change that somebody looks at.
const MAX_CALLS: usize = 4096;

/// Lines of files: ranges that do not touch, in their order, of lines counted from 1.
pub type Lines = BTreeMap<String, Vec<Range<u32>>>;

impl Solution<'_> {
    /// The findings whose chains go on by a call on one of `lines` below the call that they are shown
    /// at: one for each cause and such call. Those that a report shows at the same place by a chain
    /// that leads through the same call are left out.
    pub fn through(&mut self, lines: &Lines) -> Vec<Finding> {
        let marked = self.marked(lines);
        if marked.values().map(Vec::len).sum::<usize>() > MAX_CALLS {
            return Vec::new();
        }
        let report = self.report();
        let program = self.program;
        let added = {
            let stepper = crate::demands::Stepper {
                program,
                knowledge: self.knowledge,
                structures: crate::per_function::Structures::new(&self.structures),
                guessed: crate::Confidence::Low,
            };
            self.demands.add_along(&stepper, &self.skeleton, &marked)
        };
        let reader = &self.reader();
        let is_marked = |hop: &Hop| {
            let records = marked.get(&hop.function);
            records.is_some_and(|it| it.contains(&(hop.record as usize)))
        };
        let mut groups: BTreeMap<(Cause, FnId, (u32, u32)), Vec<Member<'_>>> = BTreeMap::new();
        for at in added {
            let located = Located::at(reader, at);
            // Where the chain begins, the report knows of it.
            let Some(hop) = located
                .chain
                .iter()
                .position(is_marked)
                .filter(|it| *it > 0)
            else {
                continue;
            };
            if nobody_minds(reader, at.0, located.violation) {
                continue;
            }
            let hop = located.chain[hop];
            let cause = Cause::new(reader, located.violation, &located.chain);
            let key = (cause, hop.function, reader.record(hop).site);
            let member = Member::new(reader, at, &located);
            groups.entry(key).or_default().push(member);
        }
        let known = Places::new(&report.findings);
        let groups: Vec<_> = groups.into_iter().collect();
        let found = groups.into_par_iter().filter_map(|((cause, ..), members)| {
            let is_meant = |chain: &[Hop]| chain.iter().skip(1).any(is_marked);
            let best = best(reader, &members, &is_meant)?;
            let hop = *best.chain.iter().skip(1).find(|it| is_marked(it))?;
            let finding = best.told(reader, &cause, 0, Vec::new());
            known.as_further(finding, through(reader, hop)?)
        });
        let mut found: Vec<Finding> = found.collect();
        fingerprint::assign_through(&mut found, &report.findings);
        crate::report::sort(&mut found);
        found
    }

    /// The records of calls on `lines`.
    fn marked(&self, lines: &Lines) -> Marks {
        let program = self.program;
        let files: FxHashMap<NameId, &Vec<Range<u32>>> = lines
            .iter()
            .filter_map(|(file, lines)| Some((program.names.find(file)?, lines)))
            .collect();
        let in_one = |function: &FnId| {
            let span = program.function(*function).span();
            span.is_some_and(|it| files.contains_key(&it.file))
        };
        let mut marked = Marks::default();
        for function in functions(self.structures.len()).filter(in_one) {
            let Some(body) = program.body(function) else {
                continue;
            };
            let records = &self.structures.of(function).records;
            let on_lines = |&index: &usize| {
                let span = call_at(&body, records[index].site).map(|it| it.span);
                span.is_some_and(|span| {
                    let changed = files.get(&span.file).map_or(&[][..], |it| it.as_slice());
                    let end = span.end_line.max(span.line);
                    changed
                        .iter()
                        .any(|it| it.start <= end && span.line < it.end)
                })
            };
            let records: Vec<usize> = (0..records.len()).filter(on_lines).collect();
            if !records.is_empty() {
                marked.insert(function, records);
            }
        }
        marked
    }
}

/// What is said of the call that was asked about.
fn through(reader: &Reader<'_>, hop: Hop) -> Option<Through> {
    let body = reader.program.body(hop.function)?;
    let call = call_at(&body, reader.record(hop).site)?;
    Some(Through {
        function: reader.program.name(hop.function).to_owned(),
        callee: reader.program.name(reader.called_at(hop)).to_owned(),
        place: reader.place(call.span),
    })
}

/// The places of a report's findings.
struct Places<'a>(BTreeMap<further::Key, (Known, BTreeSet<&'a crate::SourcePlace>)>);

impl<'a> Places<'a> {
    fn new(findings: &'a [Finding]) -> Self {
        let mut places = BTreeMap::new();
        for finding in findings {
            let further = finding.further.iter().map(|it| &it.witness);
            for witness in std::iter::once(&finding.witness).chain(further) {
                let key = further::key(finding, witness);
                let steps = witness.iter().map(|step| &step.place).collect();
                places.entry(key).or_insert((finding.known(), steps));
            }
        }
        Self(places)
    }

    /// The finding as a chain of the one at the same place; `None` where that leads through the same.
    fn as_further(&self, finding: Finding, through: Through) -> Option<Finding> {
        let known = self.0.get(&further::key(&finding, &finding.witness));
        if known.is_some_and(|(_, steps)| steps.contains(&through.place)) {
            return None;
        }
        Some(Finding {
            further_of: known.map(|(known, _)| known.clone()),
            through: Some(through),
            ..finding
        })
    }
}
