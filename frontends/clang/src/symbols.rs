// SPDX-License-Identifier: MIT OR Apache-2.0
//! The identity of functions and variables, and what their declarations say.

use waitctx_model::{Declaration, FunctionFlags, NameId, Symbol};

use crate::ffi::{Cursor, Kind, Linkage};
use crate::reader::Reader;

/// What a caller needs to know of a function.
#[derive(Clone, Copy)]
pub(crate) struct Callable {
    pub(crate) symbol: Symbol,
    pub(crate) noreturn: bool,
    /// `__attribute__((error))`: a program with a call that is ever reached does not compile.
    pub(crate) impossible: bool,
}

impl<'tu> Reader<'tu> {
    /// The function that a declaration declares. One that the main file does not define is added
    /// to the declarations of the unit.
    pub(crate) fn callable(&mut self, cursor: Cursor<'tu>) -> Callable {
        if let Some(&known) = self.callables.get(&cursor) {
            return known;
        }
        let definition = cursor.definition();
        let best = definition.unwrap_or(cursor);
        let symbol = self.function_symbol(best);
        let attributes = attributes(best);
        let flags = self.function_flags(best, &attributes);
        let callable = Callable {
            symbol,
            noreturn: flags.noreturn,
            impossible: attributes.contains("((error("),
        };
        self.callables.insert(cursor, callable);
        if (definition.is_none() || flags.in_header) && self.declared.insert(symbol) {
            let parameters = best
                .parameters()
                .into_iter()
                .map(|it| self.model_type(it.ctype()))
                .collect();
            self.unit.declarations.push(Declaration {
                symbol,
                parameters,
                flags,
            });
        }
        callable
    }

    /// The identity of a function; `cursor` is its definition when there is one.
    pub(crate) fn function_symbol(&mut self, cursor: Cursor<'tu>) -> Symbol {
        let name = self.declared_name(cursor);
        let name = self.name(&name);
        let file = match cursor.linkage() {
            Linkage::External => None,
            Linkage::None | Linkage::Internal => self.file_of(cursor),
        };
        Symbol { name, file }
    }

    /// What the declaration of a function says; `attributes` is from [`attributes`].
    pub(crate) fn function_flags(
        &mut self,
        cursor: Cursor<'tu>,
        attributes: &str,
    ) -> FunctionFlags {
        let in_header = match cursor.location().written() {
            Some(position) => cursor.is_definition() && !self.is_main(position),
            None => false,
        };
        FunctionFlags {
            // Whether a function returns can also be part of its type.
            noreturn: attributes.contains("noreturn")
                || attributes.contains("_Noreturn")
                || cursor.ctype().spelling().contains("noreturn"),
            weak: attributes.contains("((weak)"),
            init: attributes.contains(".init.text"),
            in_header,
        }
    }

    /// The identity of a variable with static storage. One that is declared in a function is
    /// called `function.variable`, as compilers do.
    pub(crate) fn variable(&mut self, cursor: Cursor<'tu>) -> Symbol {
        if let Some(&known) = self.variables.get(&cursor) {
            return known;
        }
        let best = cursor.definition().unwrap_or(cursor);
        let name = self.declared_name(best);
        let symbol = match cursor.linkage() {
            Linkage::External => Symbol {
                name: self.name(&name),
                file: None,
            },
            Linkage::Internal => Symbol {
                name: self.name(&name),
                file: self.file_of(best),
            },
            Linkage::None => {
                let name = match best.parent().filter(|it| it.kind() == Kind::Function) {
                    Some(function) => format!("{}.{name}", function.spelling()),
                    None => name,
                };
                Symbol {
                    name: self.name(&name),
                    file: self.file_of(best),
                }
            }
        };
        self.variables.insert(cursor, symbol);
        symbol
    }

    /// The name that something is declared with.
    ///
    /// A name that a macro numbers with `__COUNTER__` depends on what was compiled before it, so
    /// the place of the macro stands for the number.
    pub(crate) fn declared_name(&mut self, cursor: Cursor<'tu>) -> String {
        let name = cursor.spelling();
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        if stem.len() == name.len() || !cursor.location().in_macro() {
            return name;
        }
        let spelled = cursor.location().spelled();
        let is_written = spelled.and_then(|at| self.identifier(at)) == Some(name.clone());
        match cursor.location().expanded() {
            Some(at) if !is_written => format!("{stem}{}_{}", at.line, at.column),
            _ => name,
        }
    }

    fn file_of(&mut self, cursor: Cursor<'tu>) -> Option<NameId> {
        let position = cursor.location().written()?;
        Some(self.file(position.file).name)
    }
}

/// The declaration of a function as text, if it has attributes: libclang has no other way to tell
/// what they are.
pub(crate) fn attributes(function: Cursor<'_>) -> String {
    if function.has_attributes() {
        function.pretty(true)
    } else {
        String::new()
    }
}
