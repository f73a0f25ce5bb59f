// SPDX-License-Identifier: MIT OR Apache-2.0
//! What functions do, with the calls that no report is about.
//!
//! A solution for a report leaves out the calls of functions in which nothing happens. Who asks in which
//! contexts one of these is called wants to know of them: its callers are walked once more then.

use std::sync::OnceLock;

use crate::paths::Structure;
use crate::per_function::PerFunction;
use crate::program::{Callers, FnId, Program, SccOrder};
use crate::{Knowledge, Purpose, solve};

/// The structures of functions that were asked for with all their calls.
pub(crate) struct Completed {
    order: SccOrder,
    /// Who calls a function by its name.
    callers: OnceLock<Callers>,
    cells: Vec<OnceLock<Box<Structure>>>,
}

impl Completed {
    /// Nothing yet, of a program whose functions are walked in this order.
    pub(crate) fn new(order: SccOrder, count: usize) -> Self {
        Self {
            order,
            callers: OnceLock::new(),
            cells: (0..count).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Who calls a function by its name, in their order.
    pub(crate) fn callers_of(&self, function: FnId) -> &[FnId] {
        let callers = self.callers.get_or_init(|| self.order.graph().callers());
        callers.of(function)
    }

    /// What a function does; `done` is the same without the calls that no report is about.
    pub(crate) fn of(
        &self,
        program: &Program,
        knowledge: &Knowledge,
        done: &PerFunction<Structure>,
        function: FnId,
    ) -> &Structure {
        let cell = &self.cells[function.0 as usize];
        if let Some(known) = cell.get() {
            return known;
        }
        let component = self.order.component(function);
        let purpose = Purpose::Questions;
        let walked =
            solve::walk_together(program, knowledge, &self.order, purpose, done, component);
        for (function, structure) in walked {
            // Another thread may have been faster, and has come to the same.
            let _ = self.cells[function.0 as usize].set(Box::new(structure));
        }
        cell.get_or_init(Box::default)
    }
}
