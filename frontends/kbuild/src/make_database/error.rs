// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides how a failure to make a database is told: what, where, and what to do.

use std::io;

use camino::Utf8PathBuf;

/// Why no database could be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The request cannot be carried out as it is.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// The tree has been built in place, which an out-of-tree build refuses.
    #[error(
        "{0} is not clean, so it cannot be built out of tree; clean it with \
         `make -C {0} mrproper` (this deletes its .config), or use its own \
         `make compile_commands.json`"
    )]
    NotClean(Utf8PathBuf),
    /// There is nothing to compile with.
    #[error(
        "no compiler found: neither a clang with ld.lld and llvm-ar of the same version nor \
         {gcc}; install one (Debian: `apt install clang lld llvm` or `apt install {package}`)"
    )]
    NoCompiler {
        /// The gcc that was looked for.
        gcc: String,
        /// The Debian package it is in.
        package: String,
    },
    /// make itself cannot be started.
    #[error("cannot run make: {0}; install it (Debian: `apt install make`)")]
    NoMake(io::Error),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: Utf8PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// make failed.
    #[error("`{command}` failed: {reason}; the whole output is in {log}")]
    Failed {
        /// The command, to paste.
        command: String,
        /// What to do if the cause is known, else the first errors of the log.
        reason: String,
        /// The log.
        log: Utf8PathBuf,
    },
    /// Options of the request are not in the resulting configuration.
    #[error("{}", not_taken(.options, .config))]
    NotTaken {
        /// The options.
        options: Vec<NotTaken>,
        /// The configuration.
        config: Utf8PathBuf,
    },
    /// The dry run says nothing that compiles C.
    #[error("`make -n` printed no compile command; its output is in {log}")]
    NoUnits {
        /// The log.
        log: Utf8PathBuf,
    },
}

/// What is wrong with a [`Request`](super::Request).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// No Kconfig and Makefile there.
    #[error("{0} is not a kernel source tree (it has no Kconfig or no Makefile)")]
    NotATree(Utf8PathBuf),
    /// The output directory is the tree.
    #[error("the output directory must be another one than the tree {0}")]
    OutputIsTree(Utf8PathBuf),
    /// Kbuild cannot handle such a path.
    #[error("{0}: Kbuild does not support directories with spaces or colons in their path")]
    UnusablePath(Utf8PathBuf),
    /// Not the name of a configuration target.
    #[error("`{0}` is not a configuration target (those end in `config`, as in `defconfig`)")]
    NotAConfigTarget(String),
    /// Not the name of an option.
    #[error("`{0}` is not the name of a configuration option (as in KASAN)")]
    NotAnOption(String),
    /// Not a value of an option.
    #[error("{0}: the value must not contain a line break or a quote")]
    NotAValue(String),
}

/// An option that the configuration did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// The option without `CONFIG_`.
    pub key: String,
    /// The value that was asked for.
    pub wanted: String,
    /// The value it has, `n` if it is not there.
    pub got: String,
}

fn not_taken(options: &[NotTaken], config: &Utf8PathBuf) -> String {
    let list: Vec<_> = options
        .iter()
        .map(|option| format!("{}={} (it is {})", option.key, option.wanted, option.got))
        .collect();
    format!(
        "{config} did not take {}; see that the tree has the option, and set what its Kconfig \
         entry `depends on` as well",
        list.join(", ")
    )
}
