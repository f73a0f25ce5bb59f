// SPDX-License-Identifier: MIT OR Apache-2.0
//! Error codes.

use crate::alloc::AllocError;

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(i32);

impl Error {
    pub fn to_errno(self) -> i32 {
        self.0
    }
}

pub type Result<T = (), E = Error> = core::result::Result<T, E>;

pub mod code {
    pub const EINVAL: super::Error = super::Error(-22);
    pub const ENOMEM: super::Error = super::Error(-12);
    pub const EBUSY: super::Error = super::Error(-16);
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Error {
        code::ENOMEM
    }
}

impl From<core::convert::Infallible> for Error {
    fn from(e: core::convert::Infallible) -> Error {
        match e {}
    }
}

pub fn to_result(err: i32) -> Result {
    if err < 0 {
        Err(Error(err))
    } else {
        Ok(())
    }
}
