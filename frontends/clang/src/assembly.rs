// SPDX-License-Identifier: MIT OR Apache-2.0
//! `asm`: its operands are evaluated, and what it writes is unknown afterwards.

use waitctx_model::Value;

use crate::body::Body;
use crate::ffi::{Cursor, Kind, TypeKind, UnaryKind};
use crate::source;

impl<'tu> Body<'_, 'tu> {
    /// Lowers an `asm` statement.
    pub(crate) fn assembly(&mut self, statement: Cursor<'tu>) {
        let operands = statement.children();
        let written = statement.location().spelled().and_then(|at| {
            let text = self.reader.text(at.file);
            source::asm_at(&text, at.offset as usize)
        });
        // libclang shows outputs and then inputs, but not where the inputs start. If the text does
        // not say so either, any object can be an output.
        let outputs = written
            .and_then(|it| it.operands)
            .filter(|(outputs, inputs)| outputs + inputs == operands.len())
            .map_or(operands.len(), |(outputs, _)| outputs);
        let (outputs, inputs) = operands.split_at(outputs);
        for input in inputs {
            self.effects(*input);
        }
        for output in outputs {
            if is_object(*output) {
                let place = self.place(*output);
                self.assign(place, Value::Unknown);
            } else {
                self.effects(*output);
            }
        }
        let is_goto = match written {
            Some(it) => it.is_goto,
            // libclang before 19 does not show the text of macros.
            None => self.has_asm_goto(),
        };
        if is_goto {
            self.asm_goto();
        }
    }
}

/// Whether an operand is an object; a value has a conversion from the object around it.
fn is_object(mut operand: Cursor<'_>) -> bool {
    while operand.kind() == Kind::Paren {
        let Some(&inner) = operand.children().first() else {
            return false;
        };
        operand = inner;
    }
    let names_object = match operand.kind() {
        Kind::DeclRef | Kind::Member | Kind::Subscript => true,
        Kind::Unary => operand.unary_operator() == UnaryKind::Deref,
        _ => false,
    };
    names_object && operand.ctype().canonical().kind() != TypeKind::Function
}
