// SPDX-License-Identifier: MIT OR Apache-2.0
//! A function under construction: its locals, its blocks and where control stands.
//!
//! Lowering always has a current block. After a jump that is a fresh block which nothing reaches;
//! [`crate::graph`] takes such blocks out at the end, so no other code asks whether it is dead.

use rustc_hash::FxHashMap;
use waitctx_model::{
    BlockId, Function, Local, LocalId, Place, Root, Statement, Terminator, Type, Value,
};

use crate::ffi::{CType, Cursor, Kind, TypeKind};
use crate::graph;
use crate::jumps::Jumps;
use crate::reader::Reader;
use crate::scopes::Cleanups;
use crate::switches::Switch;
use crate::symbols::{Callable, attributes};

/// Syntax nested deeper than this is not followed: the walk must end before its stack does.
const DEEPEST: u32 = 1500;

/// A block that may not be finished.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) statements: Vec<Statement>,
    pub(crate) end: Option<Terminator>,
}

/// The function that is being lowered.
pub(crate) struct Body<'r, 'tu> {
    pub(crate) reader: &'r mut Reader<'tu>,
    pub(crate) function: Cursor<'tu>,
    locals: Vec<Local>,
    local_ids: FxHashMap<Cursor<'tu>, LocalId>,
    /// `const` variables that are given a constant.
    fixed: FxHashMap<Cursor<'tu>, i64>,
    pub(crate) blocks: Vec<Draft>,
    pub(crate) current: BlockId,
    pub(crate) cleanups: Cleanups,
    pub(crate) jumps: Jumps,
    pub(crate) switches: Vec<Switch>,
    depth: u32,
}

/// Lowers the function that `cursor` defines.
pub(crate) fn lower<'tu>(reader: &mut Reader<'tu>, cursor: Cursor<'tu>) -> Option<Function> {
    let body = cursor
        .children()
        .into_iter()
        .rfind(|child| child.kind() == Kind::Compound)?;
    let position = cursor.location().written()?;
    let span = reader.word_span(position);
    let symbol = reader.function_symbol(cursor);
    let flags = reader.function_flags(cursor, &attributes(cursor));
    let result = cursor.ctype().canonical().result();
    let result = if result.kind() == TypeKind::Void {
        None
    } else {
        Some(reader.model_type(cursor.ctype().result()))
    };
    let parameters = cursor.parameters();
    let mut lowering = Body {
        reader,
        function: cursor,
        locals: Vec::new(),
        local_ids: FxHashMap::default(),
        fixed: FxHashMap::default(),
        blocks: vec![Draft::default()],
        current: BlockId(0),
        cleanups: Cleanups::default(),
        jumps: Jumps::default(),
        switches: Vec::new(),
        depth: 0,
    };
    for &parameter in &parameters {
        lowering.declare(parameter);
    }
    lowering.statement(body);
    let (_, end) = body.extent();
    let end = lowering.reader.last_character(end);
    lowering.end(Terminator::Return {
        value: None,
        span: end,
    });
    lowering.settle_jumps();
    Some(Function {
        symbol,
        span,
        flags,
        parameters: u32::try_from(parameters.len()).unwrap_or(u32::MAX),
        locals: lowering.locals,
        blocks: graph::finish(lowering.blocks),
        result,
    })
}

impl<'tu> Body<'_, 'tu> {
    /// A new variable of the function.
    pub(crate) fn declare(&mut self, cursor: Cursor<'tu>) -> LocalId {
        let spelling = self.reader.declared_name(cursor);
        let name = (!spelling.is_empty()).then(|| self.reader.name(&spelling));
        let ty = Some(self.reader.model_type(declared_type(cursor)));
        let id = self.push_local(Local { name, ty });
        self.local_ids.insert(cursor, id);
        id
    }

    /// A new variable without a name.
    pub(crate) fn temporary(&mut self, ctype: CType<'tu>) -> LocalId {
        let ty = self.reader.model_type(ctype);
        self.temporary_of(Some(ty))
    }

    /// The same with a type of the model.
    pub(crate) fn temporary_of(&mut self, ty: Option<Type>) -> LocalId {
        self.push_local(Local { name: None, ty })
    }

    fn push_local(&mut self, local: Local) -> LocalId {
        let id = LocalId(u32::try_from(self.locals.len()).unwrap_or(u32::MAX));
        self.locals.push(local);
        id
    }

    /// The local variable behind a declaration.
    pub(crate) fn local(&self, cursor: Cursor<'tu>) -> Option<LocalId> {
        self.local_ids.get(&cursor).copied()
    }

    /// Notes the value of a variable that was just given one, if it keeps it for good.
    pub(crate) fn note_fixed(&mut self, cursor: Cursor<'tu>, local: LocalId) {
        let ctype = cursor.ctype();
        if let Some(Statement::Assign { place, value }) =
            self.blocks[self.current.0 as usize].statements.last()
            && *place == Place::local(local)
            && let Value::Const(number) = *value
            && ctype.is_const()
            && !ctype.is_volatile()
        {
            self.fixed.insert(cursor, number);
        }
    }

    /// The value of a local variable that keeps it for good.
    pub(crate) fn fixed(&self, cursor: Cursor<'tu>) -> Option<i64> {
        self.fixed.get(&cursor).copied()
    }

    /// A new block that nothing leads to yet.
    pub(crate) fn block(&mut self) -> BlockId {
        let id = BlockId(u32::try_from(self.blocks.len()).unwrap_or(u32::MAX));
        self.blocks.push(Draft::default());
        id
    }

    /// Goes on in `block`.
    pub(crate) fn enter(&mut self, block: BlockId) {
        self.current = block;
    }

    /// Ends the current block; what follows is in a new one.
    pub(crate) fn end(&mut self, terminator: Terminator) {
        self.blocks[self.current.0 as usize].end = Some(terminator);
        self.current = self.block();
    }

    /// Ends the current block with a jump to `to` and goes on there.
    pub(crate) fn fall_into(&mut self, to: BlockId) {
        self.blocks[self.current.0 as usize].end = Some(Terminator::Goto(to));
        self.current = to;
    }

    /// Does something in the current block.
    pub(crate) fn push(&mut self, statement: Statement) {
        self.blocks[self.current.0 as usize]
            .statements
            .push(statement);
    }

    /// `place = value`
    pub(crate) fn assign(&mut self, place: Place, value: Value) {
        // The result of the call just made need not go through a temporary.
        if let (
            Place {
                root: Root::Local(variable),
                path,
            },
            Value::Read(result),
        ) = (&place, &value)
            && path.is_empty()
            && result.path.is_empty()
            && let Root::Local(temporary) = result.root
            && temporary.0 as usize + 1 == self.locals.len()
            && self.locals.last().is_some_and(|local| local.name.is_none())
            && let Some(Statement::Call(call)) =
                self.blocks[self.current.0 as usize].statements.last_mut()
            && call.dest == Some(temporary)
        {
            call.dest = Some(*variable);
            self.locals.pop();
            return;
        }
        self.push(Statement::Assign { place, value });
    }

    /// Keeps a value that later statements might change under its reader.
    pub(crate) fn keep(&mut self, value: Value, ctype: CType<'tu>) -> Value {
        // Nobody but its maker writes to a temporary.
        if let Value::Read(Place {
            root: Root::Local(local),
            path,
        }) = &value
            && path.is_empty()
            && self.locals[local.0 as usize].name.is_none()
        {
            return value;
        }
        if matches!(
            value,
            Value::Const(_) | Value::Function(_) | Value::Option { .. } | Value::Unknown
        ) {
            return value;
        }
        let temporary = self.temporary(ctype);
        self.assign(Place::local(temporary), value);
        Value::Read(Place::local(temporary))
    }

    /// Does `work` one level deeper, or says that it is too deep.
    pub(crate) fn deeper<T>(
        &mut self,
        cursor: Cursor<'tu>,
        work: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if self.depth >= DEEPEST {
            self.reader
                .approximated("nested too deeply to be followed", cursor);
            return None;
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        Some(result)
    }

    /// The function behind a reference.
    pub(crate) fn callable(&mut self, cursor: Cursor<'tu>) -> Callable {
        self.reader.callable(cursor)
    }
}

/// The type of a variable; of one that was declared with `typeof` or `__auto_type`, which forget
/// the names of types, the type of the expression that it was made from.
fn declared_type(variable: Cursor<'_>) -> CType<'_> {
    let ctype = variable.ctype();
    let from = match ctype.kind() {
        TypeKind::Auto => variable.initialiser(),
        TypeKind::Unexposed => {
            let initialiser = variable.initialiser();
            variable
                .children()
                .into_iter()
                .find(|child| matches!(child.kind(), Kind::TypeRef | Kind::Paren))
                .filter(|child| child.kind() == Kind::Paren && Some(*child) != initialiser)
        }
        _ => None,
    };
    match from {
        Some(expression) if expression.ctype().canonical() == ctype.canonical() => {
            expression.ctype()
        }
        _ => ctype,
    }
}
