// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements become blocks and edges.

use waitctx_model::{Place, Terminator, Value};

use crate::body::Body;
use crate::ffi::{Cursor, Kind, Storage, TypeKind};
use crate::jumps::Target;
use crate::source;
use crate::switches::Switch;

impl<'tu> Body<'_, 'tu> {
    /// Lowers a statement.
    pub(crate) fn statement(&mut self, statement: Cursor<'tu>) {
        self.deeper(statement, |body| body.statement_of(statement));
    }

    fn statement_of(&mut self, statement: Cursor<'tu>) {
        match statement.kind() {
            Kind::Compound => {
                let scope = self.open_scope();
                for child in statement.children() {
                    self.statement(child);
                }
                self.close_scope(scope);
            }
            Kind::DeclStmt => {
                for child in statement.children() {
                    if child.kind() == Kind::Variable {
                        self.variable(child);
                    }
                }
            }
            Kind::If => self.if_statement(statement),
            Kind::While => self.while_loop(statement),
            Kind::Do => self.do_loop(statement),
            Kind::For => self.for_loop(statement),
            Kind::Switch => self.switch(statement),
            Kind::Case => self.case(statement),
            Kind::Default => self.default(statement),
            Kind::Label => {
                self.place_label(statement);
                if let Some(&inner) = statement.children().last() {
                    self.statement(inner);
                }
            }
            Kind::Goto => self.goto(statement),
            Kind::IndirectGoto => {
                for child in statement.children() {
                    self.effects(child);
                }
                self.computed_goto();
            }
            Kind::Break => self.leave(self.jumps.breaks.last().copied(), statement),
            Kind::Continue => self.leave(self.jumps.continues.last().copied(), statement),
            Kind::Return => self.return_statement(statement),
            Kind::Asm => self.assembly(statement),
            Kind::Null | Kind::Attribute | Kind::OtherAttribute => {}
            // A statement with an attribute.
            Kind::UnexposedStmt => {
                for child in statement.children() {
                    self.statement(child);
                }
            }
            _ => self.effects(statement),
        }
    }

    fn variable(&mut self, variable: Cursor<'tu>) {
        match variable.storage() {
            Storage::Extern => {}
            Storage::Static => self.reader.static_variable(variable),
            Storage::Other => {
                let local = self.declare(variable);
                if let Some(initialiser) = variable.initialiser() {
                    self.initialise(Place::local(local), variable.ctype(), initialiser);
                    self.note_fixed(variable, local);
                }
                self.register_cleanup(variable, local);
            }
        }
    }

    fn if_statement(&mut self, statement: Cursor<'tu>) {
        let done = self.block();
        let mut at = statement;
        // A loop, not recursion: chains of `else if` are long.
        loop {
            let (test, yes, no) = match at.children()[..] {
                [test, yes] => (test, yes, None),
                [test, yes, no] => (test, yes, Some(no)),
                _ => {
                    self.reader.approximated("if of unknown shape", at);
                    break;
                }
            };
            let on_yes = self.block();
            let on_no = if no.is_some() { self.block() } else { done };
            self.branch(test, on_yes, on_no);
            self.enter(on_yes);
            self.statement(yes);
            self.end(Terminator::Goto(done));
            let Some(no) = no else { break };
            self.enter(on_no);
            if no.kind() == Kind::If {
                at = no;
            } else {
                self.statement(no);
                self.end(Terminator::Goto(done));
                break;
            }
        }
        self.enter(done);
    }

    fn while_loop(&mut self, statement: Cursor<'tu>) {
        let [test, body] = statement.children()[..] else {
            return self
                .reader
                .approximated("while of unknown shape", statement);
        };
        let (head, inside, done) = (self.block(), self.block(), self.block());
        self.fall_into(head);
        self.branch(test, inside, done);
        self.enter(inside);
        self.loop_body(body, done, head);
        self.end(Terminator::Goto(head));
        self.enter(done);
    }

    fn do_loop(&mut self, statement: Cursor<'tu>) {
        let [body, test] = statement.children()[..] else {
            return self.reader.approximated("do of unknown shape", statement);
        };
        let (head, tail, done) = (self.block(), self.block(), self.block());
        self.fall_into(head);
        self.loop_body(body, done, tail);
        self.fall_into(tail);
        self.branch(test, head, done);
        self.enter(done);
    }

    fn for_loop(&mut self, statement: Cursor<'tu>) {
        let children = statement.children();
        let Some((&body, header)) = children.split_last() else {
            return self.reader.approximated("for of unknown shape", statement);
        };
        let [first, test, step] = self.for_header(statement, header);
        let scope = self.open_scope();
        if let Some(first) = first {
            self.statement(first);
        }
        let (head, inside) = (self.block(), self.block());
        let (tail, done) = (self.block(), self.block());
        self.fall_into(head);
        match test {
            Some(test) => self.branch(test, inside, done),
            None => self.end(Terminator::Goto(inside)),
        }
        self.enter(inside);
        self.loop_body(body, done, tail);
        self.fall_into(tail);
        if let Some(step) = step {
            self.effects(step);
        }
        self.end(Terminator::Goto(head));
        self.enter(done);
        self.close_scope(scope);
    }

    fn loop_body(
        &mut self,
        body: Cursor<'tu>,
        on_break: waitctx_model::BlockId,
        on_continue: waitctx_model::BlockId,
    ) {
        let alive = self.cleanups.alive();
        self.jumps.breaks.push(Target {
            block: on_break,
            alive,
        });
        self.jumps.continues.push(Target {
            block: on_continue,
            alive,
        });
        self.statement(body);
        self.jumps.breaks.pop();
        self.jumps.continues.pop();
    }

    /// The three parts of a `for` header. libclang leaves missing ones out without a trace, so
    /// the text has to tell which they are.
    fn for_header(
        &mut self,
        statement: Cursor<'tu>,
        header: &[Cursor<'tu>],
    ) -> [Option<Cursor<'tu>>; 3] {
        match *header {
            [] => return [None; 3],
            [first, test, step] => return [Some(first), Some(test), Some(step)],
            _ => {}
        }
        let written = statement.location().spelled().and_then(|at| {
            let text = self.reader.text(at.file);
            source::for_parts(&text, at.offset as usize)
        });
        let present = match written {
            Some(parts) if parts.iter().filter(|it| **it).count() == header.len() => parts,
            _ => self.guess_for_parts(statement, header),
        };
        let mut parts = header.iter().copied();
        present.map(|it| if it { parts.next() } else { None })
    }

    /// Which parts there are, from what they look like.
    fn guess_for_parts(&mut self, statement: Cursor<'tu>, header: &[Cursor<'tu>]) -> [bool; 3] {
        let starts = header[0].kind() == Kind::DeclStmt;
        let steps = |it: &Cursor<'tu>| {
            matches!(it.kind(), Kind::CompoundAssign)
                || it.kind() == Kind::Unary && self.has_effects(*it)
        };
        let ends = header.last().is_some_and(steps);
        match (header.len(), starts, ends) {
            (1, true, _) => [true, false, false],
            (1, _, true) => [false, false, true],
            (1, ..) => [false, true, false],
            (_, true, true) => [true, false, true],
            (_, true, false) => [true, true, false],
            (_, false, true) => [false, true, true],
            _ => {
                self.reader
                    .approximated("for with an unclear header", statement);
                [false, true, true]
            }
        }
    }

    fn return_statement(&mut self, statement: Cursor<'tu>) {
        let value = statement.children().first().and_then(|&expression| {
            if expression.ctype().canonical().kind() == TypeKind::Void {
                self.effects(expression);
                return None;
            }
            let value = self.value(expression);
            // The value is computed before the cleanups run.
            Some(if self.cleanups.alive().is_some() {
                self.keep(value, expression.ctype())
            } else {
                value
            })
        });
        self.run_cleanups(None);
        let span = self.reader.span_at(statement.location());
        self.end(Terminator::Return { value, span });
    }

    /// Lowers all of a statement expression but its last expression, and hands that out; `None`,
    /// with nothing lowered, when it needs its scope.
    pub(crate) fn before_last(&mut self, expression: Cursor<'tu>) -> Option<Cursor<'tu>> {
        let body = *expression.children().first()?;
        let statements = body.children();
        let (&last, before) = statements.split_last()?;
        let declares_cleanup = before.iter().any(|statement| {
            statement.kind() == Kind::DeclStmt
                && statement.children().iter().any(|it| it.has_attributes())
        });
        if last.kind().is_statement() || declares_cleanup {
            return None;
        }
        for statement in before {
            self.statement(*statement);
        }
        Some(last)
    }

    /// `({ ...; value; })`
    pub(crate) fn statement_expression(&mut self, expression: Cursor<'tu>, wanted: bool) -> Value {
        let Some(&body) = expression.children().first() else {
            return Value::Unknown;
        };
        let statements = body.children();
        let Some((&last, before)) = statements.split_last() else {
            return Value::Unknown;
        };
        let scope = self.open_scope();
        for statement in before {
            self.statement(*statement);
        }
        let mut last = last;
        while last.kind() == Kind::Label {
            self.place_label(last);
            match last.children().last() {
                Some(&inner) => last = inner,
                None => return Value::Unknown,
            }
        }
        let value = if wanted && expression.ctype().canonical().kind() != TypeKind::Void {
            let value = self.value(last);
            if self.cleanups.alive() == scope {
                value
            } else {
                self.keep(value, expression.ctype())
            }
        } else {
            self.statement(last);
            Value::Unknown
        };
        self.close_scope(scope);
        value
    }

    fn switch(&mut self, statement: Cursor<'tu>) {
        let [selector, body] = statement.children()[..] else {
            return self
                .reader
                .approximated("switch of unknown shape", statement);
        };
        let value = self.value(selector);
        let dispatch = self.current;
        let done = self.block();
        let inside = self.block();
        self.enter(inside);
        self.switches.push(Switch::default());
        self.jumps.breaks.push(Target {
            block: done,
            alive: self.cleanups.alive(),
        });
        self.statement(body);
        self.jumps.breaks.pop();
        let switch = self.switches.pop().unwrap_or_default();
        self.end(Terminator::Goto(done));
        self.blocks[dispatch.0 as usize].end = Some(switch.dispatch(value, done));
        self.enter(done);
    }

    fn case(&mut self, statement: Cursor<'tu>) {
        let mut statement = statement;
        // A loop, not recursion: `case 1: case 2: ...` nests.
        loop {
            let block = self.block();
            self.fall_into(block);
            let children = statement.children();
            let bounds = match children[..] {
                [only, _] => only.evaluate().map(|it| (it, it)),
                [low, high, _] => low.evaluate().zip(high.evaluate()),
                _ => None,
            };
            match (bounds, self.switches.last_mut()) {
                (Some((low, high)), Some(switch)) => switch.cases.push((low, high, block)),
                _ => self.reader.approximated("case of unknown value", statement),
            }
            let Some(&inner) = children.last() else {
                return;
            };
            if inner.kind() == Kind::Case {
                statement = inner;
            } else {
                return self.statement(inner);
            }
        }
    }

    fn default(&mut self, statement: Cursor<'tu>) {
        let block = self.block();
        self.fall_into(block);
        if let Some(switch) = self.switches.last_mut() {
            switch.default = Some(block);
        }
        if let Some(&inner) = statement.children().last() {
            self.statement(inner);
        }
    }
}
