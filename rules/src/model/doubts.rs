// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rows about what objects are like that a chain does not show: how they were allocated, and in which
//! state they are.

use toml::Spanned;
use waitctx_solver::{DemandId, Doubt, Provenance};

use super::build::Tables;
use super::check::{Mistakes, check_text, is_function_name};
use super::entries;
use super::schema::{DoubtRow, OnPurposeRow, ProvenanceRow, ResultRow};

pub(super) fn add_doubts(tables: &mut Tables, row: &DoubtRow, mistakes: &mut Mistakes) {
    check_text("source", &row.source, mistakes);
    check_text("reason", &row.reason, mistakes);
    let demands = row.demands.iter();
    let demands: Vec<DemandId> = demands
        .filter_map(|name| tables.demand(name, mistakes))
        .collect();
    for name in functions(&row.names, mistakes) {
        let doubt = Doubt {
            reason: row.reason.get_ref().clone(),
            demands: demands.clone(),
            of_users: row.of_users,
        };
        let doubts = &mut tables.knowledge.doubts;
        if doubts.insert(name.get_ref().clone(), doubt).is_some() {
            mistakes.push(row_already(name));
        }
    }
}

pub(super) fn add_on_purpose(tables: &mut Tables, row: &OnPurposeRow, mistakes: &mut Mistakes) {
    check_text("source", &row.source, mistakes);
    check_text("reason", &row.reason, mistakes);
    for file in &row.files {
        check_text("files", file, mistakes);
        let known = &mut tables.knowledge.on_purpose;
        let reason = row.reason.get_ref().clone();
        if known.insert(file.get_ref().clone(), reason).is_some() {
            mistakes.push(row_already(file));
        }
    }
}

pub(super) fn add_provenance(tables: &mut Tables, row: &ProvenanceRow, mistakes: &mut Mistakes) {
    check_text("source", &row.source, mistakes);
    let Some(allocated) = tables.condition(&row.allocated, mistakes) else {
        return;
    };
    for name in functions(&row.names, mistakes) {
        let provenance = Provenance {
            argument: row.argument,
            allocated: allocated.clone(),
        };
        let known = &mut tables.knowledge.provenance;
        if known.insert(name.get_ref().clone(), provenance).is_some() {
            mistakes.push(row_already(name));
        }
    }
}

pub(super) fn add_results(tables: &mut Tables, row: &ResultRow, mistakes: &mut Mistakes) {
    check_text("source", &row.source, mistakes);
    let Some(field) = entries::field(&row.field, mistakes) else {
        return;
    };
    for name in functions(&row.names, mistakes) {
        let of_object = (field.clone(), row.is);
        let results = &mut tables.knowledge.results;
        if results.insert(name.get_ref().clone(), of_object).is_some() {
            mistakes.push(row_already(name));
        }
    }
}

/// Those of `names` that functions can have.
fn functions<'a>(
    names: &'a [Spanned<String>],
    mistakes: &mut Mistakes,
) -> Vec<&'a Spanned<String>> {
    let (good, bad): (Vec<_>, Vec<_>) = names
        .iter()
        .partition(|name| is_function_name(name.get_ref()));
    mistakes.extend(bad.into_iter().map(|name| {
        let message = format!("`{}` is not the name of a function", name.get_ref());
        (name.span(), message)
    }));
    good
}

fn row_already(name: &Spanned<String>) -> (std::ops::Range<usize>, String) {
    (
        name.span(),
        format!("`{}` has a row already", name.get_ref()),
    )
}
