// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fingerprints: what a finding is called across versions of a tree.

use rustc_hash::FxHashMap;

use crate::{Finding, StepKind};

/// Gives each finding its fingerprint: a hash of the rule, what is in force, the functions on the
/// way and the demand. Lines take no part; of findings that are alike in all that, the second and
/// later ones are told apart by their number in the order of places.
pub(super) fn assign(findings: &mut [Finding]) {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|&index| findings[index].main_step().place.clone());
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    for index in order {
        let base = hash_of(&parts(&findings[index]), 0);
        let number = seen.entry(base).or_insert(0);
        let hash = if *number == 0 {
            base
        } else {
            hash_of(&parts(&findings[index]), *number)
        };
        *number += 1;
        findings[index].fingerprint = format!("{hash:016x}");
    }
}

fn parts(finding: &Finding) -> Vec<&str> {
    let mut parts = vec![finding.rule.as_str(), finding.context.kind.as_str()];
    parts.push(finding.context.lock.as_deref().unwrap_or(""));
    let holder = finding.main_step();
    parts.push(&holder.place.file);
    parts.push(&holder.function);
    let demand = finding
        .witness
        .iter()
        .rfind(|step| step.kind == StepKind::Demand);
    if let Some(demand) = demand {
        parts.push(&demand.function);
        parts.push(&demand.callee);
    }
    parts
}

/// FNV-1a, 64 bits (<https://datatracker.ietf.org/doc/draft-eastlake-fnv/>): stable by definition
/// on every machine and in every version.
fn hash_of(parts: &[&str], number: u32) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = OFFSET;
    let mut eat = |byte: u8| {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(PRIME);
    };
    for part in parts {
        part.bytes().for_each(&mut eat);
        eat(0xff); // never occurs in UTF-8: parts cannot run into each other
    }
    number.to_le_bytes().into_iter().for_each(&mut eat);
    hash
}
