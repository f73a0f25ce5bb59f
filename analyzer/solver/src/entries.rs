// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions that are entered in a context of their own: handlers and callbacks.
//!
//! Who calls them is outside the program, or calls so many of them that a call says nothing of any
//! one. What is known is how they become what they are: they are stored in a field, or passed to a
//! function that keeps them. Wrappers that pass a parameter on are followed, with the test of
//! another argument that decides the context (interrupt flags, timer modes).

mod decision;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use waitctx_model::{
    Call, Callee, FieldId, Function, LocalId, NameId, Place, Projection, Root, Span, Statement,
    Symbol, Value,
};

use self::decision::{Decision, decide};
use crate::program::{AllSaid, FnId, Program, ProgramFunction, last_field};
use crate::{ArgumentSelector, ArgumentTest, Knowledge, Registration};

/// A function, and one of the ways in which it is entered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Entered {
    /// The function.
    pub(crate) function: FnId,
    /// Index in [`Knowledge::entries`].
    pub(crate) entry: usize,
    /// The first place that makes it so, in the order of files.
    pub(crate) place: EntryPlace,
}

/// Where a function is registered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct EntryPlace {
    /// The initialiser, the call, or the name of the function with the assignment.
    pub(crate) span: Span,
    /// The function that registers it, if one does.
    pub(crate) by: Option<FnId>,
    /// The field that it is stored in, or the function that takes it.
    pub(crate) through: Through,
    /// The macro that the programmer wrote there.
    pub(crate) via_macro: Option<NameId>,
}

/// What makes a function an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Through {
    /// Being stored there.
    Field(FieldId),
    /// Being passed to it.
    Function(FnId),
    /// What it is.
    Name,
}

/// The entries of a program, and what they were found by.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Search {
    /// By function, if it registers any: the entries that are registered there.
    registered: FxHashMap<FnId, Vec<Entered>>,
    /// What keeps what it is passed.
    sinks: Vec<Sink>,
}

/// What one body says of entries.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Registrations {
    entered: Vec<Entered>,
    sinks: Vec<Sink>,
}

impl Search {
    /// Looks through a program, all of whose bodies have been looked at.
    pub(crate) fn of(program: &Program, said: &mut AllSaid, knowledge: &Knowledge) -> Self {
        let mut search = Self::default();
        let mut waiting: Vec<Sink> = Vec::new();
        let mut seen = FxHashSet::default();
        let mut take_in = |by: FnId, it: Registrations, search: &mut Self| {
            if !it.entered.is_empty() {
                search.registered.entry(by).or_default().extend(it.entered);
            }
            let fresh = it.sinks.into_iter().filter(|it| seen.insert(it.key()));
            fresh.collect::<Vec<_>>()
        };
        for (by, said) in said.iter_mut() {
            let found = std::mem::take(&mut said.registrations);
            waiting.extend(take_in(by, found, &mut search));
        }
        waiting.extend(take_in(
            FnId(0),
            Registrations {
                entered: Vec::new(),
                sinks: passed_to(program, knowledge),
            },
            &mut search,
        ));
        let callers = said.callers();
        while let Some(sink) = waiting.pop() {
            for &by in callers.get(&sink.function).map_or(&[][..], Vec::as_slice) {
                let Some(body) = program.body(by) else {
                    continue;
                };
                let mut looking = Looking::new(program, by, &body);
                let calls = calls(program, &body).filter(|it| it.0 == sink.function);
                for (_, call) in calls {
                    looking.passed(&sink, call);
                }
                waiting.extend(take_in(by, looking.found, &mut search));
            }
            search.sinks.push(sink);
        }
        search
    }

    /// What a body says, given all that keeps what it is passed.
    pub(crate) fn registrations(
        &self,
        program: &Program,
        stored: &Stored,
        by: FnId,
        body: &Function,
    ) -> Registrations {
        let mut looking = Looking::new(program, by, body);
        looking.found = stored.registrations(program, by, body);
        for (callee, call) in calls(program, body) {
            for sink in self.sinks.iter().filter(|it| it.function == callee) {
                looking.passed(sink, call);
            }
        }
        looking.found
    }

    /// Says anew what a body says, which differs in places only.
    pub(crate) fn replace(&mut self, by: FnId, with: Registrations) {
        if with.entered.is_empty() {
            self.registered.remove(&by);
        } else {
            self.registered.insert(by, with.entered);
        }
    }

    /// All entries, sorted by function and kind: each function once for each kind of entry and each
    /// group, with its first place.
    pub(crate) fn entries(&self, program: &Program, knowledge: &Knowledge) -> Vec<Entered> {
        let mut found = declared(program, knowledge);
        #[expect(clippy::iter_over_hash_type, reason = "they are sorted below")]
        for entered in self.registered.values() {
            found.extend(entered.iter().cloned());
        }
        let names = &program.names;
        found.sort_by_cached_key(|it| {
            let span = &it.place.span;
            let file = names.get(span.file).to_owned();
            let place = (file, span.line, span.column, it.place.by, it.place.through);
            (it.function, it.entry, place)
        });
        found.dedup_by_key(|it| (it.function, it.entry));
        let mut groups = FxHashSet::default();
        found.retain(|it| {
            let group = knowledge.entries[it.entry].group.as_ref();
            group.is_none_or(|group| groups.insert((it.function, group)))
        });
        found
    }
}

impl Registrations {
    /// The same without places.
    pub(crate) fn anywhere(mut self) -> Self {
        for it in &mut self.entered {
            it.place.span = Span {
                line: 0,
                column: 0,
                end_line: 0,
                end_column: 0,
                ..it.place.span
            };
        }
        self
    }
}

/// The fields that make entries of what is stored in them, and which.
pub(crate) struct Stored(FxHashMap<FieldId, Vec<usize>>);

impl Stored {
    pub(crate) fn new(program: &Program, knowledge: &Knowledge) -> Self {
        let mut stored: FxHashMap<FieldId, Vec<usize>> = FxHashMap::default();
        for (entry, it) in knowledge.entries.iter().enumerate() {
            if let Registration::Stored(fields) = &it.of {
                for field in fields.iter().filter_map(|name| program.field(name)) {
                    stored.entry(field).or_default().push(entry);
                }
            }
        }
        Self(stored)
    }

    /// What a body says by storing functions in such fields.
    pub(crate) fn registrations(
        &self,
        program: &Program,
        by: FnId,
        body: &Function,
    ) -> Registrations {
        let mut looking = Looking::new(program, by, body);
        looking.stored(self);
        looking.found
    }

    /// The kinds of entry that are made of what is stored in a field.
    fn of(&self, field: FieldId) -> &[usize] {
        self.0.get(&field).map_or(&[], Vec::as_slice)
    }
}

/// What the knowledge says of functions that keep what they are passed.
fn passed_to(program: &Program, knowledge: &Knowledge) -> Vec<Sink> {
    let mut sinks = Vec::new();
    for (entry, it) in knowledge.entries.iter().enumerate() {
        let Registration::Passed {
            to,
            argument,
            field,
            only_if,
        } = &it.of
        else {
            continue;
        };
        let wants = match field {
            None => Some(Wants::Function),
            Some(name) => program.field(name).map(Wants::ObjectWith),
        };
        let Some(wants) = wants else {
            continue;
        };
        for function in functions_called(program, to) {
            sinks.push(Sink {
                function,
                argument: *argument,
                entry,
                wants,
                only_if: only_if.clone(),
            });
        }
    }
    sinks
}

/// Entries by their names, and by initialisers.
fn declared(program: &Program, knowledge: &Knowledge) -> Vec<Entered> {
    let mut found = Vec::new();
    let mut add = |function, entry, span, through| {
        let place = EntryPlace {
            span,
            by: None,
            through,
            via_macro: None,
        };
        found.push(Entered {
            function,
            entry,
            place,
        });
    };
    for (entry, it) in knowledge.entries.iter().enumerate() {
        if let Registration::Named(names) = &it.of {
            for function in functions_called(program, names) {
                if let Some(span) = program.function(function).span() {
                    add(function, entry, span, Through::Name);
                }
            }
        }
    }
    let stored = Stored::new(program, knowledge);
    for it in &program.initialisers {
        if let Some(field) = it.field
            && let Some(&function) = program.by_symbol.get(&it.target)
        {
            for &entry in stored.of(field) {
                add(function, entry, it.span, Through::Field(field));
            }
        }
    }
    found
}

/// A function that keeps what it is passed as an argument.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Sink {
    function: FnId,
    argument: usize,
    entry: usize,
    wants: Wants,
    only_if: Option<ArgumentTest>,
}

impl Sink {
    /// What tells sinks apart: the test takes part by its argument only.
    fn key(&self) -> (FnId, usize, usize, Wants, Option<usize>) {
        let test = self.only_if.as_ref().and_then(|test| match test.argument {
            ArgumentSelector::Index(index) => Some(index),
            ArgumentSelector::Typed(_) => None,
        });
        (self.function, self.argument, self.entry, self.wants, test)
    }
}

/// What a [`Sink`] is passed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
enum Wants {
    /// The function.
    Function,
    /// A pointer to an object that has the function in this field.
    ObjectWith(FieldId),
}

/// Looks through one body.
struct Looking<'a> {
    program: &'a Program,
    by: FnId,
    body: &'a Function,
    found: Registrations,
}

impl<'a> Looking<'a> {
    fn new(program: &'a Program, by: FnId, body: &'a Function) -> Self {
        Self {
            program,
            by,
            body,
            found: Registrations::default(),
        }
    }

    /// Assignments to fields that make entries.
    fn stored(&mut self, stored: &Stored) {
        let body = self.body;
        for (place, value) in assignments(body) {
            let Some(field) = last_field(place) else {
                continue;
            };
            for &entry in stored.of(field) {
                let place = EntryPlace {
                    span: body.span,
                    by: Some(self.by),
                    through: Through::Field(field),
                    via_macro: None,
                };
                self.value(entry, value, &place);
            }
        }
    }

    fn enter(&mut self, entry: usize, symbol: &Symbol, place: &EntryPlace) {
        if let Some(&function) = self.program.by_symbol.get(symbol) {
            self.found.entered.push(Entered {
                function,
                entry,
                place: place.clone(),
            });
        }
    }

    /// Takes in what is stored or passed: a function, or a parameter to be followed.
    fn value(&mut self, entry: usize, value: &Value, place: &EntryPlace) {
        match value {
            Value::Function(symbol) => self.enter(entry, symbol, place),
            Value::Select(_, a, b) => {
                self.value(entry, a, place);
                self.value(entry, b, place);
            }
            Value::Read(read) => {
                if let Some(argument) = parameter(self.body, read) {
                    self.found.sinks.push(Sink {
                        function: self.by,
                        argument,
                        entry,
                        wants: Wants::Function,
                        only_if: None,
                    });
                }
            }
            _ => {}
        }
    }

    /// Hands a sink on to those who call the function: it passes a parameter of its own.
    fn hand_on(&mut self, sink: &Sink, argument: usize, only_if: Option<ArgumentTest>) {
        self.found.sinks.push(Sink {
            function: self.by,
            argument,
            only_if,
            ..sink.clone()
        });
    }

    /// What is passed to a sink, which may make one of the function that passes it.
    fn passed(&mut self, sink: &Sink, call: &Call) {
        let (program, body) = (self.program, self.body);
        let Some(value) = call.args.get(sink.argument) else {
            return;
        };
        let only_if = match &sink.only_if {
            None => None,
            Some(test) => match decide(program, sink.function, body, call, test) {
                Decision::Holds => None,
                Decision::Fails => return,
                Decision::CallersDecide(test) => Some(test),
            },
        };
        let place = EntryPlace {
            span: call.span,
            by: Some(self.by),
            through: Through::Function(sink.function),
            via_macro: call.via_macro,
        };
        let undecided = only_if.as_ref().is_some_and(|test| test.proof);
        match sink.wants {
            Wants::Function => {
                if let Value::Read(read) = value
                    && let Some(argument) = parameter(body, read)
                {
                    self.hand_on(sink, argument, only_if);
                } else if only_if.is_none() || matches!(value, Value::Read(_)) && !undecided {
                    self.value(sink.entry, value, &place);
                }
            }
            Wants::ObjectWith(field) => {
                let object = match value {
                    Value::AddressOf(object) => object.clone(),
                    Value::Read(pointer) => {
                        if let Some(argument) = parameter(body, pointer) {
                            self.hand_on(sink, argument, only_if);
                            return;
                        }
                        pointer.clone().then(Projection::Deref)
                    }
                    _ => return,
                };
                if !undecided {
                    self.in_object(sink.entry, &object, field, &place);
                }
            }
        }
    }

    /// What is in a field of an object: by its initialiser, or as the function that passes it has
    /// assigned.
    fn in_object(&mut self, entry: usize, object: &Place, field: FieldId, place: &EntryPlace) {
        let program = self.program;
        if let Root::Global(variable) = object.root {
            let of_variable = program
                .initialisers
                .iter()
                .filter(|it| it.variable == variable && it.field == Some(field));
            let targets: Vec<Symbol> = of_variable.map(|it| it.target).collect();
            // Of several such objects in one variable nobody knows which is meant.
            if let [target] = targets[..] {
                self.enter(entry, &target, place);
            }
        }
        for (stored, value) in assignments(self.body) {
            let Some((Projection::Field(last), path)) = stored.path.split_last() else {
                continue;
            };
            let same = stored.root == object.root && path == object.path;
            // The same member of what a function looked up twice.
            let alike = match (path.last(), object.path.last()) {
                (Some(Projection::Field(a)), Some(Projection::Field(b))) => a == b,
                _ => false,
            };
            if *last == field && (same || alike) {
                self.value(entry, value, place);
            }
        }
    }
}

/// The parameter that a place is.
fn parameter(body: &Function, place: &Place) -> Option<usize> {
    match place.root {
        Root::Local(LocalId(index)) if place.path.is_empty() && index < body.parameters => {
            Some(index as usize)
        }
        _ => None,
    }
}

fn assignments(body: &Function) -> impl Iterator<Item = (&Place, &Value)> {
    let statements = body.blocks.iter().flat_map(|block| &block.statements);
    statements.filter_map(|statement| match statement {
        Statement::Assign { place, value } => Some((place, value)),
        Statement::Call(_) => None,
    })
}

/// The functions of the program that have one of these names.
fn functions_called(program: &Program, names: &[String]) -> Vec<FnId> {
    let mut found = Vec::new();
    for name in names {
        // They are sorted by their names.
        let of = |function: &ProgramFunction| program.names.get(function.symbol.name);
        let sorted = &program.functions[..program.sorted as usize];
        let first = sorted.partition_point(|it| of(it) < name.as_str());
        let same = sorted[first..].iter().take_while(|it| of(it) == name);
        let ids = (first..).zip(same).map(|(index, _)| index);
        found.extend(ids.map(|id| FnId(u32::try_from(id).expect("fewer than 2^32 functions"))));
    }
    found
}

/// The calls of a body by name, with what is called.
fn calls<'a>(program: &'a Program, body: &'a Function) -> impl Iterator<Item = (FnId, &'a Call)> {
    let statements = body.blocks.iter().flat_map(|block| &block.statements);
    statements.filter_map(|statement| match statement {
        Statement::Call(call) => match &call.callee {
            Callee::Direct(symbol) => Some((*program.by_symbol.get(symbol)?, call)),
            Callee::Pointer { .. } => None,
        },
        Statement::Assign { .. } => None,
    })
}
