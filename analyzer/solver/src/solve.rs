// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of things: structures bottom-up, demands over all calls, violations to findings.

use std::sync::OnceLock;

use rayon::prelude::*;
use waitctx_model::{Callee, Function, Statement, Value};

use crate::completed::Completed;
use crate::findings::Judged;
use crate::paths::{Structure, Summaries, Target, walk};
use crate::per_function::{PerFunction, Structures};
use crate::program::{FnId, PointerKey, Program, SccOrder, key_of_place};
use crate::report::FEW_TABLE_TARGETS;
use crate::skeleton::{Forbidden, Skeleton};
use crate::{Coverage, Knowledge, Report, demands, findings};

/// What a solution is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Violations only.
    Report,
    /// Questions about any function.
    Questions,
}

/// A solved program: it can be reported, and it can be asked (see [`crate::query`]).
pub struct Solution<'a> {
    pub(crate) program: &'a Program,
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) structures: PerFunction<Structure>,
    pub(crate) skeleton: Skeleton,
    pub(crate) demands: demands::Demands,
    /// What says more of functions than `structures` does, where these are for a report.
    pub(crate) completed: Option<Completed>,
    /// The violations, where they have been looked for.
    pub(crate) known: Option<Report>,
    /// The places of functions in their order, where that is not the one of their numbers.
    pub(crate) ranks: OnceLock<Vec<u32>>,
}

impl<'a> Solution<'a> {
    /// Solves a program so that any function can be asked about, with as many threads as rayon's
    /// current pool has.
    pub fn new(program: &'a Program, knowledge: &'a Knowledge) -> Self {
        let order = program.graph.clone().bottom_up();
        Self::with(program, knowledge, &order, Purpose::Questions)
    }

    pub(crate) fn with(
        program: &'a Program,
        knowledge: &'a Knowledge,
        order: &SccOrder,
        purpose: Purpose,
    ) -> Self {
        let structures = structures(program, knowledge, order, purpose);
        let all = structures.iter().map(|(_, it)| it);
        let skeleton = Skeleton::new(program, &Forbidden::new(knowledge), all);
        let demands = demands::compute(
            program,
            knowledge,
            Structures::new(&structures),
            &skeleton,
            purpose,
        );
        Self {
            program,
            knowledge,
            structures,
            skeleton,
            demands,
            completed: None,
            known: None,
            ranks: OnceLock::new(),
        }
    }

    pub(crate) fn structures(&self) -> Structures<'_> {
        Structures::new(&self.structures)
    }

    /// What a function does, with the calls of functions in which nothing happens.
    pub(crate) fn complete(&self, function: FnId) -> &Structure {
        let (program, knowledge) = (self.program, self.knowledge);
        match &self.completed {
            Some(completed) => completed.of(program, knowledge, &self.structures, function),
            None => self.structures.of(function),
        }
    }

    /// The violations.
    pub fn report(&self) -> Report {
        let known = self.known.clone();
        known.unwrap_or_else(|| self.judge(false).0)
    }

    /// The violations, and the causes that they were found by; `remembers` says whether what these rest
    /// on is wanted.
    pub(crate) fn judge(&self, remembers: bool) -> (Report, Judged) {
        let mut coverage = coverage(self.program, &self.structures);
        coverage.cut_off_functions += self.demands.cut_off;
        let reader = findings::Reader {
            program: self.program,
            knowledge: self.knowledge,
            structures: self.structures(),
            demands: &self.demands,
        };
        let (findings, judged) = findings::collect(reader, remembers);
        (Report { findings, coverage }, judged)
    }
}

/// Finds the violations of a program, with as many threads as rayon's current pool has. What leads
/// to none is left out, so this takes less time and memory than a [`Solution`] that can be asked.
pub fn solve(program: Program, knowledge: &Knowledge) -> Report {
    ask(program, knowledge, |it| it.report())
}

/// Solves a program and asks the solution. It can be asked all that a [`Solution`] can but for the
/// nesting of locks: what is not known of a function is found out when somebody asks for it.
pub fn ask<T>(
    mut program: Program,
    knowledge: &Knowledge,
    question: impl FnOnce(&mut Solution<'_>) -> T,
) -> T {
    let order = std::mem::take(&mut program.graph).bottom_up();
    let mut solution = Solution::with(&program, knowledge, &order, Purpose::Report);
    solution.completed = Some(Completed::new(order, program.functions.len()));
    question(&mut solution)
}

/// What every function does. Callees come first. Within a recursion the functions are walked twice:
/// first a call back into it is taken to leave the context as it is, then to do what was found.
fn structures(
    program: &Program,
    knowledge: &Knowledge,
    order: &SccOrder,
    purpose: Purpose,
) -> PerFunction<Structure> {
    let done = PerFunction::new(program.functions.len());
    for level in &order.levels {
        level.par_iter().for_each(|component| {
            for (function, structure) in
                walk_together(program, knowledge, order, purpose, &done, component)
            {
                done.set(function, structure);
            }
        });
    }
    done
}

/// What the functions of one component do. They do not see each other's results of the same pass, so
/// that the result does not depend on where the recursion is entered.
pub(crate) fn walk_together(
    program: &Program,
    knowledge: &Knowledge,
    order: &SccOrder,
    purpose: Purpose,
    done: &PerFunction<Structure>,
    component: &[FnId],
) -> Vec<(FnId, Structure)> {
    let pass = |earlier: &[(FnId, Structure)]| -> Vec<(FnId, Structure)> {
        let walk = |&of: &FnId| {
            let summaries = Summaries {
                done,
                order,
                of,
                earlier,
                purpose,
            };
            (of, walk(program, knowledge, summaries))
        };
        component.iter().map(walk).collect()
    };
    let results = pass(&[]);
    if component.len() > 1 {
        pass(&results)
    } else {
        results
    }
}

/// How much of a program has been seen; what had to leave out a demand is not counted here.
fn coverage(program: &Program, structures: &PerFunction<Structure>) -> Coverage {
    let coverage = Coverage {
        unknown_functions: program
            .functions
            .iter()
            .filter(|it| !it.has_body() && it.row.is_none())
            .count(),
        ..Coverage::default()
    };
    let parts = (0..structures.len()).into_par_iter().map(|number| {
        let function = FnId(index(number));
        let body = program.body(function);
        Part::of(program, body.as_ref(), structures.of(function))
    });
    let all = parts.reduce(Part::default, Part::and);
    exchange(coverage, Part::default(), all)
}

/// What has been seen when something is `now` what it was not `before`.
pub(crate) fn exchange(coverage: Coverage, before: Part, now: Part) -> Coverage {
    let exchange = |all: usize, before: usize, now: usize| all + now - before;
    Coverage {
        functions: exchange(coverage.functions, before.functions, now.functions),
        calls: exchange(coverage.calls, before.calls, now.calls),
        indirect_calls: exchange(coverage.indirect_calls, before.indirect, now.indirect),
        indirect_resolved: exchange(coverage.indirect_resolved, before.resolved, now.resolved),
        table_calls: exchange(coverage.table_calls, before.of_tables, now.of_tables),
        table_calls_resolved: exchange(
            coverage.table_calls_resolved,
            before.of_few_tables,
            now.of_few_tables,
        ),
        merged_functions: exchange(coverage.merged_functions, before.merged, now.merged),
        cut_off_functions: exchange(coverage.cut_off_functions, before.cut_off, now.cut_off),
        ..coverage
    }
}

/// A part of what has been seen.
#[derive(Clone, Copy, Default)]
pub(crate) struct Part {
    /// Functions with bodies.
    functions: usize,
    calls: usize,
    /// Of these, through pointers.
    indirect: usize,
    /// Of these, with a known target.
    resolved: usize,
    /// Through fields that constant tables fill.
    of_tables: usize,
    /// Of these, with few targets.
    of_few_tables: usize,
    /// Functions with paths that could not be kept apart.
    merged: usize,
    /// Functions with calls in too many contexts.
    cut_off: usize,
}

impl Part {
    pub(crate) fn of(program: &Program, body: Option<&Function>, structure: &Structure) -> Self {
        let is_merged = structure.merged || structure.ambiguous || !structure.complete;
        let mut part = Self {
            functions: usize::from(body.is_some()),
            merged: usize::from(is_merged && body.is_some()),
            cut_off: usize::from(structure.cut_off),
            ..Self::default()
        };
        let blocks = body.map_or(&[][..], |it| &it.blocks);
        for (block, statements) in blocks.iter().enumerate() {
            for (number, statement) in statements.statements.iter().enumerate() {
                let Statement::Call(call) = statement else {
                    continue;
                };
                part.calls += 1;
                if matches!(call.callee, Callee::Direct(_)) {
                    continue;
                }
                part.indirect += 1;
                if let Callee::Pointer { value, .. } = &call.callee
                    && let Some(key) = field_of(value)
                    && program.targets.is_of_tables(key)
                {
                    part.of_tables += 1;
                    let few = program.targets.of(key).len() <= FEW_TABLE_TARGETS;
                    part.of_few_tables += usize::from(few);
                }
                let resolved = structure.records.iter().any(|record| {
                    record.site == (index(block), index(number))
                        && match record.target {
                            Target::Pointer(key) => !program.targets.of(key).is_empty(),
                            Target::Function(_) | Target::Demand { .. } => true,
                        }
                });
                part.resolved += usize::from(resolved);
            }
        }
        part
    }

    fn and(self, other: Self) -> Self {
        Self {
            functions: self.functions + other.functions,
            calls: self.calls + other.calls,
            indirect: self.indirect + other.indirect,
            resolved: self.resolved + other.resolved,
            of_tables: self.of_tables + other.of_tables,
            of_few_tables: self.of_few_tables + other.of_few_tables,
            merged: self.merged + other.merged,
            cut_off: self.cut_off + other.cut_off,
        }
    }
}

/// The field that a called pointer is read from.
fn field_of(value: &Value) -> Option<PointerKey> {
    let (Value::Read(place) | Value::AddressOf(place)) = value else {
        return None;
    };
    key_of_place(place, &|_| None).filter(|key| matches!(key, PointerKey::Field(_)))
}

fn index(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than 2^32 functions and blocks")
}
