// SPDX-License-Identifier: MIT OR Apache-2.0
//! Locks, waiting, reference counts.

pub mod arc;
pub mod condvar;
pub mod lock;
pub mod rcu;

pub use arc::{Arc, UniqueArc};
pub use condvar::CondVar;
pub use lock::mutex::Mutex;
pub use lock::spinlock::SpinLock;

pub struct LockClassKey;

#[macro_export]
macro_rules! static_lock_class {
    () => {{
        static CLASS: $crate::sync::LockClassKey = $crate::sync::LockClassKey;
        &CLASS
    }};
}

#[macro_export]
macro_rules! new_spinlock {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::SpinLock::new($inner, $crate::static_lock_class!())
    };
}

#[macro_export]
macro_rules! new_mutex {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::Mutex::new($inner, $crate::static_lock_class!())
    };
}

pub use {new_mutex, new_spinlock};
