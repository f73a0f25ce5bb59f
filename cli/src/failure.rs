// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a command could not do it, for people: decides what follows `error:` and what `help:`.

use std::fmt;
use std::io::{self, Write};

/// An error that says what to do about it.
#[derive(Debug)]
pub(crate) struct Advised {
    message: String,
    help: String,
}

impl Advised {
    /// What is wrong (lower case, no full stop) and what to do about it.
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Advised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Advised {}

/// An error that was rendered where its source was at hand.
#[derive(Debug)]
pub(crate) struct Rendered(pub(crate) String);

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl std::error::Error for Rendered {}

/// Whether `error` only says that the reader of the output has gone.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// Writes `error` for people.
pub(crate) fn print(error: &anyhow::Error, out: &mut impl Write) -> io::Result<()> {
    if let Some(rendered) = error.downcast_ref::<Rendered>() {
        return writeln!(out, "{rendered}");
    }
    writeln!(out, "error: {}", words(error))?;
    let advised = error.chain().find_map(|it| it.downcast_ref::<Advised>());
    if let Some(advised) = advised {
        writeln!(out, "help: {}", advised.help.trim_end())?;
    }
    Ok(())
}

/// What went wrong and why. Some errors end with what their cause says, which is said once.
pub(crate) fn words(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let words = cause.to_string();
        if text.is_empty() {
            text = words;
        } else if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn help_is_found_below_the_surface() {
        let error = anyhow::Error::new(Advised::new("no such rule", "run `waitctx rules`"))
            .context("cannot select");
        let mut out = Vec::new();
        print(&error, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "error: cannot select: no such rule\nhelp: run `waitctx rules`\n"
        );
    }

    #[test]
    fn a_cause_is_said_once() {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let said = anyhow::Error::new(missing()).context(format!("a.c: {}", missing()));
        assert_eq!(words(&said), format!("a.c: {}", missing()));
        let unsaid = anyhow::Error::new(missing()).context("cannot read a.c");
        assert_eq!(words(&unsaid), format!("cannot read a.c: {}", missing()));
    }

    #[test]
    fn broken_pipes_are_told_apart() {
        let broken = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(is_broken_pipe(&broken.context("writing").unwrap_err()));
        assert!(!is_broken_pipe(&anyhow::anyhow!("other")));
    }
}
