// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which units a `compile_commands.json` holds.
//!
//! A file that is not a database at all is an error; one bad entry in it is an [`Incident`] and
//! loses nothing else. Reading looks at this one file only: it neither runs nor opens what the
//! entries name.

use std::fmt;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserializer as _;
use serde::de::{self, SeqAccess, Visitor};

use crate::arguments::for_parsing;
use crate::paths::absolute;

mod entry;

/// How one C file is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileCommand {
    /// Where the compiler runs: relative paths in `arguments` start here. Absolute.
    pub directory: Utf8PathBuf,
    /// The source file, absolute, without `.` and `..`.
    pub file: Utf8PathBuf,
    /// The command; the first element is the compiler (`ccache` and the like are removed).
    pub arguments: Vec<String>,
}

impl CompileCommand {
    /// The object file this command writes, as it is named in the command.
    ///
    /// With an out-of-tree build it is relative to the output directory, which is the form
    /// [`generate_missing`](crate::generate_missing) wants.
    pub fn object(&self) -> Option<&Utf8Path> {
        let at = self
            .arguments
            .iter()
            .rposition(|argument| argument == "-o")?;
        self.arguments.get(at + 1).map(Utf8Path::new)
    }
}

/// The C units of a `compile_commands.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Database {
    /// The file that was read.
    pub path: Utf8PathBuf,
    /// One entry per distinct compilation, sorted by file, then by arguments.
    ///
    /// A file that is compiled in two different ways is there twice.
    pub commands: Vec<CompileCommand>,
    /// Entries that could not be used.
    pub skipped: Vec<Incident>,
    /// Entries for assembly, Rust and other languages: expected, not a problem.
    pub other_languages: usize,
    /// Entries that parse exactly as another entry of the same file does.
    pub duplicates: usize,
}

/// An entry of a database that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Position of the entry in the array, from 0.
    pub entry: usize,
    /// The file of the entry, if it names one.
    pub file: Option<String>,
    /// What is wrong with it.
    pub problem: EntryProblem,
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}", self.entry)?;
        if let Some(file) = &self.file {
            write!(f, " ({file})")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// What is wrong with one entry of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryProblem {
    /// The entry is a number, a string, a list...
    #[error("is not an object")]
    NotAnObject,
    /// A key the format requires is absent.
    #[error("has no `{0}`")]
    Missing(&'static str),
    /// A key holds something else than the format says.
    #[error("`{0}` is not {1}")]
    WrongType(&'static str, &'static str),
    /// Bytes that are not UTF-8.
    #[error("`{0}` is not UTF-8")]
    NotUtf8(&'static str),
    /// The command line has an open quote.
    #[error("`command` has an unbalanced quote")]
    Unbalanced,
    /// The command line has no compiler.
    #[error("the command is empty")]
    Empty,
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Neither the given file nor one in the given directory exists.
    #[error("there is no {0}")]
    NotFound(Utf8PathBuf),
    /// It exists and cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is not a JSON array.
    #[error(
        "{path}:{line}:{column}: not a compilation database: {reason}; \
         recreate it with `make compile_commands.json` or `waitctx compdb`"
    )]
    Syntax {
        /// The file.
        path: Utf8PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
}

impl Database {
    /// The database to read: `given` if it is a file, the one in `given` if it is a directory
    /// (what clang tools call `-p`), else the one in the root of `tree`.
    pub fn locate(tree: &Utf8Path, given: Option<&Utf8Path>) -> Result<Utf8PathBuf, DatabaseError> {
        let place = given.unwrap_or(tree);
        let path = if given.is_none() || place.is_dir() {
            place.join("compile_commands.json")
        } else {
            place.to_owned()
        };
        if path.exists() {
            Ok(path)
        } else {
            Err(DatabaseError::NotFound(path))
        }
    }

    /// Reads the database in the file `path`.
    pub fn read(path: &Utf8Path) -> Result<Self, DatabaseError> {
        let bytes = std::fs::read(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => DatabaseError::NotFound(path.to_owned()),
            _ => DatabaseError::Read {
                path: path.to_owned(),
                source,
            },
        })?;
        Self::parse(path, &bytes)
    }

    /// Reads a database out of `bytes`; `path` is for messages and for relative directories.
    pub fn parse(path: &Utf8Path, bytes: &[u8]) -> Result<Self, DatabaseError> {
        // JSON is UTF-8 by definition. Replacing what is not keeps all other entries; the entry
        // with the replacement character is then refused by itself.
        let text = String::from_utf8_lossy(bytes);
        let reader = EntriesReader {
            home: path.parent().unwrap_or(Utf8Path::new("")),
            replaced: matches!(text, std::borrow::Cow::Owned(_)),
        };
        let mut json = serde_json::Deserializer::from_str(&text);
        let mut database = json
            .deserialize_seq(reader)
            .and_then(|database| json.end().map(|()| database))
            .map_err(|error| syntax(path, &error))?;
        database.path = path.to_owned();
        database.sort_and_deduplicate();
        Ok(database)
    }

    fn sort_and_deduplicate(&mut self) {
        self.commands
            .sort_by(|a, b| (&a.file, &a.arguments).cmp(&(&b.file, &b.arguments)));
        let before = self.commands.len();
        let mut kept: Vec<CompileCommand> = Vec::with_capacity(before);
        // Forms of the current file only; computed when a file has a second entry, which is rare.
        let mut forms: Vec<Vec<String>> = Vec::new();
        for command in std::mem::take(&mut self.commands) {
            match kept.last() {
                Some(last) if last.file == command.file => {
                    if forms.is_empty() {
                        forms.push(for_parsing(last));
                    }
                    let form = for_parsing(&command);
                    if forms.contains(&form) {
                        continue;
                    }
                    forms.push(form);
                }
                _ => forms.clear(),
            }
            kept.push(command);
        }
        self.duplicates = before - kept.len();
        self.commands = kept;
    }
}

/// Turns the array into a [`Database`] entry by entry: a database can have hundreds of megabytes,
/// and its JSON tree would need several times that.
struct EntriesReader<'a> {
    home: &'a Utf8Path,
    replaced: bool,
}

impl<'de> Visitor<'de> for EntriesReader<'_> {
    type Value = Database;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of compile commands")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Database, A::Error> {
        let mut database = Database::default();
        let mut index = 0;
        while let Some(value) = entries.next_element::<serde_json::Value>()? {
            let file = value
                .get("file")
                .and_then(|file| file.as_str())
                .map(str::to_owned);
            match entry::read(value, self.replaced) {
                Ok(Some(mut command)) => {
                    command.directory = absolute(self.home, &command.directory);
                    command.file = absolute(&command.directory, &command.file);
                    database.commands.push(command);
                }
                Ok(None) => database.other_languages += 1,
                Err(problem) => database.skipped.push(Incident {
                    entry: index,
                    file,
                    problem,
                }),
            }
            index += 1;
        }
        Ok(database)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Database, E> {
        Err(E::invalid_type(de::Unexpected::Unit, &self))
    }
}

fn syntax(path: &Utf8Path, error: &serde_json::Error) -> DatabaseError {
    let reason = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    DatabaseError::Syntax {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
        reason: reason.strip_suffix(&position).unwrap_or(&reason).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Database, DatabaseError> {
        Database::parse(Utf8Path::new("/o/compile_commands.json"), text.as_bytes())
    }

    fn entry(file: &str, command: &str) -> String {
        format!(r#"{{"directory":"/o","file":"{file}","command":"{command}"}}"#)
    }

    #[test]
    fn both_forms_are_read() {
        let text = r#"[
            {"directory": "/o", "file": "/k/b.c", "command": "clang -D'A=\"x y\"' -c -o b.o /k/b.c"},
            {"directory": "/o", "file": "a.c", "arguments": ["gcc", "-c", "a.c"], "output": "a.o"}
        ]"#;
        let database = parse(text).unwrap();
        assert_eq!(database.skipped, []);
        assert_eq!(
            database
                .commands
                .iter()
                .map(|c| c.file.as_str())
                .collect::<Vec<_>>(),
            ["/k/b.c", "/o/a.c"]
        );
        assert_eq!(database.commands[0].arguments[1], "-DA=\"x y\"");
        assert_eq!(database.commands[0].object(), Some(Utf8Path::new("b.o")));
        assert_eq!(database.commands[1].object(), None);
    }

    #[test]
    fn one_bad_entry_loses_no_other() {
        let good = entry("a.c", "clang -c a.c");
        let text = format!(
            r#"[7, {{}}, {{"directory":"/o","file":"x.c"}}, {{"directory":"/o","file":3}},
            {{"directory":"/o","file":"x.c","arguments":[1]}},
            {{"directory":"/o","file":"x.c","command":"clang 'x"}},
            {{"directory":"/o","file":"x.c","command":""}},
            {{"file":"x.c","command":"clang -c x.c"}}, {good}]"#
        );
        let database = parse(&text).unwrap();
        assert_eq!(database.commands.len(), 1);
        let problems: Vec<_> = database.skipped.iter().map(Incident::to_string).collect();
        assert_eq!(
            problems,
            [
                "entry 0: is not an object",
                "entry 1: has no `directory`",
                "entry 2 (x.c): has no `command` or `arguments`",
                "entry 3: `file` is not a string",
                "entry 4 (x.c): `arguments` is not a list of strings",
                "entry 5 (x.c): `command` has an unbalanced quote",
                "entry 6 (x.c): the command is empty",
                "entry 7 (x.c): has no `directory`",
            ]
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_cost_one_entry() {
        let mut bytes = b"[".to_vec();
        bytes.extend(br#"{"directory":"/o","file":"caf"#);
        bytes.push(0xe9);
        bytes.extend(br#".c","command":"clang -c x.c"},"#);
        bytes.extend(entry("a.c", "clang -c a.c").bytes());
        bytes.push(b']');
        let database = Database::parse(Utf8Path::new("/o/c.json"), &bytes).unwrap();
        assert_eq!(database.commands.len(), 1);
        assert_eq!(database.skipped[0].problem, EntryProblem::NotUtf8("file"));
    }

    #[test]
    fn hostile_input_is_an_error_that_names_the_place() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "{}",
            "null",
            "[{\"directory\":",
            "[1,]",
            "[] x",
            "\u{feff}[]",
            &deep,
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with("/o/compile_commands.json:"), "{error}");
            assert!(error.contains("recreate it with"), "{error}");
        }
        let error = parse("[\n  {\"directory\": }\n]").unwrap_err().to_string();
        assert!(error.starts_with("/o/compile_commands.json:2:"), "{error}");
    }

    #[test]
    fn only_c_units_count() {
        let text = format!(
            "[{},{},{},{}]",
            entry("a.S", "clang -c a.S"),
            entry("b.rs", "rustc b.rs"),
            entry("c.inc", "clang -x c -c c.inc"),
            entry("d.c", "clang -x assembler-with-cpp -c d.c"),
        );
        let database = parse(&text).unwrap();
        assert_eq!(database.commands.len(), 1);
        assert_eq!(database.commands[0].file, "/o/c.inc");
        assert_eq!(database.other_languages, 3);
    }

    #[test]
    fn equal_compilations_are_one_and_different_ones_stay() {
        let text = format!(
            "[{},{},{},{}]",
            entry("./z.c", "clang -DX -c -o 1.o z.c"),
            entry("z.c", "clang -DY -c -o 2.o z.c"),
            entry("z.c", "clang -DX -Wall -c -o 3.o ./z.c"),
            entry("a.c", "clang -c a.c"),
        );
        let database = parse(&text).unwrap();
        assert_eq!(database.duplicates, 1);
        let kept: Vec<_> = database
            .commands
            .iter()
            .map(|c| (c.file.as_str(), c.arguments[1].as_str()))
            .collect();
        assert_eq!(
            kept,
            [("/o/a.c", "-c"), ("/o/z.c", "-DX"), ("/o/z.c", "-DY")]
        );
    }

    #[test]
    fn relative_directories_start_at_the_database() {
        let text = r#"[{"directory":"sub","file":"a.c","command":"ccache clang -c a.c"}]"#;
        let database = parse(text).unwrap();
        assert_eq!(database.commands[0].file, "/o/sub/a.c");
        assert_eq!(database.commands[0].arguments[0], "clang");
    }

    #[test]
    fn locating() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let missing = Database::locate(dir, None).unwrap_err().to_string();
        assert_eq!(missing, format!("there is no {dir}/compile_commands.json"));
        let file = dir.join("compile_commands.json");
        std::fs::write(&file, "[]").unwrap();
        assert_eq!(Database::locate(dir, None).unwrap(), file);
        assert_eq!(
            Database::locate(Utf8Path::new("/"), Some(dir)).unwrap(),
            file
        );
        assert_eq!(
            Database::locate(Utf8Path::new("/"), Some(&file)).unwrap(),
            file
        );
        assert_eq!(Database::read(&file).unwrap().commands, []);
        let unreadable = Database::read(dir).unwrap_err().to_string();
        assert!(
            unreadable.starts_with(&format!("cannot read {dir}: ")),
            "{unreadable}"
        );
    }
}
