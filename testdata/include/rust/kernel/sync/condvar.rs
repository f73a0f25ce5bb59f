// SPDX-License-Identifier: MIT OR Apache-2.0
//! Condition variables.

use super::lock::{Backend, Guard};
use crate::types::Opaque;

pub struct CondVar {
    wait_queue_head: Opaque<bindings::wait_queue_head>,
}

impl CondVar {
    pub fn wait<T: ?Sized, B: Backend>(&self, guard: &mut Guard<'_, T, B>) {
        let wait = Opaque::<bindings::wait_queue_entry>::uninit();
        unsafe { bindings::prepare_to_wait_exclusive(self.wait_queue_head.get(), wait.get(), 2) };
        guard.do_unlocked(|| unsafe { bindings::schedule_timeout(1000) });
        unsafe { bindings::finish_wait(self.wait_queue_head.get(), wait.get()) };
    }

    pub fn notify_all(&self) {
        unsafe { bindings::__wake_up(self.wait_queue_head.get(), 3, 0, core::ptr::null_mut()) };
    }
}
