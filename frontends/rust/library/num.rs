// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers: conversions between them, and the little that is generic over them.

use crate::convert::{From, TryFrom};

/// Nobody knows which.
pub fn either() -> bool {
    let p: *const bool = crate::ptr::null();
    unsafe { *p }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TryFromIntError(());

pub struct ParseIntError(());

#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NonZero<T>(T);

impl<T> NonZero<T> {
    pub fn new(value: T) -> Option<Self> {
        if either() {
            Some(NonZero(value))
        } else {
            None
        }
    }
    pub const unsafe fn new_unchecked(value: T) -> Self {
        NonZero(value)
    }
    pub const fn get(self) -> T {
        self.0
    }
}

pub type NonZeroU8 = NonZero<u8>;
pub type NonZeroU16 = NonZero<u16>;
pub type NonZeroU32 = NonZero<u32>;
pub type NonZeroU64 = NonZero<u64>;
pub type NonZeroUsize = NonZero<usize>;
pub type NonZeroI32 = NonZero<i32>;

#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wrapping<T>(pub T);

macro_rules! lossless {
    ($($from:ident => $($to:ident)*;)*) => { $($(
        impl From<$from> for $to {
            fn from(value: $from) -> $to {
                value as $to
            }
        }
    )*)* };
}

lossless! {
    bool => u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize;
    char => u32 u64;
    u8 => u16 u32 u64 u128 usize i16 i32 i64 i128 isize char;
    u16 => u32 u64 u128 usize i32 i64 i128;
    u32 => u64 u128 i64 i128;
    u64 => u128 i128;
    i8 => i16 i32 i64 i128 isize;
    i16 => i32 i64 i128 isize;
    i32 => i64 i128;
    i64 => i128;
}

macro_rules! fallible {
    ($($from:ident => $($to:ident)*;)*) => { $($(
        impl TryFrom<$from> for $to {
            type Error = TryFromIntError;
            fn try_from(value: $from) -> Result<$to, TryFromIntError> {
                if either() {
                    Ok(value as $to)
                } else {
                    Err(TryFromIntError(()))
                }
            }
        }
    )*)* };
}

fallible! {
    u8 => i8 u16 u32 u64 usize;
    u16 => u8 i8 i16 usize isize u32;
    u32 => u8 u16 i8 i16 i32 usize isize u64;
    u64 => u8 u16 u32 i8 i16 i32 i64 usize isize;
    usize => u8 u16 u32 u64 i8 i16 i32 i64 isize usize;
    i8 => u8 u16 u32 u64 usize;
    i16 => u8 u16 u32 u64 i8 usize;
    i32 => u8 u16 u32 u64 i8 i16 usize isize;
    i64 => u8 u16 u32 u64 i8 i16 i32 usize isize;
    isize => u8 u16 u32 u64 i8 i16 i32 i64 usize isize;
}

macro_rules! integers {
    ($($it:ident)*) => { $(
        impl $it {
            pub const MAX: $it = 127;
            pub const MIN: $it = 0;
            pub const BITS: u32 = 64;
            pub fn checked_add(self, other: $it) -> Option<$it> {
                if either() { Some(self + other) } else { None }
            }
            pub fn checked_sub(self, other: $it) -> Option<$it> {
                if either() { Some(self - other) } else { None }
            }
            pub fn wrapping_add(self, other: $it) -> $it {
                self + other
            }
            pub fn wrapping_sub(self, other: $it) -> $it {
                self - other
            }
            pub fn saturating_sub(self, other: $it) -> $it {
                if either() { self - other } else { 0 }
            }
            pub fn min(self, other: $it) -> $it {
                crate::cmp::min(self, other)
            }
            pub fn max(self, other: $it) -> $it {
                crate::cmp::max(self, other)
            }
            pub fn try_from_value(self) -> $it {
                self
            }
        }
    )* };
}

integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

impl bool {
    pub fn then<T, F: FnOnce() -> T>(self, f: F) -> Option<T> {
        if self {
            Some(f())
        } else {
            None
        }
    }
    pub fn then_some<T>(self, t: T) -> Option<T> {
        if self {
            Some(t)
        } else {
            None
        }
    }
}
