// SPDX-License-Identifier: MIT OR Apache-2.0
//! Things as they are stored, which takes a tenth of the memory that reading them does.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A `T` as it is stored.
pub(crate) struct Packed<T> {
    bytes: Box<[u8]>,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Packed<T> {
    pub(crate) fn new(whole: &T) -> Self {
        let bytes = postcard::to_stdvec(whole).expect("it is plain data");
        Self {
            bytes: bytes.into_boxed_slice(),
            of: PhantomData,
        }
    }

    /// What was packed; `None` where the bytes come from elsewhere and say nothing.
    pub(crate) fn unpack(&self) -> Option<T> {
        postcard::from_bytes(&self.bytes).ok()
    }
}

impl<T> Packed<T> {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T> Serialize for Packed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.bytes)
    }
}

impl<'de, T> Deserialize<'de> for Packed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserializer.deserialize_bytes(Bytes)?;
        Ok(Self {
            bytes,
            of: PhantomData,
        })
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Box<[u8]>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(bytes.into())
    }
}
