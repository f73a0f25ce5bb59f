// SPDX-License-Identifier: MIT OR Apache-2.0
//! The linked program: every function once, with one table of names and fields for all.

mod body;
mod bugs;
mod calls;
mod dispatch;
mod dormant;
mod flags;
mod gather;
mod joints;
mod latches;
mod link;
mod members;
mod pending;
mod pointers;
mod remap;
mod said;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use waitctx_model::{
    Call, Field, FieldId, Function, FunctionFlags, Initialiser, NameId, Names, Statement, Symbol,
    Type,
};

use crate::context::Item;
use crate::entries::Entered;
use crate::kept::Section;
use crate::lock::{LockClass, Subclass};
use crate::{ContextId, FieldName, Knowledge, WaitType};

pub(crate) use body::Body;
pub(crate) use calls::{CallGraph, Callers, SccOrder};
pub(crate) use flags::Tested;
pub(crate) use joints::{Changed, Joints, replace};
pub(crate) use latches::Kept;
pub(crate) use link::link_with_joints;
pub use link::{link, link_pending};
pub use pending::Pending;
pub(crate) use pointers::{PointerKey, Targets, key_of_place, last_field};
pub(crate) use said::AllSaid;

/// Index of a function in its [`Program`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct FnId(pub(crate) u32);

/// A linked program.
#[derive(Serialize, Deserialize)]
pub struct Program {
    pub(crate) names: Names,
    pub(crate) fields: Vec<Field>,
    /// The index of each field, by its record and its name.
    #[serde(skip)]
    pub(crate) field_ids: FxHashMap<(NameId, NameId), FieldId>,
    /// What each field says of locks, by the index of the field.
    pub(crate) field_locks: Vec<FieldLock>,
    pub(crate) functions: Vec<ProgramFunction>,
    /// So many of them are in the order of their names; the others have been added since.
    pub(crate) sorted: u32,
    #[serde(skip)]
    pub(crate) by_symbol: FxHashMap<Symbol, FnId>,
    pub(crate) targets: Targets,
    /// Function addresses in the initialisers of variables, by file and line.
    pub(crate) initialisers: Vec<Initialiser>,
    /// Variables that are locks which count as something.
    pub(crate) variable_locks: FxHashMap<NameId, ContextId>,
    /// Functions that are entered in a context of their own.
    pub(crate) entries: Vec<Entered>,
    /// Where bodies are that an earlier solution left.
    #[serde(skip)]
    pub(crate) kept_bodies: Option<Section>,
    /// Flags of objects that go together.
    pub(crate) flags: flags::Flags,
    /// Fields that are null in every object, as nobody calls what sets them.
    pub(crate) dormant: dormant::Dormant,
    /// What is set once and never cleared.
    pub(crate) latches: latches::Latches,
    /// Locks that may be taken within a context, and what they count as because of that.
    pub(crate) taken: FxHashMap<(LockClass, Subclass), SmallVec<[ContextId; 1]>>,
    /// Who calls whom by name, as it was linked.
    #[serde(skip)]
    pub(crate) graph: CallGraph,
}

/// A function of the program, with or without a body.
#[derive(Serialize, Deserialize)]
pub(crate) struct ProgramFunction {
    pub(crate) symbol: Symbol,
    pub(crate) body: Body,
    pub(crate) parameters: Vec<Option<Type>>,
    pub(crate) flags: FunctionFlags,
    /// The name under which the knowledge describes it, if it does.
    pub(crate) row: Option<String>,
    /// Whether that stands for its body, which calls of it do not enter then.
    pub(crate) opaque: bool,
    /// Whether its address is used as a value anywhere.
    pub(crate) address_taken: bool,
    /// Whether it tells of a bug that has happened, whatever way it is gone through.
    pub(crate) tells_of_bug: bool,
}

/// What a field says of locks.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct FieldLock {
    /// The record that the field belongs to is itself a lock of this kind.
    pub(crate) of_record: Option<ContextId>,
    /// The field is (or points to) a lock of this kind.
    pub(crate) of_type: Option<ContextId>,
    /// The field is a pointer.
    pub(crate) pointer: bool,
    /// What a lock in this field counts as besides.
    pub(crate) counts_as: Option<ContextId>,
}

impl Program {
    /// Makes the indices of functions and fields anew, which are not stored.
    pub(crate) fn index(&mut self) {
        let symbols = self.functions.iter().map(|it| it.symbol);
        self.by_symbol = symbols.zip((0..).map(FnId)).collect();
        self.field_ids = remap::index(&mut self.names, &self.fields);
    }

    pub(crate) fn function(&self, id: FnId) -> &ProgramFunction {
        &self.functions[id.0 as usize]
    }

    pub(crate) fn name(&self, id: FnId) -> &str {
        self.names.get(self.function(id).symbol.name)
    }

    /// The field that the knowledge calls so, if the program has it.
    pub(crate) fn field(&self, name: &FieldName) -> Option<FieldId> {
        let record = self.names.find(&name.record)?;
        let field = self.names.find(&name.field)?;
        self.field_ids.get(&(record, field)).copied()
    }

    /// What holding a lock of this class means besides what its type says.
    pub(crate) fn counts_as(&self, item: &Item) -> impl Iterator<Item = ContextId> + use<'_> {
        // What `taken` has, it has with the subclass.
        let by_use = self.taken.get(&(item.class.clone(), item.subclass));
        let by_name = self.counts_by_name(&item.class);
        by_name
            .into_iter()
            .chain(by_use.into_iter().flatten().copied())
    }

    /// The same as the knowledge says it of this class.
    pub(crate) fn counts_by_name(&self, class: &LockClass) -> Option<ContextId> {
        match (class.fields.last(), class.variable) {
            (Some(field), _) => self.field_locks[field.0 as usize].counts_as,
            (None, Some(variable)) => self.variable_locks.get(&variable.name).copied(),
            (None, None) => None,
        }
    }

    /// The ways in which a function is entered in a context of its own.
    pub(crate) fn entries_of(&self, function: FnId) -> &[Entered] {
        let first = self.entries.partition_point(|it| it.function < function);
        let from = &self.entries[first..];
        &from[..from.partition_point(|it| it.function == function)]
    }

    /// How many functions with bodies there are.
    pub fn defined_functions(&self) -> usize {
        self.functions.iter().filter(|it| it.has_body()).count()
    }

    /// The context kind that holding an object of this type means, if it is a spinning lock.
    pub(crate) fn lock_kind(&self, knowledge: &Knowledge, ty: &Type) -> Option<ContextId> {
        let record = self.names.get(ty.record?);
        let kind = knowledge.lock_type(record)?;
        (knowledge.context(kind).limit < WaitType::Sleep).then_some(kind)
    }
}

/// The call that is a statement of a block, by the indices of both.
pub(crate) fn call_at(body: &Function, (block, statement): (u32, u32)) -> Option<&Call> {
    let block = body.blocks.get(block as usize)?;
    match block.statements.get(statement as usize)? {
        Statement::Call(call) => Some(call),
        Statement::Assign { .. } => None,
    }
}
