// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx check`: one unit with the compiler's arguments, as Kbuild calls a checker.

use std::io::{self, Write};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_kbuild::CompileCommand;

use super::only_new::{self, OnlyNew};
use super::{Outcome, scan};
use crate::analysis::{self, Setup};
use crate::config;
use crate::failure::{self, Advised};
use crate::output::{self, Format};
use crate::part::{Part, absolute};
use crate::reading;
use crate::summary::Clock;

/// Check one file with the arguments of its compiler, as `make C=1 CHECK="waitctx check"` does
///
/// Prints findings as compiler warnings on standard error. Never fails, so that it never breaks a
/// build, unless asked to. A file is read alone, so what other files do is not seen; with --facts it
/// is, but a whole program is solved then.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  make C=1 CHECK=\"waitctx check\"                 what is compiled anyway
  make C=2 CHECK=\"waitctx check\" kernel/irq/     also what is up to date
  make C=1 CHECK=\"waitctx check --fail\"          a finding fails the build")]
pub(super) struct Arguments {
    /// Fail when there are findings, or when the file could not be checked
    #[arg(long)]
    fail: bool,

    /// The units of the rest of the program, as `waitctx extract` stored them
    #[arg(long, value_name = "FILE")]
    facts: Option<Utf8PathBuf>,

    #[command(flatten)]
    config: config::Arguments,

    /// The compiler's arguments, the source file last
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    compiler: Vec<String>,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments) -> Result<Outcome> {
    let fail = arguments.fail;
    match check(arguments) {
        Ok(outcome) if fail => Ok(outcome),
        Err(error) if fail => Err(error),
        Ok(_) => Ok(Outcome::Clean),
        Err(error) => {
            // The build is not to suffer from what a checker cannot do.
            let _ = failure::print(&error, &mut io::stderr().lock());
            Ok(Outcome::Clean)
        }
    }
}

fn check(arguments: Arguments) -> Result<Outcome> {
    let command = command(arguments.compiler)?;
    let input = reading::Arguments::of_command(command.clone());
    let mut program = analysis::Arguments::new(input, arguments.facts, arguments.config);
    let setup = program.prepare_without_stored()?;
    let only_new = only_new::Arguments::default().load(&setup)?;
    report(&mut program, &setup, &only_new, &command.file)
}

fn report(
    program: &mut analysis::Arguments,
    setup: &Setup,
    only_new: &OnlyNew,
    file: &Utf8Path,
) -> Result<Outcome> {
    let mut clock = Clock::new();
    let analysis = analysis::run(program, setup, false, &mut clock)?;
    let name = file.strip_prefix(&setup.selected.tree).unwrap_or(file);
    // What is in headers alone would be told with each file that includes them.
    let part = Part::new(vec![name.to_string()]);
    let selector = only_new.selector(None, Some(&part));
    let selected = scan::select(&analysis, setup, only_new, &selector, program, &mut clock)?;
    let outcome = scan::present(&analysis, setup, selected, |presentation, _| {
        let mut buffer = Buffer::no_color();
        output::write(Format::Short, &presentation, &mut buffer)?;
        let mut err = io::stderr().lock();
        for unit in &presentation.units.failed {
            writeln!(err, "{}: warning: {}", unit.file, unit.reasons.join("; "))?;
        }
        err.write_all(buffer.as_slice()).context("cannot write")
    })?;
    Ok(outcome)
}

/// The compile command that `arguments` are of; they begin behind the compiler.
fn command(mut arguments: Vec<String>) -> Result<CompileCommand> {
    let file = arguments.pop().unwrap_or_default();
    if file.starts_with('-') || !Utf8Path::new(&file).is_file() {
        let help = "`waitctx check` takes a compiler's arguments, the source file last";
        return Err(Advised::new(format!("there is no file {file}"), help).into());
    }
    arguments.insert(0, "cc".to_owned());
    Ok(CompileCommand {
        directory: absolute(Utf8Path::new("."))?,
        file: absolute(Utf8Path::new(&file))?,
        arguments,
    })
}
