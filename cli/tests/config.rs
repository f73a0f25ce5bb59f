// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx.toml`: what it changes, where its mistakes are shown, and that its schema is true.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;

use serde_json::Value;
use tree::{SOURCE, Tree, assert_refused, block, document, status, stderr, stdout, waitctx};

const SCAN: [&str; 3] = ["scan", "--output-format", "short"];

fn with(config: &str) -> Tree {
    let tree = Tree::new(SOURCE);
    fs::write(tree.path("waitctx.toml"), config).unwrap();
    tree
}

/// What is printed about the one finding.
#[track_caller]
fn level(tree: &Tree, options: &[&str]) -> Option<String> {
    let output = tree.run(&[&SCAN[..], options].concat());
    let first = stdout(&output).lines().next()?;
    let level = first.split(": ").nth(1).unwrap();
    assert_eq!(status(&output), Some(1), "{}", stderr(&output));
    Some(level.to_owned())
}

#[test]
fn rules_have_the_levels_that_are_configured() {
    let rules = |level: &str| format!("[rules]\nsleep-in-atomic = \"{level}\"\n");
    assert_eq!(level(&with(""), &[]).unwrap(), "error");
    assert_eq!(level(&with(&rules("warning")), &[]).unwrap(), "warning");
    assert_eq!(level(&with(&rules("off")), &[]), None);
    let named = ["--rule", "sleep-in-atomic"];
    assert!(level(&with(&rules("off")), &named).is_some());
    assert!(level(&with(&rules("off")), &["--no-config"]).is_some());

    let part = |path: &str, level: &str| {
        format!("[[override]]\npaths = [\"{path}\"]\nrules = {{ sleep-in-atomic = \"{level}\" }}\n")
    };
    let config = rules("off") + &part("*.c", "warning");
    assert_eq!(level(&with(&config), &[]).unwrap(), "warning");
    let config = part("a.c", "warning") + &part("a.*", "error") + &part("b.c", "off");
    assert_eq!(level(&with(&config), &[]).unwrap(), "error");
}

#[test]
fn machine_formats_have_the_configured_level() {
    let tree = with("[[override]]\npaths = [\"a.c\"]\nrules.sleep-in-atomic = \"warning\"\n");
    let json = tree.run(&["scan", "--output-format", "json"]);
    let json: Value = serde_json::from_str(stdout(&json)).unwrap();
    assert_eq!(json["findings"][0]["level"], "warning");
    let sarif = tree.run(&["scan", "--output-format", "sarif"]);
    let sarif: Value = serde_json::from_str(stdout(&sarif)).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "warning");
}

#[test]
fn the_nearest_file_upward_counts() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("work/linux");
    fs::create_dir_all(&folder).unwrap();
    let tree = Tree::new(SOURCE);
    for name in ["a.c", "compile_commands.json"] {
        fs::copy(tree.path(name), folder.join(name)).unwrap();
    }
    let found = || status(&waitctx(&folder, &["scan"]));
    let off = "[rules]\nsleep-in-atomic = \"off\"\n";
    assert_eq!(found(), Some(1));
    fs::write(outer.path().join("waitctx.toml"), off).unwrap();
    assert_eq!(found(), Some(0));
    // The nearer one counts alone.
    fs::write(outer.path().join("work/waitctx.toml"), "").unwrap();
    assert_eq!(found(), Some(1));
    let other = outer.path().join("waitctx.toml");
    let named = waitctx(&folder, &["scan", "--config", other.to_str().unwrap()]);
    assert_eq!(status(&named), Some(0));
}

#[test]
fn databases_have_names() {
    let tree = with("database = \"clean\"\n[databases]\nclean = \"o/clean\"\nbad = \"o/bad\"\n");
    for (name, source) in [("clean", "int f(void) { return 0; }"), ("bad", SOURCE)] {
        fs::create_dir_all(tree.path("o").join(name)).unwrap();
        fs::write(tree.path(&format!("{name}.c")), source).unwrap();
        let database = format!(
            r#"[{{"directory": "../..", "file": "{name}.c", "command": "cc -c {name}.c"}}]"#
        );
        fs::write(
            tree.path("o").join(name).join("compile_commands.json"),
            database,
        )
        .unwrap();
    }
    assert_eq!(status(&tree.run(&SCAN)), Some(0));
    let bad = tree.run(&[&SCAN[..], &["-p", "bad"]].concat());
    assert!(stdout(&bad).starts_with("bad.c:15:"), "{}", stderr(&bad));
    let path = tree.run(&[&SCAN[..], &["-p", "o/bad"]].concat());
    assert_eq!(stdout(&path), stdout(&bad));
    let missing = tree.run(&[&SCAN[..], &["-p", "other"]].concat());
    assert_refused(&missing, "there is no other", "");
}

#[test]
fn confidence_is_configured_and_given() {
    let guess = SOURCE.replace(
        "\treset(device);\n",
        "\tif (device->state == 1)\n\t\treset(device);\n",
    );
    // Nothing lowers this one's confidence.
    let tree = Tree::new(&guess);
    fs::write(tree.path("waitctx.toml"), "confidence = \"high\"\n").unwrap();
    assert_eq!(status(&tree.run(&SCAN)), Some(1));
    // `__init` code does: it runs before anybody else does.
    let early = guess.replace(
        "void stop",
        "__attribute__((section(\".init.text\"))) void stop",
    );
    fs::write(tree.path("a.c"), early).unwrap();
    let hidden = tree.run(&SCAN);
    assert_eq!(status(&hidden), Some(0), "{}", stdout(&hidden));
    assert!(stderr(&hidden).contains("1 of low confidence not shown"));
    for options in [&["--all"][..], &["--confidence", "low"]] {
        assert_eq!(status(&tree.run(&[&SCAN[..], options].concat())), Some(1));
    }
    let config = "[[override]]\npaths = [\"a.c\"]\nconfidence = \"low\"\n";
    fs::write(tree.path("waitctx.toml"), config).unwrap();
    assert_eq!(status(&tree.run(&SCAN)), Some(1));
}

#[test]
fn baselines_and_suppressions_are_configured() {
    let tree = with("baseline = \"known.toml\"\n");
    assert_refused(&tree.run(&SCAN), "there is no ", "waitctx.toml:1:12");
    let created = tree.run(&["baseline", "create", "--reason", "old"]);
    assert!(stdout(&created).ends_with("known.toml: 1 findings added, 1 in all\n"));
    assert_eq!(status(&tree.run(&SCAN)), Some(0));

    let tree = with("suppressions = [\"mine.toml\"]\n");
    let row = "[[suppress]]\nrule = \"sleep-in-atomic\"\nfile = \"*\"\nreason = \"tried\"\n";
    fs::write(tree.path("mine.toml"), row).unwrap();
    assert_eq!(status(&tree.run(&SCAN)), Some(0));
}

/// Documents that are wrong, and what is said about each.
const WRONG: &[(&str, &str)] = &[
    ("nonsense = 1", "unknown field `nonsense`"),
    ("libclang = \"/tmp/evil.so\"", "unknown field `libclang`"),
    ("confidence = \"sure\"", "unknown variant `sure`"),
    ("model = \"acme.toml\"", "invalid type"),
    (
        "[rules]\nsleep-in-atomic = \"fatal\"",
        "unknown variant `fatal`",
    ),
    ("[[override]]\nrules = {}", "missing field `paths`"),
    ("[[override]]\npaths = []", "this override is for no path"),
    ("[databases]\nx = 1", "invalid type"),
];

#[test]
fn mistakes_are_shown_where_they_are() {
    let more = [
        (
            "[rules]\nsleep-in-atomics = \"off\"",
            "there is `sleep-in-atomic`",
        ),
        ("[[override]]\npaths = [\"a[\"]", "not a pattern"),
        ("model = [\"none.toml\"]", "paths are relative to this file"),
        ("database = \"none\"", "paths are relative to this file"),
        ("confidence = ", ""),
    ];
    for (text, message) in WRONG.iter().chain(&more) {
        let output = with(text).run(&SCAN);
        assert_refused(&output, "", "waitctx.toml:");
        assert!(
            stderr(&output).contains(message),
            "{text}: {}",
            stderr(&output)
        );
        assert!(stderr(&output).contains("┌─ "), "{}", stderr(&output));
    }
}

#[test]
fn the_schema_agrees_with_the_program() {
    let printed = Tree::new(SOURCE).run(&["config", "schema"]);
    let schema: Value = serde_json::from_str(stdout(&printed)).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let is_valid = |text: &str| {
        let document: toml::Table = text.parse().unwrap();
        validator.is_valid(&serde_json::to_value(document).unwrap())
    };
    for (text, _) in WRONG {
        assert!(!is_valid(text), "{text}");
    }
    let documentation = document("docs/configuration.md");
    let example = block(&documentation, "toml");
    assert!(is_valid(example));
    assert!(is_valid("suppressions = [\"a\"]"));
    // Each key of the schema is described, and no other.
    let keys = schema["properties"].as_object().unwrap().keys();
    let described = documentation
        .lines()
        .filter_map(|line| line.strip_prefix("| `"));
    let described = described.filter_map(|line| line.split('`').next());
    let mut described: Vec<&str> = described.collect();
    described.sort_unstable();
    assert_eq!(keys.map(String::as_str).collect::<Vec<_>>(), described);
}

#[test]
fn the_documented_example_works() {
    let documentation = document("docs/configuration.md");
    let tree = with(block(&documentation, "toml"));
    for name in ["objects", "objects-debug"] {
        fs::create_dir(tree.path(name)).unwrap();
        let database = fs::read_to_string(tree.path("compile_commands.json")).unwrap();
        let database = database.replace("\".\"", "\"..\"");
        fs::write(tree.path(name).join("compile_commands.json"), database).unwrap();
    }
    fs::write(tree.path("acme.toml"), "").unwrap();
    tree.run(&["baseline", "create", "--reason", "example"]);
    let scan = tree.run(&SCAN);
    assert_eq!(status(&scan), Some(0), "{}", stderr(&scan));
    assert!(
        stderr(&scan).contains("1 in the baseline"),
        "{}",
        stderr(&scan)
    );

    // What it shows is what it read: shown again, nothing changes.
    let show = |tree: &Tree| stdout(&tree.run(&["config", "show"])).to_owned();
    let shown = show(&tree);
    assert!(shown.contains("waitctx.toml\ndatabase = "), "{shown}");
    let line = shown
        .lines()
        .find(|it| it.starts_with("free-under-raw"))
        .unwrap();
    let value = line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(value, "free-under-raw-spinlock = \"off\" # waitctx.toml:18");
    assert!(shown.contains("# default"));
    fs::write(tree.path("waitctx.toml"), &shown).unwrap();
    let values = |text: &str| -> toml::Table { text.parse().unwrap() };
    assert_eq!(values(&show(&tree)), values(&shown));

    let mistake = with("[rules]\nfree-under-spinlock = \"off\"\n").run(&SCAN);
    let printed = stderr(&mistake);
    let place = printed.find("┌─ ").unwrap() + "┌─ ".len();
    let name = printed.find("waitctx.toml:2").unwrap();
    let printed = printed.replacen(&printed[place..name], "", 1);
    assert_eq!(printed, block(&documentation, "text"));
}
