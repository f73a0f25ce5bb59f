// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the preprocessor looks for a file that is included.

use camino::{Utf8Path, Utf8PathBuf};

/// The directories that one unit's arguments name, in the order in which they are searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SearchPath {
    /// For names in quotes only.
    quote: Vec<Utf8PathBuf>,
    /// For all names.
    angled: Vec<Utf8PathBuf>,
    /// Files that are included before the first line.
    forced: Vec<Utf8PathBuf>,
}

impl SearchPath {
    /// What `arguments` say.
    pub(crate) fn of(arguments: &[String]) -> Self {
        let mut path = Self::default();
        let (mut system, mut after) = (Vec::new(), Vec::new());
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            match argument {
                "-iquote" => path.quote.extend(rest.next().map(Utf8PathBuf::from)),
                "-isystem" => system.extend(rest.next().map(Utf8PathBuf::from)),
                "-idirafter" => after.extend(rest.next().map(Utf8PathBuf::from)),
                "-include" | "-imacros" => path.forced.extend(rest.next().map(Utf8PathBuf::from)),
                _ => {
                    let directory = argument.strip_prefix("-I").filter(|it| !it.is_empty());
                    path.angled.extend(directory.map(Utf8PathBuf::from));
                }
            }
        }
        path.angled.append(&mut system);
        path.angled.append(&mut after);
        path
    }

    /// The directories for names in angle brackets.
    pub(crate) fn directories(&self) -> &[Utf8PathBuf] {
        &self.angled
    }

    /// The files that are included before the first line.
    pub(crate) fn forced(&self) -> &[Utf8PathBuf] {
        &self.forced
    }

    /// The files that an `#include` of `name` in a file of `directory` can mean, the preferred
    /// first.
    pub(crate) fn candidates<'a>(
        &'a self,
        name: &'a str,
        is_angled: bool,
        directory: &'a Utf8Path,
    ) -> impl Iterator<Item = Utf8PathBuf> + 'a {
        let quoted = (!is_angled)
            .then(|| std::iter::once(directory).chain(self.quote.iter().map(Utf8PathBuf::as_path)));
        quoted
            .into_iter()
            .flatten()
            .chain(self.angled.iter().map(Utf8PathBuf::as_path))
            .map(move |it| it.join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_searched_in_the_compilers_order() {
        let arguments = [
            "-idirafter",
            "/after",
            "-isystem",
            "/system",
            "-I/one",
            "-include",
            "/k.h",
            "-iquote",
            "/quote",
            "-I/two",
        ]
        .map(str::to_owned);
        let path = SearchPath::of(&arguments);
        let all = |is_angled| -> Vec<String> {
            path.candidates("a.h", is_angled, "/dir".into())
                .map(Utf8PathBuf::into_string)
                .collect()
        };
        let angled = ["/one/a.h", "/two/a.h", "/system/a.h", "/after/a.h"];
        assert_eq!(all(true), angled);
        assert_eq!(
            all(false),
            [&["/dir/a.h", "/quote/a.h"][..], &angled].concat()
        );
        assert_eq!(path.forced(), ["/k.h"]);
    }
}
