// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which units need something that only a build makes.
//!
//! Asking the compiler would cost minutes. Instead the text is looked at: a source that is not
//! there, an `-include` of the command that is not, or an `#include` of the source, or of a header
//! beside it, that no directory has. Too many is harmless (an object is built for nothing), too few
//! is repaired later with [`generate_missing`](super::generate_missing).

use std::collections::{HashMap, HashSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::arguments::for_parsing;
use crate::database::CompileCommand;

/// A unit that lacks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// The source of the unit.
    pub file: Utf8PathBuf,
    /// Its object, as the command names it.
    pub object: Option<Utf8PathBuf>,
    /// The source itself, or the header as its `#include` names it.
    pub what: String,
}

/// The units among `commands` that lack a source or a header.
pub(super) fn lacking<'a>(commands: impl IntoIterator<Item = &'a CompileCommand>) -> Vec<Lacking> {
    let mut scan = Scan::default();
    commands
        .into_iter()
        .filter_map(|command| {
            Some(Lacking {
                what: scan.lacks(command)?,
                file: command.file.clone(),
                object: command.object().map(Utf8Path::to_owned),
            })
        })
        .collect()
}

/// What was seen on the disk; many units share their headers and directories.
#[derive(Default)]
struct Scan {
    exists: HashMap<Utf8PathBuf, bool>,
    includes: HashMap<Utf8PathBuf, Vec<Include>>,
}

impl Scan {
    fn lacks(&mut self, command: &CompileCommand) -> Option<String> {
        if !self.exists(&command.file) {
            return Some(command.file.to_string());
        }
        let search = Search::of(command);
        if let Some(header) = search.forced.iter().find(|header| !self.exists(header)) {
            return Some(header.to_string());
        }
        let mut seen = HashSet::from([command.file.clone()]);
        let mut files = vec![command.file.clone()];
        while let Some(file) = files.pop() {
            let home = file.parent().unwrap_or(Utf8Path::new("/")).to_owned();
            for include in self.includes(&file) {
                let beside = home.join(&include.name);
                if include.quoted && self.exists(&beside) {
                    // Further than its own directory a header is not followed: what is included
                    // there under conditions is none of this unit's business.
                    if beside.extension() == Some("h") && seen.insert(beside.clone()) {
                        files.push(beside);
                    }
                } else if !search.finds(&include, |path| self.exists(path)) {
                    return Some(include.name);
                }
            }
        }
        None
    }

    fn exists(&mut self, path: &Utf8Path) -> bool {
        if let Some(&known) = self.exists.get(path) {
            return known;
        }
        let exists = path.exists();
        self.exists.insert(path.to_owned(), exists);
        exists
    }

    fn includes(&mut self, file: &Utf8Path) -> Vec<Include> {
        self.includes
            .entry(file.to_owned())
            .or_insert_with(|| {
                fs::read(file).map_or(Vec::new(), |bytes| {
                    includes(&String::from_utf8_lossy(&bytes))
                })
            })
            .clone()
    }
}

/// Where a unit's compiler looks for headers.
struct Search {
    quoted: Vec<Utf8PathBuf>,
    all: Vec<Utf8PathBuf>,
    /// The headers included by the command itself.
    forced: Vec<Utf8PathBuf>,
    /// Without `-nostdinc` the compiler has directories of its own, which are not known here.
    knows_all: bool,
}

impl Search {
    fn of(command: &CompileCommand) -> Self {
        let mut search = Self {
            quoted: Vec::new(),
            all: Vec::new(),
            forced: Vec::new(),
            knows_all: false,
        };
        let arguments = for_parsing(command);
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "-nostdinc" => search.knows_all = true,
                "-include" => search.forced.extend(rest.next().map(Utf8PathBuf::from)),
                "-iquote" => search.quoted.extend(rest.next().map(Utf8PathBuf::from)),
                "-isystem" | "-idirafter" => search.all.extend(rest.next().map(Utf8PathBuf::from)),
                other => search
                    .all
                    .extend(other.strip_prefix("-I").map(Utf8PathBuf::from)),
            }
        }
        search
    }

    fn finds(&self, include: &Include, mut exists: impl FnMut(&Utf8Path) -> bool) -> bool {
        let quoted = if include.quoted {
            self.quoted.as_slice()
        } else {
            &[]
        };
        let found = quoted
            .iter()
            .chain(&self.all)
            .any(|dir| exists(&dir.join(&include.name)));
        found || (!self.knows_all && !include.quoted)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Include {
    name: String,
    quoted: bool,
}

/// The includes of `text` that are not under a condition, computed ones left out.
///
/// What stands under `#ifdef` is mostly another architecture's or user space's; taking it would
/// have hundreds of objects built that lack nothing (all of ACPICA, for one).
fn includes(text: &str) -> Vec<Include> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut directives = text.lines().filter_map(directive).peekable();
    let mut first = true;
    while let Some(directive) = directives.next() {
        let is_first = std::mem::take(&mut first);
        if directive.starts_with("if") {
            if !(is_first && is_guard(directive, directives.peek())) {
                depth += 1;
            }
        } else if directive.starts_with("endif") {
            depth = depth.saturating_sub(1);
        } else if let Some(operand) = directive.strip_prefix("include").filter(|_| depth == 0) {
            found.extend(include(operand.trim_start()));
        }
    }
    found
}

fn directive(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix('#').map(str::trim_start)
}

/// `#ifndef X` followed by `#define X`: all of the header, not a condition in it.
fn is_guard(first: &str, second: Option<&&str>) -> bool {
    let name = |directive: &str| directive.split_whitespace().nth(1).map(str::to_owned);
    first.starts_with("ifndef")
        && second.is_some_and(|second| second.starts_with("define") && name(first) == name(second))
}

fn include(operand: &str) -> Option<Include> {
    let (quoted, end, rest) = match operand.split_at_checked(1)? {
        ("\"", rest) => (true, '"', rest),
        ("<", rest) => (false, '>', rest),
        _ => return None,
    };
    let (name, _) = rest.split_once(end)?;
    Some(Include {
        name: name.to_owned(),
        quoted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lacks of one unit in a directory with `files`, compiled with `-nostdinc -Iinc`.
    fn lacks(files: &[(&str, &str)], flags: &str) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let command = CompileCommand {
            directory: root.to_owned(),
            file: root.join("d/a.c"),
            arguments: shlex::split(&format!("cc {flags} -c -o d/a.o d/a.c")).unwrap(),
        };
        let found = lacking(std::slice::from_ref(&command));
        found.into_iter().next().map(|lacking| {
            assert_eq!(lacking.object.as_deref(), Some(Utf8Path::new("d/a.o")));
            lacking.what.replace(root.as_str(), "ROOT")
        })
    }

    #[test]
    fn a_missing_source_or_header_is_found() {
        let flags = "-nostdinc -Iinc -iquote q";
        assert_eq!(lacks(&[], flags).as_deref(), Some("ROOT/d/a.c"));
        let source = "#include <linux/a.h>\n # include \"b.h\"\n#include \"c.h\"\n#include X(y)\n";
        let mut files = vec![("d/a.c", source), ("inc/linux/a.h", ""), ("d/b.h", "")];
        assert_eq!(lacks(&files, flags).as_deref(), Some("c.h"));
        files.push(("q/c.h", ""));
        assert_eq!(lacks(&files, flags), None);
        files[2].1 = "#ifndef B_H\n#define B_H\n#include \"gen.h\"\n#endif\n";
        assert_eq!(lacks(&files, flags).as_deref(), Some("gen.h"));
        let forced = "-nostdinc -include version.h";
        assert_eq!(
            lacks(&[("d/a.c", "")], forced).as_deref(),
            Some("ROOT/version.h")
        );
    }

    #[test]
    fn what_cannot_be_decided_lacks_nothing() {
        let conditional = "#ifdef X\n#ifndef Y\n#endif\n#include \"x.h\"\n#endif\n#include\n";
        assert_eq!(lacks(&[("d/a.c", conditional)], "-nostdinc"), None);
        let user_space = "#ifndef __KERNEL__\n#include \"x.h\"\n#else\n#endif\n";
        assert_eq!(lacks(&[("d/a.c", user_space)], "-nostdinc"), None);
        assert_eq!(lacks(&[("d/a.c", "#include <stdio.h>")], "-Iinc"), None);
        assert_eq!(
            lacks(&[("d/a.c", "#include <stdio.h>")], "-nostdinc").as_deref(),
            Some("stdio.h")
        );
    }
}
