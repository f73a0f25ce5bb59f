// SPDX-License-Identifier: MIT OR Apache-2.0
//! Allocation: flags, allocators, boxes, vectors.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::ptr::NonNull;

pub mod allocator;
pub mod kbox;
pub mod kvec;

pub use self::kbox::{Box, KBox, KVBox, VBox};
pub use self::kvec::{KVec, Vec};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AllocError;

#[derive(Clone, Copy, PartialEq)]
pub struct Flags(u32);

impl core::ops::BitOr for Flags {
    type Output = Self;
    fn bitor(self, rhs: Self) -> Self {
        Self(self.0 | rhs.0)
    }
}

impl core::ops::BitAnd for Flags {
    type Output = Self;
    fn bitand(self, rhs: Self) -> Self {
        Self(self.0 & rhs.0)
    }
}

pub mod flags {
    use super::Flags;

    pub const GFP_KERNEL: Flags = Flags(bindings::GFP_KERNEL);
    pub const GFP_ATOMIC: Flags = Flags(bindings::GFP_ATOMIC);
    pub const GFP_NOWAIT: Flags = Flags(bindings::GFP_NOWAIT);
    pub const __GFP_ZERO: Flags = Flags(bindings::__GFP_ZERO);
}

pub unsafe trait Allocator {
    fn alloc(layout: Layout, flags: Flags) -> Result<NonNull<[u8]>, AllocError> {
        unsafe { Self::realloc(None, layout, Layout::new::<()>(), flags) }
    }

    unsafe fn realloc(
        ptr: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<[u8]>, AllocError>;

    unsafe fn free(ptr: NonNull<u8>, layout: Layout) {
        let _ = unsafe { Self::realloc(Some(ptr), Layout::new::<()>(), layout, Flags(0)) };
    }
}
