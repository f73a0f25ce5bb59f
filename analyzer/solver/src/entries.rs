// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions that are entered in a context of their own: handlers and callbacks.
//!
//! Who calls them is outside the program, or calls so many of them that a call says nothing of any
//! one. What is known is how they become what they are: they are stored in a field, or passed to a
//! function that keeps them. Wrappers that pass a parameter on are followed, with the test of
//! another argument that decides the context (interrupt flags, timer modes).

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use waitctx_model::{
    BinaryOp, Call, Callee, FieldId, Function, LocalId, NameId, Place, Projection, Root, Span,
    Statement, Symbol, Value,
};

use crate::program::{FnId, Program};
use crate::{ArgumentSelector, ArgumentTest, Knowledge, Registration};

/// A function, and one of the ways in which it is entered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entered {
    /// The function.
    pub(crate) function: FnId,
    /// Index in [`Knowledge::entries`].
    pub(crate) entry: usize,
    /// The first place that makes it so, in the order of files.
    pub(crate) place: EntryPlace,
}

/// Where a function is registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Through {
    /// Being stored there.
    Field(FieldId),
    /// Being passed to it.
    Function(FnId),
    /// What it is.
    Name,
}

/// All entries of a program, sorted by function and kind.
pub(crate) fn find(program: &Program, knowledge: &Knowledge) -> Vec<Entered> {
    let mut search = Search {
        program,
        calls: direct_calls(program, knowledge),
        found: Vec::new(),
        sinks: Vec::new(),
        seen: FxHashSet::default(),
    };
    for (entry, it) in knowledge.entries.iter().enumerate() {
        match &it.of {
            Registration::Named(names) => search.named(entry, names),
            Registration::Stored(fields) => {
                for field in fields.iter().filter_map(|name| program.field(name)) {
                    search.stored(entry, field);
                }
            }
            Registration::Passed {
                to,
                argument,
                field,
                only_if,
            } => {
                let Some(wants) = (match field {
                    None => Some(Wants::Function),
                    Some(name) => program.field(name).map(Wants::ObjectWith),
                }) else {
                    continue;
                };
                for function in functions_called(program, to) {
                    search.sink(Sink {
                        function,
                        argument: *argument,
                        entry,
                        wants,
                        only_if: only_if.clone(),
                    });
                }
            }
        }
    }
    search.follow();
    search.finish(knowledge)
}

/// A function that keeps what it is passed as an argument.
#[derive(Clone)]
struct Sink {
    function: FnId,
    argument: usize,
    entry: usize,
    wants: Wants,
    only_if: Option<ArgumentTest>,
}

/// What a [`Sink`] is passed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Wants {
    /// The function.
    Function,
    /// A pointer to an object that has the function in this field.
    ObjectWith(FieldId),
}

struct Search<'a> {
    program: &'a Program,
    calls: FxHashMap<FnId, Vec<(FnId, &'a Call)>>,
    found: Vec<Entered>,
    sinks: Vec<Sink>,
    /// Sinks that have been followed: the test takes part by its argument only.
    seen: FxHashSet<(FnId, usize, usize, Wants, Option<usize>)>,
}

impl<'a> Search<'a> {
    fn named(&mut self, entry: usize, names: &[String]) {
        for function in functions_called(self.program, names) {
            if let Some(span) = self.program.function(function).span() {
                self.found.push(Entered {
                    function,
                    entry,
                    place: EntryPlace {
                        span,
                        by: None,
                        through: Through::Name,
                        via_macro: None,
                    },
                });
            }
        }
    }

    /// Initialisers of a field, and assignments to it.
    fn stored(&mut self, entry: usize, field: FieldId) {
        let program = self.program;
        for it in &program.initialisers {
            if it.field == Some(field)
                && let Some(&function) = program.by_symbol.get(&it.target)
            {
                self.found.push(Entered {
                    function,
                    entry,
                    place: EntryPlace {
                        span: it.span,
                        by: None,
                        through: Through::Field(field),
                        via_macro: None,
                    },
                });
            }
        }
        for (by, body) in bodies(program) {
            for (place, value) in assignments(body) {
                if last_field(place) == Some(field) {
                    let place = EntryPlace {
                        span: body.span,
                        by: Some(by),
                        through: Through::Field(field),
                        via_macro: None,
                    };
                    self.value(entry, by, body, value, &place);
                }
            }
        }
    }

    /// Takes in what is stored or passed: a function, or a parameter to be followed.
    fn value(
        &mut self,
        entry: usize,
        by: FnId,
        body: &Function,
        value: &Value,
        place: &EntryPlace,
    ) {
        match value {
            Value::Function(symbol) => {
                if let Some(&function) = self.program.by_symbol.get(symbol) {
                    self.found.push(Entered {
                        function,
                        entry,
                        place: place.clone(),
                    });
                }
            }
            Value::Select(_, a, b) => {
                self.value(entry, by, body, a, place);
                self.value(entry, by, body, b, place);
            }
            Value::Read(read) => {
                if let Some(argument) = parameter(body, read) {
                    self.sink(Sink {
                        function: by,
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

    fn sink(&mut self, sink: Sink) {
        let test = sink.only_if.as_ref().and_then(|test| match test.argument {
            ArgumentSelector::Index(index) => Some(index),
            ArgumentSelector::Typed(_) => None,
        });
        let key = (sink.function, sink.argument, sink.entry, sink.wants, test);
        if self.seen.insert(key) {
            self.sinks.push(sink);
        }
    }

    /// Follows all sinks to what is passed to them, and to the sinks that wrappers of them are.
    fn follow(&mut self) {
        while let Some(sink) = self.sinks.pop() {
            let calls = self.calls.get(&sink.function).cloned().unwrap_or_default();
            for (by, call) in calls {
                self.passed(&sink, by, call);
            }
        }
    }

    fn passed(&mut self, sink: &Sink, by: FnId, call: &'a Call) {
        let program = self.program;
        let (Some(body), Some(value)) = (
            program.function(by).whole_body(),
            call.args.get(sink.argument),
        ) else {
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
            by: Some(by),
            through: Through::Function(sink.function),
            via_macro: call.via_macro,
        };
        match sink.wants {
            Wants::Function => {
                if only_if.is_none() || matches!(value, Value::Read(_)) {
                    self.handed_on(sink, by, body, value, only_if, &place);
                }
            }
            Wants::ObjectWith(field) => {
                let object = match value {
                    Value::AddressOf(object) => object.clone(),
                    Value::Read(pointer) => {
                        if let Some(argument) = parameter(body, pointer) {
                            self.sink(Sink {
                                function: by,
                                argument,
                                only_if,
                                ..sink.clone()
                            });
                            return;
                        }
                        pointer.clone().then(Projection::Deref)
                    }
                    _ => return,
                };
                let undecided = only_if.is_some_and(|test| test.proof);
                if !undecided {
                    self.in_object(sink.entry, by, body, &object, field, &place);
                }
            }
        }
    }

    fn handed_on(
        &mut self,
        sink: &Sink,
        by: FnId,
        body: &Function,
        value: &Value,
        only_if: Option<ArgumentTest>,
        place: &EntryPlace,
    ) {
        if let Value::Read(read) = value
            && let Some(argument) = parameter(body, read)
        {
            self.sink(Sink {
                function: by,
                argument,
                only_if,
                ..sink.clone()
            });
            return;
        }
        if only_if.is_none_or(|test| !test.proof) {
            self.value(sink.entry, by, body, value, place);
        }
    }

    /// What is in a field of an object: by its initialiser, or as the function that passes it has
    /// assigned.
    fn in_object(
        &mut self,
        entry: usize,
        by: FnId,
        body: &Function,
        object: &Place,
        field: FieldId,
        place: &EntryPlace,
    ) {
        let program = self.program;
        if let Root::Global(variable) = object.root {
            let of_variable = program
                .initialisers
                .iter()
                .filter(|it| it.variable == variable && it.field == Some(field));
            let targets: Vec<Symbol> = of_variable.map(|it| it.target).collect();
            // Of several such objects in one variable nobody knows which is meant.
            if let [target] = targets[..]
                && let Some(&function) = program.by_symbol.get(&target)
            {
                self.found.push(Entered {
                    function,
                    entry,
                    place: place.clone(),
                });
            }
        }
        for (stored, value) in assignments(body) {
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
                self.value(entry, by, body, value, place);
            }
        }
    }

    /// Each function once for each kind of entry and each group, with its first place.
    fn finish(mut self, knowledge: &Knowledge) -> Vec<Entered> {
        let names = &self.program.names;
        self.found.sort_by_cached_key(|it| {
            let span = &it.place.span;
            let file = names.get(span.file).to_owned();
            (it.function, it.entry, file, span.line, span.column)
        });
        self.found.dedup_by_key(|it| (it.function, it.entry));
        let mut groups = FxHashSet::default();
        self.found.retain(|it| {
            let group = knowledge.entries[it.entry].group.as_ref();
            group.is_none_or(|group| groups.insert((it.function, group)))
        });
        self.found
    }
}

/// What a test of an argument comes to at a call.
enum Decision {
    Holds,
    Fails,
    /// The calling function passes a parameter on.
    CallersDecide(ArgumentTest),
}

fn decide(
    program: &Program,
    callee: FnId,
    body: &Function,
    call: &Call,
    test: &ArgumentTest,
) -> Decision {
    let unknown = if test.proof {
        Decision::Fails
    } else {
        Decision::Holds
    };
    let position = match &test.argument {
        ArgumentSelector::Index(index) => Some(*index),
        ArgumentSelector::Typed(name) => program.names.find(name).and_then(|name| {
            let parameters = &program.function(callee).parameters;
            let is_it = |ty: &Option<waitctx_model::Type>| ty.is_some_and(|ty| ty.name == name);
            parameters.iter().position(is_it)
        }),
    };
    let Some(value) = position.and_then(|index| call.args.get(index)) else {
        return unknown;
    };
    let (ones, maybe) = bits(value);
    if ones & test.clear != 0 {
        return if test.set {
            Decision::Fails
        } else {
            Decision::Holds
        };
    }
    let (surely, possibly) = if test.all {
        (
            ones & test.mask == test.mask,
            maybe & test.mask == test.mask,
        )
    } else {
        (ones & test.mask != 0, maybe & test.mask != 0)
    };
    match (surely, possibly, test.set) {
        (true, _, true) | (false, false, false) => Decision::Holds,
        (false, false, true) | (true, _, false) => Decision::Fails,
        (false, true, _) => match forwarded(body, value) {
            Some(index) => Decision::CallersDecide(ArgumentTest {
                argument: ArgumentSelector::Index(index),
                ..test.clone()
            }),
            None => unknown,
        },
    }
}

/// The bits that are surely set in a value, and those that may be.
fn bits(value: &Value) -> (i64, i64) {
    match value {
        Value::Const(value) | Value::Option { value, .. } => (*value, *value),
        Value::Binary(BinaryOp::Or, a, b) => {
            let ((ones_a, maybe_a), (ones_b, maybe_b)) = (bits(a), bits(b));
            (ones_a | ones_b, maybe_a | maybe_b)
        }
        Value::Binary(BinaryOp::And, a, b) => {
            let ((ones_a, maybe_a), (ones_b, maybe_b)) = (bits(a), bits(b));
            (ones_a & ones_b, maybe_a & maybe_b)
        }
        Value::Select(_, a, b) => {
            let ((ones_a, maybe_a), (ones_b, maybe_b)) = (bits(a), bits(b));
            (ones_a & ones_b, maybe_a | maybe_b)
        }
        _ => (0, -1),
    }
}

/// The parameter whose bits a value has, whatever is added to them.
fn forwarded(body: &Function, value: &Value) -> Option<usize> {
    match value {
        Value::Read(place) => parameter(body, place),
        Value::Binary(BinaryOp::Or, a, b) => forwarded(body, a).or_else(|| forwarded(body, b)),
        _ => None,
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

/// The field that a place ends in.
fn last_field(place: &Place) -> Option<FieldId> {
    place.path.iter().rev().find_map(|step| match step {
        Projection::Field(field) => Some(*field),
        Projection::Deref | Projection::Index => None,
    })
}

fn bodies(program: &Program) -> impl Iterator<Item = (FnId, &Function)> {
    program
        .functions
        .iter()
        .enumerate()
        .filter_map(|(index, it)| {
            let id = FnId(u32::try_from(index).expect("fewer than 2^32 functions"));
            Some((id, it.whole_body()?))
        })
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
    let names: Vec<NameId> = names
        .iter()
        .filter_map(|name| program.names.find(name))
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    (0..program.functions.len())
        .map(|index| FnId(u32::try_from(index).expect("fewer than 2^32 functions")))
        .filter(|&id| names.contains(&program.function(id).symbol.name))
        .collect()
}

/// The direct calls of a program by callee, unless nothing is going to be looked up.
fn direct_calls<'a>(
    program: &'a Program,
    knowledge: &Knowledge,
) -> FxHashMap<FnId, Vec<(FnId, &'a Call)>> {
    let mut calls: FxHashMap<FnId, Vec<(FnId, &Call)>> = FxHashMap::default();
    if knowledge.entries.is_empty() {
        return calls;
    }
    for (by, body) in bodies(program) {
        for statement in body.blocks.iter().flat_map(|block| &block.statements) {
            if let Statement::Call(call) = statement
                && let Callee::Direct(symbol) = &call.callee
                && let Some(&callee) = program.by_symbol.get(symbol)
            {
                calls.entry(callee).or_default().push((by, call));
            }
        }
    }
    calls
}
