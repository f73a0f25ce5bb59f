// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading units in one step, without precompiled headers.

use waitctx_model::Unit;

use crate::claims::Rank;
use crate::draft::Draft;
use crate::ffi::Library;
use crate::session::{Options, Session, Task};
use crate::unit::Job;

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
    let session = Session::new(library, options);
    let tasks: Vec<Task<'_>> = jobs
        .iter()
        .zip(0..)
        .map(|(job, number)| Task {
            rank: Rank::Unit(number),
            job,
            is_checked: false,
        })
        .collect();
    let drafts: Vec<Draft> = session.read(&tasks, &|number, outcome| {
        on_unit(number, outcome.draft.unit());
        outcome.draft
    });
    drafts
        .into_iter()
        .zip(&tasks)
        .map(|(draft, task)| session.settle(task.rank, draft))
        .collect()
}

/// Reads one unit with everything that it includes. The calling thread should have a large stack
/// when the source nests deeply.
pub fn read_unit(library: &Library, job: &Job, options: &Options) -> Unit {
    let options = Options {
        jobs: 1,
        ..options.clone()
    };
    let mut units = read_units(library, std::slice::from_ref(job), &options, &|_, _| {});
    units.pop().unwrap_or_default()
}
