// SPDX-License-Identifier: MIT OR Apache-2.0
//! Constants that are numbers: flags, sizes, error codes, discriminants.

use syn::{BinOp, Expr, Lit, UnOp};

use crate::context::Cx;
use crate::items::{AdtId, ConstId, ConstValue, Container, Def, ModId};
use crate::lower::segments;
use crate::ty::Ty;

/// Constants of constants of constants.
const DEEPEST: usize = 24;

/// The number that a constant is, if it is one.
pub(crate) fn constant(cx: &Cx, id: ConstId, depth: usize) -> Option<i64> {
    let it = cx.consts.get(id);
    if it.is_static || depth > DEEPEST {
        return None;
    }
    match &it.value {
        ConstValue::Known(value) => Some(*value),
        ConstValue::Missing => None,
        ConstValue::Expr(e) => {
            let own = cx.self_ty(it.container);
            number(cx, e, it.module, own.as_ref(), depth + 1)
        }
    }
}

/// The discriminant of a variant.
pub(crate) fn discriminant(cx: &Cx, id: AdtId, variant: u32) -> i64 {
    let adt = cx.adts.get(id);
    let mut value = -1;
    for it in adt.variants.iter().take(variant as usize + 1) {
        let given = it.discriminant.as_ref();
        let given = given.and_then(|e| number(cx, e, adt.module, None, 0));
        value = given.unwrap_or(value + 1);
    }
    value
}

fn number(cx: &Cx, e: &Expr, module: ModId, own: Option<&Ty>, depth: usize) -> Option<i64> {
    if depth > DEEPEST {
        return None;
    }
    let inner = |e: &Expr| number(cx, e, module, own, depth + 1);
    match e {
        Expr::Lit(it) => match &it.lit {
            #[expect(clippy::cast_possible_truncation, reason = "the model has 64 bits")]
            Lit::Int(it) => it.base10_parse::<i128>().ok().map(|value| value as i64),
            Lit::Bool(it) => Some(i64::from(it.value)),
            Lit::Byte(it) => Some(i64::from(it.value())),
            Lit::Char(it) => Some(i64::from(u32::from(it.value()))),
            _ => None,
        },
        Expr::Paren(it) => inner(&it.expr),
        Expr::Group(it) => inner(&it.expr),
        Expr::Cast(it) => inner(&it.expr),
        Expr::Unary(it) => {
            let value = inner(&it.expr)?;
            match it.op {
                UnOp::Neg(_) => Some(value.wrapping_neg()),
                UnOp::Not(_) => Some(!value),
                _ => None,
            }
        }
        Expr::Binary(it) => {
            let (a, b) = (inner(&it.left)?, inner(&it.right)?);
            let shift = u32::try_from(b).ok();
            match it.op {
                BinOp::Add(_) => Some(a.wrapping_add(b)),
                BinOp::Sub(_) => Some(a.wrapping_sub(b)),
                BinOp::Mul(_) => Some(a.wrapping_mul(b)),
                BinOp::Div(_) => a.checked_div(b),
                BinOp::BitOr(_) => Some(a | b),
                BinOp::BitAnd(_) => Some(a & b),
                BinOp::BitXor(_) => Some(a ^ b),
                BinOp::Shl(_) => a.checked_shl(shift?),
                BinOp::Shr(_) => a.checked_shr(shift?),
                _ => None,
            }
        }
        Expr::Unsafe(it) => match it.block.stmts.as_slice() {
            [syn::Stmt::Expr(e, None)] => inner(e),
            _ => None,
        },
        Expr::Call(it) => {
            // A number with a name of its own: `Flags(1)`.
            let Expr::Path(path) = &*it.func else {
                return None;
            };
            let names = segments(&path.path);
            let of = match cx.resolve(module, &names, path.path.leading_colon.is_some(), true) {
                Some((Def::Variant(id, 0), _)) => Some(id),
                _ if names == ["Self"] => match own {
                    Some(Ty::Adt(id, _)) => Some(*id),
                    _ => None,
                },
                _ => None,
            };
            let args: Vec<&Expr> = it.args.iter().collect();
            match (of, args.as_slice()) {
                (Some(id), [only]) if cx.is_scalar_adt(id) => inner(only),
                _ => None,
            }
        }
        Expr::Path(it) if it.qself.is_none() => {
            let names = segments(&it.path);
            if names.first().is_some_and(|it| it == "Self") && names.len() == 2 {
                let Some(Ty::Adt(id, _)) = own else {
                    return None;
                };
                let index = cx.index.borrow();
                let candidates = index.inherent_consts.get(names[1].as_str())?;
                let found = candidates.iter().find(|(at, _)| {
                    let of = cx.self_ty(Container::Impl(*at));
                    matches!(of, Some(Ty::Adt(it, _)) if it == *id)
                })?;
                let found = found.1;
                drop(index);
                return constant(cx, found, depth + 1);
            }
            match cx.resolve(module, &names, it.path.leading_colon.is_some(), true)? {
                (Def::Const(id), used) if used == names.len() => constant(cx, id, depth + 1),
                (Def::Foreign(name), _) => cx.knowledge.constants.get(&*name).copied(),
                _ => None,
            }
        }
        _ => None,
    }
}
