// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading many units on several threads, with an outcome that does not depend on the threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use camino::Utf8PathBuf;
use waitctx_model::Unit;

use crate::arguments::Refusals;
use crate::claims::Claims;
use crate::compact::{Keys, finish};
use crate::ffi::{Index, Library};
use crate::paths::Roots;
use crate::reader::Settings;
use crate::unit::{self, Job};

/// Lowering recurses as deeply as the source nests.
const STACK: usize = 64 << 20;

/// What is the same for all units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The scanned tree: file names in the model are relative to it.
    pub root: Utf8PathBuf,
    /// Where generated files are, if not in the tree.
    pub object_root: Option<Utf8PathBuf>,
    /// How many units are read at once.
    pub jobs: usize,
    /// What the names of build options start with.
    pub option_prefix: String,
}

impl Options {
    fn settings(&self) -> Settings {
        Settings {
            roots: Roots::new(&self.root, self.object_root.as_deref()),
            option_prefix: self.option_prefix.clone(),
        }
    }
}

/// Reads all units, in the order of `jobs`. `on_unit` is told of each as it is done, in any order
/// and from any thread.
///
/// A definition in a header is only in the first unit that includes it.
pub fn read_units(
    library: &Library,
    jobs: &[Job],
    options: &Options,
    on_unit: &(dyn Fn(usize, &Unit) + Sync),
) -> Vec<Unit> {
    let settings = options.settings();
    let claims = Claims::new();
    let refusals = Refusals::default();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<(Unit, Keys)>>> = Mutex::new(jobs.iter().map(|_| None).collect());

    let work = || {
        let index = Index::new(library);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(number) else { break };
            let claims = Some((&claims, number));
            let read = catch_unwind(AssertUnwindSafe(|| {
                unit::read(&index, job, &settings, &refusals, claims)
            }));
            // A bug of ours in one unit must not cost the others.
            let read = read.unwrap_or_else(|_| {
                let reason = "internal error while the unit was read";
                (unit::lost(job, &settings, reason), Keys::default())
            });
            on_unit(number, &read.0);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done[number] = Some(read);
        }
    };
    thread::scope(|scope| {
        for number in 0..options.jobs.clamp(1, jobs.len().max(1)) {
            let spawned = thread::Builder::new()
                .name(format!("clang-{number}"))
                .stack_size(STACK)
                .spawn_scoped(scope, work);
            if spawned.is_err() {
                break; // those that did start do all of the work
            }
        }
    });

    done.into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_iter()
        .zip(jobs)
        .enumerate()
        .map(|(number, (read, job))| match read {
            Some((unit, keys)) => finish(unit, keys, &|key| claims.holds(key, number)),
            None => unit::lost(
                job,
                &settings,
                "no thread could be started to read the unit",
            ),
        })
        .collect()
}

/// Reads one unit with everything that it includes. The calling thread should have a large stack
/// when the source nests deeply.
pub fn read_unit(library: &Library, job: &Job, options: &Options) -> Unit {
    let index = Index::new(library);
    let settings = options.settings();
    let (unit, keys) = unit::read(&index, job, &settings, &Refusals::default(), None);
    finish(unit, keys, &|_| true)
}
