// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arithmetic on constants that the compiler does not call constant expressions, because a part of
//! them (`__builtin_constant_p` of a variable) is only known to be 0 here.

use waitctx_model::{BinaryOp, UnaryOp};

/// The width and the sign of an integer type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Integer {
    pub(crate) bits: u32,
    pub(crate) signed: bool,
}

impl Integer {
    /// The number as the type holds it.
    pub(crate) fn wrap(self, number: i64) -> i64 {
        if !(1..64).contains(&self.bits) {
            return number;
        }
        let shift = 64 - self.bits;
        if self.signed {
            (number << shift) >> shift
        } else {
            ((number.cast_unsigned() << shift) >> shift).cast_signed()
        }
    }

    /// `op a`
    pub(crate) fn unary(self, op: UnaryOp, a: i64) -> i64 {
        match op {
            UnaryOp::Not => i64::from(a == 0),
            UnaryOp::BitNot => self.wrap(!a),
            UnaryOp::Neg => self.wrap(a.wrapping_neg()),
        }
    }

    /// `a op b`, where both operands are of this type (for shifts, the left one). `None` where C
    /// does not define it.
    pub(crate) fn binary(self, op: BinaryOp, a: i64, b: i64) -> Option<i64> {
        let less = |a: i64, b: i64| {
            if self.signed {
                a < b
            } else {
                a.cast_unsigned() < b.cast_unsigned()
            }
        };
        let shift = || u32::try_from(b).ok().filter(|&it| it < self.bits);
        Some(match op {
            BinaryOp::And => a & b,
            BinaryOp::Or => a | b,
            BinaryOp::Xor => a ^ b,
            BinaryOp::Add => self.wrap(a.wrapping_add(b)),
            BinaryOp::Sub => self.wrap(a.wrapping_sub(b)),
            BinaryOp::Shl => self.wrap(a.wrapping_shl(shift()?)),
            BinaryOp::Shr if self.signed => a.wrapping_shr(shift()?),
            BinaryOp::Shr => (a.cast_unsigned().wrapping_shr(shift()?)).cast_signed(),
            BinaryOp::Eq => i64::from(a == b),
            BinaryOp::Ne => i64::from(a != b),
            BinaryOp::Lt => i64::from(less(a, b)),
            BinaryOp::Le => i64::from(!less(b, a)),
            BinaryOp::LogicalAnd => i64::from(a != 0 && b != 0),
            BinaryOp::LogicalOr => i64::from(a != 0 || b != 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INT: Integer = Integer {
        bits: 32,
        signed: true,
    };
    const UNSIGNED: Integer = Integer {
        bits: 32,
        signed: false,
    };
    const LONG: Integer = Integer {
        bits: 64,
        signed: true,
    };
    const ULONG: Integer = Integer {
        bits: 64,
        signed: false,
    };

    #[test]
    fn numbers_wrap_as_their_type_does() {
        assert_eq!(INT.wrap(0xffff_ffff), -1);
        assert_eq!(UNSIGNED.wrap(-1), 0xffff_ffff);
        assert_eq!(LONG.wrap(i64::MIN), i64::MIN);
        assert_eq!(UNSIGNED.unary(UnaryOp::BitNot, 0x10), 0xffff_ffef);
        assert_eq!(
            INT.unary(UnaryOp::Neg, i64::from(i32::MIN)),
            i64::from(i32::MIN)
        );
        assert_eq!(UNSIGNED.binary(BinaryOp::Sub, 0, 1), Some(0xffff_ffff));
    }

    #[test]
    fn comparisons_and_shifts_know_the_sign() {
        assert_eq!(LONG.binary(BinaryOp::Lt, -1, 0), Some(1));
        assert_eq!(ULONG.binary(BinaryOp::Lt, -1, 0), Some(0));
        assert_eq!(ULONG.binary(BinaryOp::Shr, -1, 63), Some(1));
        assert_eq!(LONG.binary(BinaryOp::Shr, -1, 63), Some(-1));
        assert_eq!(INT.binary(BinaryOp::Shl, 1, 32), None);
        assert_eq!(INT.binary(BinaryOp::Shl, 1, 31), Some(i64::from(i32::MIN)));
    }
}
