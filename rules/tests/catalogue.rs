// SPDX-License-Identifier: MIT OR Apache-2.0
//! The catalogue is complete and its pages keep to one form.

use std::collections::BTreeSet;

use waitctx_rules::{Level, builtin, rule, rules};
use waitctx_solver::WaitType;

#[test]
fn every_page_is_registered() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue");
    let on_disk: BTreeSet<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| {
            name.strip_suffix(".md")
                .expect("a page is Markdown")
                .to_owned()
        })
        .collect();
    let registered: Vec<String> = rules().iter().map(|rule| rule.name.clone()).collect();
    assert_eq!(registered, on_disk.into_iter().collect::<Vec<_>>());
}

#[test]
fn rules_are_found_by_name() {
    assert_eq!(
        rule("sleep-in-atomic").map(|rule| rule.level),
        Some(Level::Error)
    );
    assert!(rule("sleep").is_none());
}

#[test]
fn rules_are_about_things_that_exist() {
    let knowledge = builtin().unwrap();
    for rule in rules() {
        assert!(
            !rule.contexts.is_empty() && !rule.demands.is_empty(),
            "{}",
            rule.name
        );
        for name in &rule.contexts {
            assert!(
                knowledge.contexts.iter().any(|it| it.name == *name),
                "{}: {name}",
                rule.name
            );
        }
        for name in &rule.demands {
            assert!(
                knowledge.demands.iter().any(|it| it.name == *name),
                "{}: {name}",
                rule.name
            );
        }
    }
    let names: Vec<&String> = knowledge.rules.iter().map(|rule| &rule.name).collect();
    assert_eq!(
        names,
        rules().iter().map(|rule| &rule.name).collect::<Vec<_>>()
    );
}

#[test]
fn an_error_is_what_fails_on_every_kernel() {
    let knowledge = builtin().unwrap();
    for (rule, pairs) in rules().iter().zip(&knowledge.rules) {
        let is_error = rule.level == Level::Error;
        let raw_nesting = rule.tags.contains(&"raw-nesting".to_owned());
        assert_eq!(raw_nesting, !is_error, "{}", rule.name);
        // What sleeps does so on every kernel; a spinlock_t where only raw ones may be taken does so
        // on PREEMPT_RT.
        for &(context, demand) in &pairs.pairs {
            let wait = knowledge.demand(demand).wait;
            if wait > knowledge.context(context).limit {
                let sleeps =
                    wait == WaitType::Sleep || knowledge.context(context).limit == WaitType::Free;
                assert_eq!(is_error, sleeps, "{}", rule.name);
            }
        }
    }
}

#[test]
fn summaries_keep_to_the_convention() {
    for rule in rules() {
        let summary = &rule.summary;
        assert!(
            summary.starts_with(|c: char| c.is_ascii_lowercase()),
            "{summary}"
        );
        assert!(!summary.ends_with('.') && summary.len() <= 80, "{summary}");
        assert!(rule.since.split('.').count() == 3, "{}", rule.since);
        assert!(!rule.tags.is_empty(), "{}", rule.name);
    }
}

#[test]
fn pages_have_their_sections() {
    for rule in rules() {
        let mut lines = rule.page.lines();
        assert_eq!(lines.next(), Some(format!("# {}", rule.name).as_str()));
        let sections: Vec<&str> = lines.filter_map(|line| line.strip_prefix("## ")).collect();
        let expected = [
            "What it detects",
            "Why it matters",
            "Example",
            "What to do instead",
            "Known limits",
            "How to suppress",
        ];
        assert_eq!(sections, expected, "{}", rule.name);
        assert!(
            rule.page
                .contains(&format!("waitctx: allow({})", rule.name)),
            "{}",
            rule.name
        );
    }
}

#[test]
fn pages_show_the_mistake_and_its_cure() {
    for rule in rules() {
        let example = section(rule.page, "Example");
        let marker = format!("//~ ERROR {}\n", rule.name);
        assert!(example.contains(&marker), "{}", rule.name);
        assert_eq!(
            rule.page.matches("//~").count(),
            example.matches(&marker).count()
        );
        let cure = section(rule.page, "What to do instead");
        for text in [example, cure] {
            let code = text
                .split("```c\n")
                .nth(1)
                .and_then(|it| it.split("```").next());
            assert!(
                code.is_some_and(|it| it.starts_with("#include <linux/")),
                "{}",
                rule.name
            );
        }
    }
}

#[test]
fn pages_link_to_pages_that_exist() {
    for rule_ in rules() {
        for target in rule_
            .page
            .split("](")
            .skip(1)
            .filter_map(|it| it.split(')').next())
        {
            let name = target.strip_suffix(".md").expect("links lead to pages");
            assert!(rule(name).is_some(), "{}: {target}", rule_.name);
        }
    }
}

/// The text of a section.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page
        .find(&format!("\n## {heading}\n"))
        .expect("the section is there");
    let text = &page[start + 1..];
    text[1..].find("\n## ").map_or(text, |end| &text[..end + 1])
}
