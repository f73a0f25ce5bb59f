// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same situations, where nothing sleeps under a lock.

use kernel::prelude::*;
use kernel::sync::SpinLock;

#[klint::preempt_count(adjust = 1, expect = 0.., unchecked)]
fn stop_preemption() {}

#[klint::preempt_count(adjust = -1, expect = 1.., unchecked)]
fn allow_preemption() {}

fn adjustment_ok() {
    stop_preemption();
    allow_preemption();
    unsafe { bindings::msleep(10) };
}

/// The body is not looked at: the annotation says that it may be called anywhere.
#[klint::preempt_count(expect = 0.., unchecked)]
fn trusted() {
    unsafe { bindings::msleep(20) };
}

struct Device {
    lock: SpinLock<Option<u32>>,
}

fn expectation_ok(dev: &Device) {
    let _guard = dev.lock.lock();
    trusted();
}

/// The value is copied out; nothing of the guard is left.
fn if_let_ok(dev: &Device) {
    let value = *dev.lock.lock();
    if let Some(_) = value {
    } else {
        unsafe { bindings::msleep(30) };
    }
}

struct Sleeping(u32);

impl Drop for Sleeping {
    fn drop(&mut self) {
        unsafe { bindings::msleep(40) };
    }
}

fn array_ok(dev: &Device, array: [Sleeping; 2]) {
    {
        let _guard = dev.lock.lock();
    }
    drop(array);
}

/// A destructor that is never run.
fn leaked_ok(dev: &Device, value: Sleeping) {
    let _guard = dev.lock.lock();
    core::mem::forget(value);
}
