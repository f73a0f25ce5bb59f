// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the text of a file says to the preprocessor, found without running one: which files it
//! includes, which macros it defines and which it tests.
//!
//! Conditions are not evaluated: everything that some configuration includes counts. That is on
//! the safe side for both uses, choosing what to precompile and refusing to use it.

use rustc_hash::FxHashSet;

/// The directives of one file.
#[derive(Default, Debug, PartialEq, Eq)]
pub(super) struct Directives {
    /// What it includes, in order.
    pub(super) includes: Vec<Include>,
    /// Macros that it defines before its last `#include`, in order.
    pub(super) defined_first: Vec<Box<str>>,
    /// All macros that it defines, sorted.
    pub(super) defined: Vec<Box<str>>,
    /// Identifiers in its conditions, sorted; without those that are only tested in order to give
    /// them a definition (`#ifndef X`, `#define X`).
    pub(super) tested: Vec<Box<str>>,
    /// All its identifiers outside of comments and strings, sorted.
    pub(super) words: Vec<Box<str>>,
    /// Whether including it again does nothing.
    pub(super) is_guarded: bool,
}

/// An `#include` directive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Include {
    /// The name between the brackets or quotes.
    pub(super) name: Box<str>,
    /// Whether it stands in angle brackets.
    pub(super) is_angled: bool,
}

impl Directives {
    /// Reads a file's text.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut scan = Scan::default();
        let mut tokens = Tokens { text, at: 0 };
        while let Some(token) = tokens.next() {
            match token {
                Token::Directive => scan.directive(&mut tokens),
                Token::Word(word) => {
                    scan.has_code = true;
                    scan.words.insert(word);
                }
                Token::Other => scan.has_code = true,
                Token::Newline => {}
            }
        }
        scan.finish()
    }
}

/// The state of reading one file.
#[derive(Default)]
struct Scan<'a> {
    out: Directives,
    defined: Vec<&'a str>,
    tested: FxHashSet<&'a str>,
    words: FxHashSet<&'a str>,
    /// Macros defined before the last include so far.
    first: usize,
    /// Whether something other than directives was met.
    has_code: bool,
    /// Directives met so far.
    directives: usize,
    /// The macro of the condition that the file starts with.
    guard: Option<&'a str>,
    /// The macro of an `#ifndef` that was the last directive.
    absent: Option<&'a str>,
}

impl<'a> Scan<'a> {
    /// Reads the directive whose `#` was just taken.
    fn directive(&mut self, tokens: &mut Tokens<'a>) {
        let Some(Token::Word(name)) = tokens.next() else {
            return tokens.skip_line();
        };
        let is_first = self.directives == 0 && !self.has_code;
        self.directives += 1;
        let absent = self.absent.take();
        match name {
            "include" | "include_next" => {
                if let Some(include) = tokens.include_name() {
                    self.out.includes.push(include);
                    self.tested.extend(absent);
                    self.first = self.defined.len();
                }
                tokens.skip_line();
            }
            "define" => {
                if let Some(Token::Word(word)) = tokens.next() {
                    // The first thing that a guarded file does is to define its guard.
                    self.out.is_guarded |= self.directives == 2 && self.guard == Some(word);
                    self.defined.push(word);
                    self.tested.extend(absent.filter(|it| *it != word));
                }
                self.rest_of_line(tokens);
            }
            "if" | "ifdef" | "ifndef" | "elif" | "elifdef" | "elifndef" => {
                let words = self.rest_of_line(tokens);
                self.tested.extend(absent);
                if is_first && name != "ifdef" {
                    self.guard = words.iter().find(|it| **it != "defined").copied();
                }
                if name == "ifndef" {
                    self.absent = words.first().copied();
                } else {
                    self.tested.extend(words);
                }
            }
            "pragma" => {
                let words = self.rest_of_line(tokens);
                self.out.is_guarded |= words.first() == Some(&"once");
            }
            _ => {
                self.tested.extend(absent);
                self.rest_of_line(tokens);
            }
        }
    }

    /// The words up to the end of a directive.
    fn rest_of_line(&mut self, tokens: &mut Tokens<'a>) -> Vec<&'a str> {
        let mut words = Vec::new();
        while let Some(token) = tokens.next() {
            match token {
                Token::Newline => break,
                Token::Word(word) => words.push(word),
                Token::Directive | Token::Other => {}
            }
        }
        self.words.extend(&words);
        words
    }

    fn finish(mut self) -> Directives {
        self.tested.extend(self.absent.take());
        let boxed = |words: &[&str]| words.iter().map(|&it| it.into()).collect::<Vec<Box<str>>>();
        let sorted = |words: FxHashSet<&str>| {
            let mut words: Vec<&str> = words.into_iter().collect();
            words.sort_unstable();
            boxed(&words)
        };
        Directives {
            defined_first: boxed(&self.defined[..self.first]),
            defined: sorted(self.defined.iter().copied().collect()),
            tested: sorted(self.tested),
            words: sorted(self.words),
            ..self.out
        }
    }
}

/// A preprocessing token, as far as anybody here cares.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// `#` at the start of a line.
    Directive,
    /// An identifier or a number.
    Word(&'a str),
    /// The end of a line that is not continued.
    Newline,
    /// Punctuation and literals.
    Other,
}

/// The tokens of a text; comments are blanks.
struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = *self.text.get(self.at)?;
            let after = self.text.get(self.at + 1).copied();
            match byte {
                b'\n' => {
                    self.at += 1;
                    return Some(Token::Newline);
                }
                b'\\' if after == Some(b'\n') => self.at += 2,
                b'\\' if after == Some(b'\r') => self.at += 3,
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'/' if after == Some(b'*') => self.skip_comment(),
                b'/' if after == Some(b'/') => self.skip_to_newline(),
                b'"' | b'\'' => {
                    self.skip_literal(byte);
                    return Some(Token::Other);
                }
                b'#' => {
                    let starts_line = self.starts_line();
                    self.at += 1;
                    return Some(if starts_line {
                        Token::Directive
                    } else {
                        Token::Other
                    });
                }
                _ if is_word(byte) => return Some(self.word()),
                _ => {
                    self.at += 1;
                    return Some(Token::Other);
                }
            }
        }
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at;
        while self.text.get(self.at).copied().is_some_and(is_word) {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        match str::from_utf8(word) {
            Ok(word) if !word.starts_with(|c: char| c.is_ascii_digit()) => Token::Word(word),
            _ => Token::Other,
        }
    }

    /// The name in brackets or quotes that comes next on the line.
    fn include_name(&mut self) -> Option<Include> {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let is_angled = match self.text.get(self.at)? {
            b'<' => true,
            b'"' => false,
            _ => return None,
        };
        let close = if is_angled { b'>' } else { b'"' };
        let rest = &self.text[self.at + 1..];
        let length = rest
            .iter()
            .position(|&byte| byte == close || byte == b'\n')?;
        self.at += 1 + length;
        let name = str::from_utf8(&rest[..length]).ok()?.into();
        Some(Include { name, is_angled })
    }

    /// Whether only blanks stand before the current byte on its line.
    fn starts_line(&self) -> bool {
        let before = &self.text[..self.at];
        before
            .iter()
            .rev()
            .find(|byte| !matches!(byte, b' ' | b'\t'))
            .is_none_or(|&byte| byte == b'\n')
    }

    fn skip_line(&mut self) {
        while !matches!(self.next(), None | Some(Token::Newline)) {}
    }

    fn skip_to_newline(&mut self) {
        while self.text.get(self.at).is_some_and(|&byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) {
        self.at += 2;
        while self.at < self.text.len() && !self.text[self.at..].starts_with(b"*/") {
            self.at += 1;
        }
        self.at += 2;
    }

    /// A string or a character; an open one ends with its line.
    fn skip_literal(&mut self, quote: u8) {
        self.at += 1;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'\n' => return,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
            if byte == quote {
                return;
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[Box<str>]) -> Vec<&str> {
        list.iter().map(AsRef::as_ref).collect()
    }

    #[test]
    fn what_a_unit_tells_the_preprocessor() {
        let read = Directives::of(
            b"// #include <no.h>
/* #define NO */
#define pr_fmt(fmt) \"x: \" fmt
 # include <linux/a.h> // yes
#include \"b.h\"
#if defined(CONFIG_C) && \\
    LEVEL > 2
#define LATER 1 /* #define */
#endif
static const char *s = \"#define IN_STRING \\\" f\"; int f(int a) { return a # 1; }
#ifndef D
#endif
#ifndef DEFAULT
#define DEFAULT 1
#endif
",
        );
        let names: Vec<(&str, bool)> = read
            .includes
            .iter()
            .map(|it| (&*it.name, it.is_angled))
            .collect();
        assert_eq!(names, [("linux/a.h", true), ("b.h", false)]);
        assert_eq!(words(&read.defined_first), ["pr_fmt"]);
        assert_eq!(words(&read.defined), ["DEFAULT", "LATER", "pr_fmt"]);
        assert_eq!(words(&read.tested), ["CONFIG_C", "D", "LEVEL", "defined"]);
        assert!(words(&read.words).contains(&"static"));
        assert!(!words(&read.words).contains(&"IN_STRING"));
        assert!(!read.is_guarded);
    }

    #[test]
    fn forms_of_guards() {
        for guarded in [
            "/* c */\n#ifndef A_H\n#define A_H\nint a;\n#endif\n",
            "#if !defined(A_H) || defined(AGAIN)\n#define A_H\n#endif\n#include \"x.h\"\n",
            "#pragma once\nint a;\n",
        ] {
            assert!(Directives::of(guarded.as_bytes()).is_guarded, "{guarded}");
        }
        for open in [
            "int a;\n#ifndef A_H\n#define A_H\n#endif\n",
            "#ifdef A_H\n#define A_H\n#endif\n",
            "#ifndef A_H\n#define B_H\n#endif\n",
            "#include <a.h>\n",
            "",
        ] {
            assert!(!Directives::of(open.as_bytes()).is_guarded, "{open}");
        }
    }

    #[test]
    fn cut_texts_end() {
        let text = b"#include <a.h>\n#define A \"x\\\n#if /* B */ 'c'\n\\";
        for length in 0..=text.len() {
            Directives::of(&text[..length]);
        }
    }
}
