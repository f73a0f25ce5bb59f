// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sleeping while the guard of an RCU read-side section is alive.

use kernel::prelude::*;
use kernel::sync::rcu;

fn read_section_bad() {
    let _section = rcu::read_lock();
    unsafe { bindings::msleep(50) }; //~ ERROR sleep-in-rcu-read-section
}

fn section_in_caller_bad() {
    let _section = rcu::read_lock();
    settle(); //~ ERROR sleep-in-rcu-read-section
}

fn settle() {
    unsafe { bindings::msleep(20) };
}
