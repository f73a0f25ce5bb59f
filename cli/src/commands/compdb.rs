// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx compdb`: a compile database without a build. The only command that executes anything of
//! the tree, which it says first.

use std::io::{self, Write};

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use waitctx_kbuild::{Config, Made, Request, Step};

use super::Outcome;
use crate::reading;

/// Make a compile database without building the kernel
///
/// Configures the tree outside of it, generates the headers that units need, and turns what make
/// would run into a compile_commands.json. This executes the tree's Makefiles and scripts: use it
/// on trees that you would build. The tree itself is not written to.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  waitctx compdb ~/linux --output /tmp/objects
  waitctx compdb ~/linux --output /tmp/kasan --set KASAN=y --set KASAN_GENERIC=y
  waitctx compdb ~/linux --output /tmp/arm --arch arm64 --config allmodconfig

Then: waitctx scan ~/linux -p /tmp/objects")]
pub(super) struct Arguments {
    /// The kernel tree, clean (`make mrproper`)
    tree: Utf8PathBuf,

    /// A configuration target of the tree (defconfig, allmodconfig, tinyconfig) or a .config file
    #[arg(long, value_name = "TARGET|FILE", default_value = "defconfig")]
    config: String,

    /// The architecture
    #[arg(long, value_enum, default_value_t = Arch::host(), value_name = "ARCH")]
    arch: Arch,

    /// Where configuration, generated headers and the database go
    #[arg(short, long, value_name = "DIR", default_value = "waitctx-objects")]
    output: Utf8PathBuf,

    /// Set an option on top of the configuration, such as KASAN=y (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = option)]
    set: Vec<(String, String)>,

    /// Jobs for make
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
enum Arch {
    #[value(name = "x86_64", alias = "x86")]
    X86_64,
    #[value(name = "arm64", alias = "aarch64")]
    Arm64,
}

impl Arch {
    fn host() -> Self {
        if cfg!(target_arch = "aarch64") {
            Self::Arm64
        } else {
            Self::X86_64
        }
    }
}

fn option(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| "write it as KEY=VALUE, as in KASAN=y".to_owned())
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let request = Request {
        tree: arguments.tree.clone(),
        output: arguments.output.clone(),
        config: config(&arguments.config),
        arch: match arguments.arch {
            Arch::X86_64 => waitctx_kbuild::Arch::X86_64,
            Arch::Arm64 => waitctx_kbuild::Arch::Arm64,
        },
        set: arguments.set.clone(),
        toolchain: None,
        jobs: arguments.jobs.unwrap_or_else(reading::processors),
    };
    let made = waitctx_kbuild::make(&request, &mut |step: Step| {
        // That nobody can read this is no reason to stop.
        let _ = writeln!(io::stderr(), "{step}");
    })?;
    report(arguments, &made)?;
    Ok(Outcome::Clean)
}

fn report(arguments: &Arguments, made: &Made) -> Result<()> {
    let mut err = io::stderr().lock();
    if !made.lacking.is_empty() {
        writeln!(
            err,
            "{} units lack a source or header that only a build makes, and the build failed:",
            made.lacking.len()
        )?;
        for unit in &made.lacking {
            writeln!(err, "  {}", unit.file)?;
        }
        if let Some(log) = &made.generated.log {
            writeln!(err, "what make said is in {log}")?;
        }
    }
    let directory = made.database.parent().unwrap_or(&made.database);
    writeln!(
        io::stdout().lock(),
        "waitctx scan {} -p {}",
        quoted(&arguments.tree),
        quoted(directory)
    )?;
    Ok(())
}

/// As a word of a shell command.
fn quoted(path: &Utf8Path) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/._-+=,@~".contains(c);
    if path.as_str().chars().all(harmless) {
        path.to_string()
    } else {
        format!("'{}'", path.as_str().replace('\'', "'\\''"))
    }
}

/// A file if there is one or the text looks like a path, else a target.
fn config(text: &str) -> Config {
    let path = Utf8Path::new(text);
    match text {
        "defconfig" => Config::Defconfig,
        "allmodconfig" => Config::Allmodconfig,
        _ if text.contains('/') || path.is_file() || !text.ends_with("config") => {
            Config::File(path.to_owned())
        }
        _ => Config::Target(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations() {
        assert_eq!(config("defconfig"), Config::Defconfig);
        assert_eq!(
            config("tinyconfig"),
            Config::Target("tinyconfig".to_owned())
        );
        assert_eq!(config("./my.config"), Config::File("./my.config".into()));
        assert_eq!(config("my.conf"), Config::File("my.conf".into()));
    }

    #[test]
    fn options() {
        assert_eq!(option("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert!(option("KASAN").is_err());
    }
}
