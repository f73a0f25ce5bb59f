// SPDX-License-Identifier: MIT OR Apache-2.0
//! One unit for each file.

use std::collections::BTreeMap;

use waitctx_model::{
    Alias, BetweenUnits, Callee, Declaration, FunctionFlags, Incident, IncidentKind, Initialiser,
    NameId, Rename, Span, Statement, Symbol, Type, Unit, rename_function,
};

use super::Emitter;
use crate::context::Loss;
use crate::sources::FileState;

/// Divides what was made among the files that it is written in.
pub(crate) fn split(mut emitter: Emitter) -> Vec<Unit> {
    let cx = std::rc::Rc::clone(&emitter.cx);
    let mut units: BTreeMap<String, Unit> = BTreeMap::new();
    for (file, state) in cx.sources.states() {
        let unit = units.entry(file.to_string()).or_default();
        let name = unit.names.intern(file.as_str());
        unit.file = Some(name);
        let (kind, message, at) = match state {
            FileState::Parsed => continue,
            FileState::Broken(line, column, message) => {
                (IncidentKind::UnitLost, message, Some((line, column)))
            }
            FileState::Missing(message) => (IncidentKind::UnitLost, message, None),
        };
        let span = at.map(|(line, column)| place(name, line, column));
        unit.incidents.push(Incident {
            kind,
            message,
            span,
        });
    }
    for Loss {
        file,
        line,
        column,
        what,
    } in cx.losses()
    {
        if let Some(unit) = units.get_mut(&*file) {
            let file = unit.names.intern(&file);
            unit.incidents.push(Incident {
                kind: IncidentKind::Approximated,
                message: what,
                span: Some(place(file, line, column)),
            });
        }
    }
    let foreign: Vec<String> = emitter.foreign.keys().map(|it| it.to_string()).collect();
    for it in std::mem::take(&mut emitter.emitted) {
        let Some(unit) = units.get_mut(&*it.file) else {
            continue;
        };
        let mut function = it.function;
        let mut ids = BetweenUnits {
            from: &emitter.unit,
            to: unit,
        };
        rename_function(&mut function, &mut ids);
        let statements = function.blocks.iter().flat_map(|it| &it.statements);
        for statement in statements {
            if let Statement::Call(call) = statement {
                unit.stats.calls += 1;
                if matches!(call.callee, Callee::Pointer { .. }) {
                    unit.stats.indirect_calls += 1;
                }
            }
        }
        unit.functions.push(function);
    }
    // Whatever belongs to no function is in the first unit.
    let declared = emitter.declarations();
    if let Some(unit) = units.values_mut().next() {
        for it in std::mem::take(&mut emitter.unit.initialisers) {
            let mut ids = BetweenUnits {
                from: &emitter.unit,
                to: unit,
            };
            let it = Initialiser {
                variable: ids.symbol(it.variable),
                field: it.field.map(|field| ids.field(field)),
                target: ids.symbol(it.target),
                span: ids.span(it.span),
            };
            unit.initialisers.push(it);
        }
        let is_prefixed = !cx.knowledge.helper_prefix.is_empty();
        for name in foreign.iter().filter(|_| is_prefixed) {
            let alias = unit.names.intern(name);
            let target = format!("{}{name}", cx.knowledge.helper_prefix);
            let target = unit.names.intern(&target);
            unit.aliases.push(Alias {
                alias: external(alias),
                target: external(target),
                weak: true,
            });
        }
        for (name, parameters) in declared {
            let name = unit.names.intern(&name);
            let parameters = parameters
                .iter()
                .map(|(name, pointer)| {
                    let name = unit.names.intern(name);
                    Type {
                        name,
                        record: pointer.then_some(name),
                        pointer: *pointer,
                    }
                })
                .collect();
            unit.declarations.push(Declaration {
                symbol: external(name),
                parameters,
                flags: FunctionFlags::default(),
            });
        }
    }
    units.into_values().collect()
}

fn external(name: NameId) -> Symbol {
    Symbol { name, file: None }
}

fn place(file: NameId, line: usize, column: usize) -> Span {
    let line = u32::try_from(line.max(1)).unwrap_or(u32::MAX);
    let column = u32::try_from(column.max(1)).unwrap_or(u32::MAX);
    Span {
        file,
        line,
        column,
        end_line: line,
        end_column: column + 1,
    }
}

impl Emitter {
    /// The C functions that the program declares: the types of their parameters by name, and
    /// whether they are pointers.
    fn declarations(&self) -> Vec<(String, Vec<(String, bool)>)> {
        let mut out = Vec::new();
        for id in self.cx.functions.ids() {
            let function = self.cx.functions.get(id);
            let Some(name) = &function.foreign else {
                continue;
            };
            if !self.foreign.contains_key(name) {
                continue;
            }
            let parameters = function.written.inputs.iter().map(|input| match input {
                syn::FnArg::Typed(it) => written_name(&it.ty),
                syn::FnArg::Receiver(_) => (String::new(), false),
            });
            out.push((name.to_string(), parameters.collect()));
        }
        out.sort();
        out.dedup_by(|a, b| a.0 == b.0);
        out
    }
}

/// The name of a type as it is written, and whether it is a pointer.
fn written_name(ty: &syn::Type) -> (String, bool) {
    match ty {
        syn::Type::Ptr(it) => (written_name(&it.elem).0, true),
        syn::Type::Reference(it) => (written_name(&it.elem).0, true),
        syn::Type::Path(it) => {
            let last = it.path.segments.last();
            (
                last.map(|it| it.ident.to_string()).unwrap_or_default(),
                false,
            )
        }
        _ => (String::new(), false),
    }
}
