// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walking the paths of a function.

use std::collections::BTreeSet;

use waitctx_model::{
    BinaryOp, BlockId, Function, LocalId, NameId, Place, Root, Statement, Terminator,
};

use super::context_test::ContextTest;
use super::doomed;
use super::exits::ReturnState;
use super::known::Known;
use super::liveness::{Liveness, for_each_successor};
use super::record::Recorder;
use super::state::{Evaluator, Point, State};
use super::unrestored::Leaving;
use super::{Structure, Writes, Written, exits};
use crate::context::Held;
use crate::expr::{Expr, ExprId, Exprs, Origin};
use crate::facts::Fact;
use crate::per_function::PerFunction;
use crate::program::{FnId, Program, SccOrder};
use crate::{Knowledge, Purpose};

/// The summaries of the functions that a function may call.
#[derive(Clone, Copy)]
pub(crate) struct Summaries<'a> {
    /// By function: those of earlier levels are computed.
    pub(crate) done: &'a PerFunction<Structure>,
    /// What says which these are.
    pub(crate) order: &'a SccOrder,
    /// The function that is walked.
    pub(crate) of: FnId,
    /// What an earlier pass has made of the functions of the same recursion, sorted.
    pub(crate) earlier: &'a [(FnId, Structure)],
    /// What the structures are for.
    pub(crate) purpose: Purpose,
}

impl<'a> Summaries<'a> {
    /// What is known of a function: nothing where it is first called in this recursion, or where
    /// nobody could know that it is called.
    pub(super) fn get(&self, function: FnId) -> Option<&'a Structure> {
        if !self.order.comes_before(function, self.of) {
            return self.earlier(function);
        }
        Some(self.done.of(function))
    }

    /// Whether nothing that matters happens in a function: it demands nothing, calls nothing that
    /// does, and follows no pointer. More than half of a kernel's calls are of such functions.
    pub(super) fn is_quiet(&self, function: FnId) -> bool {
        self.purpose == Purpose::Report
            && self.order.comes_before(function, self.of)
            && self.done.of(function).records.is_empty()
    }

    fn earlier(&self, function: FnId) -> Option<&'a Structure> {
        let index = self.earlier.binary_search_by_key(&function, |it| it.0);
        index.ok().map(|index| &self.earlier[index].1)
    }
}

/// How many states that differ only in what branches have shown are kept at one block.
const MAX_FACTS: usize = 3;
/// How many states that differ in values but not in context are kept at one block.
const MAX_VALUES: usize = 8;
/// How many states are kept at one block in all.
const MAX_STATES: usize = 24;
/// How many states a function may take through its blocks, per block and in all.
const MAX_VISITS_PER_BLOCK: usize = 60;
const MAX_VISITS: usize = 40_000;

/// Walks all paths of a function.
pub(crate) fn walk(
    program: &Program,
    knowledge: &Knowledge,
    summaries: Summaries<'_>,
) -> Structure {
    let function = summaries.of;
    let Some(body) = program.body(function) else {
        return Structure::default();
    };
    let mut walker = Walker::new(program, knowledge, summaries, &body);
    walker.run();
    walker.finish()
}

pub(super) struct Walker<'a> {
    pub(super) program: &'a Program,
    pub(super) knowledge: &'a Knowledge,
    pub(super) summaries: Summaries<'a>,
    pub(super) function: FnId,
    pub(super) body: &'a Function,
    pub(super) exprs: Exprs,
    pub(super) point: Point,
    pub(super) recorder: Recorder,
    pub(super) context_tests: Vec<ContextTest>,
    /// Results that are not zero when a reference dropped was the last.
    pub(super) references: Vec<ExprId>,
    pub(super) writes: Writes,
    /// The acquisitions that the function ends on some way.
    pub(super) ended: BTreeSet<u32>,
    /// The acquisitions that are made on no condition: nothing that is returned tells whether.
    pub(super) unconditional: BTreeSet<u32>,
    /// Whether some callee leaves the context one way or the other.
    pub(super) depends: bool,
    /// The ways to return.
    pub(super) leavings: Vec<Leaving>,
    raw_options: Vec<(NameId, i64)>,
    /// What the knowledge says of variables and fields.
    pub(super) known: Known<'a>,
    /// Variables that are taken to be zero, and whether that goes for constants, too.
    assertions: Vec<(LocalId, bool)>,
    liveness: Liveness,
    /// Blocks of a kernel that is broken.
    doomed: Vec<bool>,
    /// The position of each block in reverse postorder.
    order: Vec<u32>,
    states: Vec<Vec<Arrived>>,
    queue: BTreeSet<(u32, u32)>,
    returns: Vec<ReturnState>,
    visits: usize,
    drops_reference: bool,
    pub(super) complete: bool,
    pub(super) merged: bool,
}

struct Arrived {
    state: State,
    done: bool,
}

impl<'a> Walker<'a> {
    fn new(
        program: &'a Program,
        knowledge: &'a Knowledge,
        summaries: Summaries<'a>,
        body: &'a Function,
    ) -> Self {
        let function = summaries.of;
        let raw_options = knowledge
            .raw_nesting_options
            .iter()
            .filter_map(|(name, value)| program.names.find(name).map(|name| (name, *value)))
            .collect();
        Self {
            program,
            knowledge,
            summaries,
            function,
            body,
            exprs: Exprs::default(),
            point: Point {
                block: 0,
                statement: 0,
            },
            // The numbers that an earlier pass gave are in use.
            recorder: Recorder::after(summaries.earlier(function)),
            context_tests: Vec::new(),
            references: Vec::new(),
            writes: Writes::NONE,
            ended: BTreeSet::new(),
            unconditional: BTreeSet::new(),
            depends: false,
            leavings: Vec::new(),
            raw_options,
            known: Known::new(program, knowledge),
            assertions: assertions(program, knowledge, body),
            liveness: Liveness::compute(body),
            doomed: doomed::blocks(body, |symbol| {
                let callee = program.by_symbol.get(&symbol);
                callee.is_some_and(|&it| program.function(it).flags.noreturn)
            }),
            order: reverse_postorder(body),
            states: body.blocks.iter().map(|_| Vec::new()).collect(),
            queue: BTreeSet::new(),
            returns: Vec::new(),
            visits: 0,
            drops_reference: false,
            complete: true,
            merged: false,
        }
    }

    fn run(&mut self) {
        if self.body.blocks.is_empty() {
            return;
        }
        let mut start = State::at_entry();
        for index in 0..self.body.parameters {
            let address = self
                .exprs
                .intern(Expr::LocalAddress(waitctx_model::LocalId(index)));
            let value = self.exprs.intern(Expr::Parameter(index));
            start.env.set(address, value);
        }
        self.arrive(0, start);
        let limit = (self.body.blocks.len() * MAX_VISITS_PER_BLOCK).min(MAX_VISITS);
        while let Some((_, block)) = self.queue.pop_first() {
            loop {
                let waiting = self.states[block as usize].iter_mut().find(|it| !it.done);
                let Some(arrived) = waiting else { break };
                arrived.done = true;
                let state = arrived.state.clone();
                self.visits += 1;
                if self.visits > limit {
                    self.complete = false;
                    return;
                }
                self.block(block, state);
            }
        }
    }

    fn finish(mut self) -> Structure {
        self.record_unrestored();
        let (exits, ambiguous) = exits::summarise(&mut self.exprs, self.returns);
        let writes = if self.complete {
            std::mem::take(&mut self.writes)
        } else {
            Writes::ALL
        };
        let drops_reference = self.drops_reference;
        let tests = std::mem::take(&mut self.context_tests);
        Structure {
            drops_reference,
            ended: self.ended.into_iter().collect(),
            complete: self.complete,
            merged: self.merged,
            ambiguous,
            ..self.recorder.finish(&self.exprs, tests, exits, writes)
        }
    }

    fn block(&mut self, index: u32, state: State) {
        let body = self.body;
        let block = &body.blocks[index as usize];
        let mut states = vec![state];
        for (number, statement) in block.statements.iter().enumerate() {
            self.point = Point {
                block: index,
                statement: u32::try_from(number).expect("few statements"),
            };
            match statement {
                Statement::Assign { place, value } => {
                    states.retain_mut(|state| self.assign(state, place, value));
                }
                Statement::Call(call) => {
                    let before = std::mem::take(&mut states);
                    let count = before.len();
                    for state in before {
                        self.call(state, call, &mut states);
                    }
                    if states.len() > count {
                        self.thin_out(&mut states);
                    }
                }
            }
        }
        self.point = Point {
            block: index,
            statement: u32::try_from(block.statements.len()).unwrap_or(u32::MAX),
        };
        for state in states {
            self.end(&block.end, state);
        }
    }

    /// Keeps the number of states inside a block bounded: one call after the other that returns in
    /// two ways would double it each time.
    fn thin_out(&mut self, states: &mut Vec<State>) {
        let mut kept: Vec<State> = Vec::with_capacity(states.len());
        for state in states.drain(..) {
            if kept.contains(&state) {
                continue;
            }
            if kept.len() < MAX_VALUES {
                kept.push(state);
                continue;
            }
            let nearest = (0..kept.len())
                .filter(|&index| kept[index].goes_with(&state))
                .min_by_key(|&index| kept[index].cost_of_merging(&self.exprs, &state));
            match nearest {
                Some(index) => kept[index].merge(&mut self.exprs, &state, self.point),
                None if kept.len() < MAX_STATES => kept.push(state),
                None => self.merged = true,
            }
        }
        *states = kept;
    }

    /// Stores a value; `false` when an assertion says that this does not happen.
    fn assign(&mut self, state: &mut State, place: &Place, value: &waitctx_model::Value) -> bool {
        let (address, value) = self.evaluate(|it| {
            let value = it.value(state, value);
            (it.address(state, place), value)
        });
        let null = self.exprs.as_const(value) == Some(0);
        let how = if null {
            Written::Cleared
        } else {
            Written::Anything
        };
        self.writes.add(&self.exprs, address, how);
        state.store(&mut self.exprs, address, value);
        let Root::Local(local) = place.root else {
            return true;
        };
        let asserts = |&&(it, constants): &&(LocalId, bool)| {
            it == local && (constants || self.exprs.as_const(value).is_none())
        };
        self.assertions.iter().find(asserts).is_none() || self.assume(state, value, false)
    }

    /// Evaluates with this function's expressions at the current point.
    pub(super) fn evaluate<T>(&mut self, evaluate: impl FnOnce(&mut Evaluator<'_>) -> T) -> T {
        let raw_options = &self.raw_options;
        let fixed = &self.known.fixed;
        let mut evaluator = Evaluator {
            exprs: &mut self.exprs,
            point: self.point,
            unknowns: 0,
            keeps_option: &|name| raw_options.iter().any(|&(it, _)| it == name),
            fixed: &|name| fixed.iter().find(|it| it.0 == name).map(|it| it.1),
        };
        evaluate(&mut evaluator)
    }

    fn end(&mut self, end: &Terminator, state: State) {
        match end {
            Terminator::Goto(to) => self.arrive(to.0, state),
            Terminator::Choice(to) => {
                for to in to {
                    self.arrive(to.0, state.clone());
                }
            }
            Terminator::Branch {
                cond,
                then,
                otherwise,
            } => {
                let cond = self.evaluate(|it| it.value(&state, cond));
                self.note_field_tests(cond);
                for (to, truth) in [(then, true), (otherwise, false)] {
                    let mut next = state.clone();
                    if self.assume(&mut next, cond, truth) {
                        next.coincidence |= self.is_coincidence(&state, cond, truth);
                        self.arrive(to.0, next);
                    }
                }
            }
            Terminator::Switch {
                value,
                cases,
                default,
            } => {
                self.switch(&state, value, cases, *default);
            }
            Terminator::Return { value, .. } => {
                let result = value
                    .as_ref()
                    .map(|value| self.evaluate(|it| it.value(&state, value)));
                let tells = |result| is_told_by(&self.exprs, result, &self.references);
                self.drops_reference |= result.is_some_and(tells);
                let worlds = self.worlds(&state);
                self.leavings.push(Leaving {
                    site: self.site(),
                    fact: result.map_or(Fact::ANY, |id| state.facts.of(&self.exprs, id)),
                    state: state.clone(),
                    result,
                    worlds,
                });
                let state = ReturnState::new(&mut self.exprs, state, result, worlds);
                if !self.returns.contains(&state) {
                    self.returns.push(state);
                }
            }
            Terminator::Unreachable => {}
        }
    }

    fn switch(
        &mut self,
        state: &State,
        value: &waitctx_model::Value,
        cases: &[(i64, i64, BlockId)],
        default: BlockId,
    ) {
        let value = self.evaluate(|it| it.value(state, value));
        for &(low, high, to) in cases {
            let mut next = state.clone();
            if next.facts.assume_range(&self.exprs, value, low, high) {
                self.arrive(to.0, next);
            }
        }
        let known = self.exprs.as_const(value);
        let decided = known.is_some_and(|known| {
            cases
                .iter()
                .any(|&(low, high, _)| low <= known && known <= high)
        });
        if !decided {
            let mut next = state.clone();
            let has_zero = cases.iter().any(|&(low, high, _)| low <= 0 && 0 <= high);
            let feasible = !has_zero || next.facts.assume_fact(&self.exprs, value, Fact::NON_ZERO);
            if feasible {
                self.arrive(default.0, next);
            }
        }
    }

    /// Assumes that `cond` is non-zero (or zero), and what that says of the context.
    pub(super) fn assume(&mut self, state: &mut State, cond: ExprId, truth: bool) -> bool {
        if !state.facts.assume(&self.exprs, cond, truth) {
            return false;
        }
        for &result in &self.references {
            if state.facts.truth(&self.exprs, result) == Some(true) {
                state.last_reference = true;
            }
        }
        for test in &self.context_tests {
            if test.holds(&self.exprs, &state.facts) && !state.context.rule_out(test.kinds) {
                return false;
            }
        }
        true
    }

    /// Notes which acquisitions have been ended since `before`.
    pub(super) fn note_ended(&mut self, before: &[Held], after: &State) {
        let count = |all: &[Held], origin| all.iter().filter(|it| it.origin == origin).count();
        for held in before {
            if count(&after.context.held, held.origin) < count(before, held.origin) {
                self.ended.insert(held.origin);
            }
        }
    }

    /// The worlds that the path of `state` exists in.
    pub(super) fn worlds(&self, state: &State) -> super::Worlds {
        let mut worlds = state.worlds;
        for (id, fact) in state.facts.iter() {
            if let Expr::Option(name, configured) = self.exprs.get(id) {
                let raw = self
                    .raw_options
                    .iter()
                    .find(|&&(it, _)| it == name)
                    .map_or(configured, |&(_, value)| value);
                worlds.configured &= !fact.contradicts(Fact::exactly(configured));
                worlds.raw_nesting &= !fact.contradicts(Fact::exactly(raw));
            }
        }
        worlds
    }

    /// Brings a state to the start of a block.
    fn arrive(&mut self, block: u32, mut state: State) {
        if self.doomed[block as usize] {
            return;
        }
        state.prune(&self.exprs, &self.liveness, block);
        let mut same_context = 0;
        let mut same_values = 0;
        for arrived in &mut self.states[block as usize] {
            let old = &mut arrived.state;
            if !old.goes_with(&state) {
                continue;
            }
            same_context += 1;
            if old.env == state.env {
                let shown = old.context.absent.is_subset(state.context.absent);
                if shown && state.facts.implies(&old.facts) {
                    if !state.past.implies(&old.past) {
                        old.past.join(&state.past);
                        arrived.done = false;
                        self.queue.insert((self.order[block as usize], block));
                    }
                    return;
                }
                same_values += 1;
            }
        }
        let present = &self.states[block as usize];
        let alike = |arrived: &&Arrived| arrived.state.goes_with(&state);
        if same_values >= MAX_FACTS || same_context >= MAX_VALUES {
            let nearest = present
                .iter()
                .enumerate()
                .filter(|(_, it)| alike(it))
                .min_by_key(|(_, it)| it.state.cost_of_merging(&self.exprs, &state))
                .map(|(index, _)| index)
                .expect("some go with it");
            let arrived = &mut self.states[block as usize][nearest];
            let mut merged = arrived.state.clone();
            merged.merge(
                &mut self.exprs,
                &state,
                Point {
                    block,
                    statement: Origin::BLOCK_START,
                },
            );
            if merged == arrived.state {
                return;
            }
            *arrived = Arrived {
                state: merged,
                done: false,
            };
        } else if present.len() >= MAX_STATES {
            // Too many contexts at one point: the walk has lost track of what goes together.
            self.merged = true;
            return;
        } else {
            self.states[block as usize].push(Arrived { state, done: false });
        }
        self.queue.insert((self.order[block as usize], block));
    }
}

/// Whether a value is one of `results`, or tells whether that is zero.
fn is_told_by(exprs: &Exprs, value: ExprId, results: &[ExprId]) -> bool {
    results.contains(&value)
        || match exprs.get(value) {
            Expr::Binary(BinaryOp::Ne, a, b) => {
                exprs.as_const(b) == Some(0) && is_told_by(exprs, a, results)
            }
            _ => false,
        }
}

/// The variables of a function that the knowledge takes for assertions.
fn assertions(program: &Program, knowledge: &Knowledge, body: &Function) -> Vec<(LocalId, bool)> {
    let known: Vec<(NameId, bool)> = knowledge
        .assertions
        .iter()
        .filter_map(|it| Some((program.names.find(&it.variable)?, it.constants)))
        .collect();
    let constants = |name| known.iter().find(|&&(it, _)| it == name).map(|it| it.1);
    (0..)
        .map(LocalId)
        .zip(&body.locals)
        .filter_map(|(id, local)| Some((id, constants(local.name?)?)))
        .collect()
}

/// The position of each block in reverse postorder.
fn reverse_postorder(body: &Function) -> Vec<u32> {
    let count = body.blocks.len();
    let mut successors: Vec<Vec<u32>> = Vec::with_capacity(count);
    for block in &body.blocks {
        let mut next = Vec::new();
        for_each_successor(&block.end, |to| next.push(to));
        successors.push(next);
    }
    let mut order = vec![u32::MAX; count];
    let mut seen = vec![false; count];
    let mut finished = u32::try_from(count).expect("fewer than 2^32 blocks");
    let mut stack = Vec::new();
    if count > 0 {
        seen[0] = true;
        stack.push((0_u32, 0_usize));
    }
    while let Some((block, next)) = stack.pop() {
        match successors[block as usize].get(next) {
            Some(&to) => {
                stack.push((block, next + 1));
                if !seen[to as usize] {
                    seen[to as usize] = true;
                    stack.push((to, 0));
                }
            }
            None => {
                finished -= 1;
                order[block as usize] = finished;
            }
        }
    }
    order
}
