// SPDX-License-Identifier: MIT OR Apache-2.0
//! A spinlock under a mutex, and one after the other.

use kernel::prelude::*;
use kernel::sync::{Mutex, SpinLock};

struct Device {
    lock: SpinLock<u32>,
    mutex: Mutex<u32>,
}

fn nested_ok(dev: &Device) {
    let _sleep = dev.mutex.lock();
    let _spin = dev.lock.lock();
}

fn one_after_the_other_ok(dev: &Device) {
    let value = *dev.lock.lock();
    *dev.mutex.lock() = value;
}

trait Operation {
    fn run(&self);
}

struct Spinning {
    lock: SpinLock<u32>,
}

impl Operation for Spinning {
    fn run(&self) {
        let _guard = self.lock.lock();
    }
}

struct Sleeping {
    mutex: Mutex<u32>,
}

impl Operation for Sleeping {
    fn run(&self) {
        let _guard = self.mutex.lock();
    }
}

fn run<T: Operation>(operation: &T) {
    operation.run();
}

/// Which `run()` it is, is known.
fn generic_ok(dev: &Device, operation: &Spinning) {
    let _guard = dev.lock.lock();
    run(operation);
}

fn without_lock_ok(operation: &Sleeping) {
    run(operation);
}
