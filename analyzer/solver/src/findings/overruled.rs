// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions that are told not to do what they come to do.
//!
//! Flags say what a function may do, such as wait for memory. One that is told not to, and passes
//! on that it may be done, is wrong whatever objects it works on and whoever it is: the call that
//! tells it speaks for the context that it is made in. (What it calls without such flags may be for
//! other objects than those that come by here.)

use super::witness::{Hop, Reader};
use crate::demands::Violation;
use crate::expr::Expr;
use crate::paths::Target;
use crate::program::FnId;
use crate::{ArgumentSelector, ArgumentTest, DemandId, Demanded, Effect, Knowledge};

impl Reader<'_> {
    /// The last step of a chain that calls a function with flags which rule the demand out, where
    /// that function passes on others, which allow it.
    pub(super) fn told_not_to(&self, violation: &Violation, chain: &[Hop]) -> Option<usize> {
        let test = self.test_of_demand(violation, *chain.last()?)?;
        let mut found = None;
        let mut told = false;
        // What the function of a step was called with, as far as it is known.
        let mut given: Vec<Option<i64>> = Vec::new();
        for (index, hop) in chain.iter().enumerate() {
            let record = self.record(*hop);
            let exprs = &self.structures.of(hop.function).exprs;
            let args = record.args.iter();
            given = args
                .map(|&arg| match exprs.get(arg) {
                    Expr::Parameter(number) => given.get(number as usize).copied().flatten(),
                    _ => exprs.as_const(arg),
                })
                .collect();
            let callee = match record.target {
                Target::Demand { function, .. } => Some(function),
                Target::Function(_) | Target::Pointer(_) => hop.callee,
            };
            let flags = callee.and_then(|it| self.flags_of(it, test));
            let flags = flags.and_then(|it| *given.get(it)?);
            if told && flags.is_some_and(|it| test.holds_of(it)) {
                found = index.checked_sub(1);
            }
            told = flags.is_some_and(|it| !test.holds_of(it));
        }
        found
    }

    /// The test of an argument under which the demand at the end of a chain is made.
    fn test_of_demand(&self, violation: &Violation, last: Hop) -> Option<&ArgumentTest> {
        let Target::Demand { function, .. } = self.record(last).target else {
            return None;
        };
        let is_meant = |demand| demand == violation.demand;
        tests(self.knowledge, self.program.name(function), is_meant).next()
    }

    /// The parameter of a function that is what a test looks at, where that is told by its type.
    fn flags_of(&self, function: FnId, test: &ArgumentTest) -> Option<usize> {
        let ArgumentSelector::Typed(ty) = &test.argument else {
            return None;
        };
        let parameters = &self.program.function(function).parameters;
        parameters.iter().position(|it| {
            it.is_some_and(|it| !it.pointer && self.program.names.get(it.name) == ty.as_str())
        })
    }
}

/// Whether an argument that is told by its type has to say that a function may do what is demanded.
pub(super) fn is_by_flags(knowledge: &Knowledge, demanded: &Demanded) -> bool {
    let is_meant = |demand| knowledge.demand(demand).name == demanded.kind;
    let mut tests = tests(knowledge, &demanded.function, is_meant);
    tests.any(|it| it.proof && matches!(it.argument, ArgumentSelector::Typed(_)))
}

/// The tests of arguments under which a function makes demands.
fn tests<'a>(
    knowledge: &'a Knowledge,
    function: &str,
    is_meant: impl Fn(DemandId) -> bool,
) -> impl Iterator<Item = &'a ArgumentTest> {
    let model = knowledge.functions.get(function);
    let effects = model.into_iter().flat_map(|it| &it.effects);
    effects.filter_map(move |effect| match effect {
        Effect::Demand {
            demand,
            only_if: Some(test),
        } if is_meant(*demand) => Some(test),
        _ => None,
    })
}
