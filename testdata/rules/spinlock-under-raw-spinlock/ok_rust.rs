// SPDX-License-Identifier: MIT OR Apache-2.0
//! A raw spinlock under a `SpinLock`.

use kernel::sync::SpinLock;

struct Device {
    raw: bindings::raw_spinlock_t,
    lock: SpinLock<u32>,
}

fn nested_ok(dev: &mut Device) {
    let _guard = dev.lock.lock();
    unsafe { bindings::_raw_spin_lock(&mut dev.raw) };
    unsafe { bindings::_raw_spin_unlock(&mut dev.raw) };
}
