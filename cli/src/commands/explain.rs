// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx explain`: the page of a rule on the terminal. Decides how Markdown looks there.
//!
//! Without colours the page still reads as Markdown: paragraphs are wrapped, nothing is taken away.
//! With colours these say what the marks of Markdown do, and the marks go.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use codespan_reporting::term::termcolor::{Buffer, Color as Ink, ColorSpec, WriteColor};

use super::{Color, Outcome, scan};
use crate::knowledge;
use crate::output::wrap;

/// Explain a rule: what it finds, why that is wrong, what to do
#[derive(Args, Debug)]
#[command(after_help = "`waitctx rules` lists the rules.")]
pub(super) struct Arguments {
    /// The rule's name, as findings show it in brackets
    rule: String,

    /// When the page has colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

const WIDTH: usize = 80;
const TAB_WIDTH: usize = 8;

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let catalogue = knowledge::catalogue();
    let rule = catalogue
        .find(&arguments.rule)
        .ok_or_else(|| scan::unknown_rule(&arguments.rule, &catalogue))?;
    let mut buffer = arguments.color.buffer();
    render(&rule.page, &mut buffer)?;
    let mut out = io::stdout().lock();
    out.write_all(buffer.as_slice())?;
    out.flush()?;
    Ok(Outcome::Clean)
}

fn render(page: &str, out: &mut Buffer) -> io::Result<()> {
    let mut block = Block::default();
    let mut in_code = false;
    for line in without_comments(page).trim().lines() {
        if line.trim_start().starts_with("```") {
            block.end(out)?;
            in_code = !in_code;
        } else if in_code {
            if !line.is_empty() {
                styled(out, &code(), &format!("    {}", expanded(line)))?;
            }
            writeln!(out)?;
        } else if line.starts_with('#') {
            block.end(out)?;
            let title = line.trim_start_matches('#');
            let depth = line.len() - title.len();
            if out.supports_color() {
                styled(out, &heading(depth), title.trim())?;
            } else {
                write!(out, "{line}")?;
            }
            writeln!(out)?;
        } else if line.trim().is_empty() {
            block.end(out)?;
            writeln!(out)?;
        } else if line.starts_with('|') {
            block.end(out)?;
            writeln!(out, "{line}")?;
        } else {
            if let Some(indent) = item_indent(line) {
                block.end(out)?;
                block.indent = indent;
            }
            block.add(line);
        }
    }
    block.end(out)
}

/// A paragraph or a list item that is being collected.
#[derive(Default)]
struct Block {
    text: String,
    /// How far its lines after the first are indented.
    indent: usize,
}

impl Block {
    fn add(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(line.trim());
    }

    fn end(&mut self, out: &mut Buffer) -> io::Result<()> {
        let is_coloured = out.supports_color();
        let text = if is_coloured {
            without_targets(&self.text)
        } else {
            std::mem::take(&mut self.text)
        };
        let text = wrap(&text, WIDTH, self.indent);
        // Every other piece between backticks is code, also when it is broken over lines.
        for (index, piece) in text.split('`').enumerate() {
            match (index % 2 == 1, is_coloured) {
                (true, true) => styled(out, &code(), piece)?,
                (true, false) => write!(out, "`{piece}`")?,
                (false, _) => write!(out, "{piece}")?,
            }
        }
        if !text.is_empty() {
            writeln!(out)?;
        }
        *self = Self::default();
        Ok(())
    }
}

/// Where the text of a list item starts; `None` for other lines.
fn item_indent(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let marker = if text.starts_with("- ") || text.starts_with("* ") {
        2
    } else if number.len() < text.len() && number.starts_with(". ") {
        text.len() - number.len() + 2
    } else {
        return None;
    };
    Some(marker)
}

fn without_comments(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut rest = page;
    while let Some((before, comment)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// The text of links; where they lead is of use where they can be followed.
fn without_targets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let Some((name, after)) = link.split_once("](") else {
            break;
        };
        let Some((_, after)) = after.split_once(')') else {
            break;
        };
        out.push_str(before);
        out.push_str(name);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The line with blanks for tabs: behind an indentation, a tab is not as wide as it should be.
fn expanded(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => {
                let width = TAB_WIDTH - out.chars().count() % TAB_WIDTH;
                out.extend(std::iter::repeat_n(' ', width));
            }
            _ => out.push(c),
        }
    }
    out
}

/// The page's title is underlined, the titles of its sections are not.
fn heading(depth: usize) -> ColorSpec {
    let mut style = ColorSpec::new();
    style.set_bold(true).set_underline(depth == 1);
    style
}

fn code() -> ColorSpec {
    let mut style = ColorSpec::new();
    style.set_fg(Some(Ink::Cyan));
    style
}

fn styled(out: &mut Buffer, style: &ColorSpec, text: &str) -> io::Result<()> {
    out.set_color(style)?;
    write!(out, "{text}")?;
    out.reset()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->
# a-rule

Some words that are wrapped because together they are longer than
eighty columns allow.

- an item that is long enough to be broken, which is to hang under its own text and not under the dash
- `code`

```c
{
	f();

```
";

    #[test]
    fn a_page_without_colours() {
        let mut out = Buffer::no_color();
        render(PAGE, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out.into_inner()).unwrap(),
            "\
# a-rule

Some words that are wrapped because together they are longer than eighty columns
allow.

- an item that is long enough to be broken, which is to hang under its own text
  and not under the dash
- `code`

    {
            f();

"
        );
    }

    #[test]
    fn a_page_with_colours() {
        let mut out = Buffer::ansi();
        render("# r\n\nuse `f` as in [that](x.md)\n", &mut out).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert!(
            text.contains("\u{1b}[36mf\u{1b}[0m as in that\n"),
            "{text:?}"
        );
        assert!(!text.contains('#'), "{text:?}");
    }
}
