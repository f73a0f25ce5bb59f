// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cursors: declarations, statements and expressions.

use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::os::raw::c_void;

use clang_sys::{
    CX_SC_Extern, CX_SC_Static, CXChildVisit_Continue, CXChildVisitResult, CXClientData, CXCursor,
    CXEval_Int, CXLinkage_External, CXLinkage_Internal, CXLinkage_NoLinkage,
    CXLinkage_UniqueExternal, CXPrintingPolicy_TerseOutput,
};

use super::{BinaryKind, CType, Kind, Location, UnaryKind, text};

/// A node of the syntax tree.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'tu> {
    raw: CXCursor,
    unit: PhantomData<&'tu ()>,
}

impl PartialEq for Cursor<'_> {
    fn eq(&self, other: &Self) -> bool {
        // SAFETY: both belong to units that are still borrowed; so for all calls here.
        unsafe { clang_sys::clang_equalCursors(self.raw, other.raw) != 0 }
    }
}

impl Eq for Cursor<'_> {}

impl Hash for Cursor<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // SAFETY: see `eq`.
        state.write_u32(unsafe { clang_sys::clang_hashCursor(self.raw) });
    }
}

/// See [`Cursor::statement_id`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StatementId(usize);

/// Who can see a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Linkage {
    /// Nobody outside its block.
    None,
    /// This file.
    Internal,
    /// Everybody.
    External,
}

/// The storage class as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Storage {
    /// `static`
    Static,
    /// `extern`
    Extern,
    /// None or another.
    Other,
}

impl<'tu> Cursor<'tu> {
    pub(super) fn new(raw: CXCursor) -> Self {
        Self {
            raw,
            unit: PhantomData,
        }
    }

    /// `None` when libclang answered with "no such thing".
    fn some(raw: CXCursor) -> Option<Self> {
        // SAFETY: see `eq`.
        let null = unsafe { clang_sys::clang_Cursor_isNull(raw) != 0 };
        let cursor = Self::new(raw);
        (!null && cursor.kind() != Kind::Invalid).then_some(cursor)
    }

    /// What it is.
    pub(crate) fn kind(self) -> Kind {
        Kind::new(self.raw.kind)
    }

    /// libclang's name for what it is, for messages.
    pub(crate) fn kind_name(self) -> String {
        // SAFETY: see `eq`.
        text::take(unsafe { clang_sys::clang_getCursorKindSpelling(self.raw.kind) })
    }

    /// Tells a statement from all others of the unit. Cursors of the same statement that were
    /// reached in different ways (a label by its place or by a `goto`) are not equal.
    pub(crate) fn statement_id(self) -> StatementId {
        StatementId(self.raw.data[1].addr())
    }

    /// Its name, for declarations and references.
    pub(crate) fn spelling(self) -> String {
        // SAFETY: see `eq`.
        text::take(unsafe { clang_sys::clang_getCursorSpelling(self.raw) })
    }

    /// The nodes directly below it, in libclang's order.
    pub(crate) fn children(self) -> Vec<Self> {
        extern "C" fn push(
            cursor: CXCursor,
            _parent: CXCursor,
            data: CXClientData,
        ) -> CXChildVisitResult {
            // SAFETY: `data` is the vector below, which nobody else uses during the visit.
            let children = unsafe { &mut *data.cast::<Vec<Cursor<'_>>>() };
            children.push(Cursor::new(cursor));
            CXChildVisit_Continue
        }
        let mut children: Vec<Self> = Vec::new();
        let data: *mut c_void = (&raw mut children).cast();
        // SAFETY: see `eq`; `data` outlives the visit.
        unsafe { clang_sys::clang_visitChildren(self.raw, push, data) };
        children
    }

    /// The type of an expression or a declaration.
    pub(crate) fn ctype(self) -> CType<'tu> {
        // SAFETY: see `eq`.
        CType::new(unsafe { clang_sys::clang_getCursorType(self.raw) })
    }

    /// The declaration that a reference refers to.
    pub(crate) fn referenced(self) -> Option<Self> {
        // SAFETY: see `eq`.
        Self::some(unsafe { clang_sys::clang_getCursorReferenced(self.raw) })
    }

    /// The definition of what is declared or referred to, if this unit has it.
    pub(crate) fn definition(self) -> Option<Self> {
        // SAFETY: see `eq`.
        Self::some(unsafe { clang_sys::clang_getCursorDefinition(self.raw) })
    }

    /// Whether the declaration is a definition.
    pub(crate) fn is_definition(self) -> bool {
        // SAFETY: see `eq`.
        unsafe { clang_sys::clang_isCursorDefinition(self.raw) != 0 }
    }

    /// What the declaration stands in.
    pub(crate) fn parent(self) -> Option<Self> {
        // SAFETY: see `eq`.
        Self::some(unsafe { clang_sys::clang_getCursorSemanticParent(self.raw) })
    }

    /// Who can see the name.
    pub(crate) fn linkage(self) -> Linkage {
        // SAFETY: see `eq`.
        match unsafe { clang_sys::clang_getCursorLinkage(self.raw) } {
            CXLinkage_NoLinkage => Linkage::None,
            CXLinkage_Internal => Linkage::Internal,
            CXLinkage_External | CXLinkage_UniqueExternal => Linkage::External,
            _ => Linkage::External,
        }
    }

    /// The storage class as written.
    pub(crate) fn storage(self) -> Storage {
        // SAFETY: see `eq`.
        match unsafe { clang_sys::clang_Cursor_getStorageClass(self.raw) } {
            CX_SC_Static => Storage::Static,
            CX_SC_Extern => Storage::Extern,
            _ => Storage::Other,
        }
    }

    /// The initialiser of a variable.
    pub(crate) fn initialiser(self) -> Option<Self> {
        // SAFETY: see `eq`.
        Self::some(unsafe { clang_sys::clang_Cursor_getVarDeclInitializer(self.raw) })
    }

    /// Whether the declaration has attributes, written or inherited.
    pub(crate) fn has_attributes(self) -> bool {
        // SAFETY: see `eq`.
        unsafe { clang_sys::clang_Cursor_hasAttrs(self.raw) != 0 }
    }

    /// Whether it is a record without a name of its own.
    pub(crate) fn is_anonymous(self) -> bool {
        // SAFETY: see `eq`.
        unsafe { clang_sys::clang_Cursor_isAnonymous(self.raw) != 0 }
    }

    /// The parameters of a function declaration.
    pub(crate) fn parameters(self) -> Vec<Self> {
        // SAFETY: see `eq`; a negative count means that there are none to ask for.
        unsafe {
            (0..clang_sys::clang_Cursor_getNumArguments(self.raw))
                .filter_map(|index| {
                    let index = u32::try_from(index).ok()?;
                    Self::some(clang_sys::clang_Cursor_getArgument(self.raw, index))
                })
                .collect()
        }
    }

    /// The operator of a binary or compound assignment expression.
    pub(crate) fn binary_operator(self) -> BinaryKind {
        // SAFETY: see `eq`.
        BinaryKind::new(unsafe { clang_sys::clang_getCursorBinaryOperatorKind(self.raw) })
    }

    /// The operator of a unary expression.
    pub(crate) fn unary_operator(self) -> UnaryKind {
        // SAFETY: see `eq`.
        UnaryKind::new(unsafe { clang_sys::clang_getCursorUnaryOperatorKind(self.raw) })
    }

    /// The value of an integer constant expression; unsigned ones wrap.
    pub(crate) fn evaluate(self) -> Option<i64> {
        // SAFETY: see `eq`; the result is disposed of once.
        unsafe {
            let result = clang_sys::clang_Cursor_Evaluate(self.raw);
            if result.is_null() {
                return None;
            }
            let value = (clang_sys::clang_EvalResult_getKind(result) == CXEval_Int).then(|| {
                if clang_sys::clang_EvalResult_isUnsignedInt(result) != 0 {
                    clang_sys::clang_EvalResult_getAsUnsigned(result).cast_signed()
                } else {
                    clang_sys::clang_EvalResult_getAsLongLong(result)
                }
            });
            clang_sys::clang_EvalResult_dispose(result);
            value
        }
    }

    /// Where it is: for expressions where they start, for declarations the name.
    pub(crate) fn location(self) -> Location<'tu> {
        // SAFETY: see `eq`.
        Location::new(unsafe { clang_sys::clang_getCursorLocation(self.raw) })
    }

    /// Where it starts and the point just after its end.
    pub(crate) fn extent(self) -> (Location<'tu>, Location<'tu>) {
        // SAFETY: see `eq`.
        unsafe {
            let range = clang_sys::clang_getCursorExtent(self.raw);
            (
                Location::new(clang_sys::clang_getRangeStart(range)),
                Location::new(clang_sys::clang_getRangeEnd(range)),
            )
        }
    }

    /// The declaration as C; without bodies when `terse`.
    pub(crate) fn pretty(self, terse: bool) -> String {
        // SAFETY: see `eq`; the policy is disposed of once, after its use.
        unsafe {
            let policy = clang_sys::clang_getCursorPrintingPolicy(self.raw);
            clang_sys::clang_PrintingPolicy_setProperty(
                policy,
                CXPrintingPolicy_TerseOutput,
                u32::from(terse),
            );
            let text = text::take(clang_sys::clang_getCursorPrettyPrinted(self.raw, policy));
            clang_sys::clang_PrintingPolicy_dispose(policy);
            text
        }
    }
}
