// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a compile database to units: decides which database is read, what the tree is, and what is
//! said when either is missing.

use std::env;
use std::io::{self, Write};
use std::iter;
use std::num::NonZeroUsize;
use std::sync::Once;
use std::thread;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};
use rustc_hash::FxHashMap;
use waitctx_clang::{Job, Library, LoadError, Options, Session};
use waitctx_kbuild::{CompileCommand, Database, DatabaseError};
use waitctx_model::Unit;

use crate::cache::{self, Store};
use crate::config::Config;
use crate::facts;
use crate::failure::Advised;
use crate::part::{self, Part, Selected, absolute};
use crate::rust_sources;
use crate::sources::Overlay;

use self::recipe::Recipes;

pub(crate) use self::configuration::{Configuration, only};
use self::units::Extent;
pub(crate) use self::units::Units;

mod configuration;
mod header_files;
mod recipe;
mod slot;
mod units;

/// What is to be read, as both `scan` and `extract` take it.
#[derive(Args, Clone, Default, Debug)]
#[group(id = "input")]
pub(crate) struct Arguments {
    /// The kernel tree, or files and folders of it [default: the tree here]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,

    /// The compile_commands.json, or a directory with one [default: the one in the tree]; several
    /// are configurations of the tree, and findings say which they hold in (repeatable)
    #[arg(short = 'p', long, value_name = "[NAME=]FILE|DIR")]
    database: Vec<String>,

    /// Each database once more with build options set: another configuration without a database of
    /// its own (repeatable)
    #[arg(long = "overlay", value_name = "NAME=CONFIG_X[,CONFIG_Y]")]
    options_overlay: Vec<String>,

    /// Threads [default: as many as processors]
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// The libclang to use: a file, or a directory with one [default: LIBCLANG_PATH, or the newest
    /// that is installed]
    #[arg(long, value_name = "PATH")]
    libclang: Option<Utf8PathBuf>,

    #[command(flatten)]
    cache: cache::Location,

    /// Keep nothing for the next time, and use nothing from the last
    #[arg(long, help_heading = "Cache", conflicts_with = "cache_dir")]
    no_cache: bool,

    /// Parse every unit with all its headers, instead of compiling the common ones once
    #[arg(long, help_heading = "Cache")]
    no_pch: bool,

    /// Parse every unit both ways, and say which units that changes
    #[arg(long, help_heading = "Cache", conflicts_with = "no_pch")]
    check_pch: bool,

    /// Which Rust files are read
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    rust: rust_sources::Which,

    /// What is read instead of what is on the disk.
    #[arg(skip)]
    pub(crate) overlay: Overlay,

    /// Only units of this part are read; what is known of the others is used.
    #[arg(skip)]
    pub(crate) part: Option<Part>,

    /// The one unit to read, instead of those in a database.
    #[arg(skip)]
    command: Option<CompileCommand>,
}

/// How precompiled headers are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sharing {
    /// Not at all.
    Off,
    /// Some units are read without them, too, to see whether they change anything.
    Sampled,
    /// All units are.
    Checked,
}

impl Arguments {
    fn sharing(&self) -> Sharing {
        match (self.no_pch, self.check_pch) {
            (true, _) => Sharing::Off,
            (false, true) => Sharing::Checked,
            (false, false) => Sharing::Sampled,
        }
    }
}

/// What the names of the kernel's build options start with.
const OPTION_PREFIX: &str = "CONFIG_";

impl Arguments {
    /// Only the unit that this command compiles, on one thread.
    pub(crate) fn of_command(command: CompileCommand) -> Self {
        Self {
            paths: vec![command.file.clone()],
            jobs: Some(NonZeroUsize::MIN),
            no_cache: true,
            command: Some(command),
            ..Self::default()
        }
    }

    /// How many threads there are to be.
    pub(crate) fn jobs(&self) -> usize {
        self.jobs.map_or_else(processors, NonZeroUsize::get)
    }

    /// What earlier scans left; `None` without a cache. That there can be none is said and
    /// otherwise changes nothing.
    pub(crate) fn store(&self) -> Option<Store> {
        if self.no_cache {
            return None;
        }
        match self.cache.directory().and_then(Store::open) {
            Ok(store) => Some(store),
            Err(error) => {
                static SAID: Once = Once::new();
                SAID.call_once(|| {
                    warn(&format!("going on without a cache: {error:#}"));
                });
                None
            }
        }
    }

    /// Takes `path` for the tree, unless one is named.
    pub(crate) fn default_to(&mut self, path: Utf8PathBuf) {
        if self.paths.is_empty() {
            self.paths.push(path);
        }
    }

    /// The tree, and which part of it is meant.
    pub(crate) fn select(&self) -> Result<Selected> {
        part::select(&self.paths)
    }

    /// Whether a database is named, rather than configured or that of the tree.
    pub(crate) fn names_database(&self) -> bool {
        !self.database.is_empty()
    }

    /// The configurations to be read, at least one; `config` knows what databases are called, and
    /// which one is meant when none is named.
    pub(crate) fn configurations(&self, config: &Config) -> Result<Vec<Configuration>> {
        let mut all = configuration::configurations(&self.database, &self.options_overlay)?;
        for configuration in &mut all {
            configuration.database = config.database(configuration.database.as_deref())?;
        }
        Ok(all)
    }
}

/// What was read.
pub(crate) struct Reading {
    /// One per compilation, and what they share.
    pub(crate) units: Units,
    /// Where the names of files in units start from: the tree, then the directory of the objects.
    pub(crate) roots: Vec<Utf8PathBuf>,
    /// How many units the database has, read or not.
    pub(crate) known: usize,
}

/// Reads the sources as one configuration sees them, as far as they are not known from earlier scans.
pub(crate) fn read(arguments: &Arguments, configuration: &Configuration) -> Result<Reading> {
    let tree = arguments.select()?.tree;
    let mut database = database(&tree, arguments, configuration)?;
    let tree = check_tree(tree, &database)?;
    let named = arguments.libclang.as_deref();
    let library = Library::load(named).map_err(|error| no_libclang(error, named))?;
    if library.is_untried() {
        warn(&format!(
            "{} is newer than any that waitctx was tried with",
            library.version()
        ));
    }
    let objects = object_root(&database.commands);
    let commands = &mut database.commands;
    commands.retain(|command| !is_gone(&tree, &arguments.overlay, &command.file));
    let defines = configuration.defines();
    let to_job = |command| job(command, &defines);
    let jobs: Vec<Job> = commands.iter().map(to_job).collect();
    let known = jobs.len();
    let overlay = waitctx_clang::Overlay::new(
        (arguments.overlay.iter()).map(|(name, text)| (tree.join(name), text.clone())),
    );
    let options = Options {
        root: tree.clone(),
        object_root: objects.clone(),
        overlay: overlay.clone(),
        jobs: arguments.jobs(),
        option_prefix: OPTION_PREFIX.to_owned(),
    };
    let recipes = Recipes::new(library.version(), OPTION_PREFIX, &tree, objects.as_deref());
    let session = Session::new(&library, &options);
    // What was read with options set is remembered apart from what was read without.
    let place = format!("{}{}", database.path, defines.concat());
    let how = (Utf8Path::new(&place), arguments.sharing());
    let in_part = |part: &Part, job: &Job| {
        let name = job.file.strip_prefix(&tree).ok();
        name.is_some_and(|name| part.holds(name.as_str()))
    };
    let wanted = (arguments.part.as_ref()).map(|part| move |job: &Job| in_part(part, job));
    let extent = Extent {
        overlay,
        wanted: wanted.as_ref().map(|it| it as &dyn Fn(&Job) -> bool),
    };
    let mut units = Units::read(session, recipes, jobs, arguments.store(), how, extent)?;
    let configured = objects.as_deref().unwrap_or(&tree);
    // A checker that is called for one C file is not asked about Rust.
    let rust = match arguments.command {
        Some(_) => Vec::new(),
        None => {
            let more = configuration.cfg();
            rust_sources::read(arguments.rust, &tree, configured, &more, &arguments.overlay)?
        }
    };
    let known = known + rust.len();
    units.add(rust);
    Ok(Reading {
        units,
        roots: iter::once(tree).chain(objects).collect(),
        known,
    })
}

/// What to do when libclang cannot be loaded; `named` is what the user calls it.
fn no_libclang(error: LoadError, named: Option<&Utf8Path>) -> anyhow::Error {
    let LoadError::NotFound { reason } = &error else {
        return error.into();
    };
    let from_environment = || env::var("LIBCLANG_PATH").ok().map(Utf8PathBuf::from);
    let mut message = match named.map(Utf8Path::to_owned).or_else(from_environment) {
        Some(path) => format!("there is no libclang in {path}"),
        None => "libclang is not installed, or in no usual place".to_owned(),
    };
    // That files of some names were not found says nothing; that one cannot be opened does.
    if !reason.contains("couldn't find") {
        message = format!("{message} that can be used: {reason}");
    }
    let help = "it is in the package libclang1-19 of Debian and Ubuntu (`apt-get install \
        libclang1-19`) and in a wheel for Python (`pip install libclang==18.1.1`); where it is in no \
        usual place, name it with --libclang or LIBCLANG_PATH";
    Advised::new(message, help).into()
}

fn job(command: &CompileCommand, defines: &[String]) -> Job {
    let mut arguments = waitctx_kbuild::for_parsing(command);
    arguments.extend_from_slice(defines);
    Job {
        file: command.file.clone(),
        arguments,
        precompiled: None,
    }
}

/// Whether the unit `file` is on the disk but not in what is scanned.
fn is_gone(tree: &Utf8Path, overlay: &Overlay, file: &Utf8Path) -> bool {
    let name = file.strip_prefix(tree).ok();
    name.is_some_and(|name| overlay.get(name.as_str()) == Some(&None))
}

fn warn(text: &str) {
    // It changes nothing when nobody can read it.
    let _ = writeln!(io::stderr(), "warning: {text}");
}

/// Reads the units of a file that `extract` wrote.
pub(crate) fn read_facts(path: &Utf8Path) -> Result<Vec<Unit>> {
    facts::read(path)
}

/// A pool of `jobs` threads. Their stacks are large, as values of a program can nest deeply.
pub(crate) fn pool(jobs: usize) -> Result<ThreadPool> {
    ThreadPoolBuilder::new()
        .num_threads(jobs)
        .stack_size(64 << 20)
        .build()
        .context("cannot start threads")
}

/// The number of processors that this process may use.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

fn database(
    tree: &Utf8Path,
    arguments: &Arguments,
    configuration: &Configuration,
) -> Result<Database> {
    if let Some(command) = &arguments.command {
        return Ok(Database {
            commands: vec![command.clone()],
            ..Database::default()
        });
    }
    let named = configuration.database.as_deref();
    let path = match Database::locate(tree, named) {
        Err(DatabaseError::NotFound(_)) if named.is_none() => {
            let help = waitctx_kbuild::how_to_get_a_database(tree);
            let (message, help) = help.split_once('\n').unwrap_or(("no database", &help));
            return Err(Advised::new(message, help.trim_start()).into());
        }
        Err(DatabaseError::NotFound(path)) => {
            let help = "a database is a compile_commands.json, or a folder with one; `waitctx compdb` \
                makes one";
            return Err(Advised::new(format!("there is no {path}"), help).into());
        }
        path => path?,
    };
    // Relative directories in a database start where it is.
    let database = Database::read(&absolute(&path)?)?;
    for entry in &database.skipped {
        warn(&format!("{path}: {entry}"));
    }
    if database.commands.is_empty() {
        let help = "make it again: with `waitctx compdb`, or with the kernel's own \
            `make compile_commands.json` after a build";
        return Err(Advised::new(format!("{path} names no C file"), help).into());
    }
    Ok(database)
}

/// The tree as the database spells it, with symbolic links or without. A database of another tree
/// would give names that are not relative to this one.
fn check_tree(tree: Utf8PathBuf, database: &Database) -> Result<Utf8PathBuf> {
    let holds = |tree: &Utf8Path| {
        let mut commands = database.commands.iter();
        commands.any(|it| it.file.starts_with(tree) || it.directory.starts_with(tree))
    };
    if holds(&tree) {
        return Ok(tree);
    }
    if let Some(canonical) = tree.canonicalize_utf8().ok().filter(|it| holds(it)) {
        return Ok(canonical);
    }
    Err(Advised::new(
        format!("{} is not a database of {tree}", database.path),
        format!(
            "its files are elsewhere ({}); give the tree that it was made for, as in \
             `waitctx scan TREE -p {}`",
            database.commands[0].file, database.path
        ),
    )
    .into())
}

/// Where the compilers run: with an out-of-tree build, the directory of the objects.
fn object_root(commands: &[CompileCommand]) -> Option<Utf8PathBuf> {
    let mut counts: FxHashMap<&Utf8Path, usize> = FxHashMap::default();
    for command in commands {
        *counts.entry(&command.directory).or_default() += 1;
    }
    let mut counts: Vec<(&Utf8Path, usize)> = counts.into_iter().collect();
    counts.sort_unstable();
    let (directory, _) = counts.into_iter().max_by_key(|&(_, count)| count)?;
    Some(directory.to_owned())
}
