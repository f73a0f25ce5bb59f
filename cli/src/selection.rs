// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which findings of a report are shown, and why the others are not.
//!
//! What puts a finding aside is asked of every finding, whatever else is selected, so that a comment,
//! a suppression or an entry of the baseline is only called unused when nothing at all needs it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_solver::{Confidence, Finding, Known, Report};

use crate::allowance::{self, Allowance};
use crate::baseline::Baseline;
use crate::catalogue::Catalogue;
use crate::changes::Changes;
use crate::grounds::{Day, Reason};
use crate::part::Part;
use crate::sources::Sources;
use crate::suppressions::Suppression;

/// What is to be shown.
pub(crate) struct Selector<'a> {
    /// Rules; when empty, all.
    pub(crate) rules: &'a [String],
    /// Fingerprints; when empty, all.
    pub(crate) findings: &'a [String],
    /// Findings of less confidence are counted only; `None` when it is configured or nobody cares.
    pub(crate) lowest: Option<Confidence>,
    /// Only findings that have to do with these.
    pub(crate) changes: Option<&'a Changes<'a>>,
    /// Only findings with a step in this part of the tree.
    pub(crate) part: Option<&'a Part>,
    /// Findings that are known.
    pub(crate) baseline: Option<&'a Baseline>,
    /// Suppressions outside of the tree.
    pub(crate) suppressions: &'a [Suppression],
    /// What has expired does not hold.
    pub(crate) today: Day,
}

/// What came of the selection.
pub(crate) struct Selection<'a> {
    /// The findings that are shown, in the order of the report.
    pub(crate) shown: Vec<Cow<'a, Finding>>,
    /// How many would be but for their low confidence.
    pub(crate) low: usize,
    /// Findings that would be shown if somebody had not put them aside.
    pub(crate) dismissed: Vec<Dismissed<'a>>,
    /// How many have nothing to do with the changes that are asked about.
    pub(crate) untouched: usize,
    /// How many have to do with the changes, but were there before them.
    pub(crate) old: usize,
    /// Findings that would be shown if they had to do with the changes, which are in files that these
    /// lead through: they are if they were not there before.
    pub(crate) suspects: Vec<&'a Finding>,
    /// How many are in other parts of the tree than asked about.
    pub(crate) elsewhere: usize,
    /// What no longer does anything or has expired: a line each.
    pub(crate) notices: Vec<String>,
}

/// A finding that somebody put aside.
pub(crate) struct Dismissed<'a> {
    /// The finding.
    pub(crate) finding: &'a Finding,
    /// Where this is said.
    pub(crate) by: Authority,
    /// Why.
    pub(crate) reason: Reason,
}

/// Where it is said that a finding is not reported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Authority {
    /// In a comment in the source.
    Comment,
    /// In a file outside of the tree.
    Suppression,
    /// In a baseline.
    Baseline,
}

impl Selector<'_> {
    /// Selects from `report`. `files` are all that were read, in which comments may be unused;
    /// `None` when only a part of the tree was, so that nothing is known to be unused.
    pub(crate) fn select<'a>(
        &self,
        report: &'a Report,
        sources: &Sources,
        rules: &Catalogue,
        files: Option<&BTreeSet<String>>,
    ) -> Result<Selection<'a>> {
        let mut selection = Selection {
            shown: Vec::new(),
            low: 0,
            dismissed: Vec::new(),
            untouched: 0,
            old: 0,
            suspects: Vec::new(),
            elsewhere: 0,
            notices: Vec::new(),
        };
        if let Some(changes) = self.changes {
            changes.compare(&report.findings)?;
        }
        let mut used = Used::default();
        for finding in &report.findings {
            let dismissed = self.dismissed(finding, sources, &mut used);
            // A rule that is asked for by its name is not switched off.
            let wanted = if self.rules.is_empty() {
                rules.level(finding).is_some()
            } else {
                self.rules.contains(&finding.rule)
            };
            let named = self.findings.is_empty() || self.findings.contains(&finding.fingerprint);
            if !wanted || !named {
                continue;
            }
            // Places that are told as findings are none when nobody is told of them.
            let counts = usize::from(finding.further_of.is_none());
            if self.part.is_some_and(|part| !part.touches(finding)) {
                selection.elsewhere += counts;
            } else if let Some(changes) = self.changes.filter(|it| !it.touch(finding)) {
                let would_be_shown = dismissed.is_none() && self.is_sure_enough(finding, rules);
                if would_be_shown && changes.are_near(finding) {
                    selection.suspects.push(finding);
                } else {
                    selection.untouched += counts;
                }
            } else if let Some(dismissed) = dismissed {
                selection.dismissed.push(dismissed);
            } else if !self.is_sure_enough(finding, rules) {
                selection.low += counts;
            } else {
                selection.shown.push(Cow::Borrowed(finding));
            }
        }
        selection.notices.extend(self.expired(report, &used));
        if let Some(files) = files {
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            let comments = allowance::all(sources.files(), &files);
            let unused = comments
                .iter()
                .filter(|it| !used.comments.contains(&(it.file.clone(), it.line)));
            selection
                .notices
                .extend(unused.map(|it| unused_comment(it, rules)));
            selection.notices.extend(self.unused(report, &used));
        }
        Ok(selection)
    }

    /// Whether `finding` is of the confidence that is asked for.
    pub(crate) fn is_sure_enough(&self, finding: &Finding, rules: &Catalogue) -> bool {
        let lowest = self.lowest.or_else(|| rules.confidence(finding));
        finding.confidence >= lowest.unwrap_or(Confidence::Medium)
    }

    /// Who puts `finding` aside, if anybody does.
    fn dismissed<'a>(
        &self,
        finding: &'a Finding,
        sources: &Sources,
        used: &mut Used,
    ) -> Option<Dismissed<'a>> {
        let mut found = Vec::new();
        if let Some(comment) = allowance::allowance(sources, finding) {
            found.extend(comment.reason.map(|reason| (Authority::Comment, reason)));
            used.comments.insert((comment.file, comment.line));
        }
        for (index, suppression) in self.suppressions.iter().enumerate() {
            if suppression.matches(finding) {
                used.suppressions.insert(index);
                if suppression.expires.is_none_or(|day| self.today < day) {
                    found.push((Authority::Suppression, suppression.reason.clone()));
                }
            }
        }
        if let Some(entry) = self.baseline.and_then(|it| it.find(finding))
            && !entry.has_expired(self.today)
        {
            found.push((Authority::Baseline, entry.reason.clone()));
        }
        let (by, reason) = found.into_iter().next()?;
        Some(Dismissed {
            finding,
            by,
            reason,
        })
    }

    /// What would still put a finding aside, had it not expired.
    fn expired(&self, report: &Report, used: &Used) -> Vec<String> {
        let mut notices = Vec::new();
        for (index, suppression) in self.suppressions.iter().enumerate() {
            let expired = suppression.expires.filter(|&day| day <= self.today);
            if let Some(day) = expired.filter(|_| used.suppressions.contains(&index)) {
                let (path, line) = (&suppression.path, suppression.line);
                notices.push(format!("{path}:{line}: this suppression expired on {day}"));
            }
        }
        let known = report.findings.iter();
        let known = known.filter_map(|finding| self.baseline?.find(finding));
        let expired = known.filter(|entry| entry.has_expired(self.today)).count();
        if expired > 0 {
            notices.push(format!(
                "{expired} {} the baseline expired: `waitctx baseline show` lists them",
                if expired == 1 {
                    "entry of"
                } else {
                    "entries of"
                }
            ));
        }
        notices
    }

    fn unused(&self, report: &Report, used: &Used) -> Vec<String> {
        let mut notices = Vec::new();
        for (index, suppression) in self.suppressions.iter().enumerate() {
            if !used.suppressions.contains(&index) {
                let (path, line) = (&suppression.path, suppression.line);
                notices.push(format!(
                    "{path}:{line}: this suppression matches no finding"
                ));
            }
        }
        let found: FxHashSet<&str> = report
            .findings
            .iter()
            .map(|finding| finding.fingerprint.as_str())
            .collect();
        let entries = self.baseline.map_or(&[][..], Baseline::entries);
        let gone = entries.iter().filter(|it| !it.is_among(&found)).count();
        if gone > 0 {
            notices.push(format!(
                "{gone} {} the baseline no longer found: `waitctx baseline prune` takes them out",
                if gone == 1 { "entry of" } else { "entries of" }
            ));
        }
        notices
    }
}

impl<'a> Selection<'a> {
    /// Takes suspects for innocent: nothing is known of the state before the changes.
    pub(crate) fn let_go(&mut self) {
        let findings = self.suspects.drain(..);
        self.untouched += findings.filter(|it| it.further_of.is_none()).count();
    }

    /// Leaves out those of `all` findings with the `old` fingerprints, which were there before the
    /// changes. What is left is a further place of a known finding where one of the same cause was
    /// there; of a cause that nobody knew, one finding is left.
    pub(crate) fn leave_out(&mut self, all: &'a [Finding], old: &FxHashSet<&str>) {
        let is_new = |it: &Finding| !old.contains(it.fingerprint.as_str());
        let (guilty, innocent) = self.suspects.drain(..).partition(|it| is_new(it));
        self.suspects = innocent;
        self.let_go();
        let was_there = |it: &&Cow<'_, Finding>| it.further_of.is_none() && !is_new(it);
        self.old += self.shown.iter().filter(was_there).count();
        self.shown.retain(|it| is_new(it));
        self.dismissed.retain(|it| is_new(it.finding));
        let mut known: FxHashMap<&str, &Finding> = FxHashMap::default();
        for finding in all.iter().filter(|it| !is_new(it)) {
            let place = known.entry(cause(finding)).or_insert(finding);
            if finding.further_of.is_none() {
                *place = finding;
            }
        }
        let known = |it: &Finding| known.get(cause(it)).map(|known| known.known());
        self.add(guilty);
        self.one_of_each_cause(known);
    }

    /// Shows more findings, all in the order of the report.
    fn add(&mut self, more: Vec<&'a Finding>) {
        self.shown.extend(more.into_iter().map(Cow::Borrowed));
        self.shown.sort_by_cached_key(|it| {
            let place = it.main_step().place.clone();
            (place, it.rule.clone(), it.fingerprint.clone())
        });
    }

    /// Leaves one finding of each cause that is not `known`, the one that tells it best if it is
    /// there, and says of the others which finding they are further places of.
    fn one_of_each_cause(&mut self, known: impl Fn(&Finding) -> Option<Known>) {
        let best = |it: &&Cow<'_, Finding>| it.further_of.is_none();
        let best = self.shown.iter().filter(best);
        let mut told: FxHashSet<String> = best.map(|it| it.fingerprint.clone()).collect();
        let mut below: FxHashSet<(String, String)> = FxHashSet::default();
        self.shown.retain_mut(|finding| {
            let known = known(finding);
            let is_place = known.is_none() && finding.further_of.is_some();
            if is_place && !told.insert(cause(finding).to_owned()) {
                return false;
            }
            // In one function that was changed, one call below a finding is enough.
            if let Some(through) = &finding.through
                && !below.insert((cause(finding).to_owned(), through.function.clone()))
            {
                return false;
            }
            if finding.further_of != known {
                finding.to_mut().further_of = known;
            }
            true
        });
    }
}

/// What findings of one cause have in common: the fingerprint of the one that tells it best.
fn cause(finding: &Finding) -> &str {
    let known = finding.further_of.as_ref();
    known.map_or(&finding.fingerprint, |it| &it.fingerprint)
}

/// What put some finding aside, or would have.
#[derive(Default)]
struct Used {
    comments: FxHashSet<(String, u32)>,
    suppressions: FxHashSet<usize>,
}

fn unused_comment(comment: &Allowance, rules: &Catalogue) -> String {
    let Allowance {
        file, line, rule, ..
    } = comment;
    let why = if rules.find(rule).is_none() {
        format!("there is no rule `{rule}`: {}", rules.advice(rule))
    } else if comment.reason.is_none() {
        format!("it has to say why: `waitctx: allow({rule}): <why>`")
    } else {
        "nothing is found there".to_owned()
    };
    format!("{file}:{line}: this comment allows nothing: {why}")
}
