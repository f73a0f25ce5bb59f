// SPDX-License-Identifier: MIT OR Apache-2.0
//! What GitHub calls `primaryLocationLineHash`: the name of a line by which code scanning knows an
//! alert again after an edit.
//!
//! GitHub's own action adds it to uploads that lack it, the REST interface does not. So it is made
//! here by the same definition (`src/fingerprints.ts` in github/codeql-action): a polynomial hash,
//! base 37 modulo 2^64, of the hundred UTF-16 units that start at the line, without blanks and tabs,
//! all line ends as line feeds, the end of the file as 0xffff and zeros after it. Lines that hash
//! alike are numbered.

use rustc_hash::FxHashMap;

use crate::sources::Sources;

/// Units that make a hash.
const WINDOW: usize = 100;
const BASE: u64 = 37;
const END_OF_FILE: u16 = 0xffff;

/// The hashes of all lines of the files asked for so far.
#[derive(Default)]
pub(super) struct LineHashes {
    files: FxHashMap<String, Option<Vec<String>>>,
}

impl LineHashes {
    /// The hash of a line, counted from 1; `None` when there is no such line to be read.
    pub(super) fn get(&mut self, sources: &Sources, file: &str, line: u32) -> Option<String> {
        let lines = self
            .files
            .entry(file.to_owned())
            .or_insert_with(|| Some(line_hashes(&sources.raw(file)?)));
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        lines.as_ref()?.get(index).cloned()
    }
}

fn line_hashes(text: &str) -> Vec<String> {
    let (units, starts) = normalised(text);
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    let hash = |start: usize| {
        let window = &units[start..units.len().min(start + WINDOW)];
        let of_window = window.iter().fold(0_u64, |hash, &unit| {
            hash.wrapping_mul(BASE).wrapping_add(u64::from(unit))
        });
        (window.len()..WINDOW).fold(of_window, |hash, _| hash.wrapping_mul(BASE))
    };
    starts
        .into_iter()
        .map(|start| {
            let hash = hash(start);
            let count = seen.entry(hash).or_insert(0);
            *count += 1;
            format!("{hash:x}:{count}")
        })
        .collect()
}

/// The units that count, the end of the file last, and where among them each line starts.
fn normalised(text: &str) -> (Vec<u16>, Vec<usize>) {
    let mut units: Vec<u16> = Vec::with_capacity(text.len() + 1);
    let mut starts = vec![0];
    let mut after_return = false;
    for c in text.chars() {
        let is_second_half = after_return && c == '\n';
        after_return = c == '\r';
        match c {
            ' ' | '\t' => {}
            _ if is_second_half => {}
            '\r' | '\n' => {
                units.push(u16::from(b'\n'));
                starts.push(units.len());
            }
            _ => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
        }
    }
    units.push(END_OF_FILE);
    (units, starts)
}

#[cfg(test)]
mod tests {
    use super::line_hashes;

    // The expected values are those of a literal transcription of the definition, run on these texts.
    #[test]
    fn hashes_are_those_of_github() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            line_hashes("int a;\n\tint \u{e9}\u{1f427};\n\nreturn 0;\n"),
            [
                "b92c356138a21650:1",
                "21a40ba7524dca87:1",
                "7ed3404ec112755e:1",
                "5c68255be88a642c:1",
                "c129715d7a2bc9a3:1"
            ]
        );
        let repeated = line_hashes(&"spin_lock(&lock);\n".repeat(8));
        assert_eq!(repeated.len(), 9);
        assert_eq!(repeated[2], "b6983a1489540dd9:3");
        assert_eq!(repeated[3], "2c944f2659a4ffde:1");
    }

    #[test]
    fn blanks_and_line_ends_do_not_count() {
        let unix = line_hashes("int a;\n\tint b;\n\nreturn 0;\n");
        assert_eq!(
            unix,
            line_hashes("int\ta;\r\n int b;\r\n\r\nreturn  0;\r\n")
        );
        assert_eq!(unix, line_hashes("int a;\rint b;\r\rreturn 0;\r"));
        assert_ne!(unix, line_hashes("int a;\n\tint b;\n\nreturn 1;\n"));
    }

    #[test]
    fn equal_lines_are_numbered() {
        let line = format!("{}\n", "x".repeat(100));
        let hashes = line_hashes(&line.repeat(3));
        assert!(hashes[0].ends_with(":1") && hashes[1].ends_with(":2"));
        assert_eq!(hashes[0].split(':').next(), hashes[1].split(':').next());
    }

    /// Only what comes in the next hundred characters changes a hash.
    #[test]
    fn edits_elsewhere_do_not_count() {
        let text = "a\n".repeat(200);
        let before = line_hashes(&text);
        let after = line_hashes(&format!("{text}more\n"));
        assert_eq!(before[..100], after[..100]);
        assert_ne!(before[199], after[199]);
    }
}
