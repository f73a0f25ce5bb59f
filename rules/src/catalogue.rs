// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rules: one page each, with a head that says what the rule is about.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;
use waitctx_solver::WaitType;

use crate::ModelError;
use crate::model::{WaitTypeName, builtin, wait_type};

/// A rule: demands that exceed what some contexts allow, and the page about it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name: kebab-case, reads well after "allow".
    pub name: String,
    /// What it finds, in a line: lower case, without a final stop.
    pub summary: String,
    /// The page in Markdown, without its head.
    pub page: &'static str,
    /// How its findings are ranked.
    pub level: Level,
    /// The first version that has it.
    pub since: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The built-in contexts it is about: those that it names, or all whose limit is lower than
    /// `below` and that no other rule names.
    pub contexts: Vec<String>,
    /// The demands it is about.
    pub demands: Vec<String>,
    /// It is about contexts whose limit is lower than this, unless it names its contexts.
    pub(crate) below: Option<WaitType>,
    /// What makes every finding of it unsure, until more is known.
    pub doubt: Option<String>,
}

/// How the findings of a rule are ranked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It fails on every kernel.
    Error,
    /// It fails on some.
    Warning,
}

/// All rules, in the order of their names.
pub fn rules() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        let mut rules = pages().clone().unwrap_or_default();
        let Ok(knowledge) = builtin() else {
            return rules;
        };
        for (rule, of_solver) in rules.iter_mut().zip(&knowledge.rules) {
            let contexts: BTreeSet<_> = of_solver
                .pairs
                .iter()
                .map(|&(context, _)| context)
                .collect();
            rule.contexts = contexts
                .into_iter()
                .map(|id| knowledge.context(id).name.clone())
                .collect();
        }
        rules
    });
    &RULES
}

/// The rule called `name`.
pub fn rule(name: &str) -> Option<&'static Rule> {
    rules().iter().find(|rule| rule.name == name)
}

/// The rules as their pages say, in the order of their names; their contexts are left open.
pub(crate) fn pages() -> &'static Result<Vec<Rule>, ModelError> {
    static PAGES: LazyLock<Result<Vec<Rule>, ModelError>> =
        LazyLock::new(|| FILES.iter().map(|(name, text)| read(name, text)).collect());
    &PAGES
}

macro_rules! catalogue {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../catalogue/", $name, ".md")))),*]
    };
}

/// The pages in the order of their names; `tests/catalogue.rs` compares this with the directory.
const FILES: &[(&str, &str)] = catalogue![
    "alloc-in-console-write",
    "alloc-in-mmu-notifier",
    "atomic-alloc-under-raw-spinlock",
    "blocking-alloc-in-atomic",
    "context-not-restored",
    "free-under-raw-spinlock",
    "irq-state-misuse",
    "nmi-unsafe",
    "printk-under-allocator-lock",
    "reclaim-recursion",
    "rt-thread-only-in-hardirq",
    "sleep-in-atomic",
    "sleep-in-non-block-region",
    "sleep-in-rcu-read-section",
    "sleeping-init-in-atomic",
    "sleeping-lock-in-atomic",
    "spinlock-under-raw-spinlock",
];

/// The head of a page: TOML between two lines of `+++`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    summary: String,
    level: Level,
    since: String,
    tags: Vec<String>,
    /// What makes every finding of the rule unsure, until more is known.
    doubt: Option<String>,
    /// The rule is about all contexts whose limit is lower than this wait type.
    below: Option<WaitTypeName>,
    /// Or about these.
    #[serde(default)]
    contexts: Vec<Spanned<String>>,
    demands: Vec<Spanned<String>>,
}

/// Reads the page of the rule `name`.
fn read(name: &str, text: &'static str) -> Result<Rule, ModelError> {
    let file = format!("rules/catalogue/{name}.md");
    let error = |span, message: &str| ModelError::new(&file, text, span, message.to_owned());
    let rest = text.strip_prefix(FENCE).ok_or_else(|| {
        error(
            0..0,
            "a page starts with its head between two lines of `+++`",
        )
    })?;
    let (head, page) = rest
        .split_once("\n+++\n")
        .ok_or_else(|| error(0..FENCE.len(), "the head of the page does not end"))?;
    let head: Head = toml::from_str(head).map_err(|it| {
        let span = it.span().unwrap_or(0..0);
        error(
            span.start + FENCE.len()..span.end + FENCE.len(),
            it.message(),
        )
    })?;
    if head.below.is_some() != head.contexts.is_empty() {
        return Err(error(
            0..FENCE.len(),
            "a rule has either `below` or `contexts`",
        ));
    }
    Ok(Rule {
        name: name.to_owned(),
        summary: head.summary,
        page: page.trim_start(),
        level: head.level,
        since: head.since,
        tags: head.tags,
        contexts: head.contexts.into_iter().map(Spanned::into_inner).collect(),
        demands: head.demands.into_iter().map(Spanned::into_inner).collect(),
        below: head.below.map(wait_type),
        doubt: head.doubt,
    })
}

const FENCE: &str = "+++\n";

#[cfg(test)]
mod tests {
    use super::{pages, read};

    #[test]
    fn every_page_can_be_read() {
        assert_eq!(pages().as_ref().err(), None);
    }

    #[test]
    fn a_mistake_in_a_head_is_shown_where_it_is() {
        let text = "+++\nsummary = \"s\"\nlevle = \"error\"\n+++\n# page\n";
        let error = read("r", text).map(|rule| rule.name).unwrap_err();
        assert_eq!(&text[error.span.clone()], "levle");
        assert!(
            error
                .to_string()
                .starts_with("rules/catalogue/r.md:3:1: unknown field")
        );
        assert!(read("r", "# page\n").is_err());
        assert!(read("r", "+++\nlevel = \"error\"\n").is_err());
    }
}
