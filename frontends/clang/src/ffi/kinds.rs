// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kinds of cursors, types and operators that C has, as enums of our own.

use clang_sys::*;

macro_rules! kinds {
    (
        $(#[$doc:meta])*
        $name:ident from $raw:ty, otherwise $default:ident {
            $($kind:ident = $($constant:ident)|+,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub(crate) enum $name {
            $($kind,)*
            $default,
        }

        impl $name {
            pub(super) fn new(raw: $raw) -> Self {
                match raw {
                    $($($constant)|+ => Self::$kind,)*
                    _ => Self::$default,
                }
            }
        }
    };
}

kinds! {
    /// What a cursor is.
    Kind from CXCursorKind, otherwise Other {
        Struct = CXCursor_StructDecl,
        Union = CXCursor_UnionDecl,
        Enum = CXCursor_EnumDecl,
        Field = CXCursor_FieldDecl,
        EnumConstant = CXCursor_EnumConstantDecl,
        Function = CXCursor_FunctionDecl,
        Variable = CXCursor_VarDecl,
        Parameter = CXCursor_ParmDecl,
        Typedef = CXCursor_TypedefDecl,
        OtherDeclaration = CXCursor_UnexposedDecl,
        TypeRef = CXCursor_TypeRef,
        MemberRef = CXCursor_MemberRef,
        LabelRef = CXCursor_LabelRef,
        Invalid = CXCursor_InvalidFile | CXCursor_NoDeclFound | CXCursor_NotImplemented
            | CXCursor_InvalidCode,
        UnexposedExpr = CXCursor_UnexposedExpr,
        DeclRef = CXCursor_DeclRefExpr,
        Member = CXCursor_MemberRefExpr,
        Call = CXCursor_CallExpr,
        Integer = CXCursor_IntegerLiteral,
        Character = CXCursor_CharacterLiteral,
        Floating = CXCursor_FloatingLiteral | CXCursor_ImaginaryLiteral,
        String = CXCursor_StringLiteral,
        Paren = CXCursor_ParenExpr,
        Unary = CXCursor_UnaryOperator,
        Subscript = CXCursor_ArraySubscriptExpr,
        Binary = CXCursor_BinaryOperator,
        CompoundAssign = CXCursor_CompoundAssignOperator,
        Conditional = CXCursor_ConditionalOperator,
        Cast = CXCursor_CStyleCastExpr,
        CompoundLiteral = CXCursor_CompoundLiteralExpr,
        InitList = CXCursor_InitListExpr,
        AddrLabel = CXCursor_AddrLabelExpr,
        StmtExpr = CXCursor_StmtExpr,
        Generic = CXCursor_GenericSelectionExpr,
        SizeOf = CXCursor_UnaryExpr,
        UnexposedStmt = CXCursor_UnexposedStmt,
        Label = CXCursor_LabelStmt,
        Compound = CXCursor_CompoundStmt,
        Case = CXCursor_CaseStmt,
        Default = CXCursor_DefaultStmt,
        If = CXCursor_IfStmt,
        Switch = CXCursor_SwitchStmt,
        While = CXCursor_WhileStmt,
        Do = CXCursor_DoStmt,
        For = CXCursor_ForStmt,
        Goto = CXCursor_GotoStmt,
        IndirectGoto = CXCursor_IndirectGotoStmt,
        Continue = CXCursor_ContinueStmt,
        Break = CXCursor_BreakStmt,
        Return = CXCursor_ReturnStmt,
        Asm = CXCursor_AsmStmt | CXCursor_MSAsmStmt,
        Null = CXCursor_NullStmt,
        DeclStmt = CXCursor_DeclStmt,
        // Attributes that C code of a kernel can have; those without a kind of their own, as
        // `cleanup`, are "unexposed".
        Attribute = CXCursor_UnexposedAttr,
        OtherAttribute = CXCursor_AnnotateAttr | CXCursor_AsmLabelAttr | CXCursor_PackedAttr
            | CXCursor_PureAttr | CXCursor_ConstAttr | CXCursor_NoDuplicateAttr
            | CXCursor_VisibilityAttr | CXCursor_WarnUnusedAttr | CXCursor_WarnUnusedResultAttr
            | CXCursor_AlignedAttr | CXCursor_ConvergentAttr | CXCursor_FlagEnum,
    }
}

impl Kind {
    /// Whether it is a statement that is no expression.
    pub(crate) fn is_statement(self) -> bool {
        matches!(
            self,
            Self::UnexposedStmt
                | Self::Label
                | Self::Compound
                | Self::Case
                | Self::Default
                | Self::If
                | Self::Switch
                | Self::While
                | Self::Do
                | Self::For
                | Self::Goto
                | Self::IndirectGoto
                | Self::Continue
                | Self::Break
                | Self::Return
                | Self::Asm
                | Self::Null
                | Self::DeclStmt
        )
    }
}

kinds! {
    /// What a type is.
    TypeKind from CXTypeKind, otherwise Other {
        Invalid = CXType_Invalid,
        Unexposed = CXType_Unexposed,
        Void = CXType_Void,
        Bool = CXType_Bool,
        Integer = CXType_Char_U | CXType_UChar | CXType_UShort | CXType_UInt | CXType_ULong
            | CXType_ULongLong | CXType_Char_S | CXType_SChar | CXType_Short | CXType_Int
            | CXType_Long | CXType_LongLong | CXType_UInt128 | CXType_Int128 | CXType_WChar,
        Enum = CXType_Enum,
        Pointer = CXType_Pointer,
        Record = CXType_Record,
        Typedef = CXType_Typedef,
        Function = CXType_FunctionProto | CXType_FunctionNoProto,
        Array = CXType_ConstantArray | CXType_IncompleteArray | CXType_VariableArray,
        Elaborated = CXType_Elaborated,
        Attributed = CXType_Attributed,
        Auto = CXType_Auto,
    }
}

kinds! {
    /// Operators between two operands, assignments among them.
    BinaryKind from CXBinaryOperatorKind, otherwise Other {
        Add = CXBinaryOperator_Add,
        Sub = CXBinaryOperator_Sub,
        Shl = CXBinaryOperator_Shl,
        Shr = CXBinaryOperator_Shr,
        Lt = CXBinaryOperator_LT,
        Gt = CXBinaryOperator_GT,
        Le = CXBinaryOperator_LE,
        Ge = CXBinaryOperator_GE,
        Eq = CXBinaryOperator_EQ,
        Ne = CXBinaryOperator_NE,
        And = CXBinaryOperator_And,
        Xor = CXBinaryOperator_Xor,
        Or = CXBinaryOperator_Or,
        LogicalAnd = CXBinaryOperator_LAnd,
        LogicalOr = CXBinaryOperator_LOr,
        Assign = CXBinaryOperator_Assign,
        AddAssign = CXBinaryOperator_AddAssign,
        SubAssign = CXBinaryOperator_SubAssign,
        ShlAssign = CXBinaryOperator_ShlAssign,
        ShrAssign = CXBinaryOperator_ShrAssign,
        AndAssign = CXBinaryOperator_AndAssign,
        XorAssign = CXBinaryOperator_XorAssign,
        OrAssign = CXBinaryOperator_OrAssign,
        Comma = CXBinaryOperator_Comma,
    }
}

kinds! {
    /// Operators with one operand.
    UnaryKind from CXUnaryOperatorKind, otherwise Other {
        PostInc = CXUnaryOperator_PostInc,
        PostDec = CXUnaryOperator_PostDec,
        PreInc = CXUnaryOperator_PreInc,
        PreDec = CXUnaryOperator_PreDec,
        AddrOf = CXUnaryOperator_AddrOf,
        Deref = CXUnaryOperator_Deref,
        Plus = CXUnaryOperator_Plus,
        Minus = CXUnaryOperator_Minus,
        BitNot = CXUnaryOperator_Not,
        Not = CXUnaryOperator_LNot,
        Extension = CXUnaryOperator_Extension,
    }
}
