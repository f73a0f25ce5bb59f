// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Rust side: calls into C, out of C, and through both.

use kernel::block::{self, Operations};
use kernel::prelude::*;
use kernel::sync::{Arc, SpinLock};
use kernel::workqueue::{Work, WorkItem};

struct Reset {
    lock: SpinLock<bindings::acme>,
}

fn reset_bad(it: &Reset) {
    let mut guard = it.lock.lock();
    unsafe { bindings::acme_reset(&mut *guard) }; //~ ERROR sleep-in-atomic
}

struct Flush {
    lock: SpinLock<bindings::acme>,
}

/// An inline function of C is reached through its helper.
fn flush_bad(it: &Flush) {
    let mut guard = it.lock.lock();
    unsafe { bindings::acme_flush(&mut *guard) }; //~ ERROR sleep-in-atomic
}

struct Visit {
    lock: SpinLock<bindings::acme>,
}

unsafe extern "C" fn visit(_acme: *mut bindings::acme) {
    unsafe { bindings::msleep(30) };
}

/// From Rust into C and back.
fn visit_bad(it: &Visit) {
    let mut guard = it.lock.lock();
    unsafe { bindings::acme_for_each(&mut *guard, Some(visit)) }; //~ ERROR sleep-in-atomic
}

#[no_mangle]
pub unsafe extern "C" fn acme_notify(_acme: *mut bindings::acme) {
    unsafe { bindings::msleep(40) };
}

struct Disk;

#[vtable]
impl Operations for Disk {
    fn queue_rq(tag: u32) -> Result {
        unsafe { bindings::msleep(tag) };
        Ok(())
    }
}

#[pin_data]
struct Job {
    #[pin]
    work: Work<Job>,
}

impl WorkItem for Job {
    type Pointer = Arc<Job>;

    fn run(_this: Arc<Job>) {
        unsafe { bindings::msleep(50) };
    }
}

fn start() -> Result<Pin<KBox<Job>>> {
    block::register::<Disk>()?;
    KBox::pin_init(pin_init!(Job { work <- Work::new() }), GFP_KERNEL)
}
