// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tree's MAINTAINERS file: decides which subsystem a file belongs to.
//!
//! Of the sections whose `F:` lines match, the one with the longest matching pattern is taken: the
//! most particular one. The section that takes whatever nobody else does is no subsystem, and a file
//! that only it matches belongs to its directory.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// The sections of a MAINTAINERS file.
#[derive(Default)]
pub(crate) struct Maintainers {
    sections: Vec<Section>,
    patterns: GlobSet,
    /// By pattern: whose it is, and how much of a path it names.
    owners: Vec<(usize, usize)>,
}

struct Section {
    title: String,
    excluded: GlobSet,
}

/// The section of everything.
const REST: &str = "THE REST";

impl Maintainers {
    /// Reads the text of the file. What cannot be understood of it is left out.
    pub(crate) fn new(text: &str) -> Self {
        let mut sections: Vec<(String, Vec<Glob>)> = Vec::new();
        let mut patterns = GlobSetBuilder::new();
        let mut owners = Vec::new();
        let mut title = "";
        let mut starts = false;
        for line in text.lines() {
            let Some((tag, value)) = tag(line) else {
                if !line.trim().is_empty() && !line.starts_with(char::is_whitespace) {
                    title = line.trim();
                    starts = true;
                }
                continue;
            };
            if title == REST || title.is_empty() {
                continue;
            }
            if starts {
                sections.push((title.to_owned(), Vec::new()));
                starts = false;
            }
            let owner = sections.len() - 1;
            match (tag, glob(value)) {
                ('F', Some(glob)) => {
                    patterns.add(glob);
                    owners.push((owner, value.len()));
                }
                ('X', Some(glob)) => sections[owner].1.push(glob),
                _ => {}
            }
        }
        let sections = sections.into_iter().map(|(title, excluded)| Section {
            title,
            excluded: set(excluded),
        });
        Self {
            sections: sections.collect(),
            patterns: patterns.build().unwrap_or_default(),
            owners,
        }
    }

    /// The subsystem of a file: a section, or the directory when there is none.
    pub(crate) fn subsystem(&self, file: &str) -> String {
        let matching = self.patterns.matches(file);
        let candidates = matching.into_iter().map(|index| self.owners[index]);
        let best = candidates
            .filter(|&(owner, _)| !self.sections[owner].excluded.is_match(file))
            .max_by_key(|&(owner, length)| (length, std::cmp::Reverse(owner)));
        best.map_or_else(
            || directory(file),
            |(owner, _)| self.sections[owner].title.clone(),
        )
    }
}

/// The tag and the value of a line like `F: kernel/sched/`.
fn tag(line: &str) -> Option<(char, &str)> {
    let mut chars = line.chars();
    let tag = chars.next().filter(char::is_ascii_uppercase)?;
    let value = chars.as_str().strip_prefix(':')?;
    value
        .starts_with(char::is_whitespace)
        .then(|| (tag, value.trim()))
}

/// A directory means all below it; `*` does not match a slash.
fn glob(pattern: &str) -> Option<Glob> {
    let below = if pattern.ends_with('/') { "**" } else { "" };
    GlobBuilder::new(&format!("{pattern}{below}"))
        .literal_separator(true)
        .build()
        .ok()
}

fn set(globs: Vec<Glob>) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        builder.add(glob);
    }
    builder.build().unwrap_or_default()
}

/// The first two levels of a file's directory: `drivers/net` for `drivers/net/ethernet/x.c`.
pub(crate) fn directory(file: &str) -> String {
    let Some((directory, _)) = file.rsplit_once('/') else {
        return ".".to_owned();
    };
    let parts: Vec<&str> = directory.split('/').take(2).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
List of maintainers
===================

\tF: *Files* and directories wildcard patterns.

Maintainers List
----------------

NETWORKING DRIVERS
M:\tSomebody <a@example.org>
F:\tdrivers/net/
X:\tdrivers/net/wireless/

RING DRIVER
F:\tdrivers/net/ring*.[ch]

SCHEDULER
F:\tkernel/sched/
F:\tinclude/linux/sched.h

THE REST
F:\t*
F:\t*/
";

    #[test]
    fn the_most_particular_section_has_a_file() {
        let maintainers = Maintainers::new(TEXT);
        for (file, subsystem) in [
            ("drivers/net/ring.c", "RING DRIVER"),
            ("drivers/net/ring/core.c", "NETWORKING DRIVERS"),
            ("drivers/net/wireless/x/y.c", "drivers/net"),
            ("kernel/sched/core.c", "SCHEDULER"),
            ("include/linux/sched.h", "SCHEDULER"),
            ("mm/slub.c", "mm"),
            ("README", "."),
        ] {
            assert_eq!(maintainers.subsystem(file), subsystem, "{file}");
        }
    }

    #[test]
    fn without_a_file_directories_are_subsystems() {
        let nobody = Maintainers::default();
        assert_eq!(nobody.subsystem("drivers/net/x/y.c"), "drivers/net");
    }
}
