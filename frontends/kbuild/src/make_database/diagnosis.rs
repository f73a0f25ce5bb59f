// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides what to tell about a make that failed: the cause in its log, and what to install.

use camino::Utf8Path;

/// Text in a log, and what to do about it.
const KNOWN: [(&str, &str); 18] = [
    (
        "The source tree is not clean",
        "the source tree is not clean: run `make mrproper` in it",
    ),
    (
        "flex: not found",
        "flex is missing (Debian: `apt install flex`)",
    ),
    (
        "flex: No such file",
        "flex is missing (Debian: `apt install flex`)",
    ),
    (
        "m4: No such file",
        "m4 is missing (Debian: `apt install m4`)",
    ),
    (
        "bison: not found",
        "bison is missing (Debian: `apt install bison`)",
    ),
    (
        "bison: No such file",
        "bison is missing (Debian: `apt install bison`)",
    ),
    ("bc: not found", "bc is missing (Debian: `apt install bc`)"),
    (
        "bc: No such file",
        "bc is missing (Debian: `apt install bc`)",
    ),
    (
        "libelf.h",
        "the headers of libelf are missing (Debian: `apt install libelf-dev`)",
    ),
    (
        "gelf.h",
        "the headers of libelf are missing (Debian: `apt install libelf-dev`)",
    ),
    (
        "openssl/",
        "the headers of openssl are missing (Debian: `apt install libssl-dev`)",
    ),
    (
        "python3: not found",
        "python3 is missing (Debian: `apt install python3`)",
    ),
    (
        "python3: No such file",
        "python3 is missing (Debian: `apt install python3`)",
    ),
    (
        "perl: not found",
        "perl is missing (Debian: `apt install perl`)",
    ),
    (
        "perl: No such file",
        "perl is missing (Debian: `apt install perl`)",
    ),
    (
        "rsync: not found",
        "rsync is missing (Debian: `apt install rsync`)",
    ),
    (
        "cpio: not found",
        "cpio is missing (Debian: `apt install cpio`)",
    ),
    ("No space left on device", "the disk is full"),
];

/// How much of a long log is looked at, from its end.
const TAIL: usize = 1 << 20;

/// The lines shown when the cause is not known.
const SHOWN_LINES: usize = 3;

/// What to do if the cause is known, else the first lines that look like errors.
pub(super) fn of_log(log: &Utf8Path) -> String {
    match std::fs::read(log) {
        Ok(bytes) => of_text(&String::from_utf8_lossy(
            &bytes[bytes.len().saturating_sub(TAIL)..],
        )),
        Err(error) => format!("and its output cannot be read: {error}"),
    }
}

fn of_text(text: &str) -> String {
    let errors: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| is_error(line))
        .collect();
    // Only in error lines: a log also has these words in ordinary ones.
    let known = KNOWN
        .iter()
        .find(|(mark, _)| errors.iter().any(|line| line.contains(mark)));
    if let Some((_, advice)) = known {
        return (*advice).to_owned();
    }
    if let Some(tool) = errors.iter().find_map(|line| missing_program(line)) {
        return format!("the program `{tool}` is missing");
    }
    if errors.is_empty() {
        return "it says nothing that looks like an error".to_owned();
    }
    errors
        .into_iter()
        .take(SHOWN_LINES)
        .collect::<Vec<_>>()
        .join(" | ")
}

fn is_error(line: &str) -> bool {
    [
        "error",
        "Error",
        "***",
        "not found",
        "No such file",
        "No space",
    ]
    .iter()
    .any(|mark| line.contains(mark))
}

/// `/bin/sh: 1: llvm-nm-19: not found` names the program.
fn missing_program(line: &str) -> Option<&str> {
    let before = line.strip_suffix(": not found")?;
    let name = before.rsplit(": ").next()?;
    (!name.is_empty() && !name.contains([' ', '\'', '"'])).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_causes_name_the_package() {
        for (log, advice) in [
            (
                "/bin/sh: 1: flex: not found\nmake[2]: *** [x] Error 127",
                "apt install flex",
            ),
            (
                "a.h:1:10: fatal error: 'libelf.h' file not found",
                "apt install libelf-dev",
            ),
            (
                "x.c:2:10: fatal error: openssl/bio.h: No such file",
                "apt install libssl-dev",
            ),
            (
                "*** The source tree is not clean, please run",
                "make mrproper",
            ),
            ("make: bc: No such file or directory", "apt install bc"),
        ] {
            assert!(of_text(log).contains(advice), "{log}");
        }
    }

    #[test]
    fn unknown_causes_show_the_first_errors() {
        assert_eq!(
            of_text("  CC a.o\nsh: 1: llvm-nm-19: not found\n"),
            "the program `llvm-nm-19` is missing"
        );
        assert_eq!(
            of_text("CC a.o\n x: error: one\nflex is fine\ny: error: two\n*** 3\n*** 4\n"),
            "x: error: one | y: error: two | *** 3"
        );
        assert!(of_text("").contains("nothing"));
        assert!(of_log(Utf8Path::new("/nonexistent/log")).contains("cannot be read"));
    }
}
