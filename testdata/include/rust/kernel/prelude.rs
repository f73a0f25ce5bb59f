// SPDX-License-Identifier: MIT OR Apache-2.0
//! What drivers import.

pub use crate::alloc::{flags::*, AllocError, Flags, KBox, KVBox, KVec, VBox};
pub use crate::error::{code::*, Error, Result};
pub use crate::init::{InPlaceInit, Init, PinInit};
pub use crate::ThisModule;
pub use core::pin::Pin;
pub use macros::{module, pin_data, pinned_drop, vtable};
