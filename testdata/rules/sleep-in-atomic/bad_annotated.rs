// SPDX-License-Identifier: MIT OR Apache-2.0
//! What klint has annotations and tests for: adjustments, expectations, function pointers, trait
//! objects, recursion, destructors of what holds other things, wakers.

use core::task::{RawWaker, RawWakerVTable, Waker};
use kernel::prelude::*;
use kernel::sync::SpinLock;

// What an annotation says is taken for true.

#[klint::preempt_count(adjust = 1, expect = 0.., unchecked)]
fn stop_preemption() {}

#[klint::preempt_count(adjust = -1, expect = 1.., unchecked)]
fn allow_preemption() {}

#[klint::preempt_count(expect = 0, unchecked)]
fn annotated_sleep() {}

fn adjustment_bad() {
    stop_preemption();
    unsafe { bindings::msleep(10) }; //~ ERROR sleep-in-atomic
    allow_preemption();
}

struct Expecting {
    lock: SpinLock<u32>,
}

fn expectation_bad(it: &Expecting) {
    let _guard = it.lock.lock();
    annotated_sleep(); //~ ERROR sleep-in-atomic
}

// The guard of an `if let` lives until the end of its `else` (before edition 2024).

struct Choice {
    lock: SpinLock<Option<u32>>,
}

fn if_let_bad(it: &Choice) {
    if let Some(_) = *it.lock.lock() {
    } else {
        unsafe { bindings::msleep(20) }; //~ ERROR sleep-in-atomic
    }
}

// A function pointer: whatever is stored in that field.

struct Hooks {
    lock: SpinLock<u32>,
    hook: fn(),
}

fn sleeping_hook() {
    unsafe { bindings::msleep(30) };
}

fn install(hooks: &mut Hooks) {
    hooks.hook = sleeping_hook;
}

fn function_pointer_bad(hooks: &Hooks) {
    let _guard = hooks.lock.lock();
    (hooks.hook)(); //~ ERROR sleep-in-atomic
}

// Recursion that sleeps somewhere.

struct Tree {
    lock: SpinLock<u32>,
}

fn descend(depth: u32) {
    if depth == 0 {
        unsafe { bindings::msleep(40) };
        return;
    }
    descend(depth - 1);
}

fn recursion_bad(tree: &Tree, depth: u32) {
    let _guard = tree.lock.lock();
    descend(depth); //~ ERROR sleep-in-atomic
}

// Destructors of arrays, boxes and vectors run those of what they hold.

struct Array {
    lock: SpinLock<u32>,
}

struct InArray(u32);

impl Drop for InArray {
    fn drop(&mut self) {
        unsafe { bindings::msleep(50) };
    }
}

fn array_bad(it: &Array, array: [InArray; 2]) {
    let _guard = it.lock.lock();
    drop(array); //~ ERROR sleep-in-atomic
}

struct Boxed {
    lock: SpinLock<u32>,
}

struct InBox(u32);

impl Drop for InBox {
    fn drop(&mut self) {
        unsafe { bindings::msleep(60) };
    }
}

fn boxed_bad(it: &Boxed, boxed: KBox<InBox>) {
    let _guard = it.lock.lock();
    drop(boxed); //~ ERROR sleep-in-atomic
}

struct Many {
    lock: SpinLock<u32>,
}

struct InVector(u32);

impl Drop for InVector {
    fn drop(&mut self) {
        unsafe { bindings::msleep(70) };
    }
}

fn vector_bad(it: &Many, vector: KVec<InVector>) {
    let _guard = it.lock.lock();
    drop(vector); //~ ERROR sleep-in-atomic
}

// A waker is four function pointers.

struct Waiting {
    lock: SpinLock<u32>,
}

const WAKER: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, forget);

fn clone(data: *const ()) -> RawWaker {
    RawWaker::new(data, &WAKER)
}

fn wake(_data: *const ()) {
    unsafe { bindings::msleep(80) };
}

fn wake_by_ref(_data: *const ()) {}

fn forget(_data: *const ()) {}

fn waker_bad(it: &Waiting, waker: Waker) {
    let _guard = it.lock.lock();
    waker.wake(); //~ ERROR sleep-in-atomic
}
