// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mutex under a spinlock.

use kernel::prelude::*;
use kernel::sync::{Arc, Mutex, SpinLock};

struct Device {
    lock: SpinLock<u32>,
    mutex: Mutex<u32>,
}

fn nested_bad(dev: &Device) {
    let _spin = dev.lock.lock();
    let _sleep = dev.mutex.lock(); //~ ERROR sleeping-lock-in-atomic
}

struct Shared {
    lock: SpinLock<u32>,
}

struct Node {
    children: Mutex<u32>,
}

impl Node {
    fn count(&self) -> u32 {
        *self.children.lock()
    }
}

fn through_pointers_bad(shared: &Arc<Shared>, node: &KBox<Node>) -> u32 {
    let guard = shared.lock.lock();
    *guard + node.count() //~ ERROR sleeping-lock-in-atomic
}

trait Operation {
    fn run(&self);
}

struct Sleeping {
    mutex: Mutex<u32>,
}

impl Operation for Sleeping {
    fn run(&self) {
        let _guard = self.mutex.lock();
    }
}

struct Dynamic {
    lock: SpinLock<u32>,
}

fn through_a_trait_object_bad(it: &Dynamic, operation: &dyn Operation) {
    let _guard = it.lock.lock();
    operation.run(); //~ ERROR sleeping-lock-in-atomic
}

struct Generic {
    lock: SpinLock<u32>,
}

fn run_under<T: Operation>(it: &Generic, operation: &T) {
    let _guard = it.lock.lock();
    operation.run();
}

fn generic_bad(it: &Generic, operation: &Sleeping) {
    let _guard = it.lock.lock();
    run(operation); //~ ERROR sleeping-lock-in-atomic
}

fn run<T: Operation>(operation: &T) {
    operation.run();
}
