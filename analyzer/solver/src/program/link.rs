// SPDX-License-Identifier: MIT OR Apache-2.0
//! Linking: which definition a name means.
//!
//! External names mean the one strong definition there is, or a weak one. A kernel tree also holds
//! programs of their own (boot loader, vDSO, EFI stub) that define the same names again; then a
//! unit means the definition whose path has most leading folders in common with the unit's own.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use waitctx_model::{
    Alias, Declaration, Field, Function, FunctionFlags, Initialiser, NameId, Names, Symbol, Type,
    Unit,
};

use super::dispatch::Trampolines;
use super::dormant::Dormant;
use super::flags::Flags;
use super::gather::{Definition, Gathered, gather};
use super::joints::{Joints, Provider, UnitPart};
use super::pending::Pending;
use super::pointers::Targets;
use super::remap::Tables;
use super::said::AllSaid;
use super::{Body, CallGraph, FieldLock, FnId, Program, ProgramFunction, bugs};
use crate::packed::Packed;
use crate::{ContextId, Knowledge, WaitType, entries, taken};

/// Links units into one program. The order of the units does not matter.
pub fn link(units: Vec<Unit>, knowledge: &Knowledge) -> Program {
    let pending = units.into_iter().map(Pending::from).collect();
    link_pending(pending, knowledge).expect("the units are here")
}

/// The same with units that are read one after the other; `None` when one cannot be read.
pub fn link_pending(units: Vec<Pending<'_>>, knowledge: &Knowledge) -> Option<Program> {
    Some(link_with_joints(units, knowledge)?.0)
}

/// The same, with what it takes to put other units in the place of some.
pub(crate) fn link_with_joints(
    units: Vec<Pending<'_>>,
    knowledge: &Knowledge,
) -> Option<(Program, Joints)> {
    let count = units.len();
    let Gathered {
        mut tables,
        conflicts,
        units,
    } = gather(units)?;
    let mut linker = Linker {
        functions: Vec::new(),
        providers: Vec::new(),
        by_symbol: FxHashMap::default(),
    };
    let mut parts: Vec<(u32, Packed<UnitPart>)> = Vec::with_capacity(count);
    let mut initialisers: Vec<(Initialiser, u32)> = Vec::new();
    let mut aliases: Vec<Alias> = Vec::new();
    for unit in units {
        let number = unit.number;
        let defines = unit.functions.iter().map(|it| (it.symbol, it.flags));
        let part = UnitPart {
            defines: defines.collect(),
            declares: unit.declarations.unpack().unwrap_or_default(),
            aliases: unit.aliases.clone(),
        };
        for function in unit.functions {
            linker.define(function, Provider::Unit(number));
        }
        for it in &part.declares {
            linker.declare(it);
        }
        parts.push((number, Packed::new(&part)));
        initialisers.extend(unit.initialisers.into_iter().map(|it| (it, number)));
        aliases.extend(unit.aliases);
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
    let trampolines = Trampolines::of(
        &linker.functions,
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
        graph: CallGraph::default(),
    };
    let mut said = AllSaid::look(&mut program, &trampolines, knowledge);
    bugs::mark(&mut program, &said, knowledge);
    Targets::compute(&mut program, &mut said);
    let search = entries::Search::of(&program, &mut said, knowledge);
    program.entries = search.entries(&program, knowledge);
    program.flags = Flags::compute(&program, &said);
    program.dormant = Dormant::find(&program, &said);
    program.graph = CallGraph::of(&mut said);
    let mut looks = taken::Looks::default();
    program.taken = looks.candidates(&program, knowledge);
    parts.sort_by_key(|it| it.0);
    let joints = Joints {
        parts: parts.into_iter().map(|it| it.1).collect(),
        conflicts,
        providers: linker.providers,
        aliases,
        initialised_by,
        search,
        looks,
    };
    Some((program, joints))
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

    fn define(&mut self, mut function: Definition, provider: Provider) {
        for &symbol in &function.calls {
            self.slot(symbol);
        }
        // A definition that conflicts with one elsewhere was renamed to the *nearest* definition's
        // file, which for a definition is its own.
        let weak = function.flags.weak;
        let noreturn = function.flags.noreturn;
        let slot = self.slot(function.symbol);
        let keep = !slot.has_body() || slot.flags.weak && !weak;
        if keep {
            function.flags.noreturn |= slot.flags.noreturn;
            slot.flags = function.flags;
            slot.parameters = function.parameters;
            slot.body = function.body;
            let id = self.by_symbol[&function.symbol];
            self.providers[id.0 as usize] = provider;
        } else {
            slot.flags.noreturn |= noreturn;
        }
    }

    fn declare(&mut self, it: &Declaration) {
        let slot = self.slot(it.symbol);
        slot.flags.noreturn |= it.flags.noreturn;
        if !slot.has_body() && slot.parameters.is_empty() {
            slot.parameters = it.parameters.iter().copied().map(Some).collect();
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
            let Some(body) = self.functions[target.0 as usize].body.unpack() else {
                continue;
            };
            let body = alias_of(&body, alias);
            self.define(Definition::new(body), Provider::Alias);
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
