// SPDX-License-Identifier: MIT OR Apache-2.0
//! JUnit's XML, which every CI system shows: a suite for each rule, a failed test for each finding,
//! and a passed one where a rule found nothing. Units that could not be read are errors.

use std::io::Write as _;

use anyhow::Result;
use askama::Template;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::Finding;

use super::{Presentation, wording};
use crate::catalogue::Rule;
use crate::tally::FailedUnit;

/// Writes the document.
pub(super) fn write(presentation: &Presentation<'_>, out: &mut Buffer) -> Result<()> {
    let suites: Vec<Suite<'_>> = presentation
        .rules
        .rules()
        .iter()
        .map(|rule| suite(presentation, rule))
        .collect();
    let units = &presentation.units.failed;
    let document = Document {
        name: presentation
            .category
            .map_or_else(|| "waitctx".to_owned(), |it| format!("waitctx {it}")),
        tests: suites.iter().map(Suite::tests).sum::<usize>() + units.len(),
        failures: suites.iter().map(|it| it.failures.len()).sum(),
        errors: units.len(),
        suites,
        units,
    };
    writeln!(out, "{}", document.render()?.trim_end())?;
    Ok(())
}

#[derive(Template)]
#[template(path = "junit.xml")]
struct Document<'a> {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    suites: Vec<Suite<'a>>,
    units: &'a [FailedUnit],
}

struct Suite<'a> {
    name: &'a str,
    failures: Vec<Failure<'a>>,
}

impl Suite<'_> {
    fn tests(&self) -> usize {
        self.failures.len().max(1)
    }
}

struct Failure<'a> {
    name: String,
    file: &'a str,
    line: u32,
    level: &'static str,
    message: String,
    text: String,
}

fn suite<'a>(presentation: &Presentation<'a>, rule: &'a Rule) -> Suite<'a> {
    let of_rule = |it: &&&Finding| it.rule == rule.name;
    let findings = presentation.findings.iter().copied();
    Suite {
        name: &rule.name,
        failures: findings
            .filter(|it| of_rule(&it))
            .map(|finding| failure(presentation, finding))
            .collect(),
    }
}

fn failure<'a>(presentation: &Presentation<'_>, finding: &'a Finding) -> Failure<'a> {
    let main = finding.main_step();
    let steps = finding.witness.iter().enumerate().map(|(index, step)| {
        let words = wording::listed_step(finding, index);
        format!("{}:{}: {words}", step.place.file, step.place.line)
    });
    Failure {
        // The fingerprint keeps names apart and the same from one run to the next.
        name: format!(
            "{}: {} ({})",
            main.place.file, main.function, finding.fingerprint
        ),
        file: &main.place.file,
        line: main.place.line,
        level: presentation.level(finding).name(),
        message: wording::message(finding),
        text: steps.collect::<Vec<_>>().join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::fixture::Fixture;

    #[test]
    fn a_document() {
        let mut fixture = Fixture::new();
        fixture.units.failed[0].reasons = vec!["<a> & \"b\"".to_owned()];
        let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"waitctx\" tests=\"2\" failures=\"1\" errors=\"1\">
  <testsuite name=\"atomic-alloc-under-raw-spinlock\" tests=\"1\" failures=\"1\" errors=\"0\">
    <testcase classname=\"atomic-alloc-under-raw-spinlock\" name=\"kernel/work.c: queue (0123456789abcdef)\" file=\"kernel/work.c\" line=\"10\">
      <failure type=\"warning\" message=\"`insert_work` allocates memory while `pool.lock` (raw_spinlock_t) is held\">kernel/work.c:9: queue takes `pool.lock` (raw_spinlock_t)
kernel/work.c:10: queue calls insert_work
kernel/work.c:4: insert_work calls helper_alloc
mm/alloc.c:3: helper_alloc calls alloc_pages, which allocates memory, flags 0x820</failure>
    </testcase>
  </testsuite>
  <testsuite name=\"units\" tests=\"1\" failures=\"0\" errors=\"1\">
    <testcase classname=\"units\" name=\"drivers/odd.c\" file=\"drivers/odd.c\">
      <error type=\"damaged\" message=\"damaged\">&#60;a&#62; &#38; &#34;b&#34;</error>
    </testcase>
  </testsuite>
</testsuites>
";
        assert_eq!(fixture.render(Format::Junit), expected);
    }

    #[test]
    fn a_rule_that_found_nothing_has_passed() {
        let mut fixture = Fixture::new();
        fixture.findings.clear();
        let text = fixture.render(Format::Junit);
        assert!(text.contains("name=\"no findings\"/>"), "{text}");
        assert!(text.contains("tests=\"2\" failures=\"0\""), "{text}");
    }
}
