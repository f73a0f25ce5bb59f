// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading one unit: parse it, then lower what this unit is to deliver.

use std::panic::{AssertUnwindSafe, catch_unwind};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashSet;
use waitctx_model::{Alias, Function, Incident, IncidentKind, Initialiser, Span, Symbol, Unit};

use crate::arguments::Refusals;
use crate::body;
use crate::claims::{Claims, DefinitionKey, Rank};
use crate::compact::{Keys, draft};
use crate::draft::{Draft, Seen};
use crate::ffi::{Cursor, Index, Kind, ParseError, Purpose, TranslationUnit};
use crate::overlay::Overlay;
use crate::precompiled::{SharedFunctions, Texts};
use crate::reader::{Reader, Settings};
use crate::symbols::attributes;

/// Errors of one unit that are told; the rest are counted.
const MOST_ERRORS: usize = 5;

/// One file to read and how to compile it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The source file.
    pub file: Utf8PathBuf,
    /// The compiler's arguments with absolute paths: no compiler, no file name, nothing that
    /// writes.
    pub arguments: Vec<String>,
    /// Precompiled headers to start from. With those that do not fit, the unit is read without.
    pub precompiled: Option<Utf8PathBuf>,
}

/// Something at file level that was lowered.
struct Item {
    /// What it is claimed as; `None` for what only this unit has.
    key: Option<DefinitionKey>,
    function: Option<Function>,
    initialisers: Vec<Initialiser>,
    incidents: Vec<Incident>,
}

/// What is the same for all units.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) index: &'a Index,
    pub(crate) settings: &'a Settings,
    pub(crate) refusals: &'a Refusals,
    pub(crate) texts: &'a Texts,
    /// The functions of precompiled headers, if there are such.
    pub(crate) shared: Option<&'a SharedFunctions>,
}

/// Which definitions in headers are lowered.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Those that no unit of a smaller rank delivers.
    Claimed(&'a Claims, Rank),
    /// These.
    Only(&'a FxHashSet<DefinitionKey>),
}

/// Reads one unit.
pub(crate) fn read(context: Context<'_>, job: &Job, wanted: Wanted<'_>) -> Draft {
    if let Some(header) = &job.precompiled {
        let mut arguments = job.arguments.clone();
        arguments.extend(["-include-pch".to_owned(), header.to_string()]);
        // Whatever is wrong with it may come of the precompiled headers.
        let parsed = context.index.parse(
            job.file.as_str(),
            &arguments,
            context.texts.overlay(),
            Purpose::Reading,
        );
        if let Some(tu) = parsed.ok().filter(|tu| tu.errors().is_empty()) {
            let draft = lower(&tu, job, context, wanted, Vec::new());
            if !draft.sources.incomplete {
                return draft;
            }
        }
    }
    let mut arguments = job.arguments.clone();
    let mut notes = Vec::new();
    let dropped = context.refusals.drop_known(&mut arguments);
    let parsed = parse(
        context.index,
        &job.file,
        &mut arguments,
        context.texts.overlay(),
        context.refusals,
        &mut notes,
    );
    for flag in dropped {
        notes.push(refused_flag(&flag));
    }
    // Some may have been known from other units, some not.
    notes.sort_by(|a, b| a.message.cmp(&b.message));
    let plain = Job {
        precompiled: None,
        ..job.clone()
    };
    match parsed {
        Ok(tu) => lower(&tu, &plain, context, wanted, notes),
        Err(error) => lost(job, context.settings, &error),
    }
}

/// Parses; when the compiler does not know an argument, once more without it.
fn parse<'index>(
    index: &'index Index,
    file: &Utf8Path,
    arguments: &mut Vec<String>,
    overlay: &Overlay,
    refusals: &Refusals,
    notes: &mut Vec<Incident>,
) -> Result<TranslationUnit<'index>, String> {
    if !file.is_file() && !overlay.has(file) {
        return Err("the source file does not exist".to_owned());
    }
    let first = index.parse(file.as_str(), arguments, overlay, Purpose::Reading);
    let unknown = match &first {
        Ok(tu) => refusals.unknown(tu, arguments),
        Err(ParseError::Refused) => refusals.unknown_by_trial(index, arguments),
        Err(_) => Vec::new(),
    };
    if unknown.is_empty() {
        return first.map_err(|error| error.to_string());
    }
    drop(first);
    arguments.retain(|argument| !unknown.contains(argument));
    notes.extend(unknown.iter().map(|flag| refused_flag(flag)));
    index
        .parse(file.as_str(), arguments, overlay, Purpose::Reading)
        .map_err(|error| error.to_string())
}

fn refused_flag(flag: &str) -> Incident {
    Incident {
        kind: IncidentKind::Approximated,
        message: format!("libclang does not know `{flag}`; the unit was read without it"),
        span: None,
    }
}

/// What stands in for a unit that could not be read.
pub(crate) fn lost(job: &Job, settings: &Settings, reason: &str) -> Draft {
    let mut unit = Unit::default();
    unit.file = Some(unit.names.intern(&settings.roots.name(job.file.as_str())));
    unit.incidents.push(Incident {
        kind: IncidentKind::UnitLost,
        message: reason.to_owned(),
        span: None,
    });
    Draft::alone(unit)
}

/// Lowers what a parsed file defines.
pub(crate) fn lower(
    tu: &TranslationUnit<'_>,
    job: &Job,
    context: Context<'_>,
    wanted: Wanted<'_>,
    notes: Vec<Incident>,
) -> Draft {
    let mut reader = Reader::new(tu, context.settings, job.file.as_str());
    reader.shared = job.precompiled.as_ref().and(context.shared);
    let mut incidents = notes;
    let damage = errors(&mut reader);
    let mut seen = Seen {
        damaged: !damage.is_empty(),
        ..Seen::default()
    };
    incidents.extend(damage);
    let mut items = Vec::new();
    let mut aliases = Vec::new();
    for cursor in reader.top.clone() {
        match cursor.kind() {
            Kind::Function if cursor.is_definition() => {
                if let Some(key) = claim(&mut reader, wanted, &mut seen, cursor) {
                    items.push(function(&mut reader, cursor, key));
                }
            }
            Kind::Function => aliases.extend(alias(&mut reader, cursor)),
            Kind::Variable if cursor.initialiser().is_some() => {
                if let Some(key) = claim(&mut reader, wanted, &mut seen, cursor) {
                    reader.static_variable(cursor);
                    items.push(take(&mut reader, key, None));
                }
            }
            _ => {}
        }
    }
    let aliases = settle_aliases(&mut reader, aliases);
    for list in [&mut seen.definitions, &mut seen.lowered] {
        list.sort_unstable();
        list.dedup();
    }
    let lacks_functions = reader.lacks_functions;
    let (unit, keys) = assemble(reader, incidents, items, aliases);
    let mut sources = context.texts.sources(tu, job);
    // What is not found among precompiled headers can be found without them.
    sources.incomplete |= job.precompiled.is_some() && lacks_functions;
    Draft {
        unit,
        keys,
        headers: seen,
        sources,
    }
}

/// Whether this unit lowers a definition, and under which key: `Some(None)` is a definition of the
/// main file, `None` one that another unit delivers.
fn claim<'tu>(
    reader: &mut Reader<'tu>,
    wanted: Wanted<'_>,
    seen: &mut Seen,
    cursor: Cursor<'tu>,
) -> Option<Option<DefinitionKey>> {
    let at = cursor.location().written()?;
    if reader.is_main(at) {
        return Some(None);
    }
    let name = reader.declared_name(cursor);
    let file = reader.file(at.file).name;
    let file = reader.unit.names.get(file);
    let key = DefinitionKey::new(file, at.offset, &name);
    seen.definitions.push(key);
    let is_wanted = match wanted {
        // A copy of a header's function from a damaged unit is only used if there is no other.
        Wanted::Claimed(claims, rank) => claims.take(key, rank, seen.damaged),
        Wanted::Only(keys) => keys.contains(&key),
    };
    if is_wanted {
        seen.lowered.push(key);
    }
    is_wanted.then_some(Some(key))
}

fn function<'tu>(
    reader: &mut Reader<'tu>,
    cursor: Cursor<'tu>,
    key: Option<DefinitionKey>,
) -> Item {
    // A bug of ours in one function must not cost the unit.
    let lowered = catch_unwind(AssertUnwindSafe(|| body::lower(reader, cursor)));
    let function = lowered.unwrap_or_else(|_| {
        let name = cursor.spelling();
        let span = reader.span_at(cursor.location());
        reader.incidents.push(Incident {
            kind: IncidentKind::FunctionLost,
            message: format!("{name}: internal error while it was lowered"),
            span,
        });
        None
    });
    take(reader, key, function)
}

/// What was produced since the last time.
fn take(reader: &mut Reader<'_>, key: Option<DefinitionKey>, function: Option<Function>) -> Item {
    Item {
        key,
        function,
        initialisers: std::mem::take(&mut reader.unit.initialisers),
        incidents: reader.take_incidents(),
    }
}

/// An alias that was declared: its name, its target and whether it is weak.
struct Declared {
    alias: Symbol,
    target: String,
    weak: bool,
}

/// The alias that a declaration in the main file makes, if it makes one.
fn alias<'tu>(reader: &mut Reader<'tu>, cursor: Cursor<'tu>) -> Option<Declared> {
    let at = cursor.location().written()?;
    if !reader.is_main(at) {
        return None;
    }
    let text = attributes(cursor);
    Some(Declared {
        alias: reader.function_symbol(cursor),
        target: alias_target(&text)?.to_owned(),
        weak: text.contains("((weak)"),
    })
}

/// The name in `__attribute__((alias("name")))`.
fn alias_target(text: &str) -> Option<&str> {
    let after = &text[text.find("((alias(\"")? + "((alias(\"".len()..];
    after.get(..after.find('"')?)
}

/// Aliases name their target as text: it is a function of the same unit.
fn settle_aliases(reader: &mut Reader<'_>, found: Vec<Declared>) -> Vec<Alias> {
    found
        .into_iter()
        .map(|declared| {
            let target = match reader.symbol_named(&declared.target) {
                Some(symbol) => symbol,
                None => Symbol {
                    name: reader.name(&declared.target),
                    file: None,
                },
            };
            Alias {
                alias: declared.alias,
                target,
                weak: declared.weak,
            }
        })
        .collect()
}

/// The errors that the compiler found.
fn errors(reader: &mut Reader<'_>) -> Vec<Incident> {
    let mut errors = reader.tu.errors();
    // What is asserted of sizes says nothing of what the code does, and does not hold where a build
    // option is set on top of headers that were generated without it.
    errors.retain(|error| !error.text.starts_with("static assertion failed"));
    let more = errors.len().saturating_sub(MOST_ERRORS);
    let mut incidents: Vec<Incident> = errors
        .into_iter()
        .take(MOST_ERRORS)
        .map(|error| {
            let span: Option<Span> = reader.span_at(error.location);
            let place = span.map_or(String::new(), |span| {
                format!("{}:{}: ", reader.unit.names.get(span.file), span.line)
            });
            Incident {
                kind: IncidentKind::UnitDamaged,
                message: format!("{place}{}", error.text),
                span,
            }
        })
        .collect();
    if let (Some(last), 1..) = (incidents.last_mut(), more) {
        last.message.push_str(&format!(" (and {more} more errors)"));
    }
    incidents
}

fn assemble(
    reader: Reader<'_>,
    incidents: Vec<Incident>,
    items: Vec<Item>,
    aliases: Vec<Alias>,
) -> (Unit, Keys) {
    let mut unit = reader.unit;
    let mut keys = Keys::default();
    keys.incidents.resize(incidents.len(), None);
    unit.incidents = incidents;
    unit.aliases = aliases;
    for item in items {
        if let Some(function) = item.function {
            unit.functions.push(function);
            keys.functions.push(item.key);
        }
        for it in item.initialisers {
            unit.initialisers.push(it);
            keys.initialisers.push(item.key);
        }
        for it in item.incidents {
            unit.incidents.push(it);
            keys.incidents.push(item.key);
        }
    }
    for it in reader.incidents {
        unit.incidents.push(it);
        keys.incidents.push(None);
    }
    draft(unit, keys)
}
