// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prints what Rust crates are lowered to, or how much of them is understood:
//! `cargo run -p waitctx-rust --example dump -- ROOT name=path/to/lib.rs ...
//! [--coverage] [--cfg-file FILE] [--macros FILE] [--presence ATTRIBUTE:PREFIX]`

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use waitctx_rust::{AttributeMeaning, Cfg, CrateSource, Knowledge};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((root, rest)) = arguments.split_first() else {
        eprintln!(
            "usage: dump ROOT name=path/to/lib.rs ... [--coverage] [--cfg-file FILE] [--macros FILE]"
        );
        return ExitCode::FAILURE;
    };
    let coverage = rest.iter().any(|it| it == "--coverage");
    let crates: Vec<CrateSource> = rest
        .iter()
        .filter_map(|it| it.split_once('='))
        .map(|(name, path)| CrateSource {
            name: name.to_owned(),
            root: Utf8PathBuf::from(path),
            edition: 2021,
        })
        .collect();
    let text_of = |option: &str| {
        let at = rest.iter().position(|it| it == option)?;
        std::fs::read_to_string(rest.get(at + 1)?).ok()
    };
    let mut cfg = Cfg::default();
    for line in text_of("--cfg-file").unwrap_or_default().lines() {
        cfg.set(line.trim_start_matches("--cfg="));
    }
    let presence = rest.iter().position(|it| it == "--presence");
    let presence = presence.and_then(|at| rest.get(at + 1)?.split_once(':'));
    let attributes = presence.map(|(name, prefix)| {
        let meaning = AttributeMeaning::Presence(prefix.to_owned());
        (name.to_owned(), meaning)
    });
    let knowledge = Knowledge {
        macros: text_of("--macros").unwrap_or_default(),
        attributes: attributes.into_iter().collect(),
        ..Knowledge::default()
    };
    let reading = waitctx_rust::read(Utf8Path::new(root), &crates, &cfg, &knowledge);
    if coverage {
        for (file, line, column, name) in &reading.coverage.unknown {
            println!("{file}:{line}:{column}: {name}");
        }
        for unit in &reading.units {
            for incident in &unit.incidents {
                let at = incident.span.map_or(String::new(), |span| {
                    format!("{}:{}", unit.names.get(span.file), span.line)
                });
                println!("{at}: {}", incident.message);
            }
        }
        let summary = waitctx_rust::Coverage {
            unknown: Vec::new(),
            ..reading.coverage
        };
        println!("{summary:#?}");
        return ExitCode::SUCCESS;
    }
    let mut text = String::new();
    for unit in &reading.units {
        if waitctx_model::write_unit(unit, &mut text).is_err() {
            return ExitCode::FAILURE;
        }
    }
    print!("{text}");
    ExitCode::SUCCESS
}
