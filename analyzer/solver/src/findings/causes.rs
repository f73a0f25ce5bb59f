// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which violations are one cause, and what has come of each cause.
//!
//! What a finding rests on is remembered with it: the functions that were looked at on the way. A later
//! solution judges a cause anew where something of these is not as it was, and takes the finding over
//! where all of it is.

use std::cmp::Reverse;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use waitctx_model::NameId;

use super::surest::Member;
use super::witness::{Hop, Reader};
use super::{Located, finding, is_elsewhere};
use crate::demands::{Since, Violation};
use crate::per_function::{Looked, Seen, functions};
use crate::program::FnId;
use crate::{Confidence, ContextId, Finding};

/// What makes two violations one cause: rule, what is in force, and the place of the demand.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Clone, Serialize, Deserialize)]
pub(super) struct Cause {
    rule: u16,
    kind: u16,
    /// The kind of entry, and the file of the handler: what one driver does says nothing of another's.
    entry: Option<(usize, Option<NameId>)>,
    pub(super) lock: Option<String>,
    demand_in: FnId,
    demanding: FnId,
}

impl Cause {
    pub(super) fn new(reader: &Reader<'_>, violation: &Violation, chain: &[Hop]) -> Self {
        let (demand_in, demanding) = reader.demand_site(chain);
        Self {
            rule: violation.rule.0,
            kind: violation.context.0,
            entry: match violation.since {
                Since::Acquired(_) => None,
                Since::Entered(index) => {
                    let entered = &reader.program.entries[index];
                    let span = reader.program.function(entered.function).span();
                    Some((entered.entry, span.map(|it| it.file)))
                }
            },
            lock: violation.item.class.name(reader.program),
            demand_in,
            demanding,
        }
    }

    /// What this has in common with the finding about an entry that the chain leads through.
    fn of_callee(&self, callee: FnId) -> OfCallee {
        (callee, self.rule, self.demand_in, self.demanding)
    }
}

type OfCallee = (FnId, u16, FnId, FnId);

/// The causes that entries are to blame for by themselves. That somebody calls them through a
/// pointer with a lock held is what makes them entries.
type Entries = FxHashMap<OfCallee, Cause>;

/// The index of a violation in its function.
type Index = u32;

/// Where a violation belongs.
#[derive(Clone, Serialize, Deserialize)]
struct Placed {
    /// Its cause, by its number; `None` when nobody minds.
    cause: Option<u32>,
    /// How sure it is at most.
    confidence: Confidence,
    /// How many steps its witness has.
    length: u32,
    /// Where its function makes the call that leads to the demand.
    site: (u32, u32),
    /// The functions that were looked at to say this.
    looked: Box<[FnId]>,
    /// What it is to blame for by itself, if it is an entry's.
    entered: Option<Cause>,
    /// Whether it is one only where a lock is taken within a context.
    is_about_taking: bool,
}

/// A cause, and what has come of it.
#[derive(Serialize, Deserialize)]
struct Judgement {
    cause: Cause,
    finding: Option<Finding>,
    /// What that rests on, sorted.
    looked: Vec<Looked>,
}

/// All causes of a program.
#[derive(Serialize, Deserialize)]
pub(crate) struct Judged {
    /// By function that has violations, sorted.
    placed: Vec<(FnId, Vec<Placed>)>,
    /// By the number of the cause.
    judgements: Vec<Judgement>,
}

/// What is not as it was.
pub(crate) struct Differs {
    /// Functions of which something is known that was not.
    pub(crate) functions: FxHashSet<FnId>,
    /// Functions that others call, or from elsewhere.
    pub(crate) callers: FxHashSet<FnId>,
    /// Whether locks are taken within contexts in another way.
    pub(crate) takes: bool,
}

impl Differs {
    fn includes(&self, looked: &Looked) -> bool {
        match looked {
            Looked::At(function) => self.functions.contains(function),
            Looked::AtCallersOf(function) => self.callers.contains(function),
        }
    }
}

/// A violation that is placed anew.
type Fresh = ((FnId, Index), Placed, Option<Cause>);

impl Judged {
    /// Judges all violations; `remembers` says whether what findings rest on is wanted.
    pub(super) fn new(reader: Reader<'_>, remembers: bool) -> Self {
        let nothing = Self {
            placed: Vec::new(),
            judgements: Vec::new(),
        };
        let all = functions(reader.structures.len());
        let all = all.filter(|&it| !reader.demands.violations(it).is_empty());
        nothing.judge(reader, all.collect(), Vec::new(), &|_| true, remembers)
    }

    /// Judges those violations of which something is not as it was.
    pub(super) fn again(mut self, reader: Reader<'_>, differs: &Differs) -> Self {
        let mut fresh: Vec<FnId> = differs.functions.iter().copied().collect();
        fresh.sort_unstable();
        // Which entries there are to blame decides where others belong.
        let before = self.entries();
        let moved = self.moved(reader, differs, &before);
        let is_other = |looked: &[FnId]| {
            looked
                .iter()
                .any(|it| differs.functions.contains(it) || moved.contains(it))
        };
        let mut others = Vec::new();
        for (function, placed) in &mut self.placed {
            if differs.functions.contains(function) {
                continue;
            }
            for (index, it) in (0..).zip(placed.iter()) {
                if is_other(&it.looked) || it.is_about_taking && differs.takes {
                    others.push((*function, index));
                }
            }
        }
        let taken: FxHashSet<u16> = reader
            .knowledge
            .taken
            .iter()
            .map(|it| it.counts_as.0)
            .collect();
        let is_stale = |judgement: &Judgement| {
            judgement.looked.iter().any(|it| differs.includes(it))
                || differs.takes && taken.contains(&judgement.cause.kind)
        };
        self.judge(reader, fresh, others, &is_stale, true)
    }

    /// What is found, in the order of the causes.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut judgements: Vec<&Judgement> = self.judgements.iter().collect();
        judgements.sort_by(|a, b| a.cause.cmp(&b.cause));
        let findings = judgements.into_iter().filter_map(|it| it.finding.as_ref());
        findings.cloned().collect()
    }

    /// The causes that entries are to blame for by themselves.
    fn entries(&self) -> Entries {
        let mut entries = Entries::default();
        for (function, placed) in &self.placed {
            for cause in placed.iter().filter_map(|it| it.entered.as_ref()) {
                let of = cause.of_callee(*function);
                entries.entry(of).or_insert_with(|| cause.clone());
            }
        }
        entries
    }

    /// The entries that are to blame for something else than before.
    fn moved(&self, reader: Reader<'_>, differs: &Differs, before: &Entries) -> FxHashSet<FnId> {
        let mut now = Entries::default();
        let mut add = |function: FnId, cause: Cause| {
            now.entry(cause.of_callee(function)).or_insert(cause);
        };
        let own = |function: FnId, index: usize| {
            let violation = reader.demands.violations(function).get(index)?;
            entered(&reader, function, violation)
        };
        let mut known: Vec<FnId> = self.placed.iter().map(|it| it.0).collect();
        known.extend(&differs.functions);
        known.sort_unstable();
        known.dedup();
        let placed: FxHashMap<FnId, &Vec<Placed>> =
            self.placed.iter().map(|(id, it)| (*id, it)).collect();
        for function in known {
            if differs.functions.contains(&function) {
                for index in 0..reader.demands.violations(function).len() {
                    if let Some(cause) = own(function, index) {
                        add(function, cause);
                    }
                }
                continue;
            }
            let all = placed.get(&function).map_or(&[][..], |it| it.as_slice());
            for (index, it) in all.iter().enumerate() {
                let Some(cause) = &it.entered else {
                    continue;
                };
                let is_other = it.looked.iter().any(|it| differs.functions.contains(it));
                let cause = if is_other {
                    own(function, index)
                } else {
                    Some(cause.clone())
                };
                if let Some(cause) = cause {
                    add(function, cause);
                }
            }
        }
        let differs = |a: &Entries, b: &Entries| {
            let differing = a.iter().filter(|(of, cause)| b.get(of) != Some(cause));
            differing.map(|(of, _)| of.0).collect::<Vec<FnId>>()
        };
        let mut moved: FxHashSet<FnId> = differs(before, &now).into_iter().collect();
        moved.extend(differs(&now, before));
        moved
    }

    /// Places all violations of the functions in `fresh`, and the `others`; judges the causes that
    /// these belong or belonged to, and those that are `stale`.
    fn judge(
        mut self,
        reader: Reader<'_>,
        fresh: Vec<FnId>,
        others: Vec<(FnId, Index)>,
        is_stale: &(dyn Fn(&Judgement) -> bool + Sync),
        remembers: bool,
    ) -> Self {
        let mut stale: Vec<bool> = self.judgements.par_iter().map(is_stale).collect();
        let mut leave = |placed: &Placed| {
            if let Some(cause) = placed.cause {
                stale[cause as usize] = true;
            }
        };
        let gone: FxHashSet<FnId> = fresh.iter().copied().collect();
        self.placed.retain(|(function, placed)| {
            let stays = !gone.contains(function);
            if !stays {
                placed.iter().for_each(&mut leave);
            }
            stays
        });
        let slots: FxHashMap<FnId, usize> =
            (0..).zip(&self.placed).map(|(at, it)| (it.0, at)).collect();
        for &(function, index) in &others {
            leave(&self.placed[slots[&function]].1[index as usize]);
        }
        let violations = |&function: &FnId| {
            let count = reader.demands.violations(function).len();
            (0..u32::try_from(count).expect("few violations")).map(move |it| (function, it))
        };
        let all: Vec<(FnId, Index)> = fresh.iter().flat_map(violations).chain(others).collect();
        let own = |&(function, index): &(FnId, Index)| {
            let violation = &reader.demands.violations(function)[index as usize];
            let cause = entered(&reader, function, violation)?;
            Some(((function, index), cause))
        };
        // Those that stay where they were, too.
        let mut entries: Vec<((FnId, Index), Cause)> = Vec::new();
        let anew: FxHashSet<(FnId, Index)> = all.iter().copied().collect();
        for (function, placed) in &self.placed {
            for (index, it) in (0..).zip(placed) {
                if let Some(cause) = it.entered.clone()
                    && !anew.contains(&(*function, index))
                {
                    entries.push(((*function, index), cause));
                }
            }
        }
        entries.par_extend(all.par_iter().filter_map(own));
        entries.sort_by_key(|it| it.0);
        let mut by_callee = Entries::default();
        for ((function, _), cause) in entries {
            let of = cause.of_callee(function);
            by_callee.entry(of).or_insert(cause);
        }
        let place = |&at: &(FnId, Index)| place(&reader, &by_callee, at);
        let placed: Vec<Fresh> = all.par_iter().map(place).collect();
        self.take_in(placed, &mut stale);
        self.decide(reader, &stale, remembers);
        self
    }

    /// Puts violations where they belong.
    fn take_in(&mut self, placed: Vec<Fresh>, stale: &mut Vec<bool>) {
        let mut numbers: FxHashMap<Cause, u32> = FxHashMap::default();
        for (number, judgement) in (0..).zip(&self.judgements) {
            numbers.insert(judgement.cause.clone(), number);
        }
        let mut by_function: FxHashMap<FnId, usize> =
            (0..).zip(&self.placed).map(|(at, it)| (it.0, at)).collect();
        for ((function, index), mut it, cause) in placed {
            if let Some(cause) = cause {
                let number = *numbers.entry(cause.clone()).or_insert_with(|| {
                    self.judgements.push(Judgement {
                        cause,
                        finding: None,
                        looked: Vec::new(),
                    });
                    stale.push(true);
                    u32::try_from(self.judgements.len() - 1).expect("few causes")
                });
                stale[number as usize] = true;
                it.cause = Some(number);
            }
            let at = *by_function.entry(function).or_insert_with(|| {
                self.placed.push((function, Vec::new()));
                self.placed.len() - 1
            });
            let of_function = &mut self.placed[at].1;
            match of_function.get_mut(index as usize) {
                Some(known) => *known = it,
                None => of_function.push(it),
            }
        }
        self.placed.sort_by_key(|it| it.0);
    }

    /// Judges the causes that are stale.
    fn decide(&mut self, reader: Reader<'_>, stale: &[bool], remembers: bool) {
        let program = reader.program;
        let mut members: Vec<Vec<Member<'_>>> = vec![Vec::new(); self.judgements.len()];
        for (function, placed) in &self.placed {
            let span = program.function(*function).span();
            let (file, line) = span.map_or(("", 0), |it| (program.names.get(it.file), it.line));
            let place = (file, line, program.order_of(*function));
            for (index, it) in (0..).zip(placed) {
                if let Some(cause) = it.cause.filter(|&it| stale[it as usize]) {
                    members[cause as usize].push(Member {
                        confidence: it.confidence,
                        length: Reverse(it.length),
                        place: Reverse(place),
                        at: Reverse((*function, index)),
                        site: it.site,
                    });
                }
            }
        }
        let judgements = self.judgements.par_iter_mut().zip(members).zip(stale);
        judgements.for_each(|((judgement, members), &stale)| {
            if !stale {
                return;
            }
            let seen = Seen::default();
            let reader = if remembers {
                reader.noted_by(&seen)
            } else {
                reader
            };
            judgement.finding = match members.is_empty() {
                true => None,
                false => finding(&reader, &judgement.cause, &members),
            };
            judgement.looked = seen.into_sorted();
        });
    }
}

/// What an entry is to blame for by itself.
fn entered(reader: &Reader<'_>, function: FnId, violation: &Violation) -> Option<Cause> {
    if !matches!(violation.since, Since::Entered(_)) {
        return None;
    }
    let chain = reader.chain(function, violation.link);
    Some(Cause::new(reader, violation, &chain))
}

/// Whether a violation of a function is none on any kernel that it is part of.
pub(super) fn nobody_minds(reader: &Reader<'_>, function: FnId, violation: &Violation) -> bool {
    is_elsewhere(reader.program, reader.knowledge, function, violation)
        || !reader.is_told_by_use(violation)
}

/// Where a violation belongs.
fn place(reader: &Reader<'_>, entries: &Entries, at: (FnId, Index)) -> Fresh {
    let seen = Seen::default();
    let reader = &reader.noted_by(&seen);
    let located = Located::at(reader, at);
    let Located {
        violation, chain, ..
    } = &located;
    let cause = Cause::new(reader, violation, chain);
    let is_taken = |kind: ContextId| {
        let mut taken = reader.knowledge.taken.iter();
        taken.any(|it| it.counts_as == kind)
    };
    let before = match violation.since {
        Since::Acquired(origin) => reader.holders(at.0, origin).len(),
        Since::Entered(_) => 1,
    };
    let known = reader
        .called_through_pointers(chain)
        .find_map(|callee| entries.get(&cause.of_callee(callee)));
    let nobody_minds = nobody_minds(reader, at.0, violation);
    let own = matches!(violation.since, Since::Entered(_)).then(|| cause.clone());
    let cause = (!nobody_minds).then(|| known.cloned().unwrap_or(cause));
    // A callee decides as an entry, too.
    for callee in chain.iter().filter_map(|hop| hop.callee) {
        reader.structures.note(callee);
    }
    let placed = Placed {
        cause: None,
        confidence: reader.doubts(violation, chain, Confidence::High).confidence,
        length: u32::try_from(before + chain.len()).unwrap_or(u32::MAX),
        site: reader.site(chain),
        looked: Box::default(),
        entered: own,
        is_about_taking: is_taken(violation.context),
    };
    let looked = seen.into_sorted().into_iter().map(|looked| match looked {
        Looked::At(function) | Looked::AtCallersOf(function) => function,
    });
    let placed = Placed {
        looked: looked.collect(),
        ..placed
    };
    (at, placed, cause)
}
