// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides what the first words of a command say: a wrapper, a compiler, and for which target.

/// Programs that run the compiler named after them and change nothing about the compilation.
const WRAPPERS: [&str; 6] = ["ccache", "sccache", "distcc", "icecc", "env", "time"];

/// The architecture directories that name their target, as `scripts/Makefile.clang` maps them.
const ARCH_TARGETS: [(&str, &str); 9] = [
    ("x86", "x86_64-linux-gnu"),
    ("arm64", "aarch64-linux-gnu"),
    ("arm", "arm-linux-gnueabi"),
    ("hexagon", "hexagon-linux-musl"),
    ("loongarch", "loongarch64-linux-gnusf"),
    ("mips", "mipsel-linux-gnu"),
    ("powerpc", "powerpc64le-linux-gnu"),
    ("riscv", "riscv64-linux-gnu"),
    ("s390", "s390x-linux-gnu"),
];

/// Where the compiler stands in `words`: past `VAR=value` assignments and wrappers.
///
/// `ccache clang -c a.c` is what a database has when the kernel was built with `CC="ccache clang"`.
pub(crate) fn position(words: &[String]) -> usize {
    words
        .iter()
        .position(|word| !is_assignment(word) && !WRAPPERS.contains(&base_name(word)))
        .unwrap_or(words.len())
}

/// Whether `program` is a C compiler: `clang-19`, `/usr/bin/gcc`, `aarch64-linux-gnu-gcc-12`, `cc`.
pub(crate) fn is_compiler(program: &str) -> bool {
    let name = without_version(base_name(program));
    ["clang", "gcc", "cc"].iter().any(|kind| {
        name.strip_suffix(kind)
            .is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('-'))
    })
}

/// The target a cross compiler has in its name: `aarch64-linux-gnu-gcc` is for `aarch64-linux-gnu`.
pub(crate) fn target_in_name(program: &str) -> Option<&str> {
    let name = without_version(base_name(program));
    let prefix = ["-clang", "-gcc", "-cc"]
        .iter()
        .find_map(|kind| name.strip_suffix(kind))?;
    prefix.contains('-').then_some(prefix)
}

/// The target an `arch/<name>/include` directory stands for.
///
/// A native gcc says nowhere what it compiles for; without this, an x86 database would be parsed
/// as arm64 on an arm64 machine.
pub(crate) fn target_of_include_dir(dir: &str) -> Option<&'static str> {
    let arch = dir.strip_suffix("/include")?.rsplit_once("arch/")?.1;
    ARCH_TARGETS
        .iter()
        .find(|(name, _)| *name == arch)
        .map(|(_, target)| *target)
}

fn base_name(program: &str) -> &str {
    program.rsplit_once('/').map_or(program, |(_, name)| name)
}

/// `gcc-12` and `clang-19.1` without what follows the name.
fn without_version(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((head, tail))
            if tail.starts_with(|c: char| c.is_ascii_digit())
                && tail.chars().all(|c| c.is_ascii_digit() || c == '.') =>
        {
            head
        }
        _ => name,
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_by_name() {
        for yes in [
            "clang",
            "clang-19",
            "/usr/bin/gcc",
            "aarch64-linux-gnu-gcc-12.2",
            "cc",
        ] {
            assert!(is_compiler(yes), "{yes}");
        }
        for no in [
            "objtool",
            "fixdep",
            "ld.lld-19",
            "scc",
            "clang-tidy",
            "rustc",
            "",
        ] {
            assert!(!is_compiler(no), "{no}");
        }
    }

    #[test]
    fn targets_by_name() {
        assert_eq!(
            target_in_name("/x/aarch64-linux-gnu-gcc-12"),
            Some("aarch64-linux-gnu")
        );
        assert_eq!(target_in_name("gcc-12"), None);
        assert_eq!(target_in_name("clang"), None);
        assert_eq!(target_in_name("arm-gcc"), None);
    }

    #[test]
    fn targets_by_include_directory() {
        assert_eq!(
            target_of_include_dir("/k/arch/x86/include"),
            Some("x86_64-linux-gnu")
        );
        assert_eq!(
            target_of_include_dir("/k/arch/arm64/include"),
            Some("aarch64-linux-gnu")
        );
        assert_eq!(target_of_include_dir("/k/arch/x86/include/generated"), None);
        assert_eq!(target_of_include_dir("/k/include"), None);
    }

    #[test]
    fn wrappers_are_passed_over() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(position(&words("ccache clang -c a.c")), 1);
        assert_eq!(position(&words("env A=b /usr/bin/ccache gcc -c a.c")), 3);
        assert_eq!(position(&words("gcc -c a.c")), 0);
        assert_eq!(position(&words("A=b")), 1);
    }
}
