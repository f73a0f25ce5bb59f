// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask bench-kernel`: what a scan of a kernel costs, beside the compiler reading the same
//! units. Both run here, one after the other, with as many jobs; compared is their processor time,
//! because it depends least on what else the machine does.

use std::ffi::OsString;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};
use camino::Utf8Path;
use waitctx_kbuild::{CompileCommand, Database, for_parsing};

use crate::{ExitCode, cargo, run, say, target};

/// Runs the benchmark on a tree and its database, all units or every N-th.
pub(crate) fn run_bench(arguments: &[OsString]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().filter_map(|it| it.to_str()).collect();
    let (tree, database, step) = match words.as_slice() {
        [tree, database] => (*tree, *database, 1),
        [tree, database, step] => (*tree, *database, step.parse().context("N is a number")?),
        _ => bail!("cargo xtask bench-kernel TREE DATABASE [N], for every N-th unit only"),
    };
    run(cargo().args(["build", "--release", "--package", "waitctx-cli"]))?;
    let path = Database::locate(Utf8Path::new(tree), Some(Utf8Path::new(database)))?;
    let commands = Database::read(&path)?.commands;
    let sample: Vec<&CompileCommand> = commands.iter().step_by(step).collect();
    let jobs = thread::available_parallelism().map_or(1, usize::from);

    let folder = target().join("bench-kernel");
    fs::create_dir_all(&folder)?;
    let entries: Vec<String> = sample.iter().map(|command| entry(command)).collect();
    fs::write(
        folder.join("compile_commands.json"),
        format!("[{}]", entries.join(",\n")),
    )?;

    let before = children_ticks()?;
    let status = Command::new(target().join("release/waitctx"))
        .args(["scan", tree, "--database"])
        .arg(&folder)
        .args([
            "--jobs",
            &jobs.to_string(),
            "--output-format",
            "short",
            "--output",
        ])
        .arg(folder.join("report.txt"))
        .status()?;
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("the scan failed: {status}");
    }
    let scanned = children_ticks()?;
    let failed = compile(&sample, jobs);
    let compiled = children_ticks()?;

    let (ours, theirs) = (scanned - before, compiled - scanned);
    #[expect(clippy::cast_precision_loss, reason = "a ratio of durations")]
    let text = format!(
        "{} units, {jobs} jobs\nwaitctx scan:         {:.1} s of processor time\n\
         clang -fsyntax-only:  {:.1} s, {failed} failed\nratio:                {:.2}\n",
        sample.len(),
        ours as f64 / TICKS,
        theirs as f64 / TICKS,
        ours as f64 / theirs.max(1) as f64,
    );
    say(&text, ExitCode::SUCCESS);
    Ok(())
}

/// Clock ticks of `/proc` per second: 100 on every Linux architecture that reports to users
/// (`USER_HZ`, `include/asm-generic/param.h`).
const TICKS: f64 = 100.0;

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

/// Lets the compiler read the units; how many it could not.
fn compile(commands: &[&CompileCommand], jobs: usize) -> usize {
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(command) = commands.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let status = Command::new(&command.arguments[0])
                        .arg("-fsyntax-only")
                        .args(for_parsing(command))
                        .arg(&command.file)
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
    failed.into_inner()
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
