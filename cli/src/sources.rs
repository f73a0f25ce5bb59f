// SPDX-License-Identifier: MIT OR Apache-2.0
//! The source text behind places: decides which file a name in a report stands for.
//!
//! Files are read when a renderer first asks for one of their lines, and a file that cannot be read
//! is no failure: what needs its text is left out. Names are looked up below the scanned tree, then
//! below the object tree (generated headers). A name that would lead out of both, absolute or
//! through `..`, is never opened: names come from the scanned tree or from a facts file, and neither
//! is trusted to say what is shown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::rc::Rc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use codespan_reporting::files::{self, Error, Files};
use rustc_hash::FxHashMap;
use waitctx_solver::SourcePlace;

/// Larger files are treated as missing. The largest source file of Linux 6.12 has 25 MB.
const LARGEST: u64 = 64 << 20;

/// The files of a tree as they are on the disk, but for those in the overlay.
#[derive(Clone, Default, Debug)]
pub(crate) struct TreeFiles {
    roots: Vec<Utf8PathBuf>,
    overlay: Overlay,
}

/// Files that are read as if this was in them, by their names in places; `None` is for one that is
/// not there.
pub(crate) type Overlay = BTreeMap<String, Option<Vec<u8>>>;

impl TreeFiles {
    /// The files below `roots`; an earlier root takes precedence, and `overlay` over all.
    pub(crate) fn new(roots: impl IntoIterator<Item = Utf8PathBuf>, overlay: Overlay) -> Self {
        Self {
            roots: roots.into_iter().collect(),
            overlay,
        }
    }

    /// What is in the file that is called `name` in places, when it can be read.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = Utf8Path::new(name);
        let inside = path
            .components()
            .all(|part| matches!(part, Utf8Component::Normal(_) | Utf8Component::CurDir));
        if !inside {
            return None;
        }
        if let Some(contents) = self.overlay.get(name) {
            return contents.clone();
        }
        let (path, length) = self.on_disk(path)?;
        (length <= LARGEST).then(|| fs::read(&path).ok())?
    }

    /// Where the file that is called `name` in places is on the disk, if it is.
    pub(crate) fn path(&self, name: &str) -> Option<Utf8PathBuf> {
        self.on_disk(Utf8Path::new(name)).map(|(path, _)| path)
    }

    fn on_disk(&self, name: &Utf8Path) -> Option<(Utf8PathBuf, u64)> {
        self.roots.iter().find_map(|root| {
            let path = root.join(name);
            let data = fs::metadata(&path).ok()?;
            data.is_file().then_some((path, data.len()))
        })
    }
}

/// The files of a report, read when needed.
#[derive(Default)]
pub(crate) struct Sources {
    files: TreeFiles,
    table: RefCell<Table>,
}

#[derive(Default)]
struct Table {
    ids: FxHashMap<String, Option<FileId>>,
    files: Vec<Rc<SourceFile>>,
}

/// A file of [`Sources`] that could be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct FileId(usize);

struct SourceFile {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Sources {
    /// Sources below `roots`; an earlier root takes precedence.
    #[cfg(test)]
    pub(crate) fn new(roots: impl IntoIterator<Item = Utf8PathBuf>) -> Self {
        Self::of(TreeFiles::new(roots, Overlay::new()))
    }

    /// The sources in `files`.
    pub(crate) fn of(files: TreeFiles) -> Self {
        Self {
            files,
            table: RefCell::default(),
        }
    }

    /// The files that the sources are in.
    pub(crate) fn files(&self) -> &TreeFiles {
        &self.files
    }

    /// The file called `name` in places, when it can be read.
    pub(crate) fn find(&self, name: &str) -> Option<FileId> {
        if let Some(&known) = self.table.borrow().ids.get(name) {
            return known;
        }
        let loaded = self.load(name);
        let table = &mut *self.table.borrow_mut();
        let id = loaded.map(|file| {
            table.files.push(Rc::new(file));
            FileId(table.files.len() - 1)
        });
        table.ids.insert(name.to_owned(), id);
        id
    }

    /// The line of `place` (counted from 0) and the bytes of it that are worth marking: of the first
    /// line only, and there the name that is called without its arguments. `None` when the file is
    /// missing or has changed too much.
    pub(crate) fn mark(&self, id: FileId, place: &SourcePlace) -> Option<(usize, Range<usize>)> {
        let file = self.file(id)?;
        let number = usize::try_from(place.line).ok()?.checked_sub(1)?;
        let line = file.line(number)?;
        let text = file.text.get(line.clone())?.trim_end();
        let start = usize::try_from(place.column).ok()?.checked_sub(1)?;
        let end = if place.end_line == place.line {
            usize::try_from(place.end_column).ok()?.checked_sub(1)?
        } else {
            text.len()
        };
        let start = floor_boundary(text, start);
        let end = floor_boundary(text, end.max(start));
        let marked = text.get(start..end)?;
        let called = marked.find('(').filter(|&at| at > 0);
        let marked = called.map_or(marked, |at| marked[..at].trim_end());
        let length = marked.len().max(1);
        Some((number, start..(start + length).min(line.len())))
    }

    /// The text of a line, counted from 1, when there is one.
    pub(crate) fn line(&self, name: &str, line: u32) -> Option<String> {
        let file = self.file(self.find(name)?)?;
        let range = file.line(usize::try_from(line).ok()?.checked_sub(1)?)?;
        file.text.get(range).map(str::to_owned)
    }

    /// The text of `place`, all of it; `None` when the file has no such place.
    pub(crate) fn text_of(&self, place: &SourcePlace) -> Option<String> {
        let file = self.file(self.find(&place.file)?)?;
        let offset = |line: u32, column: u32| {
            let line = file.line(usize::try_from(line).ok()?.checked_sub(1)?)?;
            let column = usize::try_from(column).ok()?.checked_sub(1)?;
            (column <= line.len()).then_some(line.start + column)
        };
        let start = offset(place.line, place.column)?;
        let end = offset(place.end_line, place.end_column)?;
        Some(file.text.get(start..end)?.to_owned()).filter(|text| !text.is_empty())
    }

    /// What `column` (counted from 1 in bytes) of a line is in UTF-16 code units. Without the text
    /// the bytes are taken for ASCII.
    pub(crate) fn utf16_column(&self, name: &str, line: u32, column: u32) -> u32 {
        let convert = || {
            let file = self.file(self.find(name)?)?;
            let line = file.line(usize::try_from(line).ok()?.checked_sub(1)?)?;
            let bytes = usize::try_from(column).ok()?.checked_sub(1)?;
            let text = file.text.get(line)?;
            let before = &text[..floor_boundary(text, bytes)];
            u32::try_from(before.encode_utf16().count() + 1).ok()
        };
        convert().unwrap_or(column)
    }

    /// The text of a file as its bytes say, for what is computed and not shown.
    pub(crate) fn raw(&self, name: &str) -> Option<String> {
        let bytes = self.files.read(name)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn load(&self, name: &str) -> Option<SourceFile> {
        let text = decode(self.files.read(name)?);
        Some(SourceFile {
            name: name.to_owned(),
            line_starts: files::line_starts(&text).collect(),
            text,
        })
    }

    fn file(&self, id: FileId) -> Option<Rc<SourceFile>> {
        self.table.borrow().files.get(id.0).cloned()
    }
}

impl SourceFile {
    fn line(&self, index: usize) -> Option<Range<usize>> {
        let start = *self.line_starts.get(index)?;
        let end = self.line_starts.get(index + 1).copied();
        Some(start..end.unwrap_or(self.text.len()))
    }
}

/// The text of a file, as codespan wants it.
pub(crate) struct Text(Rc<SourceFile>);

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0.text
    }
}

impl<'a> Files<'a> for Sources {
    type FileId = FileId;
    type Name = String;
    type Source = Text;

    fn name(&'a self, id: FileId) -> Result<String, Error> {
        Ok(self.file(id).ok_or(Error::FileMissing)?.name.clone())
    }

    fn source(&'a self, id: FileId) -> Result<Text, Error> {
        self.file(id).map(Text).ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: FileId, byte_index: usize) -> Result<usize, Error> {
        let file = self.file(id).ok_or(Error::FileMissing)?;
        Ok(file
            .line_starts
            .partition_point(|&start| start <= byte_index)
            .saturating_sub(1))
    }

    fn line_range(&'a self, id: FileId, line_index: usize) -> Result<Range<usize>, Error> {
        let file = self.file(id).ok_or(Error::FileMissing)?;
        file.line(line_index).ok_or(Error::LineTooLarge {
            given: line_index,
            max: file.line_starts.len().saturating_sub(1),
        })
    }
}

/// Text of `bytes` in which every byte keeps its offset: a byte that is not UTF-8 becomes `?`.
/// Control characters other than tab and newline do too, as they could drive a terminal.
fn decode(bytes: Vec<u8>) -> String {
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let bytes = error.into_bytes();
            let mut text = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|_| '?'));
            }
            text
        }
    };
    let hostile = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if text.contains(hostile) {
        text = text
            .chars()
            .flat_map(|c| {
                let (replacement, times) = if hostile(c) {
                    ('?', c.len_utf8())
                } else {
                    (c, 1)
                };
                std::iter::repeat_n(replacement, times)
            })
            .collect();
    }
    text
}

fn floor_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u32, column: u32, end_line: u32, end_column: u32) -> SourcePlace {
        SourcePlace {
            file: "a.c".to_owned(),
            line,
            column,
            end_line,
            end_column,
        }
    }

    fn marked(text: &[u8], place: &SourcePlace) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.c"), text).unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
        let sources = Sources::new([root]);
        let id = sources.find("a.c")?;
        let (number, range) = sources.mark(id, place)?;
        let line = sources.line_range(id, number).unwrap();
        Some(sources.source(id).unwrap().as_ref()[line][range].to_owned())
    }

    #[test]
    fn marks_the_called_name_only() {
        let text = b"int f(void)\n{\n\treturn g(1,\n\t\t2);\n}\n";
        assert_eq!(marked(text, &place(3, 9, 4, 5)).as_deref(), Some("g"));
        assert_eq!(marked(text, &place(3, 2, 3, 8)).as_deref(), Some("return"));
    }

    #[test]
    fn a_place_that_the_file_no_longer_has_is_no_failure() {
        assert_eq!(marked(b"x\n", &place(90, 1, 90, 5)), None);
        assert_eq!(marked(b"x\n", &place(0, 0, 0, 0)), None);
        assert_eq!(marked(b"x\n", &place(1, 70, 1, 75)).as_deref(), Some("\n"));
    }

    #[test]
    fn bytes_that_are_no_text_keep_their_offsets() {
        let text = "/* Andr\u{e9} */ lock();\n".replace('\u{e9}', "@");
        let latin1: Vec<u8> = text
            .bytes()
            .map(|b| if b == b'@' { 0xe9 } else { b })
            .collect();
        assert_eq!(
            marked(&latin1, &place(1, 13, 1, 19)).as_deref(),
            Some("lock")
        );
        assert_eq!(decode(b"a\x1b[31mb\xc2\x9bc".to_vec()), "a?[31mb??c");
    }

    #[test]
    fn columns_in_utf16_units() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.c"), "/* \u{e9}\u{1f427} */ f();\n").unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
        let sources = Sources::new([root]);
        // 2 bytes and 4 bytes of UTF-8 are 1 and 2 units of UTF-16.
        assert_eq!(sources.utf16_column("a.c", 1, 14), 11);
        assert_eq!(sources.utf16_column("missing.c", 1, 14), 14);
    }

    #[test]
    fn names_do_not_lead_out_of_the_tree() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("tree")).unwrap();
        fs::write(dir.path().join("secret"), "x\n").unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().join("tree")).unwrap();
        let sources = Sources::new([root.clone()]);
        assert_eq!(sources.find("../secret"), None);
        assert_eq!(sources.find(root.with_file_name("secret").as_str()), None);
    }
}
