// SPDX-License-Identifier: MIT OR Apache-2.0
//! Solving a program of which some units have changed since it was solved.
//!
//! The outcome is that of solving everything, byte for byte. What an earlier solution left is read where
//! it is looked at: bodies that are other ones now are walked anew, and their callers where they return
//! in another way; what these demand goes up the calls as far as it is something else than before; and
//! causes are judged anew that rest on something of that. Where the program as a whole could be another
//! (a function that others may mean, a pointer that can be another one), there is no outcome.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_model::Unit;

use crate::completed::Completed;
use crate::demands::{self, Renewed};
use crate::entries::Entered;
use crate::findings::{self, Differs, Reader};
use crate::kept::{Kept, Left, Section, Solved};
use crate::packed::Packed;
use crate::paths::Structure;
use crate::per_function::{PerFunction, Structures};
use crate::program::{
    Callers, Changed, FnId, Joints, Pending, Program, SccOrder, link_with_joints,
    replace as replace_units,
};
use crate::skeleton::{Forbidden, Skeleton, edges};
use crate::solve::{self, Part};
use crate::{Coverage, Knowledge, Purpose, Report, Solution};

/// A program with what it takes to put other units in the place of some.
pub struct Linked {
    program: Program,
    joints: Packed<Joints>,
}

impl Linked {
    /// Links units; `None` when one cannot be read.
    pub fn new(units: Vec<Pending<'_>>, knowledge: &Knowledge) -> Option<Self> {
        let (program, joints) = link_with_joints(units, knowledge)?;
        let joints = Packed::new(&joints);
        Some(Self { program, joints })
    }
}

/// Solves a program, and hands out what [`solve_again`] needs, one part after the other.
pub fn solve_and_leave(
    linked: Linked,
    knowledge: &Knowledge,
    leave: &mut dyn FnMut(&[u8]),
) -> Report {
    leave_and_ask(linked, knowledge, leave, |it| it.report())
}

/// The same, and asks the solution, as [`ask`](crate::ask) does.
pub fn leave_and_ask<T>(
    linked: Linked,
    knowledge: &Knowledge,
    leave: &mut dyn FnMut(&[u8]),
    question: impl FnOnce(&mut Solution<'_>) -> T,
) -> T {
    let Linked {
        mut program,
        joints,
    } = linked;
    let order = std::mem::take(&mut program.graph).bottom_up();
    let mut solution = Solution::with(&program, knowledge, &order, Purpose::Report);
    let (report, judged) = solution.judge(true);
    let solved = Solved {
        program: &program,
        joints: &joints,
        graph: order.graph(),
        skeleton: &solution.skeleton,
        structures: &solution.structures,
        demands: &solution.demands,
        judged: &judged,
        coverage: report.coverage,
    };
    solved.leave(leave);
    solution.known = Some(report);
    solution.completed = Some(Completed::new(order, program.functions.len()));
    question(&mut solution)
}

/// Solves the program that `kept` was left of by [`solve_and_leave`], with these units in the place of
/// those that were given there at the same indices. `None` when that takes solving all of it, or when
/// what was left cannot be read.
pub fn solve_again(
    kept: Arc<dyn Kept>,
    units: Vec<(u32, Unit)>,
    knowledge: &Knowledge,
) -> Option<Report> {
    ask_again(kept, units, knowledge, |it| it.report())
}

/// Solves a program as [`solve_again`] does, and asks the solution, as [`ask`](crate::ask) does. `None`
/// for the same reasons; what was answered then is of no use.
pub fn ask_again<T>(
    kept: Arc<dyn Kept>,
    units: Vec<(u32, Unit)>,
    knowledge: &Knowledge,
    question: impl FnOnce(&mut Solution<'_>) -> T,
) -> Option<T> {
    let mut left = Left::read(&kept)?;
    let damage = left.damage();
    let entries = left.program.entries.clone();
    let known = left.program.functions.len();
    let changed = replace_units(&mut left.program, &mut left.joints, units, knowledge)?;
    let program = &left.program;
    let count = program.functions.len();
    left.earlier.grow(count);

    let mut graph = left.graph;
    graph.grow(count);
    let mut called: Vec<FnId> = Vec::new();
    for (&function, callees) in &changed {
        called.extend(graph.callees(function));
        graph.set(function, callees.clone());
    }
    let callers = graph.callers();
    let is_forgotten = |function: &FnId| {
        let it = program.function(*function);
        let is_unknown = !it.has_body() && it.row.is_none() && !changed.contains_key(function);
        is_unknown && callers.of(*function).is_empty()
    };
    if called.iter().any(is_forgotten) {
        return None; // whether the program still has it is for the declarations of all units to say
    }
    let order = graph.bottom_up();
    let walked = Walked::new(
        program,
        knowledge,
        (&order, &callers),
        &left.structures,
        &changed,
    );
    let forbidden = Forbidden::new(knowledge);
    let edges = walked.differing.iter().map(|&function| {
        let structure = walked.structures.of(function);
        let edges = edges(program, &forbidden, structure);
        (function, edges.collect::<Vec<_>>())
    });
    let edges: FxHashMap<FnId, Vec<_>> = edges.collect();
    let skeleton = left.skeleton.with(count, &edges);
    let view = Structures::new(&walked.structures);

    // Where a body is another one, even one that does the same, what is read from it is to be looked at.
    let mut differing: Vec<FnId> = walked.differing.clone();
    differing.extend(changed.keys());
    differing.sort_unstable();
    differing.dedup();
    let cut_off = left.earlier.cut_off;
    let renewed = demands::compute_again(
        program,
        knowledge,
        view,
        &skeleton,
        (left.earlier, differing.clone()),
    );
    let Renewed {
        demands,
        functions: renewed,
        takes_alike,
    } = renewed;

    let differs = Differs {
        functions: differing
            .iter()
            .chain(&renewed)
            .copied()
            .chain(moved(&entries, &program.entries))
            .collect(),
        callers: callees(program, &left.skeleton, &skeleton, &walked.differing),
        takes: !takes_alike,
    };
    let reader = Reader {
        program,
        knowledge,
        structures: view,
        demands: &demands,
    };
    let (findings, _) = findings::collect_again(reader, left.judged, &differs);
    let added = &program.functions[known..];
    let unknown = added.iter().filter(|it| !it.has_body() && it.row.is_none());
    let mut coverage = Coverage {
        unknown_functions: left.coverage.unknown_functions + unknown.count(),
        ..left.coverage
    };
    for &function in &differing {
        let before = left.structures.read(function).unwrap_or_default();
        let body = program.kept_bodies.as_ref()?.read(function);
        let before = Part::of(program, body.as_ref(), &before);
        let body = program.body(function);
        let now = Part::of(program, body.as_ref(), view.of(function));
        coverage = solve::exchange(coverage, before, now);
    }
    coverage.cut_off_functions = coverage.cut_off_functions + demands.cut_off - cut_off;
    let mut solution = Solution {
        program,
        knowledge,
        structures: walked.structures,
        skeleton,
        demands,
        completed: Some(Completed::new(order, count)),
        known: Some(Report { findings, coverage }),
        ranks: OnceLock::new(),
    };
    let answer = question(&mut solution);
    let Solution {
        structures,
        demands,
        completed,
        ..
    } = solution;
    // To give all of it back takes as long as some of the above, and nobody waits for that.
    rayon::spawn(move || drop((left.program, left.joints, structures, demands, completed)));
    (!damage.is_found()).then_some(answer)
}

/// The functions of a program that were walked anew.
struct Walked {
    structures: PerFunction<Structure>,
    /// Those that do something else than before.
    differing: Vec<FnId>,
}

impl Walked {
    /// Walks what has `changed`, callees first, and the callers of what returns in another way then.
    fn new(
        program: &Program,
        knowledge: &Knowledge,
        (order, callers): (&SccOrder, &Callers),
        before: &Section,
        changed: &Changed,
    ) -> Self {
        let count = program.functions.len();
        let structures = PerFunction::of_kept(count, before.clone());
        let mut stale: FxHashSet<FnId> = changed.keys().copied().collect();
        let mut differing = Vec::new();
        for level in &order.levels {
            let is_stale = |component: &&Vec<FnId>| component.iter().any(|it| stale.contains(it));
            let components: Vec<&Vec<FnId>> = level.iter().filter(is_stale).collect();
            let walk = |component: &&Vec<FnId>| {
                let purpose = Purpose::Report;
                solve::walk_together(program, knowledge, order, purpose, &structures, component)
            };
            let walked: Vec<(FnId, Structure)> = components.par_iter().flat_map(walk).collect();
            for (function, structure) in walked {
                let was: Structure = before.read(function).unwrap_or_default();
                let is_same = postcard::to_stdvec(&was) == postcard::to_stdvec(&structure);
                if !is_same {
                    differing.push(function);
                    if !was.looks_like(&structure) {
                        stale.extend(callers.of(function));
                    }
                }
                structures.set(function, structure);
            }
        }
        differing.sort_unstable();
        Self {
            structures,
            differing,
        }
    }
}

/// Functions that are registered elsewhere than before.
fn moved<'a>(before: &'a [Entered], now: &'a [Entered]) -> impl Iterator<Item = FnId> + use<'a> {
    let pairs = before.iter().zip(now);
    let differing = pairs.filter(|(before, now)| before != now);
    differing.map(|(_, now)| now.function)
}

/// What some functions call, or called before.
fn callees(
    program: &Program,
    before: &Skeleton,
    now: &Skeleton,
    callers: &[FnId],
) -> FxHashSet<FnId> {
    let all = callers
        .iter()
        .flat_map(|&it| before.of(it).iter().chain(now.of(it)));
    let all = all.flat_map(|edge| edge.callees(program));
    all.copied().collect()
}
