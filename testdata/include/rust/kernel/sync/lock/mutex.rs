// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Mutex`.

use super::LockClassKey;

pub type Mutex<T> = super::Lock<T, MutexBackend>;

pub struct MutexBackend;

unsafe impl super::Backend for MutexBackend {
    type State = bindings::mutex;
    type GuardState = ();

    unsafe fn init(ptr: *mut Self::State, key: &'static LockClassKey) {
        unsafe { bindings::__mutex_init(ptr) }
    }

    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState {
        unsafe { bindings::mutex_lock(ptr) }
    }

    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState> {
        if unsafe { bindings::mutex_trylock(ptr) } {
            Some(())
        } else {
            None
        }
    }

    unsafe fn unlock(ptr: *mut Self::State, _guard_state: &Self::GuardState) {
        unsafe { bindings::mutex_unlock(ptr) }
    }
}
