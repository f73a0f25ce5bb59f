// SPDX-License-Identifier: MIT OR Apache-2.0
//! `_Generic`: which association is selected.
//!
//! libclang shows the controlling expression and the expressions of all associations, but of their
//! types only the names of records and typedefs. The selection's own type is that of the selected
//! expression, which nearly always leaves one; then those names decide, then the source text or
//! clang's print of it.

use crate::body::Body;
use crate::ffi::{CType, Cursor, Kind, TypeKind};
use crate::reader::Reader;
use crate::source;

/// An association: the record or typedef in its type, and its expression.
struct Association<'tu> {
    named: Option<CType<'tu>>,
    expression: Cursor<'tu>,
}

impl<'tu> Reader<'tu> {
    /// The selected expression of a `_Generic` in `around`, the function or variable that it is
    /// part of.
    pub(crate) fn selected_association(
        &mut self,
        selection: Cursor<'tu>,
        around: Cursor<'tu>,
    ) -> Option<Cursor<'tu>> {
        let children = selection.children();
        // The controlling expression is not evaluated.
        let (&control, rest) = children.split_first()?;
        let all = associations(rest);
        let wanted = selection.ctype().canonical();
        let fitting: Vec<usize> = (0..all.len())
            .filter(|&at| all[at].expression.ctype().canonical() == wanted)
            .collect();
        let control = control.ctype().canonical().unqualified();
        let target = innermost(control);
        let by_name: Vec<usize> = fitting
            .iter()
            .copied()
            .filter(|&at| all[at].named == Some(target))
            .collect();
        let chosen = match (&fitting[..], &by_name[..]) {
            ([only], _) | (_, [only]) => *only,
            // Several of the same type and name differ in qualifiers at most.
            (_, [first, ..]) => self
                .by_text(selection, around, control, &all)
                .unwrap_or(*first),
            _ => match self.by_text(selection, around, control, &all) {
                Some(chosen) => chosen,
                None => {
                    self.approximated("_Generic whose choice is unclear", selection);
                    fitting.first().copied().unwrap_or(0)
                }
            },
        };
        Some(all.get(chosen)?.expression)
    }

    /// The association whose type is written as the type of the controlling expression, or the
    /// default. Where macros made some of them, clang's print of the whole declaration has the
    /// text; there the same macro, used again, looks the same.
    fn by_text(
        &mut self,
        selection: Cursor<'tu>,
        around: Cursor<'tu>,
        control: CType<'tu>,
        all: &[Association<'tu>],
    ) -> Option<usize> {
        let written = selection.location().spelled().and_then(|at| {
            let text = self.text(at.file);
            source::generic_types(&text, at.offset as usize)
        });
        let types = match written.filter(|types| types.len() == all.len()) {
            Some(types) => types,
            None => printed_types(&around.pretty(false), all.len())?,
        };
        let wanted = plain(&control.spelling());
        let is_default = |at: &usize| types[*at] == "default";
        let same = (0..all.len()).find(|&at| plain(&types[at]) == wanted);
        let others_differ = (0..all.len())
            .filter(|at| !is_default(at))
            .all(|at| all[at].named.is_some() || is_builtin(&types[at]));
        same.or_else(|| (0..all.len()).find(is_default).filter(|_| others_differ))
    }
}

impl<'tu> Body<'_, 'tu> {
    /// The selected expression of a `_Generic`.
    pub(crate) fn selected(&mut self, selection: Cursor<'tu>) -> Option<Cursor<'tu>> {
        self.reader.selected_association(selection, self.function)
    }
}

/// The types of the associations of all `_Generic` with so many of them in a print, if they are
/// all the same.
fn printed_types(print: &str, count: usize) -> Option<Vec<String>> {
    let mut found: Option<Vec<String>> = None;
    for (at, _) in print.match_indices("_Generic") {
        match source::generic_types(print.as_bytes(), at) {
            Some(types) if types.len() == count => match &found {
                Some(known) if *known != types => return None,
                _ => found = Some(types),
            },
            _ => {}
        }
    }
    found
}

/// A type in one of the ways of writing it: `long unsigned int` is `long unsigned`.
fn plain(written: &str) -> String {
    let (base, stars) = written.split_at(written.find('*').unwrap_or(written.len()));
    let mut words: Vec<&str> = base.split_whitespace().collect();
    let is_char = words.contains(&"char");
    let is_sized = words
        .iter()
        .any(|it| matches!(*it, "unsigned" | "signed" | "short" | "long"));
    words.retain(|it| !(*it == "int" && is_sized || *it == "signed" && !is_char));
    words.sort_unstable();
    let stars: String = stars.split_whitespace().collect();
    match words[..] {
        [] => format!("int{stars}"),
        _ => format!("{} {stars}", words.join(" ")),
    }
    .trim_end()
    .to_owned()
}

/// Whether a type is made of C's own words only, and so is what it looks like.
fn is_builtin(written: &str) -> bool {
    written
        .split([' ', '*'])
        .filter(|it| !it.is_empty())
        .all(|it| {
            matches!(
                it,
                "void"
                    | "char"
                    | "short"
                    | "int"
                    | "long"
                    | "float"
                    | "double"
                    | "signed"
                    | "unsigned"
                    | "const"
                    | "volatile"
                    | "_Bool"
            )
        })
}

fn associations<'tu>(children: &[Cursor<'tu>]) -> Vec<Association<'tu>> {
    let mut all = Vec::new();
    let mut named = None;
    for child in children {
        if child.kind() == Kind::TypeRef {
            named = child
                .referenced()
                .map(|declaration| innermost(declaration.ctype().canonical()));
        } else {
            all.push(Association {
                named: named.take(),
                expression: *child,
            });
        }
    }
    all
}

/// What is at the end of all pointers.
fn innermost(mut ctype: CType<'_>) -> CType<'_> {
    while ctype.kind() == TypeKind::Pointer {
        ctype = ctype.pointee();
    }
    ctype.unqualified()
}

#[cfg(test)]
mod tests {
    use super::{is_builtin, plain, printed_types};

    #[test]
    fn types_are_compared_as_c_means_them() {
        assert_eq!(plain("long unsigned int"), plain("unsigned long"));
        assert_eq!(plain("signed"), plain("int"));
        assert_eq!(plain("char const *"), plain("const char *"));
        assert_ne!(plain("signed char"), plain("char"));
        assert_ne!(plain("char **"), plain("char *"));
        assert!(is_builtin("const unsigned char *") && !is_builtin("u8"));
    }

    #[test]
    fn a_print_tells_when_it_has_one_answer() {
        let types = Some(vec!["int".to_owned(), "default".to_owned()]);
        let print = "{ _Generic(a, int: 1, default: 2); _Generic(b, int: 3, default: 4); }";
        assert_eq!(printed_types(print, 2), types);
        assert_eq!(printed_types(print, 3), None);
        let print = "{ _Generic(a, int: 1, default: 2); _Generic(b, long: 3, default: 4); }";
        assert_eq!(printed_types(print, 2), None);
    }
}
