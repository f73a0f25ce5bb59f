// SPDX-License-Identifier: MIT OR Apache-2.0
//! Helpers of the abstractions.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use crate::init::{self, PinInit};

/// An object of C.
#[repr(transparent)]
pub struct Opaque<T> {
    value: UnsafeCell<MaybeUninit<T>>,
    _pin: core::marker::PhantomPinned,
}

impl<T> Opaque<T> {
    pub const fn uninit() -> Self {
        Self {
            value: UnsafeCell::new(MaybeUninit::uninit()),
            _pin: core::marker::PhantomPinned,
        }
    }

    pub fn ffi_init(init_func: impl FnOnce(*mut T)) -> impl PinInit<Self> {
        unsafe {
            init::pin_init_from_closure::<_, core::convert::Infallible>(move |slot: *mut Self| {
                init_func(Self::raw_get(slot));
                Ok(())
            })
        }
    }

    pub const fn get(&self) -> *mut T {
        UnsafeCell::get(&self.value).cast::<T>()
    }

    pub const fn raw_get(this: *const Self) -> *mut T {
        this.cast::<T>().cast_mut()
    }
}

/// Runs a closure at the end of the scope.
pub struct ScopeGuard<T, F: FnOnce(T)>(Option<(T, F)>);

impl<T, F: FnOnce(T)> ScopeGuard<T, F> {
    pub fn new_with_data(data: T, cleanup_func: F) -> Self {
        Self(Some((data, cleanup_func)))
    }

    pub fn dismiss(mut self) -> T {
        self.0.take().unwrap().0
    }
}

impl ScopeGuard<(), fn(())> {
    pub fn new(cleanup: impl FnOnce()) -> ScopeGuard<(), impl FnOnce(())> {
        ScopeGuard::new_with_data((), move |_| cleanup())
    }
}

impl<T, F: FnOnce(T)> Drop for ScopeGuard<T, F> {
    fn drop(&mut self) {
        if let Some((data, cleanup)) = self.0.take() {
            cleanup(data)
        }
    }
}
