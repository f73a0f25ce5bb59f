// SPDX-License-Identifier: MIT OR Apache-2.0
//! Only what is new: places that a change adds to a finding that is known.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use tree::{SCAN, SOURCE, Tree, status, stderr, stdout};

/// [`SOURCE`] with a function behind it that holds the same lock and comes to the same operation.
fn twice() -> String {
    format!("{SOURCE}{FURTHER}")
}

const FURTHER: &str = "
void halt(struct device *device)
{
\t_raw_spin_lock(&device->lock);
\treset(device);
\t_raw_spin_unlock(&device->lock);
}
";

/// The first lines of the findings that `options` show.
fn heads(tree: &Tree, options: &[&str]) -> Vec<String> {
    let output = tree.run(&[&SCAN[..], options].concat());
    let lines = stdout(&output).lines();
    let heads = lines.filter(|it| it.starts_with("a.c:"));
    heads.map(str::to_owned).collect()
}

const SINCE: [&str; 2] = ["--since", "HEAD"];

#[test]
fn one_cause_is_one_finding_when_nobody_asks_for_changes() {
    let tree = Tree::new(&twice());
    assert_eq!(tree.lines(&[]), [15]);
    // The other places are told, and can be asked for.
    let text = tree.run(&["scan"]);
    let told = "= 1 other chain leads there, from halt (a.c:22)\n";
    assert!(stdout(&text).contains(told), "{}", stdout(&text));
    // Where nothing says that a chain can be taken, it is not said to be.
    let never = FURTHER
        .replace("halt", "park")
        .replace("reset(", "if (0)\n\t\treset(");
    tree.write("a.c", &format!("{}{never}", twice()));
    let text = tree.run(&["scan"]);
    assert!(stdout(&text).contains(told), "{}", stdout(&text));
    tree.write("a.c", &twice());
    let json = tree.run(&["scan", "--output-format", "json"]);
    let json: serde_json::Value = serde_json::from_str(stdout(&json)).unwrap();
    let further = &json["findings"][0]["further"];
    assert_eq!(further[0]["line"], 22);
    let fingerprint = further[0]["fingerprint"].as_str().unwrap();
    assert_eq!(tree.lines(&["--finding", fingerprint]), [22]);
}

#[test]
fn a_new_call_in_another_function_is_shown() {
    let tree = Tree::committed(SOURCE);
    tree.write("a.c", &twice());
    let shown = heads(&tree, &SINCE);
    assert_eq!(shown.len(), 1, "{shown:?}");
    let expected = "a.c:22:2: error: `reset` may sleep while `device.lock` (raw_spinlock_t) is \
                    held; a further place of a known finding [sleep-in-atomic]";
    assert_eq!(shown[0], expected);
    // Which finding that is, is said in every form that has a place for it.
    let output = tree.run(&[&SCAN[..], &SINCE].concat());
    let said = stdout(&output);
    assert!(said.contains(", in stop (a.c:15)\n"), "{said}");
    let json = tree.run(&["scan", "--output-format", "json", "--since", "HEAD"]);
    let json: serde_json::Value = serde_json::from_str(stdout(&json)).unwrap();
    let known = &json["findings"][0]["further_of"];
    assert_eq!(known["function"], "stop");
    assert_ne!(known["fingerprint"], json["findings"][0]["fingerprint"]);
    // It has come to stay.
    tree.commit();
    assert!(tree.lines(&SINCE).is_empty());
    tree.write("a.c", &twice().replace("msleep(10)", "msleep(11)"));
    assert!(tree.lines(&SINCE).is_empty(), "both were there");
    assert_eq!(tree.lines(&[]), [15]);
}

#[test]
fn a_new_call_under_the_same_lock_is_shown_wherever_it_is_put() {
    let call = "\treset(device);\n";
    for (put, line) in [
        ("\treset(device);\n\treset(device);\n", 15),
        (
            "\treset(device);\n\tdevice->state++;\n\treset(device);\n",
            17,
        ),
    ] {
        let tree = Tree::committed(SOURCE);
        tree.write("a.c", &SOURCE.replace(call, put));
        let shown = heads(&tree, &SINCE);
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert!(shown[0].contains("; a further place of a known finding"));
        // Of two lines that are alike, nobody can tell which is the new one.
        let is_there = shown[0].starts_with(&format!("a.c:{line}:"))
            || line == 15 && shown[0].starts_with("a.c:16:");
        assert!(is_there, "{shown:?}");
    }
}

#[test]
fn a_new_chain_below_a_call_that_was_harmless_is_shown() {
    let pause = "\nstatic void pause(struct device *device)\n{\n\tdevice->state++;\n}\n";
    let calls = FURTHER.replace("reset(device)", "pause(device)");
    let tree = Tree::committed(&format!("{SOURCE}{pause}{calls}"));
    assert_eq!(tree.lines(&[]), [15]);
    let sleeping = pause.replace("device->state++", "reset(device)");
    tree.write("a.c", &format!("{SOURCE}{sleeping}{calls}"));
    let shown = heads(&tree, &SINCE);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].starts_with("a.c:27:"), "{shown:?}");
    assert!(shown[0].contains("; a further place of a known finding"));
}

/// [`SOURCE`] with a function that sleeps, and `more` in the one that is called under the lock.
fn below(more: &str) -> String {
    let pause = "static void pause(struct device *device, int times)\n{\n\tmsleep(20);\n}\n\n";
    let source = SOURCE.replace("static void reset", &format!("{pause}static void reset"));
    source.replace("\tmsleep(10);\n", &format!("\tmsleep(10);\n{more}"))
}

#[test]
fn a_new_chain_below_a_known_call_is_shown() {
    let tree = Tree::committed(&below(""));
    assert_eq!(tree.lines(&[]), [20]);
    tree.write("a.c", &below("\tpause(device, 1);\n"));
    assert_eq!(
        tree.lines(&[]),
        [21],
        "one call under one lock is one finding"
    );
    let shown = heads(&tree, &SINCE);
    let expected = "a.c:21:2: error: `reset` may sleep while `device.lock` (raw_spinlock_t) is held; a \
                    further chain of a known finding [sleep-in-atomic]";
    assert_eq!(shown, [expected]);
    let output = tree.run(&[&SCAN[..], &SINCE].concat());
    let said = stdout(&output);
    assert!(said.contains(", in stop (a.c:21);"), "{said}");
    assert!(
        said.contains("; what the change brings is that reset calls pause (a.c:15)\n"),
        "{said}"
    );
    assert!(said.contains("a.c:9:2: note: pause calls msleep"), "{said}");
    // It has come to stay, and what becomes of its line is no news.
    tree.commit();
    assert!(heads(&tree, &SINCE).is_empty());
    tree.write("a.c", &below("\tpause(device, 2); /* longer */\n"));
    assert!(heads(&tree, &SINCE).is_empty());
    let (first, second) = ("\tmsleep(10);\n", "\tpause(device, 1);\n");
    let other_order = below(second).replace(first, "");
    let other_order = other_order.replace(second, &format!("{second}{first}"));
    tree.write("a.c", &other_order);
    assert!(heads(&tree, &SINCE).is_empty());
}

#[test]
fn what_a_new_chain_below_a_known_call_comes_to_may_be_harmless() {
    let tree = Tree::committed(&below(""));
    for more in [
        "\tif (0)\n\t\tpause(device, 1);\n",
        "\t_raw_spin_unlock(&device->lock);\n\tpause(device, 1);\n\t_raw_spin_lock(&device->lock);\n",
        "\tdevice->state = 1;\n",
    ] {
        tree.write("a.c", &below(more));
        assert!(heads(&tree, &SINCE).is_empty(), "{more}");
    }
}

#[test]
fn a_lock_that_is_taken_around_an_old_call_is_shown() {
    let unlocked = FURTHER.replace("\t_raw_spin_lock(&device->lock);\n", "");
    let unlocked = unlocked.replace("\t_raw_spin_unlock(&device->lock);\n", "");
    let tree = Tree::committed(&format!("{SOURCE}{unlocked}"));
    tree.write("a.c", &twice());
    assert_eq!(tree.lines(&SINCE), [22]);
}

#[test]
fn of_a_cause_that_nobody_knew_one_place_is_shown() {
    let tree = Tree::committed(&twice().replace("msleep(10)", "(void)10"));
    tree.write("a.c", &twice());
    let shown = heads(&tree, &SINCE);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].ends_with("is held [sleep-in-atomic]"), "{shown:?}");
}

#[test]
fn a_place_before_all_others_is_the_new_one() {
    // It becomes the place at which the finding is shown, and is new all the same.
    let split = SOURCE.find("void stop(").unwrap();
    let (before, after) = SOURCE.split_at(split);
    let tree = Tree::committed(SOURCE);
    tree.write("a.c", &format!("{before}{}\n{after}", FURTHER.trim_start()));
    assert_eq!(tree.lines(&[]), [15]);
    let shown = heads(&tree, &SINCE);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].starts_with("a.c:15:"), "{shown:?}");
    assert!(shown[0].contains("; a further place of a known finding"));
    let said = tree.run(&[&SCAN[..], &SINCE].concat());
    assert!(
        stdout(&said).contains(", in stop (a.c:22)\n"),
        "{}",
        stdout(&said)
    );
}

#[test]
fn a_call_that_only_moves_to_another_line_is_old() {
    let tree = Tree::committed(&twice());
    let moved = twice().replace(
        "\treset(device);\n",
        "\tdevice->state = 1;\n\treset(device); /* now here */\n",
    );
    tree.write("a.c", &moved);
    let output = tree.run(&[&SCAN[..], &SINCE].concat());
    assert_eq!((status(&output), stdout(&output)), (Some(0), ""));
    let said = stderr(&output);
    assert!(
        said.ends_with("no findings; 1 were there before\n"),
        "{said}"
    );
}

#[test]
fn a_comment_at_the_known_place_allows_no_other() {
    let allowed = SOURCE.replace(
        "\treset(device);",
        "\t/* waitctx: allow(sleep-in-atomic): tried */\n\treset(device);",
    );
    let tree = Tree::committed(&allowed);
    tree.write("a.c", &format!("{allowed}{FURTHER}"));
    assert_eq!(tree.lines(&SINCE), [23]);
    let here = FURTHER.replace(
        "\treset",
        "\t/* waitctx: allow(sleep-in-atomic): tried */\n\treset",
    );
    tree.write("a.c", &format!("{allowed}{here}"));
    assert!(tree.lines(&SINCE).is_empty());
}

#[test]
fn a_patch_that_adds_a_place_is_told_of_it() {
    let tree = Tree::committed(SOURCE);
    tree.write("a.c", &twice());
    let patch = tree.git(&["diff"]);
    tree.git(&["checkout", "--quiet", "a.c"]);
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("add.patch");
    std::fs::write(&file, &patch.stdout).unwrap();
    let output = tree.run(&["check-patch", "--patch", file.to_str().unwrap()]);
    let expected = "a.c:22: ERROR: `reset` may sleep while `device.lock` (raw_spinlock_t) is held; \
                    a further place of a known finding [sleep-in-atomic]\n";
    assert_eq!(stdout(&output), expected, "{}", stderr(&output));
    assert_eq!(status(&output), Some(1));
}
