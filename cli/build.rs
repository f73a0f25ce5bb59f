// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names what decides a result, so that nothing cached by another build is ever taken for it: a
//! hash of the sources that turn C into facts, and one of those that turn facts into findings.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// What facts depend on.
const FACTS: [&str; 3] = ["analyzer/model", "frontends", "cli/src/cache"];
/// What findings depend on besides.
const FINDINGS: [&str; 2] = ["analyzer/solver", "rules"];

fn main() -> Result<(), Box<dyn Error>> {
    let own = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let root = own.parent().unwrap_or(&own);
    let mut hasher = blake3::Hasher::new();
    // Dependencies change results, too: libclang's binding, the format of stored bytes.
    add(&mut hasher, root, &root.join("Cargo.lock"))?;
    for folder in FACTS {
        add(&mut hasher, root, &root.join(folder))?;
    }
    println!("cargo::rustc-env=WAITCTX_FACTS_ID={}", hasher.finalize());
    for folder in FINDINGS {
        add(&mut hasher, root, &root.join(folder))?;
    }
    println!("cargo::rustc-env=WAITCTX_FINDINGS_ID={}", hasher.finalize());
    Ok(())
}

/// Adds a file, or all files below a folder in the order of their names.
fn add(hasher: &mut blake3::Hasher, root: &Path, path: &Path) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        println!("cargo::rerun-if-changed={}", path.display());
        let mut entries: Vec<PathBuf> = fs::read_dir(path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_, std::io::Error>>()?;
        entries.sort();
        for entry in entries {
            add(hasher, root, &entry)?;
        }
    } else if path.is_file() {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read(path)?;
        let name = path.strip_prefix(root).unwrap_or(path);
        hasher.update(name.to_string_lossy().as_bytes());
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(&text);
    }
    Ok(())
}
