// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program that a command is about: from the command line to a solved program.

use anyhow::Result;
use camino::Utf8Path;
use clap::Args;
use waitctx_solver::query::FunctionRef;
use waitctx_solver::{Knowledge, Solution};

use crate::analysis;
use crate::catalogue::distance;
use crate::failure::Advised;
use crate::reading;
use crate::summary::Clock;

/// What is to be solved.
#[derive(Args, Debug)]
#[group(id = "source")]
pub(super) struct Source {
    #[command(flatten)]
    program: analysis::Arguments,
}

impl Source {
    /// Solves the program and asks it, which may take a second attempt.
    pub(super) fn ask<T: Send>(
        &self,
        question: impl Fn(&Solution<'_>, &Knowledge) -> Result<T> + Sync,
    ) -> Result<T> {
        let mut program = self.program.clone();
        let setup = program.prepare()?;
        // What is asked is the whole program, wherever the path leads.
        program.input.part = None;
        let configuration = reading::only(&setup.configurations, "what is asked")?;
        let input = analysis::read(&mut program, configuration, &mut Clock::new())?.input;
        let store = program.input.store();
        let (tally, answer) = reading::pool(program.input.jobs())?.install(|| {
            let question = |solution: &mut Solution<'_>| question(solution, &setup.knowledge);
            setup.question().ask(input, store.as_ref(), &question)
        })?;
        analysis::check_units(&tally)?;
        answer
    }
}

/// More functions than these a macro may call without it being said which one is meant.
const MOST_OF_MACRO: usize = 3;

/// The functions that people mean by `name`: all of that name, or with `FILE:NAME` those of a file. A
/// macro stands for what it calls.
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
    if !found.is_empty() {
        return Ok(found);
    }
    let called: Vec<FunctionRef> = match file {
        Some(_) => Vec::new(),
        None => solution.called_by_macro(function).into_iter().collect(),
    };
    match called.len() {
        0 => Err(unknown(solution, function, file)),
        1..=MOST_OF_MACRO => Ok(called),
        _ => {
            let names: Vec<&str> = called.iter().map(|&it| solution.name(it)).collect();
            let help = format!("`{function}` is a macro that calls {}", quoted(&names));
            Err(Advised::new(format!("there is no function `{function}`"), help).into())
        }
    }
}

/// Whether `file` is the file or in the directory `path`.
pub(super) fn is_below(file: &str, path: &str) -> bool {
    Utf8Path::new(file).starts_with(path)
}

fn quoted(names: &[&str]) -> String {
    format!("`{}`", names.join("`, `"))
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
