// SPDX-License-Identifier: MIT OR Apache-2.0
//! The language's library as far as calls, types and drops depend on it. Only what is generic over
//! code that belongs to a program matters: closures that are called, values that are dropped.

pub mod cell;
pub mod cmp;
pub mod iter;
pub mod num;
pub mod ops;
pub mod option;
pub mod pin;
pub mod ptr;
pub mod result;
pub mod slice;
mod text;

pub mod prelude {
    pub use super::*;
    pub use crate::clone::Clone;
    pub use crate::cmp::{Eq, Ord, PartialEq, PartialOrd};
    pub use crate::convert::{AsMut, AsRef, From, Into, TryFrom, TryInto};
    pub use crate::default::Default;
    pub use crate::iter::{DoubleEndedIterator, Extend, IntoIterator, Iterator};
    pub use crate::marker::{Copy, Send, Sized, Sync, Unpin};
    pub use crate::mem::drop;
    pub use crate::ops::{Drop, Fn, FnMut, FnOnce};
    pub use crate::option::Option;
    pub use crate::option::Option::{None, Some};
    pub use crate::result::Result;
    pub use crate::result::Result::{Err, Ok};
    pub mod v1 {
        pub use super::*;
    }
    pub mod rust_2021 {
        pub use super::*;
    }
}

pub mod str {
    pub use crate::text::{from_utf8, from_utf8_unchecked, Utf8Error};
    pub trait FromStr: Sized {
        type Err;
        fn from_str(s: &str) -> Result<Self, Self::Err>;
    }
}

pub mod ffi {
    pub use crate::text::{CStr, FromBytesWithNulError};
    #[repr(u8)]
    pub enum c_void {
        A,
        B,
    }
    pub type c_char = u8;
    pub type c_schar = i8;
    pub type c_uchar = u8;
    pub type c_short = i16;
    pub type c_ushort = u16;
    pub type c_int = i32;
    pub type c_uint = u32;
    pub type c_long = isize;
    pub type c_ulong = usize;
    pub type c_longlong = i64;
    pub type c_ulonglong = u64;
}

pub mod fmt {
    pub use crate::text::{
        Arguments, Binary, Debug, DebugStruct, Display, Error, Formatter, LowerHex, Pointer,
        Result, UpperHex, Write,
    };
}

pub mod clone {
    pub trait Clone: Sized {
        fn clone(&self) -> Self;
        fn clone_from(&mut self, source: &Self) {
            *self = source.clone();
        }
    }
}

pub mod default {
    pub trait Default: Sized {
        fn default() -> Self;
    }
}

pub mod hash {
    pub trait Hash {
        fn hash<H: Hasher>(&self, state: &mut H);
    }
    pub trait Hasher {
        fn finish(&self) -> u64;
    }
}

pub mod any {
    pub trait Any {}
    pub fn type_name<T: ?Sized>() -> &'static str {
        ""
    }
}

pub mod alloc {
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Layout {
        size: usize,
        align: usize,
    }
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub struct LayoutError;
    impl Layout {
        pub const fn new<T>() -> Self {
            Layout { size: 8, align: 8 }
        }
        pub const fn array<T>(n: usize) -> Result<Self, LayoutError> {
            if n > 0 {
                Ok(Layout { size: n, align: 8 })
            } else {
                Err(LayoutError)
            }
        }
        pub const fn for_value<T: ?Sized>(t: &T) -> Self {
            Layout { size: 8, align: 8 }
        }
        pub const unsafe fn from_size_align_unchecked(size: usize, align: usize) -> Self {
            Layout { size, align }
        }
        pub const fn from_size_align(size: usize, align: usize) -> Result<Self, LayoutError> {
            if align > 0 {
                Ok(Layout { size, align })
            } else {
                Err(LayoutError)
            }
        }
        pub const fn size(&self) -> usize {
            self.size
        }
        pub const fn align(&self) -> usize {
            self.align
        }
        pub fn pad_to_align(&self) -> Self {
            *self
        }
        pub fn extend(&self, next: Self) -> Result<(Self, usize), LayoutError> {
            if next.size > 0 {
                Ok((*self, 8))
            } else {
                Err(LayoutError)
            }
        }
    }
    pub struct GlobalAlloc;
}

pub mod marker {
    pub trait Sized {}
    pub trait Send {}
    pub trait Sync {}
    pub trait Copy: Clone {}
    pub trait Unpin {}
    pub trait Unsize<T: ?Sized> {}
    #[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
    pub struct PhantomData<T: ?Sized>;
    #[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
    pub struct PhantomPinned;
}

pub mod convert {
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Infallible {}
    pub trait From<T>: Sized {
        fn from(value: T) -> Self;
    }
    pub trait Into<T>: Sized {
        fn into(self) -> T;
    }
    impl<T, U: From<T>> Into<U> for T {
        fn into(self) -> U {
            U::from(self)
        }
    }
    impl<T> From<T> for T {
        fn from(value: T) -> T {
            value
        }
    }
    pub trait TryFrom<T>: Sized {
        type Error;
        fn try_from(value: T) -> Result<Self, Self::Error>;
    }
    pub trait TryInto<T>: Sized {
        type Error;
        fn try_into(self) -> Result<T, Self::Error>;
    }
    impl<T, U: TryFrom<T>> TryInto<U> for T {
        type Error = U::Error;
        fn try_into(self) -> Result<U, U::Error> {
            U::try_from(self)
        }
    }
    pub trait AsRef<T: ?Sized> {
        fn as_ref(&self) -> &T;
    }
    pub trait AsMut<T: ?Sized> {
        fn as_mut(&mut self) -> &mut T;
    }
    pub fn identity<T>(x: T) -> T {
        x
    }
}

pub mod mem {
    pub use crate::cell::{ManuallyDrop, MaybeUninit};
    pub fn drop<T>(_x: T) {}
    pub fn forget<T>(t: T) {
        let _ = ManuallyDrop::new(t);
    }
    pub fn replace<T>(dest: &mut T, src: T) -> T {
        let old = unsafe { crate::ptr::read(dest) };
        unsafe { crate::ptr::write(dest, src) };
        old
    }
    pub fn take<T: Default>(dest: &mut T) -> T {
        replace(dest, T::default())
    }
    pub fn swap<T>(x: &mut T, y: &mut T) {
        let a = unsafe { crate::ptr::read(x) };
        let b = unsafe { crate::ptr::read(y) };
        unsafe { crate::ptr::write(x, b) };
        unsafe { crate::ptr::write(y, a) };
    }
    pub const fn size_of<T>() -> usize {
        8
    }
    pub const fn size_of_val<T: ?Sized>(val: &T) -> usize {
        8
    }
    pub const fn align_of<T>() -> usize {
        8
    }
    pub const fn needs_drop<T: ?Sized>() -> bool {
        true
    }
    pub unsafe fn transmute<T, U>(t: T) -> U {
        let p = &t as *const T as *const U;
        forget(t);
        crate::ptr::read(p)
    }
    pub unsafe fn transmute_copy<T, U>(t: &T) -> U {
        crate::ptr::read(t as *const T as *const U)
    }
    pub unsafe fn zeroed<T>() -> T {
        MaybeUninit::zeroed().assume_init()
    }
}

pub mod hint {
    pub const unsafe fn unreachable_unchecked() -> ! {
        loop {}
    }
    pub fn spin_loop() {}
    pub fn black_box<T>(x: T) -> T {
        x
    }
}

pub mod sync {
    pub mod atomic {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Ordering {
            Relaxed,
            Release,
            Acquire,
            AcqRel,
            SeqCst,
        }
        macro_rules! atomic {
            ($($name:ident: $of:ty),*) => { $(
                pub struct $name {
                    value: $of,
                }
                impl $name {
                    pub const fn new(value: $of) -> Self {
                        $name { value }
                    }
                    pub fn load(&self, order: Ordering) -> $of {
                        self.value
                    }
                    pub fn store(&self, value: $of, order: Ordering) {}
                    pub fn swap(&self, value: $of, order: Ordering) -> $of {
                        self.value
                    }
                    pub fn fetch_add(&self, value: $of, order: Ordering) -> $of {
                        self.value
                    }
                    pub fn fetch_sub(&self, value: $of, order: Ordering) -> $of {
                        self.value
                    }
                    pub fn fetch_or(&self, value: $of, order: Ordering) -> $of {
                        self.value
                    }
                    pub fn fetch_and(&self, value: $of, order: Ordering) -> $of {
                        self.value
                    }
                    pub fn fetch_update<F: FnMut($of) -> Option<$of>>(
                        &self, x: Ordering, y: Ordering, f: F,
                    ) -> Result<$of, $of> {
                        match f(self.value) { Some(new) => Ok(new), None => Err(self.value) }
                    }
                    pub fn compare_exchange(
                        &self, a: $of, b: $of, x: Ordering, y: Ordering,
                    ) -> Result<$of, $of> {
                        if self.value == a { Ok(b) } else { Err(a) }
                    }
                }
            )* };
        }
        atomic!(AtomicBool: bool, AtomicU8: u8, AtomicU16: u16, AtomicU32: u32, AtomicU64: u64,
                AtomicUsize: usize, AtomicI32: i32, AtomicI64: i64, AtomicIsize: isize);
        pub struct AtomicPtr<T> {
            value: *mut T,
        }
        impl<T> AtomicPtr<T> {
            pub const fn new(value: *mut T) -> Self {
                AtomicPtr { value }
            }
            pub fn load(&self, order: Ordering) -> *mut T {
                self.value
            }
            pub fn store(&self, value: *mut T, order: Ordering) {}
        }
    }
}

pub mod panic {
    pub struct PanicInfo;
    pub struct Location;
}

pub mod task {
    use crate::pin::Pin;
    pub enum Poll<T> {
        Ready(T),
        Pending,
    }
    pub struct RawWakerVTable {
        pub clone: unsafe fn(*const ()) -> RawWaker,
        pub wake: unsafe fn(*const ()),
        pub wake_by_ref: unsafe fn(*const ()),
        pub drop: unsafe fn(*const ()),
    }
    impl RawWakerVTable {
        pub const fn new(
            clone: unsafe fn(*const ()) -> RawWaker,
            wake: unsafe fn(*const ()),
            wake_by_ref: unsafe fn(*const ()),
            drop: unsafe fn(*const ()),
        ) -> Self {
            RawWakerVTable { clone, wake, wake_by_ref, drop }
        }
    }
    pub struct RawWaker {
        data: *const (),
        vtable: &'static RawWakerVTable,
    }
    impl RawWaker {
        pub const fn new(data: *const (), vtable: &'static RawWakerVTable) -> Self {
            RawWaker { data, vtable }
        }
    }
    pub struct Waker {
        waker: RawWaker,
    }
    impl Waker {
        pub unsafe fn from_raw(waker: RawWaker) -> Self {
            Waker { waker }
        }
        pub fn wake(self) {
            let wake = self.waker.vtable.wake;
            let data = self.waker.data;
            crate::mem::forget(self);
            wake(data);
        }
        pub fn wake_by_ref(&self) {
            (self.waker.vtable.wake_by_ref)(self.waker.data);
        }
    }
    impl Clone for Waker {
        fn clone(&self) -> Self {
            Waker { waker: (self.waker.vtable.clone)(self.waker.data) }
        }
    }
    impl Drop for Waker {
        fn drop(&mut self) {
            (self.waker.vtable.drop)(self.waker.data);
        }
    }
    pub struct Context<'a> {
        waker: &'a Waker,
    }
    impl<'a> Context<'a> {
        pub fn from_waker(waker: &'a Waker) -> Self {
            Context { waker }
        }
        pub fn waker(&self) -> &'a Waker {
            self.waker
        }
    }
}

pub mod future {
    use crate::pin::Pin;
    use crate::task::{Context, Poll};
    pub trait Future {
        type Output;
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output>;
    }
}
