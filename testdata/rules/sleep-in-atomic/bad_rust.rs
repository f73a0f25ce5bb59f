// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sleeping while a guard is alive: as long as its scope, on every way out of it, and in whoever it
//! is handed to.

use kernel::prelude::*;
use kernel::sync::lock::{spinlock::SpinLockBackend, Guard};
use kernel::sync::{CondVar, SpinLock};

struct Device {
    inner: SpinLock<u32>,
    other: SpinLock<u32>,
    third: SpinLock<u32>,
    event: CondVar,
    plain: u32,
}

fn wait_for_hardware() {
    unsafe { bindings::msleep(10) };
}

fn named_guard_bad(dev: &Device) {
    let _guard = dev.inner.lock();
    wait_for_hardware(); //~ ERROR sleep-in-atomic
}

/// The guard of the scrutinee lives as long as the `match`.
fn scrutinee_bad(dev: &Device) {
    match *dev.other.lock() {
        0 => {}
        _ => unsafe { bindings::msleep(20) }, //~ ERROR sleep-in-atomic
    }
}

fn take(dev: &Device) -> Guard<'_, u32, SpinLockBackend> {
    dev.third.lock()
}

fn returned_guard_bad(dev: &Device) -> u32 {
    let guard = take(dev);
    unsafe { bindings::msleep(*guard) }; //~ ERROR sleep-in-atomic
    *guard
}

struct Waiting {
    lock: SpinLock<u32>,
    event: CondVar,
    around: SpinLock<u32>,
}

/// The condition variable lets go of its own lock, not of the other.
fn condvar_bad(it: &Waiting) {
    let _around = it.around.lock();
    let mut guard = it.lock.lock();
    it.event.wait(&mut guard); //~ ERROR sleep-in-atomic
}

struct Forgotten {
    lock: SpinLock<u32>,
}

/// What is forgotten is not dropped: the lock is never released.
fn forgotten_bad(it: &Forgotten) {
    core::mem::forget(it.lock.lock());
    unsafe { bindings::msleep(30) }; //~ ERROR sleep-in-atomic
}

struct Closure {
    lock: SpinLock<u32>,
}

fn closure_bad(it: &Closure, value: Option<u32>) -> Option<u32> {
    let _guard = it.lock.lock();
    value.map(|value| { //~ ERROR sleep-in-atomic
        unsafe { bindings::msleep(value) };
        value
    })
}

struct Try {
    lock: SpinLock<u32>,
}

fn try_lock_bad(it: &Try) {
    if let Some(_guard) = it.lock.try_lock() {
        unsafe { bindings::msleep(40) }; //~ ERROR sleep-in-atomic
    }
}

struct Dropped {
    lock: SpinLock<u32>,
}

/// A registration whose destructor waits.
struct Registration;

impl Drop for Registration {
    fn drop(&mut self) {
        unsafe { bindings::msleep(60) };
    }
}

struct Owner {
    number: u32,
    registration: Registration,
}

/// Variables are dropped in the reverse order: the registration before the guard.
fn drop_order_bad(it: &Dropped) {
    let _guard = it.lock.lock();
    let _owner = Owner { //~ ERROR sleep-in-atomic
        number: 1,
        registration: Registration,
    };
}
