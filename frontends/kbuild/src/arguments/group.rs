// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which units can share one precompiled header.

/// Flags that choose nothing the front end of a compiler sees, as beginnings.
///
/// Kept out of this list on purpose, because clang refuses a precompiled header over them: the
/// target, `-mcmodel`, `-fstack-protector*`, `-ffreestanding`, `-O`, `-fpic`, target features.
const CODE_GENERATION: [&str; 12] = [
    "-fasynchronous-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-faddrsig",
    "-fno-addrsig",
    "-fdata-sections",
    "-fno-data-sections",
    "-ffunction-sections",
    "-fno-function-sections",
    "-fomit-frame-pointer",
    "-fno-omit-frame-pointer",
    "-foptimize-sibling-calls",
    "-fno-optimize-sibling-calls",
];

/// The flags of `arguments` that choose the language, sorted and joined: units with equal keys can
/// share a precompiled header.
///
/// Left out are warnings, header directories, what only shapes code, and the macros that name the
/// unit itself (`-DKBUILD_*`, `-D__KBUILD_*`).
pub fn language_group(arguments: &[String]) -> String {
    let mut flags = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "-isystem" | "-iquote" | "-idirafter" => {
                rest.next();
            }
            "-include" | "-imacros" | "--sysroot" | "-isysroot" => {
                flags.push(format!("{argument} {}", rest.next().unwrap_or_default()));
            }
            _ if says_nothing_about_the_language(argument) => {}
            _ => flags.push(argument.to_owned()),
        }
    }
    flags.sort_unstable();
    flags.dedup();
    flags.join(" ")
}

/// Whether an argument only defines what a unit is called (`-DKBUILD_*`, `-D__KBUILD_*`, set by
/// `scripts/Makefile.lib` for each object).
pub fn names_the_unit(argument: &str) -> bool {
    ["-DKBUILD_", "-D__KBUILD_"]
        .iter()
        .any(|it| argument.starts_with(it))
}

/// Definitions of what [`names_the_unit`], for headers that are compiled for many units.
pub const SHARED_NAMES: &str = "\
#define KBUILD_MODFILE \"shared\"
#define KBUILD_BASENAME \"shared\"
#define KBUILD_MODNAME \"shared\"
#define __KBUILD_MODNAME kmod_shared
";

fn says_nothing_about_the_language(argument: &str) -> bool {
    argument == "-w"
        || names_the_unit(argument)
        || ["-W", "-I", "-g"].iter().any(|p| argument.starts_with(p))
        || CODE_GENERATION.contains(&argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(line: &str) -> String {
        language_group(&shlex::split(line).unwrap())
    }

    #[test]
    fn units_of_one_kind_share_a_key() {
        let one = "-w -I/k/include -include /k/kconfig.h -O2 -DKBUILD_MODNAME='\"a\"' -m64";
        let two = "-w -m64 -I/k/lib -O2 -isystem /s -include /k/kconfig.h -D__KBUILD_MODNAME=kmod_b \
                   -fno-omit-frame-pointer";
        assert_eq!(group(one), group(two));
        assert_eq!(group(one), "-O2 -include /k/kconfig.h -m64");
    }

    #[test]
    fn language_macros_and_features_separate() {
        let keys = [
            "-O2",
            "-O2 -DDEBUG",
            "-O2 -ffreestanding",
            "-O2 -include x.h",
            "-Os",
        ];
        for (at, a) in keys.iter().enumerate() {
            for b in &keys[at + 1..] {
                assert_ne!(group(a), group(b));
            }
        }
    }
}
