// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls of functions that the knowledge describes: their effects, one after the other.

use waitctx_model::{BinaryOp, Call, UnaryOp};

use super::env::local_root;
use super::state::State;
use super::test::prove;
use super::walk::Walker;
use super::{Acquisition, ContextTest, Target, Writes};
use crate::context::{Item, KindSet};
use crate::expr::{Expr, ExprId};
use crate::lock::{Subclass, lock_name};
use crate::program::FnId;
use crate::{
    ArgumentSelector, ArgumentTest, ContextId, DemandId, Effect, FunctionModel, KindSelector,
    ResultTest,
};

impl Walker<'_> {
    pub(super) fn modelled(
        &mut self,
        state: State,
        call: &Call,
        callee: FnId,
        args: &[ExprId],
        model: &FunctionModel,
    ) -> Vec<State> {
        let mut states = vec![state];
        let mut result = None;
        for effect in &model.effects {
            match effect {
                Effect::ReturnsArgument(index) => result = args.get(*index).copied(),
                Effect::ReturnsConst(value) => result = Some(self.exprs.constant(*value)),
                _ => {}
            }
        }
        let names_lock = model.effects.iter().any(|effect| {
            matches!(
                effect,
                Effect::Acquire { .. } | Effect::Release { .. } | Effect::Convert { .. }
            )
        });
        if !names_lock && !model.enter_body {
            self.forget_written(&mut states[0], args, &Writes::ARGUMENTS);
        }
        let result = self.set_result(&mut states[0], call, result);
        for effect in &model.effects {
            match effect {
                Effect::NeverReturns => return Vec::new(),
                Effect::Demand { demand, only_if } => {
                    for state in &states {
                        self.demand(state, callee, args, *demand, only_if.as_ref());
                    }
                }
                Effect::Acquire {
                    context,
                    lock,
                    when,
                    waits,
                    only_if,
                    subclass: _,
                } => {
                    let Some(mut item) = self.item(callee, args, context, lock.as_ref()) else {
                        continue;
                    };
                    item.subclass = Subclass::of(self.program, self.knowledge, call);
                    if *waits && let Some(demand) = self.knowledge.context(item.kind).demand {
                        let site = self.site();
                        let subject = item.lock;
                        let target = Target::Demand {
                            demand,
                            function: callee,
                            proof: None,
                            subject,
                        };
                        for state in &states {
                            if self.passes(state, callee, args, only_if.as_ref()) {
                                let worlds = self.worlds(state);
                                let exprs = &self.exprs;
                                self.recorder
                                    .record(exprs, site, target, args, state, worlds);
                            }
                        }
                    }
                    if self.matters(&item) {
                        let only_if = only_if.as_ref();
                        states = self.acquire(states, callee, args, &item, *when, only_if, result);
                    }
                }
                Effect::Release {
                    context,
                    lock,
                    all,
                    only_if,
                } => {
                    let item = self.item(callee, args, context, lock.as_ref());
                    if let Some(item) = item.filter(|item| self.matters(item)) {
                        for state in &mut states {
                            if self.passes(state, callee, args, only_if.as_ref()) {
                                let before = state.context.held.clone();
                                state.context.release(&item, *all, self.knowledge);
                                self.note_ended(&before, state);
                            }
                        }
                    }
                }
                Effect::Convert { from, to, lock } => {
                    if self.converts(callee, args, lock.as_ref()) {
                        for state in &mut states {
                            state.context.convert(from, *to);
                        }
                    }
                }
                Effect::TestsContext {
                    mask,
                    contexts,
                    when,
                } => {
                    self.tests_context(result, *mask, contexts, *when);
                }
                Effect::Fills { object, byte } => {
                    if let (Some(&object), Some(&byte)) = (args.get(*object), args.get(*byte))
                        && self.exprs.as_const(byte) == Some(0)
                        && local_root(&self.exprs, object).is_some()
                    {
                        for state in &mut states {
                            state.forget_object(&self.exprs, object, byte);
                        }
                    }
                }
                Effect::DropsReference => {
                    if !self.references.contains(&result) {
                        self.references.push(result);
                    }
                }
                Effect::TellsOfBug { only_if } => {
                    let only_if = only_if.as_ref();
                    states.retain(|state| !self.passes(state, callee, args, only_if));
                }
                Effect::ReturnsArgument(_) | Effect::ReturnsConst(_) => {}
            }
        }
        states
    }

    pub(super) fn tests_context(
        &mut self,
        result: ExprId,
        mask: i64,
        contexts: &[ContextId],
        when: ResultTest,
    ) {
        let mut kinds = KindSet::default();
        for &kind in contexts {
            kinds.insert(kind);
        }
        let known = self
            .context_tests
            .iter()
            .any(|it| it.result == result && it.mask == mask && it.when == when);
        if !known {
            self.context_tests.push(ContextTest {
                result,
                mask,
                kinds,
                when,
            });
        }
    }

    fn converts(
        &self,
        callee: FnId,
        args: &[ExprId],
        lock: Option<&(ArgumentSelector, ContextId)>,
    ) -> bool {
        let Some((selector, kind)) = lock else {
            return true;
        };
        let Some(lock) = self.argument(callee, args, selector) else {
            return false;
        };
        let name = lock_name(
            self.program,
            self.knowledge,
            self.function,
            &self.exprs,
            lock,
        );
        name.kind == Some(*kind)
    }

    /// The position of the argument that `selector` means.
    fn argument(
        &self,
        callee: FnId,
        args: &[ExprId],
        selector: &ArgumentSelector,
    ) -> Option<ExprId> {
        let index = match selector {
            ArgumentSelector::Index(index) => *index,
            ArgumentSelector::Typed(name) => {
                let name = self.program.names.find(name)?;
                self.program
                    .function(callee)
                    .parameters
                    .iter()
                    .position(|ty| ty.is_some_and(|ty| ty.name == name && !ty.pointer))?
            }
        };
        args.get(index).copied()
    }

    /// What an acquire or release is about.
    fn item(
        &mut self,
        callee: FnId,
        args: &[ExprId],
        selector: &KindSelector,
        lock: Option<&ArgumentSelector>,
    ) -> Option<Item> {
        let lock = match lock {
            Some(selector) => Some(self.argument(callee, args, selector)?),
            None => None,
        };
        let name = lock.map_or_else(Default::default, |lock| {
            lock_name(
                self.program,
                self.knowledge,
                self.function,
                &self.exprs,
                lock,
            )
        });
        let kind = match selector {
            KindSelector::Fixed(kind) => *kind,
            KindSelector::OfLockType { default, map } => match name.kind {
                Some(kind) => map
                    .iter()
                    .find(|&&(from, _)| from == kind)
                    .map_or(kind, |&(_, to)| to),
                None => *default,
            },
        };
        let is_lock = self.knowledge.context(kind).identity == crate::Identity::Lock;
        Some(Item {
            kind,
            lock: lock.filter(|_| is_lock),
            element: is_lock && name.element,
            class: if is_lock {
                name.class
            } else {
                Default::default()
            },
            spelled: None,
            subclass: Subclass::Plain,
        })
    }

    /// Whether something in force limits or silences anything, so that it is worth tracking.
    pub(super) fn matters(&self, item: &Item) -> bool {
        let kind = self.knowledge.context(item.kind);
        kind.limit < crate::WaitType::Sleep
            || !kind.forbids.is_empty()
            || self
                .knowledge
                .demands
                .iter()
                .any(|demand| demand.silenced_by.contains(&item.kind))
            || self.program.counts_as(item).next().is_some()
            || self.may_be_taken(item)
    }

    /// Whether only a caller can tell which lock it is, and it may be one that is taken where it
    /// must not be held.
    fn may_be_taken(&self, item: &Item) -> bool {
        let of_kind = |it: &crate::Taken| it.kinds.contains(&item.kind);
        item.lock.is_some()
            && !item.class.is_known()
            && !self.program.taken.is_empty()
            && self.knowledge.taken.iter().any(of_kind)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one effect")]
    fn acquire(
        &mut self,
        states: Vec<State>,
        callee: FnId,
        args: &[ExprId],
        item: &Item,
        when: ResultTest,
        only_if: Option<&ArgumentTest>,
        result: ExprId,
    ) -> Vec<State> {
        let origin = self.recorder.acquisition(Acquisition {
            site: self.site(),
            callee,
            inner: None,
        });
        if when == ResultTest::Any {
            self.unconditional.insert(origin);
        }
        let mut after = Vec::with_capacity(states.len() + 1);
        for mut state in states {
            if !self.passes(&state, callee, args, only_if) {
                after.push(state);
                continue;
            }
            let truth = match when {
                ResultTest::Any => None,
                ResultTest::NonZero => Some(true),
                ResultTest::Zero => Some(false),
            };
            if let Some(truth) = truth {
                let mut other = state.clone();
                if self.assume(&mut other, result, !truth) {
                    after.push(other);
                }
                if !self.assume(&mut state, result, truth) {
                    continue;
                }
            }
            state.context.acquire(item.clone(), origin, self.knowledge);
            if let Some(lock) = item.lock {
                self.assume_object(&mut state, lock);
            }
            after.push(state);
        }
        after
    }

    /// A lock that is taken exists: the pointer that leads to it is not null.
    pub(super) fn assume_object(&mut self, state: &mut State, address: ExprId) {
        let mut base = address;
        while let Expr::FieldAddress(inner, _) | Expr::ElementAddress(inner) = self.exprs.get(base)
        {
            base = inner;
        }
        state.facts.assume_object(&self.exprs, base);
    }

    /// Whether an effect's own condition lets it happen.
    fn passes(
        &mut self,
        state: &State,
        callee: FnId,
        args: &[ExprId],
        test: Option<&ArgumentTest>,
    ) -> bool {
        let Some(test) = test else { return true };
        let Some(value) = self.tested(callee, args, test) else {
            return !test.proof;
        };
        match state.facts.truth(&self.exprs, value) {
            Some(truth) => truth == test.set,
            None => !test.proof,
        }
    }

    /// What a test asks to be non-zero (or zero).
    fn tested(&mut self, callee: FnId, args: &[ExprId], test: &ArgumentTest) -> Option<ExprId> {
        let value = self.argument(callee, args, &test.argument)?;
        if !test.all && test.clear == 0 {
            let mask = self.exprs.constant(test.mask);
            return Some(self.exprs.binary(BinaryOp::And, value, mask));
        }
        let masks: Vec<i64> = if test.all {
            let bits = (0..64).map(|bit| 1 << bit);
            bits.filter(|bit| test.mask & bit != 0).collect()
        } else {
            vec![test.mask]
        };
        let mut all = self.exprs.constant(1);
        for mask in masks {
            let mask = self.exprs.constant(mask);
            let bits = self.exprs.binary(BinaryOp::And, value, mask);
            all = self.exprs.binary(BinaryOp::LogicalAnd, bits, all);
        }
        if test.clear != 0 {
            let mask = self.exprs.constant(test.clear);
            let bits = self.exprs.binary(BinaryOp::And, value, mask);
            let none = self.exprs.unary(UnaryOp::Not, bits);
            all = self.exprs.binary(BinaryOp::LogicalAnd, none, all);
        }
        Some(all)
    }

    fn demand(
        &mut self,
        state: &State,
        callee: FnId,
        args: &[ExprId],
        demand: crate::DemandId,
        only_if: Option<&ArgumentTest>,
    ) {
        let mut proof = None;
        let mut subject = None;
        if let Some(test) = only_if {
            subject = self.argument(callee, args, &test.argument);
            let Some(value) = self.tested(callee, args, test) else {
                if test.proof {
                    return;
                }
                return self.push_demand(state, callee, args, demand, None, subject);
            };
            if test.proof {
                if prove(&mut self.exprs, &state.facts, value, test.set).is_empty() {
                    return;
                }
                proof = Some((value, test.set));
            } else {
                let mut then = state.clone();
                if self.assume(&mut then, value, test.set) {
                    self.push_demand(&then, callee, args, demand, None, subject);
                }
                return;
            }
        }
        self.push_demand(state, callee, args, demand, proof, subject);
    }

    /// Whether a flag of an object says that it is none to whom this is done where it matters.
    fn is_excused(&self, state: &State, demand: DemandId) -> bool {
        let mut flags = self
            .known
            .flags
            .iter()
            .filter(|it| it.2.demands.contains(&demand));
        flags.any(|&(record, name, flag)| {
            state.facts.iter().any(|(id, fact)| {
                let Expr::Load(address) = self.exprs.get(id) else {
                    return false;
                };
                let Expr::FieldAddress(_, field) = self.exprs.get(address) else {
                    return false;
                };
                let field = &self.program.fields[field.0 as usize];
                let is_it = field.record == record && field.name == name;
                is_it && fact.truth() == Some(!flag.set)
            })
        })
    }

    fn push_demand(
        &mut self,
        state: &State,
        callee: FnId,
        args: &[ExprId],
        demand: crate::DemandId,
        proof: Option<(ExprId, bool)>,
        subject: Option<ExprId>,
    ) {
        if self.is_excused(state, demand) {
            return;
        }
        let worlds = self.worlds(state);
        let site = self.site();
        let target = Target::Demand {
            demand,
            function: callee,
            proof,
            subject,
        };
        self.recorder
            .record(&self.exprs, site, target, args, state, worlds);
    }
}
