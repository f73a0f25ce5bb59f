// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flags of objects that go together: a word that is only ever a copy of another, and the flags that
//! say of an object which functions have been stored in it.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use waitctx_model::{
    BinaryOp, Field, FieldId, Function, Place, Projection, Statement, Symbol, Terminator, UnaryOp,
    Value,
};

use super::calls::functions_in;
use super::said::AllSaid;
use super::{FnId, Program};
use crate::paths::for_each_successor;

/// What is known of some bits of a field, whatever object has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Tested {
    pub(crate) field: FieldId,
    /// The bits; `-1` for all.
    pub(crate) mask: i64,
    /// Whether some of them are set.
    pub(crate) truth: bool,
}

/// The flags that go together in a program.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Flags {
    copies: FxHashMap<FieldId, FieldId>,
    stored_where: FxHashMap<FnId, Vec<Tested>>,
    /// How often each field is set from which other.
    sources: FxHashMap<Set, u32>,
}

/// A field that is set, and the other field that it is set from, if it is one.
pub(super) type Set = (FieldId, Option<FieldId>);

/// What one body says of flags.
#[derive(PartialEq)]
pub(super) struct Saying {
    /// Which entries it stores or passes on, and what holds there.
    stores: Vec<(FnId, Vec<Tested>)>,
    /// Which fields it sets, and from which other.
    sets: Vec<Set>,
}

impl Flags {
    pub(super) fn compute(program: &Program, said: &AllSaid) -> Self {
        let mut sources: FxHashMap<Set, u32> = FxHashMap::default();
        for set in said.iter().flat_map(|(_, it)| &it.sets) {
            *sources.entry(*set).or_default() += 1;
        }
        Self {
            copies: copies(program, &sources),
            stored_where: stored_where(program, said),
            sources,
        }
    }

    /// What a body says.
    pub(super) fn said(program: &Program, body: &Function) -> Saying {
        let is_entry = |id: FnId| program.entries.binary_search_by_key(&id, |it| it.function);
        let mut stores = stores(program, body, |it| is_entry(it).is_ok());
        stores.sort_by_key(|it| it.0);
        Saying {
            stores,
            sets: sets(body).collect(),
        }
    }

    /// Takes in that a body says `now` what it says, instead of what it said `before`; whether entries
    /// are still stored where they were.
    pub(super) fn exchange(&mut self, before: &Saying, now: &Saying) -> bool {
        for set in &now.sets {
            *self.sources.entry(*set).or_default() += 1;
        }
        for set in &before.sets {
            let count = self.sources.entry(*set).or_default();
            *count = count.saturating_sub(1);
        }
        before.stores == now.stores
    }

    /// Whether all that has been taken in leaves fields what they were.
    pub(super) fn still_holds(&mut self, program: &Program) -> bool {
        self.sources.retain(|_, count| *count > 0);
        copies(program, &self.sources) == self.copies
    }

    /// The field that `field` is a copy of, where it is set from one other only.
    pub(crate) fn copy_of(&self, field: FieldId) -> Option<FieldId> {
        self.copies.get(&field).copied()
    }

    /// What holds wherever an entry is stored in an object or passed on.
    pub(crate) fn stored_where(&self, function: FnId) -> &[Tested] {
        self.stored_where.get(&function).map_or(&[], Vec::as_slice)
    }
}

impl Tested {
    /// Whether the two cannot both be, if they are about one object.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        self.mask == other.mask && self.truth != other.truth
    }
}

fn last_field(place: &Place) -> Option<FieldId> {
    match place.path.last() {
        Some(Projection::Field(field)) => Some(*field),
        _ => None,
    }
}

/// The fields that a body sets.
pub(super) fn sets(body: &Function) -> impl Iterator<Item = Set> {
    let statements = body.blocks.iter().flat_map(|block| &block.statements);
    statements.filter_map(|statement| {
        let Statement::Assign { place, value } = statement else {
            return None;
        };
        let field = last_field(place)?;
        // Where it keeps some bits of itself, nothing is said.
        Some((field, source(field, value)?))
    })
}

/// The fields that are set from one other field only, perhaps without some bits.
fn copies(program: &Program, sources: &FxHashMap<Set, u32>) -> FxHashMap<FieldId, FieldId> {
    let mut only: FxHashMap<FieldId, Option<FieldId>> = FxHashMap::default();
    #[expect(
        clippy::iter_over_hash_type,
        reason = "the outcome is the same in any order"
    )]
    for &(field, source) in sources.keys() {
        only.entry(field)
            .and_modify(|known| *known = None)
            .or_insert(source);
    }
    let is_word = |field: FieldId| {
        let Field { ty, .. } = &program.fields[field.0 as usize];
        !ty.pointer && ty.record.is_none()
    };
    only.into_iter()
        .filter_map(|(field, source)| Some((field, source?)))
        .filter(|&(field, source)| is_word(field) && is_word(source))
        .collect()
}

/// The field that a value stored in `field` is read from: `Some(None)` when it is none, nothing when
/// it is what was there with some bits changed.
fn source(field: FieldId, value: &Value) -> Option<Option<FieldId>> {
    match value {
        Value::Read(place) => Some(last_field(place).filter(|&it| it != field)),
        Value::Binary(BinaryOp::And | BinaryOp::Or, a, b) => match source(field, a) {
            Some(None) if is_read_of(field, a) => None,
            Some(Some(from)) if matches!(**b, Value::Const(_)) => Some(Some(from)),
            _ => Some(None),
        },
        _ => Some(None),
    }
}

fn is_read_of(field: FieldId, value: &Value) -> bool {
    matches!(value, Value::Read(place) if last_field(place) == Some(field))
}

/// What holds at all places that mention an entry. Entries in tables are stored without looking.
fn stored_where(program: &Program, said: &AllSaid) -> FxHashMap<FnId, Vec<Tested>> {
    let mut known: FxHashMap<FnId, Option<Vec<Tested>>> = program
        .entries
        .iter()
        .map(|it| (it.function, None))
        .collect();
    for it in &program.initialisers {
        if let Some(function) = program.by_symbol.get(&it.target)
            && let Some(tested) = known.get_mut(function)
        {
            *tested = Some(Vec::new());
        }
    }
    let naming = said.iter().filter(|(_, it)| it.names_functions);
    for body in naming.filter_map(|(id, _)| program.body(id)) {
        let is_entry = |it| known.contains_key(&it);
        for (function, here) in stores(program, &body, is_entry) {
            match known.entry(function).or_default() {
                Some(tested) => tested.retain(|it| here.contains(it)),
                nothing => *nothing = Some(here),
            }
        }
    }
    known
        .into_iter()
        .filter_map(|(function, tested)| Some((function, tested?)))
        .collect()
}

/// The entries that a body stores or passes on, and what holds there.
fn stores(
    program: &Program,
    body: &Function,
    is_entry: impl Fn(FnId) -> bool,
) -> Vec<(FnId, Vec<Tested>)> {
    let mut found = Vec::new();
    let mut predecessors = None;
    for (index, block) in body.blocks.iter().enumerate() {
        for statement in &block.statements {
            let mut note = |symbol: Symbol| {
                let function = program.by_symbol.get(&symbol).copied();
                if let Some(function) = function.filter(|&it| is_entry(it)) {
                    let ways = predecessors.get_or_insert_with(|| predecessors_of(body));
                    found.push((function, conditions(body, ways, index)));
                }
            };
            match statement {
                Statement::Assign { value, .. } => functions_in(value, &mut note),
                Statement::Call(call) => {
                    for arg in &call.args {
                        functions_in(arg, &mut note);
                    }
                }
            }
        }
    }
    found
}

fn predecessors_of(body: &Function) -> Vec<Vec<usize>> {
    let mut ways = vec![Vec::new(); body.blocks.len()];
    for (index, block) in body.blocks.iter().enumerate() {
        for_each_successor(&block.end, |to| ways[to as usize].push(index));
    }
    ways
}

/// What the branches say that every way to a block takes, as far as only one way leads there.
fn conditions(body: &Function, ways: &[Vec<usize>], block: usize) -> Vec<Tested> {
    let mut tested = Vec::new();
    let mut at = block;
    let mut steps = 0;
    while let [from] = ways[at][..] {
        steps += 1;
        if steps > body.blocks.len() {
            break; // a loop that nothing leads into
        }
        if let Terminator::Branch { cond, then, .. } = &body.blocks[from].end {
            tested.extend(test_of(cond, then.0 as usize == at));
        }
        at = from;
    }
    tested
}

/// What a condition says of a field.
fn test_of(cond: &Value, truth: bool) -> Option<Tested> {
    match cond {
        Value::Read(place) => Some(Tested {
            field: last_field(place)?,
            mask: -1,
            truth,
        }),
        Value::Unary(UnaryOp::Not, inner) => test_of(inner, !truth),
        Value::Binary(BinaryOp::And, word, mask) => match (&**word, &**mask) {
            (Value::Read(place), Value::Const(mask)) => Some(Tested {
                field: last_field(place)?,
                mask: *mask,
                truth,
            }),
            _ => None,
        },
        _ => None,
    }
}
