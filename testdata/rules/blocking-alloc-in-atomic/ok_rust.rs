// SPDX-License-Identifier: MIT OR Apache-2.0
//! Allocations that do not wait, or before the lock is taken.

use kernel::alloc::Flags;
use kernel::prelude::*;
use kernel::sync::{Arc, Mutex, SpinLock};

struct Device {
    lock: SpinLock<KVec<u32>>,
    mutex: Mutex<u32>,
}

fn atomic_ok(it: &Device) -> Result<KBox<u32>> {
    let _guard = it.lock.lock();
    Ok(KBox::new(1, GFP_ATOMIC)?)
}

fn zeroed_ok(it: &Device) -> Result<Arc<u32>> {
    let _guard = it.lock.lock();
    Ok(Arc::new(1, GFP_NOWAIT | __GFP_ZERO)?)
}

fn before_ok(it: &Device) -> Result {
    let value = KBox::new(1, GFP_KERNEL)?;
    let mut guard = it.lock.lock();
    guard.push(*value, GFP_ATOMIC)?;
    Ok(())
}

fn mutex_ok(it: &Device) -> Result<KBox<u32>> {
    let guard = it.mutex.lock();
    Ok(KBox::new(*guard, GFP_KERNEL)?)
}

fn allocate(flags: Flags) -> Result<KBox<u32>> {
    Ok(KBox::new(0, flags)?)
}

fn passed_ok(it: &Device) {
    let _guard = it.lock.lock();
    let _box = allocate(GFP_ATOMIC);
}
