// SPDX-License-Identifier: MIT OR Apache-2.0
//! A directory of blobs, each under a key that says what went into it.
//!
//! An entry appears whole or not at all, so any number of processes can share the directory and be
//! killed at any time. A damaged entry is one that is not there. When nothing can be written (no
//! space, no permission), that is said once and the scan goes on without.

use std::fs;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// What went into an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The hash of `content`.
    pub(crate) fn of(content: &[u8]) -> Self {
        Self(*blake3::hash(content).as_bytes())
    }

    /// The key whose [`bytes`](Self::bytes) these are.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    pub(crate) fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Collects what goes into a key. Every part is told apart from the next.
#[derive(Clone, Default)]
pub(crate) struct KeyBuilder(blake3::Hasher);

impl KeyBuilder {
    /// Adds a part.
    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) -> &mut Self {
        let part = part.as_ref();
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// The key of all parts.
    pub(crate) fn finish(&self) -> Key {
        Key(*self.0.finalize().as_bytes())
    }
}

const MAGIC: &[u8; 8] = b"waitctx\x01";

/// The blobs.
pub(crate) struct Store {
    root: Utf8PathBuf,
    has_complained: AtomicBool,
}

impl Store {
    /// The directory `root`, which is made if it is not there.
    pub(crate) fn open(root: Utf8PathBuf) -> Result<Self> {
        fs::create_dir_all(&root).with_context(|| format!("cannot make {root}"))?;
        let tag = root.join("CACHEDIR.TAG");
        if !tag.exists() {
            // The form that backup programs know (bford.info/cachedir).
            let text = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by waitctx.\n";
            fs::write(&tag, text).with_context(|| format!("cannot write {tag}"))?;
        }
        Ok(Self {
            root,
            has_complained: AtomicBool::new(false),
        })
    }

    /// Where the entries are.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The file of an entry. Its folder is there when an entry is.
    pub(crate) fn path(&self, key: &Key) -> Utf8PathBuf {
        let name = key.hex();
        self.root.join(&name[..2]).join(&name[2..])
    }

    /// What was stored under `key`.
    pub(crate) fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.path(key)).ok()?;
        let head = MAGIC.len() + 32;
        if bytes.len() < head || &bytes[..MAGIC.len()] != MAGIC {
            return None;
        }
        if Key::of(&bytes[head..]).bytes() != &bytes[MAGIC.len()..head] {
            return None;
        }
        bytes.drain(..head);
        Some(bytes)
    }

    /// Stores `content` under `key`; whether that worked.
    pub(crate) fn put(&self, key: &Key, content: &[u8]) -> bool {
        self.write(&self.path(key), |file| {
            file.write_all(MAGIC)?;
            file.write_all(Key::of(content).bytes())?;
            file.write_all(content)
        })
    }

    /// Makes a file appear whole; whether that worked.
    pub(crate) fn write(
        &self,
        path: &Utf8Path,
        fill: impl FnOnce(&mut NamedTempFile) -> io::Result<()>,
    ) -> bool {
        let directory = path.parent().unwrap_or(&self.root);
        let result = fs::create_dir_all(directory)
            .and_then(|()| NamedTempFile::new_in(directory))
            .and_then(|mut file| {
                fill(&mut file)?;
                file.persist(path).map_err(|error| error.error)?;
                Ok(())
            });
        match result {
            Ok(()) => true,
            Err(error) => {
                self.complain(path, &error);
                false
            }
        }
    }

    /// Says that the cache cannot be written, once.
    fn complain(&self, path: &Utf8Path, error: &io::Error) {
        if !self.has_complained.swap(true, Ordering::Relaxed) {
            // It changes nothing when nobody can read it.
            let _ = writeln!(
                io::stderr(),
                "warning: cannot write {path}: {error}; the next scan will read again what this \
                 one did (--no-cache to do without, --cache-dir to have it elsewhere)"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(dir: &tempfile::TempDir) -> Store {
        let root = Utf8PathBuf::from_path_buf(dir.path().join("cache")).unwrap();
        Store::open(root).unwrap()
    }

    #[test]
    fn what_is_put_is_got() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir);
        let key = Key::of(b"inputs");
        assert_eq!(store.get(&key), None);
        assert!(store.put(&key, b"content"));
        assert_eq!(store.get(&key).as_deref(), Some(&b"content"[..]));
        assert!(store.put(&key, b""));
        assert_eq!(store.get(&key).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir);
        let key = Key::of(b"inputs");
        assert!(store.put(&key, b"content"));
        let path = store.path(&key);
        let good = fs::read(&path).unwrap();
        for length in 0..good.len() {
            fs::write(&path, &good[..length]).unwrap();
            assert_eq!(store.get(&key), None, "cut to {length}");
        }
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 4;
            fs::write(&path, bad).unwrap();
            assert_eq!(store.get(&key), None, "changed at {index}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir);
        let key = Key::of(b"inputs");
        let folder = store.path(&key).parent().unwrap().to_owned();
        fs::write(&folder, "a file where a folder should be").unwrap();
        assert!(!store.put(&key, b"content"));
        assert_eq!(store.get(&key), None);
    }

    #[test]
    fn parts_of_a_key_are_told_apart() {
        let key = |parts: &[&str]| {
            let mut builder = KeyBuilder::default();
            for part in parts {
                builder.add(part);
            }
            builder.finish()
        };
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["a"]), key(&["a", ""]));
        assert_eq!(key(&["a", "b"]), key(&["a", "b"]));
    }
}
