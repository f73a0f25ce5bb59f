// SPDX-License-Identifier: MIT OR Apache-2.0
//! From arguments to a report: what every command does that needs to know the findings.

use anyhow::{Result, anyhow};
use camino::Utf8PathBuf;
use clap::Args;
use waitctx_solver::{Knowledge, Lines};

use crate::catalogue::Catalogue;
use crate::config::{self, Config};
use crate::failure::Advised;
use crate::knowledge;
use crate::part::{Part, Selected};
use crate::partial;
use crate::reading::{self, Configuration, Reading};
use crate::solving::{Input, Question, Solved};
use crate::summary::Clock;
use crate::tally::{ConfigurationTally, UnitState, UnitTally};

/// Where the program comes from, as all commands take it that solve it.
#[derive(Args, Clone, Debug)]
#[group(id = "program")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) input: reading::Arguments,

    /// Read the units from a file of `waitctx extract` instead of the sources; those of given files
    /// and folders, of a database that is given as well, and what changed with --since or --staged
    /// are read anew
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<Utf8PathBuf>,

    /// More knowledge, such as lock wrappers of an out-of-tree module (repeatable)
    #[arg(long, value_name = "FILE")]
    model: Vec<Utf8PathBuf>,

    #[command(flatten)]
    config: config::Arguments,

    /// Whether all units of the database take the place of stored ones.
    #[arg(skip)]
    reads_anew: bool,

    /// Whether it is no mistake that there is nothing to read.
    #[arg(skip)]
    pub(crate) may_be_nothing: bool,

    /// Lines of which it is asked which findings lead through the calls there.
    #[arg(skip)]
    pub(crate) asked: Lines,
}

/// What is known before anything is read.
pub(crate) struct Setup {
    /// The kernel, as the solver wants to know it.
    pub(crate) knowledge: Knowledge,
    /// The texts of the user's model files, which are part of that.
    models: Vec<String>,
    /// The rules, at the levels that are configured.
    pub(crate) rules: Catalogue,
    /// The rest of the configuration.
    pub(crate) config: Config,
    /// The tree, absolute, and which part of it is meant.
    pub(crate) selected: Selected,
    /// The configurations of the tree that are read, at least one.
    pub(crate) configurations: Vec<Configuration>,
}

impl Arguments {
    /// Of this input, with these stored units and this configuration.
    pub(crate) fn new(
        input: reading::Arguments,
        facts: Option<Utf8PathBuf>,
        config: config::Arguments,
    ) -> Self {
        Self {
            input,
            facts,
            config,
            model: Vec::new(),
            reads_anew: false,
            may_be_nothing: false,
            asked: Lines::default(),
        }
    }

    /// Reads the configuration and the model files, and puts into the arguments what is configured
    /// and was not given.
    pub(crate) fn prepare(&mut self) -> Result<Setup> {
        let setup = self.prepare_without_stored()?;
        if self.facts.is_some() {
            reading::only(&setup.configurations, "a file of facts")?;
        } else if setup.configurations.len() == 1 {
            // What is configured to be stored is of one configuration, and no part of several.
            self.facts = setup.config.facts(None)?;
        }
        Ok(setup)
    }

    /// As [`Self::prepare`], but for the stored units that are configured.
    pub(crate) fn prepare_without_stored(&mut self) -> Result<Setup> {
        let selected = self.input.select()?;
        let config = self.config.load(&selected.tree, &knowledge::catalogue())?;
        let configurations = self.input.configurations(&config)?;
        self.reads_anew = self.input.names_database();
        self.input.part.clone_from(&selected.part);
        let models = config.models(&self.model)?;
        let (knowledge, mut rules) = knowledge::load(&models)?;
        rules.configure(config.levels());
        Ok(Setup {
            knowledge,
            models: knowledge::texts(&models)?,
            rules,
            config,
            selected,
            configurations,
        })
    }
}

impl Setup {
    /// What is asked of units: their findings.
    pub(crate) fn question(&self) -> Question<'_> {
        static NOTHING: Lines = Lines::new();
        Question {
            knowledge: &self.knowledge,
            models: &self.models,
            has_nesting: false,
            asked: &NOTHING,
        }
    }
}

/// A solved program, or several that are configurations of one tree.
pub(crate) struct Analysis {
    /// What was found, and what became of the units; of all configurations together.
    pub(crate) solved: Solved,
    /// Where the names of files start from.
    pub(crate) roots: Vec<Utf8PathBuf>,
    /// What was not looked at, when only a part was read.
    pub(crate) unseen: Option<Unseen>,
    /// The configurations, when there are several.
    pub(crate) configurations: Vec<ConfigurationTally>,
}

/// Units that were not read, and of which nothing is stored either.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unseen {
    /// How many units were read.
    pub(crate) read: usize,
    /// How many there are.
    pub(crate) known: usize,
}

/// What was read.
pub(crate) struct Read {
    /// The units.
    pub(crate) input: Input,
    /// Where the names of files start from.
    roots: Vec<Utf8PathBuf>,
    /// How many units there are at least, read or not.
    known: usize,
}

/// Reads and solves each configuration, one after the other; with the nesting of locks when that is
/// asked for.
pub(crate) fn run(
    arguments: &mut Arguments,
    setup: &Setup,
    has_nesting: bool,
    clock: &mut Clock,
) -> Result<Analysis> {
    let asked = std::mem::take(&mut arguments.asked);
    let question = Question {
        asked: &asked,
        has_nesting,
        ..setup.question()
    };
    let store = arguments.input.store();
    let pool = reading::pool(arguments.input.jobs())?;
    let mut all = Vec::new();
    let mut roots: Vec<Utf8PathBuf> = Vec::new();
    let mut known = 0;
    let mut configurations = Vec::new();
    for configuration in &setup.configurations {
        let read = read(arguments, configuration, clock)?;
        let solved = pool.install(|| question.answer(read.input, store.as_ref(), clock))?;
        // One that has no unit of the part that is meant says nothing, and others may.
        if solved.tally.units > 0 {
            check_units(&solved.tally)?;
        }
        known += read.known;
        let more = read.roots.into_iter().filter(|it| !roots.contains(it));
        roots.extend(more.collect::<Vec<_>>());
        if setup.configurations.len() > 1 {
            configurations.push(ConfigurationTally {
                name: configuration.name.clone(),
                failed: solved.tally.failed.clone(),
            });
        }
        all.push((configuration.name.clone(), solved));
    }
    let solved = Solved::merge(all);
    let tally = &solved.tally;
    if tally.units == 0 && !arguments.may_be_nothing {
        check_units(tally)?;
    }
    let nothing = arguments.input.part.as_ref().is_some_and(Part::is_empty);
    let unseen = (tally.units < known && !nothing).then_some(Unseen {
        read: tally.units,
        known,
    });
    Ok(Analysis {
        solved,
        roots,
        unseen,
        configurations,
    })
}

/// Reads the units as `configuration` sees them, or takes what is stored of them.
pub(crate) fn read(
    arguments: &mut Arguments,
    configuration: &Configuration,
    clock: &mut Clock,
) -> Result<Read> {
    let input = &mut arguments.input;
    let Some(facts) = &arguments.facts else {
        let Reading {
            units,
            roots,
            known,
        } = clock.time("read", || reading::read(input, configuration))?;
        clock.newly_read(units.newly_read());
        let input = Input::Sources(Box::new(units));
        return Ok(Read {
            input,
            roots,
            known,
        });
    };
    let pool = reading::pool(input.jobs())?;
    let units = clock.time("load", || pool.install(|| reading::read_facts(facts)))?;
    if input.part.is_none() && !arguments.reads_anew {
        return Ok(Read {
            roots: vec![input.select()?.tree],
            known: units.len(),
            input: Input::Facts(units),
        });
    }
    if let Some(part) = &mut input.part {
        part.extend(partial::includers(&units, part));
    }
    let fresh = clock.time("read", || reading::read(input, configuration))?;
    clock.newly_read(fresh.units.newly_read());
    let (roots, fresh) = (fresh.roots, pool.install(|| fresh.units.into_wanted())?);
    Ok(Read {
        input: Input::Facts(partial::refresh(units, fresh)),
        roots,
        known: 0,
    })
}

/// A scan that read nothing found nothing, and must not say that the tree is clean.
pub(crate) fn check_units(tally: &UnitTally) -> Result<()> {
    if tally.units > 0 && tally.count(UnitState::Lost) == tally.units {
        let first = tally.failed.first();
        let reason = first.and_then(|unit| unit.reasons.first());
        return Err(anyhow!(
            "not one of {} units could be read; the first, {}: {}",
            tally.units,
            first.map_or("", |unit| unit.file.as_str()),
            reason.map_or("no reason known", String::as_str)
        ));
    }
    if tally.units == 0 {
        let help = "the compile database names none of the given files; headers are read with the \
            units that include them";
        return Err(Advised::new("there are no C units to read", help).into());
    }
    Ok(())
}
