// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where other programs run waitctx: Kbuild, git's hooks, pre-commit, b4.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tree::{CACHE, SOURCE, Tree, assert_refused, document, status, stderr, stdout};

const CLEAN: &str = "int f(void) { return 0; }\n";

/// A search path with waitctx on it.
fn path_with_waitctx() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_waitctx"));
    let others = std::env::var("PATH").unwrap();
    format!("{}:{others}", program.parent().unwrap().display())
}

/// What Kbuild gives to a checker, shortened: its own definitions, the compiler's arguments, the file.
const KBUILD: &[&str] = &[
    "-D__linux__",
    "-Dlinux",
    "-D__STDC__",
    "-Dunix",
    "-D__unix__",
    "-Wbitwise",
    "-Wno-return-void",
    "-D__CHECK_ENDIAN__",
    "-m64",
    "-Wp,-MMD,./.a.o.d",
    "-nostdinc",
    "-Iinclude",
    "-include",
    "./include/kconfig.h",
    "-D__KERNEL__",
    "--target=x86_64-linux-gnu",
    "-std=gnu11",
    "-fshort-wchar",
    "-mcmodel=kernel",
    "-O2",
    "-fno-allow-store-data-races",
    "-Wno-main",
    "-g",
    "-DKBUILD_MODFILE=\"kernel/a\"",
    "-D__KBUILD_MODNAME=a",
];

fn kbuild_tree(source: &str) -> Tree {
    let tree = Tree::of(&[
        ("a.c", source),
        ("include/kconfig.h", "#define CONFIG_X 1\n"),
    ]);
    fs::remove_file(tree.path("compile_commands.json")).unwrap();
    tree
}

fn check(tree: &Tree, options: &[&str]) -> Output {
    tree.run(&[&["check"], options, KBUILD, &["a.c"]].concat())
}

#[test]
fn kbuild_checks_a_file_and_never_fails_unless_asked() {
    let source = format!("#if CONFIG_X && defined(__KERNEL__)\n{SOURCE}#endif\n");
    let tree = kbuild_tree(&source);
    let output = check(&tree, &[]);
    assert_eq!((status(&output), stdout(&output)), (Some(0), ""));
    let said = stderr(&output);
    assert!(
        said.starts_with("a.c:16:2: error: `reset` may sleep"),
        "{said}"
    );
    assert!(
        said.contains("\n    a.c:10:2: note: reset calls msleep"),
        "{said}"
    );
    assert_eq!(status(&check(&tree, &["--fail"])), Some(1));
    assert!(!tree.path(".a.o.d").exists(), "a checker writes nothing");

    let clean = check(&kbuild_tree(CLEAN), &["--fail"]);
    assert_eq!((status(&clean), stderr(&clean)), (Some(0), ""));
}

#[test]
fn what_cannot_be_checked_does_not_fail_the_build_either() {
    let tree = kbuild_tree(CLEAN);
    fs::remove_file(tree.path("a.c")).unwrap();
    let output = check(&tree, &[]);
    assert_eq!(status(&output), Some(0));
    assert!(stderr(&output).starts_with("error: there is no file a.c"));
    assert_refused(
        &check(&tree, &["--fail"]),
        "there is no file a.c",
        "the source file last",
    );
    // A file that does not compile is told, once and shortly.
    tree.write("a.c", "int f(void) { return x; }\n");
    let output = check(&tree, &["--fail"]);
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(
        stderr(&output).starts_with("a.c: warning: a.c:1:"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_checked_file_obeys_the_configuration_of_its_tree() {
    let tree = kbuild_tree(SOURCE);
    tree.git(&["init", "--quiet"]);
    tree.write("waitctx.toml", "[rules]\nsleep-in-atomic = \"off\"\n");
    assert_eq!(stderr(&check(&tree, &[])), "");
    assert_ne!(stderr(&check(&tree, &["--no-config"])), "");
}

/// Findings that are in headers alone would be told with each file.
#[test]
fn a_header_is_not_told_with_each_file() {
    let tree = kbuild_tree("#include \"all.h\"\n");
    tree.write("include/all.h", SOURCE);
    assert_eq!(stderr(&check(&tree, &[])), "");
}

/// Runs `make C=1` in a tree whose Makefile does with CHECK what Kbuild does.
#[test]
fn make_runs_it_as_a_checker() {
    let tree = kbuild_tree(SOURCE);
    tree.write(
        "Makefile",
        "CHECKFLAGS := -D__linux__ -Dlinux -Wbitwise $(CF)\n\
         c_flags := -Wp,-MMD,.a.o.d -nostdinc -Iinclude -DX='\"y z\"'\n\
         a.o: a.c\n\t@$(CHECK) $(CHECKFLAGS) $(c_flags) $<\n\t@touch $@\n",
    );
    let make = |check: &str| {
        Command::new("make")
            .arg("-C")
            .arg(tree.root())
            .args(["C=1", &format!("CHECK={check}"), "CF=-DMORE"])
            .env("PATH", path_with_waitctx())
            .env("WAITCTX_CACHE_DIR", CACHE)
            .output()
            .unwrap()
    };
    let failed = make("waitctx check --fail");
    assert_eq!(status(&failed), Some(2), "{}", stderr(&failed));
    assert!(!tree.path("a.o").exists());
    let output = make("waitctx check");
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("[sleep-in-atomic]"),
        "{}",
        stderr(&output)
    );
    assert!(tree.path("a.o").exists());
}

fn commit(tree: &Tree) -> Output {
    tree.git(&["add", "."]);
    Command::new("git")
        .arg("-C")
        .arg(tree.root())
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args(["-c", "commit.gpgsign=false", "commit", "-m", "a commit"])
        .env("PATH", path_with_waitctx())
        .env("WAITCTX_CACHE_DIR", CACHE)
        .output()
        .unwrap()
}

fn commits(tree: &Tree) -> usize {
    stdout(&tree.git(&["rev-list", "--all"])).lines().count()
}

#[test]
fn a_hook_refuses_what_it_finds() {
    let tree = Tree::new(CLEAN);
    tree.commit();
    let installed = tree.run(&["hook", "install"]);
    assert_eq!(status(&installed), Some(0), "{}", stderr(&installed));
    tree.write("a.c", SOURCE);
    let refused = commit(&tree);
    assert_ne!(status(&refused), Some(0));
    assert!(
        stderr(&refused).contains("[sleep-in-atomic]"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(commits(&tree), 1);
    tree.write("a.c", &SOURCE.replace("msleep(10)", "(void)0"));
    let taken = commit(&tree);
    assert_eq!(status(&taken), Some(0), "{}", stderr(&taken));
    assert_eq!(commits(&tree), 2);
    // Again is no mistake, and away is away.
    assert_eq!(status(&tree.run(&["hook", "install"])), Some(0));
    assert_eq!(status(&tree.run(&["hook", "uninstall"])), Some(0));
    assert!(!tree.path(".git/hooks/pre-commit").exists());
    tree.write("a.c", SOURCE);
    assert_eq!(status(&commit(&tree)), Some(0));
}

#[test]
fn what_is_partly_staged_is_checked_as_it_is_committed() {
    let tree = Tree::new(CLEAN);
    tree.commit();
    tree.run(&["hook", "install"]);
    tree.write("a.c", SOURCE);
    tree.write("b.c", "");
    tree.git(&["add", "b.c"]);
    // `git commit FILE` makes an index of its own for the hook.
    let commit = |file: &str| {
        Command::new("git")
            .arg("-C")
            .arg(tree.root())
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(["-c", "commit.gpgsign=false", "commit", "-m", "part", file])
            .env("PATH", path_with_waitctx())
            .env("WAITCTX_CACHE_DIR", CACHE)
            .output()
            .unwrap()
    };
    let other = commit("b.c");
    assert_eq!(status(&other), Some(0), "{}", stderr(&other));
    let refused = commit("a.c");
    assert!(
        stderr(&refused).contains("[sleep-in-atomic]"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(commits(&tree), 2);
}

#[test]
fn a_foreign_hook_stays() {
    let tree = Tree::new(CLEAN);
    tree.commit();
    let hook = tree.path(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\nexit 0\n").unwrap();
    let install = tree.run(&["hook", "install"]);
    assert_refused(&install, "", "put the lines of `waitctx hook show` into it");
    assert_refused(&tree.run(&["hook", "uninstall"]), "", "it stays");
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\nexit 0\n");
    // Nor is one put where other repositories look.
    let shared = tempfile::tempdir().unwrap();
    fs::remove_file(&hook).unwrap();
    tree.git(&["config", "core.hooksPath", shared.path().to_str().unwrap()]);
    assert_refused(
        &tree.run(&["hook", "install"]),
        "",
        "core.hooksPath leads there",
    );
    assert_eq!(fs::read_dir(shared.path()).unwrap().count(), 0);
    tree.git(&["config", "core.hooksPath", ".githooks"]);
    assert_eq!(status(&tree.run(&["hook", "install"])), Some(0));
    assert!(tree.path(".githooks/pre-commit").exists());
}

#[test]
fn a_hook_has_the_options_and_the_folder_of_the_tree() {
    let tree = Tree::new(CLEAN);
    tree.git(&["init", "--quiet"]);
    fs::create_dir(tree.path("linux 6")).unwrap();
    let shown = tree.run(&["hook", "show", "linux 6", "--", "-p", "my objects"]);
    let last = stdout(&shown).lines().last().unwrap();
    assert_eq!(
        last,
        "exec waitctx scan --staged --changed-units --output-format short -p 'my objects' 'linux 6/'"
    );
}

/// The entry of each hook does what the hook is for. That pre-commit itself takes the file was tried
/// by hand: it is not a program that a test may expect to be there.
#[test]
fn hooks_of_pre_commit_read_the_index() {
    let hooks = document(".pre-commit-hooks.yaml");
    let entries: Vec<&str> = hooks
        .lines()
        .filter_map(|line| line.trim().strip_prefix("entry: "))
        .collect();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let (program, arguments) = entry.split_once(' ').unwrap();
        assert!(
            ["waitctx", "waitctx-pre-commit"].contains(&program),
            "{entry}"
        );
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let tree = Tree::new(CLEAN);
        tree.commit();
        tree.write("a.c", SOURCE);
        tree.git(&["add", "."]);
        tree.write("a.c", CLEAN);
        let output = tree.run(&arguments);
        assert_eq!(status(&output), Some(1), "{}", stderr(&output));
        tree.git(&["add", "."]);
        assert_eq!(status(&tree.run(&arguments)), Some(0));
    }
}

fn check_patch(tree: &Tree, patch: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .arg("check-patch")
        .env("WAITCTX_CACHE_DIR", CACHE)
        .current_dir(tree.root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(patch).unwrap();
    child.wait_with_output().unwrap()
}

/// A series of three patches: the second one has the mistake, the third one moves it.
fn series() -> (Tree, Vec<Vec<u8>>) {
    let tree = Tree::new(&SOURCE.replace("msleep(10)", "(void)0"));
    tree.commit();
    for source in [
        SOURCE.replace("msleep(10)", "(void)1"),
        SOURCE.to_owned(),
        format!("/* A\n * head.\n */\n{SOURCE}"),
    ] {
        tree.write("a.c", &source);
        tree.commit();
    }
    let patches = ["HEAD~2", "HEAD~1", "HEAD"]
        .map(|commit| tree.git(&["format-patch", "-1", "--stdout", commit]).stdout);
    (tree, patches.to_vec())
}

#[test]
fn each_patch_of_a_series_is_checked_alone() {
    let (tree, patches) = series();
    let expected = [
        "",
        "a.c:15: ERROR: `reset` may sleep while `device.lock` (raw_spinlock_t) is held \
         [sleep-in-atomic]\n",
        "",
    ];
    for (patch, expected) in patches.iter().zip(expected) {
        let output = check_patch(&tree, patch);
        // b4 takes every line on standard error for a failure.
        assert_eq!((stdout(&output), stderr(&output)), (expected, ""));
        assert_eq!(status(&output), Some(i32::from(!expected.is_empty())));
    }
}

/// A function that is added before one that looks like it could be added twice.
#[test]
fn a_patch_that_would_fit_again_is_checked_where_it_was_made() {
    let one = |name: &str| {
        let body = SOURCE.split("void stop").nth(1).unwrap();
        format!("\nvoid {name}{body}")
    };
    let start = SOURCE.split("void stop").next().unwrap();
    let calm = |name: &str| one(name).replace("\treset(device);\n", "");
    let tree = Tree::new(&format!("{start}{}{}", calm("first"), calm("last")));
    tree.commit();
    let added = format!("{start}{}{}{}", calm("first"), one("added"), calm("last"));
    tree.write("a.c", &added);
    tree.commit();
    let patch = tree.git(&["format-patch", "-1", "--stdout", "--unified=1"]);
    // It fits again, and what comes of that is no C.
    let again = Command::new("git")
        .args(["apply", "--check", "-"])
        .current_dir(tree.root())
        .stdin(Stdio::piped())
        .spawn();
    let mut again = again.unwrap();
    again
        .stdin
        .take()
        .unwrap()
        .write_all(&patch.stdout)
        .unwrap();
    assert!(again.wait().unwrap().success());
    let output = check_patch(&tree, &patch.stdout);
    let line = added
        .lines()
        .position(|it| it == "\treset(device);")
        .unwrap()
        + 1;
    let expected = format!("a.c:{line}: ERROR: `reset` may sleep");
    assert!(
        stdout(&output).starts_with(&expected),
        "{}",
        stdout(&output)
    );
    assert_eq!(status(&output), Some(1));
}

#[test]
fn a_patch_that_makes_a_file_unreadable_is_not_said_to_be_clean() {
    let tree = Tree::committed(SOURCE);
    tree.write("a.c", &format!("{SOURCE}gadget none;\n"));
    let patch = tree.git(&["diff"]);
    let output = check_patch(&tree, &patch.stdout);
    let expected = "a.c: WARNING: not understood in full: a.c:18:1: unknown type name 'gadget'\n";
    assert_eq!(stdout(&output), expected, "{}", stderr(&output));
    assert_eq!(status(&output), Some(0));
}

#[test]
fn a_patch_that_is_not_in_the_tree_is_applied_to_nothing_but_a_copy() {
    let (tree, patches) = series();
    tree.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    let objects = || stdout(&tree.git(&["count-objects", "-v"])).to_owned();
    let before = (objects(), fs::read(tree.path("a.c")).unwrap());
    let output = check_patch(&tree, &patches[1]);
    assert!(
        stdout(&output).starts_with("a.c:15: ERROR: "),
        "{}",
        stderr(&output)
    );
    assert_eq!(before, (objects(), fs::read(tree.path("a.c")).unwrap()));
    assert_eq!(stdout(&tree.git(&["status", "--porcelain"])), "");

    // The next one builds on it.
    let output = check_patch(&tree, &patches[2]);
    assert_eq!((stdout(&output), stderr(&output)), ("", ""));
    let again = check_patch(&tree, &patches[1]);
    assert!(stdout(&again).starts_with("a.c:15: ERROR: "));
    assert_eq!(before, (objects(), fs::read(tree.path("a.c")).unwrap()));

    let foreign = String::from_utf8_lossy(&patches[1]).replace("msleep(10)", "x\n other");
    let output = check_patch(&tree, foreign.as_bytes());
    assert_refused(&output, "the patch does not apply: git apply: ", "HEAD");
    let output = check_patch(&tree, b"no patch\n");
    assert_refused(&output, "the patch does not apply: git apply: ", "HEAD");
}
