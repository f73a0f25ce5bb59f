// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a call does to the state: by the model of the function, or by its summary.

use waitctx_model::{Call, Callee, LocalId, Place, Value};

use super::env::local_root;
use super::state::State;
use super::test::prove;
use super::walk::{ContextTest, Walker};
use super::{Acquisition, Exit, Structure, Target, Worlds, Writes, Written};
use crate::context::{Item, KindSet};
use crate::expr::{Expr, ExprId, Exprs, Leaf, Origin};
use crate::facts::{Fact, Facts};
use crate::lock::lock_name;
use crate::program::{FnId, PointerKey};
use crate::{
    ArgumentSelector, ArgumentTest, ContextId, Effect, FunctionModel, KindSelector, ResultTest,
};

impl Walker<'_> {
    /// Follows a call from `state`; the states after it go to `next`.
    pub(super) fn call(&mut self, state: State, call: &Call, next: &mut Vec<State>) {
        let args: Vec<ExprId> =
            self.evaluate(|it| call.args.iter().map(|arg| it.value(&state, arg)).collect());
        let Some(callee) = self.callee(&state, &call.callee) else {
            self.through_pointer(state, call, &args, next);
            return;
        };
        let program = self.program;
        let knowledge = self.knowledge;
        let function = program.function(callee);
        let model = if function.modelled {
            knowledge.functions.get(program.name(callee))
        } else {
            None
        };
        match model {
            Some(model) => {
                let mut after = self.modelled(state, call, callee, &args, model);
                let name = call.via_macro.map(|name| program.names.get(name));
                if let Some(expansion) = name.and_then(|name| knowledge.macros.get(name)) {
                    for state in &mut after {
                        state.context.convert(&expansion.from, expansion.to);
                    }
                }
                if model.enter_body {
                    for state in after {
                        self.summarised(state, call, callee, &args, next);
                    }
                } else {
                    next.extend(after);
                }
            }
            None => self.summarised(state, call, callee, &args, next),
        }
    }

    /// The function that is called, when it is a certain one.
    fn callee(&mut self, state: &State, callee: &Callee) -> Option<FnId> {
        let symbol = match callee {
            Callee::Direct(symbol) => *symbol,
            Callee::Pointer { value, .. } => {
                let value = self.evaluate(|it| it.value(state, value));
                match self.exprs.get(value) {
                    Expr::Function(symbol) => symbol,
                    _ => return None,
                }
            }
        };
        self.program.by_symbol.get(&symbol).copied()
    }

    fn site(&self) -> (u32, u32) {
        (self.point.block, self.point.statement)
    }

    fn through_pointer(
        &mut self,
        mut state: State,
        call: &Call,
        args: &[ExprId],
        next: &mut Vec<State>,
    ) {
        if let Callee::Pointer { value, .. } = &call.callee
            && let Some(key) = self.pointer_key(value)
        {
            let worlds = self.worlds(&state);
            let site = self.site();
            self.recorder.record(
                &self.exprs,
                site,
                Target::Pointer(key),
                args,
                &state,
                worlds,
            );
        }
        self.forget_written(&mut state, args, &Writes::ALL);
        self.set_result(&mut state, call, None);
        next.push(state);
    }

    fn pointer_key(&self, value: &Value) -> Option<PointerKey> {
        let place: &Place = match value {
            Value::Read(place) | Value::AddressOf(place) => place,
            _ => return None,
        };
        let parameters = self.body.parameters;
        let function = self.function;
        crate::program::key_of_place(place, &|local: LocalId| {
            (local.0 < parameters).then_some(PointerKey::Parameter(function, local.0))
        })
    }

    /// Stores the result of a call; an unknown value when nothing is known of it.
    fn set_result(&mut self, state: &mut State, call: &Call, result: Option<ExprId>) -> ExprId {
        let (block, statement) = self.site();
        let result = result.unwrap_or_else(|| {
            self.exprs
                .intern(Expr::Opaque(Origin::Statement(block, statement, 0)))
        });
        if let Some(dest) = call.dest {
            let address = self.exprs.intern(Expr::LocalAddress(dest));
            state.store(&mut self.exprs, address, result);
        }
        // A loop comes here again with the same name for another value.
        let exprs = &self.exprs;
        if matches!(exprs.get(result), Expr::Opaque(Origin::Statement(..))) {
            state.facts.retain(|id| !exprs.mentions(id, result));
        }
        result
    }

    /// Forgets what a call may have written.
    fn forget_written(&mut self, state: &mut State, args: &[ExprId], writes: &Writes) {
        let (block, statement) = self.site();
        for (index, &arg) in args.iter().enumerate() {
            let how = writes.parameter(index);
            if how == Written::No {
                continue;
            }
            if local_root(&self.exprs, arg).is_none() {
                // Any scalar looks like a pointer here; only what can be one is written through.
                if self.exprs.is_object_address(arg)
                    || matches!(self.exprs.get(arg), Expr::Parameter(_) | Expr::Load(_))
                {
                    self.writes.add(&self.exprs, arg, how);
                }
                continue;
            }
            let value = state.load(&mut self.exprs, arg);
            if how == Written::Cleared && self.exprs.as_const(value) == Some(0) {
                continue;
            }
            let index = u32::try_from(index).expect("few arguments");
            let origin = Origin::Statement(block, statement, 1000 + index);
            let unknown = self.exprs.intern(Expr::Opaque(origin));
            let exprs = &self.exprs;
            state.facts.retain(|id| !exprs.mentions(id, unknown));
            state.forget_object(&self.exprs, arg, unknown);
        }
        for (number, &(parameter, field)) in writes.fields.iter().enumerate() {
            let Some(&arg) = args.get(parameter as usize) else {
                continue;
            };
            if writes.parameter(parameter as usize) == Written::Anything {
                continue; // all of it has been forgotten
            }
            let address = self.exprs.intern(Expr::FieldAddress(arg, field));
            if local_root(&self.exprs, address).is_some() {
                let number = u32::try_from(number).expect("few fields");
                let origin = Origin::Statement(block, statement, 2000 + number);
                let unknown = self.exprs.intern(Expr::Opaque(origin));
                let exprs = &self.exprs;
                state.facts.retain(|id| !exprs.mentions(id, unknown));
                state.forget_object(&self.exprs, address, unknown);
            } else {
                self.writes.add(&self.exprs, address, Written::Anything);
                state.forget_field(&self.exprs, field);
            }
        }
        if writes.memory {
            self.writes.memory = true;
            state.forget_memory(&self.exprs);
        }
    }

    // Modelled functions.

    fn modelled(
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
                } => {
                    let Some(item) = self.item(callee, args, context, lock.as_ref()) else {
                        continue;
                    };
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
                    if self.matters(item.kind) {
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
                    if let Some(item) = item.filter(|item| self.matters(item.kind)) {
                        for state in &mut states {
                            if self.passes(state, callee, args, only_if.as_ref()) {
                                state.context.release(&item, *all, self.knowledge);
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
                Effect::ReturnsArgument(_) | Effect::ReturnsConst(_) => {}
            }
        }
        states
    }

    fn tests_context(
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
            class: if is_lock {
                name.class
            } else {
                Default::default()
            },
            spelled: None,
        })
    }

    /// Whether a kind of context limits or silences anything, so that it is worth tracking.
    fn matters(&self, kind: ContextId) -> bool {
        self.knowledge.context(kind).limit < crate::WaitType::Sleep
            || self
                .knowledge
                .demands
                .iter()
                .any(|demand| demand.silenced_by.contains(&kind))
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
    fn assume_object(&mut self, state: &mut State, address: ExprId) {
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

    fn tested(&mut self, callee: FnId, args: &[ExprId], test: &ArgumentTest) -> Option<ExprId> {
        let value = self.argument(callee, args, &test.argument)?;
        let mask = self.exprs.constant(test.mask);
        Some(self.exprs.binary(waitctx_model::BinaryOp::And, value, mask))
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
            } else if state.facts.truth(&self.exprs, value) == Some(!test.set) {
                return;
            }
        }
        self.push_demand(state, callee, args, demand, proof, subject);
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

    // Functions with bodies.

    fn summarised(
        &mut self,
        mut state: State,
        call: &Call,
        callee: FnId,
        args: &[ExprId],
        next: &mut Vec<State>,
    ) {
        let program = self.program;
        let function = program.function(callee);
        if function.body.is_some() {
            let worlds = self.worlds(&state);
            let site = self.site();
            self.recorder.record(
                &self.exprs,
                site,
                Target::Function(callee),
                args,
                &state,
                worlds,
            );
        }
        if function.flags.noreturn {
            return;
        }
        let summaries = self.summaries;
        let Some(structure) = summaries[callee.0 as usize].get() else {
            self.forget_written(&mut state, args, &Writes::ALL);
            self.set_result(&mut state, call, None);
            next.push(state);
            return;
        };
        if structure.exits.is_empty() {
            if structure.complete {
                return; // it never returns
            }
            self.forget_written(&mut state, args, &Writes::ALL);
            self.set_result(&mut state, call, None);
            next.push(state);
            return;
        }
        self.exits(state, call, callee, args, structure, next);
    }

    fn exits(
        &mut self,
        state: State,
        call: &Call,
        callee: FnId,
        args: &[ExprId],
        structure: &Structure,
        next: &mut Vec<State>,
    ) {
        let exprs = &structure.exprs;
        let mut feasible: Vec<(&Exit, Facts)> = Vec::new();
        for exit in &structure.exits {
            let mut facts = state.facts.clone();
            let possible = exit.guard.iter().all(|condition| {
                let Some(value) = self.import(&state, args, exprs, condition.expr) else {
                    return true;
                };
                facts.assume_fact(&self.exprs, value, condition.fact)
            });
            let worlds = state.worlds.and(exit.worlds);
            let possible = possible && state.context.clone().rule_out(exit.absent);
            if possible && (worlds.configured || worlds.raw_nesting) {
                feasible.push((exit, facts));
            }
        }
        let balanced = feasible
            .iter()
            .all(|(exit, ..)| exit.is_balanced() && exit.worlds == Worlds::BOTH);
        if balanced && feasible.len() > 1 {
            // Nothing but the result differs. One state goes on: taking each result for granted
            // on a path of its own would prove what only may be.
            let mut state = state;
            let result = self.choice(&state, args, exprs, &feasible);
            let known = feasible
                .iter()
                .map(|(exit, ..)| exit.result_fact)
                .reduce(Fact::join);
            self.forget_written(&mut state, args, &structure.writes);
            let result = self.set_result(&mut state, call, result);
            if state
                .facts
                .assume_fact(&self.exprs, result, known.unwrap_or(Fact::ANY))
            {
                next.push(state);
            }
            return;
        }
        for (exit, facts) in feasible {
            let mut after = state.clone();
            after.facts = facts;
            after.worlds = after.worlds.and(exit.worlds);
            if self.exit(&mut after, call, callee, args, structure, exit) {
                next.push(after);
            }
        }
    }

    /// The result of two ways to return that one condition on the arguments tells apart.
    fn choice(
        &mut self,
        state: &State,
        args: &[ExprId],
        exprs: &Exprs,
        feasible: &[(&Exit, Facts)],
    ) -> Option<ExprId> {
        let [(a, ..), (b, ..)] = feasible else {
            return None;
        };
        let ([x], [y]) = (a.guard.as_slice(), b.guard.as_slice()) else {
            return None;
        };
        let (on_a, on_b) = (x.fact.truth()?, y.fact.truth()?);
        if x.expr != y.expr || on_a == on_b {
            return None;
        }
        let cond = self.import(state, args, exprs, x.expr)?;
        let (then, otherwise) = if on_a { (a, b) } else { (b, a) };
        let then = self.import(state, args, exprs, then.result?)?;
        let otherwise = self.import(state, args, exprs, otherwise.result?)?;
        Some(self.exprs.select(cond, then, otherwise))
    }

    /// Applies one way in which the callee returns; `false` when it turns out to be impossible.
    fn exit(
        &mut self,
        state: &mut State,
        call: &Call,
        callee: FnId,
        args: &[ExprId],
        structure: &Structure,
        exit: &Exit,
    ) -> bool {
        let exprs = &structure.exprs;
        for &(id, _) in &exit.assumes {
            if let Some(value) = self.import(state, args, exprs, id) {
                self.assume_object(state, value);
            }
        }
        let result = exit
            .result
            .and_then(|id| self.import(state, args, exprs, id));
        let fields: Vec<_> = exit
            .result_fields
            .iter()
            .filter_map(|&(field, id)| Some((field, self.import(state, args, exprs, id)?)))
            .collect();
        let stores: Vec<_> = exit
            .stores
            .iter()
            .filter_map(|&(address, value)| {
                let address = self.import(state, args, exprs, address)?;
                Some((address, self.import(state, args, exprs, value)?))
            })
            .collect();
        let mut released = Vec::new();
        for item in &exit.released {
            released.push(self.import_item(state, args, exprs, item));
        }
        let mut acquired = Vec::new();
        for held in &exit.held {
            acquired.push((
                self.import_item(state, args, exprs, &held.item),
                held.origin,
            ));
        }
        state.context.rule_out(exit.absent);
        state.context.end_all(exit.cleared, self.knowledge);
        for item in &released {
            state.context.release(item, false, self.knowledge);
        }
        for (item, inner) in acquired {
            let origin = self.recorder.acquisition(Acquisition {
                site: self.site(),
                callee,
                inner: Some(inner),
            });
            state.context.acquire(item, origin, self.knowledge);
        }
        self.forget_written(state, args, &structure.writes);
        for (address, value) in stores {
            state.store(&mut self.exprs, address, value);
        }
        let result = self.set_result(state, call, result);
        if let Some(dest) = call.dest {
            let address = self.exprs.intern(Expr::LocalAddress(dest));
            for (field, value) in fields {
                let address = self.exprs.intern(Expr::FieldAddress(address, field));
                state.store(&mut self.exprs, address, value);
            }
        }
        state
            .facts
            .assume_fact(&self.exprs, result, exit.result_fact)
    }

    fn import_item(&mut self, state: &State, args: &[ExprId], exprs: &Exprs, item: &Item) -> Item {
        let lock = item
            .lock
            .and_then(|lock| self.import(state, args, exprs, lock));
        let mut class = item.class.clone();
        if let Some(lock) = lock {
            let name = lock_name(
                self.program,
                self.knowledge,
                self.function,
                &self.exprs,
                lock,
            );
            if name.class.is_known() {
                class = name.class;
            }
        }
        Item {
            kind: item.kind,
            lock,
            class,
            spelled: item.spelled,
        }
    }

    /// A callee's expression, seen from this call.
    fn import(
        &mut self,
        state: &State,
        args: &[ExprId],
        exprs: &Exprs,
        id: ExprId,
    ) -> Option<ExprId> {
        let (block, statement) = self.site();
        exprs.translate(id, &mut self.exprs, &mut |target, leaf| match leaf {
            Leaf::Parameter(index) => args.get(index as usize).copied(),
            Leaf::Opaque(id) | Leaf::Local(id) => {
                Some(target.intern(Expr::Opaque(Origin::Callee(block, statement, id.0))))
            }
            Leaf::Load(address) => Some(state.load(target, address)),
        })
    }
}
