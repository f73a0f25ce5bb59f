// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a function calls, and what happens in it itself.

use std::collections::BTreeMap;

use waitctx_model::{Callee, Statement, Symbol};

use super::FunctionRef;
use crate::paths::Target;
use crate::program::FnId;
use crate::{InForce, Solution, SourcePlace};

/// A call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// The functions it can call: one, or those that a pointer can be.
    pub targets: Vec<FunctionRef>,
    /// The record field or variable that a pointer was read from; `None` for direct calls.
    pub through: Option<String>,
    /// The macro that the programmer wrote there.
    pub via_macro: Option<String>,
    /// Where.
    pub place: SourcePlace,
    /// What the function has in force there on some path.
    pub held: Vec<InForce>,
}

/// Something that happens to the context in a function.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Effect {
    /// What happens.
    pub kind: EffectKind,
    /// What people call it: `spinlock_t held`, `allocates memory`.
    pub label: String,
    /// The lock's class or the flags, when known.
    pub detail: Option<String>,
    /// Where.
    pub place: SourcePlace,
}

/// What happens at an [`Effect`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EffectKind {
    /// A context is put into force.
    Acquire,
    /// A context is ended.
    Release,
    /// A wait type is demanded.
    Demand,
}

impl Solution<'_> {
    /// The calls in a function's body, in the order of the body.
    pub fn calls(&self, function: FunctionRef) -> Vec<CallSite> {
        let Some(body) = self.program.body(function.id) else {
            return Vec::new();
        };
        let reader = self.reader();
        let records = &self.complete(function.id).records;
        let mut calls = Vec::new();
        for (block, statements) in (0_u32..).zip(&body.blocks) {
            for (number, statement) in (0_u32..).zip(&statements.statements) {
                let Statement::Call(call) = statement else {
                    continue;
                };
                let mut held: Vec<InForce> = Vec::new();
                let mut targets: Vec<FunctionRef> = Vec::new();
                let mut through = None;
                for record in records.iter().filter(|it| it.site == (block, number)) {
                    held.extend(record.held.iter().map(|it| self.in_force(&it.item)));
                    match record.target {
                        Target::Function(callee) => targets.push(self.reference(callee)),
                        Target::Demand { function, .. } => targets.push(self.reference(function)),
                        Target::Pointer(key) => {
                            through = Some(reader.pointer_name(key));
                            let known = self.program.targets.of(key);
                            targets.extend(known.iter().map(|&it| self.reference(it)));
                        }
                    }
                }
                if let Callee::Direct(symbol) = &call.callee {
                    let known = self.program.by_symbol.get(symbol);
                    targets.extend(known.map(|&it| self.reference(it)));
                }
                through = through.or_else(|| reader.variable_called(&body, call));
                held.sort();
                held.dedup();
                targets.sort_unstable();
                targets.dedup();
                calls.push(CallSite {
                    targets,
                    through,
                    via_macro: call
                        .via_macro
                        .map(|name| self.program.names.get(name).to_owned()),
                    place: reader.place(call.span),
                    held,
                });
            }
        }
        calls
    }

    /// The functions that are called in a function's body: the targets of its [calls](Self::calls).
    pub fn callees(&self, function: FunctionRef) -> Vec<FunctionRef> {
        let Some(body) = self.program.body(function.id) else {
            return Vec::new();
        };
        let mut callees: Vec<FnId> = Vec::new();
        for record in &self.structures().of(function.id).records {
            match record.target {
                Target::Function(callee) => callees.push(callee),
                Target::Demand { function, .. } => callees.push(function),
                Target::Pointer(key) => callees.extend(self.program.targets.of(key)),
            }
        }
        let statements = body.blocks.iter().flat_map(|it| &it.statements);
        callees.extend(statements.filter_map(|statement| match statement {
            Statement::Call(call) => match call.callee {
                Callee::Direct(symbol) => self.program.by_symbol.get(&symbol).copied(),
                Callee::Pointer { .. } => None,
            },
            Statement::Assign { .. } => None,
        }));
        let mut callees: Vec<FunctionRef> =
            callees.into_iter().map(|it| self.reference(it)).collect();
        callees.sort_unstable();
        callees.dedup();
        callees
    }

    /// The functions that a macro calls wherever it is written, in the order of their names. Calls in
    /// its arguments are where these are, and not everywhere.
    pub fn called_by_macro(&self, name: &str) -> Vec<FunctionRef> {
        let Some(id) = self.program.names.find(name) else {
            return Vec::new();
        };
        let called = |function: FunctionRef| {
            let body = self.program.body(function.id);
            let blocks = body.iter().flat_map(|it| &it.blocks);
            let calls = blocks.flat_map(|it| &it.statements);
            let symbols = calls.filter_map(|statement| match statement {
                Statement::Call(call) if call.via_macro == Some(id) => match call.callee {
                    Callee::Direct(symbol) => Some(symbol),
                    Callee::Pointer { .. } => None,
                },
                Statement::Call(_) | Statement::Assign { .. } => None,
            });
            symbols.collect::<Vec<_>>()
        };
        let mut uses: BTreeMap<Symbol, usize> = BTreeMap::new();
        for symbol in self.functions().flat_map(called) {
            *uses.entry(symbol).or_default() += 1;
        }
        let most = uses.values().copied().max().unwrap_or(0);
        let own = uses.iter().filter(|(_, count)| 2 * **count > most);
        let known = own.filter_map(|(symbol, _)| self.program.by_symbol.get(symbol));
        let mut found: Vec<FunctionRef> = known.map(|&it| self.reference(it)).collect();
        found.sort_by_key(|&it| (self.name(it), it));
        found
    }

    /// What happens to the context in a function's own body: modelled functions it calls.
    pub fn effects(&self, function: FunctionRef) -> Vec<Effect> {
        let Some(body) = self.program.body(function.id) else {
            return Vec::new();
        };
        let reader = self.reader();
        let structure = self.complete(function.id);
        let place = |(block, number): (u32, u32)| {
            let block = body.blocks.get(block as usize)?;
            match block.statements.get(number as usize)? {
                Statement::Call(call) => Some(reader.place(call.span)),
                Statement::Assign { .. } => None,
            }
        };
        let mut effects: Vec<Effect> = Vec::new();
        let of_records = structure.records.iter().flat_map(|it| &it.held);
        let of_exits = structure.exits.iter().flat_map(|it| &it.held);
        for held in of_records.chain(of_exits) {
            let acquisition = &structure.acquisitions[held.origin as usize];
            let context = self.in_force(&held.item);
            effects.extend(place(acquisition.site).map(|place| Effect {
                kind: EffectKind::Acquire,
                label: context.label,
                detail: context.lock,
                place,
            }));
        }
        for record in &structure.records {
            let Target::Demand {
                demand, subject, ..
            } = record.target
            else {
                continue;
            };
            let detail =
                subject.and_then(|subject| self.subject(function.id, &structure.exprs, subject));
            effects.extend(place(record.site).map(|place| Effect {
                kind: EffectKind::Demand,
                label: self.knowledge.demand(demand).label.clone(),
                detail,
                place,
            }));
        }
        effects.extend(self.releases(function));
        effects.sort_by(|a, b| (&a.place, a).cmp(&(&b.place, b)));
        effects.dedup();
        effects
    }

    /// Calls of modelled functions that end a context.
    fn releases(&self, function: FunctionRef) -> Vec<Effect> {
        let Some(body) = self.program.body(function.id) else {
            return Vec::new();
        };
        let reader = self.reader();
        let calls = body.blocks.iter().flat_map(|it| &it.statements);
        calls
            .filter_map(|statement| {
                let Statement::Call(call) = statement else {
                    return None;
                };
                let Callee::Direct(symbol) = call.callee else {
                    return None;
                };
                let model = self
                    .knowledge
                    .functions
                    .get(self.program.names.get(symbol.name))?;
                let kind = model.effects.iter().find_map(|effect| match effect {
                    crate::Effect::Release { context, .. } => Some(match context {
                        crate::KindSelector::Fixed(kind) => *kind,
                        crate::KindSelector::OfLockType { default, .. } => *default,
                    }),
                    _ => None,
                })?;
                Some(Effect {
                    kind: EffectKind::Release,
                    label: self.knowledge.context(kind).label.clone(),
                    detail: None,
                    place: reader.place(call.span),
                })
            })
            .collect()
    }
}
