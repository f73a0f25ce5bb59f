// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types that are nothing but their content, with another rule for drops or aliases.

use crate::ops::{Deref, DerefMut};

#[repr(transparent)]
pub struct UnsafeCell<T: ?Sized> {
    value: T,
}

impl<T> UnsafeCell<T> {
    pub const fn new(value: T) -> Self {
        UnsafeCell { value }
    }
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    pub const fn get(&self) -> *mut T {
        &self.value as *mut T
    }
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }
    pub const fn raw_get(this: *const Self) -> *mut T {
        this as *mut T
    }
}

#[repr(transparent)]
pub struct SyncUnsafeCell<T: ?Sized> {
    value: T,
}

impl<T: ?Sized> SyncUnsafeCell<T> {
    pub const fn get(&self) -> *mut T {
        &self.value as *mut T
    }
}

#[repr(transparent)]
pub struct Cell<T: ?Sized> {
    value: T,
}

impl<T> Cell<T> {
    pub const fn new(value: T) -> Self {
        Cell { value }
    }
    pub fn set(&self, value: T) {
        self.replace(value);
    }
    pub fn replace(&self, value: T) -> T {
        let p = &self.value as *mut T;
        unsafe {
            let old = crate::ptr::read(p);
            crate::ptr::write(p, value);
            old
        }
    }
    pub fn get(&self) -> T {
        unsafe { crate::ptr::read(&self.value) }
    }
}

#[repr(transparent)]
#[never_drops]
pub struct ManuallyDrop<T: ?Sized> {
    value: T,
}

impl<T> ManuallyDrop<T> {
    pub const fn new(value: T) -> Self {
        ManuallyDrop { value }
    }
    pub const fn into_inner(slot: Self) -> T {
        slot.value
    }
    pub unsafe fn take(slot: &mut Self) -> T {
        crate::ptr::read(&slot.value)
    }
}

impl<T: ?Sized> ManuallyDrop<T> {
    pub unsafe fn drop(slot: &mut Self) {
        crate::ptr::drop_in_place(&mut slot.value)
    }
}

impl<T: ?Sized> Deref for ManuallyDrop<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for ManuallyDrop<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

#[repr(transparent)]
#[never_drops]
pub struct MaybeUninit<T> {
    value: T,
}

impl<T> MaybeUninit<T> {
    pub const fn new(value: T) -> Self {
        MaybeUninit { value }
    }
    pub const fn uninit() -> Self {
        let p: *const Self = crate::ptr::null();
        unsafe { crate::ptr::read(p) }
    }
    pub const fn zeroed() -> Self {
        let p: *const Self = crate::ptr::null();
        unsafe { crate::ptr::read(p) }
    }
    pub fn write(&mut self, value: T) -> &mut T {
        unsafe { crate::ptr::write(&mut self.value, value) };
        &mut self.value
    }
    pub const fn as_ptr(&self) -> *const T {
        &self.value as *const T
    }
    pub fn as_mut_ptr(&mut self) -> *mut T {
        &mut self.value as *mut T
    }
    pub const unsafe fn assume_init(self) -> T {
        self.value
    }
    pub const unsafe fn assume_init_ref(&self) -> &T {
        &self.value
    }
    pub unsafe fn assume_init_mut(&mut self) -> &mut T {
        &mut self.value
    }
    pub unsafe fn assume_init_drop(&mut self) {
        crate::ptr::drop_in_place(&mut self.value)
    }
    pub unsafe fn assume_init_read(&self) -> T {
        crate::ptr::read(&self.value)
    }
}
