// SPDX-License-Identifier: MIT OR Apache-2.0
//! What names and texts in a row must be like, and what is said when they are not.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

/// Mistakes within one file: where, and what is wrong there.
pub(super) type Mistakes = Vec<(Range<usize>, String)>;

/// What a table has under a name.
pub(super) fn look_up<T: Clone>(
    what: &str,
    table: &BTreeMap<String, T>,
    name: &str,
    span: Range<usize>,
    mistakes: &mut Mistakes,
) -> Option<T> {
    let found = table.get(name).cloned();
    if found.is_none() {
        let known: Vec<&str> = table.keys().map(String::as_str).collect();
        let message = format!(
            "no {what} is called `{name}`; there are {}",
            known.join(", ")
        );
        mistakes.push((span, message));
    }
    found
}

pub(super) fn check_row(
    name: &Spanned<String>,
    label: &Spanned<String>,
    source: &Spanned<String>,
    mistakes: &mut Mistakes,
) {
    check_name(name, mistakes);
    check_text("label", label, mistakes);
    check_text("source", source, mistakes);
}

pub(super) fn check_name(name: &Spanned<String>, mistakes: &mut Mistakes) {
    let text = name.get_ref();
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if !text.split('-').all(is_word) {
        mistakes.push((name.span(), format!("`{text}` is not a name in kebab-case")));
    }
}

pub(super) fn check_text(field: &str, text: &Spanned<String>, mistakes: &mut Mistakes) {
    if text.get_ref().trim().is_empty() {
        mistakes.push((text.span(), format!("`{field}` is empty")));
    }
}

pub(super) fn is_identifier(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && text.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// Whether `text` can be the name of a function: an identifier, or a path of Rust with generic
/// arguments (`a::B<_, C>::d`).
pub(super) fn is_function_name(text: &str) -> bool {
    if !text.contains("::") {
        return is_identifier(text);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_:<>, &*[]()#!+=".contains(c);
    text.chars().all(allowed) && text.matches('<').count() == text.matches('>').count()
}

pub(super) fn twice(what: &str, name: &Spanned<String>) -> (Range<usize>, String) {
    (
        name.span(),
        format!("there is a {what} called `{}` already", name.get_ref()),
    )
}
