// SPDX-License-Identifier: MIT OR Apache-2.0
//! Allocations that wait, under a guard. The flags are what counts.

use kernel::alloc::Flags;
use kernel::prelude::*;
use kernel::sync::{Arc, SpinLock};

struct Boxed {
    lock: SpinLock<u32>,
}

fn boxed_bad(it: &Boxed) -> Result<KBox<u32>> {
    let guard = it.lock.lock();
    Ok(KBox::new(*guard, GFP_KERNEL)?) //~ ERROR blocking-alloc-in-atomic
}

struct Counted {
    lock: SpinLock<u32>,
}

fn counted_bad(it: &Counted) -> Result<Arc<u32>> {
    let guard = it.lock.lock();
    let value = Arc::new(*guard, GFP_KERNEL | __GFP_ZERO)?; //~ ERROR blocking-alloc-in-atomic
    Ok(value)
}

struct Pushed {
    lock: SpinLock<KVec<u32>>,
}

fn pushed_bad(it: &Pushed) -> Result {
    it.lock.lock().push(1, GFP_KERNEL)?; //~ ERROR blocking-alloc-in-atomic
    Ok(())
}

struct Virtual {
    lock: SpinLock<u32>,
}

/// This allocator waits whatever the flags say.
fn virtual_bad(it: &Virtual) -> Result<VBox<u32>> {
    let guard = it.lock.lock();
    Ok(VBox::new(*guard, GFP_ATOMIC)?) //~ ERROR blocking-alloc-in-atomic
}

struct Passed {
    lock: SpinLock<u32>,
}

fn allocate(flags: Flags) -> Result<KBox<u32>> {
    Ok(KBox::new(0, flags)?)
}

fn passed_bad(it: &Passed) {
    let _guard = it.lock.lock();
    let _box = allocate(GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
}
