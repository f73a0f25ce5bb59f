// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides how a tree that was never built gets a `compile_commands.json`.
//!
//! Kbuild is asked what it *would* do: configure, `make prepare` (generated headers that nearly
//! all units need), then a dry run whose output is read as shell commands. Some sources and
//! headers are made by the build itself; only the objects that need those are really built.
//!
//! Everything here runs the tree's Makefiles and scripts. Nothing else in this crate does.

use std::fs;
use std::io::Write as _;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::database::CompileCommand;

pub use error::{InvalidRequest, MakeError, NotTaken};
pub use missing::Lacking;
pub use request::{Arch, Config, Request, Step, Toolchain};

mod config;
mod diagnosis;
mod dry_run;
mod error;
mod kbuild;
mod missing;
mod request;
mod shell;
mod toolchain;

/// What [`make`] did.
#[derive(Debug, Clone)]
pub struct Made {
    /// The `compile_commands.json`.
    pub database: Utf8PathBuf,
    /// The compilers that were used.
    pub toolchain: Toolchain,
    /// C units in the database.
    pub units: usize,
    /// What was built because sources or headers were missing.
    pub generated: Generated,
    /// Units that lack a source or a header even now; they will not parse.
    pub lacking: Vec<Lacking>,
}

/// What [`generate_missing`] did.
#[derive(Debug, Clone, Default)]
pub struct Generated {
    /// The objects make was asked for, relative to the output directory.
    pub objects: Vec<Utf8PathBuf>,
    /// Those that do not exist now. What their units need may exist all the same.
    pub failed: Vec<Utf8PathBuf>,
    /// What make said, if it was run.
    pub log: Option<Utf8PathBuf>,
}

/// Makes a compilation database of the tree in `request`, in its output directory.
///
/// **Runs the tree's Makefiles and scripts.** The tree itself is not written to. A second run in
/// the same output directory gives the same database, although some of it is built by then.
pub fn make(request: &Request, progress: &mut dyn FnMut(Step)) -> Result<Made, MakeError> {
    let kbuild = kbuild::Kbuild::new(request)?;
    progress(Step::Toolchain(kbuild.toolchain().clone()));
    progress(Step::RunningMakefiles(kbuild.tree().to_owned()));

    progress(Step::Configuring);
    config::configure(&kbuild, request)?;
    progress(Step::Preparing);
    kbuild.run("prepare", &["prepare"])?;

    progress(Step::ListingCommands);
    let commands = dry_run::commands(&kbuild)?;
    let database = write(kbuild.output(), &commands)?;

    let units = commands.len();
    let before = missing::lacking(&commands);
    let objects: Vec<_> = before
        .iter()
        .filter_map(|unit| unit.object.clone())
        .collect();
    let generated = generate(&kbuild, &objects, progress)?;
    let lacked = |command: &&CompileCommand| before.iter().any(|unit| unit.file == command.file);
    let lacking = missing::lacking(commands.iter().filter(lacked));
    progress(Step::Wrote {
        database: database.clone(),
        units,
    });
    let toolchain = kbuild.toolchain().clone();
    Ok(Made {
        database,
        toolchain,
        units,
        generated,
        lacking,
    })
}

/// Builds `objects`, so that the sources and headers which only a build makes exist.
///
/// For units whose parse said "file not found": give
/// [`CompileCommand::object`](crate::CompileCommand::object) of each and parse them again. An
/// object that cannot be built is no error, its headers may well be there. `request` should have
/// the toolchain the database was made with ([`Made::toolchain`]); its configuration is not used.
/// **Runs the tree's Makefiles and scripts.**
pub fn generate_missing(
    request: &Request,
    objects: &[Utf8PathBuf],
    progress: &mut dyn FnMut(Step),
) -> Result<Generated, MakeError> {
    generate(&kbuild::Kbuild::new(request)?, objects, progress)
}

fn generate(
    kbuild: &kbuild::Kbuild,
    objects: &[Utf8PathBuf],
    progress: &mut dyn FnMut(Step),
) -> Result<Generated, MakeError> {
    let mut targets: Vec<&str> = objects
        .iter()
        .map(|object| object.strip_prefix(kbuild.output()).unwrap_or(object))
        .filter(|object| is_object(object))
        .map(Utf8Path::as_str)
        .collect();
    targets.sort_unstable();
    targets.dedup();
    if targets.is_empty() {
        return Ok(Generated::default());
    }
    progress(Step::Generating {
        objects: targets.len(),
    });
    let log = kbuild.build_what_can_be_built("generate", &targets)?;
    let objects: Vec<Utf8PathBuf> = targets.into_iter().map(Utf8PathBuf::from).collect();
    let failed = objects
        .iter()
        .filter(|object| !kbuild.output().join(object).exists())
        .cloned()
        .collect();
    Ok(Generated {
        objects,
        failed,
        log: Some(log),
    })
}

/// Whether `object` can be nothing else than an object of this build. A database may come from
/// anyone, and `X=$(shell ..).o` would be an assignment to make.
fn is_object(object: &Utf8Path) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-+.,/".contains(c);
    object.extension() == Some("o")
        && !object.as_str().starts_with('-')
        && object.as_str().chars().all(plain)
        && object
            .components()
            .all(|part| matches!(part, Utf8Component::Normal(_)))
}

/// One entry as the format has it. `arguments` and not `command`: no quoting to get wrong.
#[derive(Serialize)]
struct Entry<'a> {
    directory: &'a Utf8Path,
    file: &'a Utf8Path,
    output: Option<&'a Utf8Path>,
    arguments: &'a [String],
}

/// Writes the database next to its final place and renames it there: a reader sees the old one or
/// the new one, never half of one.
fn write(output: &Utf8Path, commands: &[CompileCommand]) -> Result<Utf8PathBuf, MakeError> {
    let path = output.join("compile_commands.json");
    let failed = |source| MakeError::Io {
        path: path.clone(),
        source,
    };
    let mut file = tempfile::Builder::new()
        .prefix(".compile_commands.")
        .tempfile_in(output)
        .map_err(failed)?;
    {
        let mut out = std::io::BufWriter::new(&mut file);
        let mut separator = "[";
        for command in commands {
            writeln!(out, "{separator}").map_err(failed)?;
            separator = ",";
            let entry = Entry {
                directory: &command.directory,
                file: &command.file,
                output: command.object(),
                arguments: &command.arguments,
            };
            serde_json::to_writer(&mut out, &entry).map_err(|error| failed(error.into()))?;
        }
        writeln!(out, "\n]").map_err(failed)?;
        out.flush().map_err(failed)?;
    }
    // Temporary files are private; a database is as readable as everything else in the directory.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(path)
}

#[cfg(test)]
mod tests;
