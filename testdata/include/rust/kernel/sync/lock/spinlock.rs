// SPDX-License-Identifier: MIT OR Apache-2.0
//! `SpinLock`.

use super::LockClassKey;

pub type SpinLock<T> = super::Lock<T, SpinLockBackend>;

pub struct SpinLockBackend;

unsafe impl super::Backend for SpinLockBackend {
    type State = bindings::spinlock_t;
    type GuardState = ();

    unsafe fn init(ptr: *mut Self::State, key: &'static LockClassKey) {
        unsafe { bindings::__spinlock_init(ptr) }
    }

    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState {
        unsafe { bindings::spin_lock(ptr) }
    }

    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState> {
        if unsafe { bindings::spin_trylock(ptr) } {
            Some(())
        } else {
            None
        }
    }

    unsafe fn unlock(ptr: *mut Self::State, _guard_state: &Self::GuardState) {
        unsafe { bindings::spin_unlock(ptr) }
    }
}
