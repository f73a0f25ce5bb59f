// SPDX-License-Identifier: MIT OR Apache-2.0
//! Linking: which definition a name means.
//!
//! External names mean the one strong definition there is, or a weak one. A kernel tree also holds
//! programs of their own (boot loader, vDSO, EFI stub) that define the same names again; then a
//! unit means the definition whose path has most leading folders in common with the unit's own.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_model::{
    Alias, Call, Callee, Field, Function, FunctionFlags, Initialiser, NameId, Names, Statement,
    Symbol, Type, Unit,
};

use super::flags::Flags;
use super::pointers::Targets;
use super::remap::{Remap, Tables};
use super::{Body, FieldLock, FnId, Program, ProgramFunction};
use super::{bugs, dispatch, dormant};
use crate::{ContextId, Knowledge, WaitType, entries, taken};

/// Links units into one program. The order of the units does not matter.
pub fn link(mut units: Vec<Unit>, knowledge: &Knowledge) -> Program {
    units.sort_by(|a, b| file_name(a).cmp(file_name(b)));
    let mut tables = Tables::default();
    let mut remaps: Vec<Remap> = units
        .iter()
        .map(|unit| Remap::new(unit, &mut tables))
        .collect();

    let conflicts = conflicting_definitions(&units, &remaps);
    for (unit, remap) in units.iter().zip(&mut remaps) {
        let own = file_name(unit);
        for (name, files) in &conflicts {
            let nearest = nearest_file(own, files, &tables);
            remap.renamed.insert(*name, nearest);
        }
    }

    let mut linker = Linker {
        functions: Vec::new(),
        by_symbol: FxHashMap::default(),
    };
    let mut initialisers: Vec<Initialiser> = Vec::new();
    let mut aliases: Vec<Alias> = Vec::new();
    for (unit, remap) in units.into_iter().zip(&remaps) {
        for mut function in unit.functions {
            waitctx_model::rename_function(&mut function, &mut { remap });
            linker.define(function);
        }
        for it in unit.declarations {
            let parameters = it
                .parameters
                .into_iter()
                .map(|ty| Some(remap.ty(ty)))
                .collect();
            linker.declare(remap.symbol(it.symbol), parameters, it.flags);
        }
        initialisers.extend(unit.initialisers.into_iter().map(|it| Initialiser {
            variable: remap.symbol(it.variable),
            field: it.field.map(|field| remap.field(field)),
            target: remap.symbol(it.target),
            span: remap.span(it.span),
        }));
        aliases.extend(unit.aliases.into_iter().map(|it| Alias {
            alias: remap.symbol(it.alias),
            target: remap.symbol(it.target),
            weak: it.weak,
        }));
    }
    linker.resolve_aliases(&aliases);

    // What sleeps has spinning locks inside that are locks of their own.
    let spinning = |record| {
        let kind = knowledge.lock_type(tables.names.get(record))?;
        (knowledge.context(kind).limit < WaitType::Sleep).then_some(kind)
    };
    let field_locks = tables
        .fields
        .iter()
        .map(|field| FieldLock {
            of_record: spinning(field.record),
            of_type: field.ty.record.and_then(spinning),
            pointer: field.ty.pointer,
            counts_as: lock_class(field, &tables.names, knowledge),
        })
        .collect();
    let variable_locks = knowledge
        .lock_classes
        .iter()
        .filter_map(|(name, &kind)| Some((tables.names.find(name)?, kind)))
        .collect();
    initialisers.sort_by_cached_key(|it| {
        let file = tables.names.get(it.span.file).to_owned();
        (file, it.span.line, it.span.column)
    });
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
        &tables.fields,
        knowledge,
    );
    let mut program = Program {
        names: tables.names,
        fields: tables.fields,
        field_locks,
        functions: linker.functions,
        by_symbol: linker.by_symbol,
        targets: Targets::default(),
        initialisers,
        variable_locks,
        entries: Vec::new(),
        flags: Flags::default(),
        dormant: FxHashSet::default(),
        taken: FxHashMap::default(),
    };
    Targets::compute(&mut program);
    program.entries = entries::find(&program, knowledge);
    program.flags = Flags::compute(&program);
    program.dormant = dormant::fields(&program);
    program.taken = taken::candidates(&program, knowledge);
    program
}

/// What a lock in `field` counts as.
fn lock_class(field: &Field, names: &Names, knowledge: &Knowledge) -> Option<ContextId> {
    let class = format!("{}.{}", names.get(field.record), names.get(field.name));
    knowledge.lock_classes.get(&class).copied()
}

fn file_name(unit: &Unit) -> &str {
    unit.file.map_or("", |file| unit.names.get(file))
}

/// External names with several strong definitions, and the files of these.
fn conflicting_definitions(units: &[Unit], remaps: &[Remap]) -> Vec<(NameId, Vec<NameId>)> {
    let mut first: FxHashMap<NameId, NameId> = FxHashMap::default();
    let mut several: FxHashMap<NameId, Vec<NameId>> = FxHashMap::default();
    for (unit, remap) in units.iter().zip(remaps) {
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

fn nearest_file(own: &str, files: &[NameId], tables: &Tables) -> NameId {
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

struct Linker {
    functions: Vec<ProgramFunction>,
    by_symbol: FxHashMap<Symbol, FnId>,
}

impl Linker {
    fn slot(&mut self, symbol: Symbol) -> &mut ProgramFunction {
        let functions = &mut self.functions;
        let id = *self.by_symbol.entry(symbol).or_insert_with(|| {
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

    fn define(&mut self, mut function: Function) {
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
            slot.parameters = function
                .locals
                .iter()
                .take(function.parameters as usize)
                .map(|local| local.ty)
                .collect();
            slot.body = Body::Whole(function);
        } else {
            slot.flags.noreturn |= noreturn;
        }
    }

    fn declare(&mut self, symbol: Symbol, parameters: Vec<Option<Type>>, flags: FunctionFlags) {
        let slot = self.slot(symbol);
        slot.flags.noreturn |= flags.noreturn;
        if !slot.has_body() && slot.parameters.is_empty() {
            slot.parameters = parameters;
        }
    }

    /// Lets an alias mean its target: it gets a copy of the body, under its own name.
    fn resolve_aliases(&mut self, aliases: &[Alias]) {
        for alias in aliases {
            let Some(target) = self.by_symbol.get(&alias.target) else {
                continue;
            };
            let target = &self.functions[target.0 as usize];
            let Some(mut body) = target.whole_body().cloned() else {
                continue;
            };
            body.symbol = alias.alias;
            body.flags.weak = alias.weak;
            self.define(body);
        }
    }
}
