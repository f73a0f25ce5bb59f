// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the knowledge says of variables and fields, for one program.

use waitctx_model::{FieldId, NameId};

use super::walk::Walker;
use crate::expr::{Expr, ExprId, Exprs};
use crate::program::Program;
use crate::{FieldTest, Flag, Knowledge, ResultTest};

/// What is known of variables and fields, by their names in the program.
pub(super) struct Known<'a> {
    /// Variables that are taken to have a value.
    pub(super) fixed: Vec<(NameId, i64)>,
    /// Fields that tell what is in force, by record and field.
    field_tests: Vec<(NameId, NameId, &'a FieldTest)>,
    /// What objects say of themselves, by record and field.
    pub(super) flags: Vec<(NameId, NameId, &'a Flag)>,
}

impl<'a> Known<'a> {
    pub(super) fn new(program: &Program, knowledge: &'a Knowledge) -> Self {
        Self {
            fixed: fixed(program, knowledge),
            field_tests: field_tests(program, knowledge),
            flags: flags(program, knowledge),
        }
    }
}

impl Walker<'_> {
    /// Notes what the fields that a condition looks at say of the context.
    pub(super) fn note_field_tests(&mut self, cond: ExprId) {
        if self.known.field_tests.is_empty() {
            return;
        }
        let mut loads = Vec::new();
        loads_of_fields(&self.exprs, cond, &mut loads);
        for (load, field) in loads {
            let field = &self.program.fields[field.0 as usize];
            for index in 0..self.known.field_tests.len() {
                let (record, name, test) = self.known.field_tests[index];
                if field.record == record && field.name == name {
                    self.tests_context(load, test.mask, &test.contexts, ResultTest::Zero);
                }
            }
        }
    }
}

/// The variables with a fixed value that the program has.
fn fixed(program: &Program, knowledge: &Knowledge) -> Vec<(NameId, i64)> {
    let of_program = |(name, value): (&String, &i64)| Some((program.names.find(name)?, *value));
    let mut fixed: Vec<_> = knowledge.variables.iter().filter_map(of_program).collect();
    fixed.sort_unstable();
    fixed
}

/// The fields with tests that the program has.
fn field_tests<'a>(
    program: &Program,
    knowledge: &'a Knowledge,
) -> Vec<(NameId, NameId, &'a FieldTest)> {
    let ids = |test: &'a FieldTest| {
        let record = program.names.find(&test.field.record)?;
        let field = program.names.find(&test.field.field)?;
        Some((record, field, test))
    };
    knowledge.field_tests.iter().filter_map(ids).collect()
}

/// The values in an expression that are read from a field.
fn loads_of_fields(exprs: &Exprs, id: ExprId, into: &mut Vec<(ExprId, FieldId)>) {
    match exprs.get(id) {
        Expr::Load(address) => {
            if let Expr::FieldAddress(_, field) = exprs.get(address) {
                into.push((id, field));
            }
        }
        Expr::Unary(_, a) => loads_of_fields(exprs, a, into),
        Expr::Binary(_, a, b) => {
            loads_of_fields(exprs, a, into);
            loads_of_fields(exprs, b, into);
        }
        _ => {}
    }
}

/// The flags that the program has.
fn flags<'a>(program: &Program, knowledge: &'a Knowledge) -> Vec<(NameId, NameId, &'a Flag)> {
    let ids = |flag: &'a Flag| {
        let record = program.names.find(&flag.field.record)?;
        let field = program.names.find(&flag.field.field)?;
        Some((record, field, flag))
    };
    knowledge.flags.iter().filter_map(ids).collect()
}
