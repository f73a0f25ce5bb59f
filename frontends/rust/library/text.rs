// SPDX-License-Identifier: MIT OR Apache-2.0
//! Texts and formatting. What a format does with its arguments is decided when it is printed.

use crate::slice::Iter;

pub struct Utf8Error;

pub const fn from_utf8(v: &[u8]) -> crate::result::Result<&str, Utf8Error> {
    if crate::num::either() {
        Ok(unsafe { from_utf8_unchecked(v) })
    } else {
        Err(Utf8Error)
    }
}

pub const unsafe fn from_utf8_unchecked(v: &[u8]) -> &str {
    &*(v as *const [u8] as *const str)
}

impl str {
    pub const fn len(&self) -> usize {
        0
    }
    pub const fn is_empty(&self) -> bool {
        crate::num::either()
    }
    pub const fn as_bytes(&self) -> &[u8] {
        unsafe { &*(self as *const str as *const [u8]) }
    }
    pub const fn as_ptr(&self) -> *const u8 {
        self as *const str as *const u8
    }
    pub fn chars(&self) -> Chars<'_> {
        Chars { text: self }
    }
    pub fn bytes(&self) -> crate::iter::Cloned<Iter<'_, u8>> {
        self.as_bytes().iter().cloned()
    }
    pub fn trim(&self) -> &str {
        self
    }
}

pub struct Chars<'a> {
    text: &'a str,
}

impl<'a> Iterator for Chars<'a> {
    type Item = char;
    fn next(&mut self) -> Option<char> {
        if crate::num::either() {
            Some('a')
        } else {
            None
        }
    }
}

pub struct FromBytesWithNulError;

pub struct CStr {
    inner: [u8],
}

impl CStr {
    pub const fn as_ptr(&self) -> *const u8 {
        self as *const CStr as *const u8
    }
    pub const fn to_bytes(&self) -> &[u8] {
        &self.inner
    }
    pub const fn from_bytes_with_nul(bytes: &[u8]) -> crate::result::Result<&CStr, FromBytesWithNulError> {
        if crate::num::either() {
            Ok(unsafe { &*(bytes as *const [u8] as *const CStr) })
        } else {
            Err(FromBytesWithNulError)
        }
    }
    pub const unsafe fn from_bytes_with_nul_unchecked(bytes: &[u8]) -> &CStr {
        &*(bytes as *const [u8] as *const CStr)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a> {
    pieces: &'a [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error;

pub type Result = crate::result::Result<(), Error>;

pub struct Formatter<'a> {
    buffer: &'a str,
}

impl<'a> Formatter<'a> {
    pub fn write_str(&mut self, data: &str) -> Result {
        written()
    }
    pub fn write_char(&mut self, c: char) -> Result {
        written()
    }
    pub fn write_fmt(&mut self, fmt: Arguments<'_>) -> Result {
        written()
    }
    pub fn pad(&mut self, s: &str) -> Result {
        written()
    }
    pub fn debug_struct(&mut self, name: &str) -> DebugStruct<'a> {
        DebugStruct { name: self.buffer }
    }
    pub fn debug_tuple(&mut self, name: &str) -> DebugStruct<'a> {
        DebugStruct { name: self.buffer }
    }
}

fn written() -> Result {
    if crate::num::either() {
        Ok(())
    } else {
        Err(Error)
    }
}

pub struct DebugStruct<'a> {
    name: &'a str,
}

impl<'a> DebugStruct<'a> {
    pub fn field<V: ?Sized, W: ?Sized>(&mut self, name: &V, value: &W) -> &mut Self {
        self
    }
    pub fn finish(&mut self) -> Result {
        written()
    }
}

pub trait Write {
    fn write_str(&mut self, s: &str) -> Result;
    fn write_char(&mut self, c: char) -> Result {
        written()
    }
    fn write_fmt(&mut self, args: Arguments<'_>) -> Result {
        self.write_str("")
    }
}

pub trait Display {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result;
}

pub trait Debug {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result;
}

pub trait LowerHex {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result;
}

pub trait UpperHex {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result;
}

pub trait Binary {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result;
}

pub trait Pointer {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result;
}
