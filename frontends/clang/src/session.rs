// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading many units on several threads, with an outcome that does not depend on the threads.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashSet;
use waitctx_model::Unit;

use crate::arguments::Refusals;
use crate::claims::{Claims, DefinitionKey, Rank};
use crate::compact::finish;
use crate::draft::{Draft, Seen};
use crate::ffi::{Index, Library, release_memory};
use crate::overlay::Overlay;
use crate::paths::Roots;
use crate::precompiled::{self, HeaderPlan, Plan, Shareable, SharedFunctions, Texts};
use crate::reader::Settings;
use crate::unit::{self, Context, Job, Wanted};

/// Lowering recurses as deeply as the source nests.
const STACK: usize = 64 << 20;

/// What is the same for all units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The scanned tree: file names in the model are relative to it.
    pub root: Utf8PathBuf,
    /// Where generated files are, if not in the tree.
    pub object_root: Option<Utf8PathBuf>,
    /// What is read instead of files on the disk.
    pub overlay: Overlay,
    /// How many units are read at once.
    pub jobs: usize,
    /// What the names of build options start with.
    pub option_prefix: String,
}

/// The units of one program while they are read.
///
/// A definition in a header is delivered by one of the units that see it. Which one it is must
/// not depend on what was read in this run and what is known from an earlier one, so the order
/// is: [`Session::knows`] for what is known, [`Session::precompile`], [`Session::shares`] and
/// [`Session::read`] for the rest, then [`Session::lacks`] for units that turn out to have to deliver more than they
/// did, and at last [`Session::settle`].
pub struct Session {
    library: Library,
    settings: Settings,
    jobs: usize,
    claims: Claims,
    refusals: Refusals,
    texts: Texts,
    shared: Option<SharedFunctions>,
}

/// A unit to be read.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Its place in the order of units.
    pub rank: Rank,
    /// How to read it.
    pub job: &'a Job,
    /// Whether it is also read without precompiled headers, to see whether they change anything.
    pub is_checked: bool,
}

/// Something that was read.
#[derive(Debug)]
pub struct Outcome {
    /// What was read.
    pub draft: Draft,
    /// Whether precompiled headers changed something; then the draft is made without them.
    pub differs: bool,
}

impl Outcome {
    fn of(draft: Draft) -> Self {
        Self {
            draft,
            differs: false,
        }
    }
}

/// Headers that were precompiled.
#[derive(Debug)]
pub struct Precompiled {
    /// What headers define.
    pub draft: Draft,
    /// What was precompiled: those of the plan that go together.
    pub plan: HeaderPlan,
    /// Whether the file was written.
    pub is_saved: bool,
}

impl Session {
    /// Nothing read so far.
    pub fn new(library: &Library, options: &Options) -> Self {
        Self {
            library: library.clone(),
            settings: Settings {
                roots: Roots::new(&options.root, options.object_root.as_deref()),
                option_prefix: options.option_prefix.clone(),
            },
            jobs: options.jobs,
            claims: Claims::new(),
            refusals: Refusals::default(),
            texts: Texts::new(options.overlay.clone()),
            shared: None,
        }
    }

    /// Plans precompiled headers for `units`. `own` says which arguments belong to one unit only
    /// and must not be in those of shared headers; `prelude` is what stands before their first
    /// line instead of these.
    pub fn plan(&self, units: &[Shareable<'_>], own: &dyn Fn(&str) -> bool, prelude: &str) -> Plan {
        precompiled::plan(&self.texts, units, own, prelude)
    }

    /// Tells what is known of a unit that will not be read.
    pub fn knows(&self, rank: Rank, seen: &Seen) {
        for &key in &seen.definitions {
            self.claims.take(key, rank, seen.damaged);
        }
    }

    /// Tells what the precompiled headers define that units to be read may start from.
    pub fn shares(&mut self, drafts: Vec<Draft>) {
        let units = drafts.into_iter().map(|it| it.unit).collect();
        self.shared = Some(SharedFunctions::new(units));
    }

    /// Parses headers, each as the unit of the file beside it, and unless the file is only to be
    /// read saves them as that file with `.pch` behind its name.
    ///
    /// `None` for headers that do not go together.
    pub fn precompile(
        &self,
        plans: &[(Rank, &HeaderPlan, &Utf8Path)],
        save: bool,
    ) -> Vec<io::Result<Option<Precompiled>>> {
        self.in_parallel(plans.len(), &|number, context| {
            let (rank, plan, file) = plans[number];
            self.make(rank, plan, file, save, context)
        })
        .into_iter()
        .map(|it| it.unwrap_or(Ok(None)))
        .collect()
    }

    /// Reads units in this order. What becomes of each is decided by `keep`, which is called on
    /// many threads and in any order; its results are in the order of `tasks`.
    pub fn read<T: Send>(
        &self,
        tasks: &[Task<'_>],
        keep: &(dyn Fn(usize, Outcome) -> T + Sync),
    ) -> Vec<T> {
        let outcomes = self.in_parallel(tasks.len(), &|number, context| {
            keep(number, self.read_one(tasks[number], context))
        });
        outcomes
            .into_iter()
            .enumerate()
            .map(|(number, outcome)| {
                // A bug of ours in one unit must not cost the others.
                outcome.unwrap_or_else(|| {
                    let reason = "internal error while the unit was read";
                    let draft = unit::lost(tasks[number].job, &self.settings, reason);
                    keep(number, Outcome::of(draft))
                })
            })
            .collect()
    }

    /// Whether a unit has to deliver a definition that it did not lower.
    pub fn lacks(&self, rank: Rank, seen: &Seen) -> bool {
        seen.definitions
            .iter()
            .any(|&key| self.claims.holds(key, rank) && seen.lowered.binary_search(&key).is_err())
    }

    /// The definitions of headers that a unit has to deliver, sorted.
    pub fn delivers(&self, rank: Rank, seen: &Seen) -> Vec<DefinitionKey> {
        let mut delivered = seen.definitions.clone();
        delivered.retain(|&key| self.claims.holds(key, rank));
        delivered
    }

    /// What a unit says when all is known of the others.
    pub fn settle(&self, rank: Rank, draft: Draft) -> Unit {
        finish(draft.unit, draft.keys, &|key| self.claims.holds(key, rank))
    }

    fn make(
        &self,
        rank: Rank,
        plan: &HeaderPlan,
        file: &Utf8Path,
        save: bool,
        context: Context<'_>,
    ) -> io::Result<Option<Precompiled>> {
        let mut plan = plan.clone();
        let Some(tu) = precompiled::parse(context, &mut plan, file)? else {
            return Ok(None);
        };
        let job = Job {
            // It must not tell where the cache is.
            file: format!("<headers>/{rank:?}").into(),
            arguments: plan.arguments.clone(),
            precompiled: None,
        };
        let is_saved = save && tu.save(&format!("{file}.pch"));
        let wanted = Wanted::Claimed(&self.claims, rank);
        let mut draft = unit::lower(&tu, &job, context, wanted, Vec::new());
        draft.unit.is_shared = true;
        Ok(Some(Precompiled {
            draft,
            plan,
            is_saved,
        }))
    }

    fn read_one(&self, task: Task<'_>, context: Context<'_>) -> Outcome {
        let wanted = Wanted::Claimed(&self.claims, task.rank);
        let draft = unit::read(context, task.job, wanted);
        if !task.is_checked || !draft.sources.precompiled {
            return Outcome::of(draft);
        }
        let plain = Job {
            precompiled: None,
            ..task.job.clone()
        };
        let lowered: FxHashSet<DefinitionKey> = draft.headers.lowered.iter().copied().collect();
        let plain = unit::read(context, &plain, Wanted::Only(&lowered));
        if same(&draft, &plain) {
            return Outcome::of(draft);
        }
        Outcome {
            draft: plain,
            differs: true,
        }
    }

    /// Does something for each number below `count`; `None` for what panicked.
    fn in_parallel<T: Send>(
        &self,
        count: usize,
        work: &(dyn Fn(usize, Context<'_>) -> T + Sync),
    ) -> Vec<Option<T>> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<Option<T>>> = Mutex::new((0..count).map(|_| None).collect());
        let run = || {
            let index = Index::new(&self.library);
            let context = Context {
                index: &index,
                settings: &self.settings,
                refusals: &self.refusals,
                texts: &self.texts,
                shared: self.shared.as_ref(),
            };
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    break;
                }
                let outcome = catch_unwind(AssertUnwindSafe(|| work(number, context))).ok();
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done[number] = outcome;
            }
            drop(index);
            release_memory();
        };
        thread::scope(|scope| {
            for number in 0..self.jobs.clamp(1, count.max(1)) {
                let spawned = thread::Builder::new()
                    .name(format!("clang-{number}"))
                    .stack_size(STACK)
                    .spawn_scoped(scope, run);
                if spawned.is_err() {
                    break; // those that did start do all of the work
                }
            }
        });
        done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a unit says the same with precompiled headers as without.
fn same(precompiled: &Draft, plain: &Draft) -> bool {
    let settled = |draft: &Draft| finish(draft.unit.clone(), draft.keys.clone(), &|_| true);
    settled(precompiled).says_the_same(&settled(plain))
}
