// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading a witness back from the links that the demands left behind.

use waitctx_model::{Call, Callee, Function, Projection, Root, Span, Statement, Value};

use crate::demands::{Case, CaseId, Demands, Link, Since, Violation, Way, taken_case};
use crate::entries::{Entered, Through};
use crate::expr::Expr;
use crate::lock::lock_name;
use crate::paths::{Record, Structure, Target};
use crate::program::{FnId, PointerKey, Program};
use crate::{Confidence, Knowledge, SourcePlace, Step, StepKind};

/// No chain is longer; guards against a cycle, which cannot be.
const MAX_STEPS: usize = 1000;

/// No lock is handed up through more functions; recursion keeps what it acquired in itself.
const MAX_HOLDERS: usize = 16;

pub(crate) struct Reader<'a> {
    pub(crate) program: &'a Program,
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) structures: &'a [Structure],
    pub(crate) demands: &'a Demands,
}

impl Reader<'_> {
    fn record(&self, function: FnId, link: Link) -> &Record {
        &self.structures[function.0 as usize].records[link.record as usize]
    }

    /// The call at which a link leaves the function.
    pub(crate) fn site(&self, function: FnId, link: Link) -> (u32, u32) {
        self.record(function, link).site
    }

    fn case(&self, id: CaseId) -> &Case {
        &self.demands.cases[id.function.0 as usize][id.index as usize]
    }

    /// The hops of a chain: the function and the link in it, the demand last.
    fn chain(&self, function: FnId, link: Link) -> Vec<(FnId, Link)> {
        let mut chain = vec![(function, link)];
        let mut next = link.next;
        while let Some(id) = next {
            let link = self.case(id).link;
            chain.push((id.function, link));
            next = link.next;
            if chain.len() > MAX_STEPS {
                break;
            }
        }
        chain
    }

    /// The functions that a chain enters through pointers.
    pub(super) fn called_through_pointers(
        &self,
        function: FnId,
        link: Link,
    ) -> impl Iterator<Item = FnId> {
        let chain = self.chain(function, link);
        let callees: Vec<FnId> = chain
            .windows(2)
            .filter(|pair| {
                let (function, link) = pair[0];
                matches!(self.record(function, link).target, Target::Pointer(_))
            })
            .map(|pair| pair[1].0)
            .collect();
        callees.into_iter()
    }

    /// The function in which the demand stands, and what it calls there. Wrappers in headers do
    /// not count: whoever uses them makes the demand.
    pub(crate) fn demand_site(&self, function: FnId, link: Link) -> (FnId, FnId) {
        let chain = self.chain(function, link);
        let is_wrapper = |id: FnId| self.program.function(id).flags.in_header;
        let index = chain
            .iter()
            .rposition(|&(id, _)| !is_wrapper(id))
            .unwrap_or(chain.len() - 1);
        let (demand_in, link) = chain[index];
        (demand_in, self.called_at(demand_in, link))
    }

    /// The function that makes the demand.
    pub(crate) fn demanding(&self, function: FnId, link: Link) -> FnId {
        let chain = self.chain(function, link);
        let &(last, link) = chain.last().expect("a chain has a hop");
        self.called_at(last, link)
    }

    /// What is called at a link.
    fn called_at(&self, function: FnId, link: Link) -> FnId {
        match self.record(function, link).target {
            Target::Demand { function, .. } | Target::Function(function) => function,
            Target::Pointer(_) => link.next.map_or(function, |next| next.function),
        }
    }

    /// What the demand at the end of a chain is about: the lock's class, or the flags.
    pub(crate) fn demand_detail(&self, function: FnId, link: Link) -> Option<String> {
        let chain = self.chain(function, link);
        let &(last, link) = chain.last()?;
        let structure = &self.structures[last.0 as usize];
        let Target::Demand { subject, .. } = self.record(last, link).target else {
            return None;
        };
        let subject = subject?;
        match structure.exprs.get(subject) {
            Expr::Const(value) => Some(format!("{value:#x}")),
            _ => lock_name(
                self.program,
                self.knowledge,
                last,
                &structure.exprs,
                subject,
            )
            .class
            .name(self.program),
        }
    }

    /// All steps of a violation.
    pub(crate) fn witness(&self, function: FnId, violation: &Violation) -> Vec<Step> {
        let mut steps = Vec::new();
        match violation.since {
            Since::Acquired(origin) => self.acquisition(function, origin, 0, &mut steps),
            Since::Entered(index) => steps.push(self.entry(&self.program.entries[index])),
        }
        self.way(function, violation.link, &mut steps);
        steps
    }

    /// The steps of a chain to its demand.
    pub(crate) fn way(&self, function: FnId, link: Link, steps: &mut Vec<Step>) {
        let chain = self.chain(function, link);
        for (depth, &(function, link)) in chain.iter().enumerate() {
            steps.extend(self.hop(depth, function, link));
        }
    }

    /// Whether the lock is taken where it must not be held, if that is what it is about.
    pub(super) fn is_told_by_use(&self, violation: &Violation) -> bool {
        let knowledge = self.knowledge;
        let by_name = knowledge
            .lock_classes
            .values()
            .any(|&it| it == violation.context);
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
        let mut hop = (entered.function, link);
        loop {
            let (function, link) = hop;
            let depth = steps.len() - 1;
            steps.extend(self.hop(depth, function, link));
            match link.next {
                Some(id) if steps.len() <= MAX_STEPS => {
                    hop = (id.function, taken_case(taken, id).link);
                }
                _ => break,
            }
        }
        steps
    }

    /// One hop of a chain.
    fn hop(&self, depth: usize, function: FnId, link: Link) -> Option<Step> {
        let record = self.record(function, link);
        let (kind, callee) = match record.target {
            Target::Demand { function, .. } => (StepKind::Demand, Some(function)),
            Target::Function(callee) => (StepKind::Call, Some(callee)),
            Target::Pointer(_) => (StepKind::Call, link.next.map(|next| next.function)),
        };
        let through = match record.target {
            Target::Pointer(key) => Some(self.pointer_name(key)),
            _ => None,
        };
        self.step(kind, depth, function, record.site, callee, through)
    }

    /// The steps that put a context into force: the call, and for a function that returns with
    /// it, the acquisition inside.
    pub(crate) fn acquisition(
        &self,
        function: FnId,
        origin: u32,
        depth: usize,
        steps: &mut Vec<Step>,
    ) {
        if depth > MAX_HOLDERS {
            return; // recursion keeps what it acquired in itself
        }
        let acquisition = &self.structures[function.0 as usize].acquisitions[origin as usize];
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
        let body = self.program.body(function)?;
        let call = call_at(body, site)?;
        let through = through.or_else(|| self.variable_called(body, call));
        Some(Step {
            kind,
            depth: u32::try_from(depth).unwrap_or(u32::MAX),
            function: self.program.name(function).to_owned(),
            callee: callee.map_or_else(String::new, |id| self.program.name(id).to_owned()),
            via_macro: call
                .via_macro
                .map(|name| self.program.names.get(name).to_owned()),
            through,
            place: self.place(call.span),
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
        let field = place.path.iter().rev().find_map(|step| match step {
            Projection::Field(field) => Some(*field),
            Projection::Deref | Projection::Index => None,
        });
        match (field, &place.root) {
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
                let name = self
                    .program
                    .body(function)
                    .and_then(|body| body.locals.get(index as usize))
                    .and_then(|local| local.name);
                name.map_or_else(
                    || "a parameter".to_owned(),
                    |name| self.program.names.get(name).to_owned(),
                )
            }
        }
    }

    /// How sure a violation is, and why not more. `confidence` is what its chain of calls allows.
    pub(crate) fn confidence(
        &self,
        function: FnId,
        violation: &Violation,
        mut confidence: Confidence,
    ) -> (Confidence, Vec<String>) {
        let mut reasons = Vec::new();
        let entered_with = matches!(violation.since, Since::Entered(_));
        if !violation.confirmed && (entered_with || confidence < violation.confidence) {
            let name = self.program.name(function);
            reasons.push(format!(
                "depends on the arguments that `{name}` is called with"
            ));
        }
        let mut ambiguous = 0;
        for (function, link) in self.chain(function, violation.link) {
            if let Target::Pointer(key) = self.record(function, link).target {
                let count = self.program.targets.of(key).len();
                if count > 1 {
                    let name = self.pointer_name(key);
                    reasons.push(format!("`{name}` can be any of {count} functions"));
                    ambiguous += 1;
                }
            }
            let flags = self.program.function(function).flags;
            let name = self.program.name(function);
            if flags.init {
                reasons.push(format!("`{name}` runs while the system starts"));
            }
            if flags.noreturn {
                reasons.push(format!("`{name}` does not return"));
            }
        }
        if ambiguous > 1 {
            confidence = Confidence::Low; // each choice may exclude the other
        }
        if let Some(way) = self.demands.taken.way(violation)
            && way.confidence < confidence
        {
            confidence = way.confidence;
            reasons.push("how the lock is taken there rests on a guess".to_owned());
        }
        let holders = match violation.since {
            Since::Acquired(origin) => self.holders(function, origin),
            Since::Entered(_) => Vec::new(),
        };
        for (index, holder) in holders.into_iter().enumerate() {
            let structure = &self.structures[holder.0 as usize];
            // How a function returns is of no concern inside it.
            let returns_unsure = index > 0 && structure.ambiguous;
            if structure.merged || !structure.complete || returns_unsure {
                let name = self.program.name(holder);
                reasons.push(format!(
                    "the paths through `{name}` could not all be kept apart"
                ));
                confidence = Confidence::Low;
            }
        }
        (confidence, reasons)
    }

    /// The functions that have to be right about what is in force: the one that has it, and those
    /// that return with it.
    fn holders(&self, function: FnId, origin: u32) -> Vec<FnId> {
        let mut holders = vec![function];
        let mut origin = origin;
        while holders.len() <= MAX_HOLDERS {
            let last = *holders.last().expect("starts with one");
            let acquisition = &self.structures[last.0 as usize].acquisitions[origin as usize];
            let Some(inner) = acquisition.inner else {
                break;
            };
            holders.push(acquisition.callee);
            origin = inner;
        }
        holders
    }
}

/// The call at a site.
fn call_at(body: &Function, (block, statement): (u32, u32)) -> Option<&Call> {
    match body
        .blocks
        .get(block as usize)?
        .statements
        .get(statement as usize)?
    {
        Statement::Call(call) => Some(call),
        Statement::Assign { .. } => None,
    }
}
