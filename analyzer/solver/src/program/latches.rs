// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is set once and stays set: variables and fields that say whether something has been made.
//!
//! Whoever finds such a thing clear is the first who comes by. Where others come by on purpose, to
//! have it made where that is no harm, there is nobody left to be the first elsewhere.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use waitctx_model::{FieldId, Function, Place, Projection, Root, Statement, Symbol, Value};

use super::Program;
use super::said::AllSaid;

/// Where something is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Kept {
    /// In a variable with static storage.
    Variable(Symbol),
    /// In this field of objects.
    Field(FieldId),
}

/// How often something is set, and how often it may be cleared.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Latches {
    counts: FxHashMap<Kept, [u32; 2]>,
}

/// What a body says: what it sets (`true`), and what it may clear.
pub(super) type Saying = BTreeSet<(Kept, bool)>;

impl Latches {
    pub(super) fn find(said: &AllSaid) -> Self {
        let mut latches = Self::default();
        for &(kept, sets) in said.iter().flat_map(|(_, it)| &it.latches) {
            latches.counts.entry(kept).or_default()[usize::from(sets)] += 1;
        }
        latches
    }

    /// Whether something is set somewhere and cleared nowhere.
    pub(crate) fn contains(&self, kept: Kept) -> bool {
        self.counts
            .get(&kept)
            .is_some_and(|&[cleared, set]| cleared == 0 && set > 0)
    }

    /// Takes in that a body says `now` what it says, instead of what it said `before`; whether what
    /// they are about is set once still, or still not.
    pub(super) fn exchange(&mut self, before: &Saying, now: &Saying) -> bool {
        let about = before.symmetric_difference(now).map(|&(kept, _)| kept);
        let about: BTreeSet<Kept> = about.collect();
        let were: Vec<bool> = about.iter().map(|&it| self.contains(it)).collect();
        for &(kept, sets) in now {
            self.counts.entry(kept).or_default()[usize::from(sets)] += 1;
        }
        for &(kept, sets) in before {
            let count = &mut self.counts.entry(kept).or_default()[usize::from(sets)];
            *count = count.saturating_sub(1);
        }
        about
            .iter()
            .zip(were)
            .all(|(&it, was)| self.contains(it) == was)
    }
}

/// What a body says.
pub(super) fn said(program: &Program, body: &Function) -> Saying {
    let mut saying = Saying::new();
    for statement in body.blocks.iter().flat_map(|block| &block.statements) {
        match statement {
            Statement::Assign { place, value } => {
                if let Some(kept) = kept_in(place) {
                    saying.insert((kept, sets(program, kept, value)));
                }
                note_addresses(value, &mut saying);
            }
            Statement::Call(call) => {
                for arg in &call.args {
                    note_addresses(arg, &mut saying);
                }
            }
        }
    }
    saying
}

fn kept_in(place: &Place) -> Option<Kept> {
    match (place.path.last(), &place.root) {
        (Some(Projection::Field(field)), _) => Some(Kept::Field(*field)),
        (None, Root::Global(variable)) => Some(Kept::Variable(*variable)),
        _ => None,
    }
}

/// Whether storing a value sets something. What is pointed to exists, as a rule; of numbers it has to
/// be known.
fn sets(program: &Program, kept: Kept, value: &Value) -> bool {
    match (kept, value) {
        (_, Value::Const(value)) => *value != 0,
        (_, Value::Select(_, a, b)) => sets(program, kept, a) && sets(program, kept, b),
        (Kept::Field(field), _) => program.fields[field.0 as usize].ty.pointer,
        (Kept::Variable(_), _) => false,
    }
}

/// Whoever has the address of something may clear it.
fn note_addresses(value: &Value, saying: &mut Saying) {
    match value {
        Value::AddressOf(place) => saying.extend(kept_in(place).map(|kept| (kept, false))),
        Value::Unary(_, a) => note_addresses(a, saying),
        Value::Binary(_, a, b) | Value::Select(_, a, b) => {
            note_addresses(a, saying);
            note_addresses(b, saying);
        }
        _ => {}
    }
}
