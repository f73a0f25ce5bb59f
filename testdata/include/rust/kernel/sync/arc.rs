// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reference counts.

use crate::alloc::{AllocError, Flags, KBox};
use crate::types::Opaque;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

pub struct Arc<T: ?Sized> {
    ptr: NonNull<ArcInner<T>>,
    _p: PhantomData<ArcInner<T>>,
}

struct ArcInner<T: ?Sized> {
    refcount: Opaque<bindings::refcount_t>,
    data: T,
}

impl<T> Arc<T> {
    pub fn new(contents: T, flags: Flags) -> Result<Self, AllocError> {
        let value = ArcInner {
            refcount: Opaque::uninit(),
            data: contents,
        };
        let inner = KBox::new(value, flags)?;
        Ok(unsafe { Self::from_inner(KBox::leak(inner).into()) })
    }
}

impl<T: ?Sized> Arc<T> {
    unsafe fn from_inner(inner: NonNull<ArcInner<T>>) -> Self {
        Arc {
            ptr: inner,
            _p: PhantomData,
        }
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;
    fn deref(&self) -> &T {
        unsafe { &self.ptr.as_ref().data }
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    fn clone(&self) -> Self {
        unsafe { bindings::refcount_inc(self.ptr.as_ref().refcount.get()) };
        unsafe { Self::from_inner(self.ptr) }
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        let refcount = unsafe { self.ptr.as_ref() }.refcount.get();
        let is_zero = unsafe { bindings::refcount_dec_and_test(refcount) };
        if is_zero {
            unsafe { drop(KBox::from_raw(self.ptr.as_ptr())) };
        }
    }
}

pub struct UniqueArc<T: ?Sized> {
    inner: Arc<T>,
}

impl<T> UniqueArc<T> {
    pub fn new(value: T, flags: Flags) -> Result<Self, AllocError> {
        Ok(Self {
            inner: Arc::new(value, flags)?,
        })
    }
}

impl<T: ?Sized> Deref for UniqueArc<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.inner.deref()
    }
}

impl<T: ?Sized> DerefMut for UniqueArc<T> {
    fn deref_mut(&mut self) -> &mut T {
        unsafe { &mut self.inner.ptr.as_mut().data }
    }
}
