// SPDX-License-Identifier: MIT OR Apache-2.0
//! Locks and their guards.

use super::LockClassKey;
use crate::init::PinInit;
use crate::types::{Opaque, ScopeGuard};
use core::cell::UnsafeCell;
use core::marker::PhantomData;

pub mod mutex;
pub mod spinlock;

pub unsafe trait Backend {
    type State;
    type GuardState;

    unsafe fn init(ptr: *mut Self::State, key: &'static LockClassKey);
    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState;
    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState>;
    unsafe fn unlock(ptr: *mut Self::State, guard_state: &Self::GuardState);

    unsafe fn relock(ptr: *mut Self::State, guard_state: &mut Self::GuardState) {
        *guard_state = unsafe { Self::lock(ptr) };
    }
}

pub struct Lock<T: ?Sized, B: Backend> {
    state: Opaque<B::State>,
    pub(crate) data: UnsafeCell<T>,
}

impl<T, B: Backend> Lock<T, B> {
    pub fn new(t: T, key: &'static LockClassKey) -> impl PinInit<Self> {
        pin_init!(Self {
            data: UnsafeCell::new(t),
            state <- Opaque::ffi_init(|slot| unsafe { B::init(slot, key) }),
        })
    }
}

impl<T: ?Sized, B: Backend> Lock<T, B> {
    pub fn lock(&self) -> Guard<'_, T, B> {
        let state = unsafe { B::lock(self.state.get()) };
        unsafe { Guard::new(self, state) }
    }

    pub fn try_lock(&self) -> Option<Guard<'_, T, B>> {
        unsafe { B::try_lock(self.state.get()).map(|state| Guard::new(self, state)) }
    }
}

#[must_use = "the lock unlocks immediately when the guard is unused"]
pub struct Guard<'a, T: ?Sized, B: Backend> {
    pub(crate) lock: &'a Lock<T, B>,
    pub(crate) state: B::GuardState,
    _not_send: PhantomData<*mut ()>,
}

impl<'a, T: ?Sized, B: Backend> Guard<'a, T, B> {
    pub(crate) unsafe fn new(lock: &'a Lock<T, B>, state: B::GuardState) -> Self {
        Self {
            lock,
            state,
            _not_send: PhantomData,
        }
    }

    pub fn do_unlocked<U>(&mut self, cb: impl FnOnce() -> U) -> U {
        unsafe { B::unlock(self.lock.state.get(), &self.state) };
        let _relock =
            ScopeGuard::new(|| unsafe { B::relock(self.lock.state.get(), &mut self.state) });
        cb()
    }
}

impl<T: ?Sized, B: Backend> core::ops::Deref for Guard<'_, T, B> {
    type Target = T;
    fn deref(&self) -> &Self::Target {
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized, B: Backend> core::ops::DerefMut for Guard<'_, T, B> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized, B: Backend> Drop for Guard<'_, T, B> {
    fn drop(&mut self) {
        unsafe { B::unlock(self.lock.state.get(), &self.state) };
    }
}
