// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Pin`.

use crate::ops::{Deref, DerefMut};

#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pin<P> {
    pointer: P,
}

impl<P> Pin<P> {
    pub fn new(pointer: P) -> Self {
        Pin { pointer }
    }
    pub const unsafe fn new_unchecked(pointer: P) -> Self {
        Pin { pointer }
    }
    pub unsafe fn into_inner_unchecked(pin: Pin<P>) -> P {
        pin.pointer
    }
    pub fn into_inner(pin: Pin<P>) -> P {
        pin.pointer
    }
    pub fn as_ref(&self) -> Pin<&P::Target>
    where
        P: Deref,
    {
        Pin { pointer: self.pointer.deref() }
    }
    pub fn as_mut(&mut self) -> Pin<&mut P::Target>
    where
        P: DerefMut,
    {
        Pin { pointer: self.pointer.deref_mut() }
    }
}

impl<T: ?Sized> Pin<&T> {
    pub const fn static_ref(r: &'static T) -> Pin<&'static T> {
        Pin { pointer: r }
    }
    pub fn static_mut(r: &'static mut T) -> Pin<&'static mut T> {
        Pin { pointer: r }
    }
    pub fn get_ref(self) -> &T {
        self.pointer
    }
    pub unsafe fn get_unchecked_mut(self) -> &mut T {
        self.pointer
    }
    pub fn get_mut(self) -> &mut T {
        self.pointer
    }
    pub unsafe fn map_unchecked<U: ?Sized, F: FnOnce(&T) -> &U>(self, func: F) -> Pin<&U> {
        Pin { pointer: func(self.pointer) }
    }
    pub unsafe fn map_unchecked_mut<U: ?Sized, F: FnOnce(&mut T) -> &mut U>(
        self,
        func: F,
    ) -> Pin<&mut U> {
        Pin { pointer: func(self.pointer) }
    }
    pub fn into_ref(self) -> Pin<&T> {
        self
    }
}

impl<P: Deref> Deref for Pin<P> {
    type Target = P::Target;
    fn deref(&self) -> &P::Target {
        self.pointer.deref()
    }
}

impl<P: DerefMut> DerefMut for Pin<P> {
    fn deref_mut(&mut self) -> &mut P::Target {
        self.pointer.deref_mut()
    }
}

impl<T: ?Sized> Deref for &T {
    type Target = T;
    fn deref(&self) -> &T {
        *self
    }
}

impl<T: ?Sized> DerefMut for &mut T {
    fn deref_mut(&mut self) -> &mut T {
        *self
    }
}
