// SPDX-License-Identifier: MIT OR Apache-2.0
//! Closures: functions of their own that point to what they use of the function around them.

use std::collections::BTreeMap;
use std::rc::Rc;

use syn::Pat;
use syn::spanned::Spanned;

use super::{Builder, PendingClosure};
use crate::mir::{End, LocalId, Place, RESULT, Root, Statement, Step, Value};
use crate::ty::{Args, ClosureId, Name, Ty};

impl Builder {
    pub(super) fn closure(&mut self, it: &syn::ExprClosure, expected: Option<&Ty>) -> (Value, Ty) {
        let id = self.cx.new_closure();
        let (wanted_inputs, wanted_output) = self.expected_signature(expected);
        let mut inputs = Vec::new();
        for (index, pattern) in it.inputs.iter().enumerate() {
            let ty = match pattern {
                Pat::Type(typed) => self.written_type(&typed.ty),
                _ => self.typer.infer.fresh(),
            };
            if let Some(wanted) = wanted_inputs.as_ref().and_then(|it| it.get(index)) {
                self.typer.infer.unify(&ty, wanted);
            }
            inputs.push(ty);
        }
        let output = match &it.output {
            syn::ReturnType::Type(_, ty) => self.written_type(ty),
            syn::ReturnType::Default => self.typer.infer.fresh(),
        };
        if let Some(wanted) = &wanted_output {
            self.typer.infer.unify(&output, wanted);
        }
        let inputs: Args = inputs.into();
        self.typer
            .closures
            .push((id, Rc::clone(&inputs), output.clone()));
        let ty = Ty::Closure(id);
        let body = self.closure_body(id, it, &inputs, &output);
        // What is taken is taken where the closure is made.
        let local = self.temporary(&ty, it.span());
        for (index, upvar) in (0..).zip(&body.upvars) {
            let place = Place::local(local).then(Step::Upvar(id, index));
            self.push(Statement::Capture(place, Value::Copy(upvar.of.clone())));
        }
        self.closures.push(PendingClosure {
            id,
            body,
            is_move: it.capture.is_some(),
            span: it.inputs_begin.spans[0],
        });
        (Value::Move(Place::local(local)), ty)
    }

    /// What is known of a closure before its body is looked at.
    fn expected_signature(&mut self, expected: Option<&Ty>) -> (Option<Args>, Option<Ty>) {
        let Some(expected) = expected else {
            return (None, None);
        };
        let expected = self.typer.infer.shallow(expected);
        if let Ty::FnPtr(inputs, output) = &expected {
            return (Some(Rc::clone(inputs)), Some((**output).clone()));
        }
        let cx = Rc::clone(&self.cx);
        let open: Vec<_> = self
            .obligations
            .iter()
            .filter(|(ty, bound)| {
                self.typer.infer.shallow(ty) == expected && cx.is_fn_trait(bound.of)
            })
            .map(|(_, bound)| bound.clone())
            .collect();
        let Some(bound) = open.first() else {
            return (None, None);
        };
        let inputs = bound.args.first().map(|ty| self.typer.normalize(ty));
        let inputs = match inputs.map(|ty| self.typer.infer.shallow(&ty)) {
            Some(Ty::Tuple(parts)) => Some(parts),
            _ => None,
        };
        let output = bound.assoc.iter().find(|(name, _)| &**name == "Output");
        let output = output.map(|(_, ty)| self.typer.normalize(ty));
        (inputs, output)
    }

    fn closure_body(
        &mut self,
        id: ClosureId,
        it: &syn::ExprClosure,
        inputs: &Args,
        output: &Ty,
    ) -> crate::mir::Body {
        self.open_frame(output.clone(), Some(id), it.inputs_begin.spans[0]);
        let environment = Ty::Closure(id).reference();
        self.new_local(None, environment, it.span());
        self.frame().body.parameters = 1;
        let mut patterns = Vec::new();
        for (pattern, ty) in it.inputs.iter().zip(inputs.iter()) {
            let inner = match pattern {
                Pat::Type(typed) => &*typed.pat,
                pattern => pattern,
            };
            let name: Option<Name> = match inner {
                Pat::Ident(it) if it.subpat.is_none() => Some(Rc::from(it.ident.to_string())),
                _ => None,
            };
            let local = self.new_local(name.clone(), ty.clone(), inner.span());
            self.frame().body.parameters += 1;
            self.schedule(local);
            match name {
                Some(name) => self.declare(&name, local),
                None => patterns.push((inner.clone(), local, ty.clone())),
            }
        }
        self.frame().variables.push(BTreeMap::new());
        for (pattern, local, ty) in patterns {
            self.bind(&pattern, &Place::local(local), &ty);
        }
        let value = self.expr(&it.body, Some(output));
        let (value, ty) = value;
        let value = self.coerce(value, &ty, output, it.body.span());
        if ty != Ty::Never {
            self.assign(Place::local(RESULT), value);
        }
        self.leave_scopes(0);
        self.end(End::Return);
        let mut body = self.frames.pop().expect("it was opened above").body;
        mark_consumed(&mut body, id);
        body
    }
}

/// Notes which variables of the function around it a closure's body takes away.
fn mark_consumed(body: &mut crate::mir::Body, id: ClosureId) {
    let mut consumed = Vec::new();
    let mut look = |value: &Value| {
        if let Value::Move(place) = value
            && place.root == Root::Local(LocalId(1))
            && let [Step::Deref, Step::Upvar(of, index)] = place.path.as_slice()
            && *of == id
        {
            consumed.push(*index as usize);
        }
    };
    for block in &body.blocks {
        for statement in &block.statements {
            match statement {
                Statement::Assign(_, value) => look(value),
                Statement::Call(call) => call.args.iter().for_each(&mut look),
                _ => {}
            }
        }
    }
    for index in consumed {
        let upvar = &mut body.upvars[index];
        upvar.is_consumed = true;
    }
}
