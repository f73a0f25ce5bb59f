// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the states at a function's returns to the few cases that its callers tell apart.

use waitctx_model::{BinaryOp, FieldId};

use super::bits;
use super::state::State;
use super::test::is_portable;
use super::{Condition, Exit, Worlds};
use crate::context::{Context, Item};
use crate::expr::{Expr, ExprId, Exprs, Origin};
use crate::facts::{Fact, Facts};

/// How many ways to return are told apart.
const MAX_EXITS: usize = 10;

/// How many stores behind parameters callers are told of.
const MAX_STORES: usize = 8;

/// Whether an address lies in the object that a parameter points to.
fn is_behind_parameter(exprs: &Exprs, address: ExprId) -> bool {
    match exprs.get(address) {
        Expr::Parameter(_) => true,
        Expr::FieldAddress(base, _) => is_behind_parameter(exprs, base),
        _ => false,
    }
}

/// Whether a value is a word of flags of which something is known.
fn is_word(exprs: &Exprs, value: ExprId) -> bool {
    let is_own = |leaf| matches!(leaf, Expr::LocalAddress(_));
    matches!(
        exprs.get(value),
        Expr::Binary(BinaryOp::And | BinaryOp::Or, ..)
    ) && exprs.all_leaves(value, &|leaf| !is_own(leaf))
}

/// The state at a return, without what only the function itself can see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ReturnState {
    context: Context,
    facts: Facts,
    result: Option<ExprId>,
    result_fact: Fact,
    fields: Vec<(FieldId, ExprId)>,
    stores: Vec<(ExprId, ExprId)>,
    worlds: Worlds,
}

impl ReturnState {
    pub(super) fn new(
        exprs: &mut Exprs,
        state: State,
        result: Option<ExprId>,
        worlds: Worlds,
    ) -> Self {
        let result_fact = result.map_or(Fact::ANY, |id| state.facts.of(exprs, id));
        let mut fields = match result.map(|id| exprs.get(id)) {
            Some(Expr::Load(address)) => state.record_fields(exprs, address),
            _ => Vec::new(),
        };
        for (_, value) in &mut fields {
            if state.facts.truth(exprs, *value) == Some(false) {
                *value = exprs.constant(0); // a field that is null on this path
            }
        }
        let mut stores: Vec<_> = state
            .env
            .iter()
            .filter(|&(address, value)| {
                is_behind_parameter(exprs, address)
                    && (is_portable(exprs, value, true) || is_word(exprs, value))
            })
            .collect();
        stores.truncate(MAX_STORES);
        let mut facts = state.facts;
        facts.retain(|id| is_portable(exprs, id, true));
        Self {
            context: state.context,
            facts,
            result,
            result_fact,
            fields,
            stores,
            worlds,
        }
    }
}

impl ReturnState {
    /// Whether `other` says of more paths that they return alike.
    fn covered_by(&self, other: &Self) -> bool {
        self.result == other.result
            && self.fields == other.fields
            && self.stores == other.stores
            && self.worlds == other.worlds
            && other.context.absent.is_subset(self.context.absent)
            && self.result_fact.implies(other.result_fact)
            && self.facts.implies(&other.facts)
    }
}

/// The ways to return, and whether some were left out that callers could not tell from others.
pub(super) fn summarise(exprs: &mut Exprs, returns: Vec<ReturnState>) -> (Vec<Exit>, bool) {
    let mut groups: Vec<Vec<ReturnState>> = Vec::new();
    for state in returns {
        match groups
            .iter_mut()
            .find(|group| group[0].context.goes_with(&state.context))
        {
            Some(group) => group.push(state),
            None => groups.push(vec![state]),
        }
    }
    // The least change first: where callers cannot tell two ways apart, the walk has most likely
    // lost a correlation, and code is balanced far more often than not.
    groups.sort_by_key(|group| {
        let context = &group[0].context;
        context.held.len() + context.released.len() + usize::from(!context.cleared.is_empty())
    });
    let alone = groups.len() == 1;
    let mut exits: Vec<Exit> = Vec::new();
    let mut merged = false;
    for group in groups {
        let by_result = split_by_result(exprs, group, alone);
        for states in by_result
            .into_iter()
            .flat_map(|part| split_by_facts(part, alone))
        {
            let mut exit = join(exprs, &states);
            let told_apart = exits.iter_mut().all(|other| {
                let same_context = other.held == exit.held
                    && other.released == exit.released
                    && other.cleared == exit.cleared;
                same_context || distinguish(exprs, other, &mut exit)
            });
            if told_apart && exits.len() < MAX_EXITS {
                exits.push(exit);
            } else if !exits.iter().any(|other| takes_and_ends_alike(other, &exit)) {
                // (Where only the path to a lock differs, nothing is lost.)
                merged = true;
            }
        }
    }
    (exits, merged)
}

/// Splits states of one context by what they return, as far as that is worth it: constants,
/// null and the rest.
fn split_by_result(exprs: &Exprs, group: Vec<ReturnState>, alone: bool) -> Vec<Vec<ReturnState>> {
    let key = |state: &ReturnState| match state.result {
        Some(id) => match exprs.as_const(id) {
            Some(value) => ResultForm::Constant(value),
            None if state.result_fact.truth() == Some(false) => ResultForm::Constant(0),
            None if is_portable(exprs, id, true) => ResultForm::Expression(id),
            None => ResultForm::Unknown {
                non_zero: state.result_fact.excludes_zero(),
            },
        },
        None => ResultForm::Void,
    };
    let mut parts: Vec<(ResultForm, Vec<ReturnState>)> = Vec::new();
    for state in group {
        let key = key(&state);
        match parts.iter_mut().find(|(it, _)| *it == key) {
            Some((_, part)) => part.push(state),
            None => parts.push((key, vec![state])),
        }
    }
    // A function that never changes the context is worth only as many cases as its result has
    // plain forms; otherwise callers would split their paths for nothing.
    let limit = if alone { 2 } else { 3 };
    if parts.len() > limit {
        let truth = |state: &ReturnState| state.result_fact.truth();
        let all: Vec<ReturnState> = parts.into_iter().flat_map(|(_, part)| part).collect();
        let mut by_truth: Vec<Vec<ReturnState>> = Vec::new();
        for state in all {
            match by_truth
                .iter_mut()
                .find(|part| truth(&part[0]) == truth(&state))
            {
                Some(part) => part.push(state),
                None => by_truth.push(vec![state]),
            }
        }
        if alone && by_truth.len() > 2 {
            return vec![by_truth.into_iter().flatten().collect()];
        }
        return by_truth;
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// Keeps states apart that different branches have led to, when there are few of them: where some
/// ways to return change the context and others do not, callers need to know which is when, and
/// joined states would not say it.
fn split_by_facts(mut states: Vec<ReturnState>, alone: bool) -> Vec<Vec<ReturnState>> {
    const FEW: usize = 4;
    if alone {
        return vec![states];
    }
    let mut index = 0;
    while index < states.len() {
        let covered = states.iter().enumerate().any(|(other, it)| {
            other != index
                && states[index].covered_by(it)
                && (other < index || !it.covered_by(&states[index]))
        });
        if covered {
            states.remove(index);
        } else {
            index += 1;
        }
    }
    if states.len() > FEW {
        return vec![states];
    }
    states.into_iter().map(|state| vec![state]).collect()
}

/// What a result looks like to callers.
#[derive(PartialEq, Eq)]
enum ResultForm {
    Constant(i64),
    Expression(ExprId),
    Unknown { non_zero: bool },
    Void,
}

fn join(exprs: &mut Exprs, states: &[ReturnState]) -> Exit {
    let first = &states[0];
    let mut facts = first.facts.clone();
    let mut result_fact = first.result_fact;
    let mut worlds = first.worlds;
    let mut fields = first.fields.clone();
    let mut stores = first.stores.clone();
    let mut absent = first.context.absent;
    for state in &states[1..] {
        facts.join(&state.facts);
        result_fact = result_fact.join(state.result_fact);
        worlds = worlds.or(state.worlds);
        absent = absent.intersection(state.context.absent);
        fields.retain(|field| state.fields.contains(field));
        stores.retain_mut(|(address, value)| {
            let other = state.stores.iter().find(|(it, _)| it == address);
            let merged = other.and_then(|&(_, other)| either(exprs, *address, *value, other));
            *value = merged.unwrap_or(*value);
            merged.is_some()
        });
    }
    let result = first.result.filter(|&id| {
        states.iter().all(|state| state.result == Some(id)) && is_portable(exprs, id, true)
    });
    let assumes: Vec<_> = facts.iter().filter(|(_, fact)| fact.assumed).collect();
    let condition = |(expr, fact): (ExprId, Fact)| {
        let fact = fact.as_condition()?;
        Some(Condition {
            expr,
            fact,
            proof: false,
        })
    };
    let guard: Vec<_> = facts.iter().filter_map(condition).collect();
    Exit {
        guard: guard.into(),
        assumes: assumes.into(),
        result,
        result_fact,
        result_fields: fields.into(),
        stores: stores.into(),
        held: first.context.held.as_slice().into(),
        released: first.context.released.as_slice().into(),
        cleared: first.context.cleared,
        absent,
        worlds,
    }
}

/// What is stored at an address on two ways to return, as far as they agree.
fn either(exprs: &mut Exprs, address: ExprId, a: ExprId, b: ExprId) -> Option<ExprId> {
    if a == b {
        return Some(a);
    }
    let unknown = exprs.intern(Expr::Opaque(Origin::Join(u32::MAX, 0, address)));
    bits::either(exprs, a, b, unknown)
}

/// Whether two ways to return change the context by the same kinds and classes.
fn takes_and_ends_alike(a: &Exit, b: &Exit) -> bool {
    let same = |x: &Item, y: &Item| x.kind == y.kind && x.class == y.class;
    a.cleared == b.cleared
        && a.held.len() == b.held.len()
        && a.released.len() == b.released.len()
        && a.held
            .iter()
            .zip(&b.held)
            .all(|(x, y)| same(&x.item, &y.item))
        && a.released.iter().zip(&b.released).all(|(x, y)| same(x, y))
}

/// Whether callers can tell two ways to return apart, by the result or by their arguments.
fn distinguish(exprs: &Exprs, a: &mut Exit, b: &mut Exit) -> bool {
    if a.result_fact.contradicts(b.result_fact) {
        return true;
    }
    if let (Some(x), Some(y)) = (field_fact(exprs, a), field_fact(exprs, b))
        && x.contradicts(y)
    {
        return true;
    }
    let guards_differ = a.guard.iter().any(|x| {
        b.guard
            .iter()
            .any(|y| x.expr == y.expr && x.fact.contradicts(y.fact))
    });
    if guards_differ {
        return true;
    }
    let common = a.worlds.and(b.worlds);
    if !common.configured && !common.raw_nesting {
        return true;
    }
    // One returns null (or false, or success) and of the other nothing is known: then the other
    // is what the caller tests for.
    let zero = |exit: &Exit| exit.result_fact.truth() == Some(false);
    let unknown = |exit: &Exit| exit.result_fact.truth().is_none();
    for (x, y) in [(zero(a), unknown(b)), (unknown(a), zero(b))] {
        if x && y {
            let open = if zero(a) { &mut *b } else { &mut *a };
            if let Some(fact) = open.result_fact.meet(Fact::NON_ZERO) {
                open.result_fact = fact;
                return true;
            }
        }
    }
    false
}

/// What the fields of a returned record say: all non-null, or some null.
fn field_fact(exprs: &Exprs, exit: &Exit) -> Option<Fact> {
    if exit.result_fields.is_empty() {
        return None;
    }
    let null = exit
        .result_fields
        .iter()
        .any(|&(_, value)| exprs.as_const(value) == Some(0));
    Some(if null { Fact::ZERO } else { Fact::NON_ZERO })
}
