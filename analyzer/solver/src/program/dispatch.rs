// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls by a name that stands for whatever has been patched in there: calls through a field.
//!
//! A kernel may call a trampoline of its own for each hook, which is rewritten when somebody takes
//! the hook. What can be there is what is stored in the field that the name of the trampoline tells.

use rustc_hash::FxHashMap;
use waitctx_model::{
    Callee, FieldId, Function, NameId, Names, Place, Projection, Root, Statement, Symbol, Value,
};

use super::ProgramFunction;
use crate::{Knowledge, Trampoline};

/// The trampolines of a program, and the fields that they stand for.
pub(super) struct Trampolines {
    fields: FxHashMap<Symbol, FieldId>,
    signature: NameId,
}

impl Trampolines {
    pub(super) fn of(
        functions: &[ProgramFunction],
        names: &mut Names,
        fields: &FxHashMap<(NameId, NameId), FieldId>,
        knowledge: &Knowledge,
    ) -> Self {
        let signature = names.intern("");
        if knowledge.trampolines.is_empty() {
            return Self {
                fields: FxHashMap::default(),
                signature,
            };
        }
        let stands_for = |symbol: Symbol| {
            knowledge.trampolines.iter().find_map(|it| {
                let record = names.find(&it.record)?;
                hooks(it, names.get(symbol.name)).find_map(|hook| {
                    let field = names.find(hook)?;
                    fields.get(&(record, field)).copied()
                })
            })
        };
        let fields = functions
            .iter()
            .filter(|it| !it.has_body())
            .filter_map(|it| Some((it.symbol, stands_for(it.symbol)?)))
            .collect();
        Self { fields, signature }
    }

    /// Turns the calls of trampolines in a body into calls through the fields that they stand for;
    /// whether there are any.
    pub(super) fn resolve(&self, body: &mut Function) -> bool {
        let mut any = false;
        if self.fields.is_empty() {
            return any;
        }
        let blocks = body.blocks.iter_mut();
        for statement in blocks.flat_map(|block| &mut block.statements) {
            if let Statement::Call(call) = statement
                && let Callee::Direct(symbol) = call.callee
                && let Some(&field) = self.fields.get(&symbol)
            {
                let place = Place {
                    root: Root::Global(symbol),
                    path: vec![Projection::Field(field)],
                };
                call.callee = Callee::Pointer {
                    value: Value::Read(place),
                    signature: self.signature,
                };
                any = true;
            }
        }
        any
    }
}

/// What may be the name of the field in that of a trampoline: what is between the prefix and numbers,
/// with as many numbers as possible first.
fn hooks<'a>(trampoline: &Trampoline, name: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
    let rest = name.strip_prefix(trampoline.prefix.as_str());
    let shorter = |name: &&'a str| {
        let (hook, number) = name.rsplit_once('_')?;
        let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        is_number.then_some(hook)
    };
    std::iter::successors(rest, shorter).skip(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_is_between_the_prefix_and_numbers() {
        let trampoline = Trampoline {
            prefix: "__call_".to_owned(),
            record: "hooks".to_owned(),
        };
        let hooks = |name| hooks(&trampoline, name).collect::<Vec<_>>();
        assert_eq!(hooks("__call_a_b_0"), ["a_b"]);
        assert_eq!(hooks("__call_a_2_67_1"), ["a_2_67", "a_2", "a"]);
        assert!(hooks("__call_a_b").is_empty());
        assert!(hooks("call_a_0").is_empty());
    }
}
