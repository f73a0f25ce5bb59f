// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fixtures in `testdata`, the examples on the rules' pages and the miniature kernel: everything
//! that is marked is found, nothing else is, and the outcome depends on nothing but the sources.

#[path = "support/expect.rs"]
mod expect;
mod support;

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use expect::expect_nothing;
use support::{
    Program, edits, entries, knowledge, markers, solve_all, testdata, text, witness, workspace,
};
use waitctx_solver::{Confidence, Finding, Report};

/// One test for each rule, so that a failed run tells which.
macro_rules! rules {
    ($($test:ident: $rule:literal,)*) => {
        $(
            #[test]
            fn $test() {
                check_rule($rule);
            }
        )*

        const TESTED: &[&str] = &[$($rule),*];
    };
}

rules! {
    alloc_in_console_write: "alloc-in-console-write",
    alloc_in_mmu_notifier: "alloc-in-mmu-notifier",
    atomic_alloc_under_raw_spinlock: "atomic-alloc-under-raw-spinlock",
    blocking_alloc_in_atomic: "blocking-alloc-in-atomic",
    context_not_restored: "context-not-restored",
    free_under_raw_spinlock: "free-under-raw-spinlock",
    irq_state_misuse: "irq-state-misuse",
    nmi_unsafe: "nmi-unsafe",
    printk_under_allocator_lock: "printk-under-allocator-lock",
    reclaim_recursion: "reclaim-recursion",
    rt_thread_only_in_hardirq: "rt-thread-only-in-hardirq",
    sleep_in_atomic: "sleep-in-atomic",
    sleep_in_non_block_region: "sleep-in-non-block-region",
    sleep_in_rcu_read_section: "sleep-in-rcu-read-section",
    sleeping_init_in_atomic: "sleeping-init-in-atomic",
    sleeping_lock_in_atomic: "sleeping-lock-in-atomic",
    spinlock_under_raw_spinlock: "spinlock-under-raw-spinlock",
}

/// The fixtures of a rule: a file or a directory of files each.
fn fixtures(rule: &str) -> Vec<Utf8PathBuf> {
    let mut fixtures = entries(&testdata().join("rules").join(rule));
    fixtures.retain(|path| path.is_dir() || support::is_source(path));
    fixtures
}

fn check_rule(rule: &str) {
    let knowledge = knowledge();
    let programs: Vec<Program> = fixtures(rule)
        .iter()
        .map(|path| Program::fixture(path))
        .collect();
    let mut wrong = Vec::new();
    for (program, solved) in programs.iter().zip(solve_all(&programs, &knowledge)) {
        wrong.extend(solved.incidents);
        wrong.extend(compare(program, &solved.report));
        for finding in &solved.report.findings {
            wrong.extend(witness::faults(&program.root, finding, &knowledge));
        }
    }
    expect_nothing(&wrong);
}

/// How what was found in a program differs from what its files say.
fn compare(program: &Program, report: &Report) -> Vec<String> {
    let mut differences = Vec::new();
    for file in &program.files {
        let here: Vec<&Finding> = findings_in(report, file);
        let text = text(&program.root.join(file));
        differences.extend(markers::differences(file, &text, &here));
    }
    for finding in &report.findings {
        let place = &finding.main_step().place;
        if !program.files.iter().any(|file| *file == place.file) {
            let what = support::brief(finding);
            differences.push(format!("{}:{}: found: {what}", place.file, place.line));
        }
    }
    differences
}

fn findings_in<'a>(report: &'a Report, file: &Utf8Path) -> Vec<&'a Finding> {
    report
        .findings
        .iter()
        .filter(|it| it.main_step().place.file == file.as_str())
        .collect()
}

#[test]
fn every_rule_has_fixtures() {
    let rules: Vec<&str> = waitctx_rules::rules()
        .iter()
        .map(|rule| rule.name.as_str())
        .collect();
    assert_eq!(TESTED, rules);
    let directories = entries(&testdata().join("rules"));
    let names: Vec<&str> = directories.iter().filter_map(|it| it.file_name()).collect();
    assert_eq!(names, rules);
    for rule in rules {
        for verdict in ["bad", "ok"] {
            let has = |path: &Utf8PathBuf| {
                path.file_name()
                    .is_some_and(|name| name.starts_with(verdict))
            };
            assert!(fixtures(rule).iter().any(has), "{rule} has no {verdict}*.c");
        }
    }
}

/// In a fixture called bad there is something to be found, in one called ok there is nothing; and
/// functions keep what their names promise.
#[test]
fn names_carry_the_verdict() {
    let mut wrong = Vec::new();
    for rule in TESTED {
        for fixture in fixtures(rule) {
            let program = Program::fixture(&fixture);
            let mut marked = false;
            for file in &program.files {
                let text = text(&program.root.join(file));
                let expected = markers::expected(&text);
                for found in expected.values().flatten().filter(|found| *found != rule) {
                    wrong.push(format!("{file}: {found} is another rule's business"));
                }
                marked |= !expected.is_empty();
                wrong.extend(markers::contradictions(file, &text));
            }
            let is_bad = fixture
                .file_name()
                .is_some_and(|name| name.starts_with("bad"));
            if is_bad != marked {
                wrong.push(format!("{fixture}: the name says otherwise"));
            }
        }
    }
    expect_nothing(&wrong);
}

/// What one function does by itself, with no pointer to guess at, is beyond doubt.
#[test]
fn direct_findings_are_sure() {
    let knowledge = knowledge();
    let mut wrong = Vec::new();
    for rule in TESTED {
        let fixture = testdata().join("rules").join(rule).join("bad.c");
        let report = Program::fixture(&fixture).solve(1, &knowledge).report;
        for finding in report.findings {
            // Whether a reference is the last is a doubt of its own, and so are whose lock reclaim takes
            // and what a rule says of itself.
            let page = waitctx_rules::rules()
                .iter()
                .find(|it| it.name == finding.rule);
            let doubt = page.and_then(|it| it.doubt.as_ref());
            let is_known = |it: &String| {
                let of_objects = ["last reference", "another object's"];
                of_objects.iter().any(|part| it.contains(part)) || Some(it) == doubt
            };
            let is_expected = finding.reasons.iter().all(is_known);
            if finding.confidence != Confidence::High && !is_expected {
                let line = finding.main_step().place.line;
                let reasons = finding.reasons.join("; ");
                wrong.push(format!("rules/{rule}/bad.c:{line}: {reasons}"));
            }
        }
    }
    expect_nothing(&wrong);
}

/// Two chains from locks of one class to one allocation are one finding, which tells of the other.
#[test]
fn one_cause_is_one_finding() {
    let fixture = testdata().join("rules/atomic-alloc-under-raw-spinlock/bad_one_cause.c");
    let report = Program::fixture(&fixture).solve(1, &knowledge()).report;
    let others: Vec<(&str, usize)> = report
        .findings
        .iter()
        .map(|it| (it.main_step().function.as_str(), it.other_chains))
        .collect();
    let expected = [
        ("shortest_chain_bad", 1),
        ("other_lock_bad", 0),
        ("other_allocation_bad", 0),
    ];
    assert_eq!(others, expected);
}

/// The examples on a rule's page behave as the page says.
#[test]
fn pages_tell_the_truth() {
    let knowledge = knowledge();
    let mut wrong = Vec::new();
    for rule in waitctx_rules::rules() {
        let directory = tempfile::tempdir().expect("there is room for the examples");
        let root = Utf8Path::from_path(directory.path())
            .and_then(|path| path.canonicalize_utf8().ok())
            .expect("the temporary directory has a readable name");
        let mut marked = Vec::new();
        let c = examples(rule.page, "c").into_iter().map(|it| (it, "c"));
        let rust = examples(rule.page, "rust").into_iter().map(|it| (it, "rs"));
        for (number, (example, extension)) in c.chain(rust).enumerate() {
            let name = rule.name.replace('-', "_");
            let file = Utf8PathBuf::from(format!("{name}_{}.{extension}", number + 1));
            fs::write(root.join(&file), example).expect("the example can be written");
            let program = Program {
                root: root.clone(),
                files: vec![file],
                arguments: vec![format!("-I{}", testdata().join("include"))],
            };
            let solved = program.solve(1, &knowledge);
            wrong.extend(solved.incidents);
            wrong.extend(compare(&program, &solved.report));
            for finding in &solved.report.findings {
                wrong.extend(witness::faults(&root, finding, &knowledge));
            }
            marked.extend(markers::expected(example).into_values().flatten());
        }
        if marked.is_empty() || marked.iter().any(|it| *it != rule.name) {
            wrong.push(format!("the page of {} shows {marked:?}", rule.name));
        }
    }
    expect_nothing(&wrong);
}

/// The blocks of a page in a language.
fn examples<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    page.split(&format!("\n```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect()
}

/// The miniature kernel with the arguments of its compile database.
fn miniature(root: &Utf8Path) -> Program {
    let database = text(&root.join("compile_commands.json"));
    let database: serde_json::Value =
        serde_json::from_str(&database).expect("the database is JSON");
    let commands = database.as_array().expect("the database is a list");
    let files = commands
        .iter()
        .map(|command| Utf8PathBuf::from(command["file"].as_str().expect("a file has a name")))
        .collect();
    Program {
        root: root.to_owned(),
        files,
        arguments: vec![
            format!("-I{}", root.join("include")),
            format!("-I{}", root.join("../include")),
            "-DCONFIG_KASAN=1".to_owned(),
        ],
    }
}

#[test]
fn every_file_of_the_miniature_is_compiled() {
    let root = testdata().join("miniature");
    let mut files = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in entries(&directory) {
            if entry.is_dir() {
                directories.push(entry);
            } else if entry.extension() == Some("c") {
                files.push(entry.strip_prefix(&root).expect("it is inside").to_owned());
            }
        }
    }
    files.sort();
    assert_eq!(files, miniature(&root).files);
}

/// What the program prints about the miniature kernel is in `expected.txt`. `WAITCTX_BLESS=1`
/// writes it anew.
#[test]
fn miniature_is_reported_as_expected() {
    let expected = testdata().join("miniature/expected.txt");
    let scan = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .args(["scan", "testdata/miniature", "--output-format", "short"])
        .current_dir(workspace())
        .output()
        .expect("the program runs");
    let complaints = String::from_utf8_lossy(&scan.stderr);
    assert_eq!(scan.status.code(), Some(1), "{complaints}");
    let printed = String::from_utf8(scan.stdout).expect("the output is UTF-8");
    if std::env::var_os("WAITCTX_BLESS").is_some() {
        fs::write(&expected, &printed).expect("the expectation can be written");
    }
    expect_nothing(&changed_lines(&text(&expected), &printed));
}

/// The lines that only one of two texts has.
fn changed_lines(expected: &str, printed: &str) -> Vec<String> {
    if expected == printed {
        return Vec::new();
    }
    let only = |sign: &str, of: &str, other: &str| -> Vec<String> {
        let other: Vec<&str> = other.lines().collect();
        of.lines()
            .filter(|line| !other.contains(line))
            .map(|line| format!("{sign} {line}"))
            .collect()
    };
    let mut changed = only("not printed:", expected, printed);
    changed.extend(only("printed:", printed, expected));
    if changed.is_empty() {
        changed.push("the lines are there, but in another order or number".to_owned());
    }
    changed
}

#[test]
fn witnesses_of_the_miniature_replay() {
    let knowledge = knowledge();
    let program = miniature(&testdata().join("miniature"));
    let solved = program.solve(1, &knowledge);
    let mut wrong = solved.incidents;
    for finding in &solved.report.findings {
        wrong.extend(witness::faults(&program.root, finding, &knowledge));
    }
    expect_nothing(&wrong);
}

/// Neither the number of threads nor the order of the files shows in the outcome.
#[test]
fn outcome_is_the_same_for_any_threads_and_order() {
    let knowledge = knowledge();
    let mut programs = vec![miniature(&testdata().join("miniature"))];
    for rule in TESTED {
        let linked = fixtures(rule).into_iter().filter(|path| path.is_dir());
        programs.extend(linked.map(|path| Program::fixture(&path)));
    }
    for program in programs {
        let expected = format!("{:#?}", program.solve(1, &knowledge).report);
        let units = |threads| -> Vec<String> { program.read(threads).iter().map(facts).collect() };
        assert_eq!(units(1), units(2));
        let mut shuffled = program.clone();
        for threads in [1, 2, 4] {
            // A different order each time, and a different first file.
            shuffled.files.reverse();
            shuffled.files.rotate_left(1);
            let report = shuffled.solve(threads, &knowledge).report;
            assert_eq!(
                expected,
                format!("{report:#?}"),
                "{threads} threads, {:?}",
                shuffled.files
            );
        }
    }
}

/// A unit as text.
fn facts(unit: &waitctx_model::Unit) -> String {
    let mut out = String::new();
    waitctx_model::write_unit(unit, &mut out).expect("text can be appended");
    out
}

/// Where the tree lies does not show in the outcome.
#[test]
fn outcome_is_the_same_in_another_place() {
    let knowledge = knowledge();
    let here = miniature(&testdata().join("miniature"));
    let directory = tempfile::tempdir().expect("there is room for a copy");
    let elsewhere = Utf8Path::from_path(directory.path())
        .and_then(|path| path.canonicalize_utf8().ok())
        .expect("the temporary directory has a readable name");
    copy(&testdata(), &elsewhere);
    let there = miniature(&elsewhere.join("miniature"));
    let report = |program: &Program| format!("{:#?}", program.solve(2, &knowledge).report);
    assert_eq!(report(&here), report(&there));
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    fs::create_dir_all(to).expect("the copy has room");
    for entry in entries(from) {
        let target = to.join(entry.file_name().expect("entries have names"));
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).expect("files can be copied");
        }
    }
}

/// No two findings of a program share a fingerprint.
#[test]
fn fingerprints_name_one_finding() {
    let program = miniature(&testdata().join("miniature"));
    let here = fingerprints(&program.solve(1, &knowledge()).report);
    let mut unique = here.clone();
    unique.dedup();
    assert_eq!(unique, here);
}

/// All fingerprints of a report, sorted.
fn fingerprints(report: &Report) -> Vec<String> {
    let findings = report.findings.iter();
    let mut fingerprints: Vec<String> = findings.map(|it| it.fingerprint.clone()).collect();
    fingerprints.sort();
    fingerprints
}

/// Of a hundred findings so many have to keep their fingerprint when a file is edited elsewhere.
const SURVIVE: usize = 99;

/// All fixtures and the miniature are edited in several ways that have nothing to do with what is
/// found in them.
#[test]
fn fingerprints_survive_edits_elsewhere() {
    let knowledge = knowledge();
    let (mut findings, mut survived) = (0, 0);
    let mut lost = Vec::new();
    for edit in edits::EDITS {
        let directory = tempfile::tempdir().expect("there is room for a copy");
        let elsewhere = Utf8Path::from_path(directory.path())
            .and_then(|path| path.canonicalize_utf8().ok())
            .expect("the temporary directory has a readable name");
        copy(&testdata(), &elsewhere);
        let programs = all_programs(&elsewhere);
        let before = solve_all(&programs, &knowledge);
        for (program, solved) in programs.iter().zip(&before) {
            for file in &program.files {
                let path = program.root.join(file);
                let new = (edit.make)(&text(&path), &solved.report.findings);
                fs::write(&path, new).expect("the copy can be written");
            }
        }
        let after = solve_all(&programs, &knowledge);
        for ((program, before), after) in programs.iter().zip(&before).zip(&after) {
            let before = fingerprints(&before.report);
            let mut after = fingerprints(&after.report);
            findings += before.len();
            for fingerprint in before {
                match after.iter().position(|it| *it == fingerprint) {
                    Some(index) => {
                        after.remove(index);
                        survived += 1;
                    }
                    None => {
                        let file = &program.files[0];
                        lost.push(format!("{}: {fingerprint} of {file}", edit.what));
                    }
                }
            }
        }
    }
    assert!(findings > 100, "only {findings} findings were tried");
    assert!(
        survived * 100 >= findings * SURVIVE,
        "{survived} of {findings} survived:\n{}",
        lost.join("\n")
    );
}

/// The programs of all fixtures and the miniature, in a copy of the test data.
fn all_programs(root: &Utf8Path) -> Vec<Program> {
    let mut programs = vec![miniature(&root.join("miniature"))];
    for rule in TESTED {
        for fixture in entries(&root.join("rules").join(rule)) {
            if fixture.is_dir() || fixture.extension() == Some("c") {
                programs.push(Program::fixture_in(root, &fixture));
            }
        }
    }
    programs
}
