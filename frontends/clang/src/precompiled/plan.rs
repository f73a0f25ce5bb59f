// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which headers are precompiled together, and for which units.
//!
//! Units whose arguments choose the same language can share a precompiled header. Within such a
//! group the directories form a tree; a directory gets a header of its own when that saves more
//! reading than making it costs, and inherits the one above it otherwise. What goes in is what at
//! least half of its units include.
//!
//! A plan is a function of the arguments and the texts alone, so that the same sources give the
//! same plan on every machine.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::files::{FileId, Files, PathId};
use super::guard::{Guard, Verdict};
use super::search::SearchPath;
use super::set::FileSet;
use super::sources::Texts;
use crate::unit::Job;

/// Fewer units than this do not pay for a precompiled header.
const FEWEST_UNITS: usize = 8;

/// Making a precompiled header costs about as much as reading its files so many times: it is
/// parsed with all bodies and written.
const COST_OF_MAKING: u64 = 2;

/// Headers with fewer users than this are not precompiled.
const FEWEST_USERS: usize = 4;

/// Nor are those that less than this part of the units, 1 by it, include.
const LEAST_SHARE: usize = 8;

/// A unit that cannot share at all loses about as much as so many units lose by one header.
const WEIGHT_OF_REFUSAL: usize = 8;

/// Units of the place of a header among all that a file includes.
const FINENESS: usize = 1000;

/// What is to be read, and what it shares with others.
#[derive(Clone, Copy, Debug)]
pub struct Shareable<'a> {
    /// How the unit is parsed.
    pub job: &'a Job,
    /// Equal for units whose arguments choose the same language.
    pub group: &'a str,
}

/// A set of headers to be precompiled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeaderPlan {
    /// The arguments to parse it with.
    pub arguments: Vec<String>,
    /// What stands before the first include.
    pub prelude: String,
    /// What to include, in order, with brackets or quotes.
    pub includes: Vec<String>,
}

/// Which unit starts from which precompiled headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What is to be precompiled.
    pub headers: Vec<HeaderPlan>,
    /// For each unit the position in `headers` of what it can start from, if anything.
    pub choices: Vec<Option<usize>>,
    /// For each unit an estimate of what reading it costs, in bytes of text.
    pub costs: Vec<u64>,
}

/// Makes a plan. `own` says which arguments belong to one unit only and must not be in those of
/// shared headers; `prelude` is what stands before their first line, instead of these.
pub(crate) fn plan(
    texts: &Texts,
    units: &[Shareable<'_>],
    own: &dyn Fn(&str) -> bool,
    prelude: &str,
) -> Plan {
    texts.with(|files| plan_with(files, units, own, prelude))
}

fn plan_with(
    files: &mut Files,
    units: &[Shareable<'_>],
    own: &dyn Fn(&str) -> bool,
    prelude: &str,
) -> Plan {
    let mut planner = Planner {
        files,
        units: Vec::with_capacity(units.len()),
        choices: vec![None; units.len()],
        candidates: Vec::new(),
    };
    for unit in units {
        planner.read(unit.job);
    }
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, unit) in units.iter().enumerate() {
        groups.entry(unit.group).or_default().push(number);
    }
    for members in groups.values().filter(|it| it.len() >= FEWEST_UNITS) {
        planner.group(units, members, own, prelude);
    }
    planner.finish()
}

/// What is known of a unit.
struct Unit {
    path: PathId,
    main: Option<FileId>,
    /// What the main file includes.
    direct: Vec<FileId>,
    /// Everything that is read for it.
    closure: FileSet,
}

/// Headers that may become a [`HeaderPlan`].
struct Candidate {
    plan: HeaderPlan,
    closure: FileSet,
}

/// A header to be precompiled.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Header {
    /// Its mean place among all that units include, in parts of [`FINENESS`].
    place: usize,
    name: String,
    file: FileId,
}

struct Planner<'a> {
    files: &'a mut Files,
    units: Vec<Unit>,
    /// The best candidate for each unit so far.
    choices: Vec<Option<usize>>,
    candidates: Vec<Candidate>,
}

/// What the units of one group share.
struct Group {
    path: PathId,
    /// Directories from which names in angle brackets are taken.
    directories: Vec<Utf8PathBuf>,
    arguments: Vec<String>,
    prelude: String,
}

impl Planner<'_> {
    fn read(&mut self, job: &Job) {
        let path = self.files.path(SearchPath::of(&job.arguments));
        let main = self.files.file(&job.file);
        let (direct, closure) = match main {
            Some(main) => (
                self.files.included(path, main).to_vec(),
                self.files.closure(path, &[main]),
            ),
            None => Default::default(),
        };
        self.units.push(Unit {
            path,
            main,
            direct,
            closure,
        });
    }

    /// Plans for units that can share.
    fn group(
        &mut self,
        units: &[Shareable<'_>],
        members: &[usize],
        own: &dyn Fn(&str) -> bool,
        prelude: &str,
    ) {
        let first = units[members[0]].job;
        let mut directories = SearchPath::of(&first.arguments).directories().to_vec();
        for &member in members {
            let path = SearchPath::of(&units[member].job.arguments);
            directories.retain(|it| path.directories().contains(it));
        }
        let is_shared = |argument: &&String| {
            let directory = argument.strip_prefix("-I").filter(|it| !it.is_empty());
            let elsewhere = directory.is_some_and(|it| !directories.iter().any(|d| d == it));
            !elsewhere && !own(argument)
        };
        let arguments: Vec<String> = first.arguments.iter().filter(is_shared).cloned().collect();
        let group = Group {
            path: self.files.path(SearchPath::of(&arguments)),
            directories,
            arguments,
            prelude: prelude.to_owned(),
        };
        let directory_of = |member: usize| units[member].job.file.parent();
        let mut root: Option<&Utf8Path> = directory_of(members[0]);
        while let Some(directory) = root {
            if members
                .iter()
                .all(|&it| units[it].job.file.starts_with(directory))
            {
                break;
            }
            root = directory.parent();
        }
        let depth = root.map_or(0, |it| it.components().count());
        self.directory(&group, units, members, depth);
    }

    /// Plans for the units below one directory, whose paths agree in the first `depth` parts.
    fn directory(
        &mut self,
        group: &Group,
        units: &[Shareable<'_>],
        members: &[usize],
        depth: usize,
    ) {
        if members.len() < FEWEST_UNITS {
            return;
        }
        self.candidate(group, members);
        let mut below: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &member in members {
            let mut parts = units[member].job.file.components().skip(depth);
            if let (Some(part), Some(_)) = (parts.next(), parts.next()) {
                below.entry(part.as_str()).or_default().push(member);
            }
        }
        for members in below.into_values() {
            self.directory(group, units, &members, depth + 1);
        }
    }

    /// Adds the headers that pay for `members`, if there are such.
    fn candidate(&mut self, group: &Group, members: &[usize]) {
        let mut common = self.common(group, members);
        let mut closure = self.closure(group, &common);
        let mut verdicts = self.verdicts(group, &closure, members);
        // What keeps more units away than it is for is left out.
        let harmful = harmful(&verdicts, &self.users(&closure, members));
        if !harmful.is_empty() {
            common.retain(|it| {
                let reads = self.files.closure(group.path, &[it.file]);
                reads.is_disjoint(&harmful)
            });
            closure = self.closure(group, &common);
            verdicts = self.verdicts(group, &closure, members);
        }

        let size = |file: FileId| self.files.get(file).size;
        let saved = |member: usize| {
            let before = self.choices[member].map(|it| &self.candidates[it].closure);
            let unit = &self.units[member].closure;
            let now: u64 = unit.intersection(&closure).map(size).sum();
            let before = before.map(|it| unit.intersection(it).map(size).sum());
            now.saturating_sub(before.unwrap_or(0))
        };
        let gains: Vec<(usize, u64)> = members
            .iter()
            .zip(&verdicts)
            .filter(|(_, verdict)| matches!(verdict, Verdict::Fits))
            .map(|(&member, _)| (member, saved(member)))
            .filter(|&(_, gain)| gain > 0)
            .collect();
        let cost: u64 = closure.iter().map(size).sum::<u64>() * COST_OF_MAKING;
        if gains.len() < FEWEST_UNITS || gains.iter().map(|it| it.1).sum::<u64>() <= cost {
            return;
        }
        for (member, _) in gains {
            self.choices[member] = Some(self.candidates.len());
        }
        self.candidates.push(Candidate {
            plan: HeaderPlan {
                arguments: group.arguments.clone(),
                prelude: group.prelude.clone(),
                includes: common.into_iter().map(|it| it.name).collect(),
            },
            closure,
        });
    }

    /// The headers that enough of `members` include, in the order in which they do.
    fn common(&self, group: &Group, members: &[usize]) -> Vec<Header> {
        let mut counts: FxHashMap<FileId, usize> = FxHashMap::default();
        let mut places: FxHashMap<FileId, Vec<usize>> = FxHashMap::default();
        for &member in members {
            let unit = &self.units[member];
            count(&mut counts, unit.closure.iter());
            for (place, &file) in unit.direct.iter().enumerate() {
                let scaled = place * FINENESS / unit.direct.len();
                places.entry(file).or_default().push(scaled);
            }
        }
        let mut common: Vec<Header> = sorted(places)
            .into_iter()
            .filter(|(file, places)| {
                // Only what units name themselves is certain: conditions are not evaluated.
                let is_named = places.len() >= FEWEST_USERS;
                let is_common = is_named && counts[file] * LEAST_SHARE >= members.len();
                is_common && self.files.get(*file).is_guarded
            })
            .map(|(file, places)| Header {
                // What units include early may be needed by what they include late.
                place: places.iter().sum::<usize>() / places.len(),
                name: self.name_of(group, file),
                file,
            })
            .collect();
        common.sort_unstable();
        common
    }

    fn closure(&mut self, group: &Group, headers: &[Header]) -> FileSet {
        let roots: Vec<FileId> = headers.iter().map(|it| it.file).collect();
        self.files.closure(group.path, &roots)
    }

    /// What the guard says to each member.
    fn verdicts(&mut self, group: &Group, closure: &FileSet, members: &[usize]) -> Vec<Verdict> {
        let mut guard = Guard::new(self.files, group.path, closure);
        members
            .iter()
            .map(|&member| {
                let unit = &self.units[member];
                match unit.main {
                    Some(main) => guard.ask(self.files, (unit.path, main, &unit.closure)),
                    None => Verdict::Refused,
                }
            })
            .collect()
    }

    /// How many of `members` include each file.
    fn users(&self, closure: &FileSet, members: &[usize]) -> FxHashMap<FileId, usize> {
        let mut users = FxHashMap::default();
        for &member in members {
            count(&mut users, self.units[member].closure.intersection(closure));
        }
        users
    }

    /// How a file is included: as others do it, or else by its path.
    fn name_of(&self, group: &Group, file: FileId) -> String {
        let path = &self.files.get(file).path;
        let mut directories = group.directories.iter();
        match directories.find_map(|it| path.strip_prefix(it).ok()) {
            Some(name) => format!("<{name}>"),
            None => format!("\"{path}\""),
        }
    }

    /// What came out of it.
    fn finish(self) -> Plan {
        let mut plan = Plan::default();
        // What a directory below has taken over is not made.
        let mut uses = vec![0; self.candidates.len()];
        for choice in self.choices.iter().flatten() {
            uses[*choice] += 1;
        }
        let mut numbers: Vec<Option<usize>> = vec![None; self.candidates.len()];
        for (number, candidate) in self.candidates.iter().enumerate() {
            if uses[number] >= FEWEST_UNITS / 2 {
                numbers[number] = Some(plan.headers.len());
                plan.headers.push(candidate.plan.clone());
            }
        }
        for (unit, choice) in self.units.iter().zip(&self.choices) {
            let choice = choice.filter(|it| numbers[*it].is_some());
            plan.choices.push(choice.and_then(|it| numbers[it]));
            let own: u64 = unit
                .closure
                .iter()
                .filter(|&it| {
                    choice.is_none_or(|choice| !self.candidates[choice].closure.contains(it))
                })
                .map(|it| self.files.get(it).size)
                .sum();
            plan.costs.push(own);
        }
        plan
    }
}

fn count(counts: &mut FxHashMap<FileId, usize>, files: impl Iterator<Item = FileId>) {
    files.for_each(|file| *counts.entry(file).or_default() += 1);
}

/// Files that make the guard refuse more units than include them.
fn harmful(verdicts: &[Verdict], users: &FxHashMap<FileId, usize>) -> FileSet {
    let mut refused: FxHashMap<FileId, usize> = FxHashMap::default();
    for verdict in verdicts {
        if let Verdict::Clash(files) = verdict {
            for &file in files {
                *refused.entry(file).or_default() += 1;
            }
        }
    }
    let mut harmful = FileSet::default();
    for (file, refused) in sorted(refused) {
        if refused * WEIGHT_OF_REFUSAL > users.get(&file).copied().unwrap_or(0) {
            harmful.insert(file);
        }
    }
    harmful
}

fn sorted<T: Ord>(counts: FxHashMap<FileId, T>) -> Vec<(FileId, T)> {
    let mut counts: Vec<(FileId, T)> = counts.into_iter().collect();
    counts.sort_unstable();
    counts
}
