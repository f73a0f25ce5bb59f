// SPDX-License-Identifier: MIT OR Apache-2.0
//! One page to look at: a file that needs nothing but a browser, and no network.
//!
//! What is the same whatever one looks for (the coverage, the graph of nested locks) is written here
//! as markup. The findings are data in the page, and its script makes markup of the ones that are
//! opened: so a page with thousands of them stays small and quick.

mod data;
mod graph;

use std::io::Write as _;

use anyhow::Result;
use askama::Template;
use codespan_reporting::term::termcolor::Buffer;

use self::data::Data;
use self::graph::Graph;
use super::Presentation;
use crate::maintainers::Maintainers;
use crate::summary::grouped;
use crate::tally::{FailedUnit, UnitState};

/// Writes the page.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    let maintainers = presentation.sources.raw("MAINTAINERS");
    let maintainers = maintainers.map_or_else(Maintainers::default, |it| Maintainers::new(&it));
    let data = serde_json::to_string(&Data::new(presentation, &maintainers))?;
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        category: presentation.category,
        findings: presentation.findings.len(),
        hidden: presentation.hidden,
        graph: Graph::new(presentation),
        coverage: coverage(presentation),
        failed: &presentation.units.failed,
        style: include_str!("../../../templates/report.css"),
        script: include_str!("../../../templates/report.js"),
        // Nothing in the data can end the element that it is in.
        data: data.replace('<', "\\u003c"),
    };
    writeln!(out, "{}", page.render()?.trim_end())?;
    Ok(())
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    version: &'static str,
    category: Option<&'a str>,
    findings: usize,
    hidden: usize,
    graph: Graph,
    coverage: Vec<Figure>,
    failed: &'a [FailedUnit],
    style: &'static str,
    script: &'static str,
    data: String,
}

/// A figure of the coverage: a part of a whole, and what the rest means.
struct Figure {
    label: &'static str,
    part: usize,
    whole: usize,
    meaning: &'static str,
}

impl Figure {
    fn percent(&self) -> usize {
        match self.whole {
            0 => 100,
            whole => self.part * 100 / whole,
        }
    }

    fn text(&self) -> String {
        format!("{} of {}", grouped(self.part), grouped(self.whole))
    }
}

fn coverage(presentation: &Presentation<'_>) -> Vec<Figure> {
    let units = presentation.units;
    let coverage = &presentation.coverage;
    let failed = units.count(UnitState::Lost) + units.count(UnitState::Damaged);
    vec![
        Figure {
            label: "Translation units read without errors",
            part: units.units.saturating_sub(failed),
            whole: units.units,
            meaning: "The others are named below. What could not be read of them is missing from \
                the program, and with it chains through it.",
        },
        Figure {
            label: "Called functions with a body or a model",
            part: coverage.functions,
            whole: coverage.functions + coverage.unknown_functions,
            meaning: "A function that is only declared is taken to do nothing: it may be in \
                assembly, in a file that is not built, or missing from the models.",
        },
        Figure {
            label: "Calls through pointers with known targets",
            part: coverage.indirect_resolved,
            whole: coverage.indirect_calls,
            meaning: "What an unresolved pointer calls is not followed.",
        },
        Figure {
            label: "Functions whose paths were all kept apart",
            part: coverage.functions.saturating_sub(coverage.merged_functions),
            whole: coverage.functions,
            meaning: "Of the others some paths were left out; what they are said to hold has low \
                confidence.",
        },
        Figure {
            label: "Functions of which every demand was kept",
            part: coverage
                .functions
                .saturating_sub(coverage.cut_off_functions),
            whole: coverage.functions,
            meaning: "Of the others some chains may be missing.",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::fixture::Fixture;

    #[test]
    fn a_page_needs_nothing_else() {
        let page = Fixture::new().render(Format::Html);
        assert!(page.starts_with("<!doctype html>"));
        for tag in ["<link", "<img", "src=", "@import", "fetch("] {
            assert!(!page.contains(tag), "{tag}");
        }
        // Parts of the page itself.
        assert_eq!(
            page.matches("url(").count(),
            page.matches("url(\"#").count()
        );
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn data_stays_in_its_element() {
        let mut fixture = Fixture::new();
        fixture.findings[0].context.lock = Some("</script><b>".to_owned());
        let page = fixture.render(Format::Html);
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(page.contains("\\u003c/script>"));
    }

    #[test]
    fn names_are_escaped() {
        let mut fixture = Fixture::new();
        fixture.units.failed[0].file = "<i>.c".to_owned();
        fixture.nesting[0].outer.name = "<b>".to_owned();
        let page = fixture.render(Format::Html);
        assert!(!page.contains("<i>.c") && !page.contains("><b><"), "{page}");
    }
}
