// SPDX-License-Identifier: MIT OR Apache-2.0
//! A `SpinLock` under a raw spinlock, and under interrupts that are off.

use kernel::sync::SpinLock;

struct Device {
    raw: bindings::raw_spinlock_t,
    lock: SpinLock<u32>,
}

fn nested_bad(dev: &mut Device) {
    unsafe { bindings::_raw_spin_lock(&mut dev.raw) };
    *dev.lock.lock() += 1; //~ ERROR spinlock-under-raw-spinlock
    unsafe { bindings::_raw_spin_unlock(&mut dev.raw) };
}
