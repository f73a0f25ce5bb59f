// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other places of a cause.
//!
//! One cause is one finding, at the place that tells it best. Who looks at one change only has to
//! know the others as well: a call that is added to a known cause is a mistake of its own. So each
//! place at which a chain starts is kept, with a chain that one execution can take; of a guess, none.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::surest::{Member, Surest};
use super::witness::Reader;
use super::{replayed, told};
use crate::program::FnId;
use crate::report::main_step;
use crate::{Confidence, Finding, FurtherPlace, InForce, SourcePlace, Step, Verdict};

/// How many chains from one place are replayed before it is given up.
const MAX_PER_PLACE: usize = 3;

/// What is not known to happen with less doubt than this is no place.
const LOWEST: Confidence = Confidence::Medium;

/// A call at which chains start: the function, and where in it.
pub(super) type Site = (FnId, (u32, u32));

/// The places of a cause's violations, but for the one that the finding is shown at.
pub(super) fn places(reader: &Reader<'_>, all: &[Member<'_>], shown: Site) -> Vec<FurtherPlace> {
    let mut by_site: BTreeMap<Site, Vec<Member<'_>>> = BTreeMap::new();
    for member in all.iter().filter(|it| it.confidence >= LOWEST) {
        if member.start() != shown {
            let of_site = by_site.entry(member.start()).or_default();
            of_site.push(member.clone());
        }
    }
    let place = |(site, members): (Site, Vec<Member<'_>>)| {
        let sure = Surest::new(reader, members).take(MAX_PER_PLACE);
        let sure = sure.filter(|(.., at_most)| *at_most >= LOWEST);
        let mut can_be = sure.filter_map(|(located, decided, _)| {
            let (chain, doubts) = replayed(reader, &located, &decided)?;
            // What starts elsewhere after all is no news of this place.
            let starts_here = (chain[0].function, reader.site(&chain)) == site;
            let is_sure = doubts.confidence >= LOWEST;
            (starts_here && is_sure).then(|| told(reader, located.violation, &chain, doubts))
        });
        can_be.next()
    };
    let places = by_site.into_par_iter().filter_map(place);
    let mut places: Vec<FurtherPlace> = places.collect();
    places.sort_by(|a, b| {
        let place = |it: &FurtherPlace| main_step(&it.witness).place.clone();
        place(a).cmp(&place(b))
    });
    places
}

/// Where a call under a lock is, and for which kernels it is wrong: what is one finding, whatever
/// the call leads to.
pub(super) type Key = ((String, u32, u32), String, Verdict, InForce);

/// The key of `witness`, which is one of `finding`.
pub(super) fn key(finding: &Finding, witness: &[Step]) -> Key {
    let step = main_step(witness);
    let SourcePlace {
        file, line, column, ..
    } = &step.place;
    // Of two deadlocks with one lock, one is enough.
    let cause = if finding.other_half.is_empty() {
        finding.context.clone()
    } else {
        InForce {
            kind: finding.rule.clone(),
            label: String::new(),
            ..finding.context.clone()
        }
    };
    let start = (file.clone(), *line, *column);
    (start, step.function.clone(), finding.verdict, cause)
}

/// Leaves each place to one finding: to the one that is shown there, else to the first.
pub(super) fn settle(findings: &mut [Finding]) {
    let mut taken: BTreeSet<Key> = findings.iter().map(|it| key(it, &it.witness)).collect();
    for finding in findings {
        let mut further = std::mem::take(&mut finding.further);
        further.retain(|it| taken.insert(key(finding, &it.witness)));
        finding.further = further;
    }
}
