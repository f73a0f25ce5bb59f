// SPDX-License-Identifier: MIT OR Apache-2.0
//! Linking: which definition a name means.
//!
//! External names mean the one strong definition there is, or a weak one. A kernel tree also holds
//! programs of their own (boot loader, vDSO, EFI stub) that define the same names again; then a
//! unit means the definition whose path has most leading folders in common with the unit's own.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use waitctx_model::{
    Alias, Call, Callee, Declaration, Field, Function, FunctionFlags, Initialiser, NameId, Names,
    Statement, Symbol, Type, Unit,
};

use super::dormant::Dormant;
use super::flags::Flags;
use super::joints::{Joints, Provider, UnitPart};
use super::pointers::Targets;
use super::remap::{Moved, Remap, Tables};
use super::{Body, FieldLock, FnId, Program, ProgramFunction};
use super::{bugs, dispatch};
use crate::{ContextId, Knowledge, WaitType, entries, taken};

/// Links units into one program. The order of the units does not matter.
pub fn link(units: Vec<Unit>, knowledge: &Knowledge) -> Program {
    link_with_joints(units, knowledge).0
}

/// The same, with what it takes to put other units in the place of some.
pub(crate) fn link_with_joints(units: Vec<Unit>, knowledge: &Knowledge) -> (Program, Joints) {
    let mut units: Vec<(u32, Unit)> = (0..).zip(units).collect();
    units.sort_by(|(_, a), (_, b)| file_name(a).cmp(file_name(b)));
    let mut tables = Tables::default();
    let mut remaps: Vec<Remap> = units
        .iter()
        .map(|(_, unit)| Remap::new(unit, &mut tables))
        .collect();

    let conflicts = conflicting_definitions(&units, &remaps);
    for ((_, unit), remap) in units.iter().zip(&mut remaps) {
        remap.rename(file_name(unit), &conflicts, &tables);
    }

    let mut linker = Linker {
        functions: Vec::new(),
        providers: Vec::new(),
        by_symbol: FxHashMap::default(),
    };
    let mut parts: Vec<UnitPart> = Vec::new();
    parts.resize_with(units.len(), UnitPart::default);
    let mut initialisers: Vec<(Initialiser, u32)> = Vec::new();
    let mut aliases: Vec<Alias> = Vec::new();
    for ((number, unit), remap) in units.into_iter().zip(&remaps) {
        let moved = Moved::new(unit, remap);
        let part = &mut parts[number as usize];
        *part = moved.part();
        for function in moved.functions {
            linker.define(function, Provider::Unit(number));
        }
        for it in moved.declarations {
            linker.declare(it);
        }
        initialisers.extend(moved.initialisers.into_iter().map(|it| (it, number)));
        aliases.extend(moved.aliases);
    }
    linker.resolve_aliases(&aliases);
    linker.sort(&tables);

    sort_initialisers(&mut initialisers, &tables.names);
    for function in &mut linker.functions {
        let row = knowledge.row_of(tables.names.get(function.symbol.name));
        let model = row.and_then(|row| knowledge.functions.get(row));
        function.opaque = model.is_some_and(|model| !model.enter_body);
        function.row = row.map(str::to_owned);
    }
    bugs::mark(&mut linker.functions, &linker.by_symbol, knowledge);
    dispatch::resolve(
        &mut linker.functions,
        &mut tables.names,
        &tables.field_ids,
        knowledge,
    );
    let (initialisers, initialised_by) = initialisers.into_iter().unzip();
    let mut program = Program {
        field_locks: field_locks(&tables.names, &tables.fields, knowledge),
        variable_locks: variable_locks(&tables.names, knowledge),
        names: tables.names,
        fields: tables.fields,
        field_ids: tables.field_ids,
        sorted: u32::try_from(linker.functions.len()).expect("fewer than 2^32 functions"),
        functions: linker.functions,
        by_symbol: linker.by_symbol,
        targets: Targets::default(),
        initialisers,
        entries: Vec::new(),
        kept_bodies: None,
        flags: Flags::default(),
        dormant: Dormant::default(),
        taken: FxHashMap::default(),
    };
    Targets::compute(&mut program);
    let search = entries::Search::of(&program, knowledge);
    program.entries = search.entries(&program, knowledge);
    program.flags = Flags::compute(&program);
    program.dormant = Dormant::find(&program);
    let mut looks = taken::Looks::default();
    program.taken = looks.candidates(&program, knowledge);
    let joints = Joints {
        parts,
        conflicts,
        providers: linker.providers,
        aliases,
        initialised_by,
        search,
        looks,
    };
    (program, joints)
}

/// What fields say of locks. What sleeps has spinning locks inside that are locks of their own.
pub(super) fn field_locks(
    names: &Names,
    fields: &[Field],
    knowledge: &Knowledge,
) -> Vec<FieldLock> {
    let spinning = |record| {
        let kind = knowledge.lock_type(names.get(record))?;
        (knowledge.context(kind).limit < WaitType::Sleep).then_some(kind)
    };
    let of = |field: &Field| FieldLock {
        of_record: spinning(field.record),
        of_type: field.ty.record.and_then(spinning),
        pointer: field.ty.pointer,
        counts_as: lock_class(field, names, knowledge),
    };
    fields.iter().map(of).collect()
}

/// The variables that are locks which count as something.
pub(super) fn variable_locks(names: &Names, knowledge: &Knowledge) -> FxHashMap<NameId, ContextId> {
    knowledge
        .lock_classes
        .iter()
        .filter_map(|(name, &kind)| Some((names.find(name)?, kind)))
        .collect()
}

/// Initialisers in the order of their places, each with its unit.
pub(super) fn sort_initialisers(initialisers: &mut [(Initialiser, u32)], names: &Names) {
    initialisers.sort_by_cached_key(|(it, unit)| {
        let file = names.get(it.span.file).to_owned();
        (file, it.span.line, it.span.column, *unit)
    });
}

/// What a lock in `field` counts as.
fn lock_class(field: &Field, names: &Names, knowledge: &Knowledge) -> Option<ContextId> {
    let class = format!("{}.{}", names.get(field.record), names.get(field.name));
    knowledge.lock_classes.get(&class).copied()
}

pub(super) fn file_name(unit: &Unit) -> &str {
    unit.file.map_or("", |file| unit.names.get(file))
}

/// External names with several strong definitions, and the files of these.
fn conflicting_definitions(units: &[(u32, Unit)], remaps: &[Remap]) -> Conflicts {
    let mut first: FxHashMap<NameId, NameId> = FxHashMap::default();
    let mut several: FxHashMap<NameId, Vec<NameId>> = FxHashMap::default();
    for ((_, unit), remap) in units.iter().zip(remaps) {
        for function in &unit.functions {
            if function.symbol.file.is_some() || function.flags.weak {
                continue;
            }
            let name = remap.name(function.symbol.name);
            let file = remap.name(function.span.file);
            match first.get(&name) {
                None => {
                    first.insert(name, file);
                }
                Some(&other) if other != file => {
                    let files = several.entry(name).or_insert_with(|| vec![other]);
                    if !files.contains(&file) {
                        files.push(file);
                    }
                }
                Some(_) => {}
            }
        }
    }
    let mut conflicts: Vec<_> = several.into_iter().collect();
    conflicts.sort_unstable();
    conflicts
}

pub(super) fn nearest_file(own: &str, files: &[NameId], tables: &Tables) -> NameId {
    let common_folders = |file: &str| {
        own.split('/')
            .zip(file.split('/'))
            .take_while(|(a, b)| a == b)
            .count()
    };
    *files
        .iter()
        .min_by_key(|&&file| {
            let path = tables.names.get(file);
            (Reverse(common_folders(path)), path.split('/').count(), path)
        })
        .expect("a conflict has definitions")
}

/// External names with several strong definitions, and the files of these.
pub(super) type Conflicts = Vec<(NameId, Vec<NameId>)>;

struct Linker {
    functions: Vec<ProgramFunction>,
    /// By function: whose body it has.
    providers: Vec<Provider>,
    by_symbol: FxHashMap<Symbol, FnId>,
}

impl Linker {
    fn slot(&mut self, symbol: Symbol) -> &mut ProgramFunction {
        let functions = &mut self.functions;
        let id = *self.by_symbol.entry(symbol).or_insert_with(|| {
            self.providers.push(Provider::Nobody);
            functions.push(ProgramFunction {
                symbol,
                body: Body::Nowhere,
                parameters: Vec::new(),
                flags: FunctionFlags::default(),
                row: None,
                opaque: false,
                address_taken: false,
                tells_of_bug: false,
            });
            FnId(u32::try_from(functions.len() - 1).expect("fewer than 2^32 functions"))
        });
        &mut self.functions[id.0 as usize]
    }

    fn define(&mut self, mut function: Function, provider: Provider) {
        for statement in function.blocks.iter().flat_map(|block| &block.statements) {
            if let Statement::Call(Call {
                callee: Callee::Direct(symbol),
                ..
            }) = statement
            {
                self.slot(*symbol);
            }
        }
        // A definition that conflicts with one elsewhere was renamed to the *nearest* definition's
        // file, which for a definition is its own.
        let weak = function.flags.weak;
        let noreturn = function.flags.noreturn;
        let slot = self.slot(function.symbol);
        let keep = slot.whole_body().is_none_or(|old| old.flags.weak && !weak);
        if keep {
            function.flags.noreturn |= slot.flags.noreturn;
            slot.flags = function.flags;
            slot.parameters = parameters(&function);
            let symbol = function.symbol;
            slot.body = Body::Whole(function);
            self.providers[self.by_symbol[&symbol].0 as usize] = provider;
        } else {
            slot.flags.noreturn |= noreturn;
        }
    }

    fn declare(&mut self, it: Declaration) {
        let slot = self.slot(it.symbol);
        slot.flags.noreturn |= it.flags.noreturn;
        if !slot.has_body() && slot.parameters.is_empty() {
            slot.parameters = it.parameters.into_iter().map(Some).collect();
        }
    }

    /// Numbers the functions by their names, so that their order does not depend on who was the first
    /// to mention one.
    fn sort(&mut self, tables: &Tables) {
        let name = |symbol: &Symbol| {
            let file = symbol.file.map(|file| tables.names.get(file));
            (tables.names.get(symbol.name), file)
        };
        let functions = std::mem::take(&mut self.functions);
        let providers = std::mem::take(&mut self.providers);
        let mut both: Vec<_> = functions.into_iter().zip(providers).collect();
        both.sort_by(|(a, _), (b, _)| name(&a.symbol).cmp(&name(&b.symbol)));
        (self.functions, self.providers) = both.into_iter().unzip();
        let ids = (0..).map(FnId);
        self.by_symbol = self.functions.iter().map(|it| it.symbol).zip(ids).collect();
    }

    /// Lets an alias mean its target: it gets a copy of the body, under its own name.
    fn resolve_aliases(&mut self, aliases: &[Alias]) {
        for alias in aliases {
            let Some(target) = self.by_symbol.get(&alias.target) else {
                continue;
            };
            let target = *target;
            let Some(body) = self.functions[target.0 as usize].whole_body() else {
                continue;
            };
            let body = alias_of(body, alias);
            self.define(body, Provider::Alias);
        }
    }
}

/// What an alias of a function does.
pub(super) fn alias_of(body: &Function, alias: &Alias) -> Function {
    let mut body = body.clone();
    body.symbol = alias.alias;
    body.flags.weak = alias.weak;
    body
}

/// The types of a function's parameters.
pub(super) fn parameters(function: &Function) -> Vec<Option<Type>> {
    let locals = function.locals.iter().take(function.parameters as usize);
    locals.map(|local| local.ty).collect()
}
