// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which runs a log has: one, or one for each configuration of the tree, which services then show
//! and compare apart.

use waitctx_solver::Finding;

use super::super::{Presentation, Suppressed};
use crate::tally::FailedUnit;

/// GitHub takes so many runs in a file.
pub(super) const MOST_RUNS: usize = 20;

/// What one run is about.
pub(super) struct Share<'a> {
    /// What tells it from other runs: `waitctx/x86_64/`.
    pub(super) id: String,
    /// Its configurations: none when there is only one, several where runs are put together.
    pub(super) configurations: Vec<&'a str>,
    /// The findings that hold in one of them.
    pub(super) findings: Vec<&'a Finding>,
    /// Of these, the ones that somebody suppressed.
    pub(super) suppressed: Vec<&'a Suppressed<'a>>,
    /// Units of them that were not read without errors.
    pub(super) failed: Vec<&'a FailedUnit>,
    /// How many findings of low confidence are left out, said once for all runs.
    pub(super) hidden: usize,
}

/// The runs, at most `most`: what is beyond is put together in the last one.
pub(super) fn shares<'a>(presentation: &'a Presentation<'a>, most: usize) -> Vec<Share<'a>> {
    let all = presentation.configurations;
    if all.is_empty() {
        return vec![Share {
            id: id(presentation, None),
            configurations: Vec::new(),
            findings: presentation.findings.clone(),
            suppressed: presentation.suppressed.iter().collect(),
            failed: presentation.units.failed.iter().collect(),
            hidden: presentation.hidden,
        }];
    }
    let (alone, together) = if all.len() > most {
        all.split_at(most - 1)
    } else {
        (all, &[][..])
    };
    let groups = alone.chunks(1).chain(Some(together));
    let groups = groups.filter(|group| !group.is_empty());
    groups
        .enumerate()
        .map(|(index, group)| {
            let names: Vec<&str> = group.iter().map(|it| it.name.as_str()).collect();
            let holds = |finding: &Finding| {
                let mut configurations = finding.configurations.iter();
                configurations.any(|it| names.contains(&it.as_str()))
            };
            let findings = presentation.findings.iter().copied();
            let suppressed = presentation.suppressed.iter();
            Share {
                id: match names[..] {
                    [name] => id(presentation, Some(name)),
                    _ => id(presentation, Some("all others")),
                },
                findings: findings.filter(|it| holds(it)).collect(),
                suppressed: suppressed.filter(|it| holds(it.finding)).collect(),
                failed: group.iter().flat_map(|it| &it.failed).collect(),
                hidden: if index == 0 { presentation.hidden } else { 0 },
                configurations: names,
            }
        })
        .collect()
}

/// GitHub takes what is before the last slash for the category of a run.
fn id(presentation: &Presentation<'_>, configuration: Option<&str>) -> String {
    let category = presentation.category.map(|it| it.trim_matches('/'));
    let parts = [Some("waitctx"), category, configuration, Some("")];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join("/")
}
