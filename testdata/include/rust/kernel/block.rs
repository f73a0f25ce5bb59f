// SPDX-License-Identifier: MIT OR Apache-2.0
//! A trait that becomes a table of C functions.

use core::marker::PhantomData;
use macros::vtable;

#[vtable]
pub trait Operations: Sized {
    fn queue_rq(tag: u32) -> crate::error::Result;
    fn poll() -> bool {
        false
    }
}

pub struct OperationsVTable<T: Operations>(PhantomData<T>);

impl<T: Operations> OperationsVTable<T> {
    unsafe extern "C" fn queue_rq_callback(tag: u32) -> i32 {
        match T::queue_rq(tag) {
            Ok(()) => 0,
            Err(e) => e.to_errno(),
        }
    }

    unsafe extern "C" fn poll_callback() -> i32 {
        T::poll() as i32
    }

    const VTABLE: bindings::blk_mq_ops = bindings::blk_mq_ops {
        queue_rq: Some(Self::queue_rq_callback),
        poll: if T::HAS_POLL { Some(Self::poll_callback) } else { None },
    };

    pub const fn build() -> &'static bindings::blk_mq_ops {
        &Self::VTABLE
    }
}

/// Makes C use the functions.
pub fn register<T: Operations>() -> crate::error::Result {
    crate::error::to_result(unsafe { bindings::blk_register_ops(OperationsVTable::<T>::build()) })
}
