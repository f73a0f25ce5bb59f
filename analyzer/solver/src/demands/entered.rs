// SPDX-License-Identifier: MIT OR Apache-2.0
//! Demands of functions that are entered in a context of their own.

use super::Slot;
use super::case::{Case, Since, Violation, What};
use super::step::Stepper;
use crate::context::Item;
use crate::entries::Entered;
use crate::{Confidence, ContextId, DemandId, RuleId};

/// Lets everything that a function comes to demand meet what it is entered with. `ways` are all the
/// ways in which it is entered, and `first` is the index of the first of them; of two that forbid
/// the same, the earlier one is told.
pub(super) fn check(stepper: &Stepper<'_>, first: usize, ways: &[Entered], slot: &mut Slot) {
    let Slot {
        cases,
        violations,
        exprs,
        ..
    } = slot;
    for case in cases.iter() {
        let What::Demand(demand) = case.what else {
            continue;
        };
        let found = (first..)
            .zip(ways)
            .find_map(|(index, way)| Some((index, way, forbidden(stepper, way, case, demand)?)));
        let Some((index, way, (rule, context))) = found else {
            continue;
        };
        let mut guard = case.guard.clone();
        guard.retain(|condition| !stepper.is_expected(way.function, exprs, condition));
        if guard.iter().any(|condition| condition.proof) {
            continue; // nobody proves it: whoever calls the function is not in the program
        }
        let confirmed = guard.is_empty();
        violations.push(Violation {
            rule,
            demand,
            context,
            item: Item::unnamed(context),
            since: Since::Entered(index),
            confidence: if confirmed {
                case.confidence
            } else {
                case.confidence.min(Confidence::Medium)
            },
            confirmed,
            guard,
            link: case.link,
            length: case.length,
        });
    }
}

/// What of an entry's contexts does not allow a demand, as far as the function has not ended it: a
/// context that forbids it by name before the strictest limit.
fn forbidden(
    stepper: &Stepper<'_>,
    way: &Entered,
    case: &Case,
    demand: DemandId,
) -> Option<(RuleId, ContextId)> {
    let knowledge = stepper.knowledge;
    let contexts = &knowledge.entries[way.entry].contexts;
    if contexts.iter().any(|&id| case.absent.contains(id)) {
        return None; // it has asked, and goes another way
    }
    let silencing = &knowledge.demand(demand).silenced_by;
    if contexts.iter().any(|id| silencing.contains(id)) {
        return None;
    }
    contexts
        .iter()
        .copied()
        .filter(|&id| !case.cleared.contains(id) && !knowledge.allows(id, demand))
        .filter_map(|id| Some((knowledge.rule(id, demand)?, id)))
        .filter(|&(rule, _)| stepper.happens(rule, case.worlds))
        .min_by_key(|&(_, id)| {
            let kind = knowledge.context(id);
            (!kind.forbids.contains(&demand), kind.limit, id)
        })
}
