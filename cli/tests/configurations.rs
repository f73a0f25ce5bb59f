// SPDX-License-Identifier: MIT OR Apache-2.0
//! Several configurations in one scan: databases, and build options set on top of one.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Two mistakes: one in every configuration, one with an option only.
const SOURCE: &str = "\
typedef struct raw_spinlock { int raw_lock; } raw_spinlock_t;
void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void msleep(unsigned int msecs);
void yield(void);
struct device { raw_spinlock_t lock; };

void always(struct device *device)
{
\t_raw_spin_lock(&device->lock);
\tmsleep(10);
\t_raw_spin_unlock(&device->lock);
}

void sometimes(struct device *device)
{
\t_raw_spin_lock(&device->lock);
#ifdef CONFIG_DEVICE_YIELDS
\tyield();
#endif
\t_raw_spin_unlock(&device->lock);
}
";

/// A tree with a database of its own and one that sets the option.
fn tree() -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("a.c"), SOURCE).unwrap();
    for (folder, option) in [
        ("plain", ""),
        ("yielding", r#""-DCONFIG_DEVICE_YIELDS=1","#),
    ] {
        let directory = tree.path().join(folder);
        fs::create_dir(&directory).unwrap();
        let database = format!(
            r#"[{{"directory": "..", "file": "a.c", "arguments": ["cc", {option} "-c", "a.c"]}}]"#
        );
        fs::write(directory.join("compile_commands.json"), database).unwrap();
    }
    tree
}

fn scan(tree: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .current_dir(tree.path())
        .args(["scan", ".", "--no-cache", "--output-format", "json"])
        .args(arguments)
        .output()
        .unwrap()
}

/// The functions with findings and the configurations these hold in.
fn held(output: &Output) -> Vec<(String, Vec<String>)> {
    let text = str::from_utf8(&output.stdout).unwrap();
    let report: serde_json::Value = serde_json::from_str(text)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let names = finding["configurations"].as_array();
            let names = names.into_iter().flatten();
            (
                finding["function"].as_str().unwrap().to_owned(),
                names.map(|it| it.as_str().unwrap().to_owned()).collect(),
            )
        })
        .collect()
}

fn expected(findings: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let own = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect();
    findings
        .iter()
        .map(|&(function, names)| (function.to_owned(), own(names)))
        .collect()
}

#[test]
fn findings_say_which_databases_they_hold_in() {
    let output = scan(&tree(), &["-p", "plain", "-p", "other=yielding"]);
    assert_eq!(
        held(&output),
        expected(&[("always", &["plain", "other"]), ("sometimes", &["other"])])
    );
}

#[test]
fn an_overlay_is_a_configuration_without_a_database() {
    let overlay = ["-p", "plain", "--overlay", "y=CONFIG_DEVICE_YIELDS"];
    assert_eq!(
        held(&scan(&tree(), &overlay)),
        expected(&[
            ("always", &["plain", "plain+y"]),
            ("sometimes", &["plain+y"])
        ])
    );
}

#[test]
fn one_configuration_needs_no_name() {
    let output = scan(&tree(), &["-p", "yielding"]);
    assert_eq!(
        held(&output),
        expected(&[("always", &[]), ("sometimes", &[])])
    );
}

#[test]
fn an_overlay_sets_build_options_only() {
    let output = scan(&tree(), &["-p", "plain", "--overlay", "y=-includeevil.h"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.starts_with("error: `-includeevil.h` is not a build option"),
        "{text}"
    );
}

#[test]
fn a_cache_keeps_configurations_apart() {
    let tree = tree();
    let cached = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_waitctx"))
            .current_dir(tree.path())
            .args([
                "scan",
                ".",
                "--cache-dir",
                "cache",
                "--output-format",
                "json",
            ])
            .args(arguments)
            .output()
            .unwrap();
        held(&output)
    };
    let overlay = ["-p", "plain", "--overlay", "y=CONFIG_DEVICE_YIELDS"];
    let first = cached(&overlay);
    assert_eq!(first.len(), 2);
    assert_eq!(cached(&overlay), first);
    assert_eq!(cached(&["-p", "plain"]), expected(&[("always", &[])]));
    assert_eq!(cached(&overlay), first);
}

/// What a command that cannot do with several configurations says.
fn refusal(arguments: &[&str]) -> String {
    let tree = tree();
    fs::write(tree.path().join("stored.facts"), "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .current_dir(tree.path())
        .args(arguments)
        .args(["-p", "plain", "-p", "yielding"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_needs_one_program_refuses_several() {
    for (arguments, whom) in [
        (&["extract", "--output", "all.facts"][..], "a file of facts"),
        (&["scan", "--facts", "stored.facts"], "a file of facts"),
        (&["why", "always"], "what is asked"),
        (&["graph"], "what is asked"),
    ] {
        let said = refusal(arguments);
        let expected =
            format!("error: {whom} is of one configuration, and these are 2: plain, yielding\n");
        assert!(said.starts_with(&expected), "{said}");
    }
}

#[test]
fn a_configured_database_is_called_by_its_name() {
    let tree = tree();
    let config = "database = \"bare\"\nfacts = \"plain/compile_commands.json\"\n\
                  [databases]\nbare = \"plain\"\nfull = \"yielding\"\n";
    fs::write(tree.path().join("waitctx.toml"), config).unwrap();
    assert_eq!(
        held(&scan(&tree, &["-p", "bare", "-p", "full"])),
        expected(&[("always", &["bare", "full"]), ("sometimes", &["full"])])
    );
    // The one that is meant when none is named has overlays, too.
    assert_eq!(
        held(&scan(&tree, &["--overlay", "y=CONFIG_DEVICE_YIELDS"])),
        expected(&[("always", &["tree", "tree+y"]), ("sometimes", &["tree+y"])])
    );
}

#[test]
fn a_part_is_read_in_the_configurations_that_have_it() {
    let tree = tree();
    fs::write(tree.path().join("b.c"), SOURCE.replace("always", "other")).unwrap();
    fs::write(
        tree.path().join("yielding/compile_commands.json"),
        r#"[{"directory": "..", "file": "b.c", "arguments": ["cc", "-c", "b.c"]}]"#,
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .current_dir(tree.path())
        .args(["scan", "a.c", "--no-cache", "--output-format", "json"])
        .args(["-p", "plain", "-p", "yielding"])
        .output()
        .unwrap();
    assert_eq!(held(&output), expected(&[("always", &["plain"])]));
}
