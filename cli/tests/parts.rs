// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scans of files and folders: what is read, what is taken from a stored scan, and what is said not
//! to have been seen.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;

use tree::{Tree, assert_refused, status, stderr, stdout, waitctx};

const LOCK_H: &str = "\
typedef struct raw_spinlock { int raw_lock; } raw_spinlock_t;
void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void msleep(unsigned int msecs);
void wait_for_it(int how);
static inline void settle(void) { }
";

/// Calls into another unit with a lock held.
const HOLDER: &str = "\
#include \"lock.h\"
static raw_spinlock_t state_lock;
void hold(void)
{
\t_raw_spin_lock(&state_lock);
\twait_for_it(1);
\tsettle();
\t_raw_spin_unlock(&state_lock);
}
";

const WAITER: &str = "\
#include \"lock.h\"
void wait_for_it(int how)
{
}
";

const SLEEPER: &str = "\
#include \"lock.h\"
void wait_for_it(int how)
{
\tmsleep(how);
}
";

fn two_units() -> Tree {
    let files = [
        ("lock.h", LOCK_H),
        ("core/hold.c", HOLDER),
        ("lib/wait.c", WAITER),
    ];
    Tree::of(&files)
}

/// What a scan in the short form prints: places and rules of findings.
#[track_caller]
fn found(tree: &Tree, options: &[&str]) -> Vec<String> {
    let scan = ["scan", "--output-format", "short", "--color", "never"];
    let output = tree.run(&[&scan[..], options].concat());
    let lines = stdout(&output)
        .lines()
        .filter(|line| !line.starts_with(' '));
    let found: Vec<String> = lines
        .map(|line| {
            line.rsplit_once(':')
                .unwrap()
                .0
                .splitn(3, ':')
                .take(2)
                .collect::<Vec<_>>()
                .join(":")
        })
        .collect();
    let expected = i32::from(!found.is_empty());
    assert_eq!(status(&output), Some(expected), "{}", stderr(&output));
    found
}

#[test]
fn a_file_alone_says_what_was_not_seen() {
    let tree = two_units();
    tree.write("lib/wait.c", SLEEPER);
    let output = tree.run(&["scan", "core/hold.c"]);
    assert_eq!((status(&output), stdout(&output)), (Some(0), ""));
    let said = "1 of 2 units were not read: what functions of theirs do (1 are called here)";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    // A scan of all does not say so.
    let whole = tree.run(&["scan"]);
    assert_eq!(status(&whole), Some(1), "{}", stderr(&whole));
    assert!(!stderr(&whole).contains("were not read"));
}

#[test]
fn what_a_scan_of_all_read_is_known_afterwards() {
    let tree = two_units();
    assert_eq!(found(&tree, &[]), [""; 0]);
    tree.write("lib/wait.c", SLEEPER);
    assert_eq!(found(&tree, &["lib/wait.c"]), ["core/hold.c:6"]);
    let output = tree.run(&["scan", "lib/wait.c"]);
    assert!(
        !stderr(&output).contains("were not read"),
        "{}",
        stderr(&output)
    );
    // A unit that changed and is not asked about is neither known nor read.
    tree.write("lib/wait.c", &SLEEPER.replace("how);", "how + 1);"));
    let stale = tree.run(&["scan", "core/hold.c"]);
    assert_eq!((status(&stale), stdout(&stale)), (Some(0), ""));
    assert!(
        stderr(&stale).contains("1 of 2 units were not read"),
        "{}",
        stderr(&stale)
    );
    // Nothing of that is remembered as the whole.
    assert_eq!(found(&tree, &[]), ["core/hold.c:6"]);
    let alone = tree.run(&["scan", "lib/wait.c", "--no-cache"]);
    assert!(stderr(&alone).contains("1 of 2 units were not read"));
}

/// A header that is staged, however the units spell its name, decides what is known.
#[test]
fn what_is_known_is_of_the_text_that_is_read() {
    let far = HOLDER.replace("\"lock.h\"", "\"../core/../lock.h\"");
    let tree = Tree::of(&[
        ("lock.h", LOCK_H),
        ("core/hold.c", &far),
        ("lib/wait.c", WAITER),
    ]);
    tree.commit();
    assert_eq!(found(&tree, &[]), [""; 0]);
    let sleeps = LOCK_H.replace("settle(void) { }", "settle(void) { msleep(1); }");
    tree.write("lock.h", &sleeps);
    tree.git(&["add", "."]);
    tree.write("lock.h", LOCK_H);
    assert_eq!(found(&tree, &["--staged"]), ["core/hold.c:7"]);
    assert_eq!(found(&tree, &[]), [""; 0]);
    assert_eq!(found(&tree, &["--staged"]), ["core/hold.c:7"]);
}

#[test]
fn a_stored_scan_answers_for_the_rest() {
    let tree = two_units();
    let extracted = tree.run(&["extract", "--output", "all.facts"]);
    assert_eq!(status(&extracted), Some(0), "{}", stderr(&extracted));
    let facts = ["--facts", "all.facts"];
    tree.write("lib/wait.c", SLEEPER);
    assert_eq!(found(&tree, &facts), [""; 0], "what is stored is older");
    // The lock is in the other unit, and the finding is shown there; its witness ends in this one.
    for path in ["lib/wait.c", "lib", "core/hold.c lib/wait.c"] {
        let options: Vec<&str> = path.split(' ').chain(facts).collect();
        assert_eq!(found(&tree, &options), ["core/hold.c:6"], "{path}");
    }
    let output = tree.run(&["scan", "lib/wait.c", "--facts", "all.facts"]);
    assert!(
        stderr(&output).contains("2 units read\n"),
        "{}",
        stderr(&output)
    );
    // A unit that is not asked about is not read, and findings elsewhere are not shown.
    assert_eq!(found(&tree, &["core", "--facts", "all.facts"]), [""; 0]);
    tree.run(&["extract", "--output", "all.facts"]);
    tree.write("other.c", "");
    fs::create_dir(tree.path("mm")).unwrap();
    let files = [
        ("lock.h", LOCK_H),
        ("core/hold.c", HOLDER),
        ("lib/wait.c", SLEEPER),
    ];
    let more = Tree::of(&[&files[..], &[("mm/other.c", "int f(void) { return 1; }\n")]].concat());
    more.run(&["extract", "--output", "all.facts"]);
    assert_eq!(found(&more, &["mm", "--facts", "all.facts"]), [""; 0]);
    let output = more.run(&["scan", "mm", "--facts", "all.facts"]);
    assert!(stderr(&output).contains("; 1 in other parts of the tree"));
}

#[test]
fn what_is_read_afresh_takes_the_place_of_what_is_stored() {
    let tree = two_units();
    tree.run(&["extract", "--output", "all.facts"]);
    // The header's function was stored with core/hold.c, the first that includes it.
    let sleeps = LOCK_H.replace("settle(void) { }", "settle(void) { msleep(1); }");
    tree.write("lock.h", &sleeps);
    for path in ["lib/wait.c", "core/hold.c", "lock.h"] {
        let findings = found(&tree, &[path, "--facts", "all.facts"]);
        let expected: &[&str] = match path {
            // It is in no step of the finding.
            "lib/wait.c" => &[],
            _ => &["core/hold.c:7"],
        };
        assert_eq!(findings, expected, "{path}");
    }
    // And what it delivered for others stays when it is read again.
    tree.write("lock.h", LOCK_H);
    tree.write("core/hold.c", &HOLDER.replace("\tsettle();\n", ""));
    let with_call = WAITER.replace("{\n}", "{\n\tsettle();\n}");
    tree.write("lib/wait.c", &with_call);
    let output = tree.run(&["scan", "core/hold.c", "--facts", "all.facts", "-v"]);
    assert!(
        stderr(&output).contains("0 functions without body"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn with_stored_units_what_is_staged_is_read() {
    let tree = two_units();
    tree.run(&["extract", "--output", "all.facts"]);
    fs::write(tree.path(".gitignore"), "all.facts\n").unwrap();
    tree.write("waitctx.toml", "facts = \"all.facts\"\n");
    tree.commit();
    assert_eq!(found(&tree, &["--staged"]), [""; 0]);
    tree.write("lib/wait.c", SLEEPER);
    assert_eq!(found(&tree, &["--staged"]), [""; 0]);
    tree.git(&["add", "lib/wait.c"]);
    tree.write("lib/wait.c", WAITER);
    assert_eq!(found(&tree, &["--staged"]), ["core/hold.c:6"]);
    assert_eq!(found(&tree, &["--since", "HEAD"]), [""; 0]);
}

#[test]
fn only_changed_units_are_read_when_nothing_is_stored() {
    let tree = two_units();
    tree.commit();
    let scan = ["scan", "--staged", "--changed-units"];
    let nothing = tree.run(&scan);
    assert_eq!(status(&nothing), Some(0), "{}", stderr(&nothing));
    assert!(
        stderr(&nothing).starts_with("0 units read\n"),
        "{}",
        stderr(&nothing)
    );
    let local = HOLDER.replace("\tsettle();", "\tmsleep(1);");
    tree.write("core/hold.c", &local);
    tree.git(&["add", "."]);
    let output = tree.run(&scan);
    assert!(
        stdout(&output).contains("[sleep-in-atomic]"),
        "{}",
        stderr(&output)
    );
    assert!(
        stderr(&output).starts_with("1 unit read\n"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("1 of 2 units were not read"));
    let output = tree.run(&["scan", "--changed-units"]);
    assert_refused(&output, "--changed-units needs changes", "--staged");
}

#[test]
fn files_that_are_no_units_are_told() {
    let tree = two_units();
    let output = tree.run(&["scan", "lock.h"]);
    assert_refused(
        &output,
        "there are no C units to read",
        "headers are read with",
    );
    let output = tree.run(&["scan", "none.c"]);
    assert_refused(&output, "", "none.c does not exist");
    // From a folder inside, the tree is found.
    let inside = waitctx(
        &tree.path("lib"),
        &["scan", "wait.c", "--output-format", "short"],
    );
    assert_eq!(status(&inside), Some(0), "{}", stderr(&inside));
    // A hook gives what is staged, which need not be compiled.
    tree.commit();
    let output = tree.run(&["scan", "--staged", "lock.h"]);
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
}

#[test]
fn a_baseline_is_not_pruned_by_a_scan_of_a_part() {
    let tree = two_units();
    tree.run(&["baseline", "create", "--reason", "x"]);
    let output = tree.run(&["baseline", "prune", "lib"]);
    assert_refused(
        &output,
        "only a whole scan says what is gone",
        "nobody looked",
    );
}
