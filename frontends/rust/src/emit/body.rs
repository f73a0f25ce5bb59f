// SPDX-License-Identifier: MIT OR Apache-2.0
//! One body as a function of the model.
//!
//! A record is passed by a pointer to it, and returned through a pointer that is the last argument;
//! an enum's function also returns which variant it is, so that callers can tell the ways apart.

use std::rc::Rc;

use proc_macro2::Span;
use waitctx_model as model;
use waitctx_model::{BinaryOp, Symbol, Terminator};

use super::{Emitter, Instance};
use crate::drops;
use crate::items::{Container, ModId};
use crate::layout::{Form, Tag};
use crate::mir::{
    BlockId, Body, Call, Callee, End, LocalId, Place, RESULT, Statement, Step, Value,
};
use crate::ty::{Args, Ty};

/// Lowers one body.
pub(super) struct Lowering<'a> {
    pub(super) emitter: &'a mut Emitter,
    pub(super) body: &'a Body,
    pub(super) module: ModId,
    pub(super) locals: Vec<model::Local>,
    blocks: Vec<model::Block>,
    current: usize,
    /// The model's local of each local.
    pub(super) numbers: Vec<u32>,
    /// Whether a local is behind a pointer: a record that was passed or is returned.
    pub(super) behind: Vec<bool>,
    is_library: bool,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(emitter: &'a mut Emitter, body: &'a Body, module: ModId) -> Self {
        let krate = emitter.cx.modules.get(module).krate;
        let is_library = emitter.cx.crates.get(krate).is_library;
        Self {
            emitter,
            body,
            module,
            locals: Vec::new(),
            blocks: Vec::new(),
            current: 0,
            numbers: Vec::new(),
            behind: Vec::new(),
            is_library,
        }
    }

    pub(super) fn run(
        &mut self,
        symbol: Symbol,
        span: Span,
        result: &Ty,
        init: bool,
    ) -> model::Function {
        let returns_record = self.form(result) == Form::Record;
        let count = self.body.locals.len();
        self.numbers = vec![0; count];
        self.behind = vec![false; count];
        let parameters = self.body.parameters as usize;
        for index in 1..=parameters {
            let ty = self.body.locals[index].ty.clone();
            let is_record = self.form(&ty) == Form::Record;
            self.add_local(index, is_record);
        }
        if returns_record {
            self.add_local(0, true);
        }
        let model_parameters = u32::try_from(self.locals.len()).expect("few parameters");
        if !returns_record {
            self.add_local(0, false);
        }
        for index in parameters + 1..count {
            self.add_local(index, false);
        }
        let reachable = drops::reachable(self.body);
        for _ in &self.body.blocks {
            self.blocks.push(model::Block {
                statements: Vec::new(),
                end: Terminator::Unreachable,
            });
        }
        for (index, block) in self.body.blocks.iter().enumerate() {
            if !reachable[index] {
                continue;
            }
            self.current = index;
            for statement in &block.statements {
                self.statement(statement);
            }
            let end = self.end(&block.end, result);
            self.blocks[self.current].end = end;
        }
        let result = match self.form(result) {
            Form::Empty => None,
            Form::Record => match self.tag_of(result) {
                Some(Tag::Field) => Some(self.emitter.number_type()),
                _ => None,
            },
            _ => Some(self.emitter.model_type(result)),
        };
        let span = self.emitter.span(span, self.module);
        let mut function = model::Function {
            symbol,
            span,
            flags: model::FunctionFlags {
                init,
                ..model::FunctionFlags::default()
            },
            parameters: model_parameters,
            locals: std::mem::take(&mut self.locals),
            blocks: std::mem::take(&mut self.blocks),
            result,
        };
        super::inline::compact(&mut function);
        function
    }

    fn add_local(&mut self, index: usize, behind: bool) {
        let local = &self.body.locals[index];
        let mut ty = self.emitter.model_type(&local.ty);
        ty.pointer |= behind;
        let name = local
            .name
            .as_ref()
            .map(|it| self.emitter.unit.names.intern(it));
        self.numbers[index] = u32::try_from(self.locals.len()).expect("fewer than 2^32 locals");
        self.behind[index] = behind;
        self.locals.push(model::Local { name, ty: Some(ty) });
    }

    pub(super) fn temporary(&mut self) -> model::LocalId {
        self.locals.push(model::Local {
            name: None,
            ty: None,
        });
        model::LocalId(u32::try_from(self.locals.len() - 1).expect("fewer than 2^32 locals"))
    }

    pub(super) fn form(&mut self, ty: &Ty) -> Form {
        let ty = self.emitter.open_opaque(ty);
        self.emitter.layouts.form(&ty)
    }

    fn tag_of(&mut self, ty: &Ty) -> Option<Tag> {
        match self.emitter.open_opaque(ty) {
            Ty::Adt(id, args) => Some(self.emitter.layouts.tag(id, &args)),
            _ => None,
        }
    }

    fn push(&mut self, statement: model::Statement) {
        self.blocks[self.current].statements.push(statement);
    }

    fn new_block(&mut self) -> usize {
        self.blocks.push(model::Block {
            statements: Vec::new(),
            end: Terminator::Unreachable,
        });
        self.blocks.len() - 1
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Assign(place, value) => self.assign(place, value),
            Statement::Capture(place, value) => {
                let target = self.place_of_capture(place);
                let value = self.value(value);
                self.push(model::Statement::Assign {
                    place: target,
                    value,
                });
            }
            Statement::SetVariant(place, variant) => self.set_variant(place, *variant),
            Statement::Call(call) => self.call(call),
            Statement::Destroy { place, span, flag } => self.destroy(place, *span, *flag),
            Statement::Live(_) | Statement::Drop(_) | Statement::DropPlace(..) => {}
        }
    }

    fn assign(&mut self, place: &Place, value: &Value) {
        let ty = self.place_type(place);
        if self.form(&ty) == Form::Empty {
            return;
        }
        let value = self.value(value);
        let place = self.place(place);
        self.push(model::Statement::Assign { place, value });
    }

    fn set_variant(&mut self, place: &Place, variant: u32) {
        let ty = self.place_type(place);
        let Ty::Adt(id, args) = self.emitter.open_opaque(&ty) else {
            return;
        };
        let tag = self.emitter.layouts.tag(id, &args);
        let (target, number) = match tag {
            Tag::Single => return,
            Tag::Number => {
                let number = crate::evaluate::discriminant(&self.emitter.cx, id, variant);
                (self.place(place), number)
            }
            Tag::Nullable(full) if full == variant => return,
            Tag::Nullable(_) => (self.place(place), 0),
            Tag::Field => {
                let place = self.place(place);
                let field = self.emitter.tag_field(&ty);
                let place = place.then(model::Projection::Field(field));
                (place, i64::from(variant))
            }
        };
        self.push(model::Statement::Assign {
            place: target,
            value: model::Value::Const(number),
        });
    }

    // Values.

    pub(super) fn value(&mut self, value: &Value) -> model::Value {
        match value {
            Value::Const(number) => model::Value::Const(*number),
            Value::Copy(place) | Value::Move(place) => {
                let ty = self.place_type(place);
                match self.form(&ty) {
                    Form::Empty => model::Value::Const(0),
                    _ => model::Value::Read(self.place(place)),
                }
            }
            Value::AddressOf(place) => match self.place_as_pointer(place) {
                Some(pointer) => pointer,
                None => model::Value::AddressOf(self.place(place)),
            },
            Value::Function(id, args) => {
                let args = self.revealed(args);
                match self.function(*id, &args) {
                    Found::Direct(symbol) | Found::Declared(symbol) => {
                        model::Value::Function(symbol)
                    }
                    Found::Virtual(_) | Found::Builtin | Found::Nothing => model::Value::Unknown,
                }
            }
            Value::ForeignFunction(name) => {
                model::Value::Function(self.emitter.foreign_symbol(name))
            }
            Value::Unary(op, a) => model::Value::Unary(*op, Box::new(self.value(a))),
            Value::Binary(op, a, b) => {
                let a = Box::new(self.value(a));
                let b = Box::new(self.value(b));
                model::Value::Binary(*op, a, b)
            }
            Value::Variant(place) => self.variant(place),
            Value::Option(name, value) => model::Value::Option {
                name: self.emitter.unit.names.intern(name),
                value: *value,
            },
            Value::Unknown => model::Value::Unknown,
        }
    }

    /// Which variant is at a place: for enums without fields, its discriminant.
    fn variant(&mut self, place: &Place) -> model::Value {
        let ty = self.place_type(place);
        let Ty::Adt(id, args) = self.emitter.open_opaque(&ty) else {
            return model::Value::Unknown;
        };
        match self.emitter.layouts.tag(id, &args) {
            Tag::Single if self.emitter.layouts.form(&ty) == Form::Scalar => {
                model::Value::Read(self.place(place))
            }
            Tag::Single => model::Value::Const(0),
            Tag::Number => model::Value::Read(self.place(place)),
            Tag::Nullable(full) => {
                let read = Box::new(model::Value::Read(self.place(place)));
                let zero = Box::new(model::Value::Const(0));
                let op = if full == 1 {
                    BinaryOp::Ne
                } else {
                    BinaryOp::Eq
                };
                model::Value::Binary(op, read, zero)
            }
            Tag::Field => {
                let field = self.emitter.tag_field(&ty);
                let place = self.place(place);
                model::Value::Read(place.then(model::Projection::Field(field)))
            }
        }
    }

    fn revealed(&mut self, args: &Args) -> Args {
        args.iter().map(|ty| self.emitter.open_opaque(ty)).collect()
    }

    // Calls.

    fn argument(&mut self, value: &Value) -> model::Value {
        if let Value::Copy(place) | Value::Move(place) = value {
            let ty = self.place_type(place);
            if self.form(&ty) == Form::Record {
                return match self.place_as_pointer(place) {
                    Some(pointer) => pointer,
                    None => model::Value::AddressOf(self.place(place)),
                };
            }
        }
        self.value(value)
    }

    fn call(&mut self, call: &Call) {
        let span = self.emitter.span(call.span, self.module);
        let written = call.written.as_ref().filter(|it| !it.is_empty());
        let via = written.map(|it| self.emitter.unit.names.intern(it));
        match &call.callee {
            Callee::Function(id, args) => {
                let args = self.revealed(args);
                if self.emitter.cx.lang_fn("drop_in_place") == Some(*id) {
                    let place = match call.args.first() {
                        Some(Value::Copy(place) | Value::Move(place)) => {
                            place.clone().then(Step::Deref)
                        }
                        Some(Value::AddressOf(place)) => place.clone(),
                        _ => return,
                    };
                    self.destroy(&place, call.span, None);
                    return;
                }
                match self.function(*id, &args) {
                    Found::Direct(symbol) | Found::Declared(symbol) => {
                        self.count(|it| &mut it.resolved);
                        let callee = model::Callee::Direct(symbol);
                        self.rust_call(call, callee, None, span, via);
                    }
                    Found::Virtual(field) => {
                        self.count(|it| &mut it.resolved);
                        let receiver = call.args.first().map(|it| self.argument(it));
                        let root = receiver.unwrap_or(model::Value::Unknown);
                        let place = model::Place {
                            root: model::Root::Target(Box::new(root)),
                            path: vec![model::Projection::Field(field)],
                        };
                        let callee = model::Callee::Pointer {
                            value: model::Value::Read(place),
                            signature: self.emitter.unit.names.intern("dyn"),
                        };
                        self.rust_call(call, callee, None, span, via);
                    }
                    Found::Builtin => {
                        self.count(|it| &mut it.resolved);
                        self.copy_through(call);
                    }
                    Found::Nothing => {
                        self.unknown(call);
                    }
                }
            }
            Callee::Foreign(name) => {
                self.count(|it| &mut it.foreign);
                let symbol = self.emitter.foreign_symbol(name);
                let args = call.args.iter().map(|it| self.value(it)).collect();
                let dest = self.temporary();
                self.push(model::Statement::Call(model::Call {
                    dest: Some(dest),
                    callee: model::Callee::Direct(symbol),
                    args,
                    span,
                    via_macro: via,
                }));
                self.store_result(&call.dest, dest);
            }
            Callee::Value(value, ty) => {
                let ty = self.emitter.open_opaque(ty);
                match ty {
                    Ty::Closure(id) => {
                        self.count(|it| &mut it.resolved);
                        let symbol = self.emitter.request(Instance::Closure(id));
                        let first = self.argument(value);
                        let callee = model::Callee::Direct(symbol);
                        self.rust_call(call, callee, Some(first), span, via);
                    }
                    Ty::FnItem(id, args) => {
                        let known = Call {
                            callee: Callee::Function(id, args),
                            ..call.clone()
                        };
                        self.call(&known);
                    }
                    Ty::ForeignFn(name) => {
                        let known = Call {
                            callee: Callee::Foreign(name),
                            ..call.clone()
                        };
                        self.call(&known);
                    }
                    _ => {
                        self.count(|it| &mut it.through_values);
                        let value = self.value(value);
                        let signature = self.emitter.unit.names.intern("fn");
                        let callee = model::Callee::Pointer { value, signature };
                        self.rust_call(call, callee, None, span, via);
                    }
                }
            }
            Callee::Constant(id, args) => {
                let args = self.revealed(args);
                let symbol = self.emitter.request(Instance::Constant(*id, args));
                let callee = model::Callee::Direct(symbol);
                self.rust_call(call, callee, None, span, via);
            }
            Callee::Unknown => self.unknown(call),
        }
    }

    fn count(&mut self, which: impl FnOnce(&mut super::CallCounts) -> &mut u64) {
        if !self.is_library {
            *which(&mut self.emitter.counts) += 1;
        }
    }

    fn unknown(&mut self, call: &Call) {
        let ty = self.place_type(&call.dest);
        if ty == Ty::Never {
            return; // a panic
        }
        self.count(|it| &mut it.unknown);
        let form = self.form(&ty);
        if form != Form::Empty {
            let place = self.place(&call.dest);
            self.push(model::Statement::Assign {
                place,
                value: model::Value::Unknown,
            });
        }
    }

    /// A trait's function that the language gives: `clone()` copies.
    fn copy_through(&mut self, call: &Call) {
        let ty = self.place_type(&call.dest);
        if self.form(&ty) == Form::Empty {
            return;
        }
        let value = match call.args.first() {
            Some(Value::AddressOf(from)) if self.place_type(from) == ty => {
                model::Value::Read(self.place(from))
            }
            Some(Value::Copy(from) | Value::Move(from)) => {
                let target = from.clone().then(Step::Deref);
                if self.place_type(&target) == ty {
                    model::Value::Read(self.place(&target))
                } else {
                    model::Value::Unknown
                }
            }
            _ => model::Value::Unknown,
        };
        let place = self.place(&call.dest);
        self.push(model::Statement::Assign { place, value });
    }

    fn rust_call(
        &mut self,
        call: &Call,
        callee: model::Callee,
        first: Option<model::Value>,
        span: model::Span,
        via_macro: Option<model::NameId>,
    ) {
        let mut args: Vec<model::Value> = first.into_iter().collect();
        for arg in &call.args {
            let arg = self.argument(arg);
            args.push(arg);
        }
        let ty = self.place_type(&call.dest);
        let form = self.form(&ty);
        let mut dest = None;
        if form == Form::Record {
            let place = self.place(&call.dest);
            args.push(model::Value::AddressOf(place));
            if self.tag_of(&ty) == Some(Tag::Field) {
                dest = Some(self.temporary());
            }
        } else if form != Form::Empty {
            dest = Some(self.temporary());
        }
        self.push(model::Statement::Call(model::Call {
            dest,
            callee,
            args,
            span,
            via_macro,
        }));
        match (dest, form) {
            (Some(dest), Form::Record) => {
                let field = self.emitter.tag_field(&ty);
                let place = self.place(&call.dest);
                self.push(model::Statement::Assign {
                    place: place.then(model::Projection::Field(field)),
                    value: model::Value::Read(model::Place::local(dest)),
                });
            }
            (Some(dest), _) => self.store_result(&call.dest, dest),
            (None, _) => {}
        }
    }

    fn store_result(&mut self, to: &Place, from: model::LocalId) {
        let ty = self.place_type(to);
        if self.form(&ty) == Form::Empty {
            return;
        }
        let place = self.place(to);
        self.push(model::Statement::Assign {
            place,
            value: model::Value::Read(model::Place::local(from)),
        });
    }

    /// What a function is for these arguments.
    fn function(&mut self, id: crate::items::FnId, args: &Args) -> Found {
        let cx = Rc::clone(&self.emitter.cx);
        let function = cx.functions.get(id);
        if let Some(name) = &function.foreign {
            return Found::Direct(self.emitter.foreign_symbol(name));
        }
        let Container::Trait(of) = function.container else {
            let symbol = self
                .emitter
                .request(Instance::Function(id, Rc::clone(args)));
            return Found::Direct(symbol);
        };
        let found = self
            .emitter
            .layouts
            .typer
            .borrow_mut()
            .implementing(id, args);
        if let Some((found, own)) = found {
            let own = self.revealed(&own);
            let symbol = self.emitter.request(Instance::Function(found, own));
            return Found::Direct(symbol);
        }
        match args.first() {
            Some(Ty::Dyn(_)) => Found::Virtual(self.emitter.virtual_field(of, id)),
            Some(Ty::Placeholder(..) | Ty::Proj(_)) => {
                let name = cx.function_name(id, args, false);
                let name = self.emitter.unit.names.intern(&name);
                Found::Declared(Symbol { name, file: None })
            }
            None | Some(Ty::Unknown) => Found::Nothing,
            Some(_) => Found::Builtin,
        }
    }

    // Destructors.

    fn destroy(&mut self, place: &Place, span: Span, flag: Option<LocalId>) {
        let (place, skipped) = match place.path.last() {
            Some(Step::Others(parts)) => {
                let mut whole = place.clone();
                whole.path.pop();
                (whole, Some(parts.clone()))
            }
            _ => (place.clone(), None),
        };
        let ty = self.place_type(&place);
        let ty = self.emitter.open_opaque(&ty);
        if !self.emitter.layouts.needs_drop(&ty) {
            return;
        }
        let targets = match skipped {
            None => vec![(place.clone(), ty)],
            Some(skipped) => self.others(&place, &ty, &skipped),
        };
        if targets.is_empty() {
            return;
        }
        let after = self.new_block();
        if let Some(flag) = flag {
            let then = self.new_block();
            let cond = model::Value::Read(self.place(&Place::local(flag)));
            self.branch(cond, then, after);
        }
        self.inside_variants(&place, after);
        for (target, ty) in targets {
            let symbol = self.emitter.request(Instance::Glue(ty));
            let pointer = match self.place_as_pointer(&target) {
                Some(pointer) => pointer,
                None => model::Value::AddressOf(self.place(&target)),
            };
            let span = self.emitter.span(span, self.module);
            let via_macro = self.owner_name(&target);
            self.push(model::Statement::Call(model::Call {
                dest: None,
                callee: model::Callee::Direct(symbol),
                args: vec![pointer],
                span,
                via_macro,
            }));
        }
        self.blocks[self.current].end = Terminator::Goto(block(after));
        self.current = after;
    }

    /// The name of the variable whose scope ends.
    fn owner_name(&mut self, place: &Place) -> Option<model::NameId> {
        let local = place.owner()?;
        let name = self.body.locals[local.0 as usize].name.as_ref()?;
        Some(self.emitter.unit.names.intern(name))
    }

    fn branch(&mut self, cond: model::Value, then: usize, otherwise: usize) {
        self.blocks[self.current].end = Terminator::Branch {
            cond,
            then: block(then),
            otherwise: block(otherwise),
        };
        self.current = then;
    }

    /// What is in a variant is there only if the enum is that variant.
    fn inside_variants(&mut self, place: &Place, otherwise: usize) {
        for length in 0..place.path.len() {
            let Step::Field(variant, _) = place.path[length] else {
                continue;
            };
            let around = Place {
                root: place.root.clone(),
                path: place.path[..length].to_vec(),
            };
            let ty = self.place_type(&around);
            let Ty::Adt(id, args) = self.emitter.open_opaque(&ty) else {
                continue;
            };
            let tag = self.emitter.layouts.tag(id, &args);
            if matches!(tag, Tag::Single | Tag::Number) {
                continue;
            }
            let is = model::Value::Binary(
                BinaryOp::Eq,
                Box::new(self.variant(&around)),
                Box::new(model::Value::Const(i64::from(variant))),
            );
            let then = self.new_block();
            self.branch(is, then, otherwise);
        }
    }

    /// The parts of a place that have not been moved away.
    fn others(&mut self, place: &Place, ty: &Ty, skipped: &[(u32, u32)]) -> Vec<(Place, Ty)> {
        let mut out = Vec::new();
        match ty {
            Ty::Tuple(parts) => {
                for (index, part) in (0..).zip(parts.iter()) {
                    if !skipped.contains(&(0, index)) && self.emitter.layouts.needs_drop(part) {
                        out.push((place.clone().then(Step::Field(0, index)), part.clone()));
                    }
                }
            }
            Ty::Adt(id, args) => {
                let adt = self.emitter.cx.adts.get(*id);
                let variant = skipped.first().map_or(0, |(variant, _)| *variant);
                let count = adt.variants[variant as usize].fields.len();
                for index in 0..u32::try_from(count).expect("few fields") {
                    let field = self
                        .emitter
                        .layouts
                        .field(*id, args, variant, index as usize);
                    if !skipped.contains(&(variant, index))
                        && self.emitter.layouts.needs_drop(&field)
                    {
                        out.push((place.clone().then(Step::Field(variant, index)), field));
                    }
                }
            }
            _ => {}
        }
        out
    }

    // Ends.

    fn end(&mut self, end: &End, result: &Ty) -> Terminator {
        let block = |id: &BlockId| model::BlockId(id.0);
        match end {
            End::Goto(to) => Terminator::Goto(block(to)),
            End::If(cond, then, otherwise) => Terminator::Branch {
                cond: self.value(cond),
                then: block(then),
                otherwise: block(otherwise),
            },
            End::Switch(value, cases, default) => {
                let numbers: Vec<i64> = cases
                    .iter()
                    .map(|(case, _)| self.case_number(value, *case))
                    .collect();
                let value = self.value(value);
                if let ([number], [(_, to)]) = (numbers.as_slice(), cases.as_slice()) {
                    return Terminator::Branch {
                        cond: model::Value::Binary(
                            BinaryOp::Eq,
                            Box::new(value),
                            Box::new(model::Value::Const(*number)),
                        ),
                        then: block(to),
                        otherwise: block(default),
                    };
                }
                let cases = numbers
                    .into_iter()
                    .zip(cases)
                    .map(|(number, (_, to))| (number, number, block(to)));
                Terminator::Switch {
                    value,
                    cases: cases.collect(),
                    default: block(default),
                }
            }
            End::Choice(to) => Terminator::Choice(to.iter().map(block).collect()),
            End::Return => Terminator::Return {
                value: self.returned(result),
                span: None,
            },
            End::Unreachable => Terminator::Unreachable,
        }
    }

    /// The number by which the model knows a variant.
    fn case_number(&mut self, value: &Value, case: i64) -> i64 {
        let Value::Variant(place) = value else {
            return case;
        };
        let ty = self.place_type(place);
        let Ty::Adt(id, args) = self.emitter.open_opaque(&ty) else {
            return case;
        };
        match self.emitter.layouts.tag(id, &args) {
            Tag::Number => {
                let variant = u32::try_from(case).unwrap_or(0);
                crate::evaluate::discriminant(&self.emitter.cx, id, variant)
            }
            _ => case,
        }
    }

    fn returned(&mut self, result: &Ty) -> Option<model::Value> {
        let place = Place::local(RESULT);
        match self.form(result) {
            Form::Empty => None,
            Form::Record => match self.tag_of(result) {
                Some(Tag::Field) => Some(self.variant(&place)),
                _ => None,
            },
            _ => Some(model::Value::Read(self.place(&place))),
        }
    }
}

/// What a function is for certain arguments.
pub(super) enum Found {
    Direct(Symbol),
    /// Nobody knows the types: it has a name and no body.
    Declared(Symbol),
    /// Through a trait object.
    Virtual(model::FieldId),
    /// By the language.
    Builtin,
    Nothing,
}

fn block(index: usize) -> model::BlockId {
    model::BlockId(u32::try_from(index).expect("fewer than 2^32 blocks"))
}
