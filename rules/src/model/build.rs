// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the rows of all files together and checks that they agree.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use waitctx_solver::{ArgumentTest, ContextId, DemandId, FunctionModel, Identity, Knowledge};

use super::check::{Mistakes, check_name, check_row, check_text, is_function_name, look_up, twice};
use super::convert::{argument_test, context_kind, demand_kind};
use super::doubts;
use super::effects;
use super::entries;
use super::schema::{BoundaryRow, ContextRow, FunctionRow, ModelFile};
use crate::ModelError;
use crate::catalogue;

/// Builds the tables from files given as name and text. All mistakes of all files are returned.
pub(super) fn knowledge<'a>(
    files: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Knowledge, Vec<ModelError>> {
    let mut errors = Vec::new();
    let mut parsed = Vec::new();
    for (name, text) in files {
        match toml::from_str::<ModelFile>(text) {
            Ok(file) => parsed.push((name, text, file)),
            Err(error) => errors.push(ModelError::new(
                name,
                text,
                error.span().unwrap_or(0..0),
                error.message().to_owned(),
            )),
        }
    }
    if !errors.is_empty() {
        return Err(errors); // what the broken files declare would be missed everywhere else
    }

    let mut tables = Tables::default();
    // Names first, in all files: rows may refer to what a later file declares.
    let mut report = |name, text, mistakes: Mistakes| {
        let at = |(span, message)| ModelError::new(name, text, span, message);
        errors.extend(mistakes.into_iter().map(at));
    };
    for (name, text, file) in &parsed {
        report(*name, *text, tables.declare(file));
    }
    for (name, text, file) in &parsed {
        report(*name, *text, tables.fill(name, file));
    }
    match catalogue::pages() {
        Ok(rules) => tables.add_rules(rules),
        Err(error) => errors.push(error.clone()),
    }
    if errors.is_empty() {
        Ok(tables.knowledge)
    } else {
        Err(errors)
    }
}

/// The tables while they are filled.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) knowledge: Knowledge,
    pub(super) contexts: BTreeMap<String, ContextId>,
    pub(super) demands: BTreeMap<String, DemandId>,
    conditions: BTreeMap<String, ArgumentTest>,
    /// The file that a function's row is in.
    origins: BTreeMap<String, String>,
}

impl Tables {
    /// Gives every name of `file` that rows can refer to its id.
    fn declare(&mut self, file: &ModelFile) -> Mistakes {
        let mut mistakes = Vec::new();
        for row in &file.demand {
            check_row(&row.name, &row.label, &row.source, &mut mistakes);
            let count = self.knowledge.demands.len();
            let id = u16::try_from(count).expect("fewer than 2^16 kinds of demand");
            if self
                .demands
                .insert(row.name.get_ref().clone(), DemandId(id))
                .is_some()
            {
                mistakes.push(twice("demand", &row.name));
            }
            self.knowledge.demands.push(demand_kind(row));
        }
        for row in &file.context {
            check_row(&row.name, &row.label, &row.source, &mut mistakes);
            let count = self.knowledge.contexts.len();
            if count == MAX_CONTEXTS {
                let message = format!("there can be at most {MAX_CONTEXTS} contexts");
                mistakes.push((row.name.span(), message));
            }
            let id = ContextId(u16::try_from(count).expect("fewer than 2^16 kinds of context"));
            if self
                .contexts
                .insert(row.name.get_ref().clone(), id)
                .is_some()
            {
                mistakes.push(twice("context", &row.name));
            }
            self.knowledge.contexts.push(context_kind(row));
        }
        for row in &file.condition {
            check_name(&row.name, &mut mistakes);
            check_text("source", &row.source, &mut mistakes);
            if *row.mask.get_ref() == 0 {
                mistakes.push((
                    row.mask.span(),
                    "a mask without bits tells nothing".to_owned(),
                ));
            }
            if self
                .conditions
                .insert(row.name.get_ref().clone(), argument_test(row))
                .is_some()
            {
                mistakes.push(twice("condition", &row.name));
            }
        }
        mistakes
    }

    /// Adds the rows of `file` that refer to names.
    fn fill(&mut self, file_name: &str, file: &ModelFile) -> Mistakes {
        let mut mistakes = Vec::new();
        for row in &file.context {
            self.finish_context(row, &mut mistakes);
        }
        for (option, value) in &file.raw_nesting_options {
            self.knowledge
                .raw_nesting_options
                .push((option.clone(), *value));
        }
        for row in &file.function {
            self.add_functions(file_name, row, &mut mistakes);
        }
        for row in &file.boundary {
            self.add_boundary(file_name, row, &mut mistakes);
        }
        for row in &file.not_with_preempt_rt {
            self.add_folders(row, &mut mistakes);
        }
        for row in &file.field {
            self.add_fields(row, &mut mistakes);
        }
        for row in &file.flag {
            self.add_flags(row, &mut mistakes);
        }
        for row in &file.on_purpose {
            doubts::add_on_purpose(self, row, &mut mistakes);
        }
        for row in &file.doubt {
            doubts::add_doubts(self, row, &mut mistakes);
        }
        for row in &file.provenance {
            doubts::add_provenance(self, row, &mut mistakes);
        }
        for row in &file.result {
            doubts::add_results(self, row, &mut mistakes);
        }
        for row in &file.variable {
            self.add_variables(row, &mut mistakes);
        }
        for row in &file.trampoline {
            self.add_trampoline(row, &mut mistakes);
        }
        for row in &file.assertion {
            self.add_assertions(row, &mut mistakes);
        }
        for row in &file.macros {
            self.add_macros(row, &mut mistakes);
        }
        for row in &file.entry {
            if let Some(entry) = entries::entry(self, row, &mut mistakes) {
                self.knowledge.entries.push(entry);
            }
        }
        for row in &file.lock {
            self.add_locks(row, &mut mistakes);
        }
        mistakes
    }

    /// What of a context refers to other rows: its demand and its types.
    fn finish_context(&mut self, row: &ContextRow, mistakes: &mut Mistakes) {
        let Some(id) = self.context(&row.name, mistakes) else {
            return;
        };
        if let Some(demand) = &row.demand {
            let demand = self.demand(demand, mistakes);
            self.knowledge.contexts[usize::from(id.0)].demand = demand;
        }
        for name in &row.forbids {
            if let Some(demand) = self.demand(name, mistakes) {
                self.knowledge.contexts[usize::from(id.0)]
                    .forbids
                    .push(demand);
            }
        }
        for name in &row.silences {
            if let Some(demand) = self.demand(name, mistakes) {
                self.knowledge.demands[usize::from(demand.0)]
                    .silenced_by
                    .push(id);
            }
        }
        for name in &row.types {
            let other = self.knowledge.lock_types.insert(name.get_ref().clone(), id);
            if other.is_some_and(|other| other != id) {
                let message = format!("`{}` is the type of another context", name.get_ref());
                mistakes.push((name.span(), message));
            }
        }
    }

    fn add_functions(&mut self, file_name: &str, row: &FunctionRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        if let Some(kernels) = &row.kernels {
            check_text("kernels", kernels, mistakes);
        }
        if row.does.is_empty() && !row.enter_body {
            let message = "the row says nothing of these functions; functions that do nothing of \
                           interest are a `[[boundary]]`, with the reason";
            mistakes.push((row.names.span(), message.to_owned()));
        }
        let effects = row
            .does
            .iter()
            .filter_map(|effect| effects::effect(self, effect, mistakes))
            .collect();
        let model = FunctionModel {
            effects,
            enter_body: row.enter_body,
        };
        self.insert(file_name, &row.names, row.overrides, &model, mistakes);
    }

    fn add_boundary(&mut self, file_name: &str, row: &BoundaryRow, mistakes: &mut Mistakes) {
        check_text("source", &row.source, mistakes);
        check_text("reason", &row.reason, mistakes);
        if let Some(kernels) = &row.kernels {
            check_text("kernels", kernels, mistakes);
        }
        self.insert(
            file_name,
            &row.names,
            row.overrides,
            &FunctionModel::default(),
            mistakes,
        );
    }

    fn insert(
        &mut self,
        file_name: &str,
        names: &Spanned<Vec<Spanned<String>>>,
        overrides: bool,
        model: &FunctionModel,
        mistakes: &mut Mistakes,
    ) {
        if names.get_ref().is_empty() {
            mistakes.push((names.span(), "`names` is empty".to_owned()));
        }
        for name in names.get_ref() {
            let text = name.get_ref();
            if !is_function_name(text) {
                mistakes.push((
                    name.span(),
                    format!("`{text}` is not the name of a function"),
                ));
                continue;
            }
            match (self.origins.get(text), overrides) {
                (Some(origin), false) => {
                    let message = if origin == file_name {
                        format!("`{text}` has a row already")
                    } else {
                        format!(
                            "`{text}` has a row in {origin} already; say `override = true` to \
                             replace it"
                        )
                    };
                    mistakes.push((name.span(), message));
                }
                (None, true) => {
                    let message = format!("there is no row of `{text}` to override");
                    mistakes.push((name.span(), message));
                }
                (Some(_), true) | (None, false) => {}
            }
            self.origins.insert(text.clone(), file_name.to_owned());
            self.knowledge.functions.insert(text.clone(), model.clone());
        }
    }

    /// The context called `name`.
    pub(super) fn context(
        &self,
        name: &Spanned<String>,
        mistakes: &mut Mistakes,
    ) -> Option<ContextId> {
        look_up(
            "context",
            &self.contexts,
            name.get_ref(),
            name.span(),
            mistakes,
        )
    }

    /// The context called `name`, which is somewhere in `span`.
    pub(super) fn context_in(
        &self,
        name: &str,
        span: Range<usize>,
        mistakes: &mut Mistakes,
    ) -> Option<ContextId> {
        look_up("context", &self.contexts, name, span, mistakes)
    }

    /// The demand called `name`.
    pub(super) fn demand(
        &self,
        name: &Spanned<String>,
        mistakes: &mut Mistakes,
    ) -> Option<DemandId> {
        look_up(
            "demand",
            &self.demands,
            name.get_ref(),
            name.span(),
            mistakes,
        )
    }

    /// The condition called `name`.
    pub(super) fn condition(
        &self,
        name: &Spanned<String>,
        mistakes: &mut Mistakes,
    ) -> Option<ArgumentTest> {
        look_up(
            "condition",
            &self.conditions,
            name.get_ref(),
            name.span(),
            mistakes,
        )
    }

    /// The identity of a context.
    pub(super) fn identity(&self, id: ContextId) -> Identity {
        self.knowledge.context(id).identity
    }
}

/// The solver keeps sets of contexts in one word.
const MAX_CONTEXTS: usize = 64;
