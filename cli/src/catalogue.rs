// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rules as people and machine formats meet them: decides what is said of a rule where.
//!
//! Everything comes from the rule's page; this module only cuts it up.

use anyhow::Result;
use toml::Spanned;
use waitctx_solver::{Confidence, Finding};

use crate::config::{LevelName, Levels};
use crate::toml_file::TomlFile;

/// A rule.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its name, kebab-case.
    pub(crate) name: String,
    /// How its findings are ranked.
    pub(crate) level: Level,
    /// What it finds, in one line without a full stop.
    pub(crate) summary: String,
    /// Words to find it by.
    pub(crate) tags: Vec<String>,
    /// Its page, Markdown.
    pub(crate) page: String,
    /// Where the page is in the project's repository.
    pub(crate) page_path: String,
}

/// How findings of a rule are ranked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    /// Shown as an error.
    Error,
    /// Shown as a warning.
    Warning,
}

impl Level {
    /// The word for it, in SARIF's spelling.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Rule {
    /// What to do instead, in a few sentences of plain text.
    pub(crate) fn help(&self) -> Option<String> {
        first_paragraph(&self.page, "What to do instead").map(|text| plain(&text))
    }

    /// Where people find the page.
    pub(crate) fn url(&self) -> String {
        let repository = env!("CARGO_PKG_REPOSITORY");
        format!("{repository}/blob/main/{}", self.page_path)
    }

    /// What the rule finds and why that is wrong, in plain text.
    pub(crate) fn description(&self) -> String {
        let text = ["What it finds", "What it does", "What it detects"]
            .iter()
            .find_map(|section| first_paragraph(&self.page, section));
        text.map_or_else(|| format!("{}.", self.summary), |text| plain(&text))
    }
}

/// All rules, in the order of their names.
#[derive(Clone, Default, Debug)]
pub(crate) struct Catalogue {
    rules: Vec<Rule>,
    levels: Levels,
}

impl Catalogue {
    /// A catalogue of `rules`.
    pub(crate) fn new(mut rules: Vec<Rule>) -> Self {
        rules.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            rules,
            levels: Levels::default(),
        }
    }

    /// Puts the rules to the levels that are configured.
    pub(crate) fn configure(&mut self, levels: Levels) {
        for rule in &mut self.rules {
            let configured = levels.of_rule(&rule.name).and_then(LevelName::level);
            rule.level = configured.unwrap_or(rule.level);
        }
        self.levels = levels;
    }

    /// How `finding` is ranked where it is shown. `None` when its rule is switched off there.
    pub(crate) fn level(&self, finding: &Finding) -> Option<Level> {
        let path = &finding.main_step().place.file;
        match self.levels.at(&finding.rule, path) {
            Some(level) => level.level(),
            None => Some(self.level_of_rule(&finding.rule)),
        }
    }

    /// How findings of the rule called `name` are ranked where nothing else is configured.
    pub(crate) fn level_of_rule(&self, name: &str) -> Level {
        self.find(name).map_or(Level::Warning, |rule| rule.level)
    }

    /// Which confidence `finding` needs to be shown, if that is configured.
    pub(crate) fn confidence(&self, finding: &Finding) -> Option<Confidence> {
        self.levels.confidence(&finding.main_step().place.file)
    }

    /// The rules.
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule called `name`.
    pub(crate) fn find(&self, name: &str) -> Option<&Rule> {
        self.index(name).map(|index| &self.rules[index])
    }

    /// Where the rule called `name` is in [`Self::rules`].
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.rules
            .binary_search_by(|rule| rule.name.as_str().cmp(name))
            .ok()
    }

    /// Fails unless the name that stands in `file` is that of a rule.
    pub(crate) fn check(&self, file: &TomlFile, name: &Spanned<String>) -> Result<()> {
        let text = name.get_ref();
        if self.find(text).is_some() {
            return Ok(());
        }
        let message = format!("there is no rule `{text}`");
        Err(file.mistake(name.span(), &message, &self.advice(text)))
    }

    /// What to tell someone who named a rule that does not exist.
    pub(crate) fn advice(&self, name: &str) -> String {
        match self.nearest(name) {
            Some(rule) => format!("there is `{}`; `waitctx rules` lists all", rule.name),
            None => "`waitctx rules` lists all".to_owned(),
        }
    }

    /// The rule that is likely to be meant by `name`: one that begins so, or the closest.
    pub(crate) fn nearest(&self, name: &str) -> Option<&Rule> {
        let (distance, rule) = self
            .rules
            .iter()
            .map(|rule| (distance(&rule.name, name), rule))
            .min_by_key(|&(distance, _)| distance)?;
        let begun = self.rules.iter().find(|it| it.name.starts_with(name));
        begun.or_else(|| (distance <= name.len().max(6) / 2).then_some(rule))
    }
}

/// The first paragraph of the section of `page` with this heading.
fn first_paragraph(page: &str, heading: &str) -> Option<String> {
    let mut lines = page.lines().skip_while(|line| {
        !line.starts_with('#')
            || !line
                .trim_start_matches('#')
                .trim()
                .eq_ignore_ascii_case(heading)
    });
    lines.next()?;
    let paragraph: Vec<&str> = lines
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("```"))
        .collect();
    (!paragraph.is_empty()).then(|| paragraph.join(" "))
}

/// Markdown without emphasis and with the text of links only. Code keeps its backticks, which
/// messages use as well.
fn plain(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some(open) = rest.find('[') {
        let link = rest[open..]
            .find("](")
            .and_then(|middle| Some((middle, rest[open + middle..].find(')')?)));
        let Some((middle, close)) = link else { break };
        out.push_str(&rest[..open]);
        out.push_str(&rest[open + 1..open + middle]);
        rest = &rest[open + middle + close + 1..];
    }
    out.push_str(rest);
    out.replace("**", "")
}

/// The number of single-character changes that lead from `a` to `b`.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_rule() {
        let rule = |name: &str| Rule {
            name: name.to_owned(),
            level: Level::Warning,
            summary: String::new(),
            tags: Vec::new(),
            page: String::new(),
            page_path: String::new(),
        };
        let catalogue = Catalogue::new(vec![
            rule("sleep-in-atomic"),
            rule("free-under-raw-spinlock"),
        ]);
        let nearest = |name| catalogue.nearest(name).map(|rule| rule.name.as_str());
        assert_eq!(nearest("sleep_in_atomic"), Some("sleep-in-atomic"));
        assert_eq!(nearest("free-under-raw"), Some("free-under-raw-spinlock"));
        assert_eq!(nearest("xyz"), None);
    }

    #[test]
    fn help_is_the_first_paragraph() {
        let page = "# r\n\ntext\n\n## What to do instead\n\nAllocate *before*\nthe [lock](l.md).\n\nMore.\n";
        let rule = Rule {
            name: "r".to_owned(),
            level: Level::Warning,
            summary: "it".to_owned(),
            tags: Vec::new(),
            page: page.to_owned(),
            page_path: String::new(),
        };
        assert_eq!(rule.help().as_deref(), Some("Allocate *before* the lock."));
        assert_eq!(rule.description(), "it.");
    }
}
