// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lock an expression names: its kind, and its class.
//!
//! A lock class is the path of fields from the object that a pointer leads to down to the lock
//! (`worker_pool.lock`), or the variable that is the lock. It is what lockdep would usually give
//! one key, and what tells locks apart where two pointers may or may not be equal.

use serde::{Deserialize, Serialize};
use waitctx_model::{Call, Callee, FieldId, Symbol, Value};

use crate::expr::{Expr, ExprId, Exprs};
use crate::program::{FnId, Program};
use crate::{ContextId, Effect, Knowledge, MacroModel};

/// The class of a lock.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LockClass {
    /// The variable that the path starts at, if it starts at one.
    pub(crate) variable: Option<Symbol>,
    /// The fields on the way, outermost first, ending in the lock (or in the pointer to it).
    pub(crate) fields: Vec<FieldId>,
}

impl LockClass {
    /// Whether it says which lock is meant at all.
    pub(crate) fn is_known(&self) -> bool {
        self.variable.is_some() || !self.fields.is_empty()
    }

    /// Its name for people: `worker_pool.lock`, `logbuf_lock`; `None` when nothing is known.
    pub(crate) fn name(&self, program: &Program) -> Option<String> {
        let mut name = match (self.variable, self.fields.first()) {
            (Some(variable), _) => program.names.get(variable.name).to_owned(),
            (None, Some(first)) => program
                .names
                .get(program.fields[first.0 as usize].record)
                .to_owned(),
            (None, None) => return None,
        };
        for field in &self.fields {
            name.push('.');
            name.push_str(program.names.get(program.fields[field.0 as usize].name));
        }
        Some(name)
    }
}

/// Which of several locks of one class it is, where they nest in an order of their own: lockdep
/// treats them as classes of their own.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub(crate) enum Subclass {
    /// The one that locks are taken in where nothing is said.
    #[default]
    Plain,
    /// This one, which is not zero.
    Number(i64),
    /// Another, or a number that the source does not tell.
    Nested,
}

impl Subclass {
    /// The subclass in which a call takes a lock.
    pub(crate) fn of(program: &Program, knowledge: &Knowledge, call: &Call) -> Self {
        let written = call.via_macro.map(|name| program.names.get(name));
        if written.is_some_and(|it| knowledge.macros.get(it) == Some(&MacroModel::Nested)) {
            return Self::Nested;
        }
        let Callee::Direct(symbol) = &call.callee else {
            return Self::Plain;
        };
        let callee = program.by_symbol.get(symbol);
        let row = callee.and_then(|&callee| program.function(callee).row.as_ref());
        let model = row.and_then(|row| knowledge.functions.get(row));
        let index = model.and_then(|model| {
            model.effects.iter().find_map(|effect| match effect {
                Effect::Acquire { subclass, .. } => *subclass,
                _ => None,
            })
        });
        match index.map(|index| call.args.get(index)) {
            None | Some(Some(Value::Const(0))) => Self::Plain,
            Some(Some(Value::Const(number))) => Self::Number(*number),
            Some(_) => Self::Nested,
        }
    }
}

/// The lock that an expression (its address) names.
#[derive(Clone, Debug, Default)]
pub(crate) struct LockName {
    /// Its kind, when the path meets a lock type.
    pub(crate) kind: Option<ContextId>,
    /// Its class.
    pub(crate) class: LockClass,
    /// Whether it is an element of an array, nobody knows which.
    pub(crate) element: bool,
}

/// Names the lock at the address `id`, which is an expression of function `function`.
pub(crate) fn lock_name(
    program: &Program,
    knowledge: &Knowledge,
    function: FnId,
    exprs: &Exprs,
    id: ExprId,
) -> LockName {
    match exprs.get(id) {
        Expr::FieldAddress(base, field) => {
            let mut name = lock_name(program, knowledge, function, exprs, base);
            if name.kind.is_some() {
                return name; // a part of a lock, such as the raw lock in a spinlock_t
            }
            let lock = program.field_locks[field.0 as usize];
            if lock.of_record.is_some() {
                name.kind = lock.of_record;
                return name;
            }
            name.class.fields.push(field);
            if !lock.pointer {
                name.kind = lock.of_type;
            }
            name
        }
        Expr::ElementAddress(base) => LockName {
            element: true,
            ..lock_name(program, knowledge, function, exprs, base)
        },
        Expr::Load(address) => match exprs.get(address) {
            Expr::FieldAddress(_, field) => {
                let lock = program.field_locks[field.0 as usize];
                match lock.of_type {
                    Some(_) if lock.pointer => LockName {
                        kind: lock.of_type,
                        class: LockClass {
                            variable: None,
                            fields: vec![field],
                        },
                        element: false,
                    },
                    _ => LockName::default(),
                }
            }
            _ => LockName::default(),
        },
        Expr::Parameter(index) => {
            let ty = program
                .function(function)
                .parameters
                .get(index as usize)
                .copied()
                .flatten();
            LockName {
                kind: ty.and_then(|ty| program.lock_kind(knowledge, &ty)),
                ..LockName::default()
            }
        }
        Expr::Global(symbol) => LockName {
            kind: None,
            class: LockClass {
                variable: Some(symbol),
                fields: Vec::new(),
            },
            element: false,
        },
        _ => LockName::default(),
    }
}
