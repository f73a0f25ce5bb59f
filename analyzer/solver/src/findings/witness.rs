// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading a witness back from the links that the demands left behind.

use waitctx_model::{Call, Callee, Function, Root, Span, Terminator, Value};

use crate::demands::{Case, CaseId, Demands, Link, Since, Violation, Way, taken_case};
use crate::entries::{Entered, Through};
use crate::expr::Expr;
use crate::lock::lock_name;
use crate::paths::{Acquisition, Record, Target};
use crate::per_function::{Seen, Structures};
use crate::program::{FnId, PointerKey, Program, call_at, last_field};
use crate::{Knowledge, SourcePlace, Step, StepKind};

/// No chain is longer; guards against a cycle, which cannot be.
const MAX_STEPS: usize = 1000;

/// No lock is handed up through more functions; recursion keeps what it acquired in itself.
const MAX_HOLDERS: usize = 16;

/// One step of a chain: a record of a function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Hop {
    pub(crate) function: FnId,
    /// Its index.
    pub(crate) record: u32,
    /// The function that the chain goes on in; `None` for the demand itself.
    pub(crate) callee: Option<FnId>,
    /// Whether the pointer that is called is known to be that function.
    pub(crate) certain: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) program: &'a Program,
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) structures: Structures<'a>,
    pub(crate) demands: &'a Demands,
}

impl<'a> Reader<'a> {
    /// The same, where everything that is looked at is told to `seen`.
    pub(super) fn noted_by<'b>(&self, seen: &'b Seen) -> Reader<'b>
    where
        'a: 'b,
    {
        Reader {
            structures: self.structures.noted_by(seen),
            ..*self
        }
    }

    /// What calls of a function come to.
    pub(super) fn cases(&self, function: FnId) -> &'a [Case] {
        self.structures.note(function);
        self.demands.cases(function)
    }

    pub(crate) fn record(&self, hop: Hop) -> &Record {
        &self.structures.of(hop.function).records[hop.record as usize]
    }

    fn case(&self, id: CaseId) -> &Case {
        &self.cases(id.function)[id.index as usize]
    }

    /// The hops of a chain, the demand last.
    pub(crate) fn chain(&self, function: FnId, link: Link) -> Vec<Hop> {
        hops(function, link, |id| self.case(id))
    }

    /// The functions that a chain enters through pointers.
    pub(super) fn called_through_pointers(&self, chain: &[Hop]) -> impl Iterator<Item = FnId> {
        chain
            .iter()
            .filter(|hop| matches!(self.record(**hop).target, Target::Pointer(_)))
            .filter_map(|hop| hop.callee)
    }

    /// The function in which the demand stands, and what it calls there. Wrappers in headers do
    /// not count: whoever uses them makes the demand.
    pub(crate) fn demand_site(&self, chain: &[Hop]) -> (FnId, FnId) {
        let is_wrapper = |hop: &Hop| self.program.function(hop.function).flags.in_header;
        let hop = chain
            .iter()
            .rfind(|hop| !is_wrapper(hop))
            .or(chain.last())
            .expect("a chain has a hop");
        (hop.function, self.called_at(*hop))
    }

    /// The function that makes the demand.
    pub(crate) fn demanding(&self, chain: &[Hop]) -> FnId {
        self.called_at(*chain.last().expect("a chain has a hop"))
    }

    /// What is called at a hop.
    pub(super) fn called_at(&self, hop: Hop) -> FnId {
        match self.record(hop).target {
            Target::Demand { function, .. } | Target::Function(function) => function,
            Target::Pointer(_) => hop.callee.unwrap_or(hop.function),
        }
    }

    /// The call at which a chain leaves its first function.
    pub(crate) fn site(&self, chain: &[Hop]) -> (u32, u32) {
        self.record(*chain.first().expect("a chain has a hop")).site
    }

    /// What the demand is about: the lock's class, or the flags.
    pub(crate) fn demand_detail(&self, chain: &[Hop]) -> Option<String> {
        let &last = chain.last()?;
        let structure = self.structures.of(last.function);
        let Target::Demand { subject, .. } = self.record(last).target else {
            return None;
        };
        let subject = subject?;
        match structure.exprs.get(subject) {
            Expr::Const(value) => Some(format!("{value:#x}")),
            _ => lock_name(
                self.program,
                self.knowledge,
                last.function,
                &structure.exprs,
                subject,
            )
            .class
            .name(self.program),
        }
    }

    /// All steps of a violation.
    pub(crate) fn witness(&self, violation: &Violation, chain: &[Hop]) -> Vec<Step> {
        let mut steps = Vec::new();
        match violation.since {
            Since::Acquired(origin) => {
                let holder = chain.first().expect("a chain has a hop").function;
                self.acquisition(holder, origin, 0, &mut steps);
            }
            Since::Entered(index) => steps.push(self.entry(&self.program.entries[index])),
        }
        self.way(chain, &mut steps);
        steps
    }

    /// The steps of a chain to its demand.
    pub(crate) fn way(&self, chain: &[Hop], steps: &mut Vec<Step>) {
        for (depth, &hop) in chain.iter().enumerate() {
            let record = self.record(hop);
            let kind = match record.target {
                Target::Demand { .. } => StepKind::Demand,
                Target::Function(_) | Target::Pointer(_) => StepKind::Call,
            };
            let callee = Some(self.called_at(hop));
            let through = match record.target {
                Target::Pointer(key) => Some(self.pointer_name(key)),
                _ => None,
            };
            steps.extend(self.step(kind, depth, hop.function, record.site, callee, through));
        }
    }

    /// Whether the lock is taken where it must not be held, if that is what it is about.
    pub(super) fn is_told_by_use(&self, violation: &Violation) -> bool {
        let knowledge = self.knowledge;
        let by_name = self.program.counts_by_name(&violation.item.class) == Some(violation.context);
        let by_use = knowledge
            .taken
            .iter()
            .any(|it| it.counts_as == violation.context);
        by_name || !by_use || self.demands.taken.way(violation).is_some()
    }

    /// How the lock is taken where it must not be held.
    pub(super) fn other_half(&self, violation: &Violation) -> Vec<Step> {
        let taken = &self.demands.taken;
        let Some(Way { entered, link, .. }) = taken.way(violation) else {
            return Vec::new();
        };
        let entered = &self.program.entries[entered];
        let mut steps = vec![self.entry(entered)];
        let chain = hops(entered.function, link, |id| {
            self.structures.note(id.function);
            taken_case(taken, id)
        });
        self.way(&chain, &mut steps);
        steps
    }

    /// The steps that put a context into force: the call, and for a function that returns with
    /// it, the acquisition inside.
    fn acquisition(&self, function: FnId, origin: u32, depth: usize, steps: &mut Vec<Step>) {
        let structure = self.structures.of(function);
        let acquisition = &structure.acquisitions[origin as usize];
        self.acquired(function, acquisition, depth, steps);
    }

    /// The same for an acquisition of this function.
    pub(crate) fn acquired(
        &self,
        function: FnId,
        acquisition: &Acquisition,
        depth: usize,
        steps: &mut Vec<Step>,
    ) {
        if depth > MAX_HOLDERS {
            return; // recursion keeps what it acquired in itself
        }
        steps.extend(self.step(
            StepKind::Acquire,
            depth,
            function,
            acquisition.site,
            Some(acquisition.callee),
            None,
        ));
        if let Some(inner) = acquisition.inner {
            self.acquisition(acquisition.callee, inner, depth + 1, steps);
        }
    }

    /// The place that makes a function an entry.
    fn entry(&self, entered: &Entered) -> Step {
        self.structures.note(entered.function);
        let place = &entered.place;
        let name = |id: FnId| self.program.name(id).to_owned();
        Step {
            kind: StepKind::Enter,
            depth: 0,
            function: place.by.map_or_else(String::new, name),
            callee: name(entered.function),
            via_macro: place
                .via_macro
                .map(|name| self.program.names.get(name).to_owned()),
            through: match place.through {
                Through::Field(field) => Some(self.pointer_name(PointerKey::Field(field))),
                Through::Function(function) => Some(name(function)),
                Through::Name => None,
            },
            place: self.place(place.span),
        }
    }

    pub(crate) fn step(
        &self,
        kind: StepKind,
        depth: usize,
        function: FnId,
        site: (u32, u32),
        callee: Option<FnId>,
        through: Option<String>,
    ) -> Option<Step> {
        self.structures.note(function);
        let body = self.program.body(function)?;
        let call = call_at(&body, site);
        let span = match call {
            Some(call) => call.span,
            None => return_at(&body, site)?,
        };
        let through = through.or_else(|| self.variable_called(&body, call?));
        Some(Step {
            kind,
            depth: u32::try_from(depth).unwrap_or(u32::MAX),
            function: self.program.name(function).to_owned(),
            callee: callee.map_or_else(String::new, |id| self.program.name(id).to_owned()),
            via_macro: call
                .and_then(|call| call.via_macro)
                .map(|name| self.program.names.get(name).to_owned()),
            through,
            place: self.place(span),
        })
    }

    pub(crate) fn place(&self, span: Span) -> SourcePlace {
        SourcePlace {
            file: self.program.names.get(span.file).to_owned(),
            line: span.line,
            column: span.column,
            end_line: span.end_line,
            end_column: span.end_column,
        }
    }

    /// The variable that a call through a pointer reads, where the pointer turned out to be known.
    pub(crate) fn variable_called(&self, body: &Function, call: &Call) -> Option<String> {
        let Callee::Pointer {
            value: Value::Read(place),
            ..
        } = &call.callee
        else {
            return None;
        };
        match (last_field(place), &place.root) {
            (Some(field), _) => Some(self.pointer_name(PointerKey::Field(field))),
            (None, Root::Local(local)) => {
                let name = body.locals.get(local.0 as usize)?.name?;
                Some(self.program.names.get(name).to_owned())
            }
            (None, Root::Global(symbol)) => Some(self.program.names.get(symbol.name).to_owned()),
            (None, Root::Target(_)) => None,
        }
    }

    pub(crate) fn pointer_name(&self, key: PointerKey) -> String {
        match key {
            PointerKey::Field(field) => {
                let field = &self.program.fields[field.0 as usize];
                let names = &self.program.names;
                format!("{}.{}", names.get(field.record), names.get(field.name))
            }
            PointerKey::Variable(symbol) => self.program.names.get(symbol.name).to_owned(),
            PointerKey::Parameter(function, index) => {
                self.structures.note(function);
                let name = self
                    .program
                    .body(function)
                    .and_then(|body| body.locals.get(index as usize).copied())
                    .and_then(|local| local.name);
                name.map_or_else(
                    || "a parameter".to_owned(),
                    |name| self.program.names.get(name).to_owned(),
                )
            }
        }
    }

    /// The functions that have to be right about what is in force: the one that has it, and those
    /// that return with it.
    pub(crate) fn holders(&self, function: FnId, origin: u32) -> Vec<FnId> {
        let mut holders = vec![function];
        let mut origin = origin;
        while holders.len() <= MAX_HOLDERS {
            let last = *holders.last().expect("starts with one");
            let acquisition = &self.structures.of(last).acquisitions[origin as usize];
            let Some(inner) = acquisition.inner else {
                break;
            };
            holders.push(acquisition.callee);
            origin = inner;
        }
        holders
    }
}

/// The hops from `function` on, where `case` tells where each leads.
pub(crate) fn hops<'a>(function: FnId, link: Link, case: impl Fn(CaseId) -> &'a Case) -> Vec<Hop> {
    let mut chain = Vec::new();
    let mut at = Some((function, link));
    while let Some((function, link)) = at
        && chain.len() <= MAX_STEPS
    {
        chain.push(Hop {
            function,
            record: link.record,
            callee: link.next.map(|next| next.function),
            certain: false,
        });
        at = link.next.map(|id| (id.function, case(id).link));
    }
    chain
}

/// Where the function returns at a site behind the statements of a block.
fn return_at(body: &Function, (block, statement): (u32, u32)) -> Option<Span> {
    let block = body.blocks.get(block as usize)?;
    match block.end {
        Terminator::Return { span, .. } if statement as usize == block.statements.len() => span,
        _ => None,
    }
}
