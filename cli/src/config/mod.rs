// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx.toml`: what a tree's people want of every scan of it, found upward from the tree.
//!
//! What is in the file is data: names of files to read and what to report. Nothing in it makes a scan
//! load or run something, as it may come with a tree that nobody has looked at. In particular the
//! libclang to load is not among the keys.

mod file;
mod levels;
mod show;

use anyhow::{Result, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use toml::Spanned;

pub(crate) use self::file::{ConfigFile, Sureness};
pub(crate) use self::levels::{LevelName, Levels};
pub(crate) use self::show::{SCHEMA, show};
use crate::catalogue::Catalogue;
use crate::part::absolute;

/// What the file is called.
pub(crate) const NAME: &str = "waitctx.toml";

/// Which configuration there is, as all commands take it that scan.
#[derive(Args, Clone, Default, Debug)]
#[group(id = "configuration")]
pub(crate) struct Arguments {
    /// The configuration [default: waitctx.toml in the tree or the nearest folder above it]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<Utf8PathBuf>,

    /// Look at no configuration
    #[arg(long)]
    no_config: bool,
}

/// What is configured: nothing, or what a file says.
#[derive(Default)]
pub(crate) struct Config {
    file: Option<ConfigFile>,
}

impl Arguments {
    /// The configuration for `tree`, an absolute path.
    pub(crate) fn load(&self, tree: &Utf8Path, rules: &Catalogue) -> Result<Config> {
        let path = match &self.config {
            _ if self.no_config => None,
            Some(path) if path.is_file() => Some(absolute(path)?),
            Some(path) => return Err(anyhow!("there is no file {path}")),
            None => find(tree),
        };
        let file = path
            .map(|path| ConfigFile::read(&path, rules))
            .transpose()?;
        Ok(Config { file })
    }
}

/// The nearest configuration, upward from `tree`.
fn find(tree: &Utf8Path) -> Option<Utf8PathBuf> {
    let folders = tree.ancestors();
    let mut candidates = folders.map(|folder| folder.join(NAME));
    candidates.find(|path| path.is_file())
}

impl Config {
    /// The database that `given` means, a name of one or a path, or the one that is configured.
    pub(crate) fn database(&self, given: Option<&Utf8Path>) -> Result<Option<Utf8PathBuf>> {
        let Some(file) = &self.file else {
            return Ok(given.map(Utf8Path::to_owned));
        };
        if let Some(given) = given {
            let named = file.content.databases.get(given.as_str());
            return match named.filter(|_| !given.exists()) {
                Some(path) => file.existing(path).map(Some),
                None => Ok(Some(given.to_owned())),
            };
        }
        let Some(chosen) = &file.content.database else {
            return Ok(None);
        };
        let named = file.content.databases.get(chosen.get_ref().as_str());
        file.existing(named.unwrap_or(chosen)).map(Some)
    }

    /// The configured model files, then `given`.
    pub(crate) fn models(&self, given: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>> {
        self.files(|file| &file.content.model, given)
    }

    /// The configured suppressions, then `given`.
    pub(crate) fn suppressions(&self, given: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>> {
        self.files(|file| &file.content.suppressions, given)
    }

    /// The baseline to read: `given` or the configured one.
    pub(crate) fn baseline(&self, given: Option<&Utf8Path>) -> Result<Option<Utf8PathBuf>> {
        let help = "`waitctx baseline create` makes it; paths are relative to this file";
        self.one(|file| file.content.baseline.as_ref(), given, help)
    }

    /// The stored units to read: `given` or the configured ones.
    pub(crate) fn facts(&self, given: Option<&Utf8Path>) -> Result<Option<Utf8PathBuf>> {
        let help = "`waitctx extract` makes it; paths are relative to this file";
        self.one(|file| file.content.facts.as_ref(), given, help)
    }

    /// Where the configured baseline is or is to be.
    pub(crate) fn baseline_path(&self) -> Option<Utf8PathBuf> {
        let file = self.file.as_ref()?;
        Some(file.path_of(file.content.baseline.as_ref()?))
    }

    /// The levels of the rules and the confidence, by place.
    pub(crate) fn levels(&self) -> Levels {
        (self.file.as_ref()).map_or_else(Levels::default, |file| file.levels.clone())
    }

    fn one(
        &self,
        key: impl Fn(&ConfigFile) -> Option<&Spanned<Utf8PathBuf>>,
        given: Option<&Utf8Path>,
        help: &str,
    ) -> Result<Option<Utf8PathBuf>> {
        if let Some(given) = given {
            return Ok(Some(given.to_owned()));
        }
        let configured = self.file.as_ref().and_then(|it| Some((it, key(it)?)));
        configured
            .map(|(file, path)| file.made(path, help))
            .transpose()
    }

    fn files(
        &self,
        key: impl Fn(&ConfigFile) -> &Vec<Spanned<Utf8PathBuf>>,
        given: &[Utf8PathBuf],
    ) -> Result<Vec<Utf8PathBuf>> {
        let mut files = Vec::new();
        if let Some(file) = &self.file {
            for path in key(file) {
                files.push(file.existing(path)?);
            }
        }
        files.extend_from_slice(given);
        Ok(files)
    }
}
