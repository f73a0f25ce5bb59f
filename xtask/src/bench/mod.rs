// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask bench-kernel`: what scans of a kernel cost, beside the compiler and other checkers
//! reading the same units. All runs are on this machine, one after the other, with as many jobs; compared is their
//! processor time, because it depends least on what else the machine does.

mod others;
mod plot;

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use waitctx_kbuild::{CompileCommand, Database};

use self::plot::Curve;
use crate::{ExitCode, cargo, run, say, target};

/// Parts of the units that are scanned to see how cost grows.
const PARTS: [usize; 3] = [4, 2, 1];

/// Runs the benchmark on a tree and its database, all units or every N-th.
pub(crate) fn run_bench(arguments: &[OsString]) -> Result<()> {
    let mut words: Vec<&str> = arguments.iter().filter_map(|it| it.to_str()).collect();
    let plots = match words.iter().position(|it| *it == "--plots") {
        Some(at) if at + 1 < words.len() => {
            let folder = words.remove(at + 1);
            words.remove(at);
            Some(Utf8PathBuf::from(folder))
        }
        _ => None,
    };
    let (tree, database, step) = match words.as_slice() {
        [tree, database] => (*tree, *database, 1),
        [tree, database, step] => (*tree, *database, step.parse().context("N is a number")?),
        _ => bail!("cargo xtask bench-kernel TREE DATABASE [N] [--plots FOLDER]"),
    };
    run(cargo().args(["build", "--release", "--package", "waitctx-cli"]))?;
    let path = Database::locate(Utf8Path::new(tree), Some(Utf8Path::new(database)))?;
    let commands = Database::read(&path)?.commands;
    let sample: Vec<&CompileCommand> = commands.iter().step_by(step).collect();
    let bench = Bench {
        tree,
        folder: Utf8PathBuf::from_path_buf(target().join("bench-kernel"))
            .map_err(|path| anyhow!("{} is not UTF-8", path.display()))?,
        jobs: thread::available_parallelism().map_or(1, usize::from),
    };

    say(
        &format!("{} units, {} jobs\n", sample.len(), bench.jobs),
        ExitCode::SUCCESS,
    );
    let mut cost = Vec::new();
    let mut memory = Vec::new();
    let mut whole = Cost::default();
    for part in PARTS {
        // Every so many, and not the first ones: the tree is in the order of its folders.
        let units: Vec<&CompileCommand> = sample.iter().step_by(part).copied().collect();
        bench.forget()?;
        whole = bench.scan(&units)?;
        whole.say(&format!("cold scan, {} units", units.len()));
        #[expect(clippy::cast_precision_loss, reason = "a number of files")]
        let count = units.len() as f64;
        cost.push((count, whole.processor / count * 1000.0));
        memory.push((count, whole.mebibytes));
    }
    bench.scan(&sample)?.say("warm scan, nothing changed");
    // Without its last unit it is another program, which is solved anew.
    bench
        .scan(&sample[..sample.len() - 1])?
        .say("warm scan, one unit less");
    if let Some(folder) = plots {
        draw(&folder, &cost, &memory)?;
    }
    for other in others::all(Utf8Path::new(tree)) {
        let (cost, failed) = bench.each(&sample, |command| (other.on)(command))?;
        cost.say(&format!("{}, {failed} failed", other.name));
        let ratio = whole.processor / cost.processor;
        let text = format!("  a cold scan takes {ratio:.3} of that\n");
        say(&text, ExitCode::SUCCESS);
    }
    Ok(())
}

/// Draws how the cost of a unit and the most memory grow with the number of units.
fn draw(folder: &Utf8Path, cost: &[(f64, f64)], memory: &[(f64, f64)]) -> Result<()> {
    fs::create_dir_all(folder)?;
    let curves = [
        (
            "cost-per-unit.svg",
            "Processor time of a cold scan per unit",
            "ms",
            cost,
        ),
        ("memory.svg", "Most memory of a cold scan", "MiB", memory),
    ];
    for (name, title, unit, points) in curves {
        let curve = Curve {
            title,
            unit,
            points,
        };
        fs::write(folder.join(name), plot::svg(&curve))?;
    }
    Ok(())
}

/// What is scanned, and how.
struct Bench<'a> {
    tree: &'a str,
    folder: Utf8PathBuf,
    jobs: usize,
}

/// What a run cost.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Seconds of processor time.
    processor: f64,
    /// Seconds by the clock.
    elapsed: f64,
    /// The most memory, when the program tells.
    mebibytes: f64,
}

impl Cost {
    fn say(self, what: &str) {
        let memory = if self.mebibytes > 0.0 {
            format!(", {:.0} MiB at most", self.mebibytes)
        } else {
            String::new()
        };
        let text = format!(
            "{what:<38} {:>8.2} s of processor time, {:>7.2} s by the clock{memory}\n",
            self.processor, self.elapsed
        );
        say(&text, ExitCode::SUCCESS);
    }
}

impl Bench<'_> {
    /// Makes the next scan a cold one.
    fn forget(&self) -> Result<()> {
        let cache = self.folder.join("cache");
        if cache.exists() {
            fs::remove_dir_all(&cache).with_context(|| format!("cannot remove {cache}"))?;
        }
        Ok(())
    }

    fn scan(&self, commands: &[&CompileCommand]) -> Result<Cost> {
        fs::create_dir_all(&self.folder)?;
        let entries: Vec<String> = commands.iter().map(|command| entry(command)).collect();
        fs::write(
            self.folder.join("compile_commands.json"),
            format!("[{}]", entries.join(",\n")),
        )?;
        let (before, started) = (children_ticks()?, Instant::now());
        let mut child = Command::new(target().join("release/waitctx"))
            .args(["scan", self.tree, "--verbose", "--output-format", "short"])
            .args(["--jobs", &self.jobs.to_string(), "--database"])
            .arg(&self.folder)
            .arg("--cache-dir")
            .arg(self.folder.join("cache"))
            .arg("--output")
            .arg(self.folder.join("report.txt"))
            .stderr(Stdio::piped())
            .spawn()?;
        let said = child.stderr.take().context("nothing to read from")?;
        let said: Vec<String> = BufReader::new(said).lines().collect::<Result<_, _>>()?;
        let status = child.wait()?;
        if !matches!(status.code(), Some(0 | 1)) {
            bail!("the scan failed: {status}\n{}", said.join("\n"));
        }
        Ok(Cost {
            processor: seconds(children_ticks()? - before),
            elapsed: started.elapsed().as_secs_f64(),
            mebibytes: said.iter().find_map(|line| memory(line)).unwrap_or(0.0),
        })
    }

    /// Runs another program on each of the units, as many at a time as a scan has jobs; what that
    /// cost, and how often it failed.
    fn each(
        &self,
        commands: &[&CompileCommand],
        program: impl Fn(&CompileCommand) -> Command + Sync,
    ) -> Result<(Cost, usize)> {
        let (before, started) = (children_ticks()?, Instant::now());
        let next = AtomicUsize::new(0);
        let failed = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    while let Some(command) = commands.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let status = program(command)
                            .stdout(Stdio::null())
                            .stderr(Stdio::null())
                            .status();
                        if !status.is_ok_and(|status| status.success()) {
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let cost = Cost {
            processor: seconds(children_ticks()? - before),
            elapsed: started.elapsed().as_secs_f64(),
            mebibytes: 0.0,
        };
        Ok((cost, failed.into_inner()))
    }
}

/// The number in `..., 2,679 MiB at most`.
fn memory(line: &str) -> Option<f64> {
    let before = line.strip_suffix(" MiB at most")?;
    before.rsplit(", ").next()?.replace(',', "").parse().ok()
}

/// Clock ticks of `/proc` per second: 100 on every Linux architecture that reports to users
/// (`USER_HZ`, `include/asm-generic/param.h`).
const TICKS: f64 = 100.0;

fn seconds(ticks: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "durations of hours at most")]
    let ticks = ticks as f64;
    ticks / TICKS
}

/// User and system time of all children that have ended, in ticks.
fn children_ticks() -> Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat
        .rsplit_once(')')
        .context("a strange /proc/self/stat")?
        .1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    // Fields 16 and 17 of the file (proc_pid_stat(5)); the state, field 3, is the first here.
    Ok(fields.get(13).context("cutime")?.parse::<u64>()?
        + fields.get(14).context("cstime")?.parse::<u64>()?)
}

/// A database entry, as JSON.
fn entry(command: &CompileCommand) -> String {
    let arguments: Vec<String> = command.arguments.iter().map(|it| quoted(it)).collect();
    format!(
        r#"{{"directory":{},"file":{},"arguments":[{}]}}"#,
        quoted(command.directory.as_str()),
        quoted(command.file.as_str()),
        arguments.join(",")
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
