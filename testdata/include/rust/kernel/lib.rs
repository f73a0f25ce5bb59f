// SPDX-License-Identifier: MIT OR Apache-2.0
//! A stub of the kernel's Rust API: its names, and the shape of how it is built on C. What is here
//! has the paths of Linux 6.12, so that the rows of the model are met.
#![no_std]

pub use bindings;

pub mod alloc;
pub mod block;
pub mod error;
pub mod init;
pub mod prelude;
pub mod sync;
pub mod types;
pub mod workqueue;

/// What C hands a module.
pub struct ThisModule(*mut bindings::module);

impl ThisModule {
    pub const unsafe fn from_ptr(ptr: *mut bindings::module) -> ThisModule {
        ThisModule(ptr)
    }
}

/// A module: made when it is loaded, dropped when it is removed.
pub trait Module: Sized + Sync + Send {
    fn init(module: &'static ThisModule) -> error::Result<Self>;
}

pub mod ffi {
    pub use core::ffi::*;
}
