// SPDX-License-Identifier: MIT OR Apache-2.0
//! In which contexts a function is called, as people want to know it: the tightest ones with the way
//! to them, the others by name, and guesses apart from what is sure.

use std::collections::BTreeMap;

use anyhow::Result;
use waitctx_solver::query::CalledIn;
use waitctx_solver::{Confidence, InForce, SourcePlace, Step, WaitType};

use super::{Page, mistyped};
use crate::output::wording;

/// Ways that are shown; what is called everywhere has hundreds.
const MOST_WAYS: usize = 6;
/// Names of one limit that are shown without a way.
const MOST_NAMES: usize = 24;

/// Contexts that one way to the function has in force.
struct Group<'a> {
    contexts: Vec<&'a InForce>,
    /// What puts them into force, in the order of places.
    begins: Vec<(&'a Step, &'a InForce, bool)>,
    way: &'a CalledIn,
}

impl Page<'_> {
    /// All of them.
    pub(super) fn contexts(&mut self) -> Result<()> {
        let mut contexts = self.solution.contexts(self.function);
        contexts.retain(|it| it.context.as_ref().is_none_or(|it| self.is_told(it)));
        self.section("In which contexts it is called")?;
        if contexts.is_empty() {
            return self.paragraph(if self.solution.is_modelled(self.function) {
                "No call of it that demands something is known."
            } else {
                "No call of it is known."
            });
        }
        self.listed(contexts.iter().collect())
    }

    /// Only whether it is called under a lock or another context.
    pub(super) fn under(&mut self, lock: &str) -> Result<()> {
        self.title()?;
        let contexts = self.solution.contexts(self.function);
        let is_meant = |it: &&CalledIn| {
            it.context.as_ref().is_some_and(|context| {
                context.lock.as_deref() == Some(lock)
                    || context.kind == lock
                    || context.label == lock
            })
        };
        let found: Vec<&CalledIn> = contexts.iter().filter(is_meant).collect();
        if found.is_empty() {
            return self.under_nothing(lock, &contexts);
        }
        let is_only_a_guess = found.iter().all(|it| it.confidence == Confidence::Low);
        match is_only_a_guess {
            true => self.ways(&found),
            false => self.listed(found),
        }
    }

    fn under_nothing(&mut self, lock: &str, contexts: &[CalledIn]) -> Result<()> {
        let name = self.solution.name(self.function);
        let text =
            format!("No path is known on which `{name}` is called while `{lock}` is in force.");
        self.paragraph(&text)?;
        let known = contexts.iter().filter_map(|it| it.context.as_ref());
        let known = known.map(|it| it.lock.as_deref().unwrap_or(&it.kind));
        let mut near: Vec<&str> = known
            .filter(|it| it.contains(lock) || lock.contains(it))
            .collect();
        near.dedup();
        if !near.is_empty() {
            return self.paragraph(&format!("There is one for `{}`.", near.join("`, `")));
        }
        match mistyped(self.solution, self.knowledge, lock) {
            Some(words) => self.paragraph(&words),
            None => Ok(()),
        }
    }

    /// The ways to the tightest contexts, the names of the others, the number of guesses.
    fn listed(&mut self, contexts: Vec<&CalledIn>) -> Result<()> {
        let (guesses, sure): (Vec<&CalledIn>, Vec<&CalledIn>) = contexts
            .into_iter()
            .partition(|it| it.confidence == Confidence::Low);
        self.ways(&sure)?;
        if guesses.is_empty() {
            return Ok(());
        }
        let count = guesses.len();
        let also = if sure.is_empty() { "" } else { "also " };
        self.paragraph(&format!(
            "It may {also}be called in {count} {} by way of pointers that can be many functions, or \
             of code that only runs while the system starts; `--under LOCK` shows such a guess.",
            if count == 1 { "context" } else { "contexts" }
        ))
    }

    fn ways(&mut self, contexts: &[&CalledIn]) -> Result<()> {
        let groups = groups(contexts);
        for group in groups.iter().take(MOST_WAYS) {
            self.group(group)?;
        }
        let others = groups.iter().skip(MOST_WAYS);
        let mut names: BTreeMap<WaitType, Vec<String>> = BTreeMap::new();
        for context in others.flat_map(|it| &it.contexts) {
            names.entry(context.limit).or_default().push(short(context));
        }
        if names.is_empty() {
            return Ok(());
        }
        self.paragraph("Further ones, which `--under` with a name shows the way to:")?;
        for (limit, names) in names {
            let (shown, more) = names.split_at(names.len().min(MOST_NAMES));
            let mut words = format!("limit {limit}: {}", shown.join(", "));
            if !more.is_empty() {
                words.push_str(&format!(" and {} more", more.len()));
            }
            self.item(&words)?;
        }
        Ok(())
    }

    fn group(&mut self, group: &Group<'_>) -> Result<()> {
        let Some(tightest) = group.contexts.iter().map(|it| it.limit).min() else {
            self.item("with nothing in force that is known")?;
            return self.numbered(&group.way.steps, |_, step| wording::calling(step));
        };
        let words: Vec<String> = group
            .contexts
            .iter()
            .map(|it| wording::while_in_force(it))
            .collect();
        self.item(&format!("{} (limit {tightest})", words.join(" and ")))?;
        let begins = group.begins.iter().map(|(step, ..)| (*step).clone());
        let steps: Vec<Step> = begins.chain(group.way.steps.iter().cloned()).collect();
        self.numbered(&steps, |index, step| match group.begins.get(index) {
            Some((step, context, below)) => wording::acquiring(step, context, *below),
            None => wording::calling(step),
        })?;
        match group.way.confidence {
            Confidence::Low => self.paragraph("      The chain rests on a guess."),
            Confidence::Medium | Confidence::High => Ok(()),
        }
    }
}

/// Contexts that come with the same calls belong together; the tightest limits first, then the
/// shortest ways, and what has nothing in force last.
fn groups<'a>(contexts: &[&'a CalledIn]) -> Vec<Group<'a>> {
    let places = |it: &CalledIn| -> Vec<SourcePlace> {
        it.steps.iter().map(|it| it.place.clone()).collect()
    };
    let mut by_way: BTreeMap<(bool, Vec<SourcePlace>), Vec<&'a CalledIn>> = BTreeMap::new();
    for context in contexts {
        let key = (context.context.is_none(), places(context));
        by_way.entry(key).or_default().push(context);
    }
    let mut groups: Vec<Group<'a>> = by_way.into_values().map(group).collect();
    groups.sort_by_cached_key(|it| {
        let limit = it.contexts.iter().map(|it| it.limit).min();
        let length = it.begins.len() + it.way.steps.len();
        (limit.is_none(), limit, length)
    });
    groups
}

fn group(mut all: Vec<&CalledIn>) -> Group<'_> {
    // What is a lock says more than what taking it does besides.
    all.sort_by_key(|it| {
        let context = it.context.as_ref();
        context.is_some_and(|context| context.lock.is_none())
    });
    // One call can put several into force.
    let mut begins: Vec<(&[Step], &InForce)> = Vec::new();
    let places = |steps: &[Step]| -> Vec<SourcePlace> {
        steps.iter().map(|step| step.place.clone()).collect()
    };
    for it in &all {
        let Some(context) = &it.context else {
            continue;
        };
        let call = |steps: &[Step]| steps.first().map(|step| step.place.clone());
        let is_known = |(known, _): &(&[Step], &InForce)| match &context.lock {
            Some(_) => places(known) == places(&it.begins),
            // Which part of it does that, is of no interest.
            None => call(known) == call(&it.begins),
        };
        if !begins.iter().any(is_known) {
            begins.push((&it.begins, context));
        }
    }
    begins.sort_by_cached_key(|(steps, _)| places(steps));
    let begins = begins.into_iter().flat_map(|(steps, context)| {
        let last = steps.len().saturating_sub(1);
        let steps = steps.iter().enumerate();
        steps.map(move |(index, step)| (step, context, index < last))
    });
    Group {
        contexts: all.iter().filter_map(|it| it.context.as_ref()).collect(),
        begins: begins.collect(),
        way: all[0],
    }
}

/// What `--under` takes.
fn short(context: &InForce) -> String {
    format!("`{}`", context.lock.as_deref().unwrap_or(&context.kind))
}
