// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is dropped under a raw spinlock is freed there.

use kernel::prelude::*;
use kernel::sync::Arc;

struct Device {
    raw: bindings::raw_spinlock_t,
}

fn boxed_bad(dev: &mut Device, value: KBox<u32>) {
    unsafe { bindings::_raw_spin_lock(&mut dev.raw) };
    drop(value); //~ ERROR free-under-raw-spinlock
    unsafe { bindings::_raw_spin_unlock(&mut dev.raw) };
}

struct Counted {
    raw: bindings::raw_spinlock_t,
}

/// The last reference frees.
fn counted_bad(it: &mut Counted, value: Arc<u32>) {
    unsafe { bindings::_raw_spin_lock(&mut it.raw) };
    drop(value); //~ ERROR free-under-raw-spinlock
    unsafe { bindings::_raw_spin_unlock(&mut it.raw) };
}

struct Table {
    raw: bindings::raw_spinlock_t,
    entry: Option<KBox<u32>>,
}

/// What is overwritten is dropped.
fn overwritten_bad(it: &mut Table) {
    unsafe { bindings::_raw_spin_lock(&mut it.raw) };
    it.entry = None; //~ ERROR free-under-raw-spinlock
    unsafe { bindings::_raw_spin_unlock(&mut it.raw) };
}
