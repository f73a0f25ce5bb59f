// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stored units of a whole program, with some of them read afresh.
//!
//! A definition in a header is stored with one of the units that include it. A unit that is read
//! alone has all definitions of its headers, and these are the newer ones: they take the place of the
//! stored ones, wherever those are. What only the old state of a unit delivered for others is kept.

use rustc_hash::FxHashSet;
use waitctx_model::{Function, Unit};

use crate::part::Part;

/// `stored` with the units of the same files replaced by `fresh`.
pub(crate) fn refresh(mut stored: Vec<Unit>, fresh: Vec<Unit>) -> Vec<Unit> {
    let read: FxHashSet<String> = fresh.iter().filter_map(file).map(str::to_owned).collect();
    let in_headers: FxHashSet<(String, String)> = fresh
        .iter()
        .flat_map(|unit| unit.functions.iter().map(move |it| (unit, it)))
        .filter(|(_, function)| function.flags.in_header)
        .map(|(unit, function)| key(unit, function))
        .collect();
    for unit in &mut stored {
        let replaced = file(unit).is_some_and(|file| read.contains(file));
        if replaced {
            unit.functions.retain(|it| it.flags.in_header);
            unit.declarations.clear();
            unit.initialisers.clear();
            unit.aliases.clear();
            unit.incidents.clear();
        }
        let mut functions = std::mem::take(&mut unit.functions);
        functions.retain(|it| !it.flags.in_header || !in_headers.contains(&key(unit, it)));
        unit.functions = functions;
    }
    stored.retain(|unit| {
        file(unit).is_none_or(|file| !read.contains(file)) || !unit.functions.is_empty()
    });
    stored.extend(fresh);
    stored
}

/// The units that deliver what the headers in `part` define.
pub(crate) fn includers(stored: &[Unit], part: &Part) -> Vec<String> {
    let of_header = |unit: &Unit| {
        let mut headers = unit.functions.iter().filter(|it| it.flags.in_header);
        headers.any(|it| part.holds(unit.names.get(it.span.file)))
    };
    let units = stored.iter().filter(|unit| of_header(unit));
    units.filter_map(file).map(str::to_owned).collect()
}

fn file(unit: &Unit) -> Option<&str> {
    Some(unit.names.get(unit.file?))
}

/// What a definition in a header is, in any unit: its name and its file.
fn key(unit: &Unit, function: &Function) -> (String, String) {
    let name = unit.names.get(function.symbol.name);
    let file = unit.names.get(function.span.file);
    (name.to_owned(), file.to_owned())
}
