// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that libclang leaves behind.

/// Gives back to the system what libclang has freed on this thread, which parses nothing more. The
/// allocator of the C library keeps it for a next thread otherwise: hundreds of MiB, besides what the
/// scan needs after that.
pub(crate) fn release_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: allocator settings may be changed at any time from any thread, and what is freed was
    // allocated just before.
    unsafe {
        // It looks at the free memory behind all that is in use whenever something of some size is
        // freed, and gives back what is more than the threshold. Everything else is in `malloc_trim`.
        libc::mallopt(libc::M_TRIM_THRESHOLD, 0);
        libc::free(libc::malloc(MUCH));
        libc::malloc_trim(0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * LARGE);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

/// More bytes than are kept for a next allocation of the same size, and fewer than get a mapping of
/// their own.
#[cfg(target_env = "gnu")]
const MUCH: usize = 100 << 10;

/// What gets a mapping of its own. Thresholds that have been set stay as they are; this is what they come
/// to by themselves where much is freed (mallopt(3)), so that parsing goes on as before.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 32 << 20;
