// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which locals are still looked at after a block, so that states need not differ in others.

use waitctx_model::{
    Callee, Function, LocalId, Place, Projection, Root, Statement, Terminator, Value,
};

/// A bit for each local.
#[derive(Clone, PartialEq, Eq)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    fn set(&mut self, id: LocalId) {
        self.0[id.0 as usize / 64] |= 1 << (id.0 % 64);
    }

    fn has(&self, id: LocalId) -> bool {
        self.0
            .get(id.0 as usize / 64)
            .is_some_and(|word| word >> (id.0 % 64) & 1 == 1)
    }
}

/// The locals that are live at the start of each block.
pub(super) struct Liveness {
    live_in: Vec<Bits>,
    /// Locals whose address is taken: always live.
    address_taken: Bits,
}

impl Liveness {
    pub(super) fn compute(function: &Function) -> Self {
        let locals = function.locals.len();
        let mut address_taken = Bits::new(locals);
        let mut uses = Vec::with_capacity(function.blocks.len());
        for block in &function.blocks {
            let mut flow = Flow {
                used: Bits::new(locals),
                defined: Bits::new(locals),
                address_taken: &mut address_taken,
            };
            for statement in &block.statements {
                flow.statement(statement);
            }
            match &block.end {
                Terminator::Branch { cond: value, .. }
                | Terminator::Switch { value, .. }
                | Terminator::Return {
                    value: Some(value), ..
                } => flow.value(value),
                _ => {}
            }
            uses.push((flow.used, flow.defined));
        }
        let mut live_in: Vec<Bits> = uses.iter().map(|(used, _)| used.clone()).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for index in (0..function.blocks.len()).rev() {
                let mut live = live_in[index].clone();
                for_each_successor(&function.blocks[index].end, |next| {
                    for (word, (from, defined)) in live
                        .0
                        .iter_mut()
                        .zip(live_in[next as usize].0.iter().zip(&uses[index].1.0))
                    {
                        *word |= from & !defined;
                    }
                });
                if live != live_in[index] {
                    live_in[index] = live;
                    changed = true;
                }
            }
        }
        Self {
            live_in,
            address_taken,
        }
    }

    pub(super) fn is_live(&self, block: u32, local: LocalId) -> bool {
        self.address_taken.has(local) || self.live_in[block as usize].has(local)
    }
}

/// Calls `visit` with each block that control may go to.
pub(crate) fn for_each_successor(end: &Terminator, mut visit: impl FnMut(u32)) {
    match end {
        Terminator::Goto(to) => visit(to.0),
        Terminator::Branch {
            then, otherwise, ..
        } => {
            visit(then.0);
            visit(otherwise.0);
        }
        Terminator::Switch { cases, default, .. } => {
            for (_, _, to) in cases {
                visit(to.0);
            }
            visit(default.0);
        }
        Terminator::Choice(to) => to.iter().for_each(|to| visit(to.0)),
        Terminator::Return { .. } | Terminator::Unreachable => {}
    }
}

struct Flow<'a> {
    used: Bits,
    defined: Bits,
    address_taken: &'a mut Bits,
}

impl Flow<'_> {
    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Call(call) => {
                if let Callee::Pointer { value, .. } = &call.callee {
                    self.value(value);
                }
                call.args.iter().for_each(|arg| self.value(arg));
                if let Some(dest) = call.dest {
                    self.defined.set(dest);
                }
            }
            Statement::Assign { place, value } => {
                self.value(value);
                match place {
                    Place {
                        root: Root::Local(local),
                        path,
                    } if path.is_empty() => {
                        self.defined.set(*local);
                    }
                    // Writing a part of a record keeps the rest of it alive.
                    _ => self.place(place),
                }
            }
        }
    }

    fn place(&mut self, place: &Place) {
        match &place.root {
            Root::Local(local) => self.use_local(*local),
            Root::Target(value) => self.value(value),
            Root::Global(_) => {}
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Read(place) => self.place(place),
            Value::AddressOf(place) => {
                if let Root::Local(local) = place.root
                    && !place.path.contains(&Projection::Deref)
                {
                    self.address_taken.set(local);
                }
                self.place(place);
            }
            Value::Unary(_, a) => self.value(a),
            Value::Binary(_, a, b) => {
                self.value(a);
                self.value(b);
            }
            Value::Select(cond, a, b) => {
                self.value(cond);
                self.value(a);
                self.value(b);
            }
            Value::Const(_) | Value::Function(_) | Value::Option { .. } | Value::Unknown => {}
        }
    }

    fn use_local(&mut self, local: LocalId) {
        if !self.defined.has(local) {
            self.used.set(local);
        }
    }
}
