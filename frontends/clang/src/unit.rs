// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading one unit: parse it, then lower what this unit is to deliver.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use waitctx_model::{Alias, Function, Incident, IncidentKind, Initialiser, Span, Symbol, Unit};

use crate::arguments::Refusals;
use crate::body;
use crate::claims::{Claim, Claims};
use crate::compact::{Keys, draft};
use crate::ffi::{Cursor, Index, Kind, ParseError, TranslationUnit};
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
    /// A precompiled header to start from, made with the same arguments.
    pub precompiled: Option<Utf8PathBuf>,
}

/// Something at file level that was lowered.
struct Item {
    /// What it is claimed as; `None` for what only this unit has.
    key: Option<Arc<str>>,
    function: Option<Function>,
    initialisers: Vec<Initialiser>,
    incidents: Vec<Incident>,
}

/// Reads one unit. With `claims` it leaves out what a unit of a smaller index delivers.
pub(crate) fn read(
    index: &Index,
    job: &Job,
    settings: &Settings,
    refusals: &Refusals,
    claims: Option<(&Claims, usize)>,
) -> (Unit, Keys) {
    let mut arguments = job.arguments.clone();
    if let Some(header) = &job.precompiled {
        arguments.extend(["-include-pch".to_owned(), header.to_string()]);
    }
    let mut notes = Vec::new();
    let dropped = refusals.drop_known(&mut arguments);
    let parsed = parse(index, &job.file, &mut arguments, refusals, &mut notes);
    for flag in dropped {
        notes.push(refused_flag(&flag));
    }
    // Some may have been known from other units, some not.
    notes.sort_by(|a, b| a.message.cmp(&b.message));
    match parsed {
        Ok(tu) => lower(&tu, job, settings, claims, notes),
        Err(error) => (lost(job, settings, &error), Keys::default()),
    }
}

/// Parses; when the compiler does not know an argument, once more without it.
fn parse<'index>(
    index: &'index Index,
    file: &Utf8Path,
    arguments: &mut Vec<String>,
    refusals: &Refusals,
    notes: &mut Vec<Incident>,
) -> Result<TranslationUnit<'index>, String> {
    if !file.is_file() {
        return Err("the source file does not exist".to_owned());
    }
    let first = index.parse(file.as_str(), arguments, None);
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
        .parse(file.as_str(), arguments, None)
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
pub(crate) fn lost(job: &Job, settings: &Settings, reason: &str) -> Unit {
    let mut unit = Unit::default();
    unit.file = Some(unit.names.intern(&settings.roots.name(job.file.as_str())));
    unit.incidents.push(Incident {
        kind: IncidentKind::UnitLost,
        message: reason.to_owned(),
        span: None,
    });
    unit
}

fn lower(
    tu: &TranslationUnit<'_>,
    job: &Job,
    settings: &Settings,
    claims: Option<(&Claims, usize)>,
    notes: Vec<Incident>,
) -> (Unit, Keys) {
    let mut reader = Reader::new(tu, settings, job.file.as_str());
    let mut incidents = notes;
    let damage = errors(&mut reader);
    // A copy of a header's function from a damaged unit is only used if there is no other.
    let claims = claims.map(|(claims, index)| Claim::new(claims, index, !damage.is_empty()));
    incidents.extend(damage);
    let mut items = Vec::new();
    let mut aliases = Vec::new();
    for cursor in reader.top.clone() {
        match cursor.kind() {
            Kind::Function if cursor.is_definition() => {
                reader.unit.stats.definitions_seen += 1;
                if let Some(key) = claim(&mut reader, claims.as_ref(), cursor) {
                    items.push(function(&mut reader, cursor, key));
                }
            }
            Kind::Function => aliases.extend(alias(&mut reader, cursor)),
            Kind::Variable if cursor.initialiser().is_some() => {
                if let Some(key) = claim(&mut reader, claims.as_ref(), cursor) {
                    reader.static_variable(cursor);
                    items.push(take(&mut reader, key, None));
                }
            }
            _ => {}
        }
    }
    let aliases = settle_aliases(&mut reader, aliases);
    assemble(reader, incidents, items, aliases)
}

/// Whether this unit lowers a definition, and under which key: `Some(None)` is a definition of the
/// main file, `None` one that another unit delivers.
fn claim<'tu>(
    reader: &mut Reader<'tu>,
    claims: Option<&Claim<'_>>,
    cursor: Cursor<'tu>,
) -> Option<Option<Arc<str>>> {
    let at = cursor.location().written()?;
    if reader.is_main(at) {
        return Some(None);
    }
    let Some(claims) = claims else {
        return Some(None);
    };
    let file = reader.file(at.file).name;
    let key = format!(
        "{}:{}:{}",
        reader.unit.names.get(file),
        at.offset,
        cursor.spelling()
    );
    claims.take(&key).map(Some)
}

fn function<'tu>(reader: &mut Reader<'tu>, cursor: Cursor<'tu>, key: Option<Arc<str>>) -> Item {
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
fn take(reader: &mut Reader<'_>, key: Option<Arc<str>>, function: Option<Function>) -> Item {
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
            let target = match reader.function_named(&declared.target) {
                Some(function) => reader.callable(function).symbol,
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
    let errors = reader.tu.errors();
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
            keys.functions.push(item.key.clone());
        }
        for it in item.initialisers {
            unit.initialisers.push(it);
            keys.initialisers.push(item.key.clone());
        }
        for it in item.incidents {
            unit.incidents.push(it);
            keys.incidents.push(item.key.clone());
        }
    }
    for it in reader.incidents {
        unit.incidents.push(it);
        keys.incidents.push(None);
    }
    draft(unit, keys)
}
