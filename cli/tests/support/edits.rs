// SPDX-License-Identifier: MIT OR Apache-2.0
//! Edits of a source that have nothing to do with what is found in it.

use waitctx_solver::Finding;

use super::markers;

/// A kind of edit.
pub(crate) struct Edit {
    pub(crate) what: &'static str,
    /// The new text of a file of a program in which these are the findings.
    pub(crate) make: fn(&str, &[Finding]) -> String,
}

/// The kinds of edit.
pub(crate) const EDITS: &[Edit] = &[
    Edit {
        what: "lines at the top",
        make: |text, _| format!("/* one\n * two\n * three\n */\n\n{text}"),
    },
    Edit {
        what: "functions between functions",
        make: |text, _| {
            between(text, |number| {
                format!("int unrelated_{number}(int x)\n{{\n\treturn x + {number};\n}}\n\n")
            })
        },
    },
    Edit {
        what: "comments between functions",
        make: |text, _| between(text, |number| format!("/* {number} things to do */\n\n")),
    },
    Edit {
        what: "a variable in each function",
        make: |text, _| text.replace("\n{\n", "\n{\n\tint unrelated = 0;\n"),
    },
    Edit {
        what: "other names for functions without findings",
        make: rename,
    },
];

/// Puts something before every function.
fn between(text: &str, something: impl Fn(usize) -> String) -> String {
    let mut out = String::new();
    // A definition in kernel style starts after an empty line.
    for (number, part) in text.split("\n\n").enumerate() {
        if number > 0 {
            out.push_str("\n\n");
            let starts = part.starts_with(|c: char| c.is_ascii_alphabetic());
            if starts && part.contains("\n{\n") {
                out.push_str(&something(number));
            }
        }
        out.push_str(part);
    }
    out
}

/// Renames what is defined in a file and has no part in any finding. (Static functions only: others
/// may be called from another file.)
fn rename(text: &str, findings: &[Finding]) -> String {
    let mut out = text.to_owned();
    for function in markers::functions(text) {
        let name = function.name;
        let takes_part = findings.iter().flat_map(|it| &it.witness).any(|step| {
            let through = step.through.as_deref();
            step.function == name || step.callee == name || through == Some(name)
        });
        let is_static = text
            .lines()
            .any(|line| line.starts_with("static ") && line.contains(&format!("{name}(")));
        if is_static && !takes_part {
            out = replace_word(&out, name, &format!("renamed_{name}"));
        }
    }
    out
}

fn replace_word(text: &str, word: &str, new: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = rest.split_at(at);
        let after = &after[word.len()..];
        out.push_str(before);
        let inside = out.ends_with(is_part) || after.starts_with(is_part);
        out.push_str(if inside { word } else { new });
        rest = after;
    }
    out + rest
}
