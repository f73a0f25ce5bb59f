// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions that come into a program that is linked, and that leave it.
//!
//! What only one unit knows of can come and go. A function that others may mean is another matter.

use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_model::{Function, FunctionFlags, Names, Symbol, Type};

use super::calls::called;
use super::joints::{Provider, UnitPart};
use super::link::parameters;
use super::remap::Moved;
use super::{Body, FnId, Program, ProgramFunction};
use crate::{Knowledge, Registration};

/// The functions of a program while units are exchanged.
pub(super) struct Members<'a> {
    pub(super) program: &'a mut Program,
    pub(super) providers: &'a mut Vec<Provider>,
    pub(super) names: &'a Names,
    pub(super) knowledge: &'a Knowledge,
}

impl Members<'_> {
    /// Adds what a unit defines and calls `now` and did not `before`. Returns what it does not define
    /// any more; `None` when that could mean something else to others.
    pub(super) fn exchange(
        mut self,
        number: u32,
        before: &UnitPart,
        now: &UnitPart,
        moved: &Moved,
    ) -> Option<Vec<FnId>> {
        let was: FxHashMap<Symbol, FunctionFlags> = before.defines.iter().copied().collect();
        let is: FxHashSet<Symbol> = now.defines.iter().map(|it| it.0).collect();
        let mut gone = Vec::new();
        for (symbol, _) in before.defines.iter().filter(|it| !is.contains(&it.0)) {
            let id = *self.program.by_symbol.get(symbol)?;
            let is_own = self.providers[id.0 as usize] == Provider::Unit(number);
            let function = self.program.function(id);
            if symbol.file.is_none() || !is_own || function.tells_of_bug || function.address_taken {
                return None;
            }
            self.providers[id.0 as usize] = Provider::Nobody;
            gone.push(id);
        }
        for (function, (symbol, flags)) in moved.functions.iter().zip(&now.defines) {
            match was.get(symbol) {
                Some(before) if before == flags => {}
                Some(_) => return None,
                None => self.define(number, function)?,
            }
        }
        for it in &now.declares {
            if !self.program.by_symbol.contains_key(&it.symbol) {
                let parameters = it.parameters.iter().copied().map(Some).collect();
                self.add(it.symbol, parameters, it.flags, Provider::Nobody)?;
            }
        }
        // What is called and not declared is there all the same.
        for symbol in moved.functions.iter().flat_map(called) {
            if !self.program.by_symbol.contains_key(&symbol) {
                let flags = FunctionFlags::default();
                self.add(symbol, Vec::new(), flags, Provider::Nobody)?;
            }
        }
        Some(gone)
    }

    fn define(&mut self, number: u32, function: &Function) -> Option<()> {
        if self.program.by_symbol.contains_key(&function.symbol) || function.flags.in_header {
            return None;
        }
        let provider = Provider::Unit(number);
        let parameters = parameters(function);
        self.add(function.symbol, parameters, function.flags, provider)
    }

    /// Adds a function behind all others.
    fn add(
        &mut self,
        symbol: Symbol,
        parameters: Vec<Option<Type>>,
        flags: FunctionFlags,
        provider: Provider,
    ) -> Option<()> {
        let name = self.names.get(symbol.name);
        if self.makes_entries(name) {
            return None;
        }
        let row = self.knowledge.row_of(name);
        let model = row.and_then(|row| self.knowledge.functions.get(row));
        let id = FnId(u32::try_from(self.program.functions.len()).ok()?);
        self.program.functions.push(ProgramFunction {
            symbol,
            body: Body::Nowhere,
            parameters,
            flags,
            row: row.map(str::to_owned),
            opaque: model.is_some_and(|model| !model.enter_body),
            address_taken: false,
            tells_of_bug: false,
        });
        self.program.by_symbol.insert(symbol, id);
        self.providers.push(provider);
        Some(())
    }

    /// Whether the knowledge says of a function that it is an entry, or makes entries of others.
    fn makes_entries(&self, name: &str) -> bool {
        let mut entries = self.knowledge.entries.iter();
        entries.any(|it| match &it.of {
            Registration::Named(names) | Registration::Passed { to: names, .. } => {
                names.iter().any(|it| it == name)
            }
            Registration::Stored(_) => false,
        })
    }
}

impl Program {
    /// Where a function is in the order of all functions of a program that was linked as a whole:
    /// that of their names.
    pub(crate) fn order_of(&self, function: FnId) -> (u32, &str) {
        if function.0 < self.sorted {
            return (2 * function.0 + 1, "");
        }
        let symbol = self.function(function).symbol;
        let name = |symbol: Symbol| {
            let file = symbol.file.map(|file| self.names.get(file));
            (self.names.get(symbol.name), file)
        };
        let sorted = &self.functions[..self.sorted as usize];
        let before = sorted.partition_point(|it| name(it.symbol) < name(symbol));
        let before = u32::try_from(before).expect("fewer than 2^32 functions");
        (2 * before, name(symbol).0)
    }

    /// The place of each function in that order; nothing where all are in it.
    pub(crate) fn ranks(&self) -> Vec<u32> {
        let count = u32::try_from(self.functions.len()).expect("fewer than 2^32 functions");
        if count == self.sorted {
            return Vec::new();
        }
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_by_cached_key(|&it| self.order_of(FnId(it)));
        let mut ranks = vec![0; order.len()];
        for (rank, function) in (0..).zip(order) {
            ranks[function as usize] = rank;
        }
        ranks
    }
}
