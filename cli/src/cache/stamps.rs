// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is in a file, without reading it again when nothing says that it changed.
//!
//! The truth is the content. What the system says of a file (size, times, inode) is only a reason
//! not to look: a file that was changed so shortly before it was read that its times could be the
//! same after the next change is always read.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use waitctx_clang::Overlay;

use super::store::Key;

/// File systems stamp no finer than this, at worst.
const COARSEST: Duration = Duration::from_secs(2);

/// What the system says of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &str) -> Option<Self> {
        let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Self {
            device: data.dev(),
            inode: data.ino(),
            size: data.size(),
            modified: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
        })
    }

    /// Whether a change at `now` or later shows in the times.
    fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let before = now.saturating_sub(COARSEST).as_secs();
        let latest = self.modified.0.max(self.changed.0);
        u64::try_from(latest).is_ok_and(|latest| latest < before)
    }
}

/// What was found out about files in earlier runs.
pub(super) type Known = Vec<(String, Remembered)>;

/// What a file held when it had a stamp.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    stamp: Stamp,
    content: Key,
}

/// The contents of files. Each is looked at once in the life of this.
#[derive(Default)]
pub(super) struct Contents {
    /// What is read instead of files on the disk.
    overlay: Overlay,
    known: FxHashMap<String, Remembered>,
    seen: FxHashMap<String, Option<Remembered>>,
    /// Whether files that were looked at are still as they were.
    stable: FxHashMap<String, bool>,
}

impl Contents {
    /// With what earlier runs found out. Of files in `overlay` nothing on the disk counts.
    pub(super) fn new(known: Known, overlay: Overlay) -> Self {
        Self {
            overlay,
            known: known.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The hash of what the file holds; `None` if there is no such file.
    pub(super) fn of(&mut self, path: &str) -> Option<Key> {
        if let Some(text) = self.overlay.get(path.into()) {
            return text.map(Key::of);
        }
        if let Some(seen) = self.seen.get(path) {
            return seen.map(|it| it.content);
        }
        let found = self.look(path);
        self.seen.insert(path.to_owned(), found);
        found.map(|it| it.content)
    }

    /// Whether a file is still what it was when it was looked at: it may have been changed while
    /// others read it, too.
    pub(super) fn is_stable(&mut self, path: &str) -> bool {
        if let Some(&known) = self.stable.get(path) {
            return known;
        }
        let before = self.seen.get(path).copied().flatten();
        let stable = before.is_none_or(|it| {
            // Times also change when nothing else does, as with a new hard link.
            let same = || fs::read(path).is_ok_and(|text| Key::of(&text) == it.content);
            Stamp::of(path) == Some(it.stamp) || same()
        });
        self.stable.insert(path.to_owned(), stable);
        stable
    }

    fn look(&mut self, path: &str) -> Option<Remembered> {
        let now = SystemTime::now();
        let stamp = Stamp::of(path)?;
        if let Some(known) = self.known.get(path).filter(|it| it.stamp == stamp) {
            return Some(*known);
        }
        let content = Key::of(&fs::read(path).ok()?);
        let found = Remembered { stamp, content };
        if stamp.is_settled(now) {
            self.known.insert(path.to_owned(), found);
        } else {
            self.known.remove(path);
        }
        Some(found)
    }

    /// What is to be remembered of `paths`.
    pub(super) fn known<'a>(&self, paths: impl Iterator<Item = &'a String>) -> Known {
        paths
            .filter_map(|path| Some((path.clone(), *self.known.get(path)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_whatever_the_times_say() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.c");
        let name = path.to_str().unwrap();
        assert_eq!(Contents::default().of(name), None);
        fs::write(&path, "one").unwrap();
        let mut first = Contents::default();
        let one = first.of(name);
        assert_eq!(one, Some(Key::of(b"one")));
        // Just written: its stamp is not trusted.
        let known = first.known([name.to_owned()].iter());
        assert!(known.is_empty());
        fs::write(&path, "two").unwrap();
        assert_eq!(
            Contents::new(known, Overlay::default()).of(name),
            Some(Key::of(b"two"))
        );
        assert_eq!(first.of(name), one, "looked at once");
        fs::write(&path, "longer").unwrap();
        assert!(!first.is_stable(name));
    }

    #[test]
    fn an_old_file_is_not_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.c");
        fs::write(&path, "one").unwrap();
        let name = path.to_str().unwrap();
        let stamp = Stamp::of(name).unwrap();
        assert!(!stamp.is_settled(SystemTime::now()));
        assert!(stamp.is_settled(SystemTime::now() + Duration::from_secs(60)));
        let content = Key::of(b"what it held then");
        let known = vec![(name.to_owned(), Remembered { stamp, content })];
        assert_eq!(
            Contents::new(known.clone(), Overlay::default()).of(name),
            Some(content)
        );
        fs::write(&path, "other").unwrap();
        assert_eq!(
            Contents::new(known, Overlay::default()).of(name),
            Some(Key::of(b"other"))
        );
    }
}
