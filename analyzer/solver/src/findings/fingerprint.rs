// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fingerprints: what a finding is called across versions of a tree.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::report::main_step;
use crate::{Finding, Step, StepKind};

/// Gives each finding its fingerprint: a hash of the rule, what is in force, the functions on the
/// way and the demand. Lines take no part; of findings that are alike in all that, the second and
/// later ones are told apart by their number in the order of places. Further places get theirs
/// after all findings, so that these keep theirs when places are added.
pub(super) fn assign(findings: &mut [Finding]) {
    let mut numbers = Numbers::default();
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|&index| findings[index].main_step().place.clone());
    for &index in &order {
        let finding = &mut findings[index];
        finding.fingerprint = numbers.next(&parts(finding, &finding.witness));
    }
    let mut further: Vec<(usize, usize)> = order
        .iter()
        .flat_map(|&index| (0..findings[index].further.len()).map(move |place| (index, place)))
        .collect();
    further.sort_by_key(|&(index, place)| {
        let witness = &findings[index].further[place].witness;
        main_step(witness).place.clone()
    });
    for (index, place) in further {
        let finding = &mut findings[index];
        let parts = parts(finding, &finding.further[place].witness);
        finding.further[place].fingerprint = numbers.next(&parts);
    }
}

/// Gives fingerprints to findings that lead through a certain call, beside those of a report: the call
/// takes part in them.
pub(super) fn assign_through(findings: &mut [Finding], beside: &[Finding]) {
    let further = beside.iter().flat_map(|it| &it.further);
    let further = further.map(|it| it.fingerprint.as_str());
    let taken: FxHashSet<&str> = beside
        .iter()
        .map(|it| it.fingerprint.as_str())
        .chain(further)
        .collect();
    let mut numbers = Numbers::default();
    for finding in findings {
        let mut parts = parts(finding, &finding.witness);
        if let Some(through) = &finding.through {
            parts.extend([through.function.as_str(), through.callee.as_str()]);
        }
        let mut fingerprint = numbers.next(&parts);
        while taken.contains(fingerprint.as_str()) {
            fingerprint = numbers.next(&parts);
        }
        finding.fingerprint = fingerprint;
    }
}

/// How many were alike so far.
#[derive(Default)]
struct Numbers(FxHashMap<u64, u32>);

impl Numbers {
    fn next(&mut self, parts: &[&str]) -> String {
        let base = hash_of(parts, 0);
        let number = self.0.entry(base).or_insert(0);
        let hash = if *number == 0 {
            base
        } else {
            hash_of(parts, *number)
        };
        *number += 1;
        format!("{hash:016x}")
    }
}

fn parts<'a>(finding: &'a Finding, witness: &'a [Step]) -> Vec<&'a str> {
    let mut parts = vec![finding.rule.as_str(), finding.context.kind.as_str()];
    parts.push(finding.context.lock.as_deref().unwrap_or(""));
    let holder = main_step(witness);
    parts.push(&holder.place.file);
    parts.push(&holder.function);
    let demand = witness.iter().rfind(|step| step.kind == StepKind::Demand);
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
