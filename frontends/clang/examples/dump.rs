// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prints units of a compilation database as text: a debugging aid.
//!
//! `dump DATABASE TREE FILE [FUNCTION...]` prints one file, or just some functions of it;
//! `dump DATABASE TREE --all [JOBS [COUNT [SEED]]]` reads all files, or a sample of them, and
//! prints figures.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use waitctx_clang::{Job, Library, Options, read_unit, read_units};
use waitctx_model::{IncidentKind, write_unit};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, tree, what, rest @ ..] = arguments.as_slice() else {
        return Err("dump DATABASE TREE (FILE [FUNCTION...] | --all [JOBS [COUNT [SEED]]])".into());
    };
    let library = Library::load(None)?;
    eprintln!("{}", library.version());
    let mut options = Options {
        root: tree.into(),
        object_root: Utf8Path::new(database).parent().map(Into::into),
        overlay: waitctx_clang::Overlay::default(),
        jobs: 1,
        option_prefix: "CONFIG_".to_owned(),
    };
    let mut jobs = entries(database)?;
    if what != "--all" {
        let job = jobs
            .into_iter()
            .find(|job| job.file.as_str().ends_with(what.as_str()))
            .ok_or("no such file in the database")?;
        let reading = std::thread::Builder::new().stack_size(64 << 20);
        let thread = reading.spawn(move || read_unit(&library, &job, &options))?;
        let mut unit = thread.join().map_err(|_| "the reading thread died")?;
        if !rest.is_empty() {
            let names = unit.names.clone();
            unit.functions
                .retain(|it| rest.iter().any(|name| names.get(it.symbol.name) == name));
            unit.initialisers.clear();
        }
        let mut text = String::new();
        write_unit(&unit, &mut text)?;
        print!("{text}");
        for incident in &unit.incidents {
            let at = incident.span.map_or(String::new(), |span| {
                format!(" at {}:{}", unit.names.get(span.file), span.line)
            });
            println!("{:?}: {}{at}", incident.kind, incident.message);
        }
        println!("{:?}", unit.stats);
        return Ok(());
    }
    options.jobs = rest.first().map_or(Ok(1), |it| it.parse())?;
    if let Some(count) = rest.get(1) {
        let seed: u64 = rest.get(2).map_or(Ok(1), |it| it.parse())?;
        sample(&mut jobs, count.parse()?, seed);
    }
    all(&library, &jobs, &options)
}

/// Reads all jobs and prints what went wrong and how long it took.
fn all(library: &Library, jobs: &[Job], options: &Options) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let done = AtomicUsize::new(0);
    let units = read_units(library, jobs, options, &|_, _| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(200) {
            eprintln!("{done} of {}", jobs.len());
        }
    });
    let elapsed = started.elapsed();
    let mut kinds: BTreeMap<IncidentKind, usize> = BTreeMap::new();
    let mut messages: BTreeMap<(IncidentKind, String), (usize, String)> = BTreeMap::new();
    let (mut functions, mut blocks, mut calls, mut indirect) = (0, 0, 0, 0);
    let (mut initialisers, mut text_bytes) = (0, 0);
    let mut digest = DefaultHasher::new();
    for unit in &units {
        let mut worst = None;
        for incident in &unit.incidents {
            worst = worst.max(Some(incident.kind));
            let (count, first) = messages
                .entry((incident.kind, incident.message.clone()))
                .or_default();
            *count += 1;
            if let (Some(span), true) = (incident.span, first.is_empty()) {
                *first = format!("{}:{}", unit.names.get(span.file), span.line);
            }
        }
        if let Some(worst) = worst {
            *kinds.entry(worst).or_default() += 1;
        }
        functions += unit.functions.len();
        blocks += unit
            .functions
            .iter()
            .map(|it| it.blocks.len())
            .sum::<usize>();
        calls += unit.stats.calls;
        indirect += unit.stats.indirect_calls;
        initialisers += unit.initialisers.len();
        let mut text = String::new();
        write_unit(unit, &mut text)?;
        text_bytes += text.len();
        format!("{unit:?}").hash(&mut digest);
    }
    for ((kind, message), (count, first)) in &messages {
        println!("{count:6} {kind:?}: {message} ({first})");
    }
    println!("units by worst incident: {kinds:?}");
    println!(
        "{} units, {functions} functions, {blocks} blocks, {calls} calls \
         ({indirect} indirect), {initialisers} initialisers, {text_bytes} bytes of text",
        units.len()
    );
    println!("digest {:016x}", digest.finish());
    println!(
        "{:.1} s wall, {:.4} s wall per unit",
        elapsed.as_secs_f64(),
        elapsed.as_secs_f64() / jobs.len().max(1) as f64
    );
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
            println!("{line}");
        }
    }
    Ok(())
}

/// Picks `count` of the jobs, always the same for a seed, in their order.
fn sample(jobs: &mut Vec<Job>, count: usize, seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut keyed: Vec<(u64, usize)> = (0..jobs.len())
        .map(|index| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state, index)
        })
        .collect();
    keyed.sort_unstable();
    keyed.truncate(count);
    let mut chosen: Vec<usize> = keyed.into_iter().map(|(_, index)| index).collect();
    chosen.sort_unstable();
    *jobs = chosen
        .into_iter()
        .map(|index| jobs[index].clone())
        .collect();
}

/// The C files of a compilation database.
fn entries(database: &str) -> Result<Vec<Job>, Box<dyn Error>> {
    let parsed: serde_json::Value = serde_json::from_str(&fs::read_to_string(database)?)?;
    let mut jobs = Vec::new();
    for entry in parsed.as_array().into_iter().flatten() {
        let directory = entry["directory"].as_str().unwrap_or_default();
        let file = Utf8Path::new(directory).join(entry["file"].as_str().unwrap_or_default());
        let words: Vec<String> = match entry["arguments"].as_array() {
            Some(words) => words
                .iter()
                .filter_map(|word| word.as_str().map(str::to_owned))
                .collect(),
            None => shlex::split(entry["command"].as_str().unwrap_or_default()).unwrap_or_default(),
        };
        if file.extension() == Some("c") {
            let arguments = clean(directory.into(), &words, &file);
            jobs.push(Job {
                file,
                arguments,
                precompiled: None,
            });
        }
    }
    Ok(jobs)
}

/// Drops the compiler, the file and what writes; makes include paths absolute.
fn clean(directory: Utf8PathBuf, words: &[String], file: &Utf8Path) -> Vec<String> {
    let mut out = Vec::new();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-c" => {}
            "-o" => {
                words.next();
            }
            "-I" | "-include" | "-isystem" | "-iquote" | "-idirafter" => {
                out.push(word.clone());
                if let Some(path) = words.next() {
                    out.push(directory.join(path).into_string());
                }
            }
            _ if word.starts_with("-Wp,-M") || directory.join(word) == file => {}
            _ => match word.strip_prefix("-I") {
                Some(path) => out.push(format!("-I{}", directory.join(path))),
                None => out.push(word.clone()),
            },
        }
    }
    out
}
