// SPDX-License-Identifier: MIT OR Apache-2.0
//! The units of a program: which are known from earlier scans, which have to be read, and with
//! which precompiled headers.
//!
//! Nothing here changes what units say. A unit that is known is one that would be read from the
//! same bytes, with precompiled headers or without.

use std::cmp::Reverse;
use std::fs;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use waitctx_clang::{
    Draft, HeaderPlan, Job, Outcome, Overlay, Plan, Precompiled, Rank, Session, Shareable, Task,
};
use waitctx_model::Unit;
use waitctx_solver::Pending;

use super::header_files::HeaderFiles;
use super::recipe::Recipes;
use super::slot::{Fresh, Slot, State, known};
use super::{Sharing, warn};
use crate::cache::{Key, KeyBuilder, Linked, Manifest, Planned, Store};
use crate::progress::Progress;

/// One in so many units is read with and without precompiled headers.
const CHECKED: u8 = 128;

/// The units of a program, read or known.
pub(crate) struct Units {
    session: Session,
    recipes: Recipes,
    store: Option<Store>,
    manifest: Manifest,
    /// Where the manifest is stored.
    name: Key,
    jobs: Vec<Job>,
    plan: Plan,
    headers: Vec<Slot>,
    units: Vec<Slot>,
    /// Units of other languages, which are read each time.
    others: Vec<Unit>,
    header_files: HeaderFiles,
    sharing: Sharing,
    /// For each unit whether it is read when it is not known.
    wanted: Vec<bool>,
    /// Whether this is remembered as what the database holds.
    remembers: bool,
    overlay: Overlay,
    /// How many units were read.
    read: usize,
}

/// What is read of the units of a database.
pub(crate) struct Extent<'a> {
    /// What is read instead of files on the disk.
    pub(crate) overlay: Overlay,
    /// Which units are read when they are not known; `None` for all.
    pub(crate) wanted: Option<&'a dyn Fn(&Job) -> bool>,
}

impl Units {
    /// Finds out what is known of `jobs`, reads what is not, and remembers it. Of units that are not
    /// wanted what is known is used, and nothing else is.
    pub(crate) fn read(
        session: Session,
        recipes: Recipes,
        mut jobs: Vec<Job>,
        store: Option<Store>,
        (database, mut sharing): (&Utf8Path, Sharing),
        extent: Extent<'_>,
    ) -> Result<Self> {
        let name = recipes.database(database, sharing != Sharing::Off);
        let overlay = extent.overlay.clone();
        let manifest = match &store {
            Some(store) => Manifest::load(store, &name, overlay),
            None => Manifest::new(overlay),
        };
        let is_wanted = |job: &Job| extent.wanted.is_none_or(|wanted| wanted(job));
        if extent.wanted.is_some() && manifest.is_empty() {
            jobs.retain(is_wanted);
            sharing = Sharing::Off;
        }
        let mut units = Self {
            session,
            recipes,
            store,
            manifest,
            name,
            wanted: jobs.iter().map(is_wanted).collect(),
            // What is only a part, or not on the disk, is nothing to start from the next time.
            remembers: extent.wanted.is_none() && extent.overlay == Overlay::default(),
            overlay: extent.overlay,
            plan: Plan::default(),
            headers: Vec::new(),
            units: Vec::new(),
            others: Vec::new(),
            jobs,
            header_files: HeaderFiles::default(),
            sharing,
            read: 0,
        };
        units.make_plan();
        units.look_up_headers()?;
        units.look_up_units();
        units.read_units()?;
        Ok(units)
    }

    fn uses_headers(&self) -> bool {
        self.sharing != Sharing::Off
    }

    /// How many units were read now; the others were known.
    pub(crate) fn newly_read(&self) -> usize {
        self.read + self.others.len()
    }

    /// Adds units of other languages.
    pub(crate) fn add(&mut self, units: Vec<Unit>) {
        self.others.extend(units);
    }

    /// A key of all that the units say.
    pub(crate) fn program(&mut self) -> Key {
        let mut made_of = KeyBuilder::default();
        made_of.add(self.made_of().bytes());
        for unit in &self.others {
            made_of.add(postcard::to_stdvec(unit).unwrap_or_default());
        }
        let made_of = made_of.finish();
        if let Some(known) = self.manifest.linked.filter(|it| it.made_of == made_of) {
            return known.program;
        }
        let mut program = KeyBuilder::default();
        for key in self.keys() {
            program.add(key.bytes());
        }
        let program = program.finish();
        self.manifest.linked = Some(Linked { made_of, program });
        self.remember();
        program
    }

    /// For each unit a key of all that it says, in the order of [`into_units`](Self::into_units).
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.claim();
        let of_slot = |(rank, slot): (Rank, &Slot)| {
            let mut key = KeyBuilder::default();
            key.add(slot.state.content()?.bytes());
            for definition in self.session.delivers(rank, slot.state.seen()?) {
                key.add(definition.bytes());
            }
            Some(key.finish())
        };
        let of_other = |unit: &Unit| Key::of(&postcard::to_stdvec(unit).unwrap_or_default());
        let others = self.others.iter().map(of_other);
        self.slots().filter_map(of_slot).chain(others).collect()
    }

    /// The units of these indices, in the order of [`into_units`](Self::into_units); `None` when one
    /// cannot be read.
    pub(crate) fn some(&self, indices: &[usize]) -> Option<Vec<Unit>> {
        let slots: Vec<(Rank, &Slot)> = self
            .slots()
            .filter(|(_, slot)| slot.state.content().is_some())
            .collect();
        let unit = |&index: &usize| match slots.get(index) {
            Some(&(rank, slot)) => Some(self.session.settle(rank, self.draft(slot)?)),
            None => self.others.get(index - slots.len()).cloned(),
        };
        indices.par_iter().map(unit).collect()
    }

    /// The units, in the order of [`into_units`](Self::into_units), to be read one after the other;
    /// `tell` sees each of them then, with its index.
    pub(crate) fn pending<'a>(
        &'a self,
        tell: &'a (dyn Fn(usize, &Unit) + Sync),
    ) -> Vec<Pending<'a>> {
        self.claim();
        let slots = self
            .slots()
            .filter(|(_, slot)| slot.state.content().is_some());
        let of_slot = |(index, (rank, slot)): (usize, (Rank, &'a Slot))| {
            let file = match rank {
                Rank::Headers(_) => "",
                Rank::Unit(number) => self.recipes.name(&self.jobs[number as usize].file),
            };
            Pending::new(file.to_owned(), move || {
                let unit = self.session.settle(rank, self.draft(slot)?);
                tell(index, &unit);
                Some(unit)
            })
        };
        let mut pending: Vec<Pending<'a>> = slots.enumerate().map(of_slot).collect();
        for unit in &self.others {
            let index = pending.len();
            let file = unit.file.map_or("", |file| unit.names.get(file));
            pending.push(Pending::new(file.to_owned(), move || {
                tell(index, unit);
                Some(unit.clone())
            }));
        }
        pending
    }

    /// What the database is called, however much of it is read.
    pub(crate) fn name(&self) -> &Key {
        &self.name
    }

    /// Whether this is what the database holds, on the disk.
    pub(crate) fn is_remembered(&self) -> bool {
        self.remembers
    }

    /// A key of all units and what they were made from.
    fn made_of(&self) -> Key {
        let mut key = KeyBuilder::default();
        for (_, slot) in self.slots() {
            key.add(slot.recipe.bytes());
            let content = slot.state.content();
            key.add(content.as_ref().map_or(&[][..], Key::bytes));
        }
        key.finish()
    }

    /// All units, those of shared headers first.
    pub(crate) fn into_units(mut self) -> Result<Vec<Unit>> {
        // What was known may have been removed or damaged since.
        let mut drafts = self.drafts();
        let mut lost: Vec<usize> = Vec::new();
        let slots = self.headers.iter().chain(&self.units);
        for (number, (draft, slot)) in drafts.iter().zip(slots).enumerate() {
            // What was neither known nor wanted is not lost.
            if draft.is_none() && !matches!(slot.state, State::Unread) {
                lost.push(number);
            }
        }
        if !lost.is_empty() {
            for number in lost {
                let headers = self.headers.len();
                let slot = match number.checked_sub(headers) {
                    None => &mut self.headers[number],
                    Some(number) => &mut self.units[number],
                };
                slot.state = State::Unread;
            }
            self.look_up_headers()?;
            self.read_units()?;
            drafts = self.drafts();
        }
        self.claim();
        let ranks: Vec<Rank> = self.slots().map(|(rank, _)| rank).collect();
        let session = &self.session;
        let settle = |(draft, rank): (Option<Draft>, Rank)| Some(session.settle(rank, draft?));
        let units = drafts.into_par_iter().zip(ranks).filter_map(settle);
        let mut units: Vec<Unit> = units.collect();
        units.append(&mut self.others);
        Ok(units)
    }

    /// The units that were wanted, and shared headers.
    pub(crate) fn into_wanted(mut self) -> Result<Vec<Unit>> {
        for (slot, wanted) in self.units.iter_mut().zip(&self.wanted) {
            if !wanted {
                slot.state = State::Unread;
            }
        }
        self.into_units()
    }

    fn drafts(&self) -> Vec<Option<Draft>> {
        let slots: Vec<&Slot> = self.headers.iter().chain(&self.units).collect();
        slots.par_iter().map(|slot| self.draft(slot)).collect()
    }

    fn draft(&self, slot: &Slot) -> Option<Draft> {
        match &slot.state {
            State::Unread => None,
            State::Held { bytes, .. } => postcard::from_bytes(bytes).ok(),
            State::Known(entry) => {
                let bytes = self.store.as_ref()?.get(&entry.content)?;
                postcard::from_bytes(&bytes).ok()
            }
        }
    }

    fn slots(&self) -> impl Iterator<Item = (Rank, &Slot)> {
        let headers = (0..).map(Rank::Headers).zip(&self.headers);
        headers.chain((0..).map(Rank::Unit).zip(&self.units))
    }

    /// Tells the session what all units see.
    fn claim(&self) {
        for (rank, slot) in self.slots() {
            if let Some(seen) = slot.state.seen() {
                self.session.knows(rank, seen);
            }
        }
    }

    /// Decides which headers are shared.
    fn make_plan(&mut self) {
        let mut key = KeyBuilder::default();
        let mut contents = Vec::with_capacity(self.jobs.len());
        for job in &self.jobs {
            key.add(self.recipes.unit(job).bytes());
            let Some(content) = self.manifest.content(job.file.as_str()) else {
                continue;
            };
            let includes = self.manifest.includes(content, || {
                let text = match self.overlay.get(&job.file) {
                    Some(text) => text.unwrap_or_default().to_vec(),
                    None => fs::read(&job.file).unwrap_or_default(),
                };
                let mut key = KeyBuilder::default();
                for include in waitctx_clang::includes(&text) {
                    key.add(include);
                }
                key.finish()
            });
            contents.push(content);
            key.add(includes.bytes());
        }
        self.manifest.keep_includes(&contents);
        let made_for = key.finish();
        let known = self.manifest.planned.take();
        let is_part = self.wanted.contains(&false);
        let fits = |it: &Planned| {
            // A part is not worth a plan of its own.
            it.made_for == made_for || is_part && it.plan.choices.len() == self.jobs.len()
        };
        self.plan = match known.filter(fits) {
            Some(known) => known.plan,
            None => self.new_plan(),
        };
        self.manifest.planned = Some(Planned {
            made_for,
            plan: self.plan.clone(),
        });
    }

    fn new_plan(&self) -> Plan {
        let _progress = Progress::spinner("planning");
        let groups: Vec<String> = self
            .jobs
            .iter()
            .map(|job| waitctx_kbuild::language_group(&job.arguments))
            .collect();
        let units: Vec<Shareable<'_>> = self
            .jobs
            .iter()
            .zip(&groups)
            .map(|(job, group)| Shareable { job, group })
            .collect();
        let own = waitctx_kbuild::names_the_unit;
        self.session
            .plan(&units, &own, waitctx_kbuild::SHARED_NAMES)
    }

    /// Finds out what is known of shared headers, and reads the others.
    fn look_up_headers(&mut self) -> Result<()> {
        if self.headers.is_empty() {
            for plan in &self.plan.headers {
                let recipe = self.recipes.headers(plan);
                let state = known(
                    &mut self.manifest,
                    self.store.as_ref(),
                    &self.recipes,
                    &recipe,
                );
                self.headers.push(Slot { recipe, state });
            }
        }
        let missing: Vec<usize> = (0..self.headers.len())
            .filter(|&number| matches!(self.headers[number].state, State::Unread))
            .collect();
        self.precompile(&missing)
    }

    /// Parses shared headers, saves them if they are to be used, and keeps what they define.
    fn precompile(&mut self, numbers: &[usize]) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        let _progress = Progress::spinner("precompiling headers");
        let mut files = Vec::new();
        for &number in numbers {
            let recipe = &self.headers[number].recipe;
            let place = self.header_files.place(self.store.as_ref(), recipe, number);
            files.push(place?);
        }
        let plans: Vec<(Rank, &HeaderPlan, &Utf8Path)> = numbers
            .iter()
            .zip(&files)
            .map(|(&number, file)| (rank(number), &self.plan.headers[number], file.as_path()))
            .collect();
        let made = self.session.precompile(&plans, self.uses_headers());
        for ((&number, file), made) in numbers.iter().zip(files).zip(made) {
            let made = made.with_context(|| format!("cannot write {file}"))?;
            let recipe = self.headers[number].recipe;
            let fresh = match made {
                Some(Precompiled { draft, .. }) => Fresh::new(draft, false),
                // What does not go together is not shared.
                None => Fresh::new(Draft::default(), false),
            };
            let state = self.keep(&recipe, fresh);
            if let Some(identity) = state.identity() {
                let store = self.store.as_ref();
                self.header_files.insert(store, &identity, number, file);
            }
            self.headers[number].state = state;
        }
        Ok(())
    }

    /// The precompiled headers of `number`, if there are such.
    fn precompiled(&self, number: usize) -> Option<Utf8PathBuf> {
        let identity = self.headers[number].state.identity()?;
        self.header_files
            .find(self.store.as_ref(), &identity, number)
    }

    fn look_up_units(&mut self) {
        for (number, job) in self.jobs.iter().enumerate() {
            let header = self.plan.choices[number].filter(|_| self.uses_headers());
            let recipe = match header.and_then(|it| self.headers[it].state.identity()) {
                // What was made from other headers is another unit.
                Some(headers) => self.recipes.unit_with(job, &headers),
                None => self.recipes.unit(job),
            };
            let state = known(
                &mut self.manifest,
                self.store.as_ref(),
                &self.recipes,
                &recipe,
            );
            self.units.push(Slot { recipe, state });
        }
    }

    /// Reads what is not known, until every definition of a header is delivered by the unit that
    /// has to.
    fn read_units(&mut self) -> Result<()> {
        let is_unread = |slot: &Slot| matches!(slot.state, State::Unread);
        let mut pending: Vec<usize> = (0..self.units.len())
            .filter(|&number| self.wanted[number] && is_unread(&self.units[number]))
            .collect();
        if pending.is_empty() && self.manifest.settled == Some(self.made_of()) {
            return Ok(());
        }
        self.claim();
        loop {
            if !pending.is_empty() {
                self.read_these(pending)?;
            }
            // Who had delivered something may be gone, or see it no longer.
            let lacking: Vec<Rank> = self
                .slots()
                .filter(|(rank, slot)| {
                    let seen = slot.state.seen();
                    seen.is_some_and(|seen| self.session.lacks(*rank, seen))
                })
                .map(|(rank, _)| rank)
                .collect();
            let mut headers = Vec::new();
            pending = Vec::new();
            for rank in lacking {
                match rank {
                    Rank::Headers(number) => headers.push(number as usize),
                    Rank::Unit(number) if self.wanted[number as usize] => {
                        pending.push(number as usize);
                    }
                    Rank::Unit(_) => {}
                }
            }
            self.precompile(&headers)?;
            if pending.is_empty() && headers.is_empty() {
                break;
            }
        }
        self.manifest.settled = Some(self.made_of());
        self.remember();
        Ok(())
    }

    fn read_these(&mut self, mut numbers: Vec<usize>) -> Result<()> {
        // Headers that were known, but are not precompiled any more.
        if self.uses_headers() {
            let mut needed: Vec<usize> = numbers
                .iter()
                .filter_map(|&number| self.plan.choices[number])
                .filter(|&header| self.precompiled(header).is_none())
                .filter(|&header| !self.header_files.is_made(header))
                .collect();
            needed.sort_unstable();
            needed.dedup();
            self.precompile(&needed)?;
        }
        if self.uses_headers() {
            let drafts = self.headers.iter().filter_map(|slot| self.draft(slot));
            let drafts = drafts.collect();
            self.session.shares(drafts);
        }
        // The longest first, so that no thread ends alone with a long one.
        numbers.sort_by_key(|&number| (Reverse(self.plan.costs[number]), number));
        let jobs: Vec<Job> = numbers
            .iter()
            .map(|&number| {
                let header = self.plan.choices[number].filter(|_| self.uses_headers());
                Job {
                    precompiled: header.and_then(|header| self.precompiled(header)),
                    ..self.jobs[number].clone()
                }
            })
            .collect();
        let tasks: Vec<Task<'_>> = numbers
            .iter()
            .zip(&jobs)
            .map(|(&number, job)| Task {
                rank: unit_rank(number),
                job,
                is_checked: self.sharing == Sharing::Checked
                    || self.units[number].recipe.bytes()[0].is_multiple_of(CHECKED),
            })
            .collect();
        let progress = Progress::bar("reading", tasks.len());
        let read: Vec<Fresh> = self.session.read(&tasks, &|_, outcome: Outcome| {
            progress.advance();
            Fresh::new(outcome.draft, outcome.differs)
        });
        drop(progress);
        self.read += read.len();
        for (&number, fresh) in numbers.iter().zip(read) {
            if fresh.differs {
                warn(&format!(
                    "precompiled headers changed what {} says (it was read without): please \
                     report this; --no-pch does without them",
                    self.jobs[number].file
                ));
            }
            let recipe = self.units[number].recipe;
            self.units[number].state = self.keep(&recipe, fresh);
        }
        Ok(())
    }

    /// Stores what was read.
    fn keep(&mut self, recipe: &Key, fresh: Fresh) -> State {
        if let Some(store) = &self.store {
            let recipes = &self.recipes;
            let plain = |path: &str| recipes.plain(path);
            let told = (fresh.seen.clone(), &fresh.sources);
            let entry = self
                .manifest
                .new_entry(recipe, told, fresh.content, &plain)
                .filter(|entry| {
                    // What it delivers depends on the other units, so the same inputs can have
                    // several drafts: each is stored under what it is.
                    store.put(&entry.content, &fresh.bytes)
                        && store.put(&entry.draft, entry.content.bytes())
                });
            if let Some(entry) = entry {
                return State::Known(entry);
            }
        }
        State::Held {
            seen: fresh.seen,
            bytes: fresh.bytes,
            content: fresh.content,
        }
    }

    /// Stores what is known for the next scan.
    fn remember(&self) {
        let Some(store) = self.store.as_ref().filter(|_| self.remembers) else {
            return;
        };
        let mut current = Vec::with_capacity(self.units.len());
        for slot in self.headers.iter().chain(&self.units) {
            if let State::Known(entry) = &slot.state {
                current.push((slot.recipe, entry));
            }
        }
        self.manifest.save(store, &self.name, &current);
    }
}

fn rank(number: usize) -> Rank {
    Rank::Headers(u32::try_from(number).expect("fewer than 2^32 header plans"))
}

fn unit_rank(number: usize) -> Rank {
    Rank::Unit(u32::try_from(number).expect("fewer than 2^32 units"))
}
