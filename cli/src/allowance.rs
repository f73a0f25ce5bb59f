// SPDX-License-Identifier: MIT OR Apache-2.0
//! Comments in the source that allow one finding: `waitctx: allow(<rule>): <why>`, on the line at
//! which the finding is shown or in the comment right above it. Without a reason it does not count.

use rayon::prelude::*;
use waitctx_solver::Finding;

use crate::grounds::Reason;
use crate::sources::{Sources, TreeFiles};

const MARK: &str = "waitctx: allow(";

/// A comment above code that is longer is not read to its beginning.
const LONGEST_COMMENT: u32 = 20;

/// A comment that is meant to allow something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Allowance {
    /// The file it is in.
    pub(crate) file: String,
    /// Its line, counted from 1.
    pub(crate) line: u32,
    /// The rule that it names.
    pub(crate) rule: String,
    /// Why; without it the comment allows nothing.
    pub(crate) reason: Option<Reason>,
}

/// The comment that allows `finding`.
pub(crate) fn allowance(sources: &Sources, finding: &Finding) -> Option<Allowance> {
    let place = &finding.main_step().place;
    let earliest = place.line.saturating_sub(LONGEST_COMMENT).max(1);
    let mut line = place.line;
    loop {
        let text = sources.line(&place.file, line)?;
        let found = parse(&text).filter(|(rule, reason)| *rule == finding.rule && reason.is_some());
        if let Some((rule, reason)) = found {
            return Some(Allowance {
                file: place.file.clone(),
                line,
                rule: rule.to_owned(),
                reason,
            });
        }
        // The line above counts in any case, further ones as long as they are one comment.
        if line <= earliest || line < place.line && !is_comment(&text) {
            return None;
        }
        line -= 1;
    }
}

/// All such comments in `files`, in the order of files and lines.
pub(crate) fn all<'a>(tree: &TreeFiles, files: &[&'a str]) -> Vec<Allowance> {
    let in_file = |file: &&'a str| -> Vec<Allowance> {
        let Some(bytes) = tree.read(file) else {
            return Vec::new();
        };
        if memchr::memmem::find(&bytes, MARK.as_bytes()).is_none() {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().zip(1..);
        lines
            .filter_map(|(text, line)| {
                let (rule, reason) = parse(text)?;
                Some(Allowance {
                    file: (*file).to_owned(),
                    line,
                    rule: rule.to_owned(),
                    reason,
                })
            })
            .collect()
    };
    files.par_iter().map(in_file).flatten().collect()
}

/// The rule that a line allows, and the reason that it gives.
fn parse(line: &str) -> Option<(&str, Option<Reason>)> {
    let (_, after) = line.split_once(MARK)?;
    let (rule, rest) = after.split_once(')')?;
    let reason = rest.trim_start().strip_prefix(':').unwrap_or("");
    let reason = reason.trim().trim_end_matches("*/").trim();
    Some((rule.trim(), reason.to_owned().try_into().ok()))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('*')
        || line.starts_with("/*")
        || line.starts_with("//")
        || line.ends_with("*/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_needs_the_rule_and_a_reason() {
        fn parsed(line: &str) -> Option<(&str, bool)> {
            parse(line).map(|(rule, reason)| (rule, reason.is_some()))
        }
        let rule = "sleep-in-atomic";
        let line = "\t/* waitctx: allow(sleep-in-atomic): only on the boot CPU */";
        assert_eq!(parsed(line), Some((rule, true)));
        for unreasoned in [": ", "", " because of it"] {
            let line = format!("/* waitctx: allow(sleep-in-atomic){unreasoned} */");
            assert_eq!(parsed(&line), Some((rule, false)), "{line}");
        }
        assert_eq!(parsed("msleep(1);"), None);
    }
}
