// SPDX-License-Identifier: MIT OR Apache-2.0
//! Gathering: what all units say, in one pair of tables, each unit read once and packed at once.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use waitctx_model::{
    Alias, Declaration, FieldId, Function, FunctionFlags, Initialiser, NameId, Rename, Span,
    Symbol, Type, Unit, rename_function,
};

use super::link::{Conflicts, nearest_file, parameters};
use super::pending::Pending;
use super::remap::{Moved, Remap, Tables};
use super::{Body, calls};
use crate::packed::Packed;

/// How many units are in memory at a time.
const AT_A_TIME: usize = 64;

/// What all units say.
pub(super) struct Gathered {
    pub(super) tables: Tables,
    /// External names with several definitions.
    pub(super) conflicts: Conflicts,
    /// In the order of their files.
    pub(super) units: Vec<OfUnit>,
}

/// What one unit says.
pub(super) struct OfUnit {
    /// Its place among the units as they were given.
    pub(super) number: u32,
    file: Option<NameId>,
    pub(super) functions: Vec<Definition>,
    pub(super) declarations: Packed<Vec<Declaration>>,
    pub(super) initialisers: Vec<Initialiser>,
    pub(super) aliases: Vec<Alias>,
}

/// A function that a unit defines.
pub(super) struct Definition {
    pub(super) symbol: Symbol,
    pub(super) flags: FunctionFlags,
    pub(super) parameters: Vec<Option<Type>>,
    pub(super) body: Body,
    /// What it calls by name.
    pub(super) calls: Box<[Symbol]>,
    /// The external names in it, sorted.
    externals: Box<[NameId]>,
}

/// Reads units; `None` when one cannot be read.
pub(super) fn gather(units: Vec<Pending<'_>>) -> Option<Gathered> {
    let mut pending: Vec<(u32, Pending<'_>)> = (0..).zip(units).collect();
    pending.sort_by(|(_, a), (_, b)| a.file.cmp(&b.file));
    let mut tables = Tables::default();
    let mut strong = Strong::default();
    let mut units: Vec<OfUnit> = Vec::with_capacity(pending.len());
    let mut pending = pending.into_iter();
    loop {
        let some: Vec<_> = pending.by_ref().take(AT_A_TIME).collect();
        if some.is_empty() {
            break;
        }
        let read = some.into_par_iter();
        let read: Vec<_> = read.map(|(number, it)| (number, (it.read)())).collect();
        let mut moving: Vec<(u32, Unit, Remap)> = Vec::with_capacity(read.len());
        for (number, unit) in read {
            let unit = unit?;
            let remap = Remap::new(&unit, &mut tables);
            strong.add(&unit, &remap);
            moving.push((number, unit, remap));
        }
        let moving = moving.into_par_iter();
        units.par_extend(moving.map(|(number, unit, remap)| OfUnit::new(number, unit, &remap)));
    }
    let conflicts = strong.conflicts();
    units.par_iter_mut().for_each(|unit| {
        let own = unit.file.map_or("", |file| tables.names.get(file));
        unit.choose(&Nearest::new(own, &conflicts, &tables));
    });
    Some(Gathered {
        tables,
        conflicts,
        units,
    })
}

impl OfUnit {
    fn new(number: u32, unit: Unit, remap: &Remap) -> Self {
        let file = unit.file.map(|file| remap.name(file));
        let moved = Moved::new(unit, remap);
        let functions = moved.functions.into_iter().map(Definition::new);
        Self {
            number,
            file,
            functions: functions.collect(),
            declarations: Packed::new(&moved.declarations),
            initialisers: moved.initialisers,
            aliases: moved.aliases,
        }
    }

    /// Lets external names mean the nearest definition.
    fn choose(&mut self, nearest: &Nearest) {
        if nearest.0.is_empty() {
            return;
        }
        for function in &mut self.functions {
            function.choose(nearest);
        }
        if let Some(mut declarations) = self.declarations.unpack() {
            nearest.declarations(&mut declarations);
            self.declarations = Packed::new(&declarations);
        }
        nearest.initialisers(&mut self.initialisers);
        nearest.aliases(&mut self.aliases);
    }
}

impl Definition {
    pub(super) fn new(mut function: Function) -> Self {
        let mut externals = Externals(Vec::new());
        rename_function(&mut function, &mut externals);
        let Externals(mut externals) = externals;
        externals.sort_unstable();
        externals.dedup();
        Self {
            symbol: function.symbol,
            flags: function.flags,
            parameters: parameters(&function),
            body: Body::packed(&function),
            calls: calls::called(&function).collect(),
            externals: externals.into_boxed_slice(),
        }
    }

    fn choose(&mut self, mut nearest: &Nearest) {
        if !self.externals.iter().any(|it| nearest.0.contains_key(it)) {
            return;
        }
        self.symbol = nearest.symbol(self.symbol);
        for symbol in &mut self.calls {
            *symbol = nearest.symbol(*symbol);
        }
        if let Some(mut body) = self.body.unpack() {
            rename_function(&mut body, &mut nearest);
            self.body = Body::packed(&body);
        }
    }
}

/// The external names of a function.
struct Externals(Vec<NameId>);

impl Rename for Externals {
    fn name(&mut self, id: NameId) -> NameId {
        id
    }

    fn field(&mut self, id: FieldId) -> FieldId {
        id
    }

    fn symbol(&mut self, symbol: Symbol) -> Symbol {
        if symbol.file.is_none() {
            self.0.push(symbol.name);
        }
        symbol
    }
}

/// The file of the definition that an external name with several of them means in one unit.
pub(super) struct Nearest(FxHashMap<NameId, NameId>);

impl Nearest {
    pub(super) fn new(own: &str, conflicts: &Conflicts, tables: &Tables) -> Self {
        let nearest = |(name, files): &(NameId, Vec<NameId>)| {
            let file = nearest_file(own, files, tables);
            (*name, file)
        };
        Self(conflicts.iter().map(nearest).collect())
    }

    fn symbol(&self, symbol: Symbol) -> Symbol {
        let file = symbol.file.or_else(|| self.0.get(&symbol.name).copied());
        Symbol { file, ..symbol }
    }

    /// Chooses in what a unit says.
    pub(super) fn choose(mut self: &Self, moved: &mut Moved) {
        for function in &mut moved.functions {
            rename_function(function, &mut self);
        }
        self.declarations(&mut moved.declarations);
        self.initialisers(&mut moved.initialisers);
        self.aliases(&mut moved.aliases);
    }

    fn declarations(&self, declarations: &mut [Declaration]) {
        for it in declarations {
            it.symbol = self.symbol(it.symbol);
        }
    }

    fn initialisers(&self, initialisers: &mut [Initialiser]) {
        for it in initialisers {
            it.variable = self.symbol(it.variable);
            it.target = self.symbol(it.target);
        }
    }

    fn aliases(&self, aliases: &mut [Alias]) {
        for it in aliases {
            it.alias = self.symbol(it.alias);
            it.target = self.symbol(it.target);
        }
    }
}

impl Rename for &Nearest {
    fn name(&mut self, id: NameId) -> NameId {
        id
    }

    fn field(&mut self, id: FieldId) -> FieldId {
        id
    }

    fn symbol(&mut self, symbol: Symbol) -> Symbol {
        Nearest::symbol(self, symbol)
    }

    fn span(&mut self, span: Span) -> Span {
        span
    }
}

/// The files in which external names are defined, other than weakly.
#[derive(Default)]
struct Strong {
    first: FxHashMap<NameId, NameId>,
    several: FxHashMap<NameId, Vec<NameId>>,
}

impl Strong {
    fn add(&mut self, unit: &Unit, remap: &Remap) {
        for function in &unit.functions {
            if function.symbol.file.is_some() || function.flags.weak {
                continue;
            }
            let name = remap.name(function.symbol.name);
            let file = remap.name(function.span.file);
            match self.first.get(&name) {
                None => {
                    self.first.insert(name, file);
                }
                Some(&other) if other != file => {
                    let files = self.several.entry(name).or_insert_with(|| vec![other]);
                    if !files.contains(&file) {
                        files.push(file);
                    }
                }
                Some(_) => {}
            }
        }
    }

    fn conflicts(self) -> Conflicts {
        let mut conflicts: Conflicts = self.several.into_iter().collect();
        conflicts.sort_unstable();
        conflicts
    }
}
