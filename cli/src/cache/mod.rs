// SPDX-License-Identifier: MIT OR Apache-2.0
//! What earlier scans found out, so that it need not be found out again.
//!
//! Everything is stored under a key of all that it depends on: the sources of the program itself
//! (`build.rs`), the version of libclang, arguments, and the content of every file that was read.
//! So a cache can be shared, copied, cut down or thrown away at any time; a scan with it prints
//! what a scan without it prints. Only patches of a series ([`crate::series`]) are kept to be found
//! again by where they came, which decides whether a later one can be checked and not what is said.

mod clean;
mod manifest;
mod stamps;
mod store;

use std::env;

use anyhow::{Context, Result, anyhow};
use camino::Utf8PathBuf;
use clap::Args;

pub(crate) use clean::{Bound, Usage, clean, usage};
pub(crate) use manifest::{Entry, Linked, Manifest, Planned};
pub(crate) use store::{Key, KeyBuilder, Store};

/// What facts of C sources depend on besides these.
pub(crate) const FACTS_ID: &str = env!("WAITCTX_FACTS_ID");
/// What findings depend on besides facts and model files.
pub(crate) const FINDINGS_ID: &str = env!("WAITCTX_FINDINGS_ID");

/// Where the cache is.
#[derive(Args, Clone, Default, Debug)]
#[group(id = "cache location")]
pub(crate) struct Location {
    /// Where what was read is kept for the next time [default: WAITCTX_CACHE_DIR, or waitctx in
    /// XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR", help_heading = "Cache")]
    cache_dir: Option<Utf8PathBuf>,
}

impl Location {
    /// The directory.
    pub(crate) fn directory(&self) -> Result<Utf8PathBuf> {
        if let Some(given) = &self.cache_dir {
            return Ok(given.clone());
        }
        let set = |name: &str| -> Result<Option<Utf8PathBuf>> {
            let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else {
                return Ok(None);
            };
            let value = value
                .into_string()
                .map_err(|_| anyhow!("{name} is not UTF-8"))?;
            Ok(Some(value.into()))
        };
        if let Some(own) = set("WAITCTX_CACHE_DIR")? {
            return Ok(own);
        }
        // Relative paths in it are to be ignored (XDG Base Directory Specification).
        let xdg = set("XDG_CACHE_HOME")?.filter(|it| it.is_absolute());
        let base = match xdg {
            Some(base) => base,
            None => set("HOME")?
                .map(|home| home.join(".cache"))
                .context("HOME is not set: name a directory for the cache with --cache-dir")?,
        };
        Ok(base.join("waitctx"))
    }
}
