// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx graph`: the call graph with what is known of it, for other programs.

use std::fs;
use std::io::{self, Write};

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;
use waitctx_solver::query::FunctionRef;
use waitctx_solver::{Finding, Solution};

use super::source::{self, Source};
use super::{Outcome, check_writable, scan};
use crate::call_graph::{CallGraph, Reach};
use crate::failure::Advised;
use crate::output::graph::{self, GraphFormat};

/// Export the call graph: acquisitions, releases, allocations, sleeping, contexts of calls
///
/// Around functions, files or findings; without any of these, the whole program.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,

    /// Around this function, or FILE:FUNCTION (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "What is in it")]
    function: Vec<String>,

    /// Around the functions of this file, or of the files in this directory (repeatable)
    #[arg(long, value_name = "PATH", help_heading = "What is in it")]
    file: Vec<String>,

    /// Around the chain of the finding with this fingerprint (repeatable)
    #[arg(long, value_name = "FINGERPRINT", help_heading = "What is in it")]
    finding: Vec<String>,

    /// How many calls up and down [default: 2 around functions, 1 around files, 0 around findings]
    #[arg(long, value_name = "N", help_heading = "What is in it")]
    depth: Option<usize>,

    /// How many functions there are around those asked for; the nearest are taken
    #[arg(
        long,
        value_name = "N",
        default_value_t = 500,
        help_heading = "What is in it"
    )]
    limit: usize,

    /// How the graph is written
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    format: GraphFormat,

    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<Utf8PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  waitctx graph ~/linux --facts linux.facts --function insert_work | dot -Tsvg > graph.svg
  waitctx graph ~/linux --facts linux.facts --file kernel/rcu/tree.c --format graphml
  waitctx graph ~/linux --facts linux.facts --finding 0cc2d2faec5a1649
  waitctx graph ~/linux --facts linux.facts --format json --output linux.json";

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    arguments.output.as_deref().map_or(Ok(()), check_writable)?;
    let graph = arguments.source.ask(|solution, _| {
        let centers = centers(arguments, solution)?;
        let reach = Reach {
            depth: arguments.depth.unwrap_or_else(|| depth(arguments)),
            most: arguments.limit,
        };
        Ok(CallGraph::new(solution, &centers, reach))
    })?;
    let text = graph::text(arguments.format, &graph)?;
    match &arguments.output {
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write {path}"))?,
        None => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
    }
    let left_out = match graph.left_out {
        0 => String::new(),
        n => format!("; {n} more were left out (--limit)"),
    };
    // Nobody may be there to read it, which is not worth a failure.
    let _ = writeln!(
        io::stderr(),
        "{} functions, {} calls{left_out}",
        graph.graph.node_count(),
        graph.graph.edge_count()
    );
    Ok(Outcome::Clean)
}

fn depth(arguments: &Arguments) -> usize {
    if !arguments.function.is_empty() {
        2
    } else if !arguments.file.is_empty() {
        1
    } else {
        0
    }
}

/// The functions that are asked for; none for the whole program.
fn centers(arguments: &Arguments, solution: &Solution<'_>) -> Result<Vec<FunctionRef>> {
    let mut centers = Vec::new();
    for name in &arguments.function {
        centers.extend(source::functions(solution, name)?);
    }
    for path in &arguments.file {
        let in_it: Vec<FunctionRef> = solution
            .functions()
            .filter(|&it| {
                let place = solution.place(it);
                place.is_some_and(|place| source::is_below(&place.file, path))
            })
            .collect();
        if in_it.is_empty() {
            return Err(Advised::new(
                format!("there is no function in `{path}`"),
                "files are named relative to the tree, as reports name them",
            )
            .into());
        }
        centers.extend(in_it);
    }
    if !arguments.finding.is_empty() {
        let findings = solution.report().findings;
        for fingerprint in &arguments.finding {
            let finding = findings.iter().find(|it| it.fingerprint == *fingerprint);
            let finding = finding.ok_or_else(|| scan::unknown_finding(fingerprint))?;
            centers.extend(on_chain(solution, finding));
        }
    }
    centers.sort_unstable();
    centers.dedup();
    Ok(centers)
}

/// The functions of a finding's chain.
fn on_chain(solution: &Solution<'_>, finding: &Finding) -> Vec<FunctionRef> {
    let mut functions = Vec::new();
    for step in &finding.witness {
        // The function of a step is in the step's file: several may have its name.
        let here = solution.named(&step.function).into_iter().find(|&it| {
            let place = solution.place(it);
            place.is_some_and(|place| place.file == step.place.file)
        });
        functions.extend(here);
    }
    // What is called at the ends: the lock, and what makes the demand.
    for step in [finding.witness.first(), finding.witness.last()] {
        let callee = step.and_then(|step| solution.named(&step.callee).into_iter().next());
        functions.extend(callee);
    }
    functions
}
