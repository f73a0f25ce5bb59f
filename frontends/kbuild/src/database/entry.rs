// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides whether one entry of a database is a C unit.

use camino::Utf8Path;
use serde_json::Value;

use super::{CompileCommand, EntryProblem};
use crate::compiler;

/// The command of one entry with paths as written; `None` if it compiles another language.
///
/// `replaced` says that some bytes of the file were not UTF-8 and now are U+FFFD.
pub(super) fn read(value: Value, replaced: bool) -> Result<Option<CompileCommand>, EntryProblem> {
    let Value::Object(mut object) = value else {
        return Err(EntryProblem::NotAnObject);
    };
    let mut string = |key| match object.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) if replaced && text.contains('\u{fffd}') => {
            Err(EntryProblem::NotUtf8(key))
        }
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(EntryProblem::WrongType(key, "a string")),
    };
    let directory = string("directory")?.ok_or(EntryProblem::Missing("directory"))?;
    let file = string("file")?.ok_or(EntryProblem::Missing("file"))?;
    let command = string("command")?;
    let mut words = match (object.remove("arguments"), command) {
        (Some(list), _) => words_of(list, replaced)?,
        (None, Some(line)) => shlex::split(&line).ok_or(EntryProblem::Unbalanced)?,
        (None, None) => return Err(EntryProblem::Missing("command` or `arguments")),
    };
    words.drain(..compiler::position(&words));
    if words.is_empty() {
        return Err(EntryProblem::Empty);
    }
    let command = CompileCommand {
        directory: directory.into(),
        file: file.into(),
        arguments: words,
    };
    Ok(is_c(&command).then_some(command))
}

fn words_of(list: Value, replaced: bool) -> Result<Vec<String>, EntryProblem> {
    let wrong = EntryProblem::WrongType("arguments", "a list of strings");
    let Value::Array(items) = list else {
        return Err(wrong);
    };
    let mut words = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::String(word) if replaced && word.contains('\u{fffd}') => {
                return Err(EntryProblem::NotUtf8("arguments"));
            }
            Value::String(word) => words.push(word),
            _ => return Err(wrong),
        }
    }
    Ok(words)
}

/// `-x` decides if there is one, the extension otherwise, as for the compiler itself.
fn is_c(command: &CompileCommand) -> bool {
    let arguments = &command.arguments;
    let language = arguments
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, argument)| match argument.strip_prefix("-x") {
            Some("") => arguments.get(at + 1).map(String::as_str),
            other => other,
        });
    match language {
        Some("none") | None => Utf8Path::new(&command.file).extension() == Some("c"),
        Some(language) => language == "c",
    }
}
