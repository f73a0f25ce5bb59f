// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is made from the command line's own description: completions and manual pages.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;
use std::process::Command;

use tree::{status, stderr, stdout, waitctx};

#[test]
fn bash_completes_commands_and_options() {
    let folder = tempfile::tempdir().unwrap();
    let script = waitctx(folder.path(), &["completions", "bash"]);
    fs::write(folder.path().join("waitctx"), stdout(&script)).unwrap();
    let complete = |words: &[&str]| {
        let line = format!(
            "source ./waitctx; COMP_WORDS=({}); COMP_CWORD={}; _waitctx waitctx {} {}; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words.len() - 1,
            words.last().unwrap(),
            words[words.len() - 2],
        );
        let output = Command::new("bash")
            .args(["--norc", "-c", &line])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(status(&output), Some(0), "{}", stderr(&output));
        stdout(&output)
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(complete(&["waitctx", "sc"]), ["scan"]);
    assert_eq!(complete(&["waitctx", "scan", "--sta"]), ["--staged"]);
    let levels = complete(&["waitctx", "scan", "--confidence", "m"]);
    assert_eq!(levels, ["medium"]);
    assert_eq!(complete(&["waitctx", "baseline", "pr"]), ["prune"]);
}

#[test]
fn every_shell_gets_the_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = waitctx(Path::new("."), &["completions", shell]);
        assert!(stdout(&script).contains("changed-units"), "{shell}");
    }
}

/// The names of the commands, and of theirs, with dashes between them.
fn commands(prefix: &[&str]) -> Vec<String> {
    let help = waitctx(Path::new("."), &[prefix, &["--help"]].concat());
    let text = stdout(&help);
    let mut found = vec![[&["waitctx"], prefix].concat().join("-")];
    let (_, listed) = text.split_once("\nCommands:\n").unwrap_or_default();
    for line in listed.lines().take_while(|line| line.starts_with("  ")) {
        // Deeper lines go on with a description.
        let name = line.split_whitespace().next().unwrap();
        if !line.starts_with("   ") && name != "help" {
            found.extend(commands(&[prefix, &[name]].concat()));
        }
    }
    found
}

#[test]
fn every_command_has_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let written = waitctx(folder.path(), &["man", "man1"]);
    assert_eq!(status(&written), Some(0), "{}", stderr(&written));
    let mut expected = commands(&[]);
    expected.sort();
    assert!(expected.contains(&"waitctx-baseline-create".to_owned()));
    let mut pages: Vec<String> = fs::read_dir(folder.path().join("man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.strip_suffix(".1").unwrap().to_owned())
        .collect();
    pages.sort();
    assert_eq!(pages, expected);

    let page = fs::read_to_string(folder.path().join("man1/waitctx-scan.1")).unwrap();
    assert!(page.contains(".SH \"ONLY WHAT IS NEW\"\n") && page.contains("\\-\\-staged"));
    // The formatter is not on every machine; where it is, it has nothing to say.
    let groff = Command::new("groff")
        .args([
            "-man",
            "-ww",
            "-z",
            "-Tutf8",
            "man1/waitctx-scan.1",
            "man1/waitctx.1",
        ])
        .current_dir(folder.path())
        .output();
    if let Ok(output) = groff {
        assert_eq!((status(&output), stderr(&output)), (Some(0), ""));
    }
}
