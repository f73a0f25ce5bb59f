// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions that libclang has no kind for, told apart by their operands.

use crate::ffi::{Cursor, Kind, TypeKind};

/// What an "unexposed" expression is.
pub(crate) enum Unexposed<'tu> {
    /// Nothing below it is evaluated: `offsetof`, `__builtin_types_compatible_p`.
    Constant,
    /// A conversion that was not written.
    Conversion(Cursor<'tu>),
    /// `a ?: b`
    Elvis(Cursor<'tu>, Cursor<'tu>),
    /// `__builtin_choose_expr`, of which only the chosen operand is evaluated.
    Chosen(Cursor<'tu>),
    /// Something that evaluates its operands; its value is not known. `va_arg` and the atomic
    /// builtins are such.
    Other(Vec<Cursor<'tu>>),
}

impl<'tu> Unexposed<'tu> {
    pub(crate) fn of(expression: Cursor<'tu>) -> Self {
        let children = expression.children();
        if let Some(&list) = children
            .iter()
            .find(|child| is_variadic_access(expression, **child))
        {
            return Self::Other(vec![list]);
        }
        // Types and fields are shown below the builtins that take them as operands, and so are
        // the expressions in a `typeof`.
        let names_type = children
            .iter()
            .any(|child| matches!(child.kind(), Kind::TypeRef | Kind::MemberRef));
        match children[..] {
            [] => Self::Constant,
            _ if names_type => Self::Constant,
            [inner] if is_operand_of_typeof(expression, inner) => Self::Constant,
            [inner] => Self::Conversion(inner),
            [_, _] if expression.evaluate().is_some() => Self::Constant,
            // The atomic builtins look the same, but have a pointer in front.
            [test, yes, no] if is_integer(test) => match test.evaluate() {
                Some(0) => Self::Chosen(no),
                Some(_) => Self::Chosen(yes),
                None => Self::Other(children),
            },
            // libclang shows the tested operand three times.
            [tested, again, _, fallback] if is_same(tested, again) => Self::Elvis(tested, fallback),
            _ => Self::Other(children),
        }
    }
}

/// Whether `inner` only stands in a type: a conversion of something that is not constant is not
/// constant either.
fn is_operand_of_typeof(expression: Cursor<'_>, inner: Cursor<'_>) -> bool {
    inner.kind() == Kind::Paren
        && is_integer(expression)
        && expression.evaluate().is_some()
        && inner.evaluate().is_none()
}

/// Whether `again` is `tested`, perhaps converted.
fn is_same<'tu>(tested: Cursor<'tu>, mut again: Cursor<'tu>) -> bool {
    while again != tested {
        let inner = again.children();
        match inner[..] {
            [inner] if again.kind() == Kind::UnexposedExpr => again = inner,
            _ => return false,
        }
    }
    true
}

/// `va_arg(list, type)`, which looks like a conversion of the list.
fn is_variadic_access(expression: Cursor<'_>, list: Cursor<'_>) -> bool {
    let (to, from) = (expression.ctype().canonical(), list.ctype().canonical());
    from != to
        && from.kind() == TypeKind::Pointer
        && from.pointee().kind() == TypeKind::Record
        && from.pointee().spelling().contains("__va_list")
}

/// Whether the type is one of integers, enumerators and truth values among them.
pub(crate) fn is_integer(expression: Cursor<'_>) -> bool {
    matches!(
        expression.ctype().canonical().kind(),
        TypeKind::Integer | TypeKind::Bool | TypeKind::Enum
    )
}
