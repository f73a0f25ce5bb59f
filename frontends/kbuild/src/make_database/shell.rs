// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides where one command ends in a line of shell.
//!
//! Only what make prints is read, never run. The reader knows quotes and separators; expansion of
//! variables is left as it is, no compile command of a kernel has one.

/// The simple commands of `line`, quotes kept: `set -e; echo ';'; cc -c a.c` has three.
pub(super) fn commands(line: &str) -> Vec<&str> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\'' => at = closing_quote(bytes, at, b'\''),
            b'"' => at = closing_quote(bytes, at, b'"'),
            // `>&` and `&>` are redirections, `&` otherwise ends a command.
            b'&' if at > 0 && matches!(bytes[at - 1], b'>' | b'<') => {}
            b'&' if bytes.get(at + 1) == Some(&b'>') => {}
            b';' | b'|' | b'&' | b'(' | b')' | b'\n' | b'`' => {
                found.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found.push(&line[start..]);
    found
        .into_iter()
        .map(str::trim)
        .filter(|command| !command.is_empty())
        .collect()
}

/// The words of one simple command without what is not its own: keywords before it, assignments
/// are left to the caller, and redirections after it.
pub(super) fn words(command: &str) -> Option<Vec<String>> {
    let mut words = shlex::split(command)?;
    let keyword =
        |word: &String| matches!(word.as_str(), "then" | "else" | "do" | "{" | "!" | "if");
    let begin = words.iter().take_while(|word| keyword(word)).count();
    words.drain(..begin);
    if let Some(end) = words.iter().position(|word| is_redirection(word)) {
        words.truncate(end);
    }
    Some(words)
}

fn is_redirection(word: &str) -> bool {
    word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&')
        .starts_with(['<', '>'])
}

/// Where the quote that opens at `open` closes; the end of `bytes` if it does not.
fn closing_quote(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if quote == b'"' && bytes[at] == b'\\' {
            2
        } else {
            1
        };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_end_commands_outside_quotes() {
        assert_eq!(
            commands("set -e; echo 'a; b' && cc -DX=\"(\\\";\" -c a.c || x\ny | z & (w)"),
            [
                "set -e",
                "echo 'a; b'",
                "cc -DX=\"(\\\";\" -c a.c",
                "x",
                "y",
                "z",
                "w"
            ]
        );
        assert_eq!(commands(r"a \; b; c"), [r"a \; b", "c"]);
        assert_eq!(commands("a > f 2>&1; b &> g"), ["a > f 2>&1", "b &> g"]);
        assert_eq!(commands("a 'open"), ["a 'open"]);
        assert_eq!(commands("a \"open\\"), ["a \"open\\"]);
        assert_eq!(commands("é; \\é"), ["é", "\\é"]);
        assert!(commands("").is_empty());
    }

    #[test]
    fn words_are_of_the_command_alone() {
        let line = "then cc -D'A=\"b c\"' -c a.c 2>/dev/null";
        assert_eq!(words(line).unwrap(), ["cc", "-DA=\"b c\"", "-c", "a.c"]);
        assert_eq!(words("x 'y"), None);
        assert_eq!(words("if").unwrap(), Vec::<String>::new());
    }
}
