// SPDX-License-Identifier: MIT OR Apache-2.0
//! What somebody put aside: baselines, suppressions, comments.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::process::Command;

use tree::{CACHE, SCAN, SECOND, SOURCE, Tree, assert_refused, status, stderr, stdout};

const BASELINE: [&str; 2] = ["--baseline", "waitctx-baseline.toml"];

impl Tree {
    fn create_baseline(&self, options: &[&str]) {
        let create = ["baseline", "create", "--reason", "older than waitctx"];
        let output = self.run(&[&create[..], options].concat());
        assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    }
}

#[test]
fn a_baseline_leaves_only_what_is_new() {
    let tree = Tree::new(SOURCE);
    tree.create_baseline(&[]);
    assert_eq!(tree.lines(&BASELINE), []);
    // The old finding moves by four lines, the new one is alone.
    tree.write("a.c", &format!("/*\n *\n *\n */\n{SOURCE}{SECOND}"));
    assert_eq!(tree.lines(&BASELINE), [26]);
    assert_eq!(tree.lines(&[]), [19, 26]);

    let again = tree.run(&["baseline", "create", "--reason", "x"]);
    assert_refused(&again, "waitctx-baseline.toml exists", "--add");
    tree.create_baseline(&["--add"]);
    assert_eq!(tree.lines(&BASELINE), []);
}

#[test]
fn a_baseline_is_pruned_of_what_is_gone() {
    let tree = Tree::new(&format!("{SOURCE}{SECOND}"));
    tree.create_baseline(&[]);
    tree.write("a.c", SOURCE);
    let scan = tree.run(&[&SCAN[..], &BASELINE].concat());
    let notice = "warning: 1 entry of the baseline no longer found";
    assert!(stderr(&scan).contains(notice), "{}", stderr(&scan));
    let prune = tree.run(&["baseline", "prune"]);
    assert!(stdout(&prune).contains("taken out: a.c: suspend: sleep-in-atomic"));
    assert!(stdout(&prune).ends_with("1 taken out, 1 left\n"));
    let show = tree.run(&["baseline", "show"]);
    assert_eq!(
        stdout(&show),
        "a.c: stop: sleep-in-atomic: older than waitctx\n1 finding, 0 of them expired\n"
    );
    let scan = tree.run(&[&SCAN[..], &BASELINE].concat());
    assert!(
        !stderr(&scan).contains("baseline no longer"),
        "{}",
        stderr(&scan)
    );
}

#[test]
fn what_expires_is_reported_again() {
    let tree = Tree::new(SOURCE);
    tree.create_baseline(&["--expires", "2027-01-31"]);
    let scan = |day: &str| {
        let seconds = Command::new("date")
            .args(["-u", "-d", day, "+%s"])
            .output()
            .unwrap();
        Command::new(env!("CARGO_BIN_EXE_waitctx"))
            .current_dir(tree.root())
            .args([&SCAN[..], &BASELINE].concat())
            .env("WAITCTX_CACHE_DIR", CACHE)
            .env("SOURCE_DATE_EPOCH", stdout(&seconds).trim())
            .output()
            .unwrap()
    };
    assert_eq!(status(&scan("2027-01-30 23:59:59")), Some(0));
    let expired = scan("2027-01-31 00:00:00");
    assert_eq!(status(&expired), Some(1));
    let notice = "warning: 1 entry of the baseline expired";
    assert!(stderr(&expired).contains(notice), "{}", stderr(&expired));
}

#[test]
fn a_broken_baseline_is_shown_where_it_is_broken() {
    let tree = Tree::new(SOURCE);
    tree.create_baseline(&[]);
    let good = fs::read_to_string(tree.path(BASELINE[1])).unwrap();
    for (bad, message) in [
        (
            good.replace("older than waitctx", " "),
            "a reason has to say why",
        ),
        (
            good.replace("version = 1", "version = 2"),
            "only version 1 is known",
        ),
        (good.replace("rule =", "rul ="), "unknown field `rul`"),
        (
            format!(
                "{good}\n[[finding]]{}",
                good.split("[[finding]]").nth(1).unwrap()
            ),
            "is there twice",
        ),
    ] {
        tree.write(BASELINE[1], &bad);
        let output = tree.run(&[&SCAN[..], &BASELINE].concat());
        assert_refused(&output, "", "┌─ waitctx-baseline.toml:");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

#[test]
fn a_suppression_outside_the_tree() {
    let tree = Tree::new(&format!("{SOURCE}{SECOND}"));
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("mine.toml");
    let file = path.to_str().unwrap();
    let options = ["--suppressions", file];
    let rule = "[[suppress]]\nrule = \"sleep-in-atomic\"\n";
    for (place, left) in [
        ("function = \"stop\"", &[22][..]),
        ("file = \"*.c\"", &[]),
        ("lock = \"device.lock\"", &[]),
        ("function = \"stop\"\nfile = \"b.c\"", &[15, 22]),
    ] {
        fs::write(&path, format!("{rule}{place}\nreason = \"tried\"\n")).unwrap();
        assert_eq!(tree.lines(&options), left, "{place}");
    }
    // The last one matches nothing.
    let output = tree.run(&[&SCAN[..], &options].concat());
    let notice = format!("warning: {file}:1: this suppression matches no finding\n");
    assert!(stderr(&output).contains(&notice), "{}", stderr(&output));

    for (text, message) in [
        (
            format!("{rule}reason = \"x\""),
            "this suppresses a whole rule",
        ),
        (
            format!("{rule}function = \"stop\""),
            "missing field `reason`",
        ),
        (
            "[[suppress]]\nrule = \"sleep\"\nfunction = \"f\"\nreason = \"x\"".to_owned(),
            "there is no rule `sleep`",
        ),
    ] {
        fs::write(&path, text).unwrap();
        let output = tree.run(&[&SCAN[..], &options].concat());
        assert_refused(&output, message, "mine.toml:");
    }
}

#[test]
fn comments_that_allow_nothing_are_told() {
    let commented = |comment: &str| {
        let source = SOURCE.replace("\treset(dev", &format!("\t{comment}\n\treset(dev"));
        Tree::new(&source)
    };
    let used = commented("/* waitctx: allow(sleep-in-atomic): nobody else\n\t * knows it yet */");
    let output = used.run(&SCAN);
    assert_eq!(status(&output), Some(0), "{}", stdout(&output));
    assert!(!stderr(&output).contains("warning"), "{}", stderr(&output));
    assert!(stderr(&output).contains("; 1 allowed by comments"));
    for (comment, told) in [
        ("/* waitctx: allow(sleep-in-atomic) */", "it has to say why"),
        (
            "/* waitctx: allow(sleep): why */",
            "there is no rule `sleep`",
        ),
        (
            "/* waitctx: allow(free-under-raw-spinlock): why */",
            "nothing is found there",
        ),
    ] {
        let output = commented(comment).run(&SCAN);
        let expected = format!("warning: a.c:15: this comment allows nothing: {told}");
        assert!(stderr(&output).contains(&expected), "{}", stderr(&output));
        assert_eq!(status(&output), Some(1));
    }
}
