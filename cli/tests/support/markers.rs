// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a fixture says about itself: `//~ ERROR rule` at the end of a line that is to be found, and
//! the verdict at the end (or start) of each function's name.

use std::collections::BTreeMap;

use camino::Utf8Path;
use waitctx_solver::Finding;

use super::brief;

const MARKER: &str = "//~ ERROR ";

/// The rules that a text expects, by line.
pub(crate) fn expected(text: &str) -> BTreeMap<u32, Vec<&str>> {
    let mut expected = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((_, rules)) = line.split_once(MARKER) {
            let rules = rules.split(',').map(str::trim).collect();
            expected.insert(number, rules);
        }
    }
    expected
}

/// How the findings in `file` differ from what its text expects, a line per difference.
pub(crate) fn differences(file: &Utf8Path, text: &str, findings: &[&Finding]) -> Vec<String> {
    let mut open: Vec<&Finding> = findings.to_vec();
    let mut differences = Vec::new();
    for (line, rules) in expected(text) {
        for rule in rules {
            let matches = |it: &&Finding| it.main_step().place.line == line && it.rule == rule;
            match open.iter().position(matches) {
                Some(index) => drop(open.remove(index)),
                None => differences.push((line, format!("not found: {rule}"))),
            }
        }
    }
    for finding in open {
        let line = finding.main_step().place.line;
        differences.push((line, format!("found, but not expected: {}", brief(finding))));
    }
    differences.sort();
    differences
        .into_iter()
        .map(|(line, what)| {
            let function = functions(text)
                .into_iter()
                .find(|it| it.first <= line && line <= it.last);
            let name = function.map_or("no function", |it| it.name);
            format!("{file}:{line}: {what} in {name}")
        })
        .collect()
}

/// A function definition in a text.
pub(crate) struct Definition<'a> {
    pub(crate) name: &'a str,
    first: u32,
    last: u32,
}

impl Definition<'_> {
    /// What the name says: whether something is found in the function; `None` when it says nothing.
    fn verdict(&self) -> Option<bool> {
        if self.name.ends_with("_bad") || self.name.starts_with("fp_") {
            Some(true)
        } else if self.name.ends_with("_ok") || self.name.starts_with("fn_") {
            Some(false)
        } else {
            None
        }
    }
}

/// The function definitions of a text in kernel style: the braces of C in the first column, of Rust
/// one closing brace as far to the right as `fn` is.
pub(crate) fn functions(text: &str) -> Vec<Definition<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut functions = rust_functions(&lines);
    for (index, line) in lines.iter().enumerate() {
        if *line != "{" {
            continue;
        }
        let head = lines[..index].iter().enumerate().rev().find(|(_, line)| {
            let starts = line.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
            starts && line.contains('(')
        });
        // What happens at the end of a function may be marked there.
        let ends = |line: &&str| *line == "}" || line.starts_with("} //~");
        let end = lines[index..].iter().position(ends);
        if let (Some((first, head)), Some(end)) = (head, end) {
            let before = head.split('(').next().unwrap_or_default();
            let name = before
                .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default();
            let line = |index: usize| u32::try_from(index + 1).expect("files are short");
            functions.push(Definition {
                name,
                first: line(first),
                last: line(index + end),
            });
        }
    }
    functions
}

fn rust_functions<'a>(lines: &[&'a str]) -> Vec<Definition<'a>> {
    let mut functions = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        let start = ["fn ", "pub fn ", "unsafe fn ", "extern \"C\" fn "];
        let head = start.iter().find_map(|it| code.strip_prefix(it));
        let head = head.or_else(|| code.split_once(" extern \"C\" fn ").map(|(_, rest)| rest));
        let Some(head) = head.filter(|_| line.ends_with('{')) else {
            continue;
        };
        let end = format!("{indent}}}");
        let Some(length) = lines[index..].iter().position(|line| *line == end) else {
            continue;
        };
        let name = head.split(['(', '<']).next().unwrap_or_default();
        let number = |index: usize| u32::try_from(index + 1).expect("files are short");
        functions.push(Definition {
            name,
            first: number(index),
            last: number(index + length),
        });
    }
    functions
}

/// Where the names of functions and the markers of a text contradict each other.
pub(crate) fn contradictions(file: &Utf8Path, text: &str) -> Vec<String> {
    let functions = functions(text);
    let mut marked: Vec<u32> = expected(text).into_keys().collect();
    let mut contradictions = Vec::new();
    for function in &functions {
        let inside = |line: &u32| function.first <= *line && *line <= function.last;
        let is_marked = marked.iter().any(inside);
        match function.verdict() {
            Some(verdict) if verdict != is_marked => contradictions.push(format!(
                "{file}:{}: {} has {} marker",
                function.first,
                function.name,
                if is_marked { "a" } else { "no" }
            )),
            None if is_marked => contradictions.push(format!(
                "{file}:{}: the name of {} does not tell that something is found in it",
                function.first, function.name
            )),
            Some(_) | None => {}
        }
        marked.retain(|line| !inside(line));
    }
    for line in marked {
        contradictions.push(format!("{file}:{line}: a marker outside of any function"));
    }
    contradictions
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
static struct a *find(int x,
		      int y)
{
	f(); //~ ERROR one
	g(); //~ ERROR one, two
}

int g_ok(void)
{
}
";

    #[test]
    fn markers_name_rules() {
        let expected = expected(TEXT);
        assert_eq!(expected[&4], ["one"]);
        assert_eq!(expected[&5], ["one", "two"]);
        assert_eq!(expected.len(), 2);
    }

    #[test]
    fn functions_are_found() {
        let names: Vec<&str> = functions(TEXT).iter().map(|it| it.name).collect();
        assert_eq!(names, ["find", "g_ok"]);
    }

    #[test]
    fn names_must_agree_with_markers() {
        let file = Utf8Path::new("f.c");
        assert_eq!(contradictions(file, TEXT).len(), 1);
        assert!(contradictions(file, &TEXT.replace("find", "find_bad")).is_empty());
        assert_eq!(
            contradictions(file, &TEXT.replace("find", "fn_find")).len(),
            1
        );
    }

    #[test]
    fn every_marker_and_every_finding_counts() {
        let file = Utf8Path::new("f.c");
        assert_eq!(differences(file, TEXT, &[]).len(), 3);
    }
}
