// SPDX-License-Identifier: MIT OR Apache-2.0
//! Allocations around a raw spinlock, and under a `spinlock_t`.

use kernel::prelude::*;
use kernel::sync::SpinLock;

struct Device {
    raw: bindings::raw_spinlock_t,
    lock: SpinLock<u32>,
}

fn before_ok(dev: &mut Device) -> Result {
    let _value = KBox::new(1, GFP_ATOMIC)?;
    unsafe { bindings::_raw_spin_lock(&mut dev.raw) };
    unsafe { bindings::_raw_spin_unlock(&mut dev.raw) };
    Ok(())
}

fn spinlock_ok(dev: &Device) -> Result {
    let _guard = dev.lock.lock();
    let _value = KBox::new(1, GFP_ATOMIC)?;
    Ok(())
}
