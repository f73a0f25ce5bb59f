// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the section has ended before anything sleeps.

use kernel::prelude::*;
use kernel::sync::rcu;

fn scope_ok() {
    {
        let _section = rcu::read_lock();
    }
    unsafe { bindings::msleep(50) };
}

fn dropped_ok() {
    let section = rcu::read_lock();
    drop(section);
    unsafe { bindings::msleep(20) };
}
