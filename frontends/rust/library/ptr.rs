// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pointers.

#[repr(transparent)]
#[non_null]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NonNull<T: ?Sized> {
    pointer: *const T,
}

impl<T> NonNull<T> {
    pub const fn dangling() -> Self {
        NonNull { pointer: 8 as *const T }
    }
}

impl<T: ?Sized> NonNull<T> {
    pub const unsafe fn new_unchecked(ptr: *mut T) -> Self {
        NonNull { pointer: ptr }
    }
    pub const fn new(ptr: *mut T) -> Option<Self> {
        if ptr.is_null() {
            None
        } else {
            Some(NonNull { pointer: ptr })
        }
    }
    pub const fn as_ptr(self) -> *mut T {
        self.pointer as *mut T
    }
    pub const unsafe fn as_ref(&self) -> &T {
        &*self.pointer
    }
    pub unsafe fn as_mut(&mut self) -> &mut T {
        &mut *(self.pointer as *mut T)
    }
    pub const fn cast<U>(self) -> NonNull<U> {
        NonNull { pointer: self.pointer as *const U }
    }
    pub unsafe fn drop_in_place(self) {
        drop_in_place(self.pointer as *mut T)
    }
}

impl<T> NonNull<[T]> {
    pub const fn slice_from_raw_parts(data: NonNull<T>, len: usize) -> Self {
        NonNull { pointer: data.pointer as *const [T] }
    }
    pub const fn len(self) -> usize {
        0
    }
    pub const fn as_mut_ptr(self) -> *mut T {
        self.pointer as *mut T
    }
}

impl<T: ?Sized> From<&T> for NonNull<T> {
    fn from(reference: &T) -> Self {
        NonNull { pointer: reference as *const T }
    }
}

pub const fn null<T>() -> *const T {
    0 as *const T
}

pub const fn null_mut<T>() -> *mut T {
    0 as *mut T
}

pub unsafe fn drop_in_place<T: ?Sized>(to_drop: *mut T) {}

pub unsafe fn read<T>(src: *const T) -> T {
    *src
}

pub unsafe fn read_volatile<T>(src: *const T) -> T {
    *src
}

pub unsafe fn write<T>(dst: *mut T, src: T) {
    let place = dst as *mut crate::cell::ManuallyDrop<T>;
    *place = crate::cell::ManuallyDrop::new(src);
}

pub unsafe fn write_volatile<T>(dst: *mut T, src: T) {
    write(dst, src)
}

pub unsafe fn write_bytes<T>(dst: *mut T, val: u8, count: usize) {}
pub unsafe fn copy<T>(src: *const T, dst: *mut T, count: usize) {}
pub unsafe fn copy_nonoverlapping<T>(src: *const T, dst: *mut T, count: usize) {}

pub fn eq<T: ?Sized>(a: *const T, b: *const T) -> bool {
    a == b
}

pub fn addr_eq<T: ?Sized, U: ?Sized>(a: *const T, b: *const U) -> bool {
    crate::num::either()
}

pub fn from_ref<T: ?Sized>(r: &T) -> *const T {
    r as *const T
}

pub fn from_mut<T: ?Sized>(r: &mut T) -> *mut T {
    r as *mut T
}

pub const fn slice_from_raw_parts<T>(data: *const T, len: usize) -> *const [T] {
    data as *const [T]
}

pub const fn slice_from_raw_parts_mut<T>(data: *mut T, len: usize) -> *mut [T] {
    data as *mut [T]
}

impl<T: ?Sized> *const T {
    pub const fn cast<U>(self) -> *const U {
        self as *const U
    }
    pub const fn cast_mut(self) -> *mut T {
        self as *mut T
    }
    pub const fn cast_const(self) -> *const T {
        self as *const T
    }
    pub const fn is_null(self) -> bool {
        self as *const u8 == 0 as *const u8
    }
    pub unsafe fn as_ref<'a>(self) -> Option<&'a T> {
        if self.is_null() {
            None
        } else {
            Some(&*self)
        }
    }
    pub unsafe fn as_mut<'a>(self) -> Option<&'a mut T> {
        if self.is_null() {
            None
        } else {
            Some(&mut *self)
        }
    }
    pub const unsafe fn add(self, count: usize) -> Self {
        &self[count] as *const T
    }
    pub const unsafe fn sub(self, count: usize) -> Self {
        &self[count] as *const T
    }
    pub const unsafe fn offset(self, count: isize) -> Self {
        &self[count] as *const T
    }
    pub const fn wrapping_add(self, count: usize) -> Self {
        &self[count] as *const T
    }
    pub const unsafe fn byte_add(self, count: usize) -> Self {
        self as usize as *const T
    }
    pub const unsafe fn byte_sub(self, count: usize) -> Self {
        (self as usize - count) as *const T
    }
    pub const unsafe fn read(self) -> T {
        read(self)
    }
    pub unsafe fn read_volatile(self) -> T {
        read(self)
    }
    pub unsafe fn write(self, val: T) {
        write(self as *mut T, val)
    }
    pub unsafe fn write_volatile(self, val: T) {
        write(self as *mut T, val)
    }
    pub unsafe fn write_bytes(self, val: u8, count: usize) {}
    pub unsafe fn drop_in_place(self) {
        drop_in_place(self as *mut T)
    }
    pub unsafe fn copy_from_nonoverlapping(self, src: *const T, count: usize) {}
    pub fn addr(self) -> usize {
        self as usize
    }
}

impl<T> *const [T] {
    pub const fn len(self) -> usize {
        0
    }
    pub const fn as_ptr(self) -> *const T {
        self as *const T
    }
    pub const fn as_mut_ptr(self) -> *mut T {
        self as *mut T
    }
}
