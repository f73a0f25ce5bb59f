// SPDX-License-Identifier: MIT OR Apache-2.0
//! Only what is new: what changed in git.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tree::{CACHE, SCAN, SECOND, SOURCE, Tree, assert_refused, harmless, status, stderr, stdout};

#[test]
fn since_a_revision_only_what_it_changed_is_reported() {
    let tree = Tree::committed(SOURCE);
    assert_eq!(tree.lines(&["--since", "HEAD"]), []);
    // Lines move, blanks change, a line elsewhere in the function changes.
    let moved = SOURCE
        .replace("struct device {", "\n\nstruct device {")
        .replace("\treset(device);", "        reset(device);")
        .replace("int state;", "int state, other;");
    tree.write("a.c", &moved);
    assert_eq!(tree.lines(&["--since", "HEAD"]), []);
    tree.write("a.c", &format!("{moved}{SECOND}"));
    assert_eq!(tree.lines(&["--since", "HEAD"]), [24]);
    tree.git(&["commit", "--quiet", "-am", "second"]);
    assert_eq!(tree.lines(&["--since", "HEAD"]), []);
    assert_eq!(tree.lines(&["--since", "HEAD~1"]), [24]);
    let output = tree.run(&["scan", "--since", "nonsense"]);
    assert_refused(
        &output,
        "git does not know the revision `nonsense`",
        "--since HEAD~1",
    );
}

#[test]
fn what_a_called_function_comes_to_do_is_new() {
    let tree = Tree::committed(&harmless());
    assert_eq!(tree.lines(&[]), []);
    tree.write("a.c", SOURCE);
    assert_eq!(tree.lines(&["--since", "HEAD"]), [15]);
}

/// What is written elsewhere decides it, so no step is on a line that changed.
#[test]
fn what_a_change_elsewhere_brings_is_new() {
    let decided = |start: &str, body: &str| {
        let paused = SOURCE.replace("msleep(10)", body);
        let source = paused.replace("reset(device);\n", "reset(device, mode);\n");
        source
            .replace(
                "reset(struct device *device)",
                "reset(struct device *device, int mode)",
            )
            .replace("\t_raw_spin_lock(", &format!("{start}\n\t_raw_spin_lock("))
    };
    let body = "if (mode)\n\t\tmsleep(10)";
    let tree = Tree::committed(&decided("\tint mode = 0;", body));
    assert_eq!(tree.lines(&[]), []);
    tree.write("a.c", &decided("\tint mode = 1;", body));
    assert_eq!(tree.lines(&["--since", "HEAD"]), [17]);
    tree.commit();
    assert_eq!(tree.lines(&["--since", "HEAD~1"]), [17]);
    // A change of the same file that brings nothing.
    tree.write("a.c", &decided("\tint mode = 2;", body));
    let output = tree.run(&[&SCAN[..], &["--since", "HEAD"]].concat());
    assert_eq!((status(&output), stdout(&output)), (Some(0), ""));
    let said = stderr(&output);
    assert!(
        said.contains("; 1 have nothing to do with what changed"),
        "{said}"
    );
}

/// A call was wrong for two reasons; that one of them goes is no news of the other.
#[test]
fn what_is_left_of_a_call_that_was_wrong_is_old() {
    let both = SOURCE
        .replace(
            "struct device {",
            "long schedule_timeout_uninterruptible(long timeout);\nstruct device {",
        )
        .replace(
            "\tmsleep(10);",
            "\tmsleep(10);\n\tschedule_timeout_uninterruptible(1);",
        );
    for gone in [
        "\tmsleep(10);\n",
        "\tschedule_timeout_uninterruptible(1);\n",
    ] {
        let tree = Tree::committed(&both);
        assert_eq!(tree.lines(&[]), [17]);
        tree.write("a.c", &both.replace(gone, ""));
        assert_eq!(tree.lines(&[]), [16]);
        assert_eq!(tree.lines(&["--since", "HEAD"]), [], "{gone}");
    }
}

#[test]
fn what_was_there_before_is_old_though_its_lines_are_edited() {
    let tree = Tree::committed(SOURCE);
    let edited = SOURCE
        .replace("msleep(10)", "msleep(11)")
        .replace("\treset(device);", "\treset(device); /* twice */");
    tree.write("a.c", &edited);
    let scan = [&SCAN[..], &["--since", "HEAD"]].concat();
    let output = tree.run(&scan);
    assert_eq!((status(&output), stdout(&output)), (Some(0), ""));
    let said = stderr(&output);
    assert!(
        said.ends_with("no findings; 1 were there before\n"),
        "{said}"
    );
    // A new one beside it is alone.
    tree.write("a.c", &format!("{edited}{SECOND}"));
    assert_eq!(tree.lines(&["--since", "HEAD"]), [22]);
    tree.git(&["add", "a.c"]);
    tree.write("a.c", "");
    assert_eq!(tree.lines(&["--staged"]), [22]);
    // Nobody looks at the other state when only units that changed are read, but for these.
    assert_eq!(
        tree.lines(&["--staged", "--changed-units", "--no-cache"]),
        [22]
    );
}

#[test]
fn a_header_of_both_states_is_read_as_it_was() {
    let header = |pause: &str| format!("static inline void pause(void) {{ {pause} }}\n");
    let source = SOURCE.replace("msleep(10)", "pause()");
    let sleeping = format!("#include \"p.h\"\n{source}");
    let sleeping = sleeping.as_str();
    let declared = "void msleep(unsigned int msecs);\n".to_owned();
    let calm = header("");
    let tree = Tree::of(&[("a.c", sleeping), ("p.h", &calm)]);
    tree.commit();
    tree.write("p.h", &(declared.clone() + &header("msleep(1);")));
    assert_eq!(tree.lines(&["--since", "HEAD"]), [16]);
    tree.commit();
    tree.write("p.h", &(declared + &header("msleep(2);")));
    assert_eq!(tree.lines(&["--since", "HEAD"]), []);
}

#[test]
fn a_file_that_git_does_not_know_yet_is_new() {
    let tree = Tree::of(&[("a.c", SOURCE), ("b.c", "")]);
    tree.git(&["init", "--quiet"]);
    tree.git(&["add", "a.c", "compile_commands.json"]);
    tree.git(&["commit", "--quiet", "-m", "without b.c"]);
    let other = SOURCE.replace("stop", "halt").replace("reset", "clear");
    tree.write("b.c", &other);
    let shown = |options: &[&str]| {
        let output = tree.run(&[&SCAN[..], options].concat());
        stdout(&output).lines().next().unwrap_or("").to_owned()
    };
    assert!(shown(&["--since", "HEAD"]).starts_with("b.c:15:"));
    // It is no part of what is staged.
    assert_eq!(shown(&["--staged"]), "");
    tree.git(&["add", "b.c"]);
    assert!(shown(&["--staged"]).starts_with("b.c:15:"));
    // What is made while building was there before: it is not in git because nobody wrote it.
    tree.git(&["reset", "--quiet"]);
    tree.write(".gitignore", "b.c\n");
    tree.write("a.c", &SOURCE.replace("msleep(10)", "msleep(11)"));
    assert_eq!(shown(&["--since", "HEAD"]), "");
    let output = tree.run(&[&SCAN[..], &["--since", "HEAD"]].concat());
    let said = "; 1 have nothing to do with what changed; 1 were there before\n";
    assert!(stderr(&output).ends_with(said), "{}", stderr(&output));
}

#[test]
fn what_a_build_makes_inside_of_the_tree_was_there_before() {
    let (declarations, functions) = SOURCE.split_once("\n\n").unwrap();
    let source = format!("#include \"made.h\"\n{functions}");
    let tree = Tree::committed(&source);
    // Nobody told git to ignore the objects.
    fs::create_dir(tree.path("objects")).unwrap();
    tree.write("objects/made.h", declarations);
    let database = r#"[{"directory": "OBJECTS", "file": "../a.c", "arguments": ["cc", "-I.", "-c", "../a.c"]}]"#;
    let objects = tree.path("objects");
    let database = database.replace("OBJECTS", objects.to_str().unwrap());
    for place in ["objects/compile_commands.json", "compile_commands.json"] {
        tree.write(place, &database);
        let named = if place.starts_with("objects") {
            "objects"
        } else {
            "."
        };
        let since = ["--since", "HEAD", "-p", named];
        tree.write("a.c", &source);
        assert_eq!(tree.lines(&["-p", named]), [10], "{place}");
        tree.write("a.c", &source.replace("msleep(10)", "msleep(11)"));
        assert_eq!(tree.lines(&since), [], "{place}");
    }
}

#[test]
fn the_first_commit_of_all_is_new() {
    let tree = Tree::new(SOURCE);
    tree.git(&["init", "--quiet"]);
    tree.git(&["add", "."]);
    assert_eq!(tree.lines(&["--staged"]), [15]);
}

#[test]
fn what_was_there_before_is_known_from_stored_units() {
    let tree = Tree::committed(&harmless());
    let outside = tempfile::tempdir().unwrap();
    let facts = outside.path().join("all.facts");
    let facts = facts.to_str().unwrap();
    let extract = tree.run(&["extract", "--output", facts]);
    assert_eq!(status(&extract), Some(0), "{}", stderr(&extract));
    let options = ["--since", "HEAD", "--facts", facts];
    tree.write("a.c", SOURCE);
    assert_eq!(tree.lines(&options), [15]);
    tree.commit();
    tree.write("a.c", &SOURCE.replace("msleep(10)", "msleep(11)"));
    assert_eq!(tree.lines(&options), []);
}

#[test]
fn an_unlock_that_is_taken_out_counts() {
    let unlocked = SOURCE.replace(
        "\treset(device);\n",
        "\t_raw_spin_unlock(&device->lock);\n\treset(device);\n\t_raw_spin_lock(&device->lock);\n",
    );
    let tree = Tree::committed(&unlocked);
    assert_eq!(tree.lines(&[]), []);
    tree.write("a.c", SOURCE);
    assert_eq!(tree.lines(&["--since", "HEAD"]), [15]);
}

#[test]
fn a_renamed_file_is_not_new() {
    let tree = Tree::committed(&SOURCE.replace("msleep(10)", "msleep(10 + 1)"));
    tree.git(&["mv", "a.c", "b.c"]);
    let database = fs::read_to_string(tree.path("compile_commands.json")).unwrap();
    tree.write("compile_commands.json", &database.replace("a.c", "b.c"));
    let output = tree.run(&[&SCAN[..], &["--since", "HEAD"]].concat());
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("1 have nothing to do with what changed"));
    // An edit on top makes it none, either.
    tree.write("b.c", SOURCE);
    let output = tree.run(&[&SCAN[..], &["--since", "HEAD"]].concat());
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("1 were there before"));
}

#[test]
fn staged_is_what_the_index_has() {
    let tree = Tree::committed(SOURCE);
    tree.write("a.c", &format!("{SOURCE}{SECOND}"));
    assert_eq!(tree.lines(&["--staged"]), [], "nothing is staged");
    tree.git(&["add", "a.c"]);
    tree.write("a.c", "this is no C\n");
    assert_eq!(tree.lines(&["--staged"]), [22], "the disk is not looked at");
    let text = tree.run(&["scan", "--staged"]);
    assert!(
        stdout(&text).contains("22 │         msleep(20);"),
        "{}",
        stdout(&text)
    );

    // The other way round: the mistake is on the disk only.
    tree.git(&["checkout", "--quiet", "HEAD", "a.c"]);
    tree.write("a.c", &format!("{SOURCE}{SECOND}"));
    assert_eq!(tree.lines(&["--staged"]), []);
    assert_eq!(tree.lines(&["--since", "HEAD"]), [22]);
}

#[test]
fn files_that_are_staged_and_not_on_the_disk() {
    let tree = Tree::committed("#include \"device.h\"\n");
    tree.write("device.h", SOURCE);
    tree.write("a.c", &format!("#include \"device.h\"\n{SECOND}"));
    tree.git(&["add", "."]);
    tree.write("device.h", "");
    assert_eq!(tree.lines(&["--staged"]), [6], "a header");
    fs::remove_file(tree.path("a.c")).unwrap();
    assert_eq!(tree.lines(&["--staged"]), [6], "a unit");
    // A unit that is taken out of the index is not scanned, although it is on the disk.
    tree.git(&["rm", "--quiet", "--cached", "a.c"]);
    tree.write("a.c", SOURCE);
    let output = tree.run(&["scan", "--staged"]);
    let said = stderr(&output);
    assert!(
        said.starts_with("0 units read\n") && said.ends_with("\nno findings\n"),
        "{said}"
    );
}

#[test]
fn a_tree_in_a_folder_of_its_repository() {
    let tree = Tree::new(SOURCE);
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("linux");
    fs::create_dir(&folder).unwrap();
    for name in ["a.c", "compile_commands.json"] {
        fs::copy(tree.path(name), folder.join(name)).unwrap();
    }
    for arguments in [&["init", "--quiet"][..], &["add", "."]] {
        let status = Command::new("git")
            .arg("-C")
            .arg(outer.path())
            .args(arguments)
            .status();
        assert!(status.unwrap().success());
    }
    fs::write(folder.join("a.c"), "").unwrap();
    let scan = ["scan", "linux", "--output-format", "short", "--staged"];
    let output = tree::waitctx(outer.path(), &scan);
    assert!(
        stdout(&output).starts_with("a.c:15:"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn outside_of_git_it_is_said_what_is_missing() {
    let tree = Tree::new(SOURCE);
    let output = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .current_dir(tree.root())
        .args(["scan", "--staged"])
        .env("WAITCTX_CACHE_DIR", CACHE)
        .env("GIT_CEILING_DIRECTORIES", tree.root().parent().unwrap())
        .output()
        .unwrap();
    assert_refused(
        &output,
        "",
        "is not in a git repository\nhelp: hooks and comparisons",
    );
}

/// Whatever a repository's configuration names, it is not run.
#[test]
fn git_executes_nothing_of_the_tree() {
    let tree = Tree::committed(&harmless());
    let evil = tree.path("evil.sh");
    let traces = tempfile::tempdir().unwrap();
    let script = format!(
        "#!/bin/sh\necho \"$0 $*\" >> {}/ran\ncat\n",
        traces.path().display()
    );
    fs::write(&evil, script).unwrap();
    fs::set_permissions(&evil, fs::Permissions::from_mode(0o755)).unwrap();
    let evil = evil.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "alias.diff-files",
    ] {
        tree.git(&["config", key, evil]);
    }
    tree.git(&["config", "filter.evil.required", "true"]);
    let hooks = tree.path(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in ["post-index-change", "pre-commit", "fsmonitor-watchman"] {
        fs::copy(evil, hooks.join(hook)).unwrap();
    }
    tree.write(".gitattributes", "*.c filter=evil diff=evil\n");
    // Same size and not the same text: git has to look into it.
    tree.write("a.c", SOURCE);
    assert_eq!(tree.lines(&["--since", "HEAD"]), [15]);
    assert_eq!(tree.lines(&["--staged"]), []);
    let ran = fs::read_to_string(traces.path().join("ran")).unwrap_or_default();
    assert_eq!(ran, "");
    // The trap works: git itself falls into it.
    let status = Command::new("git")
        .arg("-C")
        .arg(tree.root())
        .arg("status")
        .output();
    assert!(status.is_ok() && traces.path().join("ran").exists());
}
