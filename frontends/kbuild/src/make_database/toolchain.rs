// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which compilers Kbuild uses when the request does not.

use std::process::{Command, Stdio};

use super::error::MakeError;
use super::request::{Arch, Toolchain};

/// LLVM versions looked for by suffix, newest first. The kernel needs 11 at the least.
const LLVM_VERSIONS: std::ops::RangeInclusive<u32> = 11..=30;

/// The newest LLVM that is complete, an LLVM without version, or gcc, in this order.
///
/// clang first although gcc is more common: the parser is clang, and a tree configured for clang
/// has no flag and no `CONFIG_CC_*` the parser would not understand.
pub(super) fn choose(arch: Arch) -> Result<Toolchain, MakeError> {
    choose_among(arch, &|program| runs(program))
}

fn choose_among(arch: Arch, runs: &dyn Fn(&str) -> bool) -> Result<Toolchain, MakeError> {
    let complete = |suffix: &str| {
        ["clang", "ld.lld", "llvm-ar"]
            .iter()
            .all(|tool| runs(&format!("{tool}{suffix}")))
    };
    let versions = LLVM_VERSIONS.rev().map(|version| format!("-{version}"));
    if let Some(suffix) = versions
        .chain([String::new()])
        .find(|suffix| complete(suffix))
    {
        return Ok(Toolchain::Llvm { suffix });
    }
    let prefix = if arch.is_host() {
        ""
    } else {
        arch.cross_prefix()
    };
    let gcc = format!("{prefix}gcc");
    if runs(&gcc) {
        return Ok(Toolchain::Gcc {
            prefix: prefix.to_owned(),
        });
    }
    let package = match prefix.strip_suffix('-') {
        Some(triple) => format!("gcc-{}", triple.replace('_', "-")),
        None => "gcc".to_owned(),
    };
    Err(MakeError::NoCompiler { gcc, package })
}

fn runs(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The variables that make Kbuild use `toolchain`.
///
/// `LLVM=-19` is understood since 5.18; older trees take the names one by one.
pub(super) fn variables(toolchain: &Toolchain, understands_suffix: bool) -> Vec<String> {
    match toolchain {
        Toolchain::Llvm { suffix } if suffix.is_empty() => vec!["LLVM=1".to_owned()],
        Toolchain::Llvm { suffix } if understands_suffix => vec![format!("LLVM={suffix}")],
        Toolchain::Llvm { suffix } => [
            ("CC", "clang"),
            ("HOSTCC", "clang"),
            ("HOSTCXX", "clang++"),
            ("LD", "ld.lld"),
            ("HOSTLD", "ld.lld"),
            ("AR", "llvm-ar"),
            ("HOSTAR", "llvm-ar"),
            ("NM", "llvm-nm"),
            ("OBJCOPY", "llvm-objcopy"),
            ("OBJDUMP", "llvm-objdump"),
            ("READELF", "llvm-readelf"),
            ("STRIP", "llvm-strip"),
        ]
        .iter()
        .map(|(variable, tool)| format!("{variable}={tool}{suffix}"))
        .chain(["LLVM=1".to_owned(), "LLVM_IAS=1".to_owned()])
        .collect(),
        Toolchain::Gcc { prefix } => vec!["LLVM=".to_owned(), format!("CROSS_COMPILE={prefix}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(programs: &[&str], arch: Arch) -> String {
        match choose_among(arch, &|program| programs.contains(&program)) {
            Ok(toolchain) => format!("{toolchain} {}", variables(&toolchain, true).join(" ")),
            Err(error) => error.to_string(),
        }
    }

    fn other_arch() -> Arch {
        if Arch::X86_64.is_host() {
            Arch::Arm64
        } else {
            Arch::X86_64
        }
    }

    #[test]
    fn the_newest_complete_llvm_wins() {
        let programs = [
            "clang-20",
            "clang-19",
            "ld.lld-19",
            "llvm-ar-19",
            "clang-14",
            "ld.lld-14",
            "llvm-ar-14",
            "gcc",
            "clang",
            "ld.lld",
            "llvm-ar",
        ];
        assert_eq!(chosen(&programs, Arch::X86_64), "clang-19 LLVM=-19");
        assert_eq!(chosen(&programs[7..], Arch::Arm64), "clang LLVM=1");
    }

    #[test]
    fn gcc_needs_the_right_machine_or_prefix() {
        let host = if Arch::X86_64.is_host() {
            Arch::X86_64
        } else {
            Arch::Arm64
        };
        if host.is_host() {
            assert_eq!(chosen(&["gcc"], host), "gcc LLVM= CROSS_COMPILE=");
        }
        let message = chosen(&["gcc"], other_arch());
        assert!(
            message.contains(&format!("{}gcc", other_arch().cross_prefix())),
            "{message}"
        );
        assert!(message.contains("apt install gcc-"), "{message}");
    }

    #[test]
    fn trees_before_the_suffix_get_every_tool_by_name() {
        let variables = variables(
            &Toolchain::Llvm {
                suffix: "-14".into(),
            },
            false,
        );
        assert!(variables.contains(&"CC=clang-14".to_owned()));
        assert!(variables.contains(&"STRIP=llvm-strip-14".to_owned()));
        assert!(variables.contains(&"LLVM=1".to_owned()));
    }
}
