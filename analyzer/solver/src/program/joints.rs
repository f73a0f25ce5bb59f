// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the units of a program are joined: what it takes to put others in the place of some without
//! linking all of them again.
//!
//! What units say of the program as a whole (which functions there are, what pointers can be, which
//! functions are entries) has to stay as it is. When it does not, everything is linked again: that is
//! rare, and what it would change can be anywhere.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use waitctx_model::{Alias, Declaration, Function, FunctionFlags, Initialiser, Symbol, Unit};

use super::calls::callees;
use super::dispatch::Trampolines;
use super::flags::Flags;
use super::gather::Nearest;
use super::link::{
    Conflicts, alias_of, field_locks, file_name, parameters, sort_initialisers, variable_locks,
};
use super::members::Members;
use super::pointers::{Flows, Targets};
use super::remap::{Moved, Remap, Tables};
use super::{Body, FnId, Program, bugs};
use crate::Knowledge;
use crate::entries::{Search, Stored};
use crate::packed::Packed;
use crate::taken::Looks;

/// What links a program that its functions do not say.
#[derive(Serialize, Deserialize)]
pub(crate) struct Joints {
    /// What each unit says besides its bodies, in the order in which the units were given.
    pub(super) parts: Vec<Packed<UnitPart>>,
    /// External names with several definitions.
    pub(super) conflicts: Conflicts,
    /// By function: whose body it has.
    pub(super) providers: Vec<Provider>,
    /// All aliases.
    pub(super) aliases: Vec<Alias>,
    /// By initialiser of the program: the unit that it is of.
    pub(super) initialised_by: Vec<u32>,
    pub(super) search: Search,
    pub(super) looks: Looks,
}

/// Where the body of a function comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Provider {
    Nobody,
    /// The unit of this number.
    Unit(u32),
    /// The function that it is an alias of.
    Alias,
}

/// What a unit says besides its bodies.
#[derive(Serialize, Deserialize)]
pub(super) struct UnitPart {
    pub(super) defines: Vec<(Symbol, FunctionFlags)>,
    pub(super) declares: Vec<Declaration>,
    pub(super) aliases: Vec<Alias>,
}

impl Moved {
    pub(super) fn part(&self) -> UnitPart {
        UnitPart {
            defines: self
                .functions
                .iter()
                .map(|it| (it.symbol, it.flags))
                .collect(),
            declares: self.declarations.clone(),
            aliases: self.aliases.clone(),
        }
    }
}

/// Functions that have another body now, and what they call.
pub(crate) type Changed = BTreeMap<FnId, Box<[FnId]>>;

/// Puts units in the place of those of the same numbers. Returns the functions that have other bodies
/// then; `None` when the program as a whole could be another, and what was given is of no use any more.
pub(crate) fn replace(
    program: &mut Program,
    joints: &mut Joints,
    units: Vec<(u32, Unit)>,
    knowledge: &Knowledge,
) -> Option<Changed> {
    let mut tables = Tables {
        names: std::mem::take(&mut program.names),
        fields: std::mem::take(&mut program.fields),
        field_ids: std::mem::take(&mut program.field_ids),
    };
    let numbers: FxHashSet<u32> = units.iter().map(|(number, _)| *number).collect();
    let mut fresh: Vec<Function> = Vec::new();
    let mut gone: Vec<FnId> = Vec::new();
    let mut initialisers: Vec<(Initialiser, u32)> = Vec::new();
    let field_types: Vec<_> = tables.fields.iter().map(|it| it.ty).collect();
    for (number, unit) in units {
        let part = joints.parts.get(number as usize)?.unpack()?;
        let remap = Remap::new(&unit, &mut tables);
        if !has_same_fields(&unit, &remap, &tables) {
            return None;
        }
        let nearest = Nearest::new(file_name(&unit), &joints.conflicts, &tables);
        let mut moved = Moved::new(unit, &remap);
        nearest.choose(&mut moved);
        let now = moved.part();
        if now.aliases != part.aliases || !declares_alike(program, &part, &now) {
            return None;
        }
        let members = Members {
            program,
            providers: &mut joints.providers,
            names: &tables.names,
            knowledge,
        };
        gone.extend(members.exchange(number, &part, &now, &moved)?);
        initialisers.extend(moved.initialisers.into_iter().map(|it| (it, number)));
        fresh.extend(moved.functions.into_iter().filter(|function| {
            let id = program.by_symbol.get(&function.symbol);
            id.is_some_and(|id| joints.providers[id.0 as usize] == Provider::Unit(number))
        }));
    }
    // Another language may use a field without knowing its type.
    if tables
        .fields
        .iter()
        .zip(field_types)
        .any(|(it, ty)| it.ty != ty)
    {
        return None;
    }
    let known = program.field_locks.len();
    let more = field_locks(&tables.names, &tables.fields[known..], knowledge);
    program.field_locks.extend(more);
    program.variable_locks = variable_locks(&tables.names, knowledge);
    program.names = tables.names;
    program.fields = tables.fields;
    program.field_ids = tables.field_ids;
    initialise(program, joints, &numbers, initialisers)?;
    let changed = define(program, joints, (fresh, gone), knowledge)?;
    program.entries = {
        let entries = joints.search.entries(program, knowledge);
        let alike = program.entries.iter().zip(&entries);
        let mut alike = alike.map(|(a, b)| (a.function, a.entry) == (b.function, b.entry));
        if entries.len() != program.entries.len() || !alike.all(|it| it) {
            return None;
        }
        entries
    };
    for &function in changed.keys() {
        joints.looks.forget(function);
    }
    (joints.looks.candidates(program, knowledge) == program.taken).then_some(changed)
}

/// Whether all fields of a unit have the types that the program knows.
fn has_same_fields(unit: &Unit, remap: &Remap, tables: &Tables) -> bool {
    (0..).zip(&unit.fields).all(|(index, it)| {
        let known = &tables.fields[remap.field(waitctx_model::FieldId(index)).0 as usize];
        it.ty.record.is_none() || known.ty == remap.ty(it.ty)
    })
}

/// Whether it makes no difference that a unit declares `now` what it declares. What no unit defines is
/// only known from declarations.
fn declares_alike(program: &Program, before: &UnitPart, now: &UnitPart) -> bool {
    let bears = |it: &&Declaration| {
        let Some(id) = program.by_symbol.get(&it.symbol) else {
            return true; // it is added
        };
        let function = program.function(*id);
        let has_parameters = function.has_body() || !function.parameters.is_empty();
        let is_told = function.flags.noreturn || !it.flags.noreturn;
        is_told && (has_parameters || it.parameters.is_empty())
    };
    let is_needed = |it: &&Declaration| {
        let id = program.by_symbol.get(&it.symbol);
        let has_body = id.is_some_and(|id| program.function(*id).has_body());
        !has_body || it.flags.noreturn
    };
    let fresh = now.declares.iter();
    let mut fresh = fresh.filter(|it| !before.declares.contains(it));
    let gone = before.declares.iter();
    let mut gone = gone.filter(|it| !now.declares.contains(it));
    fresh.all(|it| bears(&it)) && !gone.any(|it| is_needed(&it))
}

/// Takes the places of initialisers over from units that differ in nothing else there but in names that
/// count lines.
fn initialise(
    program: &mut Program,
    joints: &mut Joints,
    units: &FxHashSet<u32>,
    fresh: Vec<(Initialiser, u32)>,
) -> Option<()> {
    let before = std::mem::take(&mut program.initialisers);
    let before = before.into_iter().zip(joints.initialised_by.drain(..));
    let (gone, mut all): (Vec<_>, Vec<_>) = before.partition(|(_, unit)| units.contains(unit));
    for (was, is) in renamed(&gone, &fresh, program)? {
        program.targets.rename(was, is);
    }
    all.extend(fresh);
    sort_initialisers(&mut all, &program.names);
    (program.initialisers, joints.initialised_by) = all.into_iter().unzip();
    Some(())
}

/// The variables of files that have other names now, where initialisers differ in nothing else.
fn renamed(
    before: &[(Initialiser, u32)],
    now: &[(Initialiser, u32)],
    program: &Program,
) -> Option<Vec<(Symbol, Symbol)>> {
    type Key = (u32, Symbol, Option<u32>, Symbol);
    let key = |(it, unit): &(Initialiser, u32)| -> Key {
        let field = it.field.map(|field| field.0);
        (*unit, it.variable, field, it.target)
    };
    let counts = |all: &[(Initialiser, u32)]| {
        let mut counts: FxHashMap<Key, usize> = FxHashMap::default();
        for it in all {
            *counts.entry(key(it)).or_default() += 1;
        }
        counts
    };
    // Those that only one of the two has, in the order of their places.
    let only = |all: &[(Initialiser, u32)], others: &[(Initialiser, u32)]| {
        let mut all = all.to_vec();
        sort_initialisers(&mut all, &program.names);
        let mut others = counts(others);
        let mut only: Vec<Key> = all.iter().map(key).collect();
        only.retain(|it| match others.get_mut(it) {
            Some(count @ 1..) => {
                *count -= 1;
                false
            }
            _ => true,
        });
        only
    };
    let (gone, come) = (only(before, now), only(now, before));
    if gone.len() != come.len() {
        return None;
    }
    let pairs = gone.into_iter().zip(come);
    let renamed = pairs.map(|(was, is)| {
        let of_file = was.1.file.is_some() && was.1.file == is.1.file;
        let is_alike = (was.0, was.2, was.3) == (is.0, is.2, is.3);
        (of_file && is_alike).then_some((was.1, is.1))
    });
    renamed.collect()
}

/// Puts bodies in the place of those that functions have.
fn define(
    program: &mut Program,
    joints: &mut Joints,
    (mut fresh, gone): (Vec<Function>, Vec<FnId>),
    knowledge: &Knowledge,
) -> Option<Changed> {
    let mut aliases = Vec::new();
    for alias in &joints.aliases {
        if let Some(body) = fresh.iter().find(|it| it.symbol == alias.target) {
            let id = program.by_symbol.get(&alias.alias)?;
            if joints.providers[id.0 as usize] == Provider::Alias {
                aliases.push(alias_of(body, alias));
            }
        }
    }
    fresh.append(&mut aliases);
    let tellers = bugs::tellers(&program.functions, knowledge);
    let trampolines = Trampolines::of(
        &program.functions,
        &mut program.names,
        &program.field_ids,
        knowledge,
    );
    let stored = Stored::new(program, knowledge);
    let mut flags = std::mem::take(&mut program.flags);
    let mut dormant = std::mem::take(&mut program.dormant);
    let mut changed = Changed::default();
    let bodies = fresh.into_iter().map(|mut body| {
        let id = *program.by_symbol.get(&body.symbol)?;
        trampolines.resolve(&mut body);
        // What it is called with besides is in the flags of the function.
        body.flags.noreturn |= program.function(id).flags.noreturn;
        Some((id, body))
    });
    let mut bodies = bodies.collect::<Option<Vec<_>>>()?;
    for id in gone {
        let body = program.body(id)?;
        bodies.push((id, without_blocks(&body)));
    }
    for (id, body) in bodies {
        let known = program.body(id);
        let is_new = known.is_none();
        let before = known.unwrap_or_else(|| without_blocks(&body));
        if body == before && !is_new {
            continue;
        }
        let constant = |id: FnId| bugs::constant(&program.body(id)?);
        let tells = bugs::always_tells(&tellers, id)
            || bugs::tells_of_bug(
                &program.functions,
                &program.by_symbol,
                &tellers,
                &body,
                constant,
            );
        let function = program.function(id);
        // Those who call a new function are looked at with it.
        let is_alike = is_new
            || function.tells_of_bug == tells && bugs::constant(&before) == bugs::constant(&body);
        let said = |body| Flags::said(program, body);
        let (was, is) = (said(&before), said(&body));
        if !is_alike
            || function.parameters != parameters(&body)
            || !says_alike(program, joints, &stored, id, &before, &body)
            || !flags.exchange(&was, &is)
            || !dormant.exchange(program, id, &before, &body)
        {
            return None;
        }
        let registrations = joints.search.registrations(program, &stored, id, &body);
        joints.search.replace(id, registrations);
        changed.insert(id, callees(program, &body));
        let function = &mut program.functions[id.0 as usize];
        function.tells_of_bug |= is_new && tells;
        function.body = match joints.providers[id.0 as usize] {
            Provider::Nobody => Body::Nowhere,
            Provider::Unit(_) | Provider::Alias => Body::packed(&body),
        };
    }
    if !flags.still_holds(program) {
        return None;
    }
    program.flags = flags;
    program.dormant = dormant;
    Some(changed)
}

/// A function that does nothing.
fn without_blocks(body: &Function) -> Function {
    Function {
        blocks: Vec::new(),
        ..body.clone()
    }
}

/// Whether two bodies of a function say the same of the program as a whole.
fn says_alike(
    program: &Program,
    joints: &Joints,
    stored: &Stored,
    id: FnId,
    before: &Function,
    now: &Function,
) -> bool {
    let flows = |body| Flows::of(program, id, body);
    let registrations = |body| {
        let all = joints.search.registrations(program, stored, id, body);
        all.anywhere()
    };
    Targets::bears(&program.targets, &flows(before), &flows(now))
        && registrations(before) == registrations(now)
}
