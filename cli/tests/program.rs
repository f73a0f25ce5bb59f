// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program as people and scripts meet it: exit statuses, messages, and bytes that depend on the
//! sources only.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::process::{Command, Stdio};

use tree::{SOURCE, Tree, assert_refused, status, stderr, stdout, waitctx};

const CLEAN: &str = "int f(void) { return 0; }\n";

#[test]
fn findings_decide_the_exit_status() {
    let bad = Tree::new(SOURCE);
    let output = bad.run(&["scan"]);
    assert_eq!(status(&output), Some(1), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("[sleep-in-atomic]"),
        "{}",
        stdout(&output)
    );
    assert!(
        stderr(&output).contains("1 finding\n"),
        "{}",
        stderr(&output)
    );
    assert_eq!(status(&bad.run(&["scan", "--exit-zero"])), Some(0));
    let other_rule = ["scan", "--rule", "free-under-raw-spinlock"];
    assert_eq!(status(&bad.run(&other_rule)), Some(0));

    let clean = Tree::new(CLEAN).run(&["scan"]);
    assert_eq!(status(&clean), Some(0), "{}", stderr(&clean));
    assert_eq!(stdout(&clean), "");
}

#[test]
fn a_comment_with_a_reason_allows_one_finding() {
    let tree = Tree::new(SOURCE);
    assert_eq!(status(&tree.run(&["scan"])), Some(1));
    let comment = "\t/* waitctx: allow(sleep-in-atomic): nobody else knows the device yet */\n";
    let allowed = SOURCE.replace(
        "\treset(device);\n",
        &format!("{comment}\treset(device);\n"),
    );
    let tree = Tree::new(&allowed);
    assert_eq!(status(&tree.run(&["scan"])), Some(0));
    let unreasoned = allowed.replace(": nobody else knows the device yet", "");
    let tree = Tree::new(&unreasoned);
    assert_eq!(status(&tree.run(&["scan"])), Some(1));
}

#[test]
fn reports_depend_on_the_sources_only() {
    for format in [
        "text", "short", "json", "sarif", "gitlab", "github", "junit", "rdjson", "commit",
    ] {
        let first = Tree::new(SOURCE).run(&["scan", "--output-format", format, "-j1"]);
        let second = Tree::new(SOURCE).run(&["scan", "--output-format", format, "-j2"]);
        assert_eq!(status(&first), Some(1), "{}", stderr(&first));
        assert_eq!(stdout(&first), stdout(&second));
        assert!(!stdout(&first).contains('\u{1b}'));
    }
}

#[test]
fn one_finding_can_be_picked() {
    let tree = Tree::new(SOURCE);
    let report = tree.run(&["scan", "--output-format", "json"]);
    let report: serde_json::Value = serde_json::from_str(stdout(&report)).unwrap();
    let fingerprint = report["findings"][0]["fingerprint"].as_str().unwrap();
    let picked = tree.run(&["scan", "--finding", fingerprint, "--format", "commit"]);
    assert!(
        stdout(&picked).starts_with("stop() may sleep while device.lock (raw_spinlock_t) is held:"),
        "{}",
        stdout(&picked)
    );
    let other = tree.run(&["scan", "--finding", "0000000000000000"]);
    assert_refused(&other, "there is no finding 0000000000000000", "fixed");
}

#[test]
fn suppressed_findings_are_kept_on_request() {
    let comment = "\t/* waitctx: allow(sleep-in-atomic): nobody else knows the device yet */\n";
    let tree = Tree::new(&SOURCE.replace(
        "\treset(device);\n",
        &format!("{comment}\treset(device);\n"),
    ));
    let report = |arguments: &[&str]| -> serde_json::Value {
        let output = tree.run(&[&["scan", "--output-format"], arguments].concat());
        assert_eq!(status(&output), Some(0), "{}", stderr(&output));
        serde_json::from_str(stdout(&output)).unwrap()
    };
    assert_eq!(
        report(&["json"])["suppressed_findings"],
        serde_json::json!([])
    );
    let json = report(&["json", "--keep-suppressed"]);
    assert_eq!(
        json["suppressed_findings"][0]["suppression"]["reason"],
        "nobody else knows the device yet"
    );
    assert_eq!(
        report(&["sarif"])["runs"][0]["results"],
        serde_json::json!([])
    );
    let sarif = report(&["sarif", "--keep-suppressed"]);
    assert_eq!(
        sarif["runs"][0]["results"][0]["suppressions"][0]["kind"],
        "inSource"
    );
    assert_refused(
        &tree.run(&["scan", "--keep-suppressed"]),
        "this format has no place for suppressed findings",
        "--output-format json",
    );
}

#[test]
fn statistics_replace_the_findings() {
    let tree = Tree::new(SOURCE);
    let output = tree.run(&["scan", "--statistics"]);
    assert_eq!(status(&output), Some(1));
    assert!(
        stdout(&output).contains("       1       1       0       0  sleep-in-atomic\n"),
        "{}",
        stdout(&output)
    );
    assert_refused(
        &tree.run(&["scan", "--statistics", "--output-format", "sarif"]),
        "there are no statistics in this format",
        "--output-format text",
    );
}

#[test]
fn facts_give_the_same_report() {
    let tree = Tree::new(SOURCE);
    let extracted = tree.run(&["extract", "--output", "a.facts"]);
    assert_eq!(status(&extracted), Some(0), "{}", stderr(&extracted));
    let scanned = tree.run(&["scan", "--output-format", "json"]);
    let solved = tree.run(&["scan", "--output-format", "json", "--facts", "a.facts"]);
    assert_eq!(stdout(&scanned), stdout(&solved));
}

#[test]
fn units_of_a_database_take_the_place_of_stored_ones() {
    let tree = Tree::new(SOURCE);
    fs::write(tree.path("b.c"), CLEAN).unwrap();
    let both = r#"[{"directory": ".", "file": "a.c", "arguments": ["cc", "-c", "a.c"]},
        {"directory": ".", "file": "b.c", "arguments": ["cc", "-c", "b.c"]}]"#;
    fs::write(tree.path("both.json"), both).unwrap();
    let extracted = tree.run(&["extract", "-p", "both.json", "--output", "a.facts"]);
    assert_eq!(status(&extracted), Some(0), "{}", stderr(&extracted));

    fs::write(tree.path("a.c"), SOURCE.replace("msleep(10);", "")).unwrap();
    let stored = tree.run(&["scan", "--facts", "a.facts"]);
    assert_eq!(status(&stored), Some(1), "{}", stderr(&stored));
    let mixed = ["scan", "--facts", "a.facts", "-p", "compile_commands.json"];
    let mixed = tree.run(&[&mixed[..], &["--output-format", "json"]].concat());
    assert_eq!(status(&mixed), Some(0), "{}", stdout(&mixed));
    assert!(
        stdout(&mixed).contains("\"units\": 2"),
        "{}",
        stdout(&mixed)
    );
}

#[test]
fn a_report_goes_to_a_file() {
    let tree = Tree::new(SOURCE);
    let output = tree.run(&["scan", "-o", "report.txt"]);
    assert_eq!((status(&output), stdout(&output)), (Some(1), ""));
    let report = fs::read_to_string(tree.path("report.txt")).unwrap();
    assert!(report.contains("┌─ a.c:15:2"), "{report}");
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_the_work() {
    let tree = Tree::new(SOURCE);
    fs::remove_file(tree.path("a.c")).unwrap();
    for command in ["scan", "extract"] {
        let output = tree.run(&[command, "-o", "missing/report"]);
        assert_refused(&output, "cannot write missing/report", "No such file");
    }
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let tree = Tree::new(SOURCE);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .args(["scan", "--output-format", "json"])
        .current_dir(tree.root())
        .stdout(Stdio::from(writer))
        .output()
        .unwrap();
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
}

#[test]
fn without_a_database_both_ways_to_one_are_told() {
    let empty = tempfile::tempdir().unwrap();
    let output = waitctx(empty.path(), &["scan"]);
    assert_refused(
        &output,
        "there is no compile_commands.json",
        "waitctx compdb",
    );
    assert!(stderr(&output).contains("make -C"), "{}", stderr(&output));
}

#[test]
fn a_broken_database_is_named() {
    let tree = Tree::new(SOURCE);
    fs::write(tree.path("compile_commands.json"), "[{\"file\": \"a.c\", ").unwrap();
    let output = tree.run(&["scan"]);
    assert_eq!(status(&output), Some(2));
    assert!(
        stderr(&output).contains("compile_commands.json:1:"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_scan_that_read_nothing_does_not_say_clean() {
    let tree = Tree::new(SOURCE);
    fs::remove_file(tree.path("a.c")).unwrap();
    assert_refused(
        &tree.run(&["scan"]),
        "not one of 1 units could be read",
        "a.c",
    );
}

#[test]
fn a_unit_with_errors_is_used_and_told() {
    let tree = Tree::new(&format!("{SOURCE}\nnot_a_type broken;\n"));
    let output = tree.run(&["scan"]);
    assert_eq!(status(&output), Some(1), "{}", stderr(&output));
    let text = stderr(&output);
    assert!(text.contains("1 of them damaged"), "{text}");
    assert!(text.contains("a.c:19:1: "), "{text}");
}

#[test]
fn a_database_of_another_tree_is_refused() {
    let tree = Tree::new(SOURCE);
    let other = tempfile::tempdir().unwrap();
    let database = tree.root().to_str().unwrap();
    let output = waitctx(other.path(), &["scan", "-p", database]);
    assert_refused(&output, database, "give the tree that it was made for");
}

#[test]
fn wrong_names_and_files_are_refused() {
    let tree = Tree::new(SOURCE);
    assert_refused(
        &tree.run(&["scan", "--rule", "sleep_in_atomic"]),
        "there is no rule `sleep_in_atomic`",
        "help: there is `sleep-in-atomic`",
    );
    assert_refused(
        &tree.run(&["explain", "sleep-in-atom"]),
        "there is no rule `sleep-in-atom`",
        "help: there is `sleep-in-atomic`",
    );
    assert_refused(
        &tree.run(&["scan", "--facts", "a.c"]),
        "a.c cannot be used",
        "not a facts file",
    );
    assert_refused(
        &tree.run(&["scan", "--libclang", "/nonexistent"]),
        "",
        "libclang",
    );
    fs::write(tree.path("m.toml"), "nonsense = 1\n").unwrap();
    assert_refused(&tree.run(&["scan", "--model", "m.toml"]), "", "m.toml:1:1");
}

#[test]
fn help_and_pages_need_nothing() {
    let nowhere = tempfile::tempdir().unwrap();
    let help = waitctx(nowhere.path(), &["scan", "--help"]);
    assert_eq!(status(&help), Some(0));
    assert!(stdout(&help).contains("Examples:"));
    let version = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .arg("--version")
        .env("LIBCLANG_PATH", "/nonexistent")
        .output()
        .unwrap();
    assert_eq!(
        stdout(&version),
        concat!("waitctx ", env!("CARGO_PKG_VERSION"), "\n")
    );

    let rules = waitctx(nowhere.path(), &["rules"]);
    assert_eq!(status(&rules), Some(0));
    for line in stdout(&rules).lines() {
        let name = line.split_whitespace().next().unwrap();
        let page = waitctx(nowhere.path(), &["explain", name]);
        assert_eq!(status(&page), Some(0));
        assert!(stdout(&page).starts_with(&format!("# {name}\n")));
    }
    assert_eq!(status(&waitctx(nowhere.path(), &[])), Some(2));
    assert_eq!(
        status(&waitctx(nowhere.path(), &["scan", "--nonsense"])),
        Some(2)
    );
}
