// SPDX-License-Identifier: MIT OR Apache-2.0
//! Function addresses in the initialisers of variables with static storage: which field of which
//! variable holds which function.

use waitctx_model::{FieldId, Initialiser, Projection, Symbol};

use crate::ffi::{CType, Cursor, Kind, TypeKind, UnaryKind};
use crate::initialisers::Leaf;
use crate::reader::Reader;
use crate::source;
use crate::unexposed::Unexposed;

impl<'tu> Reader<'tu> {
    /// Records the function addresses in the initialiser of a variable.
    pub(crate) fn static_variable(&mut self, variable: Cursor<'tu>) {
        let Some(initialiser) = variable.initialiser() else {
            return;
        };
        if !can_hold_functions(variable.ctype(), 0) {
            return;
        }
        let symbol = self.variable(variable);
        self.stored_functions(symbol, variable.ctype(), initialiser, None);
    }

    fn stored_functions(
        &mut self,
        variable: Symbol,
        ctype: CType<'tu>,
        initialiser: Cursor<'tu>,
        around: Option<FieldId>,
    ) {
        for Leaf { steps, value, .. } in self.leaves(ctype, initialiser) {
            let field = steps
                .iter()
                .rev()
                .find_map(|step| match step {
                    Projection::Field(field) => Some(*field),
                    Projection::Deref | Projection::Index => None,
                })
                .or(around);
            self.stored_function(variable, field, value);
        }
    }

    /// The function in one expression of an initialiser, or those it can be.
    fn stored_function(&mut self, variable: Symbol, field: Option<FieldId>, value: Cursor<'tu>) {
        match value.kind() {
            Kind::DeclRef => {
                let Some(function) = value.referenced().filter(|it| it.kind() == Kind::Function)
                else {
                    return;
                };
                let target = self.callable(function).symbol;
                let Some(site) = self.site(value) else { return };
                self.unit.initialisers.push(Initialiser {
                    variable,
                    field,
                    target,
                    span: site.span,
                });
            }
            Kind::Paren | Kind::Cast => {
                if let Some(&inner) = value.children().last() {
                    self.stored_function(variable, field, inner);
                }
            }
            Kind::Unary if value.unary_operator() == UnaryKind::AddrOf => {
                if let Some(&inner) = value.children().first() {
                    self.stored_function(variable, field, inner);
                }
            }
            // A pointer to an object that exists only for this initialiser.
            Kind::CompoundLiteral => {
                if let Some(&list) = value.children().last() {
                    self.stored_functions(variable, value.ctype(), list, field);
                }
            }
            Kind::Conditional => {
                if let [test, yes, no] = value.children()[..] {
                    self.chosen_function(variable, field, test, (yes, no));
                }
            }
            Kind::Generic => {
                if let Some(inner) = self.selected_association(value, value) {
                    self.stored_function(variable, field, inner);
                }
            }
            Kind::UnexposedExpr => match Unexposed::of(value) {
                Unexposed::Conversion(inner) | Unexposed::Chosen(inner) => {
                    self.stored_function(variable, field, inner);
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// One of two functions, as a constant says; both if a build option makes that constant.
    fn chosen_function(
        &mut self,
        variable: Symbol,
        field: Option<FieldId>,
        test: Cursor<'tu>,
        (yes, no): (Cursor<'tu>, Cursor<'tu>),
    ) {
        let constant = if self.names_option(test) {
            None
        } else {
            test.evaluate()
        };
        if constant != Some(0) {
            self.stored_function(variable, field, yes);
        }
        if constant.is_none_or(|it| it == 0) {
            self.stored_function(variable, field, no);
        }
    }

    /// Whether an expression was written as `MACRO(OPTION)`.
    fn names_option(&mut self, expression: Cursor<'tu>) -> bool {
        let Some(at) = expression.location().written() else {
            return false;
        };
        let text = self.text(at.file);
        source::sole_argument_at(&text, at.offset as usize)
            .is_some_and(|argument| argument.starts_with(&self.settings.option_prefix))
    }
}

/// Whether an object can have function addresses in it; most tables of numbers and strings cannot.
fn can_hold_functions(ctype: CType<'_>, depth: u32) -> bool {
    let canonical = ctype.canonical();
    match canonical.kind() {
        TypeKind::Array => can_hold_functions(canonical.element(), depth),
        TypeKind::Pointer => !matches!(
            canonical.pointee().kind(),
            TypeKind::Integer | TypeKind::Bool | TypeKind::Enum
        ),
        TypeKind::Record => {
            depth > 4
                || canonical
                    .fields()
                    .into_iter()
                    .any(|field| can_hold_functions(field.ctype(), depth + 1))
        }
        // An address can hide in an integer.
        TypeKind::Integer => depth == 0,
        _ => false,
    }
}
