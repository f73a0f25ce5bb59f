// SPDX-License-Identifier: MIT OR Apache-2.0
//! `__attribute__((cleanup(f)))`: `f(&variable)` runs wherever control leaves the variable's
//! scope.
//!
//! The variables that are alive at a point form a chain, the newest first. A point of the program
//! is described by the head of its chain; going from one point to another runs the cleanups from
//! the first head down to where the chains meet. That covers falling out of a scope, `return`,
//! `break`, `continue` and `goto` in either direction alike.

use waitctx_model::{Call, Callee, LocalId, Place, Statement, Symbol, Value};

use crate::body::Body;
use crate::ffi::{Cursor, Kind};
use crate::sites::Site;
use crate::source;

/// The head of a chain: the newest variable alive, if any.
pub(crate) type Chain = Option<usize>;

struct Cleanup {
    older: Chain,
    variable: LocalId,
    function: Symbol,
    site: Site,
}

/// All cleanup variables of a function, and which are alive.
#[derive(Default)]
pub(crate) struct Cleanups {
    all: Vec<Cleanup>,
    alive: Chain,
}

impl Cleanups {
    /// The point of the program that is being lowered.
    pub(crate) fn alive(&self) -> Chain {
        self.alive
    }

    /// What has to run on the way from one point to another.
    fn between(&self, from: Chain, to: Chain) -> Vec<usize> {
        // Ids grow along a chain, so the newer head can be left until both are the same.
        let (mut from, mut to) = (from, to);
        let mut run = Vec::new();
        while from != to {
            if from > to {
                let Some(id) = from else { break };
                run.push(id);
                from = self.all[id].older;
            } else {
                let Some(id) = to else { break };
                to = self.all[id].older;
            }
        }
        run
    }
}

impl<'tu> Body<'_, 'tu> {
    /// Opens a scope: the point to come back to.
    pub(crate) fn open_scope(&self) -> Chain {
        self.cleanups.alive
    }

    /// Falls out of a scope.
    pub(crate) fn close_scope(&mut self, opened: Chain) {
        self.run_cleanups(opened);
        self.cleanups.alive = opened;
    }

    /// Runs what has to run on the way to the point `to`, without leaving the scope.
    pub(crate) fn run_cleanups(&mut self, to: Chain) {
        for statement in self.cleanup_calls(self.cleanups.alive, to) {
            self.push(statement);
        }
    }

    /// The calls on the way from one point to another.
    pub(crate) fn cleanup_calls(&self, from: Chain, to: Chain) -> Vec<Statement> {
        self.cleanups
            .between(from, to)
            .into_iter()
            .map(|id| {
                let cleanup = &self.cleanups.all[id];
                Statement::Call(Call {
                    dest: None,
                    callee: Callee::Direct(cleanup.function),
                    args: vec![Value::AddressOf(Place::local(cleanup.variable))],
                    span: cleanup.site.span,
                    via_macro: cleanup.site.via_macro,
                })
            })
            .collect()
    }

    /// Notes the cleanup of a variable that was just declared, if it has one.
    pub(crate) fn register_cleanup(&mut self, cursor: Cursor<'tu>, variable: LocalId) {
        if !cursor.has_attributes() {
            return;
        }
        let attributes: Vec<_> = cursor
            .children()
            .into_iter()
            .filter(|child| child.kind() == Kind::Attribute)
            .collect();
        if attributes.is_empty() {
            return;
        }
        let text = cursor.pretty(true);
        let Some(name) = cleanup_function(&text) else {
            return;
        };
        let (Some(function), Some(mut site)) =
            (self.reader.symbol_named(name), self.reader.site(cursor))
        else {
            self.reader
                .approximated("cleanup by a function that is not declared", cursor);
            return;
        };
        site.via_macro = self.cleanup_macro(&attributes);
        let older = self.cleanups.alive;
        self.cleanups.alive = Some(self.cleanups.all.len());
        self.cleanups.all.push(Cleanup {
            older,
            variable,
            function,
            site,
        });
    }

    /// The macro that put the attribute there: `guard`, `__free`.
    fn cleanup_macro(&mut self, attributes: &[Cursor<'tu>]) -> Option<waitctx_model::NameId> {
        let is_cleanup = |body: &mut Self, attribute: &Cursor<'tu>| {
            attribute.location().spelled().is_some_and(|at| {
                let text = body.reader.text(at.file);
                matches!(
                    source::identifier_at(&text, at.offset as usize),
                    Some("cleanup" | "__cleanup__")
                )
            })
        };
        let found = attributes
            .iter()
            .find(|attribute| is_cleanup(self, attribute))
            // libclang before 19 does not show the text of macros.
            .or_else(|| attributes.iter().rfind(|it| it.location().in_macro()))?;
        self.reader.macro_at(found.location())
    }
}

/// The function in a variable's attribute, given the variable as C text. An initialiser may hold
/// whole statements with cleanups of their own, so the first is the variable's.
fn cleanup_function(text: &str) -> Option<&str> {
    let after = &text[text.find("((cleanup(")? + "((cleanup(".len()..];
    after.get(..after.find(')')?)
}

#[cfg(test)]
mod tests {
    use super::cleanup_function;

    #[test]
    fn the_function_is_in_the_text() {
        assert_eq!(
            cleanup_function("class_x_t v __attribute__((cleanup(class_x_destructor))) = f(&m)"),
            Some("class_x_destructor")
        );
        assert_eq!(cleanup_function("int v __attribute__((unused))"), None);
    }
}
