// SPDX-License-Identifier: MIT OR Apache-2.0
//! One `[[entry]]` row: which functions are meant, and what they are entered in.

use toml::Spanned;
use waitctx_solver::{Entry, FieldName, Registration};

use super::build::Tables;
use super::check::{Mistakes, check_text, is_identifier};
use super::schema::EntryRow;

/// The entry that `row` describes, or nothing when it is wrong.
pub(super) fn entry(tables: &Tables, row: &EntryRow, mistakes: &mut Mistakes) -> Option<Entry> {
    check_text("source", &row.source, mistakes);
    if !row.label.get_ref().starts_with("in ") {
        let message = "a label says where one is: it begins with \"in \"".to_owned();
        mistakes.push((row.label.span(), message));
    }
    if row.contexts.get_ref().is_empty() {
        mistakes.push((row.contexts.span(), "`contexts` is empty".to_owned()));
    }
    let contexts = row
        .contexts
        .get_ref()
        .iter()
        .filter_map(|name| tables.context(name, mistakes))
        .collect();
    Some(Entry {
        label: row.label.get_ref().clone(),
        contexts,
        of: registration(tables, row, mistakes)?,
        group: row.group.as_ref().map(|group| group.get_ref().clone()),
    })
}

fn registration(tables: &Tables, row: &EntryRow, mistakes: &mut Mistakes) -> Option<Registration> {
    let stray = [
        row.argument.as_ref().map(|it| ("argument", it.span())),
        row.in_field.as_ref().map(|it| ("in_field", it.span())),
        row.only_if.as_ref().map(|it| ("only_if", it.span())),
    ];
    if row.passed_to.is_none()
        && let Some((name, span)) = stray.into_iter().flatten().next()
    {
        mistakes.push((span, format!("`{name}` says something of `passed_to` only")));
        return None;
    }
    match (&row.names, &row.fields, &row.passed_to) {
        (Some(names), None, None) => Some(Registration::Named(functions(names, mistakes))),
        (None, Some(fields), None) => Some(Registration::Stored(
            fields
                .iter()
                .filter_map(|name| field(name, mistakes))
                .collect(),
        )),
        (None, None, Some(to)) => {
            let Some(argument) = &row.argument else {
                let message = "`passed_to` needs the `argument`".to_owned();
                mistakes.push((row.label.span(), message));
                return None;
            };
            let only_if = match &row.only_if {
                Some(name) => Some(tables.condition(name, mistakes)?),
                None => None,
            };
            let field = match &row.in_field {
                Some(name) => Some(field(name, mistakes)?),
                None => None,
            };
            Some(Registration::Passed {
                to: functions(to, mistakes),
                argument: *argument.get_ref(),
                field,
                only_if,
            })
        }
        _ => {
            let message = "an entry has one of `names`, `fields` and `passed_to`".to_owned();
            mistakes.push((row.label.span(), message));
            None
        }
    }
}

fn functions(names: &[Spanned<String>], mistakes: &mut Mistakes) -> Vec<String> {
    for name in names.iter().filter(|name| !is_identifier(name.get_ref())) {
        let message = format!("`{}` is not the name of a function", name.get_ref());
        mistakes.push((name.span(), message));
    }
    names.iter().map(|name| name.get_ref().clone()).collect()
}

pub(super) fn field(name: &Spanned<String>, mistakes: &mut Mistakes) -> Option<FieldName> {
    match name.get_ref().split_once('.') {
        Some((record, field)) if is_identifier(record) && is_identifier(field) => Some(FieldName {
            record: record.to_owned(),
            field: field.to_owned(),
        }),
        _ => {
            let message = format!("`{}` is not a field: `record.field`", name.get_ref());
            mistakes.push((name.span(), message));
            None
        }
    }
}
