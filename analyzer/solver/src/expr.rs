// SPDX-License-Identifier: MIT OR Apache-2.0
//! Symbolic values of one function, each stored once and simplified when it is made.
//!
//! An expression speaks about the function's parameters, about memory as it was found, and about
//! values nothing is known of. Two expressions with the same id have the same value as long as the
//! memory they read is not written; who writes memory has to account for that (see `paths::state`).

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use waitctx_model::{BinaryOp, FieldId, LocalId, NameId, Symbol, UnaryOp};

/// Index of an [`Expr`] in its [`Exprs`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct ExprId(pub(crate) u32);

/// A symbolic value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Expr {
    /// A number.
    Const(i64),
    /// A parameter's value at entry.
    Parameter(u32),
    /// A value nothing is known of, told apart by where it comes from.
    Opaque(Origin),
    /// The address of a function.
    Function(Symbol),
    /// The address of a variable with static storage.
    Global(Symbol),
    /// The address of a local variable.
    LocalAddress(LocalId),
    /// The address of a field of the object at an address.
    FieldAddress(ExprId, FieldId),
    /// The address of some element of the array at an address.
    ElementAddress(ExprId),
    /// What is stored at an address.
    Load(ExprId),
    /// `op a`
    Unary(UnaryOp, ExprId),
    /// `a op b`
    Binary(BinaryOp, ExprId, ExprId),
    /// `cond ? a : b`
    Select(ExprId, ExprId, ExprId),
    /// A build option that the raw-nesting verdict sets otherwise than the configuration.
    Option(NameId, i64),
}

/// Where an unknown value comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// Computed by a statement (block, index in the block, which of its values).
    Statement(u32, u32, u32),
    /// A place that holds different values on the paths that meet at a point (block, index in the
    /// block; [`Origin::BLOCK_START`] for the start of the block).
    Join(u32, u32, ExprId),
    /// A value of a callee, seen from a call (block, index in the block, the callee's value).
    Callee(u32, u32, u32),
    /// An expression that is too large to be looked into.
    Large(ExprId),
}

impl Origin {
    /// The index of the point before the first statement.
    pub(crate) const BLOCK_START: u32 = u32::MAX;
}

/// Expressions beyond this many nodes (each occurrence counted) are taken as unknown values: real
/// conditions are smaller, and loops and hash functions would grow them without end.
const MAX_SIZE: u8 = 48;

/// The expressions of one function.
#[derive(Default, Clone, Serialize, Deserialize)]
pub(crate) struct Exprs {
    nodes: Vec<Expr>,
    /// The number of nodes of each expression, counted as a tree.
    sizes: Vec<u8>,
    #[serde(skip)]
    ids: FxHashMap<Expr, ExprId>,
}

impl Exprs {
    pub(crate) fn get(&self, id: ExprId) -> Expr {
        self.nodes[id.0 as usize]
    }

    /// The expression as it is, without simplification.
    pub(crate) fn intern(&mut self, expr: Expr) -> ExprId {
        let size = |id: ExprId| self.sizes[id.0 as usize];
        let size = 1 + match expr {
            Expr::FieldAddress(a, _)
            | Expr::ElementAddress(a)
            | Expr::Load(a)
            | Expr::Unary(_, a) => size(a),
            Expr::Binary(_, a, b) => size(a) + size(b),
            Expr::Select(c, a, b) => size(c) + size(a) + size(b),
            _ => 0,
        };
        let id = self.insert(expr, size);
        if size <= MAX_SIZE {
            id
        } else {
            self.insert(Expr::Opaque(Origin::Large(id)), 1)
        }
    }

    /// Keeps no more memory than reading takes; adding makes the index anew.
    pub(crate) fn seal(&mut self) {
        self.ids = FxHashMap::default();
        self.nodes.shrink_to_fit();
        self.sizes.shrink_to_fit();
    }

    fn insert(&mut self, expr: Expr, size: u8) -> ExprId {
        let Self { nodes, sizes, ids } = self;
        if ids.len() < nodes.len() {
            let known = nodes.iter().zip(0..).map(|(expr, id)| (*expr, ExprId(id)));
            *ids = known.collect();
        }
        *ids.entry(expr).or_insert_with(|| {
            nodes.push(expr);
            sizes.push(size);
            ExprId(u32::try_from(nodes.len() - 1).expect("fewer than 2^32 expressions"))
        })
    }

    /// The number of nodes of an expression, each occurrence counted.
    pub(crate) fn size(&self, id: ExprId) -> u8 {
        self.sizes[id.0 as usize]
    }

    pub(crate) fn constant(&mut self, value: i64) -> ExprId {
        self.intern(Expr::Const(value))
    }

    pub(crate) fn as_const(&self, id: ExprId) -> Option<i64> {
        match self.get(id) {
            Expr::Const(value) => Some(value),
            _ => None,
        }
    }

    /// What is certainly an address of an object, and so not null.
    pub(crate) fn is_object_address(&self, id: ExprId) -> bool {
        match self.get(id) {
            // The address of a first field would be null where the pointer is; code that takes
            // it has an object in its hands.
            Expr::Function(_)
            | Expr::Global(_)
            | Expr::LocalAddress(_)
            | Expr::FieldAddress(..) => true,
            Expr::ElementAddress(base) => self.is_object_address(base),
            _ => false,
        }
    }

    pub(crate) fn unary(&mut self, op: UnaryOp, a: ExprId) -> ExprId {
        if let Some(value) = self.as_const(a) {
            return self.constant(match op {
                UnaryOp::Not => i64::from(value == 0),
                UnaryOp::BitNot => !value,
                UnaryOp::Neg => value.wrapping_neg(),
            });
        }
        if op == UnaryOp::Not {
            if self.is_object_address(a) {
                return self.constant(0);
            }
            match self.get(a) {
                // `!!(a == b)` is `a == b`.
                Expr::Unary(UnaryOp::Not, b) if self.is_boolean(b) => return b,
                Expr::Binary(BinaryOp::Eq, x, y) => {
                    return self.intern(Expr::Binary(BinaryOp::Ne, x, y));
                }
                Expr::Binary(BinaryOp::Ne, x, y) => {
                    return self.intern(Expr::Binary(BinaryOp::Eq, x, y));
                }
                _ => {}
            }
        }
        self.intern(Expr::Unary(op, a))
    }

    fn is_boolean(&self, id: ExprId) -> bool {
        match self.get(id) {
            Expr::Const(value) => value == 0 || value == 1,
            Expr::Unary(UnaryOp::Not, _) | Expr::Option(..) => true,
            Expr::Binary(op, ..) => matches!(
                op,
                BinaryOp::Eq
                    | BinaryOp::Ne
                    | BinaryOp::Lt
                    | BinaryOp::Le
                    | BinaryOp::LogicalAnd
                    | BinaryOp::LogicalOr
            ),
            _ => false,
        }
    }

    pub(crate) fn binary(&mut self, op: BinaryOp, a: ExprId, b: ExprId) -> ExprId {
        // Constants of commutative operators stand on the right.
        let commutes = matches!(
            op,
            BinaryOp::And
                | BinaryOp::Or
                | BinaryOp::Xor
                | BinaryOp::Add
                | BinaryOp::Eq
                | BinaryOp::Ne
        );
        let (a, b) = if commutes && self.as_const(a).is_some() {
            (b, a)
        } else {
            (a, b)
        };
        if let (Some(x), Some(y)) = (self.as_const(a), self.as_const(b))
            && let Some(value) = fold(op, x, y)
        {
            return self.constant(value);
        }
        match (op, self.as_const(b)) {
            (BinaryOp::And, Some(mask)) => return self.mask(a, mask),
            (BinaryOp::Or | BinaryOp::Xor | BinaryOp::Add | BinaryOp::Sub, Some(0))
            | (BinaryOp::Shl | BinaryOp::Shr, Some(0)) => return a,
            (BinaryOp::Ne, Some(0)) if self.is_boolean(a) => return a,
            (BinaryOp::Eq, Some(0)) => return self.unary(UnaryOp::Not, a),
            (BinaryOp::Ne, Some(0)) if self.is_object_address(a) => return self.constant(1),
            (BinaryOp::LogicalAnd, Some(0)) => return self.constant(0),
            (BinaryOp::LogicalAnd, Some(_)) | (BinaryOp::LogicalOr, Some(0)) => {
                let zero = self.constant(0);
                return self.binary(BinaryOp::Ne, a, zero);
            }
            (BinaryOp::LogicalOr, Some(_)) => return self.constant(1),
            _ => {}
        }
        match (op, self.as_const(a)) {
            (BinaryOp::LogicalAnd, Some(0)) => return self.constant(0),
            (BinaryOp::LogicalOr, Some(value)) if value != 0 => return self.constant(1),
            (BinaryOp::LogicalAnd | BinaryOp::LogicalOr, Some(_)) => {
                let zero = self.constant(0);
                return self.binary(BinaryOp::Ne, b, zero);
            }
            _ => {}
        }
        if a == b {
            match op {
                BinaryOp::Eq | BinaryOp::Le => return self.constant(1),
                BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Xor | BinaryOp::Sub => {
                    return self.constant(0);
                }
                BinaryOp::And | BinaryOp::Or => return a,
                _ => {}
            }
        }
        self.intern(Expr::Binary(op, a, b))
    }

    /// `a & mask`, with the mask pushed inwards so that equal questions about flags get one id.
    fn mask(&mut self, a: ExprId, mask: i64) -> ExprId {
        if mask == 0 {
            return self.constant(0);
        }
        if mask == -1 {
            return a;
        }
        match self.get(a) {
            Expr::Const(value) => return self.constant(value & mask),
            Expr::Binary(BinaryOp::And, x, y) => {
                if let Some(inner) = self.as_const(y) {
                    return self.mask(x, mask & inner);
                }
            }
            Expr::Binary(BinaryOp::Or, x, y) => {
                let x = self.mask(x, mask);
                let y = self.mask(y, mask);
                return self.binary(BinaryOp::Or, x, y);
            }
            Expr::Select(cond, x, y) => {
                let x = self.mask(x, mask);
                let y = self.mask(y, mask);
                return self.select(cond, x, y);
            }
            _ => {}
        }
        let mask = self.constant(mask);
        self.intern(Expr::Binary(BinaryOp::And, a, mask))
    }

    pub(crate) fn select(&mut self, cond: ExprId, a: ExprId, b: ExprId) -> ExprId {
        if a == b {
            return a;
        }
        match self.as_const(cond) {
            Some(0) => b,
            Some(_) => a,
            None => self.intern(Expr::Select(cond, a, b)),
        }
    }

    /// Whether every leaf of `id` fulfils `leaf`; loads count as leaves too.
    pub(crate) fn all_leaves(&self, id: ExprId, leaf: &dyn Fn(Expr) -> bool) -> bool {
        let expr = self.get(id);
        match expr {
            Expr::FieldAddress(a, _) | Expr::ElementAddress(a) | Expr::Unary(_, a) => {
                self.all_leaves(a, leaf)
            }
            Expr::Load(a) => leaf(expr) && self.all_leaves(a, leaf),
            Expr::Binary(_, a, b) => self.all_leaves(a, leaf) && self.all_leaves(b, leaf),
            Expr::Select(c, a, b) => {
                self.all_leaves(c, leaf) && self.all_leaves(a, leaf) && self.all_leaves(b, leaf)
            }
            _ => leaf(expr),
        }
    }

    /// Whether `part` occurs in `id`.
    pub(crate) fn mentions(&self, id: ExprId, part: ExprId) -> bool {
        if id == part {
            return true;
        }
        match self.get(id) {
            Expr::FieldAddress(a, _)
            | Expr::ElementAddress(a)
            | Expr::Load(a)
            | Expr::Unary(_, a) => self.mentions(a, part),
            Expr::Binary(_, a, b) => self.mentions(a, part) || self.mentions(b, part),
            Expr::Select(c, a, b) => {
                self.mentions(c, part) || self.mentions(a, part) || self.mentions(b, part)
            }
            _ => false,
        }
    }

    /// The same expression in `target`.
    pub(crate) fn copy(&self, id: ExprId, target: &mut Exprs) -> ExprId {
        self.translate(id, target, &mut |to, leaf| {
            Some(match leaf {
                Leaf::Parameter(index) => to.intern(Expr::Parameter(index)),
                Leaf::Opaque(id) | Leaf::Local(id) => to.intern(self.get(id)),
                Leaf::Load(address) => to.intern(Expr::Load(address)),
            })
        })
        .expect("every leaf has a translation")
    }

    /// The same expression in `target`, with `leaf` deciding what parameters, unknown values and
    /// loads become there (`None`: the node is rebuilt from its translated parts).
    pub(crate) fn translate(
        &self,
        id: ExprId,
        target: &mut Exprs,
        leaf: &mut dyn FnMut(&mut Exprs, Leaf) -> Option<ExprId>,
    ) -> Option<ExprId> {
        Some(match self.get(id) {
            Expr::Parameter(index) => leaf(target, Leaf::Parameter(index))?,
            Expr::Opaque(_) => leaf(target, Leaf::Opaque(id))?,
            Expr::LocalAddress(_) => leaf(target, Leaf::Local(id))?,
            Expr::Load(address) => {
                let address = self.translate(address, target, leaf)?;
                leaf(target, Leaf::Load(address))?
            }
            Expr::FieldAddress(base, field) => {
                let base = self.translate(base, target, leaf)?;
                target.intern(Expr::FieldAddress(base, field))
            }
            Expr::ElementAddress(base) => {
                let base = self.translate(base, target, leaf)?;
                target.intern(Expr::ElementAddress(base))
            }
            Expr::Unary(op, a) => {
                let a = self.translate(a, target, leaf)?;
                target.unary(op, a)
            }
            Expr::Binary(op, a, b) => {
                let a = self.translate(a, target, leaf)?;
                let b = self.translate(b, target, leaf)?;
                target.binary(op, a, b)
            }
            Expr::Select(cond, a, b) => {
                let cond = self.translate(cond, target, leaf)?;
                let a = self.translate(a, target, leaf)?;
                let b = self.translate(b, target, leaf)?;
                target.select(cond, a, b)
            }
            whole @ (Expr::Const(_) | Expr::Function(_) | Expr::Global(_) | Expr::Option(..)) => {
                target.intern(whole)
            }
        })
    }
}

/// What a translation has to decide.
#[derive(Clone, Copy)]
pub(crate) enum Leaf {
    /// A parameter of the source function.
    Parameter(u32),
    /// An unknown value of the source function.
    Opaque(ExprId),
    /// The address of a local variable of the source function.
    Local(ExprId),
    /// What is stored at an (already translated) address.
    Load(ExprId),
}

fn fold(op: BinaryOp, x: i64, y: i64) -> Option<i64> {
    Some(match op {
        BinaryOp::And => x & y,
        BinaryOp::Or => x | y,
        BinaryOp::Xor => x ^ y,
        BinaryOp::Add => x.wrapping_add(y),
        BinaryOp::Sub => x.wrapping_sub(y),
        BinaryOp::Shl => x.checked_shl(u32::try_from(y).ok()?)?,
        BinaryOp::Shr => x.checked_shr(u32::try_from(y).ok()?)?,
        BinaryOp::Eq => i64::from(x == y),
        BinaryOp::Ne => i64::from(x != y),
        BinaryOp::Lt => i64::from(less(x, y)),
        BinaryOp::Le => i64::from(x == y || less(x, y)),
        BinaryOp::LogicalAnd => i64::from(x != 0 && y != 0),
        BinaryOp::LogicalOr => i64::from(x != 0 || y != 0),
    })
}

/// The highest error number that a pointer can carry (`MAX_ERRNO`, `include/linux/err.h`).
pub(crate) const MAX_ERROR: i64 = 4095;

/// `x < y`. The model does not say which comparisons are unsigned; the limit of error
/// pointers on the left is compared as an address, which is what `IS_ERR()` comes down to.
fn less(x: i64, y: i64) -> bool {
    if x == -MAX_ERROR && y >= 0 {
        return false; // as an address, an error value is above every object
    }
    x < y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_pushed_inwards() {
        let mut exprs = Exprs::default();
        let flags = exprs.intern(Expr::Parameter(0));
        let not_reclaim = exprs.constant(!0x400);
        let cleared = exprs.binary(BinaryOp::And, flags, not_reclaim);
        let bit = exprs.constant(0x400);
        let asked = exprs.binary(BinaryOp::And, cleared, bit);
        assert_eq!(exprs.as_const(asked), Some(0));

        let zero_bit = exprs.constant(0x100);
        let with_zero = exprs.binary(BinaryOp::Or, flags, zero_bit);
        let asked = exprs.binary(BinaryOp::And, with_zero, bit);
        let direct = exprs.binary(BinaryOp::And, flags, bit);
        assert_eq!(asked, direct);
    }

    #[test]
    fn error_pointers_are_above_objects() {
        let mut exprs = Exprs::default();
        let limit = exprs.constant(-MAX_ERROR);
        let null = exprs.constant(0);
        let is_err = exprs.binary(BinaryOp::Le, limit, null);
        assert_eq!(exprs.as_const(is_err), Some(0));
        let error = exprs.constant(-12);
        let is_err = exprs.binary(BinaryOp::Le, limit, error);
        assert_eq!(exprs.as_const(is_err), Some(1));
    }
}
