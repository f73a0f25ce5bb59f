// SPDX-License-Identifier: MIT OR Apache-2.0
//! Boxes.

use super::*;
use crate::init::{InPlaceInit, PinInit};

#[repr(transparent)]
pub struct Box<T: ?Sized, A: Allocator>(NonNull<T>, PhantomData<A>);

pub type KBox<T> = Box<T, super::allocator::Kmalloc>;
pub type VBox<T> = Box<T, super::allocator::Vmalloc>;
pub type KVBox<T> = Box<T, super::allocator::KVmalloc>;

impl<T: ?Sized, A: Allocator> Box<T, A> {
    pub const unsafe fn from_raw(raw: *mut T) -> Self {
        Self(unsafe { NonNull::new_unchecked(raw) }, PhantomData)
    }

    pub fn into_raw(b: Self) -> *mut T {
        ManuallyDrop::new(b).0.as_ptr()
    }

    pub fn leak<'a>(b: Self) -> &'a mut T {
        unsafe { &mut *Box::into_raw(b) }
    }
}

impl<T, A: Allocator> Box<MaybeUninit<T>, A> {
    pub unsafe fn assume_init(self) -> Box<T, A> {
        let raw = Self::into_raw(self);
        unsafe { Box::from_raw(raw.cast()) }
    }

    pub fn write(mut self, value: T) -> Box<T, A> {
        (*self).write(value);
        unsafe { self.assume_init() }
    }
}

impl<T, A: Allocator> Box<T, A> {
    pub fn new(x: T, flags: Flags) -> Result<Self, AllocError> {
        let b = Self::new_uninit(flags)?;
        Ok(Box::write(b, x))
    }

    pub fn new_uninit(flags: Flags) -> Result<Box<MaybeUninit<T>, A>, AllocError> {
        let ptr = A::alloc(Layout::new::<MaybeUninit<T>>(), flags)?;
        Ok(Box(ptr.cast(), PhantomData))
    }

    pub fn pin(x: T, flags: Flags) -> Result<Pin<Box<T, A>>, AllocError> {
        Ok(Self::new(x, flags)?.into())
    }
}

impl<T: ?Sized, A: Allocator> From<Box<T, A>> for Pin<Box<T, A>> {
    fn from(b: Box<T, A>) -> Self {
        unsafe { Pin::new_unchecked(b) }
    }
}

impl<T, A: Allocator> InPlaceInit<T> for Box<T, A> {
    type PinnedSelf = Pin<Self>;

    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Pin<Self>, E>
    where
        E: From<AllocError>,
    {
        let mut b = Box::<_, A>::new_uninit(flags)?;
        let slot = b.as_mut_ptr();
        unsafe { init.__pinned_init(slot)? };
        Ok(unsafe { Box::assume_init(b) }.into())
    }
}

impl<T: ?Sized, A: Allocator> Deref for Box<T, A> {
    type Target = T;
    fn deref(&self) -> &T {
        unsafe { self.0.as_ref() }
    }
}

impl<T: ?Sized, A: Allocator> DerefMut for Box<T, A> {
    fn deref_mut(&mut self) -> &mut T {
        unsafe { self.0.as_mut() }
    }
}

impl<T: ?Sized, A: Allocator> Drop for Box<T, A> {
    fn drop(&mut self) {
        let layout = Layout::for_value::<T>(self);
        unsafe { core::ptr::drop_in_place::<T>(self.deref_mut()) };
        unsafe { A::free(self.0.cast(), layout) };
    }
}
