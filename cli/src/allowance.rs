// SPDX-License-Identifier: MIT OR Apache-2.0
//! Comments in the source that allow one finding: `waitctx: allow(<rule>): <why>`, on the line at
//! which the finding is shown or the one above it. Without a reason it does not count.

use waitctx_solver::Finding;

use crate::sources::Sources;

/// Whether a comment at the finding's place allows it.
pub(crate) fn is_allowed(sources: &Sources, finding: &Finding) -> bool {
    let place = &finding.main_step().place;
    [place.line, place.line.saturating_sub(1)]
        .into_iter()
        .any(|line| {
            sources
                .line(&place.file, line)
                .is_some_and(|text| allows(&text, &finding.rule))
        })
}

/// Whether a line has a comment that allows `rule` and says why.
fn allows(line: &str, rule: &str) -> bool {
    let Some((_, after)) = line.split_once("waitctx: allow(") else {
        return false;
    };
    let Some((named, reason)) = after.split_once(')') else {
        return false;
    };
    let reason = reason.trim_start().strip_prefix(':').unwrap_or("");
    named.trim() == rule && reason.trim().trim_end_matches("*/").trim().len() > 1
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn a_comment_needs_the_rule_and_a_reason() {
        let line = "\t/* waitctx: allow(sleep-in-atomic): only on the boot CPU */";
        assert!(allows(line, "sleep-in-atomic"));
        assert!(!allows(line, "sleeping-lock-in-atomic"));
        assert!(!allows(
            "/* waitctx: allow(sleep-in-atomic): */",
            "sleep-in-atomic"
        ));
        assert!(!allows(
            "/* waitctx: allow(sleep-in-atomic) */",
            "sleep-in-atomic"
        ));
        assert!(!allows("msleep(1);", "sleep-in-atomic"));
    }
}
