// SPDX-License-Identifier: MIT OR Apache-2.0
//! The recipes in docs/ci are valid by the schemas of the services that they are for.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;

use crate::root;

/// The workflow for GitHub.
pub(crate) fn workflow_is_valid(validator: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("waitctx.yml");
    let recipe = fs::read_to_string(root().join("docs/ci/github.yml"))?;
    is_valid_only_as_it_is(&recipe, "runs-on:", |recipe| {
        fs::write(&file, recipe)?;
        Ok(Command::new(validator).arg(&file).output()?)
    })
}

/// The job for GitLab.
pub(crate) fn job_is_valid(runner: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(directory.path()).args(arguments).output()
    };
    git(&["init", "--quiet"])?;
    git(&[
        "remote",
        "add",
        "origin",
        "https://gitlab.example/linux/linux.git",
    ])?;
    let recipe = fs::read_to_string(root().join("docs/ci/gitlab.yml"))?;
    is_valid_only_as_it_is(&recipe, "artifacts:", |recipe| {
        fs::write(directory.path().join(".gitlab-ci.yml"), recipe)?;
        let mut runner = Command::new(runner);
        Ok(runner
            .arg("--list")
            .current_dir(directory.path())
            .output()?)
    })
}

/// Fails unless `validate` accepts `recipe`, and does not with `key` called otherwise.
fn is_valid_only_as_it_is(
    recipe: &str,
    key: &str,
    validate: impl Fn(&str) -> Result<std::process::Output, Failed>,
) -> Result<(), Failed> {
    let valid = validate(recipe)?;
    if !valid.status.success() {
        let said = [valid.stdout, valid.stderr].concat();
        return Err(String::from_utf8_lossy(&said).into_owned().into());
    }
    if validate(&recipe.replace(key, "nonsense:"))?
        .status
        .success()
    {
        return Err("the validator takes anything".into());
    }
    Ok(())
}
