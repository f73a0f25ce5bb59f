// SPDX-License-Identifier: MIT OR Apache-2.0
//! Comments in the source that allow one finding: `waitctx: allow(<rule>): <why>`, on the line at
//! which the finding is shown or the one above it. Without a reason it does not count.

use waitctx_solver::Finding;

use crate::sources::Sources;

/// The reason in the comment that allows the finding, if one does.
pub(crate) fn reason(sources: &Sources, finding: &Finding) -> Option<String> {
    let place = &finding.main_step().place;
    [place.line, place.line.saturating_sub(1)]
        .into_iter()
        .find_map(|line| {
            let text = sources.line(&place.file, line)?;
            Some(allowed(&text, &finding.rule)?.to_owned())
        })
}

/// The reason in a line that has a comment which allows `rule`.
fn allowed<'a>(line: &'a str, rule: &str) -> Option<&'a str> {
    let (_, after) = line.split_once("waitctx: allow(")?;
    let (named, reason) = after.split_once(')')?;
    let reason = reason.trim_start().strip_prefix(':')?;
    let reason = reason.trim().trim_end_matches("*/").trim();
    (named.trim() == rule && reason.len() > 1).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn a_comment_needs_the_rule_and_a_reason() {
        let line = "\t/* waitctx: allow(sleep-in-atomic): only on the boot CPU */";
        assert_eq!(
            allowed(line, "sleep-in-atomic"),
            Some("only on the boot CPU")
        );
        assert_eq!(allowed(line, "sleeping-lock-in-atomic"), None);
        assert_eq!(
            allowed("/* waitctx: allow(sleep-in-atomic): */", "sleep-in-atomic"),
            None
        );
        assert_eq!(
            allowed("/* waitctx: allow(sleep-in-atomic) */", "sleep-in-atomic"),
            None
        );
        assert_eq!(allowed("msleep(1);", "sleep-in-atomic"), None);
    }
}
