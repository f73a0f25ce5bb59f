// SPDX-License-Identifier: MIT OR Apache-2.0
//! The source lines of one finding, made to fit: decides what is left out of a line that is wider
//! than the report, and how much room a label beside it has.
//!
//! Terminals break long lines, and a broken line no longer stands above its label. Here it loses its
//! end, and where the marked name would be lost with that, its indentation; `…` says so.

use std::collections::BTreeMap;
use std::ops::Range;

use codespan_reporting::files::{Error, Files};

use crate::sources::{FileId, Sources};

/// Columns from one tab stop to the next, as everywhere in the kernel.
pub(super) const TAB_WIDTH: usize = 8;

/// Something of a source that is to be marked.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) file: FileId,
    /// Counted from 0.
    pub(super) line: usize,
    /// In bytes, from the start of the line.
    pub(super) range: Range<usize>,
}

/// The lines with marks, and single lines between them.
pub(super) struct Excerpt {
    files: Vec<Part>,
}

/// The lines of one file.
struct Part {
    source: FileId,
    name: String,
    text: String,
    lines: Vec<Line>,
}

/// A line of a [`Part`].
struct Line {
    /// In the source, counted from 0.
    number: usize,
    /// In [`Part::text`], with its line break.
    range: Range<usize>,
    fitted: Fitted,
}

/// A mark in an [`Excerpt`].
pub(super) struct Placed {
    /// Which of its files, as codespan is told.
    pub(super) file: usize,
    /// In the excerpt's text.
    pub(super) range: Range<usize>,
    /// The columns that are left for a label beside it.
    pub(super) room: usize,
}

impl Excerpt {
    /// The lines of `marks`, none wider than `width` together with their numbers if it can be.
    pub(super) fn new(sources: &Sources, marks: &[Mark], width: usize) -> Self {
        let digits = marks
            .iter()
            .map(|it| (it.line + 1).to_string().len())
            .max()
            .unwrap_or(1);
        let width = width.saturating_sub(digits + " │ ".chars().count());
        let mut order: Vec<FileId> = Vec::new();
        let mut by_file: BTreeMap<FileId, BTreeMap<usize, Vec<&Mark>>> = BTreeMap::new();
        for mark in marks {
            if !order.contains(&mark.file) {
                order.push(mark.file);
            }
            let lines = by_file.entry(mark.file).or_default();
            lines.entry(mark.line).or_default().push(mark);
        }
        let files = order
            .into_iter()
            .map(|file| part(sources, file, &by_file[&file], width))
            .collect();
        Self { files }
    }

    /// Where a mark of [`Self::new`] is.
    pub(super) fn place(&self, mark: &Mark, width: usize) -> Option<Placed> {
        let file = self.files.iter().position(|it| it.source == mark.file)?;
        let part = &self.files[file];
        let line = part.line(mark.line)?;
        let moved = line.fitted.moved(&mark.range);
        let end = columns(&line.fitted.text[..moved.end]);
        let digits = self.widest_number().to_string().len();
        Some(Placed {
            file,
            range: line.range.start + moved.start..line.range.start + moved.end,
            room: width.saturating_sub(digits + " │ ".chars().count() + end + 1),
        })
    }

    fn widest_number(&self) -> usize {
        let last = self.files.iter().filter_map(|it| it.lines.last());
        last.map(|it| it.number + 1).max().unwrap_or(1)
    }
}

fn part(
    sources: &Sources,
    source: FileId,
    marked: &BTreeMap<usize, Vec<&Mark>>,
    width: usize,
) -> Part {
    let mut part = Part {
        source,
        name: sources.name(source).unwrap_or_default(),
        text: String::new(),
        lines: Vec::new(),
    };
    let mut last: Option<usize> = None;
    for (&number, marks) in marked {
        // Codespan shows a single line between two instead of leaving it out.
        if last.is_some_and(|last| last + 2 == number) {
            part.add(sources, number - 1, None, width);
        }
        let start = marks.iter().map(|it| it.range.start).min();
        let end = marks.iter().map(|it| it.range.end).max();
        part.add(sources, number, start.zip(end), width);
        last = Some(number);
    }
    part
}

impl Part {
    fn add(
        &mut self,
        sources: &Sources,
        number: usize,
        marked: Option<(usize, usize)>,
        width: usize,
    ) {
        let range = sources.line_range(self.source, number).ok();
        let source = sources.source(self.source).ok();
        let text = range.and_then(|range| Some(source?.as_ref().get(range)?.to_owned()));
        let text = text.unwrap_or_default();
        let fitted = fit(text.trim_end(), marked, width);
        let start = self.text.len();
        self.text.push_str(&fitted.text);
        self.text.push('\n');
        self.lines.push(Line {
            number,
            range: start..self.text.len(),
            fitted,
        });
    }

    fn line(&self, number: usize) -> Option<&Line> {
        self.lines.iter().find(|it| it.number == number)
    }
}

/// A line that fits.
struct Fitted {
    text: String,
    /// Bytes that were taken from its start.
    taken: usize,
    /// Bytes that were put there instead.
    given: usize,
}

impl Fitted {
    fn moved(&self, range: &Range<usize>) -> Range<usize> {
        let to = |at: usize| (at.max(self.taken) - self.taken + self.given).min(self.text.len());
        to(range.start)..to(range.end)
    }
}

const CUT: &str = "…";

/// Makes `text` at most `width` columns wide without losing what is `marked` (bytes).
fn fit(text: &str, marked: Option<(usize, usize)>, width: usize) -> Fitted {
    if columns(text) <= width {
        return Fitted {
            text: text.to_owned(),
            taken: 0,
            given: 0,
        };
    }
    let end = marked.map_or(0, |(_, end)| end.min(text.len()));
    let indentation = text.len() - text.trim_start().len();
    let lost = columns(&text[..end]) + CUT.chars().count() > width;
    let (taken, given) = if lost && indentation > 0 {
        (indentation, CUT)
    } else {
        (0, "")
    };
    let mut out = given.to_owned();
    out.push_str(&text[taken..end.max(taken)]);
    for c in text[end.max(taken)..].chars() {
        out.push(c);
        if columns(&out) + CUT.chars().count() > width {
            out.pop();
            break;
        }
    }
    if out.len() - given.len() < text.len() - taken {
        out.push_str(CUT);
    }
    Fitted {
        text: out,
        taken,
        given: given.len(),
    }
}

/// How wide a text at the start of a line is.
fn columns(text: &str) -> usize {
    text.chars().fold(0, |column, c| match c {
        '\t' => column + TAB_WIDTH - column % TAB_WIDTH,
        _ => column + 1,
    })
}

impl<'a> Files<'a> for Excerpt {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.files.get(id).ok_or(Error::FileMissing)?.name)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.files.get(id).ok_or(Error::FileMissing)?.text)
    }

    fn line_index(&'a self, id: usize, byte_index: usize) -> Result<usize, Error> {
        let lines = &self.files.get(id).ok_or(Error::FileMissing)?.lines;
        let at = lines.partition_point(|it| it.range.start <= byte_index);
        let line = lines.get(at.saturating_sub(1));
        Ok(line.map_or(0, |it| it.number))
    }

    /// Columns are those of the source.
    fn column_number(
        &'a self,
        id: usize,
        number: usize,
        byte_index: usize,
    ) -> Result<usize, Error> {
        let part = self.files.get(id).ok_or(Error::FileMissing)?;
        let Some(line) = part.line(number) else {
            return Ok(1);
        };
        let in_line = byte_index.saturating_sub(line.range.start);
        Ok(in_line.saturating_sub(line.fitted.given) + line.fitted.taken + 1)
    }

    fn line_range(&'a self, id: usize, number: usize) -> Result<Range<usize>, Error> {
        let part = self.files.get(id).ok_or(Error::FileMissing)?;
        let line = part.line(number).ok_or(Error::LineTooLarge {
            given: number,
            max: part.lines.last().map_or(0, |it| it.number),
        })?;
        Ok(line.range.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_stay() {
        let fitted = fit("\tf(a);", Some((1, 2)), 16);
        assert_eq!((fitted.text.as_str(), fitted.taken), ("\tf(a);", 0));
    }

    #[test]
    fn long_lines_lose_their_end() {
        let fitted = fit("\tf(abcdefghijkl);", Some((1, 2)), 16);
        assert_eq!(fitted.text, "\tf(abcde…");
        assert_eq!(columns(&fitted.text), 16);
        assert_eq!(fitted.moved(&(1..2)), 1..2);
    }

    #[test]
    fn deep_lines_lose_their_indentation() {
        let fitted = fit("\t\t\tname(x, y, z, and more);", Some((3, 7)), 20);
        assert_eq!(fitted.text, "…name(x, y, z, and …");
        assert_eq!(&fitted.text[fitted.moved(&(3..7))], "name");
    }

    #[test]
    fn what_is_marked_is_never_cut() {
        let fitted = fit("\ta_name_that_is_too_long(x)", Some((1, 24)), 12);
        assert_eq!(fitted.text, "…a_name_that_is_too_long…");
        assert_eq!(
            &fitted.text[fitted.moved(&(1..24))],
            "a_name_that_is_too_long"
        );
    }
}
