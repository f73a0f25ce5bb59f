// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides how make is run in a tree: with which variables, environment and log.

use std::fs::{self, File};
use std::process::{Command, ExitStatus, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::diagnosis;
use super::error::{InvalidRequest, MakeError};
use super::request::{Request, Toolchain};
use super::toolchain;

/// Variables of our caller that would change what Kbuild does. All that we want is on the command
/// line; a database must not depend on the shell it was made from.
const FOREIGN_VARIABLES: [&str; 25] = [
    "AFLAGS_KERNEL",
    "ARCH",
    "CC",
    "CFLAGS_KERNEL",
    "CFLAGS_MODULE",
    "CROSS_COMPILE",
    "GNUMAKEFLAGS",
    "KAFLAGS",
    "KBUILD_ABS_SRCTREE",
    "KBUILD_DEFCONFIG",
    "KBUILD_EXTMOD",
    "KBUILD_KCONFIG",
    "KBUILD_OUTPUT",
    "KBUILD_VERBOSE",
    "KCFLAGS",
    "KCONFIG_ALLCONFIG",
    "KCONFIG_CONFIG",
    "KCPPFLAGS",
    "LLVM",
    "LLVM_IAS",
    "MAKEFILES",
    "MAKEFLAGS",
    "MFLAGS",
    "O",
    "SRCARCH",
];

/// As many targets as one make is asked for at once, far below any limit on arguments.
const TARGETS_PER_RUN: usize = 500;

/// A tree and an output directory, ready to run make.
pub(super) struct Kbuild {
    tree: Utf8PathBuf,
    output: Utf8PathBuf,
    toolchain: Toolchain,
    variables: Vec<String>,
    jobs: usize,
}

impl Kbuild {
    /// Checks what can be checked before anything runs.
    pub(super) fn new(request: &Request) -> Result<Self, MakeError> {
        let tree = canonical(&request.tree)?;
        if !tree.join("Kconfig").is_file() || !tree.join("Makefile").is_file() {
            return Err(InvalidRequest::NotATree(tree).into());
        }
        // The three things the tree's own check looks for.
        let generated = match request.arch.kernel_name() {
            "x86_64" => "arch/x86/include/generated",
            _ => "arch/arm64/include/generated",
        };
        if [".config", "include/config", generated]
            .iter()
            .any(|name| tree.join(name).exists())
        {
            return Err(MakeError::NotClean(tree));
        }
        fs::create_dir_all(&request.output).map_err(|source| MakeError::Io {
            path: request.output.clone(),
            source,
        })?;
        let output = canonical(&request.output)?;
        if output == tree {
            return Err(InvalidRequest::OutputIsTree(tree).into());
        }
        for path in [&tree, &output] {
            if path.as_str().contains([' ', ':']) {
                return Err(InvalidRequest::UnusablePath(path.clone()).into());
            }
        }
        let toolchain = match &request.toolchain {
            Some(toolchain) => toolchain.clone(),
            None => toolchain::choose(request.arch)?,
        };
        let makefile = fs::read(tree.join("Makefile")).map_err(|source| MakeError::Io {
            path: tree.join("Makefile"),
            source,
        })?;
        let understands_suffix = String::from_utf8_lossy(&makefile).contains("LLVM_SUFFIX");
        let mut variables = vec![
            format!("O={output}"),
            format!("ARCH={}", request.arch.kernel_name()),
        ];
        variables.extend(toolchain::variables(&toolchain, understands_suffix));
        Ok(Self {
            tree,
            output,
            toolchain,
            variables,
            jobs: request.jobs.max(1),
        })
    }

    pub(super) fn tree(&self) -> &Utf8Path {
        &self.tree
    }

    pub(super) fn output(&self) -> &Utf8Path {
        &self.output
    }

    pub(super) fn toolchain(&self) -> &Toolchain {
        &self.toolchain
    }

    /// Runs make for `targets`; it must succeed.
    pub(super) fn run(&self, name: &str, targets: &[&str]) -> Result<(), MakeError> {
        let jobs = format!("-j{}", self.jobs);
        let mut arguments = vec![jobs.as_str()];
        arguments.extend(targets);
        let log = self.log(name);
        if self.make(&arguments, &log)?.success() {
            return Ok(());
        }
        Err(MakeError::Failed {
            command: self.shown(targets),
            reason: diagnosis::of_log(&log),
            log,
        })
    }

    /// Runs make for `targets` as far as it goes.
    pub(super) fn build_what_can_be_built(
        &self,
        name: &str,
        targets: &[&str],
    ) -> Result<Utf8PathBuf, MakeError> {
        let log = self.log(name);
        let jobs = format!("-j{}", self.jobs);
        for targets in targets.chunks(TARGETS_PER_RUN) {
            let mut arguments = vec![jobs.as_str(), "-k"];
            arguments.extend(targets);
            self.make(&arguments, &log)?;
        }
        Ok(log)
    }

    /// Prints the commands of a whole build into a log; `marker` is added to the compiler's flags.
    ///
    /// Serial, because parallel jobs write into each other's lines: with `-j2` a kernel loses
    /// units. `-k`, because in the end the link cannot find objects that were never built.
    pub(super) fn dry_run(&self, marker: &str) -> Result<Utf8PathBuf, MakeError> {
        let log = self.log("dry-run");
        let flags = format!("KCFLAGS={marker}");
        self.make(
            &["-n", "-k", "-j1", "V=1", &flags, "vmlinux", "modules"],
            &log,
        )?;
        Ok(log)
    }

    fn make(&self, arguments: &[&str], log: &Utf8Path) -> Result<ExitStatus, MakeError> {
        let failed = |source| MakeError::Io {
            path: log.to_owned(),
            source,
        };
        let out = File::create(log).map_err(failed)?;
        let both = out.try_clone().map_err(failed)?;
        let mut command = Command::new("make");
        for variable in FOREIGN_VARIABLES {
            command.env_remove(variable);
        }
        command
            .env("LC_ALL", "C") // messages and "Entering directory" lines are read
            .arg("-C")
            .arg(&self.tree)
            .args(&self.variables)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(both)
            .status()
            .map_err(MakeError::NoMake)
    }

    fn log(&self, name: &str) -> Utf8PathBuf {
        self.output.join(format!("waitctx-{name}.log"))
    }

    fn shown(&self, targets: &[&str]) -> String {
        format!(
            "make -C {} {} {}",
            self.tree,
            self.variables.join(" "),
            targets.join(" ")
        )
    }
}

fn canonical(path: &Utf8Path) -> Result<Utf8PathBuf, MakeError> {
    path.canonicalize_utf8().map_err(|source| MakeError::Io {
        path: path.to_owned(),
        source,
    })
}
