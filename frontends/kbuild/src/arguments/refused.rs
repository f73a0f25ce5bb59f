// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which argument to give up when a clang does not accept it.
//!
//! The table of flags cannot know every gcc that built a kernel nor every clang that parses it;
//! a refused flag costs a retry instead of the unit.

/// What clang writes before a quoted flag, or before its value.
const PHRASES: [&str; 5] = [
    "unknown argument",
    "unsupported option",
    "unknown target CPU",
    "unknown target ABI",
    "optimization flag",
];

/// The flag that `diagnostic` refuses, if that is what it says.
///
/// For a refused value it is the flag with the value, as in `-fsanitize=x`; for a refused processor
/// or ABI the value alone.
pub fn refused_flag(diagnostic: &str) -> Option<String> {
    // Text before the quoted word, as clang 14 to 19 print it. The first also covers the forms
    // with a colon and with a "did you mean".
    let quoted_after = |phrase: &str| {
        let rest = &diagnostic[diagnostic.find(phrase)? + phrase.len()..];
        let (flag, rest) = rest
            .trim_start_matches(':')
            .trim_start()
            .strip_prefix('\'')?
            .split_once('\'')?;
        Some((flag.to_owned(), rest))
    };
    for phrase in ["unsupported argument", "invalid value", "invalid argument"] {
        if let Some((word, rest)) = quoted_after(phrase) {
            // "unsupported argument 'x' to option '-f='", "invalid value 'x' in '-f=x'".
            let flag = rest
                .split_once('\'')
                .and_then(|(_, rest)| rest.split_once('\''));
            return match flag {
                _ if word.starts_with('-') => Some(word),
                Some((flag, _)) if flag.ends_with(&word) => Some(flag.to_owned()),
                Some((flag, _)) => Some(format!("{flag}{word}")),
                None => Some(word),
            };
        }
    }
    PHRASES
        .iter()
        .find_map(|phrase| quoted_after(phrase))
        .map(|(flag, _)| flag)
}

/// `arguments` without what `diagnostic` refuses; `None` if it refuses none of them, so that
/// retrying while there is a result always ends.
pub fn without_refused(arguments: &[String], diagnostic: &str) -> Option<Vec<String>> {
    let refused = refused_flag(diagnostic)?;
    let value = format!("={refused}");
    let kept: Vec<String> = arguments
        .iter()
        .filter(|argument| **argument != refused && !is_flag_with(argument, &value))
        .cloned()
        .collect();
    (kept.len() < arguments.len()).then_some(kept)
}

/// Whether `argument` is something like `-mcpu=x`, and not a macro that happens to end so.
fn is_flag_with(argument: &str, value: &str) -> bool {
    argument.starts_with("-m") && argument.ends_with(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_clang_has() {
        for (text, flag) in [
            (
                "error: unknown argument: '-fconserve-stack'",
                "-fconserve-stack",
            ),
            (
                "error: unknown argument '-foo'; did you mean '-boo'?",
                "-foo",
            ),
            (
                "unsupported option '-mharden-sls=all' for target 'x'",
                "-mharden-sls=all",
            ),
            (
                "error: unsupported argument 'x' to option '-fsanitize='",
                "-fsanitize=x",
            ),
            ("error: invalid value 'y' in '-fz=y'", "-fz=y"),
            ("error: unknown target CPU 'i999'", "i999"),
            ("error: unknown target ABI 'lp64'", "lp64"),
            ("warning: optimization flag '-fq' is not supported", "-fq"),
            (
                "error: invalid argument '-mregparm=3' not allowed with 'x'",
                "-mregparm=3",
            ),
        ] {
            assert_eq!(refused_flag(text).as_deref(), Some(flag), "{text}");
        }
        assert_eq!(
            refused_flag("error: use of undeclared identifier 'x'"),
            None
        );
        assert_eq!(refused_flag("unknown argument"), None);
        assert_eq!(refused_flag("unknown argument: '-x"), None);
    }

    #[test]
    fn retrying_ends() {
        let arguments = ["-fq", "-march=i999", "-DX=i999"].map(str::to_owned);
        assert_eq!(
            without_refused(&arguments, "unknown argument: '-fq'").unwrap(),
            ["-march=i999", "-DX=i999"]
        );
        assert_eq!(
            without_refused(&arguments, "unknown target CPU 'i999'").unwrap(),
            ["-fq", "-DX=i999"]
        );
        assert_eq!(without_refused(&arguments, "unknown argument: '-fz'"), None);
        assert_eq!(without_refused(&arguments, "'x' file not found"), None);
    }
}
