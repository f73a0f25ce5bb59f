// SPDX-License-Identifier: MIT OR Apache-2.0
//! Comparisons.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ordering {
    Less = -1,
    Equal = 0,
    Greater = 1,
}

impl Ordering {
    pub fn then(self, other: Ordering) -> Ordering {
        match self {
            Ordering::Equal => other,
            _ => self,
        }
    }
    pub fn reverse(self) -> Ordering {
        match self {
            Ordering::Less => Ordering::Greater,
            Ordering::Equal => Ordering::Equal,
            Ordering::Greater => Ordering::Less,
        }
    }
    pub fn is_lt(self) -> bool {
        self == Ordering::Less
    }
}

pub trait PartialEq<Rhs: ?Sized = Self> {
    fn eq(&self, other: &Rhs) -> bool;
}

pub trait Eq: PartialEq<Self> {}

pub trait PartialOrd<Rhs: ?Sized = Self>: PartialEq<Rhs> {
    fn partial_cmp(&self, other: &Rhs) -> Option<Ordering>;
}

pub trait Ord: Eq + PartialOrd<Self> {
    fn cmp(&self, other: &Self) -> Ordering;
}

pub fn min<T>(a: T, b: T) -> T {
    if crate::num::either() {
        a
    } else {
        b
    }
}

pub fn max<T>(a: T, b: T) -> T {
    if crate::num::either() {
        a
    } else {
        b
    }
}
