// SPDX-License-Identifier: MIT OR Apache-2.0
//! Vim finds every line of a short report in its source.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;

use crate::{report, root};

const SCRIPT: &str = "\
cfile report.txt
let lines = []
for entry in getqflist()
  call add(lines, bufname(entry.bufnr) . ':' . entry.lnum . ':' . entry.col . ': ' . entry.text)
endfor
call writefile(lines, 'quickfix.txt')
qall!
";

/// Each line becomes an entry of the quickfix list, with its file, line, column and text.
pub(crate) fn reads_short_reports(vim: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let report = report("short");
    fs::write(directory.path().join("report.txt"), &report)?;
    fs::write(directory.path().join("script.vim"), SCRIPT)?;
    let output = Command::new(vim)
        .args(["-u", "NONE", "-es", "-S", "script.vim"])
        .current_dir(directory.path())
        .output()?;
    let read = fs::read_to_string(directory.path().join("quickfix.txt"))
        .map_err(|error| format!("vim wrote nothing: {error}; {output:?}"))?;
    let read: Vec<&str> = read.lines().map(str::trim_end).collect();
    let written: Vec<&str> = report.lines().map(str::trim).collect();
    // Vim separates the text from the place by a blank of its own.
    let squeezed = |lines: &[&str]| -> Vec<String> {
        let words = |line: &&str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        lines.iter().map(words).collect()
    };
    if squeezed(&read) != squeezed(&written) {
        return Err(format!("vim read {read:#?}").into());
    }
    for line in read {
        let file = line.split(':').next().unwrap_or_default();
        if !root().join("testdata/miniature").join(file).is_file() {
            return Err(format!("there is no {file}").into());
        }
    }
    Ok(())
}
