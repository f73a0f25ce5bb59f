// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is generated from C headers in a kernel.
#![no_std]

include!("bindings_generated.rs");
