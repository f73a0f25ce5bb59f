// SPDX-License-Identifier: MIT OR Apache-2.0
//! C types.

use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::os::raw::c_void;

use clang_sys::*;

use super::{Cursor, TypeKind, text};
use crate::fold::Integer;

/// A type of a translation unit.
#[derive(Clone, Copy)]
pub(crate) struct CType<'tu> {
    raw: CXType,
    unit: PhantomData<&'tu ()>,
}

impl PartialEq for CType<'_> {
    fn eq(&self, other: &Self) -> bool {
        // libclang's own comparison looks at just these pointers.
        self.raw.data == other.raw.data
    }
}

impl Eq for CType<'_> {}

impl Hash for CType<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.data[0].hash(state);
    }
}

impl<'tu> CType<'tu> {
    pub(super) fn new(raw: CXType) -> Self {
        Self {
            raw,
            unit: PhantomData,
        }
    }

    /// What sort of type it is.
    pub(crate) fn kind(self) -> TypeKind {
        TypeKind::new(self.raw.kind)
    }

    /// As written in C.
    pub(crate) fn spelling(self) -> String {
        // SAFETY: the type belongs to a unit that is still borrowed; so for all calls here.
        text::take(unsafe { clang_sys::clang_getTypeSpelling(self.raw) })
    }

    /// Without typedefs and other sugar.
    pub(crate) fn canonical(self) -> Self {
        // SAFETY: see `spelling`.
        Self::new(unsafe { clang_sys::clang_getCanonicalType(self.raw) })
    }

    /// Without `const`, `volatile` and `restrict` at the outermost level.
    pub(crate) fn unqualified(self) -> Self {
        if self.kind() == TypeKind::Invalid {
            return self; // libclang would follow a null pointer
        }
        // SAFETY: see `spelling`; the type is not null.
        Self::new(unsafe { clang_sys::clang_getUnqualifiedType(self.raw) })
    }

    /// Whether it is `const` at the outermost level.
    pub(crate) fn is_const(self) -> bool {
        // SAFETY: see `spelling`.
        unsafe { clang_sys::clang_isConstQualifiedType(self.raw) != 0 }
    }

    /// Whether it is `volatile` at the outermost level.
    pub(crate) fn is_volatile(self) -> bool {
        // SAFETY: see `spelling`.
        unsafe { clang_sys::clang_isVolatileQualifiedType(self.raw) != 0 }
    }

    /// The width and sign of a canonical integer type; pointers compare as such.
    pub(crate) fn integer(self) -> Option<Integer> {
        let signed = match self.raw.kind {
            CXType_Pointer | CXType_Bool | CXType_Char_U | CXType_UChar | CXType_UShort
            | CXType_UInt | CXType_ULong | CXType_ULongLong => false,
            CXType_Char_S | CXType_SChar | CXType_Short | CXType_Int | CXType_Long
            | CXType_LongLong => true,
            _ => return None,
        };
        // SAFETY: see `spelling`.
        let bytes = unsafe { clang_sys::clang_Type_getSizeOf(self.raw) };
        Some(Integer {
            bits: u32::try_from(bytes).ok()?.checked_mul(8)?,
            signed,
        })
    }

    /// What a pointer points to.
    pub(crate) fn pointee(self) -> Self {
        // SAFETY: see `spelling`.
        Self::new(unsafe { clang_sys::clang_getPointeeType(self.raw) })
    }

    /// The element of an array.
    pub(crate) fn element(self) -> Self {
        // SAFETY: see `spelling`.
        Self::new(unsafe { clang_sys::clang_getArrayElementType(self.raw) })
    }

    /// What an elaborated type (`struct x`) names.
    pub(crate) fn named(self) -> Self {
        // SAFETY: see `spelling`.
        Self::new(unsafe { clang_sys::clang_Type_getNamedType(self.raw) })
    }

    /// What an attribute was put on.
    pub(crate) fn modified(self) -> Self {
        // SAFETY: see `spelling`.
        Self::new(unsafe { clang_sys::clang_Type_getModifiedType(self.raw) })
    }

    /// What a function type returns.
    pub(crate) fn result(self) -> Self {
        // SAFETY: see `spelling`.
        Self::new(unsafe { clang_sys::clang_getResultType(self.raw) })
    }

    /// The declaration of a record, an enum or a typedef.
    pub(crate) fn declaration(self) -> Cursor<'tu> {
        // SAFETY: see `spelling`.
        Cursor::new(unsafe { clang_sys::clang_getTypeDeclaration(self.raw) })
    }

    /// The fields of a record, in order; unnamed members are among them.
    pub(crate) fn fields(self) -> Vec<Cursor<'tu>> {
        extern "C" fn push(cursor: CXCursor, data: CXClientData) -> CXVisitorResult {
            // SAFETY: `data` is the vector below, which nobody else uses during the visit.
            let fields = unsafe { &mut *data.cast::<Vec<Cursor<'_>>>() };
            fields.push(Cursor::new(cursor));
            CXVisit_Continue
        }
        let mut fields: Vec<Cursor<'tu>> = Vec::new();
        let data: *mut c_void = (&raw mut fields).cast();
        // SAFETY: see `spelling`; `data` outlives the visit.
        unsafe { clang_sys::clang_Type_visitFields(self.raw, push, data) };
        fields
    }
}
