// SPDX-License-Identifier: MIT OR Apache-2.0
//! Replaying chains: whether one execution can take all the steps from a context to a demand.
//!
//! Demands travel up the calls with few conditions, so that all of a program can be looked at. A
//! chain that comes out of that is gone through once more from the top, with all that each step
//! says: values of arguments and of what they point to, what branches have shown, which locks are
//! dropped. Where two steps contradict each other, the next best chain is tried.

mod callers;
mod frame;
mod made;
mod queue;

use waitctx_model::{BinaryOp, FieldId};

pub(super) use self::callers::Callers;
use self::frame::Frame;
use self::queue::Queue;
use super::confidence::is_of_variable;
use super::minding::Minding;
use super::witness::{Hop, Reader};
use crate::context::{Context, Item, KindSet};
use crate::demands::{Case, Demands, Since, Violation, What};
use crate::expr::{Expr, ExprId, Exprs, Origin};
use crate::facts::{Fact, Facts};
use crate::lock::{LockClass, lock_name};
use crate::paths::{Record, Target, prove};
use crate::per_function::Structures;
use crate::program::{FnId, PointerKey, Program, Tested};
use crate::{DemandId, Knowledge};

/// How many steps are tried before a search is given up.
const MAX_TRIED: usize = 600;
/// No chain that is worth showing is longer.
const MAX_DEPTH: u32 = 60;

/// What came of a search.
pub(super) enum Outcome {
    /// All these steps can be taken.
    Way(Way),
    /// No chain can be taken.
    Nothing,
    /// There are more chains than were looked at.
    Unknown,
}

/// A chain that can be taken.
pub(super) struct Way {
    pub(super) hops: Vec<Hop>,
    /// The tables of functions on whose gaps it depends: fields that hold functions, but none here.
    pub(super) unset: Vec<FieldId>,
    /// On how many conditions on objects that nothing decides it depends up to each step.
    pub(super) open: Vec<u32>,
    /// What it says of the flags of objects.
    pub(super) tested: Vec<Tested>,
    /// Whether no caller of the first function passes what it takes; whether only those do that run
    /// while the system starts.
    pub(super) callers: Callers,
}

/// A step that can be taken, and all that is known there in terms of the first function.
struct Node {
    /// The step before.
    parent: Option<usize>,
    hop: Hop,
    depth: u32,
    facts: Facts,
    /// What is stored where.
    memory: Vec<(ExprId, ExprId)>,
    args: Vec<ExprId>,
    /// The pointer that is called there.
    pointer: Option<ExprId>,
    /// What the functions on the way have in force, the first one that matters included.
    held: Vec<Held>,
    /// What is in force that the demand breaks on, once the function that holds it is reached.
    broken: Option<Item>,
    /// How many conditions on objects nothing decides on the way.
    open: u32,
}

/// Something that a function on the way has in force.
#[derive(Clone, PartialEq)]
struct Held {
    item: Item,
    /// It is further down than what the demand breaks on.
    nearer: bool,
}

/// A search for one cause.
pub(super) struct Replay<'a> {
    program: &'a Program,
    knowledge: &'a Knowledge,
    structures: Structures<'a>,
    demands: &'a Demands,
    demand: DemandId,
    minding: Minding<'a>,
    /// What is in force when the first function is entered, where that is what the demand breaks on.
    entered: Vec<Item>,
    exprs: Exprs,
    nodes: Vec<Node>,
    /// The function of each frame, by its number less one.
    frames: Vec<Option<FnId>>,
    tried: usize,
}

impl<'a> Replay<'a> {
    pub(super) fn new(reader: &Reader<'a>, violation: &Violation) -> Self {
        Self {
            program: reader.program,
            knowledge: reader.knowledge,
            structures: reader.structures,
            demands: reader.demands,
            demand: violation.demand,
            minding: Minding::new(reader, violation),
            entered: Vec::new(),
            exprs: Exprs::default(),
            nodes: Vec::new(),
            frames: Vec::new(),
            tried: 0,
        }
    }

    /// Looks for a way that starts with the steps of `chain` up to the one at `holder`, which has
    /// in force what the demand breaks on, and leads to the demand.
    pub(super) fn search(mut self, chain: &[Hop], holder: usize, violation: &Violation) -> Outcome {
        let broken = &violation.item;
        if let Since::Entered(index) = violation.since {
            let entry = &self.knowledge.entries[self.program.entries[index].entry];
            self.entered = entry.contexts.iter().copied().map(Item::unnamed).collect();
        }
        self.exprs = Exprs::clone(&self.structures.of(chain[0].function).exprs);
        let mut last = None;
        for (index, hop) in chain[..=holder].iter().enumerate() {
            let broken = (index == holder).then_some(broken);
            match self.step(last, *hop, broken) {
                Some(node) => last = Some(node),
                None => return Outcome::Nothing,
            }
        }
        let Some(last) = last else {
            return Outcome::Nothing;
        };
        // What the demand has come up by is likely; all other ways are many.
        let mut end = Some(last);
        for hop in &chain[holder + 1..] {
            end = end.and_then(|node| self.step(Some(node), *hop, None));
        }
        match end.map(|node| self.end(node)) {
            Some(Outcome::Way(way)) => Outcome::Way(way),
            _ => self.explore(last),
        }
    }

    /// Tries what looks shortest first.
    fn explore(&mut self, start: usize) -> Outcome {
        let mut queue = Queue::default();
        self.enqueue(start, &mut queue);
        while let Some((parent, hop)) = queue.pop() {
            self.tried += 1;
            if self.tried > MAX_TRIED {
                return Outcome::Unknown;
            }
            let Some(node) = self.step(Some(parent), hop, None) else {
                queue.failed(hop);
                continue;
            };
            if let Target::Demand { .. } = self.record(hop).target {
                match self.end(node) {
                    Outcome::Way(way) => return Outcome::Way(way),
                    Outcome::Nothing | Outcome::Unknown => queue.failed(hop),
                }
            }
            self.enqueue(node, &mut queue);
        }
        Outcome::Nothing
    }

    /// The steps that may follow: into each function that is called and comes to demand it.
    fn enqueue(&self, from: usize, queue: &mut Queue) {
        let node = &self.nodes[from];
        let Some(function) = node.hop.callee else {
            return;
        };
        if node.depth >= MAX_DEPTH || self.is_on_the_way(from, function) {
            return;
        }
        let structure = self.structures.of(function);
        for (index, record) in structure.records.iter().enumerate() {
            let record_index = u32::try_from(index).expect("few records");
            let mut push = |callee: Option<FnId>, left: u32| {
                let hop = Hop {
                    function,
                    record: record_index,
                    callee,
                    certain: false,
                };
                queue.push(node.depth + left, from, hop);
            };
            match record.target {
                Target::Demand { demand, .. } if demand == self.demand => push(None, 0),
                Target::Demand { .. } => {}
                Target::Function(callee) => {
                    if let Some(left) = self.left(callee) {
                        push(Some(callee), left + 1);
                    }
                }
                Target::Pointer(key) => {
                    for &callee in self.program.targets.of(key) {
                        if let Some(left) = self.left(callee) {
                            push(Some(callee), left + 1);
                        }
                    }
                }
            }
        }
    }

    /// Whether a way has been in a function as often as is of use: a recursion is followed once.
    fn is_on_the_way(&self, from: usize, function: FnId) -> bool {
        let way = std::iter::successors(Some(from), |&index| self.nodes[index].parent);
        let inside = way.filter(|&index| self.nodes[index].hop.function == function);
        inside.count() > 1
    }

    /// How many calls it takes at least from `function` to the demand, if there is a chain.
    fn left(&self, function: FnId) -> Option<u32> {
        self.cases(function)
            .iter()
            .filter(|case| case.what == What::Demand(self.demand))
            .map(|case| case.length)
            .min()
    }

    fn cases(&self, function: FnId) -> &'a [Case] {
        self.structures.note(function);
        self.demands.cases(function)
    }

    fn record(&self, hop: Hop) -> &'a Record {
        &self.structures.of(hop.function).records[hop.record as usize]
    }

    /// What it takes to get to the demand at a node.
    fn end(&self, last: usize) -> Outcome {
        let node = &self.nodes[last];
        if node
            .held
            .iter()
            .any(|it| it.nearer && self.minding.breaks(&it.item))
        {
            return Outcome::Nothing; // a cause of its own
        }
        let mut unset = Vec::new();
        for (id, fact) in node.facts.iter() {
            if let Expr::Load(address) = self.exprs.get(id)
                && let Expr::FieldAddress(_, field) = self.exprs.get(address)
                && fact.truth() == Some(false)
                && !self
                    .program
                    .targets
                    .tables(PointerKey::Field(field))
                    .is_empty()
            {
                unset.push(field);
            }
        }
        let hops = self.hops(last);
        let callers = self.callers(hops[0].function, &node.facts);
        if callers == Callers::Nobody {
            return Outcome::Nothing;
        }
        Outcome::Way(Way {
            hops,
            unset,
            open: self.open(last),
            tested: self.tested(&node.facts),
            callers,
        })
    }

    /// What `facts` say of fields.
    fn tested(&self, facts: &Facts) -> Vec<Tested> {
        let field = |id| match self.exprs.get(id) {
            Expr::Load(address) => match self.exprs.get(address) {
                Expr::FieldAddress(_, field) => Some(field),
                _ => None,
            },
            _ => None,
        };
        let of = |(id, fact): (ExprId, Fact)| {
            let truth = fact.truth()?;
            // `cond ? a : 0` is something only where `a` is.
            let id = match self.exprs.get(id) {
                Expr::Select(_, a, b) if truth && self.exprs.as_const(b) == Some(0) => a,
                _ => id,
            };
            let (word, mask) = match self.exprs.get(id) {
                Expr::Binary(BinaryOp::And, word, mask) => (word, self.exprs.as_const(mask)?),
                _ => (id, -1),
            };
            let field = field(word)?;
            Some(Tested { field, mask, truth })
        };
        facts.iter().filter_map(of).collect()
    }

    /// The steps up to a node, the last one first.
    fn way_to(&self, last: usize) -> impl Iterator<Item = &Node> {
        std::iter::successors(Some(&self.nodes[last]), |node| {
            node.parent.map(|it| &self.nodes[it])
        })
    }

    fn open(&self, last: usize) -> Vec<u32> {
        let mut open: Vec<u32> = self.way_to(last).map(|node| node.open).collect();
        open.reverse();
        open
    }

    fn hops(&self, last: usize) -> Vec<Hop> {
        let hop = |node: &Node| Hop {
            certain: matches!(
                node.pointer.map(|it| self.exprs.get(it)),
                Some(Expr::Function(_))
            ),
            ..node.hop
        };
        let mut hops: Vec<Hop> = self.way_to(last).map(hop).collect();
        hops.reverse();
        hops
    }

    /// Takes one step, if what is known allows it.
    fn step(&mut self, parent: Option<usize>, hop: Hop, broken: Option<&Item>) -> Option<usize> {
        let record = self.record(hop);
        let structure = self.structures.of(hop.function);
        let frame = Frame {
            number: self.new_frame(Some(hop.function)),
            from: &structure.exprs,
            first: parent.is_none(),
            args: parent.map_or_else(Vec::new, |it| self.nodes[it].args.clone()),
        };
        let mut memory = parent.map_or_else(Vec::new, |it| self.nodes[it].memory.clone());
        let mut facts = match parent {
            Some(parent) => self.nodes[parent].facts.clone(),
            None => Facts::default(),
        };
        if !self.minding.is_possible(record) {
            return None;
        }
        if let Some(parent) = parent
            && !self.is_called(parent, hop.function)
        {
            return None;
        }
        if parent.is_some() && self.was_otherwise(&frame, &memory, &facts, record) {
            return None;
        }
        let mut open = parent.map_or(0, |it| self.nodes[it].open);
        for (id, fact) in record.facts.iter() {
            let Some(fact) = fact.as_condition() else {
                continue;
            };
            let Some(value) = frame.import(&mut self.exprs, &memory, id) else {
                continue;
            };
            let decided = facts.of(&self.exprs, value).implies(fact);
            if parent.is_some() && !decided && self.is_of_object(value, fact) {
                open += 1;
            }
            if !facts.assume_fact(&self.exprs, value, fact) || self.made_otherwise(value, fact) {
                return None;
            }
        }
        if let Target::Demand {
            proof: Some((value, truth)),
            ..
        } = record.target
        {
            let value = frame.import(&mut self.exprs, &memory, value)?;
            let proved = prove(&mut self.exprs, &facts, value, truth);
            if !frame.first && !proved.iter().any(Vec::is_empty) {
                return None;
            }
        }
        let released: Vec<Item> = record
            .released
            .iter()
            .map(|item| self.item(&frame, &memory, item))
            .collect();
        let (mut held, mut kept) = match parent {
            Some(it) => (self.nodes[it].held.clone(), self.nodes[it].broken.clone()),
            None if self.entered.is_empty() => (Vec::new(), None),
            None => {
                let entered = self.entered.iter().cloned();
                let held = entered.map(|item| Held {
                    item,
                    nearer: false,
                });
                (held.collect(), broken.cloned())
            }
        };
        if let Some(item) = &kept
            && !self.keeps(item, &held, &released, record.cleared)
        {
            return None;
        }
        self.drop_released(&mut held, kept.as_ref(), &released, record.cleared);
        let further = kept.is_some();
        if further {
            if held.iter().any(|it| record.absent.contains(it.item.kind)) {
                return None;
            }
            // What breaks further down is a cause of its own, unless it is dropped again.
            let stays = |item: &Item| {
                self.knowledge.counts(item, &record.held)
                    && self.minding.breaks(item)
                    && !hop.callee.is_some_and(|callee| self.may_drop(callee, item))
            };
            if record.held.iter().any(|it| stays(&it.item)) {
                return None;
            }
        }
        for it in &record.held {
            let item = self.item(&frame, &memory, &it.item);
            held.push(Held {
                item,
                nearer: further,
            });
        }
        if let Some(item) = broken {
            kept = Some(self.item(&frame, &memory, item));
        }
        let silencing = &self.knowledge.demand(self.demand).silenced_by;
        if held.iter().any(|it| silencing.contains(&it.item.kind)) {
            return None;
        }
        let mut args = record
            .args
            .iter()
            .map(|&arg| frame.import(&mut self.exprs, &memory, arg))
            .collect::<Option<Vec<_>>>()?;
        self.forget_rounds(parent, hop, &mut args);
        if self.is_spared(record, &args) {
            return None;
        }
        let pointer = record
            .pointer
            .and_then(|it| frame.import(&mut self.exprs, &memory, it));
        let mut stored = Vec::new();
        for &(address, value) in &record.pointees {
            if let Some(address) = frame.import(&mut self.exprs, &memory, address)
                && let Some(value) = frame.import(&mut self.exprs, &memory, value)
            {
                stored.push((address, value));
            }
        }
        memory.retain(|(address, _)| !stored.iter().any(|(it, _)| it == address));
        memory.append(&mut stored);
        self.nodes.push(Node {
            parent,
            hop,
            depth: parent.map_or(0, |it| self.nodes[it].depth + 1),
            facts,
            memory,
            args,
            pointer,
            held,
            broken: kept,
            open,
        });
        Some(self.nodes.len() - 1)
    }

    fn new_frame(&mut self, function: Option<FnId>) -> u32 {
        self.frames.push(function);
        u32::try_from(self.frames.len()).expect("few steps are tried")
    }

    /// How often a recursion has gone round nobody knows: what it changes of its arguments can be
    /// anything when it comes to the demand.
    fn forget_rounds(&mut self, parent: Option<usize>, hop: Hop, args: &mut [ExprId]) {
        let way = std::iter::successors(parent, |&index| self.nodes[index].parent);
        let mut calls = way.filter(|&index| self.nodes[index].hop.callee == hop.callee);
        let Some(earlier) = hop.callee.and_then(|_| calls.next()) else {
            return;
        };
        let number = self.new_frame(None);
        for (index, arg) in (0..).zip(args) {
            if self.nodes[earlier].args.get(index as usize) != Some(arg) {
                let origin = Origin::Callee(u32::MAX, number, index);
                *arg = self.exprs.intern(Expr::Opaque(origin));
            }
        }
    }

    /// Whether a condition is one on what an object is like: not on what a variable says of the whole
    /// machine, on an argument, or on there being an object at all.
    fn is_of_object(&self, value: ExprId, fact: Fact) -> bool {
        let reads = |leaf| matches!(leaf, Expr::Load(_));
        if self.exprs.all_leaves(value, &|leaf| !reads(leaf))
            || is_of_variable(self.program, &self.exprs, value)
        {
            return false;
        }
        let pointer = match self.exprs.get(value) {
            Expr::Load(address) => match self.exprs.get(address) {
                Expr::FieldAddress(_, field) => self.program.fields[field.0 as usize].ty.pointer,
                _ => false,
            },
            _ => false,
        };
        !(pointer && fact.truth() == Some(true))
    }

    /// Whether the call of a step may lead into `function`, as far as its pointer is known.
    fn is_called(&self, caller: usize, function: FnId) -> bool {
        match self.nodes[caller].pointer.map(|it| self.exprs.get(it)) {
            Some(Expr::Function(symbol)) => self.program.by_symbol.get(&symbol) == Some(&function),
            Some(Expr::Const(_)) => false,
            _ => true,
        }
    }

    /// Takes out of `held` what has been `released` or `cleared`, the last of what it may mean;
    /// `kept` stays.
    fn drop_released(
        &self,
        held: &mut Vec<Held>,
        kept: Option<&Item>,
        released: &[Item],
        cleared: KindSet,
    ) {
        for item in released {
            let dropped = |own: &Held| {
                Some(&own.item) != kept && !self.survives(&own.item, std::slice::from_ref(item))
            };
            if let Some(index) = held.iter().rposition(dropped) {
                held.remove(index);
            }
        }
        held.retain(|own| {
            Some(&own.item) == kept || Context::keeps(&own.item, &[], cleared, self.knowledge)
        });
    }

    /// Whether a function may come to the demand after it has dropped something like `item`.
    fn may_drop(&self, function: FnId, item: &Item) -> bool {
        let any = Item {
            lock: None,
            class: LockClass::default(),
            ..item.clone()
        };
        self.cases(function).iter().any(|case| {
            case.what == What::Demand(self.demand)
                && !Context::keeps(&any, &case.released, case.cleared, self.knowledge)
        })
    }

    /// Whether `item` is still in force after `released` and `cleared`. What functions on the way
    /// have put into force themselves goes first.
    fn keeps(&self, item: &Item, held: &[Held], released: &[Item], cleared: KindSet) -> bool {
        let others = |it: &&Item| {
            held.iter().any(|own| {
                own.item != *item && !self.survives(&own.item, std::slice::from_ref(*it))
            })
        };
        let of_callers: Vec<Item> = released.iter().filter(|it| !others(it)).cloned().collect();
        Context::keeps(item, &of_callers, cleared, self.knowledge)
    }

    fn survives(&self, item: &Item, released: &[Item]) -> bool {
        Context::keeps(item, released, KindSet::default(), self.knowledge)
    }

    /// A callee's item in terms of the first function.
    fn item(&mut self, frame: &Frame<'_>, memory: &[(ExprId, ExprId)], item: &Item) -> Item {
        let lock = item
            .lock
            .and_then(|lock| frame.import(&mut self.exprs, memory, lock));
        let mut class = item.class.clone();
        if let Some(lock) = lock {
            let root = self.nodes.first().map(|it| it.hop.function);
            if let Some(root) = root {
                let name = lock_name(self.program, self.knowledge, root, &self.exprs, lock);
                if name.class.is_known() {
                    class = name.class;
                }
            }
        }
        Item {
            lock,
            class,
            ..item.clone()
        }
    }
}
