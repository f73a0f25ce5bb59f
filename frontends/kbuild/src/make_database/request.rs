// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides what can be asked of [`make`](super::make).

use std::fmt;

use camino::Utf8PathBuf;

/// What to make a database of.
#[derive(Debug, Clone)]
pub struct Request {
    /// The kernel source, which must be clean (`make mrproper`).
    pub tree: Utf8PathBuf,
    /// Where the configuration, generated headers and the database go. Made if absent.
    pub output: Utf8PathBuf,
    /// Where the configuration comes from.
    pub config: Config,
    /// The architecture to configure for.
    pub arch: Arch,
    /// Options to set on top, as (`KASAN`, `y`); `n` unsets. The prefix `CONFIG_` may be there.
    pub set: Vec<(String, String)>,
    /// The compilers; `None` takes the newest complete LLVM, else gcc.
    pub toolchain: Option<Toolchain>,
    /// Jobs for make. The dry run is always serial, parallel jobs garble its output.
    pub jobs: usize,
}

/// Where a kernel configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Config {
    /// What the architecture's maintainers consider usual.
    Defconfig,
    /// Everything, as modules where possible.
    Allmodconfig,
    /// Another configuration target of the tree: `allyesconfig`, `tinyconfig`, `foo_defconfig`.
    Target(String),
    /// A `.config` to copy.
    File(Utf8PathBuf),
}

/// The architectures a database can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 64-bit Arm.
    Arm64,
}

impl Arch {
    /// What the kernel calls it in `ARCH=`.
    pub fn kernel_name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// Whether this machine is one.
    pub(super) fn is_host(self) -> bool {
        let name = match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        };
        std::env::consts::ARCH == name
    }

    /// The prefix of a gcc that compiles for it on another machine.
    pub(super) fn cross_prefix(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-linux-gnu-",
            Self::Arm64 => "aarch64-linux-gnu-",
        }
    }
}

/// The compilers Kbuild uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Toolchain {
    /// clang and the LLVM tools with this suffix, `-19` or nothing.
    Llvm {
        /// What follows `clang` in the program's name.
        suffix: String,
    },
    /// gcc and binutils.
    Gcc {
        /// What precedes `gcc` in the program's name, `aarch64-linux-gnu-` or nothing.
        prefix: String,
    },
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Llvm { suffix } => write!(f, "clang{suffix}"),
            Self::Gcc { prefix } => write!(f, "{prefix}gcc"),
        }
    }
}

/// Where [`make`](super::make) is. `Display` is a line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The compilers were chosen.
    Toolchain(Toolchain),
    /// From here on the Makefiles and scripts of this tree are executed.
    RunningMakefiles(Utf8PathBuf),
    /// Making `.config`.
    Configuring,
    /// `make prepare`.
    Preparing,
    /// The dry run.
    ListingCommands,
    /// Building objects whose sources or headers are made by the build.
    Generating {
        /// How many were asked for; make builds what they need as well.
        objects: usize,
    },
    /// Done.
    Wrote {
        /// The file.
        database: Utf8PathBuf,
        /// C units in it.
        units: usize,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toolchain(toolchain) => write!(f, "using {toolchain}"),
            Self::RunningMakefiles(tree) => {
                write!(f, "running the Makefiles and scripts of {tree}")
            }
            Self::Configuring => f.write_str("configuring"),
            Self::Preparing => f.write_str("preparing generated headers"),
            Self::ListingCommands => f.write_str("listing compile commands (make -n)"),
            Self::Generating { objects } => {
                write!(
                    f,
                    "building {objects} objects for sources and headers made by the build"
                )
            }
            Self::Wrote { database, units } => write!(f, "wrote {database} ({units} units)"),
        }
    }
}
