// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx hook`: a pre-commit hook of plain git, which is never put in the place of another one.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand};

use super::Outcome;
use crate::failure::Advised;
use crate::git::Repository;
use crate::part::absolute;

/// By this line a hook is known to be ours.
const MARK: &str = "# Installed by `waitctx hook install`, taken away by `waitctx hook uninstall`.";

/// Check what is committed, before it is, in a repository of plain git
///
/// The hook scans what is staged, as `waitctx scan --staged --changed-units` does, and refuses the
/// commit when that finds something. `git commit --no-verify` goes past it. A hook that is not ours
/// is never touched.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  waitctx hook install ~/linux -- -p /tmp/objects
  waitctx hook uninstall ~/linux")]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Put the hook into the repository of a tree
    Install(Install),
    /// Take it away
    Uninstall(Tree),
    /// Print it, to be put into a hook that there is already
    Show(Install),
}

#[derive(Args, Debug)]
struct Tree {
    /// The kernel tree
    #[arg(default_value = ".")]
    tree: Utf8PathBuf,
}

#[derive(Args, Debug)]
struct Install {
    #[command(flatten)]
    tree: Tree,

    /// Options for the scan, behind `--`
    #[arg(last = true, value_name = "OPTION")]
    options: Vec<String>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    match &arguments.action {
        Action::Install(install) => install.run()?,
        Action::Uninstall(tree) => tree.uninstall()?,
        Action::Show(install) => tell(&install.script(&install.tree.repository()?)?)?,
    }
    Ok(Outcome::Clean)
}

impl Tree {
    fn repository(&self) -> Result<Repository> {
        Repository::of(&absolute(&self.tree)?)
    }

    fn uninstall(&self) -> Result<()> {
        let (folder, _) = self.repository()?.hooks()?;
        let path = folder.join("pre-commit");
        if !path.exists() {
            return tell(&format!("there is no {path}\n"));
        }
        if !is_ours(&path)? {
            return Err(anyhow!("{path} was not installed by waitctx: it stays"));
        }
        fs::remove_file(&path).with_context(|| format!("cannot remove {path}"))?;
        tell(&format!("removed {path}\n"))
    }
}

impl Install {
    fn run(&self) -> Result<()> {
        let repository = self.tree.repository()?;
        let (folder, own) = repository.hooks()?;
        let path = folder.join("pre-commit");
        if !own {
            let help = "core.hooksPath leads there; put the lines of `waitctx hook show` into the \
                hook yourself, if all its repositories are to have it";
            let message = format!("{folder} is not of this repository alone");
            return Err(Advised::new(message, help).into());
        }
        if path.exists() && !is_ours(&path)? {
            let help = "put the lines of `waitctx hook show` into it";
            return Err(Advised::new(format!("{path} is there already"), help).into());
        }
        let script = self.script(&repository)?;
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&path, script))
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {path}"))?;
        tell(&format!("installed {path}\n"))
    }

    /// Hooks run at the top of the work tree.
    fn script(&self, repository: &Repository) -> Result<String> {
        let scan = [
            "scan",
            "--staged",
            "--changed-units",
            "--output-format",
            "short",
        ];
        let mut words: Vec<&str> = scan.to_vec();
        words.extend(self.options.iter().map(String::as_str));
        if !repository.prefix().is_empty() {
            words.push(repository.prefix());
        }
        let command = shlex::try_join(words).context("an option has a NUL byte inside")?;
        Ok(format!(
            "\
#!/bin/sh
{MARK}
if ! command -v waitctx >/dev/null; then
\techo 'waitctx is not installed: this commit is not checked for context violations' >&2
\texit 0
fi
exec waitctx {command}
"
        ))
    }
}

fn is_ours(path: &Utf8Path) -> Result<bool> {
    let text = fs::read(path).with_context(|| format!("cannot read {path}"))?;
    Ok(memchr::memmem::find(&text, MARK.as_bytes()).is_some())
}

fn tell(text: &str) -> Result<()> {
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}
