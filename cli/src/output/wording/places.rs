// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said of the other places of a cause.

use std::fmt::Write;

use waitctx_solver::{Finding, Known, SourcePlace, Through};

/// Further places of a finding that are named.
const MOST_PLACES: usize = 3;

/// What [`message`] says of it besides.
pub(crate) fn addition(finding: &Finding) -> &'static str {
    match (&finding.further_of, &finding.through) {
        (Some(_), None) => "; a further place of a known finding",
        (Some(_), Some(_)) => "; a further chain of a known finding",
        (None, _) => "",
    }
}

/// The finding that this is a further place of; `None` when it is none.
pub(crate) fn known(finding: &Finding) -> Option<String> {
    let known = finding.further_of.as_ref()?;
    let fingerprint = &known.fingerprint;
    let mut text = format!(
        "the finding that is known is {fingerprint}, in {}",
        whereabouts(known)
    );
    if let Some(through) = &finding.through {
        let Through {
            function, callee, ..
        } = through;
        let SourcePlace { file, line, .. } = &through.place;
        let _ = write!(
            text,
            "; what the change brings is that {function} calls {callee} ({file}:{line})"
        );
    }
    Some(text)
}

/// `stop (a.c:15)`.
fn whereabouts(known: &Known) -> String {
    let SourcePlace { file, line, .. } = &known.place;
    format!("{} ({file}:{line})", known.function)
}

/// How many chains are not shown, and where some of them start; `None` when there is no other.
pub(crate) fn others(finding: &Finding) -> Option<String> {
    // Those that were gone through to their end do; of the others, nobody knows.
    let all_do = finding.further.len() >= finding.other_chains;
    let mut text = match (finding.other_chains, all_do) {
        (0, _) => return None,
        (1, true) => "1 other chain leads there".to_owned(),
        (1, false) => "1 other chain may lead there".to_owned(),
        (n, true) => format!("{n} other chains lead there"),
        (n, false) => format!("{n} other chains may lead there"),
    };
    let named = finding.further.iter().take(MOST_PLACES);
    for (number, place) in named.enumerate() {
        text.push_str(match (number, all_do) {
            (0, true) => ", from ",
            (0, false) => ", and do from ",
            _ => ", ",
        });
        text.push_str(&whereabouts(&place.known()));
    }
    let more = finding.further.len().saturating_sub(MOST_PLACES);
    if more > 0 {
        let _ = write!(text, " and {more} more places");
    }
    Some(text)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::output::fixture::{Fixture, further_place};

    #[test]
    fn what_was_not_gone_through_is_not_said_to_happen() {
        let mut finding = Fixture::new().findings.swap_remove(0);
        let said = |finding: &Finding| others(finding).unwrap_or_default();
        assert_eq!(said(&finding), "");
        finding.other_chains = 1;
        assert_eq!(said(&finding), "1 other chain may lead there");
        let place = further_place(&finding);
        finding.further = vec![place.clone()];
        let at = "queue (kernel/work.c:10)";
        let expected = format!("1 other chain leads there, from {at}");
        assert_eq!(said(&finding), expected);
        finding.other_chains = 7;
        let expected = format!("7 other chains may lead there, and do from {at}");
        assert_eq!(said(&finding), expected);
        finding.further = vec![place; 5];
        let expected = format!(
            "7 other chains may lead there, and do from {at}, {at}, {at} and 2 more places"
        );
        assert_eq!(said(&finding), expected);
    }
}
