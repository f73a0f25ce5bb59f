// SPDX-License-Identifier: MIT OR Apache-2.0
//! Locks that may be taken in a certain context: the candidates, found before anything is solved.
//!
//! While a lock is held that memory reclaim waits for, nothing may be done that waits for reclaim.
//! Which locks these are is a property of the whole program. Here is a quick look at it that knows
//! nothing of conditions: it only decides which locks are worth following through the paths.
//! Whether a candidate is taken indeed, and how, is answered by `demands::taken`.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use waitctx_model::{Call, Callee, FieldId, Function, LocalId, Projection, Root, Statement, Value};

use crate::lock::{LockClass, Subclass};
use crate::program::{FnId, Program, key_of_place};
use crate::{ArgumentSelector, ContextId, Effect, KindSelector, Knowledge, Taken};

/// A pointer with more targets than this says little about any of them.
const FEW_TARGETS: usize = 4;

/// The classes of locks, and in which subclass, that may be taken where [`Taken::within`] is in
/// force, and what they count as.
pub(crate) type Candidates = FxHashMap<(LockClass, Subclass), SmallVec<[ContextId; 1]>>;

/// What functions lead to, for each [`Taken`] of the knowledge: those that have been looked at.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Looks(Vec<FxHashMap<FnId, Leads>>);

/// What a function leads to.
#[derive(Default, Serialize, Deserialize)]
struct Leads {
    functions: Vec<FnId>,
    locks: Vec<(LockClass, Subclass)>,
}

impl Looks {
    /// Forgets what a function leads to.
    pub(crate) fn forget(&mut self, function: FnId) {
        for looks in &mut self.0 {
            looks.remove(&function);
        }
    }

    /// Finds the candidates, and looks at functions that have not been looked at.
    pub(crate) fn candidates(&mut self, program: &Program, knowledge: &Knowledge) -> Candidates {
        let mut classes = Candidates::default();
        self.0
            .resize_with(knowledge.taken.len(), FxHashMap::default);
        for (taken, looks) in knowledge.taken.iter().zip(&mut self.0) {
            let mut queue: Vec<FnId> = roots(program, knowledge, taken).collect();
            let mut seen: FxHashSet<FnId> = FxHashSet::default();
            while let Some(function) = queue.pop() {
                if !seen.insert(function) {
                    continue;
                }
                let leads = looks
                    .entry(function)
                    .or_insert_with(|| leads(program, knowledge, taken, function));
                queue.extend(&leads.functions);
                for (class, subclass) in &leads.locks {
                    let name = class.name(program);
                    let is_excepted = name.is_some_and(|it| taken.except.contains(&it));
                    let counts_as = classes.entry((class.clone(), *subclass)).or_default();
                    if !is_excepted && !counts_as.contains(&taken.counts_as) {
                        counts_as.push(taken.counts_as);
                    }
                }
            }
        }
        classes.retain(|_, counts_as| !counts_as.is_empty());
        classes
    }
}

/// What a function leads to.
fn leads(program: &Program, knowledge: &Knowledge, taken: &Taken, function: FnId) -> Leads {
    let mut leads = Leads::default();
    let Some(body) = program.body(function) else {
        return leads;
    };
    for call in calls(&body) {
        visit(
            program,
            knowledge,
            taken,
            function,
            &body,
            call,
            |reached| match reached {
                Reached::Function(callee) => leads.functions.push(callee),
                Reached::Lock(class, subclass) => leads.locks.push((class, subclass)),
            },
        );
    }
    leads.functions.sort_unstable();
    leads.functions.dedup();
    leads.locks.sort_unstable();
    leads.locks.dedup();
    leads
}

/// The functions that are entered with the context in force.
pub(crate) fn roots<'a>(
    program: &'a Program,
    knowledge: &'a Knowledge,
    taken: &Taken,
) -> impl Iterator<Item = FnId> + use<'a> {
    let within = taken.within;
    let entries = program.entries.iter();
    let of_kind = entries.filter(move |it| {
        let contexts = &knowledge.entries[it.entry].contexts;
        contexts.contains(&within)
    });
    of_kind.map(|it| it.function)
}

enum Reached {
    Function(FnId),
    Lock(LockClass, Subclass),
}

fn visit(
    program: &Program,
    knowledge: &Knowledge,
    taken: &Taken,
    function: FnId,
    body: &Function,
    call: &Call,
    mut reach: impl FnMut(Reached),
) {
    let symbol = match &call.callee {
        Callee::Direct(symbol) => symbol,
        Callee::Pointer { value, .. } => {
            let parameter = |local: LocalId| {
                let is_one = local.0 < body.parameters;
                is_one.then_some(crate::program::PointerKey::Parameter(function, local.0))
            };
            if let Value::Read(place) | Value::AddressOf(place) = value
                && let Some(key) = key_of_place(place, &parameter)
                && program.targets.of(key).len() <= FEW_TARGETS
            {
                let targets = program.targets.of(key);
                targets.iter().for_each(|&it| reach(Reached::Function(it)));
            }
            return;
        }
    };
    let Some(&callee) = program.by_symbol.get(symbol) else {
        return;
    };
    if !program.function(callee).opaque {
        reach(Reached::Function(callee));
    }
    let Some(model) = knowledge.functions.get(program.name(callee)) else {
        return;
    };
    for effect in &model.effects {
        let Effect::Acquire {
            context: KindSelector::Fixed(kind) | KindSelector::OfLockType { default: kind, .. },
            lock: Some(ArgumentSelector::Index(index)),
            waits: true,
            ..
        } = effect
        else {
            continue;
        };
        let class = call.args.get(*index).and_then(class_of);
        if let Some(class) = class.filter(|_| taken.kinds.contains(kind)) {
            reach(Reached::Lock(class, Subclass::of(program, knowledge, call)));
        }
    }
}

/// The class of the lock at an address, when the place names it.
fn class_of(address: &Value) -> Option<LockClass> {
    let Value::AddressOf(place) = address else {
        return None;
    };
    let last_deref = place.path.iter().rposition(|it| *it == Projection::Deref);
    let rest = last_deref.map_or(0, |index| index + 1);
    let fields: Vec<FieldId> = place.path[rest..]
        .iter()
        .filter_map(|step| match step {
            Projection::Field(field) => Some(*field),
            Projection::Deref | Projection::Index => None,
        })
        .collect();
    let variable = match (&place.root, last_deref) {
        (Root::Global(symbol), None) => Some(*symbol),
        _ => None,
    };
    let class = LockClass { variable, fields };
    class.is_known().then_some(class)
}

fn calls(body: &Function) -> impl Iterator<Item = &Call> {
    let statements = body.blocks.iter().flat_map(|block| &block.statements);
    statements.filter_map(|statement| match statement {
        Statement::Call(call) => Some(call),
        Statement::Assign { .. } => None,
    })
}
