// SPDX-License-Identifier: MIT OR Apache-2.0
//! RCU read sections (since 6.15).

pub struct Guard(core::marker::PhantomData<*mut ()>);

pub fn read_lock() -> Guard {
    unsafe { bindings::__rcu_read_lock() };
    Guard(core::marker::PhantomData)
}

impl Drop for Guard {
    fn drop(&mut self) {
        unsafe { bindings::__rcu_read_unlock() };
    }
}
