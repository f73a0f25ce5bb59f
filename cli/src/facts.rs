// SPDX-License-Identifier: MIT OR Apache-2.0
//! Units in a file: what `extract` writes and `scan --facts` reads.
//!
//! A facts file is read by the same release that wrote it, or not at all: the program model may
//! change with every version, and facts are made again in minutes. The header says who wrote it, so
//! that this is an error in words and never a wrong result:
//!
//! ```text
//! magic "waitctx facts\n", version length u8, version, number of units u32,
//! then per unit: length u32, checksum u64, postcard bytes   (integers little-endian)
//! ```
//!
//! The checksum finds damage, it does not prove origin.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};

use anyhow::{Context, Result, anyhow, bail};
use camino::Utf8Path;
use rayon::prelude::*;
use waitctx_model::Unit;

const MAGIC: &[u8] = b"waitctx facts\n";

/// The release, and how often the program model or this form changed within it.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+2");

/// Units are decoded in groups, so that their encoded form is never all in memory.
const GROUP: usize = 256;

/// Writes `units` to `path`.
pub(crate) fn write(path: &Utf8Path, units: &[Unit]) -> Result<u64> {
    let file = File::create(path).with_context(|| format!("cannot write {path}"))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let result = write_to(&mut out, units).and_then(|length| {
        out.flush()?;
        Ok(length)
    });
    result.with_context(|| format!("cannot write {path}"))
}

/// Reads the units that [`write()`] wrote.
pub(crate) fn read(path: &Utf8Path) -> Result<Vec<Unit>> {
    let file = File::open(path).with_context(|| format!("cannot read {path}"))?;
    let mut input = BufReader::with_capacity(1 << 20, file);
    read_from(&mut input).with_context(|| format!("{path} cannot be used"))
}

fn write_to(out: &mut impl Write, units: &[Unit]) -> Result<u64> {
    let version = VERSION.as_bytes();
    out.write_all(MAGIC)?;
    out.write_all(&[u8::try_from(version.len())?])?;
    out.write_all(version)?;
    out.write_all(&u32::try_from(units.len())?.to_le_bytes())?;
    let mut length = MAGIC.len() + 1 + version.len() + 4;
    for group in units.chunks(GROUP) {
        let encoded: Vec<Vec<u8>> = group
            .par_iter()
            .map(postcard::to_stdvec)
            .collect::<Result<_, _>>()
            .context("a unit cannot be encoded")?;
        for bytes in encoded {
            out.write_all(&u32::try_from(bytes.len())?.to_le_bytes())?;
            out.write_all(&checksum(&bytes).to_le_bytes())?;
            out.write_all(&bytes)?;
            length += 12 + bytes.len();
        }
    }
    Ok(length as u64)
}

fn read_from(input: &mut impl Read) -> Result<Vec<Unit>> {
    let mut magic = vec![0; MAGIC.len()];
    if input.read_exact(&mut magic).is_err() || magic != MAGIC {
        bail!("it is not a facts file of `waitctx extract`");
    }
    let [length] = bytes(input)?;
    let mut version = vec![0; usize::from(length)];
    input.read_exact(&mut version).map_err(cut)?;
    if version != VERSION.as_bytes() {
        bail!(
            "it was written by waitctx {}, and this is {VERSION}: run `waitctx extract` again",
            String::from_utf8_lossy(&version).escape_debug()
        );
    }
    let count = u32::from_le_bytes(bytes(input)?) as usize;
    let mut units = Vec::new();
    while units.len() < count {
        let group = GROUP.min(count - units.len());
        let mut records = Vec::with_capacity(group);
        for index in units.len()..units.len() + group {
            records.push((index, record(input, index)?));
        }
        let decoded = records
            .into_par_iter()
            .map(|(index, bytes)| {
                postcard::from_bytes(&bytes)
                    .map_err(|error| anyhow!("unit {index} is damaged: {error}"))
            })
            .collect::<Result<Vec<Unit>>>()?;
        units.extend(decoded);
    }
    if input.read(&mut [0])? != 0 {
        bail!("it goes on after its last unit");
    }
    Ok(units)
}

fn record(input: &mut impl Read, index: usize) -> Result<Vec<u8>> {
    let length = u32::from_le_bytes(bytes(input)?);
    let expected = u64::from_le_bytes(bytes(input)?);
    // The length is not trusted: memory grows with what is really there.
    let mut record = Vec::new();
    let got = input.take(u64::from(length)).read_to_end(&mut record)?;
    if got != length as usize {
        bail!("it ends in the middle of unit {index}");
    }
    if checksum(&record) != expected {
        bail!("unit {index} is damaged: its checksum does not match");
    }
    Ok(record)
}

fn bytes<const N: usize>(input: &mut impl Read) -> Result<[u8; N]> {
    let mut buffer = [0; N];
    input.read_exact(&mut buffer).map_err(cut)?;
    Ok(buffer)
}

fn cut(error: io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        anyhow!("it is cut off")
    } else {
        error.into()
    }
}

/// FNV-1a over words of eight bytes.
fn checksum(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        hash = (hash ^ word).wrapping_mul(PRIME);
        hash ^= hash >> 32;
    }
    for &byte in chunks.remainder() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let units: Vec<Unit> = ["a.c", "b.c"]
            .into_iter()
            .map(|name| {
                let mut unit = Unit::default();
                unit.file = Some(unit.names.intern(name));
                unit
            })
            .collect();
        let mut bytes = Vec::new();
        let length = write_to(&mut bytes, &units).unwrap();
        assert_eq!(length, bytes.len() as u64);
        bytes
    }

    fn error(bytes: &[u8]) -> String {
        read_from(&mut &bytes[..]).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let units = read_from(&mut &sample()[..]).unwrap();
        let names: Vec<&str> = units
            .iter()
            .map(|unit| unit.names.get(unit.file.unwrap()))
            .collect();
        assert_eq!(names, ["a.c", "b.c"]);
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_an_error() {
        let good = sample();
        for length in 0..good.len() {
            error(&good[..length]);
        }
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 0x10;
            error(&bad);
        }
        let mut longer = good;
        longer.push(0);
        assert_eq!(error(&longer), "it goes on after its last unit");
    }

    #[test]
    fn another_version_says_what_to_do() {
        let mut other = sample();
        other[MAGIC.len() + 1] = b'9';
        let text = error(&other);
        assert!(
            text.contains("written by waitctx 9.1.0+2") && text.contains("extract"),
            "{text}"
        );
        assert_eq!(
            error(b"[{\"file\": "),
            "it is not a facts file of `waitctx extract`"
        );
    }
}
