// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is taken out under a raw spinlock and dropped after it.

use kernel::prelude::*;

struct Table {
    raw: bindings::raw_spinlock_t,
    entry: Option<KBox<u32>>,
}

fn taken_ok(it: &mut Table) {
    unsafe { bindings::_raw_spin_lock(&mut it.raw) };
    let entry = it.entry.take();
    unsafe { bindings::_raw_spin_unlock(&mut it.raw) };
    drop(entry);
}

fn leaked_ok(it: &mut Table, value: KBox<u32>) -> &'static mut u32 {
    unsafe { bindings::_raw_spin_lock(&mut it.raw) };
    let leaked = KBox::leak(value);
    unsafe { bindings::_raw_spin_unlock(&mut it.raw) };
    leaked
}

fn numbers_ok(it: &mut Table, value: u32) {
    unsafe { bindings::_raw_spin_lock(&mut it.raw) };
    drop(value);
    unsafe { bindings::_raw_spin_unlock(&mut it.raw) };
}
