// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which of the drops at the ends of scopes happen: what has been moved away is not dropped, and
//! where that depends on the path, a flag of its own tells.

use std::collections::BTreeMap;

use proc_macro2::Span;
use rustc_hash::FxHashSet;

use crate::mir::{Block, BlockId, Body, End, Local, LocalId, Place, Statement, Step, Value};
use crate::ty::Ty;

/// What is known of the content of a tracked place: may it be there, may it be gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Content {
    there: bool,
    gone: bool,
}

impl Content {
    const THERE: Self = Self {
        there: true,
        gone: false,
    };
    const GONE: Self = Self {
        there: false,
        gone: true,
    };

    fn join(&mut self, other: Self) -> bool {
        let before = *self;
        self.there |= other.there;
        self.gone |= other.gone;
        *self != before
    }
}

/// What becomes of each statement of a block; `None` for what stays.
type Replacements = Vec<Option<Vec<Statement>>>;

/// A tracked place: a local that needs dropping, or a part of one that is moved on its own.
type Path = (LocalId, Vec<(u32, u32)>);

/// Replaces the drops of locals in `body` by those that happen.
pub(crate) fn elaborate(body: &mut Body, needs_drop: &dyn Fn(&Ty) -> bool) {
    let tracked = Tracked::find(body, needs_drop);
    if tracked.paths.is_empty() {
        remove_drops(body);
        return;
    }
    let entries = tracked.solve(body);
    let mut flags: BTreeMap<usize, LocalId> = BTreeMap::new();
    let mut replacements: Vec<Replacements> = Vec::new();
    for (index, block) in body.blocks.iter().enumerate() {
        let mut state = match &entries[index] {
            Some(state) => state.clone(),
            None => vec![Content::GONE; tracked.paths.len()],
        };
        let mut of_block = Vec::new();
        for statement in &block.statements {
            let replacement = match statement {
                Statement::Drop(local) => Some(tracked.drop_of(*local, &state)),
                Statement::DropPlace(place, span) => Some(tracked.overwrite(place, *span, &state)),
                _ => None,
            };
            if let Some(steps) = &replacement {
                for step in steps {
                    if let Some(path) = step.flag {
                        flags.entry(path).or_insert(LocalId(0));
                    }
                }
            }
            tracked.transfer(statement, &mut state);
            of_block.push(replacement);
        }
        let plain = of_block.into_iter().map(|it| {
            it.map(|steps| {
                let steps = steps.into_iter();
                steps.map(|step| step.into_statement(body)).collect()
            })
        });
        replacements.push(plain.collect());
    }
    for flag in flags.values_mut() {
        body.locals.push(Local {
            name: None,
            ty: Ty::BOOL,
            span: Span::call_site(),
        });
        *flag = LocalId(u32::try_from(body.locals.len() - 1).expect("fewer than 2^32 locals"));
    }
    rewrite(body, &tracked, replacements, &flags);
}

/// A drop that happens, perhaps only when a flag says so.
struct Destruction {
    place: Place,
    span: Option<Span>,
    flag: Option<usize>,
}

impl Destruction {
    fn into_statement(self, body: &Body) -> Statement {
        let span = self.span.unwrap_or_else(|| match self.place.owner() {
            Some(local) => body.locals[local.0 as usize].span,
            None => Span::call_site(),
        });
        Statement::Destroy {
            place: self.place,
            span,
            // The index of the path for now; `rewrite` puts the flag there.
            flag: self
                .flag
                .map(|path| LocalId(u32::try_from(path).expect("few paths"))),
        }
    }
}

fn remove_drops(body: &mut Body) {
    for block in &mut body.blocks {
        block
            .statements
            .retain(|it| !matches!(it, Statement::Drop(_)));
        for statement in &mut block.statements {
            if let Statement::DropPlace(place, span) = statement {
                *statement = Statement::Destroy {
                    place: place.clone(),
                    span: *span,
                    flag: None,
                };
            }
        }
    }
}

fn rewrite(
    body: &mut Body,
    tracked: &Tracked,
    replacements: Vec<Replacements>,
    flags: &BTreeMap<usize, LocalId>,
) {
    let mut first = Vec::new();
    for (path, flag) in flags {
        let (local, _) = &tracked.paths[*path];
        let is_parameter = local.0 >= 1 && local.0 <= body.parameters;
        let value = Value::Const(i64::from(is_parameter));
        first.push(Statement::Assign(Place::local(*flag), value));
    }
    for (block, of_block) in body.blocks.iter_mut().zip(replacements) {
        let statements = std::mem::take(&mut block.statements);
        for (statement, replacement) in statements.into_iter().zip(of_block) {
            let mut changes = Vec::new();
            tracked.changes(&statement, &mut |path, content| {
                if let Some(flag) = flags.get(&path) {
                    let value = Value::Const(i64::from(content.there));
                    changes.push(Statement::Assign(Place::local(*flag), value));
                }
            });
            match replacement {
                None => block.statements.push(statement),
                Some(steps) => {
                    for mut step in steps {
                        if let Statement::Destroy {
                            flag: Some(flag), ..
                        } = &mut step
                            && let Some(local) = flags.get(&(flag.0 as usize))
                        {
                            *flag = *local;
                        }
                        block.statements.push(step);
                    }
                }
            }
            block.statements.extend(changes);
        }
    }
    if let Some(entry) = body.blocks.first_mut() {
        first.append(&mut entry.statements);
        entry.statements = first;
    }
}

/// The places whose content is followed.
struct Tracked {
    paths: Vec<Path>,
    by_path: BTreeMap<Path, usize>,
}

impl Tracked {
    fn find(body: &Body, needs_drop: &dyn Fn(&Ty) -> bool) -> Self {
        let mut found = Self {
            paths: Vec::new(),
            by_path: BTreeMap::new(),
        };
        let mut droppable: FxHashSet<LocalId> = FxHashSet::default();
        for block in &body.blocks {
            for statement in &block.statements {
                if let Statement::Drop(local) = statement
                    && needs_drop(&body.locals[local.0 as usize].ty)
                {
                    droppable.insert(*local);
                }
            }
        }
        let mut locals: Vec<LocalId> = droppable.into_iter().collect();
        locals.sort_unstable();
        for local in locals {
            found.add((local, Vec::new()));
        }
        for block in &body.blocks {
            for statement in &block.statements {
                moves(statement, &mut |place| {
                    if let Some(path) = path_of(place)
                        && found.by_path.contains_key(&(path.0, Vec::new()))
                    {
                        // Every prefix, so that parts can be told from the whole.
                        for length in 1..=path.1.len() {
                            found.add((path.0, path.1[..length].to_vec()));
                        }
                    }
                });
            }
        }
        found
    }

    fn add(&mut self, path: Path) {
        if !self.by_path.contains_key(&path) {
            self.by_path.insert(path.clone(), self.paths.len());
            self.paths.push(path);
        }
    }

    /// The contents at the start of each block that is reached.
    fn solve(&self, body: &Body) -> Vec<Option<Vec<Content>>> {
        let mut entries: Vec<Option<Vec<Content>>> = vec![None; body.blocks.len()];
        let start = self.paths.iter().map(|(local, _)| {
            if local.0 >= 1 && local.0 <= body.parameters {
                Content::THERE
            } else {
                Content::GONE
            }
        });
        entries[0] = Some(start.collect());
        let mut queue = vec![BlockId(0)];
        while let Some(id) = queue.pop() {
            let Some(mut state) = entries[id.0 as usize].clone() else {
                continue;
            };
            let block: &Block = &body.blocks[id.0 as usize];
            for statement in &block.statements {
                self.transfer(statement, &mut state);
            }
            for to in block.end.targets() {
                let entry = &mut entries[to.0 as usize];
                let changed = match entry {
                    None => {
                        *entry = Some(state.clone());
                        true
                    }
                    Some(known) => {
                        let mut changed = false;
                        for (a, b) in known.iter_mut().zip(&state) {
                            changed |= a.join(*b);
                        }
                        changed
                    }
                };
                if changed {
                    queue.push(to);
                }
            }
        }
        entries
    }

    fn transfer(&self, statement: &Statement, state: &mut [Content]) {
        self.changes(statement, &mut |path, content| state[path] = content);
    }

    /// What a statement does to tracked contents.
    fn changes(&self, statement: &Statement, change: &mut dyn FnMut(usize, Content)) {
        moves(statement, &mut |place| {
            if let Some(path) = path_of(place) {
                self.below(&path, &mut |it| change(it, Content::GONE));
            }
        });
        match statement {
            Statement::Assign(place, _) | Statement::SetVariant(place, _) => {
                self.filled(place, change);
            }
            Statement::Capture(place, _) => {
                if let crate::mir::Root::Local(local) = place.root {
                    self.filled(&Place::local(local), change);
                }
            }
            Statement::Call(call) => self.filled(&call.dest, change),
            Statement::Live(local) | Statement::Drop(local) => {
                self.below(&(*local, Vec::new()), &mut |it| change(it, Content::GONE));
            }
            Statement::DropPlace(..) | Statement::Destroy { .. } => {}
        }
    }

    fn filled(&self, place: &Place, change: &mut dyn FnMut(usize, Content)) {
        let Some(path) = path_of(place) else {
            return;
        };
        if self.by_path.contains_key(&path) {
            self.below(&path, &mut |it| change(it, Content::THERE));
        } else if !path.1.is_empty()
            && let Some(whole) = self.by_path.get(&(path.0, Vec::new()))
        {
            // A part of something that is being put together.
            change(*whole, Content::THERE);
        }
    }

    fn below(&self, path: &Path, act: &mut dyn FnMut(usize)) {
        for ((local, steps), index) in self.by_path.range(path.clone()..) {
            if *local != path.0 || !steps.starts_with(&path.1) {
                break;
            }
            act(*index);
        }
    }

    fn drop_of(&self, local: LocalId, state: &[Content]) -> Vec<Destruction> {
        let mut steps = Vec::new();
        self.drop_path(&(local, Vec::new()), state, &mut steps);
        steps
    }

    fn drop_path(&self, path: &Path, state: &[Content], out: &mut Vec<Destruction>) {
        let Some(&index) = self.by_path.get(path) else {
            return;
        };
        let content = state[index];
        if !content.there {
            return;
        }
        let mut parts: Vec<(u32, u32)> = Vec::new();
        let mut is_partial = false;
        self.below(path, &mut |it| {
            let (_, steps) = &self.paths[it];
            if steps.len() == path.1.len() + 1 {
                parts.push(steps[path.1.len()]);
            }
            is_partial |= it != index && state[it].gone;
        });
        let flag = content.gone.then_some(index);
        let mut place = Place::local(path.0);
        for (variant, field) in &path.1 {
            place = place.then(Step::Field(*variant, *field));
        }
        if !is_partial {
            out.push(Destruction {
                place,
                span: None,
                flag,
            });
            return;
        }
        // Some parts may have been moved away: those that are left are dropped one by one.
        for (variant, field) in &parts {
            let mut inner = path.clone();
            inner.1.push((*variant, *field));
            self.drop_path(&inner, state, out);
        }
        out.push(Destruction {
            place: place.then(Step::Others(parts)),
            span: None,
            flag,
        });
    }

    fn overwrite(&self, place: &Place, span: Span, state: &[Content]) -> Vec<Destruction> {
        let whole = place.owner().map(|local| (local, Vec::new()));
        let content = whole.and_then(|path| self.by_path.get(&path));
        if content.is_some_and(|it| !state[*it].there) {
            return Vec::new();
        }
        if let Some(path) = path_of(place)
            && let Some(index) = self.by_path.get(&path)
        {
            if !state[*index].there {
                return Vec::new();
            }
            if state[*index].gone {
                return vec![Destruction {
                    place: place.clone(),
                    span: Some(span),
                    flag: Some(*index),
                }];
            }
        }
        vec![Destruction {
            place: place.clone(),
            span: Some(span),
            flag: None,
        }]
    }
}

/// The places that a statement moves from.
fn moves(statement: &Statement, found: &mut dyn FnMut(&Place)) {
    let mut value = |value: &Value| in_value(value, found);
    match statement {
        Statement::Assign(_, it) | Statement::Capture(_, it) => value(it),
        Statement::Call(call) => call.args.iter().for_each(value),
        Statement::SetVariant(..)
        | Statement::Drop(_)
        | Statement::DropPlace(..)
        | Statement::Destroy { .. }
        | Statement::Live(_) => {}
    }
}

fn in_value(value: &Value, found: &mut dyn FnMut(&Place)) {
    if let Value::Move(place) = value {
        found(place);
    }
}

/// The path of a place that is a part of a local.
fn path_of(place: &Place) -> Option<Path> {
    let crate::mir::Root::Local(local) = place.root else {
        return None;
    };
    let mut steps = Vec::new();
    for step in &place.path {
        match step {
            Step::Field(variant, field) => steps.push((*variant, *field)),
            _ => return None,
        }
    }
    Some((local, steps))
}

/// Whether control can reach a block.
pub(crate) fn reachable(body: &Body) -> Vec<bool> {
    let mut seen = vec![false; body.blocks.len()];
    let mut queue = vec![BlockId(0)];
    while let Some(id) = queue.pop() {
        if std::mem::replace(&mut seen[id.0 as usize], true) {
            continue;
        }
        let end: &End = &body.blocks[id.0 as usize].end;
        queue.extend(end.targets());
    }
    seen
}
