// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel crate in miniature: a spinlock with its guard.
#![no_std]

pub mod sync {
    pub mod lock {
        use core::cell::UnsafeCell;

        /// What a lock is made of.
        pub unsafe trait Backend {
            type State;
            unsafe fn lock(ptr: *mut Self::State);
            unsafe fn unlock(ptr: *mut Self::State);
        }

        pub struct Lock<T, B: Backend> {
            state: UnsafeCell<B::State>,
            data: UnsafeCell<T>,
        }

        impl<T, B: Backend> Lock<T, B> {
            pub fn lock(&self) -> Guard<'_, T, B> {
                unsafe { B::lock(self.state.get()) };
                Guard { lock: self }
            }
        }

        pub struct Guard<'a, T, B: Backend> {
            lock: &'a Lock<T, B>,
        }

        impl<T, B: Backend> core::ops::Deref for Guard<'_, T, B> {
            type Target = T;

            fn deref(&self) -> &T {
                unsafe { &*self.lock.data.get() }
            }
        }

        impl<T, B: Backend> Drop for Guard<'_, T, B> {
            fn drop(&mut self) {
                unsafe { B::unlock(self.lock.state.get()) };
            }
        }

        pub mod spinlock {
            pub type SpinLock<T> = super::Lock<T, SpinLockBackend>;

            pub struct SpinLockBackend;

            unsafe impl super::Backend for SpinLockBackend {
                type State = bindings::spinlock_t;

                unsafe fn lock(ptr: *mut Self::State) {
                    unsafe { bindings::spin_lock(ptr) }
                }

                unsafe fn unlock(ptr: *mut Self::State) {
                    unsafe { bindings::spin_unlock(ptr) }
                }
            }
        }
    }

    pub use lock::spinlock::SpinLock;
}
