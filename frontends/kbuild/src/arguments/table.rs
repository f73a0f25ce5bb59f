// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides, flag by flag, what is kept, translated or dropped. The tables are the documentation.

/// Flags with a path.
const PATHS: &[&str] = &[
    "-include",
    "-imacros",
    "-isystem",
    "-iquote",
    "-idirafter",
    "-isysroot",
    "--sysroot",
    "-I",
];

/// Flags whose value is a separate argument, where both go. Others with a separate value need no
/// entry: the flag is not kept and a value without a dash is not kept either. These can have
/// values that look like flags.
const DROPPED_WITH_VALUE: &[&str] = &[
    "-Xclang",
    "-Xpreprocessor",
    "-Xassembler",
    "-Xlinker",
    "-Xanalyzer",
    "-mllvm",
    "-o",
    "-MF",
    "-MJ",
    "-MT",
    "-MQ",
];

/// What selects language, target and predefined macros, besides the families `-O`, `-f` and `-m`.
const KEPT: &[&str] = &[
    "-ansi",
    "-nostdinc",
    "-nostdlibinc",
    "-nobuiltininc",
    "-undef",
    "-trigraphs",
    "-pthread",
    "-EB", // big-endian arm and mips
    "-EL",
];

/// Flags of the families `-f` and `-m` that are dropped, as beginnings of the flag's name.
///
/// `-fno-x` and `-mno-x` follow `-fx` and `-mx`.
const DROPPED: &[&str] = &[
    // Write files, load code, or read files that a tree without a build does not have.
    "-fapinotes",
    "-fauto-profile",
    "-fbuild-session",
    "-fcallgraph-info",
    "-fcoverage",
    "-fcrash-diagnostics",
    "-fcodegen-data",
    "-fcs-profile",
    "-fdump-",
    "-fembed-",
    "-fimplicit-module",
    "-flto",
    "-fmemory-profile",
    "-fmodule",
    "-foffload",
    "-fopenmp",
    "-foptimization-record",
    "-fpass-plugin",
    "-fplugin",
    "-fprebuilt-",
    "-fproc-stat-report",
    "-fprofile",
    "-frandomize-layout", // needs a generated seed file; a random layout means nothing to us
    "-fsanitize-blacklist",
    "-fsanitize-coverage-allowlist",
    "-fsanitize-coverage-ignorelist",
    "-fsanitize-ignorelist",
    "-fsanitize-system-ignorelist",
    "-fsave-optimization-record",
    "-fstack-usage",
    "-ftest-coverage",
    "-fthinlto",
    "-ftime-",
    "-fuse-ld",
    "-fxray",
    "-mllvm",
    // How messages look is our decision.
    "-fcolor-diagnostics",
    "-fdiagnostics",
    "-fmessage-length",
    "-fshow-",
    // Debug information and assembler output: the parser makes none.
    "-fdebug",
    "-feliminate-unused-debug",
    "-femit-struct-debug", // gcc only
    "-fintegrated-",
    "-fverbose-asm",
    "-frecord-",
    "-fsplit-dwarf",
    "-fsyntax-only",
    "-fvar-tracking", // gcc only, and ..-assignments
    // Only gcc has these; they steer its optimizer or its code and mean nothing to a parser.
    "-fallow-store-data-races",
    "-falign-",
    "-fbit-tests",
    "-fcaller-saves",
    "-fcode-hoisting",
    "-fconserve-stack",
    "-fcrossjumping",
    "-fcse-",
    "-fdevirtualize",
    "-fearly-inlining",
    "-ffunction-cse",
    "-fgcse",
    "-fguess-branch-probability",
    "-fif-conversion",
    "-finline-functions-called-once",
    "-fipa-",
    "-fisolate-erroneous-paths",
    "-flifetime-dse",
    "-flive-patching",
    "-fmerge-all-constants",
    "-fmin-function-alignment",
    "-fmove-loop-",
    "-fpartial-inlining",
    "-fpeephole",
    "-fprefetch-loop-arrays",
    "-fprintf-return-value",
    "-freorder-",
    "-fsched",
    "-fsection-anchors",
    "-fshrink-wrap",
    "-fsplit-wide-types",
    "-fstack-limit",
    "-fstore-merging",
    "-fthread-jumps",
    "-ftoplevel-reorder",
    "-ftree-",
    "-fzero-init-padding-bits",
    "-mabi=lp64", // arm64; the name is aapcs in clang, and there is no other
    "-maccumulate-outgoing-args",
    "-mapcs",
    "-mcet-switch",
    "-mdirect-extern-access",
    "-mfix-",
    "-mforce-indirect-call",
    "-mfp-ret-in-387",
    "-mindirect-branch", // and ..-register, ..-cs-prefix
    "-mmanual-endbr",
    "-mpc-relative-literal-loads",
    "-mpic-register",
    "-mpointers-to-nested-functions",
    "-msched-",
    "-mshort-load-bytes",
    "-msingle-pic-base",
    "-mskip-rax-setup",
    "-mthumb-interwork",
    "-mword-relocations",
    // Both have them, but not in every version or for every target, and they only shape code.
    "-fpatchable-function-entry",
    "-fstack-check",
    "-mfentry",
    "-mfunction-return",
    "-mharden-sls",
    "-mhotpatch",
    "-mnop-mcount",
    "-momit-leaf-frame-pointer",
    "-moutline",
    "-mprofile-kernel",
    "-mrecord-mcount",
    "-mstack-protector-guard",
    "-mtraceback",
    "-mtune",
    "-mwarn-",
    "-mzeroize",
];

/// gcc flags with a clang counterpart that matters.
const TRANSLATED: &[(&str, &str)] = &[
    ("-mpreferred-stack-boundary=2", "-mstack-alignment=4"),
    ("-mpreferred-stack-boundary=3", "-mstack-alignment=8"),
    ("-mpreferred-stack-boundary=4", "-mstack-alignment=16"),
    ("-mpreferred-stack-boundary=5", "-mstack-alignment=32"),
    ("-fsanitize=bounds-strict", "-fsanitize=array-bounds"),
];

/// `-Ix`, `-include`, `--sysroot=x`: the flag, and its value if it is in the same argument.
pub(super) fn path_flag(argument: &str) -> Option<(&'static str, Option<&str>)> {
    if argument == "-include-pch" || argument == "-I-" {
        return None;
    }
    let flag = PATHS
        .iter()
        .copied()
        .find(|flag| argument.starts_with(flag))?;
    let value = &argument[flag.len()..];
    let value = if flag == "--sysroot" && !value.is_empty() {
        value.strip_prefix('=')?
    } else {
        value
    };
    Some((flag, (!value.is_empty()).then_some(value)))
}

/// `-Dx` and `-Ux`: the flag, and its value if it is in the same argument.
pub(super) fn macro_flag(argument: &str) -> Option<(&'static str, Option<&str>)> {
    let flag = ["-D", "-U"]
        .into_iter()
        .find(|flag| argument.starts_with(flag))?;
    let value = &argument[flag.len()..];
    Some((flag, (!value.is_empty()).then_some(value)))
}

pub(super) fn drops_its_value(argument: &str) -> bool {
    DROPPED_WITH_VALUE.contains(&argument)
}

pub(super) fn translated(argument: &str) -> Option<&'static str> {
    TRANSLATED
        .iter()
        .find(|(gcc, _)| *gcc == argument)
        .map(|(_, clang)| *clang)
}

pub(super) fn is_kept(argument: &str) -> bool {
    if KEPT.contains(&argument) || argument.starts_with("-std=") || argument == "-xc" {
        return true;
    }
    let level = argument.strip_prefix("-O");
    if level.is_some_and(|level| level.len() <= 4 && level.chars().all(char::is_alphanumeric)) {
        return true;
    }
    let family = argument.len() > 2 && (argument.starts_with("-f") || argument.starts_with("-m"));
    family && !is_dropped(argument)
}

fn is_dropped(argument: &str) -> bool {
    let (family, name) = argument.split_at(2);
    let positive = name.strip_prefix("no-").unwrap_or(name);
    // -mpreferred-stack-boundary with a value that has no translation.
    if family == "-m" && positive.starts_with("preferred-stack-boundary") {
        return true;
    }
    DROPPED.iter().any(|dropped| {
        dropped
            .strip_prefix(family)
            .is_some_and(|beginning| positive.starts_with(beginning))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_forms_follow_the_positive() {
        assert!(!is_kept("-fno-ipa-sra") && !is_kept("-mno-fp-ret-in-387"));
        assert!(is_kept("-fno-builtin") && is_kept("-mno-sse"));
    }

    #[test]
    fn flags_with_a_meaning_for_the_parser_stay() {
        for kept in [
            "-O2",
            "-Os",
            "-Ofast",
            "-std=gnu11",
            "-fshort-wchar",
            "-funsigned-char",
            "-m64",
            "-mcmodel=kernel",
            "-fno-PIE",
            "-ffreestanding",
            "-fms-extensions",
            "-nostdinc",
            "-fstack-protector-strong",
            "-fsanitize=kernel-address",
            "-fstrict-flex-arrays=3",
            "-ftrivial-auto-var-init=zero",
            "-march=armv8-a",
            "-fcf-protection=branch",
        ] {
            assert!(is_kept(kept), "{kept}");
        }
    }

    #[test]
    fn every_entry_of_the_table_can_match() {
        for dropped in DROPPED {
            assert!(
                dropped.starts_with("-f") || dropped.starts_with("-m"),
                "{dropped}"
            );
            assert!(!dropped[2..].starts_with("no-"), "{dropped}");
            assert!(!is_kept(dropped), "{dropped}");
        }
    }

    #[test]
    fn path_flags() {
        assert_eq!(path_flag("-Ix"), Some(("-I", Some("x"))));
        assert_eq!(path_flag("-include"), Some(("-include", None)));
        assert_eq!(path_flag("--sysroot=/s"), Some(("--sysroot", Some("/s"))));
        assert_eq!(path_flag("--sysroots"), None);
        assert_eq!(path_flag("-include-pch"), None);
        assert_eq!(path_flag("-I-"), None);
    }
}
