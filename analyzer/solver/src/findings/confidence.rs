// SPDX-License-Identifier: MIT OR Apache-2.0
//! How sure a finding is, and what makes it less so, in words.

use waitctx_model::{Field, NameId};

use super::always::Always;
use super::witness::{Hop, Reader};
use crate::context::Item;
use crate::demands::{Since, Violation, What};
use crate::expr::{Expr, ExprId, Exprs};
use crate::paths::{Record, Target, is_portable};
use crate::program::{FnId, Kept, PointerKey, Program, Tested};
use crate::{Confidence, Effect, Identity, WaitType};

/// A call through a pointer with more possible targets than this says little about any of them.
const MANY_TARGETS: usize = 4;

/// Who drops references to objects that somebody else uses is called by more functions than this.
const FEW_CALLERS: usize = 4;

/// Reasons to doubt, and how much they leave.
pub(super) struct Doubts {
    pub(super) confidence: Confidence,
    pub(super) reasons: Vec<String>,
}

impl Doubts {
    pub(super) fn add(&mut self, confidence: Confidence, reason: String) {
        self.confidence = self.confidence.min(confidence);
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

impl Reader<'_> {
    /// What speaks against a violation that happens along `chain`. `by_callers` is how sure it is
    /// that callers let it happen, where they decide.
    pub(super) fn doubts(
        &self,
        violation: &Violation,
        chain: &[Hop],
        by_callers: Confidence,
    ) -> Doubts {
        let mut doubts = Doubts {
            confidence: Confidence::High,
            reasons: Vec::new(),
        };
        let holder = chain.first().expect("a chain has a hop").function;
        if by_callers < Confidence::High {
            let name = self.program.name(holder);
            doubts.add(
                by_callers,
                format!("depends on the arguments that `{name}` is called with"),
            );
        }
        self.doubt_pointers(violation, chain, &mut doubts);
        if let Some(doubt) = self.known_doubt(violation, holder) {
            doubts.add(Confidence::Low, doubt.clone());
        }
        let file = self.program.function(holder).span().map(|it| it.file);
        let file = file.map(|it| self.program.names.get(it));
        if let Some(reason) = file.and_then(|it| self.knowledge.on_purpose.get(it)) {
            doubts.add(Confidence::Low, reason.clone());
        }
        self.doubt_first(chain, &mut doubts);
        for &hop in chain {
            let flags = self.program.function(hop.function).flags;
            let name = self.program.name(hop.function);
            if flags.init {
                let reason = format!("`{name}` runs while the system starts");
                doubts.add(Confidence::Low, reason);
            }
            if flags.noreturn {
                doubts.add(Confidence::Low, format!("`{name}` does not return"));
            }
            if self.program.function(hop.function).tells_of_bug {
                let reason = format!("`{name}` tells of a bug that has happened");
                doubts.add(Confidence::Low, reason);
            }
            let doubt = self
                .led_to(hop)
                .and_then(|it| self.known_doubt(violation, it));
            if let Some(doubt) = doubt {
                doubts.add(Confidence::Low, doubt.clone());
            }
            if self.record(hop).coincidence {
                let reason = format!("only where two pointers in `{name}` are the same");
                doubts.add(Confidence::Low, reason);
            }
            if self.record(hop).last_reference {
                let confidence = match self.is_called_by_few(hop.function) {
                    true => Confidence::Medium,
                    false => Confidence::Low,
                };
                let reason = format!("only where `{name}` drops the last reference to an object");
                doubts.add(confidence, reason);
            }
        }
        self.doubt_lock(violation, chain, &mut doubts);
        if let Some(last) = chain.last() {
            self.doubt_choice(*last, &mut doubts);
        }
        if let Some(way) = self.demands.taken.way(violation) {
            if way.confidence < doubts.confidence {
                let reason = "how the lock is taken there rests on a guess".to_owned();
                doubts.add(way.confidence, reason);
            }
            // Two objects of one class meet here; those that nothing is reclaimed from have locks,
            // too, which lockdep is told at run time.
            if violation.item.class.variable.is_none() {
                let reason = "the lock that is taken there may be another object's".to_owned();
                doubts.add(Confidence::Low, reason);
            }
        }
        let holders = match violation.since {
            Since::Acquired(origin) => self.holders(holder, origin),
            Since::Entered(_) => Vec::new(),
        };
        for (index, holder) in holders.into_iter().enumerate() {
            let structure = self.structures.of(holder);
            // How a function returns is of no concern inside it.
            let returns_unsure = index > 0 && structure.ambiguous;
            if structure.merged || !structure.complete || returns_unsure {
                let name = self.program.name(holder);
                doubts.add(
                    Confidence::Low,
                    format!("the paths through `{name}` could not all be kept apart"),
                );
            }
        }
        doubts
    }

    /// Whether so few functions call one that it is what ends the use of an object: what drops
    /// references that are held for a while only is called all over the place, or is in a header for
    /// that.
    fn is_called_by_few(&self, function: FnId) -> bool {
        if self.program.function(function).flags.in_header {
            return false;
        }
        self.structures.note_callers(function);
        let calls = self.demands.callers_of(function).iter();
        let mut callers: Vec<FnId> = calls.map(|&(caller, _)| caller).collect();
        callers.sort_unstable();
        callers.dedup();
        (1..=FEW_CALLERS).contains(&callers.len())
    }

    /// What a chain takes objects to be that they are not: flags of different objects that say the
    /// opposite of each other where they should agree (a copy of a word and the word itself, or the
    /// object that a handler works on and those that it is stored in), pointers that nothing sets.
    pub(super) fn doubt_flags(
        &self,
        violation: &Violation,
        chain: &[Hop],
        tested: &[Tested],
        doubts: &mut Doubts,
    ) {
        let name = |field| self.pointer_name(PointerKey::Field(field));
        for copy in tested {
            let Some(original) = self.program.flags.copy_of(copy.field) else {
                continue;
            };
            let is_opposite = |it: &&Tested| it.field == original && it.contradicts(copy);
            if tested.iter().any(|it| is_opposite(&it)) {
                let (copy, original) = (name(copy.field), name(original));
                let reason = format!("`{copy}` is a copy of `{original}`, and says otherwise here");
                doubts.add(Confidence::Low, reason);
            }
        }
        for it in tested {
            if it.truth && it.mask == -1 && self.program.dormant.contains(it.field) {
                let reason = format!("nothing that was read sets `{}`", name(it.field));
                doubts.add(Confidence::Low, reason);
            }
        }
        if let (Since::Entered(_), Some(first)) = (violation.since, chain.first()) {
            for stored in self.program.flags.stored_where(first.function) {
                let is_opposite = |it: &Tested| it.field == stored.field && it.contradicts(stored);
                if tested.iter().any(is_opposite) {
                    let function = self.program.name(first.function);
                    let field = name(stored.field);
                    let reason =
                        format!("`{field}` says otherwise where `{function}` is registered");
                    doubts.add(Confidence::Low, reason);
                }
            }
        }
    }

    /// Steps that are taken only by the first who comes by, where others come by before on purpose.
    fn doubt_first(&self, chain: &[Hop], doubts: &mut Doubts) {
        // Who has something made under a lock of its own has it made there.
        for hop in chain.iter().skip(1) {
            let exprs = &self.structures.of(hop.function).exprs;
            for (id, fact) in self.record(*hop).facts.iter() {
                let (Some(false), Expr::Load(address)) = (fact.truth(), exprs.get(id)) else {
                    continue;
                };
                let (kept, name) = match exprs.get(address) {
                    Expr::Global(variable) => {
                        let name = self.program.names.get(variable.name).to_owned();
                        (Kept::Variable(variable), name)
                    }
                    Expr::FieldAddress(_, field) => {
                        let name = self.pointer_name(PointerKey::Field(field));
                        (Kept::Field(field), name)
                    }
                    _ => continue,
                };
                if self.program.latches.contains(kept)
                    && self.is_called_before(hop.function, kept, chain)
                {
                    let function = self.program.name(hop.function);
                    let reason =
                        format!("only before `{name}` is set, for which others call `{function}`");
                    doubts.add(Confidence::Low, reason);
                }
            }
        }
    }

    /// Whether others than a chain call a function where it may do what it does: while the system
    /// starts or, if it does so once for all, with nothing in force.
    fn is_called_before(&self, function: FnId, kept: Kept, chain: &[Hop]) -> bool {
        self.structures.note_callers(function);
        let callers = self.demands.callers_of(function);
        callers.iter().any(|&(caller, record)| {
            let starts = self.program.function(caller).flags.init;
            let for_all = matches!(kept, Kept::Variable(_));
            let is_other = !chain.iter().any(|hop| hop.function == caller);
            let holds = || !self.structures.of(caller).records[record].held.is_empty();
            starts || for_all && is_other && !holds()
        })
    }

    /// The function that a hop leads to.
    fn led_to(&self, hop: Hop) -> Option<FnId> {
        match (hop.callee, self.record(hop).target) {
            (Some(callee), _) => Some(callee),
            (None, Target::Demand { function, .. }) => Some(function),
            (None, _) => None,
        }
    }

    /// What the knowledge says of a function, where it is in doubt.
    fn known_doubt(&self, violation: &Violation, function: FnId) -> Option<&String> {
        let doubt = self.knowledge.doubts.get(self.program.name(function))?;
        let is_about = doubt.demands.is_empty() || doubt.demands.contains(&violation.demand);
        let by_itself = doubt.of_users && self.is_entered_by_itself(violation);
        (is_about && !by_itself).then_some(&doubt.reason)
    }

    /// Whether a violation is in what nobody calls who uses an object: callbacks are called with the
    /// object locked, as a rule.
    fn is_entered_by_itself(&self, violation: &Violation) -> bool {
        let Since::Entered(index) = violation.since else {
            return false;
        };
        let entry = &self.knowledge.entries[self.program.entries[index].entry];
        let is_lock = |&it| self.knowledge.context(it).identity == Identity::Lock;
        !entry.contexts.iter().any(is_lock)
    }

    /// Calls through pointers that may lead elsewhere.
    fn doubt_pointers(&self, violation: &Violation, chain: &[Hop], doubts: &mut Doubts) {
        let mut open = 0;
        let told = self.told_not_to(violation, chain);
        let mut always = Always::new(self, violation);
        for (index, hop) in chain.iter().enumerate() {
            let record = self.record(*hop);
            let (Target::Pointer(key), Some(callee), false) =
                (record.target, hop.callee, hop.certain)
            else {
                continue;
            };
            let targets = self.program.targets.of(key);
            let count = targets.len();
            let mut demanding = 0;
            // Of many it would not be asked.
            if count <= MANY_TARGETS {
                let mut targets = targets.to_vec();
                targets.retain(|&it| self.comes_to(it, violation));
                demanding = targets.len();
                if demanding == count {
                    continue; // whichever it is
                }
            }
            let name = self.pointer_name(key);
            let reason = format!("`{name}` can be any of {count} functions");
            open += 1;
            // What a variable leads to is chosen once for a machine, and some machine has it. What
            // an object leads to goes with the object, and not all come by here.
            let exprs = &self.structures.of(hop.function).exprs;
            let chosen_once = record
                .pointer
                .is_some_and(|it| is_of_variable(self.program, exprs, it));
            let confidence = match key {
                // Whoever passes a function has it called here, with what is in force here.
                PointerKey::Parameter(function, _) if index == 0 && function == hop.function => {
                    Confidence::Medium
                }
                // A parameter's targets come from all callers of the function together.
                PointerKey::Parameter(..) => Confidence::Low,
                _ if count > MANY_TARGETS || open > 1 => Confidence::Low,
                _ if chosen_once || 4 * demanding >= 3 * count => Confidence::Medium,
                _ => Confidence::Low,
            };
            let mut is_whichever = || {
                let is_told = told.is_some_and(|it| index <= it);
                let is_shared = !matches!(key, PointerKey::Parameter(..));
                is_told || is_shared && always.calls(key, callee)
            };
            let confidence = if confidence == Confidence::Low && is_whichever() {
                Confidence::Medium
            } else {
                confidence
            };
            doubts.add(confidence, reason);
            if let Some(other) = self.nearer(&chain[..=index], callee, key) {
                let other = self.program.name(other);
                let reason = format!("`{name}` is rather `{other}` where this comes from");
                doubts.add(Confidence::Low, reason);
            }
        }
    }

    /// Whether a function comes to something like a violation: as much waiting, or what the context
    /// forbids by name for the same reason.
    fn comes_to(&self, function: FnId, violation: &Violation) -> bool {
        let knowledge = self.knowledge;
        let by_name = &knowledge.context(violation.context).forbids;
        let rule = &knowledge.rules[usize::from(violation.rule.0)];
        let wait = knowledge.demand(violation.demand).wait;
        let is_like = |demand| {
            if by_name.contains(&violation.demand) {
                rule.pairs.contains(&(violation.context, demand))
            } else {
                knowledge.demand(demand).wait >= wait
            }
        };
        let mut cases = self.cases(function).iter();
        cases.any(|case| matches!(case.what, What::Demand(it) if is_like(it)))
    }

    /// Another target, of a table that is made in a file that the chain has come through while that
    /// of `callee` is not: objects are handled where their tables are.
    fn nearer(&self, chain: &[Hop], callee: FnId, key: PointerKey) -> Option<FnId> {
        let tables = self.program.targets.tables(key);
        let passed: Vec<_> = chain
            .iter()
            .filter_map(|hop| self.program.function(hop.function).span())
            .map(|span| span.file)
            .collect();
        let near = |&&(_, file): &&(FnId, NameId)| passed.contains(&file);
        if tables.iter().filter(near).any(|&(it, _)| it == callee) {
            return None;
        }
        tables.iter().find(near).map(|&(it, _)| it)
    }

    /// Whether the lock is held, or still held, only where something is so that nobody has looked
    /// at: the same call is made with it and without it.
    fn doubt_lock(&self, violation: &Violation, chain: &[Hop], doubts: &mut Doubts) {
        let item = &violation.item;
        let first = chain.first().expect("a chain has a hop");
        let since_entry = matches!(violation.since, Since::Entered(_));
        let holds = |record: &Record| record.held.iter().any(|it| same(&it.item, item));
        let without = |record: &&Record| !holds(record);
        if !since_entry
            && self
                .alike(*first)
                .filter(without)
                .any(|record| !self.told_apart(*first, record))
        {
            let name = self.program.name(first.function);
            let reason = format!("`{name}` comes there with and without it");
            doubts.add(Confidence::Low, reason);
        }
        // What has a lock does not drop it before, but what is entered with something may end it.
        for hop in &chain[usize::from(!since_entry)..] {
            let drops = |record: &Record| {
                record.cleared.contains(item.kind)
                    || record.released.iter().any(|it| may_be(it, item))
            };
            if !drops(self.record(*hop)) && self.alike(*hop).any(drops) {
                let name = self.program.name(hop.function);
                let reason = format!("`{name}` drops a lock first where it has to");
                doubts.add(Confidence::Low, reason);
            }
        }
    }

    /// Whether the demand is one of two locks, of which objects of other kinds take the one that
    /// waits less.
    fn doubt_choice(&self, hop: Hop, doubts: &mut Doubts) {
        let structure = self.structures.of(hop.function);
        let record = self.record(hop);
        if let Some(callee) = self.unlocks(record) {
            let instead = |other: &&Record| {
                self.unlocks(other).is_some_and(|it| it != callee)
                    && record
                        .facts
                        .iter()
                        .any(|(id, fact)| fact.contradicts(other.facts.of(&structure.exprs, id)))
            };
            if structure.records.iter().any(|other| instead(&other)) {
                let name = self.program.name(hop.function);
                let reason = format!("`{name}` ends a lock as its object says");
                doubts.add(Confidence::Low, reason);
            }
        }
        let Some(wait) = self.lock_wait(record) else {
            return;
        };
        let instead = |other: &&Record| {
            self.lock_wait(other).is_some_and(|it| it < wait)
                && record.facts.iter().any(|(id, fact)| {
                    let of_object = !is_portable(&structure.exprs, id, false);
                    of_object && fact.contradicts(other.facts.of(&structure.exprs, id))
                })
        };
        if structure.records.iter().any(|other| instead(&other)) {
            let name = self.program.name(hop.function);
            let reason = format!("`{name}` takes a lock that waits less where the object says so");
            doubts.add(Confidence::Low, reason);
        }
    }

    /// What a record calls, when that ends a lock.
    fn unlocks(&self, record: &Record) -> Option<FnId> {
        let Target::Demand { function, .. } = record.target else {
            return None;
        };
        let model = self.knowledge.functions.get(self.program.name(function))?;
        let ends = |it: &Effect| matches!(it, Effect::Release { lock: Some(_), .. });
        model.effects.iter().any(ends).then_some(function)
    }

    /// How much a record waits for a lock, when it does.
    fn lock_wait(&self, record: &Record) -> Option<WaitType> {
        let Target::Demand {
            demand, function, ..
        } = record.target
        else {
            return None;
        };
        let model = self.knowledge.functions.get(self.program.name(function))?;
        let takes = |it: &Effect| matches!(it, Effect::Acquire { .. });
        let is_lock = model.effects.iter().any(takes);
        is_lock.then(|| self.knowledge.demand(demand).wait)
    }

    /// Whether what the function was called with tells a record from that of a hop.
    fn told_apart(&self, hop: Hop, other: &Record) -> bool {
        let exprs = &self.structures.of(hop.function).exprs;
        self.record(hop).facts.iter().any(|(id, fact)| {
            is_portable(exprs, id, false) && fact.contradicts(other.facts.of(exprs, id))
        })
    }

    /// The records of the same call as that of a hop.
    fn alike(&self, hop: Hop) -> impl Iterator<Item = &Record> {
        let site = self.record(hop).site;
        self.structures
            .of(hop.function)
            .records
            .iter()
            .filter(move |record| record.site == site)
    }
}

/// Whether a value is read from a variable with static storage, or from what that leads to: then
/// it is the same for all that a machine does. An element of an array, and what links lead to, is
/// one object of many.
pub(super) fn is_of_variable(program: &Program, exprs: &Exprs, id: ExprId) -> bool {
    let inner = |id| is_of_variable(program, exprs, id);
    match exprs.get(id) {
        Expr::Global(_) => true,
        Expr::Load(a) => !is_link(program, exprs, a) && inner(a),
        Expr::FieldAddress(a, _) | Expr::Unary(_, a) => inner(a),
        Expr::Binary(_, a, b) => inner(a) && (exprs.as_const(b).is_some() || inner(b)),
        _ => false,
    }
}

/// Whether what is stored at an address leads from one object to the next of its kind.
fn is_link(program: &Program, exprs: &Exprs, address: ExprId) -> bool {
    let Expr::FieldAddress(_, field) = exprs.get(address) else {
        return false;
    };
    let Field { record, ty, .. } = program.fields[field.0 as usize];
    ty.pointer && ty.record == Some(record)
}

fn same(a: &Item, b: &Item) -> bool {
    a.kind == b.kind && (a.class == b.class || a.lock.is_some() && a.lock == b.lock)
}

/// Whether a callee's item may be that of its caller, by kind and the last field of the class.
fn may_be(callees: &Item, callers: &Item) -> bool {
    callees.kind == callers.kind
        && (!callees.class.is_known()
            || !callers.class.is_known()
            || callees.class.fields.last() == callers.class.fields.last())
}
