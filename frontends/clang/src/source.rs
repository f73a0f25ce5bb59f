// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looking at the text of source files, where the syntax tree does not say what was written.
//!
//! Only questions that a few characters answer: which identifier stands at an offset, whether it
//! is applied to one identifier, which parts of a `for` header are empty, which operands of
//! an `asm` are outputs.

/// The identifier that starts at `offset`, if one does.
pub(crate) fn identifier_at(text: &[u8], offset: usize) -> Option<&str> {
    let rest = text.get(offset..)?;
    let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
    let word = rest.get(..length)?;
    if word.first().is_none_or(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(word).ok()
}

/// `y` when `x(y)` stands at `offset`, both identifiers.
pub(crate) fn sole_argument_at(text: &[u8], offset: usize) -> Option<&str> {
    let name = identifier_at(text, offset)?;
    let mut at = skip_blanks(text, offset + name.len());
    if text.get(at) != Some(&b'(') {
        return None;
    }
    at = skip_blanks(text, at + 1);
    let argument = identifier_at(text, at)?;
    at = skip_blanks(text, at + argument.len());
    (text.get(at) == Some(&b')')).then_some(argument)
}

/// Which of the three parts of the header of the `for` at `offset` have something in them.
pub(crate) fn for_parts(text: &[u8], offset: usize) -> Option<[bool; 3]> {
    if identifier_at(text, offset)? != "for" {
        return None;
    }
    let mut at = skip_blanks(text, offset + 3);
    if text.get(at) != Some(&b'(') {
        return None;
    }
    at += 1;
    let mut parts = [false; 3];
    let mut part = 0;
    let mut depth = 0_u32;
    loop {
        at = skip_blanks(text, at);
        match *text.get(at)? {
            b';' if depth == 0 => {
                part += 1;
                if part == 3 {
                    return None;
                }
                at += 1;
                continue;
            }
            b')' if depth == 0 => return (part == 2).then_some(parts),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b'"' | b'\'' => at = end_of_string(text, at)?,
            _ => {}
        }
        parts[part] = true;
        at += 1;
    }
}

/// The types of the associations of the `_Generic` at `offset`, as written but for blanks.
pub(crate) fn generic_types(text: &[u8], offset: usize) -> Option<Vec<String>> {
    if identifier_at(text, offset)? != "_Generic" {
        return None;
    }
    let mut at = skip_blanks(text, offset + "_Generic".len());
    if text.get(at) != Some(&b'(') {
        return None;
    }
    at += 1;
    let mut depth = 0_u32;
    let mut types = Vec::new();
    // The controlling expression comes first and has no type in front.
    let mut in_type = false;
    let mut word = String::new();
    loop {
        let start = at;
        at = skip_blanks(text, at);
        if in_type && at > start && !word.is_empty() && !word.ends_with(' ') {
            word.push(' ');
        }
        let byte = *text.get(at)?;
        match byte {
            b')' if depth == 0 => return Some(types),
            b',' if depth == 0 => {
                in_type = true;
                word.clear();
            }
            b':' if depth == 0 && in_type => {
                types.push(word.trim_end().to_owned());
                in_type = false;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'"' | b'\'' => at = end_of_string(text, at)?,
            _ if in_type => word.push(char::from(byte)),
            _ => {}
        }
        at += 1;
    }
}

/// What the text of an `asm` says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Asm {
    /// Whether it has the qualifier `goto`.
    pub(crate) is_goto: bool,
    /// How many outputs and how many inputs it has.
    pub(crate) operands: Option<(usize, usize)>,
}

/// The `asm` at `offset`, if one stands there.
pub(crate) fn asm_at(text: &[u8], offset: usize) -> Option<Asm> {
    let mut word = identifier_at(text, offset)?;
    if !matches!(word, "asm" | "__asm__" | "__asm") {
        return None;
    }
    let mut is_goto = false;
    let mut at = offset;
    loop {
        at = skip_blanks(text, at + word.len());
        match identifier_at(text, at) {
            Some(qualifier) => {
                is_goto |= qualifier == "goto";
                word = qualifier;
            }
            None => break,
        }
    }
    let operands = asm_operands(text, at);
    Some(Asm { is_goto, operands })
}

/// The numbers of operands in the first two sections after the template.
fn asm_operands(text: &[u8], open: usize) -> Option<(usize, usize)> {
    if text.get(open) != Some(&b'(') {
        return None;
    }
    let mut counts = [0_usize; 3];
    let mut section = 0;
    let mut depth = 0_u32;
    let mut is_empty = true;
    let mut at = open + 1;
    loop {
        at = skip_blanks(text, at);
        let byte = *text.get(at)?;
        if depth == 0 && matches!(byte, b',' | b':' | b')') {
            counts[section] += usize::from(!is_empty);
            is_empty = true;
            match byte {
                b')' => return Some((counts[1], counts[2])),
                b':' if section == 2 => return Some((counts[1], counts[2])),
                b':' => section += 1,
                _ => {}
            }
        } else {
            is_empty = false;
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
                b'"' | b'\'' => at = end_of_string(text, at)?,
                _ => {}
            }
        }
        at += 1;
    }
}

/// The offset of the quote that closes the string at `at`.
fn end_of_string(text: &[u8], at: usize) -> Option<usize> {
    let quote = *text.get(at)?;
    let mut at = at + 1;
    while *text.get(at)? != quote {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    Some(at)
}

/// The offset of the next character that is neither blank nor in a comment nor a continued line.
fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at) {
            Some(byte) if byte.is_ascii_whitespace() => at += 1,
            Some(b'\\') if matches!(text.get(at + 1), Some(b'\n' | b'\r')) => at += 2,
            Some(b'/') if text.get(at + 1) == Some(&b'*') => {
                at += 2;
                while at < text.len() && !text[at..].starts_with(b"*/") {
                    at += 1;
                }
                at += 2;
            }
            Some(b'/') if text.get(at + 1) == Some(&b'/') => {
                while text.get(at).is_some_and(|&byte| byte != b'\n') {
                    at += 1;
                }
            }
            _ => return at,
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        assert_eq!(identifier_at(b"a guard(x)", 2), Some("guard"));
        assert_eq!(identifier_at(b"1a", 0), None);
        assert_eq!(identifier_at(b"a", 9), None);
        assert_eq!(
            sole_argument_at(b"IS_ENABLED( CONFIG_X )", 0),
            Some("CONFIG_X")
        );
        assert_eq!(sole_argument_at(b"f(a, b)", 0), None);
        assert_eq!(sole_argument_at(b"f()", 0), None);
    }

    #[test]
    fn parts_of_for() {
        assert_eq!(for_parts(b"for (;;)", 0), Some([false, false, false]));
        assert_eq!(for_parts(b"for (a;;b)", 0), Some([true, false, true]));
        assert_eq!(
            for_parts(b"for (/* ; */; f(\";\", ';'); )", 0),
            Some([false, true, false])
        );
        assert_eq!(
            for_parts(b"for (x = ({ 1; }); \\\n ; )", 0),
            Some([true, false, false])
        );
        assert_eq!(for_parts(b"list_for_each(a)", 0), None);
    }

    #[test]
    fn types_of_associations() {
        assert_eq!(
            generic_types(
                b"_Generic((x, y), struct a *: f(1, 2), \\\n const  int : c ? 1 : 2, default: g)",
                0
            ),
            Some(vec![
                "struct a *".to_owned(),
                "const int".to_owned(),
                "default".to_owned()
            ])
        );
        assert_eq!(generic_types(b"f(x)", 0), None);
    }

    #[test]
    fn asm_statements() {
        let read = |text: &str| asm_at(text.as_bytes(), 0).map(|it| (it.is_goto, it.operands));
        assert_eq!(
            read("asm volatile goto(\"\" : : : : a, b)"),
            Some((true, Some((0, 0))))
        );
        assert_eq!(
            read("asm volatile (\"goto :\" : \"=r\" (a), [x] \"+m\" (b[1]) : \"r\" (f(1, 2)))"),
            Some((false, Some((2, 1))))
        );
        assert_eq!(
            read("asm(A(x, y) :: \"m\" (c ? 1 : 2) : \"memory\")"),
            Some((false, Some((0, 1))))
        );
        assert_eq!(read("__asm__(\"nop\")"), Some((false, Some((0, 0)))));
        assert_eq!(read("read_cr0()"), None);
    }
}
