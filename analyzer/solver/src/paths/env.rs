// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known to be stored where.

use crate::expr::{Expr, ExprId, Exprs};
use crate::side_by_side::side_by_side;

/// Addresses and the values stored there, sorted by address.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Env {
    entries: Vec<(ExprId, ExprId)>,
}

/// How many stores to memory outside the function are remembered.
const MAX_MEMORY: usize = 32;

impl Env {
    pub(super) fn get(&self, address: ExprId) -> Option<ExprId> {
        self.entries
            .binary_search_by_key(&address, |&(address, _)| address)
            .ok()
            .map(|index| self.entries[index].1)
    }

    pub(super) fn set(&mut self, address: ExprId, value: ExprId) {
        match self
            .entries
            .binary_search_by_key(&address, |&(address, _)| address)
        {
            Ok(index) => self.entries[index].1 = value,
            Err(index) => self.entries.insert(index, (address, value)),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ExprId, ExprId)> + '_ {
        self.entries.iter().copied()
    }

    /// What two states lose of this when they are merged: at how many addresses they know different
    /// numbers, variables that say later on which way was taken, and at how many they know different
    /// values.
    pub(super) fn lost_with(&self, other: &Self, exprs: &Exprs) -> (usize, usize) {
        let number = |value: Option<ExprId>| value.and_then(|it| exprs.as_const(it));
        let (mut numbers, mut here, mut there) = (0, 0, 0);
        for (_, a, b) in side_by_side(&self.entries, &other.entries) {
            if a == b {
                continue;
            }
            here += usize::from(a.is_some());
            there += usize::from(b.is_some());
            let differ = number(a).zip(number(b)).is_some_and(|(a, b)| a != b);
            numbers += usize::from(differ);
        }
        (numbers, here.max(there))
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(ExprId) -> bool) {
        self.entries.retain(|&(address, _)| keep(address));
    }

    /// Forgets the oldest-named stores to memory beyond the limit.
    pub(super) fn bound_memory(&mut self, exprs: &Exprs) {
        let outside = |address| local_root(exprs, address).is_none();
        let count = self
            .entries
            .iter()
            .filter(|&&(address, _)| outside(address))
            .count();
        let mut surplus = count.saturating_sub(MAX_MEMORY);
        self.entries.retain(|&(address, _)| {
            let drop = surplus > 0 && outside(address);
            surplus -= usize::from(drop);
            !drop
        });
    }
}

/// The address of the local that `address` lies in, if it lies in one.
pub(super) fn local_root(exprs: &Exprs, address: ExprId) -> Option<ExprId> {
    match exprs.get(address) {
        Expr::LocalAddress(_) => Some(address),
        Expr::FieldAddress(base, _) | Expr::ElementAddress(base) => local_root(exprs, base),
        _ => None,
    }
}

/// Whether `address` is `prefix` or lies in the object there.
pub(super) fn lies_in(exprs: &Exprs, address: ExprId, prefix: ExprId) -> bool {
    address == prefix
        || match exprs.get(address) {
            Expr::FieldAddress(base, _) | Expr::ElementAddress(base) => {
                lies_in(exprs, base, prefix)
            }
            _ => false,
        }
}

/// `address`, which lies in the object at `from`, seen in the object at `to`.
pub(super) fn rebase(exprs: &mut Exprs, address: ExprId, from: ExprId, to: ExprId) -> ExprId {
    if address == from {
        return to;
    }
    match exprs.get(address) {
        Expr::FieldAddress(base, field) => {
            let base = rebase(exprs, base, from, to);
            exprs.intern(Expr::FieldAddress(base, field))
        }
        Expr::ElementAddress(base) => {
            let base = rebase(exprs, base, from, to);
            exprs.intern(Expr::ElementAddress(base))
        }
        _ => address,
    }
}
