// SPDX-License-Identifier: MIT OR Apache-2.0
//! Vectors.

use super::*;

pub struct Vec<T, A: Allocator> {
    ptr: NonNull<T>,
    cap: usize,
    len: usize,
    _p: PhantomData<A>,
}

pub type KVec<T> = Vec<T, super::allocator::Kmalloc>;

impl<T, A: Allocator> Vec<T, A> {
    pub const fn new() -> Self {
        Self {
            ptr: NonNull::dangling(),
            cap: 0,
            len: 0,
            _p: PhantomData,
        }
    }

    pub fn with_capacity(capacity: usize, flags: Flags) -> Result<Self, AllocError> {
        let mut v = Vec::new();
        v.reserve(capacity, flags)?;
        Ok(v)
    }

    pub fn reserve(&mut self, additional: usize, flags: Flags) -> Result<(), AllocError> {
        if self.cap - self.len >= additional {
            return Ok(());
        }
        let layout = Layout::new::<T>();
        let ptr = unsafe { A::realloc(Some(self.ptr.cast()), layout, layout, flags)? };
        self.ptr = ptr.cast();
        self.cap = self.len + additional;
        Ok(())
    }

    pub fn push(&mut self, v: T, flags: Flags) -> Result<(), AllocError> {
        self.reserve(1, flags)?;
        unsafe { self.ptr.as_ptr().add(self.len).write(v) };
        self.len += 1;
        Ok(())
    }
}

impl<T, A: Allocator> Drop for Vec<T, A> {
    fn drop(&mut self) {
        unsafe { core::ptr::drop_in_place(&mut *self.ptr.as_ptr()) };
        if self.cap != 0 {
            unsafe { A::free(self.ptr.cast(), Layout::new::<T>()) };
        }
    }
}
