// SPDX-License-Identifier: MIT OR Apache-2.0
//! Initialisers: values that are made in place.

use crate::alloc::{AllocError, Flags};
use crate::error::Error;

pub unsafe trait PinInit<T: ?Sized, E = core::convert::Infallible>: Sized {
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E>;
}

pub unsafe trait Init<T: ?Sized, E = core::convert::Infallible>: PinInit<T, E> {
    unsafe fn __init(self, slot: *mut T) -> Result<(), E>;
}

pub struct InitClosure<F, T: ?Sized, E>(F, core::marker::PhantomData<fn(*mut (E, T))>);

unsafe impl<T: ?Sized, F, E> PinInit<T, E> for InitClosure<F, T, E>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E> {
        (self.0)(slot)
    }
}

unsafe impl<T: ?Sized, F, E> Init<T, E> for InitClosure<F, T, E>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    unsafe fn __init(self, slot: *mut T) -> Result<(), E> {
        (self.0)(slot)
    }
}

unsafe impl<T, E> PinInit<T, E> for T {
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E> {
        unsafe { slot.write(self) };
        Ok(())
    }
}

pub const unsafe fn pin_init_from_closure<T: ?Sized, E>(
    f: impl FnOnce(*mut T) -> Result<(), E>,
) -> impl PinInit<T, E> {
    InitClosure(f, core::marker::PhantomData)
}

pub const unsafe fn init_from_closure<T: ?Sized, E>(
    f: impl FnOnce(*mut T) -> Result<(), E>,
) -> impl Init<T, E> {
    InitClosure(f, core::marker::PhantomData)
}

pub trait InPlaceInit<T>: Sized {
    type PinnedSelf;

    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self::PinnedSelf, E>
    where
        E: From<AllocError>;

    fn pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> crate::error::Result<Self::PinnedSelf>
    where
        Error: From<E>,
    {
        let init = unsafe {
            pin_init_from_closure(|slot| {
                init.__pinned_init(slot).map_err(|e| Error::from(e))
            })
        };
        Self::try_pin_init(init, flags)
    }
}
