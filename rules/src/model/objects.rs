// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rows about what is no function: folders, fields, variables, macros and locks.

use toml::Spanned;
use waitctx_solver::{
    Assertion, ContextId, DemandId, FieldTest, Flag, FunctionModel, MacroModel, Taken, Trampoline,
};

use super::build::Tables;
use super::check::{Mistakes, check_text, is_identifier};
use super::schema::{
    AssertionRow, FieldRow, FlagRow, FoldersRow, LockRow, MacroRow, TrampolineRow, VariableRow,
};
use super::{effects, entries};

const NO_VARIABLE: &str = "is not the name of a variable";

impl Tables {
    pub(super) fn add_folders(&mut self, row: &FoldersRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        let ends = |text: &str| text.ends_with('/');
        once_each(
            &row.folders,
            ends,
            "does not end in `/`",
            mistakes,
            |text| {
                let known = &mut self.knowledge.not_raw_nesting;
                let is_new = !known.contains(&text);
                known.push(text);
                is_new
            },
        );
    }

    pub(super) fn add_trampoline(&mut self, row: &TrampolineRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        for name in [&row.prefix, &row.record] {
            if !is_identifier(name.get_ref()) {
                mistakes.push((
                    name.span(),
                    format!("`{}` is not part of a name in C", name.get_ref()),
                ));
            }
        }
        self.knowledge.trampolines.push(Trampoline {
            prefix: row.prefix.get_ref().clone(),
            record: row.record.get_ref().clone(),
        });
    }

    pub(super) fn add_assertions(&mut self, row: &AssertionRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        once_each(
            &row.variables,
            is_identifier,
            NO_VARIABLE,
            mistakes,
            |text| {
                let known = &mut self.knowledge.assertions;
                let is_new = known.iter().all(|it| it.variable != text);
                known.push(Assertion {
                    variable: text,
                    constants: row.constants,
                });
                is_new
            },
        );
    }

    pub(super) fn add_fields(&mut self, row: &FieldRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        if *row.mask.get_ref() == 0 {
            let message = "a mask without bits tells nothing".to_owned();
            mistakes.push((row.mask.span(), message));
        }
        let names = row.none_in_force.iter();
        let contexts: Vec<ContextId> = names
            .filter_map(|name| self.context(name, mistakes))
            .collect();
        for name in &row.fields {
            if let Some(field) = entries::field(name, mistakes) {
                self.knowledge.field_tests.push(FieldTest {
                    field,
                    mask: *row.mask.get_ref(),
                    contexts: contexts.clone(),
                });
            }
        }
    }

    pub(super) fn add_flags(&mut self, row: &FlagRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        check_text("reason", &row.reason, mistakes);
        let names = row.excuses.iter();
        let demands: Vec<DemandId> = names
            .filter_map(|name| self.demand(name, mistakes))
            .collect();
        for name in &row.fields {
            if let Some(field) = entries::field(name, mistakes) {
                self.knowledge.flags.push(Flag {
                    field,
                    set: row.set,
                    demands: demands.clone(),
                });
            }
        }
    }

    pub(super) fn add_variables(&mut self, row: &VariableRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        check_text("reason", &row.reason, mistakes);
        once_each(&row.names, is_identifier, NO_VARIABLE, mistakes, |text| {
            self.knowledge.variables.insert(text, row.is).is_none()
        });
    }

    pub(super) fn add_macros(&mut self, row: &MacroRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        let from = row
            .from
            .iter()
            .filter_map(|name| self.context(name, mistakes))
            .collect();
        let model = match (&row.to, &row.does[..]) {
            (None, []) if row.nested && row.from.is_empty() => MacroModel::Nested,
            (Some(to), []) if !row.from.is_empty() && !row.nested => {
                let Some(to) = self.context(to, mistakes) else {
                    return;
                };
                MacroModel::Elsewhere { from, to }
            }
            (None, [_, ..]) if row.from.is_empty() && !row.nested => {
                let effects = row.does.iter();
                MacroModel::Does(FunctionModel {
                    effects: effects
                        .filter_map(|effect| effects::effect(self, effect, mistakes))
                        .collect(),
                    enter_body: true,
                })
            }
            _ => {
                let message = "a macro has `from` and `to`, `does`, or `nested`".to_owned();
                return mistakes.push((row.names.span(), message));
            }
        };
        let wrong = "is not the name of a macro";
        once_each(
            row.names.get_ref(),
            is_identifier,
            wrong,
            mistakes,
            |text| self.knowledge.macros.insert(text, model.clone()).is_none(),
        );
    }

    pub(super) fn add_locks(&mut self, row: &LockRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        let Some(counts_as) = self.context(&row.counts_as, mistakes) else {
            return;
        };
        if let Some(within) = &row.taken_within {
            if row.kinds.is_empty() {
                let message = "`taken_within` needs the `kinds` of lock that are meant";
                mistakes.push((within.span(), message.to_owned()));
            }
            if let Some(within) = self.context(within, mistakes) {
                let kinds = row.kinds.iter();
                let kinds = kinds
                    .filter_map(|name| self.context(name, mistakes))
                    .collect();
                let except = row.except.iter().map(|class| class.get_ref().clone());
                self.knowledge.taken.push(Taken {
                    within,
                    kinds,
                    except: except.collect(),
                    counts_as,
                });
            }
        } else if row.classes.is_empty() {
            let message = "the row names no lock: it needs `classes` or `taken_within`";
            mistakes.push((row.counts_as.span(), message.to_owned()));
        }
        let is_class = |text: &str| text.split('.').all(is_identifier);
        once_each(
            &row.classes,
            is_class,
            "is not the class of a lock",
            mistakes,
            |text| {
                self.knowledge
                    .lock_classes
                    .insert(text, counts_as)
                    .is_none()
            },
        );
    }
}

/// Lets `enter` take each of `names`, and tells which of them are not as they should be, or have a row
/// already, as `enter` says.
fn once_each(
    names: &[Spanned<String>],
    is_right: impl Fn(&str) -> bool,
    wrong: &str,
    mistakes: &mut Mistakes,
    mut enter: impl FnMut(String) -> bool,
) {
    for name in names {
        let text = name.get_ref();
        if !is_right(text) {
            mistakes.push((name.span(), format!("`{text}` {wrong}")));
        } else if !enter(text.clone()) {
            mistakes.push((name.span(), format!("`{text}` has a row already")));
        }
    }
}
