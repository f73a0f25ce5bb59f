// SPDX-License-Identifier: MIT OR Apache-2.0
//! One step: a demand of a callee (or of a modelled function) seen from one call in one context.

use waitctx_model::{BinaryOp, UnaryOp};

use super::MAX_CASES;
use super::case::{Case, CaseId, Link, Since, Violation, What, normalise};
use crate::context::{Item, KindSet};
use crate::expr::{Expr, ExprId, Exprs, Leaf, Origin};
use crate::facts::{Fact, Facts};
use crate::lock::lock_name;
use crate::paths::{Condition, Record, Target, Worlds, is_portable, prove, stored_in};
use crate::per_function::Structures;
use crate::program::{FnId, PointerKey, Program};
use crate::{Confidence, ContextId, DemandId, Identity, Knowledge, RuleId, Verdict, WaitType};

/// A call through a pointer with more possible targets than this says little about any of them.
const MANY_TARGETS: usize = 4;

pub(crate) struct Stepper<'a> {
    pub(crate) program: &'a Program,
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) structures: Structures<'a>,
    /// What is left of a guess which function a pointer is.
    pub(crate) guessed: Confidence,
}

/// Where the results of a step go: the parts of the caller's slot.
pub(super) struct Sink<'a> {
    pub(super) exprs: &'a mut Exprs,
    /// What is there already besides what has been added.
    pub(super) known: Known<'a>,
    pub(super) cases: &'a mut Vec<Case>,
    pub(super) violations: &'a mut Vec<Violation>,
    pub(super) cut_off: &'a mut bool,
}

/// What a slot has that is added to.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'a> {
    pub(super) cases: &'a [Case],
    pub(super) violations: &'a [Violation],
}

impl Sink<'_> {
    fn all_cases(&self) -> impl Iterator<Item = &Case> {
        self.known.cases.iter().chain(&*self.cases)
    }
}

/// A demand at one record, with all that the callee says translated to the caller.
struct Arrival {
    what: What,
    guard: Vec<Condition>,
    released: Vec<Item>,
    cleared: KindSet,
    absent: KindSet,
    /// Kinds that the caller has tested not to be in force, as it passes what decides on.
    tested: KindSet,
    worlds: Worlds,
    /// How sure it is for callers.
    confidence: Confidence,
    /// How sure it is in the function itself: whoever passes a function has it called there.
    here: Confidence,
    link: Link,
    length: u32,
}

impl Stepper<'_> {
    /// A demand that a modelled function makes.
    pub(super) fn primitive(&self, caller: FnId, number: usize, sink: &mut Sink<'_>) {
        let record = &self.structures.of(caller).records[number];
        let Target::Demand { demand, proof, .. } = record.target else {
            return;
        };
        let alternatives = match proof {
            None => vec![Vec::new()],
            Some((value, truth)) => prove(sink.exprs, &record.facts, value, truth),
        };
        for guard in alternatives {
            self.arrive(
                caller,
                record,
                sink,
                Arrival {
                    what: What::Demand(demand),
                    guard,
                    released: Vec::new(),
                    cleared: KindSet::default(),
                    absent: KindSet::default(),
                    tested: KindSet::default(),
                    worlds: Worlds::BOTH,
                    confidence: self.own_confidence(caller),
                    here: self.own_confidence(caller),
                    link: Link {
                        record: index(number),
                        next: None,
                    },
                    length: 0,
                },
            );
        }
    }

    /// A lock that is taken at a record, of which it is asked where.
    pub(super) fn takes(&self, caller: FnId, record: usize, number: u16, sink: &mut Sink<'_>) {
        let arrival = Arrival {
            what: What::Takes(number),
            guard: Vec::new(),
            released: Vec::new(),
            cleared: KindSet::default(),
            absent: KindSet::default(),
            tested: KindSet::default(),
            worlds: Worlds::BOTH,
            confidence: self.own_confidence(caller),
            here: self.own_confidence(caller),
            link: Link {
                record: index(record),
                next: None,
            },
            length: 0,
        };
        let record = &self.structures.of(caller).records[record];
        self.arrive(caller, record, sink, arrival);
    }

    /// A callee's case, seen from a call.
    pub(super) fn call(
        &self,
        caller: FnId,
        number: usize,
        id: CaseId,
        case: &Case,
        callee: &Exprs,
        sink: &mut Sink<'_>,
    ) {
        let record = &self.structures.of(caller).records[number];
        let mut confidence = case.confidence.min(self.own_confidence(caller));
        let mut here = confidence;
        if let Target::Pointer(key) = record.target {
            confidence = confidence.min(self.pointer_confidence(key));
            here = match key {
                PointerKey::Parameter(function, _) if function == caller => {
                    here.min(Confidence::Medium).max(confidence)
                }
                _ => confidence,
            };
        }
        // The callee's guard and locks, in the caller's terms.
        let mut guards: Vec<Vec<Condition>> = vec![Vec::new()];
        let mut facts = record.facts.clone();
        for condition in &case.guard {
            let Some(value) = import(callee, condition.expr, record, sink.exprs) else {
                if condition.proof {
                    return;
                }
                continue;
            };
            match self.condition(sink.exprs, &mut facts, value, *condition) {
                Outcome::Holds => {}
                Outcome::Fails => return,
                Outcome::Depends(alternatives) => {
                    guards = guards
                        .into_iter()
                        .flat_map(|guard| {
                            alternatives.iter().map(move |more| {
                                let mut guard = guard.clone();
                                guard.extend(more.iter().copied());
                                guard
                            })
                        })
                        .take(4)
                        .collect();
                }
            }
        }
        let tests = &self.structures.of(caller).tests;
        let tested = tests
            .iter()
            .filter(|test| test.holds(sink.exprs, &facts))
            .fold(KindSet::default(), |kinds, test| kinds.union(test.kinds));
        let released: Vec<Item> = case
            .released
            .iter()
            .map(|item| self.import_item(caller, callee, item, record, sink.exprs))
            .collect();
        for guard in guards {
            self.arrive(
                caller,
                record,
                sink,
                Arrival {
                    what: case.what,
                    guard,
                    released: released.clone(),
                    cleared: case.cleared,
                    absent: case.absent,
                    tested,
                    worlds: case.worlds,
                    confidence,
                    here,
                    link: Link {
                        record: index(number),
                        next: Some(id),
                    },
                    length: case.length + 1,
                },
            );
        }
    }

    /// What a callee's condition comes to where `facts` hold, which it is added to.
    fn condition(
        &self,
        exprs: &mut Exprs,
        facts: &mut Facts,
        value: ExprId,
        condition: Condition,
    ) -> Outcome {
        if let (true, Some(truth)) = (condition.proof, condition.fact.truth()) {
            let alternatives = prove(exprs, facts, value, truth);
            return if alternatives.is_empty() {
                Outcome::Fails
            } else if alternatives.iter().any(Vec::is_empty) {
                Outcome::Holds
            } else {
                Outcome::Depends(alternatives)
            };
        }
        if facts.of(exprs, value).implies(condition.fact) {
            return Outcome::Holds;
        }
        if let Some(outcome) = self.choice(exprs, facts, value, condition) {
            return outcome;
        }
        if !facts.assume_fact(exprs, value, condition.fact) {
            return Outcome::Fails;
        }
        let mut open = Vec::new();
        parts(exprs, value, condition, &mut open);
        open.retain(|part| is_portable(exprs, part.expr, false));
        if open.is_empty() {
            // Nothing is known of the value: some execution takes the path.
            Outcome::Holds
        } else {
            Outcome::Depends(vec![open])
        }
    }

    /// A condition on `cond ? a : b` that one of the two cannot fulfil is one on `cond`.
    fn choice(
        &self,
        exprs: &mut Exprs,
        facts: &mut Facts,
        value: ExprId,
        condition: Condition,
    ) -> Option<Outcome> {
        let Expr::Select(cond, a, b) = exprs.get(value) else {
            return None;
        };
        let fails = |it| facts.of(exprs, it).contradicts(condition.fact);
        let (other, fact) = match (fails(a), fails(b)) {
            (true, true) => return Some(Outcome::Fails),
            (true, false) => (b, Fact::ZERO),
            (false, true) => (a, Fact::NON_ZERO),
            (false, false) => return None,
        };
        let on_cond = Condition {
            expr: cond,
            fact,
            proof: false,
        };
        match self.condition(exprs, facts, cond, on_cond) {
            Outcome::Holds => Some(self.condition(exprs, facts, other, condition)),
            decided => Some(decided),
        }
    }

    fn import_item(
        &self,
        caller: FnId,
        callee: &Exprs,
        item: &Item,
        record: &Record,
        exprs: &mut Exprs,
    ) -> Item {
        let lock = item
            .lock
            .and_then(|lock| import(callee, lock, record, exprs));
        let (program, knowledge) = (self.program, self.knowledge);
        item.seen_as(lock, |lock| {
            lock_name(program, knowledge, caller, exprs, lock)
        })
    }

    /// Lets a demand meet what is in force at a record: a violation there, else a case for the
    /// callers.
    fn arrive(&self, caller: FnId, record: &Record, sink: &mut Sink<'_>, arrival: Arrival) {
        let is_absent = |item: &Item| {
            arrival.absent.contains(item.kind)
                || item
                    .spelled
                    .is_some_and(|kind| arrival.absent.contains(kind))
        };
        if record.held.iter().any(|held| is_absent(&held.item)) {
            return; // the callee has tested for it and goes another way
        }
        let absent = arrival.absent.union(arrival.tested);
        let mut absent = absent.without(record.cleared);
        for item in &record.released {
            absent.remove(item.kind);
        }
        let absent = absent.union(record.absent);
        let mut worlds = arrival.worlds.and(record.worlds);
        if let What::Demand(demand) | What::Violation(demand) = arrival.what {
            let silencing = &self.knowledge.demand(demand).silenced_by;
            let in_force = |held: &crate::context::Held| silencing.contains(&held.item.kind);
            if record.held.iter().any(in_force) {
                return;
            }
        }
        if let What::Demand(demand) = arrival.what {
            let relevant = match self.knowledge.demand(demand).wait {
                WaitType::Sleep => worlds.configured,
                WaitType::Config => worlds.raw_nesting,
                // The rule that it breaks says which world it is about.
                WaitType::Free | WaitType::Spin => worlds.configured || worlds.raw_nesting,
            };
            if !relevant {
                return;
            }
            if self.is_of_one_world(demand) {
                worlds = Worlds::BOTH;
            }
        }
        let mut guard = arrival.guard;
        let pointees = self.asks_pointees(caller, record);
        for (expr, fact) in record.facts.iter() {
            let Some(fact) = fact.as_condition() else {
                continue;
            };
            let condition = Condition {
                expr,
                fact,
                proof: false,
            };
            if !guard.iter().any(|it| it.expr == expr && it.proof)
                && is_portable(sink.exprs, expr, pointees)
            {
                guard.push(condition);
            }
        }
        let guard = normalise(guard);
        match arrival.what {
            What::Demand(demand) => {
                if let Some((rule, context, held)) =
                    self.violated(record, &arrival.released, arrival.cleared, demand)
                    && self.happens(rule, worlds)
                {
                    let held = &record.held[held];
                    // That pointers are not null, or what memory holds, some execution fulfils;
                    // what callers decide by flags is theirs to say.
                    let mut open = guard;
                    open.retain(|condition| !self.is_expected(caller, sink.exprs, condition));
                    add_violation(
                        sink,
                        Violation {
                            rule,
                            demand,
                            context,
                            item: held.item.clone(),
                            since: Since::Acquired(held.origin),
                            confirmed: open.is_empty() && !self.can_be_silenced(demand),
                            guard: open,
                            confidence: arrival.here,
                            link: arrival.link,
                            length: arrival.length,
                        },
                    );
                    return;
                }
            }
            What::Takes(_) | What::Violation(_) => {}
        }
        let mut released = record.released.to_vec();
        for item in arrival.released {
            // What the callee released of *this* function's own is no business of its callers.
            let own = record.held.iter().any(|held| {
                !crate::context::Context::keeps(
                    &held.item,
                    std::slice::from_ref(&item),
                    KindSet::default(),
                    self.knowledge,
                )
            });
            if !own && !released.contains(&item) {
                released.push(item);
            }
        }
        released.sort_unstable();
        let case = Case {
            what: arrival.what,
            guard,
            released: released.into(),
            cleared: record.cleared.union(arrival.cleared),
            absent,
            worlds,
            confidence: arrival.confidence,
            link: arrival.link,
            length: arrival.length,
        };
        add_case(sink, case);
    }

    /// Whether it is the demand that says on which kernels it matters.
    fn is_of_one_world(&self, demand: DemandId) -> bool {
        self.knowledge.demand(demand).wait >= WaitType::Config
    }

    /// Whether a path in these worlds is one of the kernels that a rule is about.
    pub(super) fn happens(&self, rule: RuleId, worlds: Worlds) -> bool {
        match self.knowledge.rules[usize::from(rule.0)].verdict {
            Verdict::EveryKernel => worlds.configured,
            Verdict::RawNesting => worlds.raw_nesting,
        }
    }

    /// The rule that a demand breaks at a record, and what is in force there that it breaks on.
    fn violated(
        &self,
        record: &Record,
        released: &[Item],
        cleared: KindSet,
        demand: DemandId,
    ) -> Option<(RuleId, ContextId, usize)> {
        let names = record.held.iter().enumerate().flat_map(|(index, held)| {
            let is_kept =
                crate::context::Context::keeps(&held.item, released, cleared, self.knowledge)
                    && self.knowledge.counts(&held.item, &record.held);
            let more = self.program.counts_as(&held.item);
            let names = std::iter::once(held.item.kind).chain(more);
            names.filter(move |_| is_kept).map(move |id| (id, index))
        });
        names
            .filter(|&(id, _)| !self.knowledge.allows(id, demand))
            .filter_map(|(id, index)| Some((self.knowledge.rule(id, demand)?, id, index)))
            .min_by_key(|&(_, id, index)| {
                let kind = self.knowledge.context(id);
                let is_lock = matches!(kind.identity, Identity::Lock | Identity::Entry);
                let by_limit = !kind.forbids.contains(&demand);
                (by_limit, kind.limit, !is_lock, std::cmp::Reverse(index))
            })
    }

    /// Whether a condition is one that callers fulfil as a rule.
    pub(super) fn is_expected(&self, function: FnId, exprs: &Exprs, condition: &Condition) -> bool {
        if condition.proof {
            return false;
        }
        match exprs.get(condition.expr) {
            Expr::Parameter(index) => {
                let parameters = &self.program.function(function).parameters;
                let ty = parameters.get(index as usize).copied().flatten();
                ty.is_some_and(|ty| ty.pointer) && condition.fact.truth() == Some(true)
            }
            _ => !exprs.all_leaves(condition.expr, &|leaf| !matches!(leaf, Expr::Load(_))),
        }
    }

    /// Whether something that callers have in force can make a demand nothing to complain of.
    pub(super) fn can_be_silenced(&self, demand: DemandId) -> bool {
        !self.knowledge.demand(demand).silenced_by.is_empty()
    }

    /// Whether what a function does is told apart by what its arguments point to: only for small
    /// ones, such as what runs at the end of a scope and looks whether there is anything to do,
    /// and where the callers' locks have been dropped, which may depend on it. (For the others the
    /// chains that are found are replayed: see `findings::replay`.)
    fn asks_pointees(&self, function: FnId, record: &Record) -> bool {
        const SMALL: usize = 12;
        if !record.released.is_empty() || !record.cleared.is_empty() {
            return true;
        }
        let function = self.program.function(function);
        function.has_body() && function.blocks() <= SMALL
    }

    /// Code of a starting or dying system does what nothing else may.
    pub(crate) fn own_confidence(&self, function: FnId) -> Confidence {
        let flags = self.program.function(function).flags;
        if flags.init || flags.noreturn {
            Confidence::Low
        } else {
            Confidence::High
        }
    }

    /// How sure it is which function a pointer is.
    pub(crate) fn pointer_confidence(&self, key: PointerKey) -> Confidence {
        let count = self.program.targets.of(key).len();
        match key {
            // A parameter's targets come from all callers of the function together.
            PointerKey::Parameter(..) if count > 1 => self.guessed,
            _ if count <= 1 => Confidence::High,
            _ if count <= MANY_TARGETS => Confidence::Medium,
            _ => self.guessed,
        }
    }
}

enum Outcome {
    Holds,
    Fails,
    /// Alternatives of conditions on the caller's own parameters.
    Depends(Vec<Vec<Condition>>),
}

fn index(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than 2^32 records")
}

fn add_violation(sink: &mut Sink<'_>, violation: Violation) {
    let mut all = sink.known.violations.iter().chain(&*sink.violations);
    let is_known = all.any(|it| {
        it.rule == violation.rule
            && it.demand == violation.demand
            && it.context == violation.context
            && it.item == violation.item
            && it.link == violation.link
            && it.guard == violation.guard
    });
    if !is_known {
        sink.violations.push(violation);
    }
}

/// Adds a case, in the most general form that the ones there allow.
fn add_case(sink: &mut Sink<'_>, mut case: Case) {
    while let Some(condition) = sink.all_cases().find_map(|it| it.complement(&case)) {
        case.guard.remove(condition);
    }
    if sink.all_cases().any(|it| it.subsumes(&case)) {
        return;
    }
    // A demand that is always made says more than all others together.
    let always = case.guard.is_empty() && case.released.is_empty() && case.absent.is_empty();
    let is_alike = |it: &&Case| it.what == case.what;
    if !always && sink.all_cases().filter(is_alike).count() >= MAX_CASES {
        *sink.cut_off = true;
        return;
    }
    sink.cases.push(case);
}

/// The parts of a condition that all have to be fulfilled.
fn parts(exprs: &Exprs, value: ExprId, condition: Condition, into: &mut Vec<Condition>) {
    let part = |expr, fact| Condition {
        expr,
        fact,
        proof: false,
    };
    match (exprs.get(value), condition.fact.truth()) {
        (Expr::Unary(UnaryOp::Not, a), Some(truth)) => {
            let fact = if truth { Fact::ZERO } else { Fact::NON_ZERO };
            parts(exprs, a, part(a, fact), into);
        }
        (Expr::Binary(BinaryOp::LogicalAnd, a, b), Some(true)) => {
            parts(exprs, a, part(a, Fact::NON_ZERO), into);
            parts(exprs, b, part(b, Fact::NON_ZERO), into);
        }
        (Expr::Binary(BinaryOp::LogicalOr | BinaryOp::Or, a, b), Some(false)) => {
            parts(exprs, a, part(a, Fact::ZERO), into);
            parts(exprs, b, part(b, Fact::ZERO), into);
        }
        _ => into.push(Condition {
            expr: value,
            ..condition
        }),
    }
}

/// A callee's expression, seen from a call.
fn import(callee: &Exprs, id: ExprId, record: &Record, exprs: &mut Exprs) -> Option<ExprId> {
    let (block, statement) = record.site;
    callee.translate(id, exprs, &mut |target, leaf| match leaf {
        Leaf::Parameter(index) => record.args.get(index as usize).copied(),
        Leaf::Opaque(id) | Leaf::Local(id) => {
            Some(target.intern(Expr::Opaque(Origin::Callee(block, statement, id.0))))
        }
        Leaf::Load(address) => {
            let known = stored_in(target, &record.pointees, address);
            Some(known.unwrap_or_else(|| target.intern(Expr::Load(address))))
        }
    })
}
