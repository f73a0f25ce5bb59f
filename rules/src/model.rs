// SPDX-License-Identifier: MIT OR Apache-2.0
//! From model files to the solver's tables.

mod build;
mod check;
mod convert;
mod doubts;
mod effects;
mod entries;
mod objects;
mod pairs;
mod schema;

pub(crate) use convert::wait_type;
pub(crate) use schema::WaitTypeName;

use waitctx_solver::Knowledge;

use crate::ModelError;

/// The built-in model: everything this crate knows of the kernel.
pub fn builtin() -> Result<Knowledge, Vec<ModelError>> {
    load(&[])
}

/// The built-in model with the rows of more files, given as name and text. Later files add to
/// earlier ones; a row takes the place of an earlier one of the same function only when it says
/// `override = true`.
pub fn load(extra: &[(&str, &str)]) -> Result<Knowledge, Vec<ModelError>> {
    build::knowledge(builtin_files().iter().chain(extra).copied())
}

/// The built-in model files, as name and text.
pub fn builtin_files() -> &'static [(&'static str, &'static str)] {
    FILES
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!("rules/model/", $name),
            include_str!(concat!("../model/", $name)),
        )),*]
    };
}

/// `tests/model.rs` compares this with the directory.
const FILES: &[(&str, &str)] = files![
    "contexts.toml",
    "demands.toml",
    "raw_spinlock.toml",
    "spinlock.toml",
    "rwlock.toml",
    "local_lock.toml",
    "seqlock.toml",
    "bit_lock.toml",
    "rcu.toml",
    "rt_macros.toml",
    "preempt_irq_bh.toml",
    "mutex_rwsem_semaphore.toml",
    "object_locks.toml",
    "sleeping.toml",
    "user_memory.toml",
    "wait_queue.toml",
    "allocation_slab.toml",
    "allocation_page.toml",
    "allocation_vmalloc.toml",
    "allocation_percpu.toml",
    "allocation_misc.toml",
    "freeing.toml",
    "control.toml",
    "printing.toml",
    "sleeping_init.toml",
    "run_time.toml",
    "objects.toml",
    "opaque.toml",
    "rust.toml",
    "threaded_interrupts.toml",
    "entries_interrupts.toml",
    "entries_deferred.toml",
    "entries_callbacks.toml",
    "entries_memory.toml",
    "reclaim.toml",
];
