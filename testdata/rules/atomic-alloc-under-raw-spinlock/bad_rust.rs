// SPDX-License-Identifier: MIT OR Apache-2.0
//! A raw spinlock of C, taken from Rust.

use kernel::prelude::*;

struct Device {
    raw: bindings::raw_spinlock_t,
}

fn boxed_bad(dev: &mut Device) -> Result {
    unsafe { bindings::_raw_spin_lock(&mut dev.raw) };
    let result = KBox::new(1, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
    unsafe { bindings::_raw_spin_unlock(&mut dev.raw) };
    result?;
    Ok(())
}
