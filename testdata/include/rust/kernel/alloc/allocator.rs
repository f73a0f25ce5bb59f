// SPDX-License-Identifier: MIT OR Apache-2.0
//! The allocators. Their bodies are C's business.

use super::{AllocError, Allocator, Flags};
use core::alloc::Layout;
use core::ptr::NonNull;

pub struct Kmalloc;
pub struct Vmalloc;
pub struct KVmalloc;

macro_rules! allocator {
    ($name:ident, $function:ident) => {
        unsafe impl Allocator for $name {
            unsafe fn realloc(
                ptr: Option<NonNull<u8>>,
                layout: Layout,
                old_layout: Layout,
                flags: Flags,
            ) -> Result<NonNull<[u8]>, AllocError> {
                let raw = bindings::$function(core::ptr::null(), layout.size(), flags.0);
                let ptr = NonNull::new(raw as *mut u8).ok_or(AllocError)?;
                Ok(NonNull::slice_from_raw_parts(ptr, layout.size()))
            }
        }
    };
}

allocator!(Kmalloc, krealloc);
allocator!(Vmalloc, vrealloc);
allocator!(KVmalloc, kvrealloc);
