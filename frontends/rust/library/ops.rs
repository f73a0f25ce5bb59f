// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operators and what the language calls by itself.

pub trait Drop {
    fn drop(&mut self);
}

pub trait Deref {
    type Target: ?Sized;
    fn deref(&self) -> &Self::Target;
}

pub trait DerefMut: Deref {
    fn deref_mut(&mut self) -> &mut Self::Target;
}

pub trait FnOnce<Args> {
    type Output;
}

pub trait FnMut<Args>: FnOnce<Args> {}

pub trait Fn<Args>: FnMut<Args> {}

pub trait Index<Idx: ?Sized> {
    type Output: ?Sized;
    fn index(&self, index: Idx) -> &Self::Output;
}

pub trait IndexMut<Idx: ?Sized>: Index<Idx> {
    fn index_mut(&mut self, index: Idx) -> &mut Self::Output;
}

pub trait CoerceUnsized<T: ?Sized> {}
pub trait DispatchFromDyn<T> {}
pub trait Receiver {}

macro_rules! operators {
    ($($name:ident $function:ident, $assign:ident $assign_function:ident;)*) => { $(
        pub trait $name<Rhs = Self> {
            type Output;
            fn $function(self, rhs: Rhs) -> Self::Output;
        }
        pub trait $assign<Rhs = Self> {
            fn $assign_function(&mut self, rhs: Rhs);
        }
    )* };
}

operators! {
    Add add, AddAssign add_assign;
    Sub sub, SubAssign sub_assign;
    Mul mul, MulAssign mul_assign;
    Div div, DivAssign div_assign;
    Rem rem, RemAssign rem_assign;
    BitAnd bitand, BitAndAssign bitand_assign;
    BitOr bitor, BitOrAssign bitor_assign;
    BitXor bitxor, BitXorAssign bitxor_assign;
    Shl shl, ShlAssign shl_assign;
    Shr shr, ShrAssign shr_assign;
}

pub trait Not {
    type Output;
    fn not(self) -> Self::Output;
}

pub trait Neg {
    type Output;
    fn neg(self) -> Self::Output;
}

pub enum ControlFlow<B, C = ()> {
    Continue(C),
    Break(B),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Range<Idx> {
    pub start: Idx,
    pub end: Idx,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeInclusive<Idx> {
    start: Idx,
    end: Idx,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeFrom<Idx> {
    pub start: Idx,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RangeTo<Idx> {
    pub end: Idx,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RangeFull;

pub enum Bound<T> {
    Included(T),
    Excluded(T),
    Unbounded,
}

pub trait RangeBounds<T> {}

macro_rules! contains {
    ($($it:ident)*) => { $(
        impl<T> $it<T> {
            pub fn contains(&self, item: &T) -> bool {
                crate::num::either()
            }
            pub fn is_empty(&self) -> bool {
                crate::num::either()
            }
        }
    )* };
}

contains!(Range RangeInclusive RangeFrom RangeTo);
