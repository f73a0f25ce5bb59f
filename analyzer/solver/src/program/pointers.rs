// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which functions a function pointer can be.
//!
//! Pointers are told apart by the record field, the variable or the parameter they are read from.
//! A function gets there by an initialiser, by a store, or as an argument of a call; a parameter
//! that is stored or passed on hands its functions on (`timer_setup()` stores its callback in a
//! field). No distinction is made between objects of one record type.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use waitctx_model::{
    Callee, FieldId, Function, LocalId, NameId, Place, Projection, Root, Statement, Symbol,
    Terminator, Value,
};

use super::said::AllSaid;
use super::{FnId, Program};

/// Where a function pointer is read from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum PointerKey {
    /// A field of a record.
    Field(FieldId),
    /// A variable with static storage, or an element of it.
    Variable(Symbol),
    /// A parameter.
    Parameter(FnId, u32),
}

/// The functions that pointers can be, sorted.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Targets {
    sets: FxHashMap<PointerKey, Vec<FnId>>,
    /// The functions that initialisers put into fields, and the files of these.
    tables: FxHashMap<PointerKey, Vec<(FnId, NameId)>>,
}

impl Targets {
    /// The functions that a pointer read from `key` can be.
    pub(crate) fn of(&self, key: PointerKey) -> &[FnId] {
        self.sets.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The functions that initialisers put into `key`, each with the file of the initialiser.
    pub(crate) fn tables(&self, key: PointerKey) -> &[(FnId, NameId)] {
        self.tables.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Whether initialisers alone put functions into `key`: it belongs to tables of functions that
    /// nobody changes.
    pub(crate) fn is_of_tables(&self, key: PointerKey) -> bool {
        let tables = self.tables(key);
        let is_there = |it: &FnId| tables.binary_search_by_key(it, |&(it, _)| it).is_ok();
        !tables.is_empty() && self.of(key).iter().all(is_there)
    }

    /// Lets a variable have another name.
    pub(super) fn rename(&mut self, was: Symbol, is: Symbol) {
        let (was, is) = (PointerKey::Variable(was), PointerKey::Variable(is));
        if let Some(set) = self.sets.remove(&was) {
            self.sets.insert(is, set);
        }
        if let Some(table) = self.tables.remove(&was) {
            self.tables.insert(is, table);
        }
    }

    /// Whether it makes no difference that a body says `now` what it says of pointers, instead of what
    /// it said `before`. What nothing gets into may be passed on to anything.
    pub(super) fn bears(&self, before: &Flows, now: &Flows) -> bool {
        let is_in = |key, function: &FnId| self.of(key).binary_search(function).is_ok();
        let goes_on = |&(from, into): &(PointerKey, PointerKey)| {
            self.of(from).iter().all(|function| is_in(into, function))
        };
        let is_empty = |(from, _): &(PointerKey, PointerKey)| self.of(*from).is_empty();
        let fresh = now.pointers.iter();
        let mut fresh = fresh.filter(|it| !before.pointers.contains(it));
        let gone = before.pointers.iter();
        let mut gone = gone.filter(|it| !now.pointers.contains(it));
        before.functions() == now.functions() && fresh.all(goes_on) && gone.all(is_empty)
    }

    /// Computes the targets of all pointers of `program`, and which functions' addresses are taken.
    pub(super) fn compute(program: &mut Program, said: &mut AllSaid) {
        let mut flows = Flows::default();
        let mut tables: FxHashMap<PointerKey, Vec<(FnId, NameId)>> = FxHashMap::default();
        for it in &program.initialisers {
            if let Some(&target) = program.by_symbol.get(&it.target) {
                let key = match it.field {
                    Some(field) => PointerKey::Field(field),
                    None => PointerKey::Variable(it.variable),
                };
                flows.function(target, key);
                tables.entry(key).or_default().push((target, it.span.file));
            }
        }
        for (_, said) in said.iter_mut() {
            flows.functions.append(&mut said.flows.functions);
            flows.pointers.append(&mut said.flows.pointers);
        }
        let (sets, taken) = flows.solve();
        for id in taken {
            program.functions[id.0 as usize].address_taken = true;
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is sorted on its own")]
        for table in tables.values_mut() {
            table.sort_unstable();
            table.dedup();
        }
        program.targets = Self { sets, tables };
    }
}

/// Which functions and which other pointers get into a pointer.
#[derive(Default)]
pub(super) struct Flows {
    functions: Vec<(FnId, PointerKey)>,
    pointers: Vec<(PointerKey, PointerKey)>,
}

impl Flows {
    /// What one body says.
    pub(super) fn of(program: &Program, id: FnId, body: &Function) -> Self {
        let mut flows = Self::default();
        flows.body(program, id, body);
        flows
    }

    fn functions(&self) -> Vec<(FnId, PointerKey)> {
        let mut functions = self.functions.clone();
        functions.sort_unstable();
        functions.dedup();
        functions
    }

    fn function(&mut self, function: FnId, into: PointerKey) {
        self.functions.push((function, into));
    }

    fn body(&mut self, program: &Program, id: FnId, body: &Function) {
        let parameter = |local: LocalId| {
            (local.0 < body.parameters).then_some(PointerKey::Parameter(id, local.0))
        };
        let variables = functions_in_variables(body);
        for block in &body.blocks {
            for statement in &block.statements {
                match statement {
                    Statement::Assign { place, value } => {
                        if let Some(key) = key_of_place(place, &parameter) {
                            self.value(program, value, key, &parameter);
                        }
                    }
                    Statement::Call(call) => {
                        let Callee::Direct(symbol) = call.callee else {
                            continue;
                        };
                        let Some(&callee) = program.by_symbol.get(&symbol) else {
                            continue;
                        };
                        for (index, arg) in call.args.iter().enumerate() {
                            let index = u32::try_from(index).expect("few arguments");
                            let key = PointerKey::Parameter(callee, index);
                            self.value(program, arg, key, &parameter);
                            for symbol in variables.iter().filter(|it| is_read(arg, it.0)) {
                                self.value(program, &Value::Function(symbol.1), key, &parameter);
                            }
                        }
                    }
                }
            }
            if let Terminator::Return {
                value: Some(Value::Function(symbol)),
                ..
            } = &block.end
                && let Some(&target) = program.by_symbol.get(symbol)
            {
                // Nobody follows returned functions; that its address is taken is still known.
                self.function(target, PointerKey::Parameter(target, u32::MAX));
            }
        }
    }

    fn value(
        &mut self,
        program: &Program,
        value: &Value,
        into: PointerKey,
        parameter: &dyn Fn(LocalId) -> Option<PointerKey>,
    ) {
        match value {
            Value::Function(symbol) => {
                if let Some(&target) = program.by_symbol.get(symbol) {
                    self.function(target, into);
                }
            }
            Value::Read(place) => {
                if let Some(from) = key_of_place(place, parameter)
                    && from != into
                {
                    // Only parameters hand on: whole-program copies between fields of one type
                    // would make every pointer of that type mean the same.
                    if matches!(from, PointerKey::Parameter(..)) {
                        self.pointers.push((from, into));
                    }
                }
            }
            Value::Select(_, a, b) => {
                self.value(program, a, into, parameter);
                self.value(program, b, into, parameter);
            }
            _ => {}
        }
    }

    fn solve(self) -> (FxHashMap<PointerKey, Vec<FnId>>, Vec<FnId>) {
        let mut next: FxHashMap<PointerKey, Vec<PointerKey>> = FxHashMap::default();
        for (from, into) in self.pointers {
            next.entry(from).or_default().push(into);
        }
        let mut taken: Vec<FnId> = self.functions.iter().map(|&(id, _)| id).collect();
        taken.sort_unstable();
        taken.dedup();
        let mut seen: FxHashSet<(FnId, PointerKey)> = FxHashSet::default();
        let mut sets: FxHashMap<PointerKey, Vec<FnId>> = FxHashMap::default();
        let mut queue = self.functions;
        while let Some((function, key)) = queue.pop() {
            if !seen.insert((function, key)) {
                continue;
            }
            sets.entry(key).or_default().push(function);
            for &into in next.get(&key).map_or(&[][..], Vec::as_slice) {
                queue.push((function, into));
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "each set is sorted on its own")]
        for set in sets.values_mut() {
            set.sort_unstable();
        }
        (sets, taken)
    }
}

/// The functions that a body puts into its own variables, which it may pass on.
fn functions_in_variables(body: &Function) -> Vec<(LocalId, Symbol)> {
    let statements = body.blocks.iter().flat_map(|block| &block.statements);
    let stored = statements.filter_map(|it| match it {
        Statement::Assign {
            place,
            value: Value::Function(symbol),
        } => match place.root {
            Root::Local(local) if place.path.is_empty() => Some((local, *symbol)),
            _ => None,
        },
        _ => None,
    });
    stored.collect()
}

fn is_read(value: &Value, local: LocalId) -> bool {
    matches!(value, Value::Read(place) if *place == Place::local(local))
}

/// The pointer that a place is: its last field, else the variable or parameter it starts at.
pub(crate) fn key_of_place(
    place: &Place,
    parameter: &dyn Fn(LocalId) -> Option<PointerKey>,
) -> Option<PointerKey> {
    if let Some(field) = last_field(place) {
        return Some(PointerKey::Field(field));
    }
    match &place.root {
        Root::Global(symbol) => Some(PointerKey::Variable(*symbol)),
        Root::Local(local) => parameter(*local),
        Root::Target(_) => None,
    }
}

/// The last field on the way to a place.
pub(crate) fn last_field(place: &Place) -> Option<FieldId> {
    place.path.iter().rev().find_map(|step| match step {
        Projection::Field(field) => Some(*field),
        Projection::Deref | Projection::Index => None,
    })
}
