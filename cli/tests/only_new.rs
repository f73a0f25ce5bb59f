// SPDX-License-Identifier: MIT OR Apache-2.0
//! Only what is new: baselines, suppressions, and what changed in git.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tree::{CACHE, SOURCE, Tree, assert_refused, status, stderr, stdout};

/// A function with a finding of its own, to be put behind [`SOURCE`].
const SECOND: &str = "
void suspend(struct device *device)
{
\t_raw_spin_lock(&device->lock);
\tmsleep(20);
\t_raw_spin_unlock(&device->lock);
}
";

/// [`SOURCE`] without its finding, and of the same size.
fn harmless() -> String {
    SOURCE.replace("msleep(10)", "(void)1000")
}

const SCAN: [&str; 3] = ["scan", "--output-format", "short"];

impl Tree {
    /// With everything committed.
    fn committed(source: &str) -> Self {
        let tree = Self::new(source);
        tree.commit();
        tree
    }

    /// The lines of the findings that a scan with these options shows.
    #[track_caller]
    fn lines(&self, options: &[&str]) -> Vec<u32> {
        let output = self.run(&[&SCAN[..], options].concat());
        let lines: Vec<u32> = stdout(&output)
            .lines()
            .filter_map(|line| line.strip_prefix("a.c:"))
            .map(|line| line.split(':').next().unwrap().parse().unwrap())
            .collect();
        let expected = i32::from(!lines.is_empty());
        assert_eq!(status(&output), Some(expected), "{}", stderr(&output));
        lines
    }

    fn create_baseline(&self, options: &[&str]) {
        let create = ["baseline", "create", "--reason", "older than waitctx"];
        let output = self.run(&[&create[..], options].concat());
        assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    }
}

const BASELINE: [&str; 2] = ["--baseline", "waitctx-baseline.toml"];

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
        "a.c: stop: sleep-in-atomic: older than waitctx\n1 findings, 0 of them expired\n"
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

const BINDINGS: &str = "\
pub struct raw_spinlock { raw_lock: i32 }
pub type raw_spinlock_t = raw_spinlock;
extern \"C\" {
    pub fn _raw_spin_lock(lock: *mut raw_spinlock_t);
    pub fn _raw_spin_unlock(lock: *mut raw_spinlock_t);
    pub fn msleep(msecs: u32);
}
";

/// A driver in Rust; with `body` under a raw spinlock.
fn driver(body: &str) -> String {
    format!(
        "pub struct Device {{ raw: bindings::raw_spinlock_t }}\n\
         pub fn stop(device: &mut Device) {{\n\
         unsafe {{ bindings::_raw_spin_lock(&mut device.raw) }};\n\
         {body}\n\
         unsafe {{ bindings::_raw_spin_unlock(&mut device.raw) }};\n\
         }}\n"
    )
}

const SLEEP: &str = "unsafe { bindings::msleep(10) };";

#[test]
fn staged_rust_is_what_the_index_has() {
    let tree = Tree::of(&[
        ("a.c", ""),
        ("rust/bindings.rs", BINDINGS),
        ("drivers/d.rs", &driver("")),
    ]);
    let project = r#"{"crates": [
        {"display_name": "bindings", "root_module": "rust/bindings.rs", "edition": "2021"},
        {"display_name": "d", "root_module": "drivers/d.rs", "edition": "2021"}
    ]}"#;
    tree.write("rust-project.json", project);
    tree.commit();
    let shown = |options: &[&str]| {
        let output = tree.run(&[&SCAN[..], options].concat());
        let line = stdout(&output).lines().next().unwrap_or("").to_owned();
        line.split(" [").next().unwrap_or("").to_owned()
    };
    let found = "drivers/d.rs:4:20: error: `msleep` may sleep";
    let sleeping = driver(SLEEP);
    // On the disk only, then in the index only.
    tree.write("drivers/d.rs", &sleeping);
    assert!(
        shown(&["--since", "HEAD"]).starts_with(found),
        "{}",
        shown(&["--since", "HEAD"])
    );
    assert_eq!(shown(&["--staged"]), "");
    tree.git(&["add", "."]);
    tree.write("drivers/d.rs", "this is no Rust");
    assert!(shown(&["--staged"]).starts_with(found));
    tree.git(&["commit", "--quiet", "-m", "it sleeps"]);
    // What was there before is old, as in C.
    tree.write("drivers/d.rs", &driver("unsafe { bindings::msleep(11) };"));
    tree.git(&["add", "."]);
    assert_eq!(shown(&["--staged"]), "");
    // A crate that is gone from the index is not read.
    tree.git(&["rm", "--quiet", "--cached", "drivers/d.rs"]);
    tree.write("drivers/d.rs", &sleeping);
    assert_eq!(shown(&["--staged"]), "");
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
