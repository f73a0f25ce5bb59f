// SPDX-License-Identifier: MIT OR Apache-2.0
//! One body as a function of the model.
//!
//! A record is passed by a pointer to it, and returned through a pointer that is the last argument;
//! an enum's function also returns which variant it is, so that callers can tell the ways apart.

mod calls;
mod destroy;
mod values;

use proc_macro2::Span;
use waitctx_model as model;
use waitctx_model::{BinaryOp, Symbol, Terminator};

use super::Emitter;
use crate::drops;
use crate::items::ModId;
use crate::layout::{Form, Tag};
use crate::mir::{BlockId, Body, End, Place, RESULT, Statement, Value};
use crate::ty::Ty;

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
