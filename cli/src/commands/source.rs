// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program that a command is about: from the command line to a solved program.

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use waitctx_solver::query::FunctionRef;
use waitctx_solver::{Knowledge, Solution};

use super::scan;
use crate::catalogue::distance;
use crate::failure::Advised;
use crate::knowledge;
use crate::progress::Progress;
use crate::reading::{self, Reading};
use crate::solving::{Input, Question, Solved};
use crate::summary::Clock;
use crate::tally::UnitTally;

/// What is to be solved.
#[derive(Args, Debug)]
pub(super) struct Source {
    #[command(flatten)]
    pub(super) input: reading::Arguments,

    /// Read the units from a file of `waitctx extract` instead of the sources; those that a
    /// database given as well names are read anew
    #[arg(long, value_name = "FILE")]
    facts: Option<Utf8PathBuf>,

    /// More knowledge, such as lock wrappers of an out-of-tree module (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) model: Vec<Utf8PathBuf>,
}

impl Source {
    /// What is found in the units, and where the names of files start from.
    pub(super) fn solve(
        &self,
        knowledge: &Knowledge,
        has_nesting: bool,
        clock: &mut Clock,
    ) -> Result<(Solved, Vec<Utf8PathBuf>)> {
        let models = knowledge::texts(&self.model)?;
        let (input, roots) = clock.time("read", || self.read())?;
        if let Input::Sources(units) = &input {
            clock.newly_read(units.newly_read());
        }
        let store = self.input.store();
        let pool = reading::pool(self.input.jobs())?;
        let question = Question {
            knowledge,
            models: &models,
            has_nesting,
        };
        let solved = pool.install(|| question.answer(input, store.as_ref(), clock))?;
        Ok((solved, roots))
    }

    /// Solves the program and asks it.
    pub(super) fn ask<T: Send>(
        &self,
        question: impl FnOnce(&Solution<'_>, &Knowledge) -> Result<T> + Send,
    ) -> Result<T> {
        let (knowledge, _) = knowledge::load(&self.model)?;
        let (input, _) = self.read()?;
        reading::pool(self.input.jobs())?.install(|| {
            let units = input.into_units()?;
            scan::check_units(&UnitTally::new(&units))?;
            let progress = Progress::spinner("solving");
            let program = waitctx_solver::link(units, &knowledge);
            let solution = Solution::new(&program, &knowledge);
            drop(progress);
            question(&solution, &knowledge)
        })
    }

    fn read(&self) -> Result<(Input, Vec<Utf8PathBuf>)> {
        let Some(facts) = &self.facts else {
            let Reading { units, roots } = reading::read(&self.input)?;
            return Ok((Input::Sources(Box::new(units)), roots));
        };
        let pool = reading::pool(self.input.jobs())?;
        let (units, roots) = pool.install(|| reading::read_facts(facts, &self.input))?;
        Ok((Input::Facts(units), roots))
    }
}

/// The functions that people mean by `name`: all of that name, or with `FILE:NAME` those of a file.
pub(super) fn functions(solution: &Solution<'_>, name: &str) -> Result<Vec<FunctionRef>> {
    let (file, function) = match name.rsplit_once(':') {
        Some((file, function)) => (Some(file), function),
        None => (None, name),
    };
    let mut found = solution.named(function);
    if let Some(file) = file {
        found.retain(|&it| {
            let place = solution.place(it);
            place.is_some_and(|place| is_below(&place.file, file))
        });
    }
    // A declaration says nothing that the definition does not.
    if found.iter().any(|&it| solution.has_body(it)) {
        found.retain(|&it| solution.has_body(it));
    }
    if found.is_empty() {
        return Err(unknown(solution, function, file));
    }
    Ok(found)
}

/// Whether `file` is the file or in the directory `path`.
pub(super) fn is_below(file: &str, path: &str) -> bool {
    Utf8Path::new(file).starts_with(path)
}

fn unknown(solution: &Solution<'_>, name: &str, file: Option<&str>) -> anyhow::Error {
    let place = file.map_or_else(|| "the program".to_owned(), str::to_owned);
    let nearest = solution
        .functions()
        .filter(|&it| solution.has_body(it))
        .map(|it| solution.name(it))
        .filter(|it| it.len().abs_diff(name.len()) <= 4)
        .min_by_key(|it| (distance(it, name), *it));
    let help = match nearest.filter(|it| distance(it, name) <= 3) {
        Some(near) => format!("there is `{near}`"),
        None => "it may be in a file that the database does not name".to_owned(),
    };
    Advised::new(format!("there is no function `{name}` in {place}"), help).into()
}
