// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask incremental`: on a real kernel, a scan that knows what earlier scans read prints what
//! a scan from nothing prints. A copy of the tree is edited at random, again and again; after each
//! edit both scans are run and their reports compared, byte by byte.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};

use crate::scan::{Source, finished};
use crate::{cargo, overlay, run, say, target};

const USAGE: &str = "cargo xtask incremental TREE DATABASE [N] [--edits COUNT] [--seed NUMBER]";

/// Headers that are edited: as many of those that most units name.
const HEADERS: usize = 12;

/// What replaces what: flags, locks, calls, results.
const REPLACEMENTS: [(&str, &str); 7] = [
    ("GFP_KERNEL", "GFP_ATOMIC"),
    ("GFP_ATOMIC", "GFP_KERNEL"),
    ("mutex_lock(", "(void)mutex_trylock("),
    ("spin_lock(", "(void)("),
    ("kfree(", "(void)("),
    ("return 0;", "return 1;"),
    ("schedule(", "(void)("),
];

/// What is put at the beginning of a function: a lock, a call, nothing much.
const ADDITIONS: [&str; 3] = [
    "static DEFINE_SPINLOCK(added_lock); spin_lock(&added_lock); spin_unlock(&added_lock);",
    "might_sleep();",
    "barrier();",
];

/// Runs the task on every N-th unit (all, if nothing is said).
pub(crate) fn run_incremental(arguments: &[OsString]) -> Result<()> {
    let mut positions = Vec::new();
    let (mut edits, mut seed) = (20_usize, 1_u64);
    let mut words = arguments.iter().filter_map(|it| it.to_str());
    while let Some(word) = words.next() {
        match word {
            "--edits" => edits = words.next().context(USAGE)?.parse().context(USAGE)?,
            "--seed" => seed = words.next().context(USAGE)?.parse().context(USAGE)?,
            word => positions.push(word),
        }
    }
    let (tree, database, step) = match positions.as_slice() {
        [tree, database] => (*tree, *database, 1),
        [tree, database, step] => (*tree, *database, step.parse().context(USAGE)?),
        _ => bail!(USAGE),
    };
    let tree = Utf8Path::new(tree).canonicalize_utf8()?;
    let source = Source::parse(&format!("kernel={database}"), &tree)?;
    let units: BTreeSet<String> = source
        .units(&tree)
        .step_by(step)
        .map(str::to_owned)
        .collect();
    run(cargo().args(["build", "--release", "--package", "waitctx-cli"]))?;

    let mut trial = Trial::new(&tree, source, units, seed)?;
    say(
        &format!("{} units, {edits} edits, seed {seed}\n", trial.units.len()),
        (),
    );
    trial.compare("nothing")?;
    for _ in 0..edits {
        let what = trial.edit()?;
        trial.compare(&what)?;
    }
    say(&format!("{edits} edits, and no report differs\n"), ());
    Ok(())
}

/// A copy of a tree that is edited.
struct Trial {
    tree: Utf8PathBuf,
    copy: tempfile::TempDir,
    /// The database, the cache.
    folder: tempfile::TempDir,
    source: Source,
    units: BTreeSet<String>,
    /// Units that are not read at present.
    gone: BTreeSet<String>,
    /// Arguments that a unit has besides.
    flags: BTreeMap<String, String>,
    /// What may be edited, relative to the tree.
    files: Vec<String>,
    random: Random,
}

impl Trial {
    fn new(tree: &Utf8Path, source: Source, units: BTreeSet<String>, seed: u64) -> Result<Self> {
        let mut files = BTreeMap::new();
        let mut named: BTreeMap<String, usize> = BTreeMap::new();
        for unit in &units {
            let text = fs::read(tree.join(unit)).with_context(|| format!("cannot read {unit}"))?;
            for include in waitctx_clang::includes(&text) {
                let name = include.trim_matches(|it| matches!(it, '<' | '>' | '"'));
                *named.entry(format!("include/{name}")).or_default() += 1;
            }
            files.insert(unit.clone(), text);
        }
        let mut named: Vec<(usize, String)> = named.into_iter().map(|(it, n)| (n, it)).collect();
        named.sort_unstable_by(|a, b| b.cmp(a));
        for (_, header) in named {
            if files.len() >= units.len() + HEADERS {
                break;
            }
            if let Ok(text) = fs::read(tree.join(&header)) {
                files.insert(header, text);
            }
        }
        let texts: BTreeMap<String, String> = files
            .into_iter()
            .map(|(name, text)| (name, String::from_utf8_lossy(&text).into_owned()))
            .collect();
        Ok(Self {
            tree: tree.to_owned(),
            copy: overlay::make(tree.as_std_path(), &texts)?,
            folder: tempfile::tempdir()?,
            source,
            units,
            gone: BTreeSet::new(),
            flags: BTreeMap::new(),
            files: texts.into_keys().collect(),
            random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
        })
    }

    /// Changes something, and says what.
    fn edit(&mut self) -> Result<String> {
        let file = self.random.pick(&self.files).clone();
        let unit = {
            let units: Vec<&String> = self.units.iter().collect();
            (*self.random.pick(&units)).clone()
        };
        Ok(match self.random.below(8) {
            0 => {
                self.change(&file, |text, _| Some(format!("/* a line more */\n{text}")))?;
                format!("a comment before {file}")
            }
            1 => {
                self.gone.insert(unit.clone());
                format!("{unit} is gone")
            }
            2 => {
                self.gone.clear();
                "all units are back".to_owned()
            }
            3 => {
                self.flags
                    .insert(unit.clone(), "-DCONFIG_EDITED=1".to_owned());
                format!("another option for {unit}")
            }
            4 => {
                self.change(&unit, rename)?;
                format!("a function of {unit} has another name")
            }
            5 | 6 => {
                let addition = *self.random.pick(&ADDITIONS);
                self.change(&unit, |text, random| {
                    let starts: Vec<usize> = text.match_indices("\n{\n").map(|it| it.0).collect();
                    let at = *random.pick_any(&starts)? + 3;
                    Some(format!("{}\t{addition}\n{}", &text[..at], &text[at..]))
                })?;
                format!("`{addition}` in {unit}")
            }
            _ => {
                let (old, new) = *self.random.pick(&REPLACEMENTS);
                self.change(&file, |text, random| {
                    let places: Vec<usize> = text.match_indices(old).map(|it| it.0).collect();
                    let at = *random.pick_any(&places)?;
                    Some(format!("{}{new}{}", &text[..at], &text[at + old.len()..]))
                })?;
                format!("`{old}` becomes `{new}` in {file}")
            }
        })
    }

    /// Gives a file of the copy another text, if there is one.
    fn change(
        &mut self,
        file: &str,
        new: impl FnOnce(&str, &mut Random) -> Option<String>,
    ) -> Result<()> {
        let path = self.copy.path().join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        if let Some(text) = new(&text, &mut self.random) {
            fs::write(&path, text)?;
        }
        Ok(())
    }

    /// Scans the copy both ways; an error when the reports differ.
    fn compare(&self, what: &str) -> Result<()> {
        let copy = Utf8Path::from_path(self.copy.path()).context("not UTF-8")?;
        let units = self.units.difference(&self.gone).map(String::as_str);
        let units: BTreeSet<&str> = units.collect();
        let database =
            self.source
                .part_with(&units, &self.tree, copy, self.folder.path(), &self.flags)?;
        let cache = self.folder.path().join("cache");
        let (warm, quick) = scan(
            copy,
            &database,
            &["--cache-dir".as_ref(), cache.as_os_str()],
        )?;
        let (cold, slow) = scan(copy, &database, &["--no-cache".as_ref()])?;
        say(
            &format!("{quick:>6.2} s, {slow:>6.2} s from nothing: {what}\n"),
            (),
        );
        if warm != cold {
            let folder = target().join("incremental");
            fs::create_dir_all(&folder)?;
            fs::write(folder.join("warm.json"), warm)?;
            fs::write(folder.join("cold.json"), cold)?;
            bail!("the reports differ: see {}", folder.display());
        }
        Ok(())
    }
}

/// Gives a static function of a text another name, wherever it occurs.
fn rename(text: &str, random: &mut Random) -> Option<String> {
    let names: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("static ") && !line.ends_with(';'))
        .filter_map(|line| {
            let before = line.split_once('(')?.0;
            before.rsplit([' ', '*']).next().filter(|it| it.len() > 4)
        })
        .collect();
    let name = *random.pick_any(&names)?;
    Some(text.replace(name, &format!("{name}_renamed")))
}

/// What a scan prints, and the seconds it took.
fn scan(tree: &Utf8Path, database: &Path, more: &[&std::ffi::OsStr]) -> Result<(Vec<u8>, f64)> {
    let program: PathBuf = target().join("release/waitctx");
    let started = Instant::now();
    let mut command = Command::new(program);
    command
        .args(["scan", tree.as_str(), "--all", "--output-format", "json"])
        .arg("--database")
        .arg(database)
        .args(more);
    let done = finished(&mut command)?;
    Ok((done.stdout, started.elapsed().as_secs_f64()))
}

/// A small generator (Marsaglia's xorshift), so that a sequence can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).map_or(0, |it| it % bound)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    fn pick_any<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        (!list.is_empty()).then(|| self.pick(list))
    }
}
