// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the guard is gone before anything sleeps.

use kernel::prelude::*;
use kernel::sync::lock::{spinlock::SpinLockBackend, Guard};
use kernel::sync::{rcu, CondVar, Mutex, SpinLock};

struct Device {
    inner: SpinLock<u32>,
    mutex: Mutex<u32>,
    event: CondVar,
}

fn sleep() {
    unsafe { bindings::msleep(10) };
}

/// `_` is no variable: the guard is dropped at the end of the statement.
fn underscore_ok(dev: &Device) {
    let _ = dev.inner.lock();
    sleep();
}

fn scope_ok(dev: &Device) {
    {
        let _guard = dev.inner.lock();
    }
    sleep();
}

fn dropped_ok(dev: &Device) {
    let guard = dev.inner.lock();
    drop(guard);
    sleep();
}

fn consume(_guard: Guard<'_, u32, SpinLockBackend>) {}

fn moved_ok(dev: &Device) {
    let guard = dev.inner.lock();
    consume(guard);
    sleep();
}

/// A temporary of a statement, and of the condition of an `if`.
fn temporaries_ok(dev: &Device) {
    let value = *dev.inner.lock();
    if *dev.inner.lock() == value {
        sleep();
    }
    sleep();
}

fn question_mark_ok(dev: &Device, value: Result<u32>) -> Result<u32> {
    let result = locked(dev, value);
    sleep();
    result
}

fn locked(dev: &Device, value: Result<u32>) -> Result<u32> {
    let mut guard = dev.inner.lock();
    let value = value?;
    *guard += value;
    Ok(*guard)
}

fn early_return_ok(dev: &Device, flag: bool) {
    if lock_if(dev, flag) {
        sleep();
    }
}

fn lock_if(dev: &Device, flag: bool) -> bool {
    let guard = dev.inner.lock();
    if flag {
        return false;
    }
    *guard == 0
}

fn loop_ok(dev: &Device) {
    loop {
        let guard = dev.inner.lock();
        if *guard == 0 {
            break;
        }
        drop(guard);
        sleep();
    }
    sleep();
}

/// Dropped on one path only: each path knows.
fn conditional_drop_ok(dev: &Device, early: bool) {
    let guard = dev.inner.lock();
    if early {
        drop(guard);
        sleep();
    }
}

/// Waiting lets go of the lock that is waited with.
fn condvar_ok(dev: &Device) {
    let mut guard = dev.inner.lock();
    while *guard == 0 {
        dev.event.wait(&mut guard);
    }
}

fn unlocked_ok(dev: &Device) {
    let mut guard = dev.inner.lock();
    guard.do_unlocked(|| sleep());
}

fn mutex_ok(dev: &Device) {
    let _guard = dev.mutex.lock();
    sleep();
}

fn try_lock_ok(dev: &Device) {
    match dev.inner.try_lock() {
        Some(guard) => drop(guard),
        None => sleep(),
    }
}

fn read_section_ok() {
    {
        let _section = rcu::read_lock();
    }
    sleep();
}

struct Registration;

impl Drop for Registration {
    fn drop(&mut self) {
        sleep();
    }
}

/// The guard is declared after what sleeps when it is dropped, and so is dropped before it.
fn drop_order_ok(dev: &Device) {
    let _registration = Registration;
    let _guard = dev.inner.lock();
}

/// Moved out: nothing is left to be dropped under the lock.
fn moved_out_ok(dev: &Device) -> Registration {
    let registration = Registration;
    let _guard = dev.inner.lock();
    registration
}
