// SPDX-License-Identifier: MIT OR Apache-2.0
//! Demands of functions that are entered in a context of their own.

use super::Slot;
use super::case::{Case, Since, Violation, What};
use super::step::Stepper;
use crate::context::Item;
use crate::entries::Entered;
use crate::lock::LockClass;
use crate::{Confidence, ContextId, DemandId, RuleId};

/// Lets everything that an entry comes to demand meet what it is entered with.
pub(super) fn check(stepper: &Stepper<'_>, index: usize, entered: &Entered, slot: &mut Slot) {
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
        let Some((rule, context)) = forbidden(stepper, entered, case, demand) else {
            continue;
        };
        let mut guard = case.guard.clone();
        guard.retain(|condition| !stepper.is_expected(entered.function, exprs, condition));
        if guard.iter().any(|condition| condition.proof) {
            continue; // nobody proves it: whoever calls the function is not in the program
        }
        let confirmed = guard.is_empty();
        violations.push(Violation {
            rule,
            demand,
            context,
            item: item(context),
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

/// What of an entry's contexts does not allow a demand, as far as the function has not ended it or
/// asked for it: the strictest one.
fn forbidden(
    stepper: &Stepper<'_>,
    entered: &Entered,
    case: &Case,
    demand: DemandId,
) -> Option<(RuleId, ContextId)> {
    let knowledge = stepper.knowledge;
    let contexts = &knowledge.entries[entered.entry].contexts;
    let in_force = |id: ContextId| !case.absent.contains(id) && !case.cleared.contains(id);
    if contexts.iter().any(|&id| case.absent.contains(id)) {
        return None;
    }
    let silencing = &knowledge.demand(demand).silenced_by;
    if contexts.iter().any(|id| silencing.contains(id)) {
        return None;
    }
    contexts
        .iter()
        .copied()
        .filter(|&id| in_force(id) && !knowledge.allows(id, demand))
        .filter_map(|id| Some((knowledge.rule(id, demand)?, id)))
        .min_by_key(|&(_, id)| (knowledge.context(id).limit, id))
}

/// What is in force at an entry: nothing that could be told apart.
fn item(context: ContextId) -> Item {
    Item {
        kind: context,
        lock: None,
        class: LockClass::default(),
        spelled: None,
    }
}
