// SPDX-License-Identifier: MIT OR Apache-2.0
//! Microsoft's SARIF validator, with the rules of GitHub, finds nothing wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;

use crate::{find_program, report, report_on, root};

/// The validator: where SARIF_MULTITOOL says, or on the PATH.
pub(crate) fn find() -> Option<PathBuf> {
    let said = std::env::var_os("SARIF_MULTITOOL").map(PathBuf::from);
    said.or_else(|| find_program(&["Sarif.Multitool"]))
        .filter(|it| it.is_file())
}

/// No error and no warning.
pub(crate) fn has_no_complaint(tool: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let log = report("sarif");
    // One run for each configuration.
    let overlays = [
        "--overlay",
        "rt=CONFIG_PREEMPT_RT",
        "--category",
        "v6.12/x86_64",
    ];
    let several = report_on(&root().join("testdata/miniature"), "sarif", &overlays);
    for log in [&log, &several] {
        let complaints = validate(tool, directory.path(), log)?;
        if !complaints.is_empty() {
            return Err(complaints.join("\n").into());
        }
    }
    // A log that GitHub refuses is complained of: the rules are on.
    let broken = log.replace("\"shortDescription\"", "\"description\"");
    if validate(tool, directory.path(), &broken)?.is_empty() {
        return Err("the validator takes anything".into());
    }
    Ok(())
}

fn validate(tool: &Path, directory: &Path, log: &str) -> Result<Vec<String>, Failed> {
    fs::write(directory.join("report.sarif"), log)?;
    let output = Command::new(tool)
        .args(["validate", "report.sarif", "--rule-kind", "Sarif;Ghas"])
        .args(["--level", "Error;Warning"])
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .current_dir(directory)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !text.contains("1 files scanned") {
        let complaints = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the validator did not run: {text}{complaints}").into());
    }
    let is_complaint = |line: &&str| line.contains(": error ") || line.contains(": warning ");
    Ok(text
        .lines()
        .filter(is_complaint)
        .map(str::to_owned)
        .collect())
}
