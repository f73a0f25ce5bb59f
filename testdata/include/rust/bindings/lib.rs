// SPDX-License-Identifier: MIT OR Apache-2.0
//! C for the stub of the kernel crate: what is generated from headers in a kernel.
#![no_std]
#![allow(non_camel_case_types)]

pub type gfp_t = u32;

include!("generated.rs");
