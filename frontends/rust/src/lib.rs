// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernel Rust, lowered to the program model without a compiler.
//!
//! A program is a set of crates. Their items are collected (`collect`), paths are resolved
//! (`resolve`), macros by rules are expanded (`expand`), and each function is lowered once for each
//! set of types that it is used with. What the language's own library does is written in Rust, in
//! `library/`, and is read like everything else.
//!
//! | module | decides |
//! |---|---|
//! | `cfg` | which items a configuration keeps |
//! | `collect`, `items` | which modules there are and what they define |
//! | `resolve`, `expand` | what a path means, what a macro becomes |
//! | `ty`, `lower`, `infer`, `typer` | types, unification, traits and associated types |
//! | `build` | the control flow of a body, and what each call calls |
//! | `drops` | which destructors run at the end of a scope |
//! | `layout`, `emit` | how values look in the model; functions, destructors, units |
//! | `evaluate`, `annotation` | constants that are numbers; what annotations say |

mod annotation;
mod build;
mod cfg;
mod collect;
mod context;
mod drops;
mod emit;
mod evaluate;
mod expand;
mod infer;
mod items;
mod knowledge;
mod layout;
mod lower;
mod mir;
mod resolve;
mod sources;
mod ty;
mod typer;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};
use waitctx_model::Unit;

pub use cfg::Cfg;
use collect::Collector;
use context::Cx;
use emit::Emitter;
use items::{Crate, ModId, Module};
pub use knowledge::{AttributeMeaning, Knowledge, PreemptionMarkers};
use sources::Sources;

/// A crate to be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrateSource {
    /// What others call it.
    pub name: String,
    /// Its root file, relative to the root of the tree.
    pub root: Utf8PathBuf,
    /// Its edition: 2018, 2021 or 2024.
    pub edition: u16,
}

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// One for each file, in the order of their names.
    pub units: Vec<Unit>,
    /// How much was understood.
    pub coverage: Coverage,
}

/// How much of a program was understood.
#[derive(Clone, Default, Debug)]
pub struct Coverage {
    /// Files that were read.
    pub files: usize,
    /// Files that are not Rust to the parser, or cannot be read.
    pub failed_files: usize,
    /// Functions with bodies in the source.
    pub functions: u64,
    /// Functions in the model: one for each set of types, with closures and destructors.
    pub instances: u64,
    /// Calls of functions that are known.
    pub resolved_calls: u64,
    /// Calls of C functions.
    pub foreign_calls: u64,
    /// Calls through function pointers.
    pub pointer_calls: u64,
    /// Calls whose callee could not be told.
    pub unknown_calls: u64,
    /// Constructs that were not understood.
    pub losses: usize,
    /// Each call whose callee could not be told: file, line, column, name.
    pub unknown: Vec<(String, usize, usize, String)>,
}

/// The library of the language as far as calls depend on it.
const LIBRARY: &[(&str, &str)] = &[
    ("<core>/lib.rs", include_str!("../library/lib.rs")),
    ("<core>/cell.rs", include_str!("../library/cell.rs")),
    ("<core>/cmp.rs", include_str!("../library/cmp.rs")),
    ("<core>/iter.rs", include_str!("../library/iter.rs")),
    ("<core>/num.rs", include_str!("../library/num.rs")),
    ("<core>/ops.rs", include_str!("../library/ops.rs")),
    ("<core>/option.rs", include_str!("../library/option.rs")),
    ("<core>/pin.rs", include_str!("../library/pin.rs")),
    ("<core>/ptr.rs", include_str!("../library/ptr.rs")),
    ("<core>/result.rs", include_str!("../library/result.rs")),
    ("<core>/slice.rs", include_str!("../library/slice.rs")),
    ("<core>/text.rs", include_str!("../library/text.rs")),
];

/// Reads `crates`, whose files are under `root`.
pub fn read(root: &Utf8Path, crates: &[CrateSource], cfg: &Cfg, knowledge: &Knowledge) -> Reading {
    let sources = Sources::new(root, LIBRARY);
    let cx = Rc::new(Cx::new(cfg.clone(), knowledge.clone(), sources));
    let library = CrateSource {
        name: "core".to_owned(),
        root: Utf8PathBuf::from("<core>/lib.rs"),
        edition: 2021,
    };
    let mut all: Vec<(&CrateSource, bool)> = vec![(&library, true)];
    all.extend(crates.iter().map(|it| (it, false)));
    let mut roots: Vec<ModId> = Vec::new();
    for (it, is_library) in &all {
        roots.push(add_crate(&cx, it, *is_library));
    }
    let later = RefCell::default();
    for ((it, _), root) in all.iter().zip(roots) {
        let krate = cx.modules.get(root).krate;
        let directory = it.root.parent().unwrap_or(Utf8Path::new(""));
        let collector = Collector {
            cx: &cx,
            krate,
            depth: 0,
            later: Some(&later),
        };
        collector.file(&it.root, root, directory);
    }
    collect::expand_postponed(&cx, later.into_inner());
    cx.index_items();
    let mut emitter = Emitter::new(&cx);
    emitter.run();
    let coverage = coverage(&cx, &emitter);
    Reading {
        units: emit::split(emitter),
        coverage,
    }
}

fn add_crate(cx: &Cx, source: &CrateSource, is_library: bool) -> ModId {
    let id = cx.crates.add(Crate {
        name: Rc::from(source.name.as_str()),
        root: Cell::new(ModId(0)),
        edition_2024: source.edition >= 2024,
        macros: RefCell::default(),
        is_library,
    });
    let root = cx.modules.add(Module {
        krate: id,
        parent: None,
        is_block: false,
        path: Rc::from(source.name.as_str()),
        file: Rc::from(source.root.as_str()),
        types: RefCell::new(BTreeMap::new()),
        values: RefCell::default(),
        imports: RefCell::default(),
        is_open: Cell::new(false),
    });
    cx.crates.get(id).root.set(root);
    let mut names = cx.crate_names.borrow_mut();
    names.entry(source.name.clone()).or_insert(id);
    root
}

fn coverage(cx: &Cx, emitter: &Emitter) -> Coverage {
    let states = cx.sources.states();
    let failed = states.iter();
    let failed = failed.filter(|(_, state)| *state != sources::FileState::Parsed);
    let counts = emitter.counts;
    let mut unknown: Vec<_> = emitter
        .unknown
        .iter()
        .map(|it| (it.file.to_string(), it.line, it.column, it.name.to_string()))
        .collect();
    unknown.sort();
    unknown.dedup();
    Coverage {
        files: states.len(),
        failed_files: failed.count(),
        functions: emitter.functions_seen,
        instances: emitter.emitted.len() as u64,
        resolved_calls: counts.resolved,
        foreign_calls: counts.foreign,
        pointer_calls: counts.through_values,
        unknown_calls: counts.unknown,
        losses: cx.losses().len(),
        unknown,
    }
}
