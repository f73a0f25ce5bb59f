// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tree's MAINTAINERS file: decides which subsystem a file belongs to.
//!
//! The head of that file says what its lines mean. Of the sections whose `F:` lines match and whose
//! `X:` lines do not, the one with the longest matching pattern is taken: the most particular one.
//! `N:` lines, which are looked for anywhere in the path, count only where no `F:` line matches, as in
//! scripts/get_maintainer.pl. The section that takes whatever nobody else does is no subsystem, and a
//! file that only it matches belongs to its directory.

use std::cmp::Reverse;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use regex::{RegexBuilder, RegexSet, RegexSetBuilder};

/// The sections of a MAINTAINERS file.
#[derive(Default)]
pub(crate) struct Maintainers {
    sections: Vec<Section>,
    patterns: GlobSet,
    /// By pattern: whose it is, and how much of a path it names.
    owners: Vec<(usize, usize)>,
    names: RegexSet,
    /// By pattern of names: whose it is.
    name_owners: Vec<usize>,
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
        let mut names = Vec::new();
        let mut name_owners = Vec::new();
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
            match tag {
                'F' => {
                    for glob in globs(value) {
                        patterns.add(glob);
                        owners.push((owner, value.len()));
                    }
                }
                'X' => sections[owner].1.extend(globs(value)),
                'N' if is_regex(value) => {
                    names.push(value);
                    name_owners.push(owner);
                }
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
            names: RegexSetBuilder::new(names)
                .ignore_whitespace(true)
                .build()
                .unwrap_or_default(),
            name_owners,
        }
    }

    /// The subsystem of a file: a section, or the directory when there is none.
    pub(crate) fn subsystem(&self, file: &str) -> String {
        let is_excluded = |owner: usize| self.sections[owner].excluded.is_match(file);
        let matching = self.patterns.matches(file);
        let by_pattern = matching.into_iter().map(|index| self.owners[index]);
        let matching = self.names.matches(file);
        let by_name = matching.into_iter().map(|it| (self.name_owners[it], 0));
        let best = by_pattern
            .chain(by_name)
            .filter(|&(owner, _)| !is_excluded(owner))
            .max_by_key(|&(owner, length)| (length, Reverse(owner)));
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

/// What a pattern of files means: a directory is all below it, and whether a name is that of a
/// directory does not show when the slash is left out; `*` does not match a slash.
fn globs(pattern: &str) -> Vec<Glob> {
    let below = |pattern: &str| format!("{}/**", pattern.trim_end_matches('/'));
    let last = pattern.rsplit('/').next().unwrap_or("");
    let patterns = match last {
        "" => vec![below(pattern)],
        last if last.contains(['*', '?', '[']) => vec![pattern.to_owned()],
        _ => vec![pattern.to_owned(), below(pattern)],
    };
    let glob = |pattern: String| GlobBuilder::new(&pattern).literal_separator(true).build();
    patterns
        .into_iter()
        .filter_map(|it| glob(it).ok())
        .collect()
}

/// Whether a pattern of names can be used. Those of Perl that look around cannot.
fn is_regex(pattern: &str) -> bool {
    let mut builder = RegexBuilder::new(pattern);
    builder.ignore_whitespace(true).build().is_ok()
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

TEGRA ARCHITECTURE SUPPORT
N:\t[^a-z]tegra
X:\tdrivers/media/

TOOLS
F:\tlib/tools
F:\tlib/tools-*
N:\t(?<!x)tegra
N:\tsun [456] i

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
            // Names count anywhere in a path, and where no pattern of files does.
            ("drivers/clk/tegra-pll.c", "TEGRA ARCHITECTURE SUPPORT"),
            ("drivers/clk/integrator.c", "drivers/clk"),
            ("drivers/net/tegra.c", "NETWORKING DRIVERS"),
            ("drivers/media/tegra.c", "drivers/media"),
            ("drivers/clk/sun5i.c", "TOOLS"),
            ("lib/tools/a/b.c", "TOOLS"),
            ("lib/tools-a.c", "TOOLS"),
            ("lib/tools-a/b.c", "lib/tools-a"),
            ("lib/toolset.c", "lib"),
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
