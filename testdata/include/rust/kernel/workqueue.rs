// SPDX-License-Identifier: MIT OR Apache-2.0
//! Work items.

use crate::init::PinInit;
use crate::sync::Arc;
use crate::types::Opaque;
use core::marker::PhantomData;

pub trait WorkItem {
    type Pointer: WorkItemPointer;
    fn run(this: Self::Pointer);
}

pub unsafe trait WorkItemPointer {
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct);
}

#[repr(transparent)]
pub struct Work<T: ?Sized> {
    work: Opaque<bindings::work_struct>,
    _inner: PhantomData<T>,
}

impl<T: ?Sized + WorkItem> Work<T> {
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            work <- Opaque::ffi_init(|slot| {
                unsafe { bindings::init_work_with_key(slot, Some(T::Pointer::run)) }
            }),
            _inner: PhantomData,
        })
    }
}

unsafe impl<T: WorkItem<Pointer = Self>> WorkItemPointer for Arc<T> {
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct) {
        let arc: Arc<T> = unsafe { core::mem::transmute(ptr) };
        T::run(arc)
    }
}
