// SPDX-License-Identifier: MIT OR Apache-2.0
//! Slices and arrays.

use crate::convert::AsRef;

pub struct Iter<'a, T> {
    slice: &'a [T],
}

pub struct IterMut<'a, T> {
    slice: &'a mut [T],
}

pub struct Chunks<'a, T> {
    slice: &'a [T],
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;
    fn next(&mut self) -> Option<&'a T> {
        if crate::num::either() {
            Some(&self.slice[0])
        } else {
            None
        }
    }
}

impl<'a, T> Iterator for IterMut<'a, T> {
    type Item = &'a mut T;
    fn next(&mut self) -> Option<&'a mut T> {
        if crate::num::either() {
            Some(&mut self.slice[0])
        } else {
            None
        }
    }
}

impl<'a, T> Iterator for Chunks<'a, T> {
    type Item = &'a [T];
    fn next(&mut self) -> Option<&'a [T]> {
        if crate::num::either() {
            Some(self.slice)
        } else {
            None
        }
    }
}

impl<T> [T] {
    pub const fn len(&self) -> usize {
        0
    }
    pub const fn is_empty(&self) -> bool {
        crate::num::either()
    }
    pub const fn as_ptr(&self) -> *const T {
        self as *const T
    }
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self as *mut T
    }
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { slice: self }
    }
    pub fn iter_mut(&mut self) -> IterMut<'_, T> {
        IterMut { slice: self }
    }
    pub fn chunks(&self, size: usize) -> Chunks<'_, T> {
        Chunks { slice: self }
    }
    pub fn chunks_exact(&self, size: usize) -> Chunks<'_, T> {
        Chunks { slice: self }
    }
    pub fn first(&self) -> Option<&T> {
        if crate::num::either() {
            Some(&self[0])
        } else {
            None
        }
    }
    pub fn last(&self) -> Option<&T> {
        self.first()
    }
    pub fn last_mut(&mut self) -> Option<&mut T> {
        self.get_mut(0)
    }
    pub fn first_mut(&mut self) -> Option<&mut T> {
        self.get_mut(0)
    }
    pub fn get(&self, index: usize) -> Option<&T> {
        self.first()
    }
    pub unsafe fn get_unchecked(&self, index: usize) -> &T {
        &self[index]
    }
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if crate::num::either() {
            Some(&mut self[0])
        } else {
            None
        }
    }
    pub fn split_at(&self, mid: usize) -> (&[T], &[T]) {
        (self, self)
    }
    pub fn split_at_mut(&mut self, mid: usize) -> (&mut [T], &mut [T]) {
        (self, self)
    }
    pub fn fill(&mut self, value: T) {}
    pub fn copy_from_slice(&mut self, src: &[T]) {}
    pub fn clone_from_slice(&mut self, src: &[T]) {}
    pub fn swap(&mut self, a: usize, b: usize) {}
    pub fn reverse(&mut self) {}
    pub fn make_ascii_lowercase(&mut self) {}
    pub fn make_ascii_uppercase(&mut self) {}
    pub fn copy_within(&mut self, src: crate::ops::Range<usize>, dest: usize) {}
    pub fn contains(&self, x: &T) -> bool {
        crate::num::either()
    }
    pub fn starts_with(&self, x: &[T]) -> bool {
        crate::num::either()
    }
}

impl<T> AsRef<[T]> for [T] {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<'a, T> IntoIterator for &'a [T] {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        Iter { slice: self }
    }
}

pub struct ArrayIter<T> {
    value: T,
}

impl<T> Iterator for ArrayIter<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        if crate::num::either() {
            Some(unsafe { crate::ptr::read(&self.value) })
        } else {
            None
        }
    }
}

impl<T, const N: usize> IntoIterator for [T; N] {
    type Item = T;
    type IntoIter = ArrayIter<T>;
    fn into_iter(self) -> ArrayIter<T> {
        let value = unsafe { crate::ptr::read(&self[0]) };
        crate::mem::forget(self);
        ArrayIter { value }
    }
}

impl<'a, T, const N: usize> IntoIterator for &'a [T; N] {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        Iter { slice: self }
    }
}

pub const unsafe fn from_raw_parts<'a, T>(data: *const T, len: usize) -> &'a [T] {
    &*(data as *const [T])
}

pub unsafe fn from_raw_parts_mut<'a, T>(data: *mut T, len: usize) -> &'a mut [T] {
    &mut *(data as *mut [T])
}

pub fn from_ref<T>(s: &T) -> &[T] {
    unsafe { &*(s as *const T as *const [T]) }
}
