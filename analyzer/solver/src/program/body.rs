// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bodies of functions, in as much memory as is needed. Each is walked once and then asked only what
//! it calls, and where; as they are read, all bodies of a kernel are half of what there is to
//! remember of it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use waitctx_model::{Function, Span};

use super::{FnId, Program, ProgramFunction};
use crate::packed::Packed;

/// The body of a function.
pub(crate) enum Body {
    /// The program has none.
    Nowhere,
    /// Where an earlier solution left it.
    Kept { span: Span, blocks: usize },
    /// In a tenth of the memory.
    Packed {
        packed: Packed<Function>,
        /// What is asked of many.
        span: Span,
        blocks: usize,
    },
}

impl Body {
    pub(crate) fn packed(body: &Function) -> Self {
        Self::Packed {
            packed: Packed::new(body),
            span: body.span,
            blocks: body.blocks.len(),
        }
    }

    /// The body, if it is here.
    pub(super) fn unpack(&self) -> Option<Function> {
        match self {
            Self::Packed { packed, .. } => packed.unpack(),
            Self::Nowhere | Self::Kept { .. } => None,
        }
    }
}

/// What is stored of a body with its function: the body itself is kept elsewhere.
impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = match self {
            Self::Nowhere => None,
            Self::Kept { span, blocks } | Self::Packed { span, blocks, .. } => {
                Some((*span, *blocks))
            }
        };
        kept.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept: Option<(Span, usize)> = Deserialize::deserialize(deserializer)?;
        Ok(kept.map_or(Self::Nowhere, |(span, blocks)| Self::Kept { span, blocks }))
    }
}

impl ProgramFunction {
    pub(crate) fn has_body(&self) -> bool {
        !matches!(self.body, Body::Nowhere)
    }

    /// Where its name is defined.
    pub(crate) fn span(&self) -> Option<Span> {
        match &self.body {
            Body::Nowhere => None,
            Body::Packed { span, .. } | Body::Kept { span, .. } => Some(*span),
        }
    }

    /// How many blocks its body has.
    pub(crate) fn blocks(&self) -> usize {
        match &self.body {
            Body::Nowhere => 0,
            Body::Packed { blocks, .. } | Body::Kept { blocks, .. } => *blocks,
        }
    }
}

impl Program {
    /// The body of a function.
    pub(crate) fn body(&self, id: FnId) -> Option<Function> {
        match &self.function(id).body {
            Body::Kept { .. } => self.kept_bodies.as_ref()?.read(id),
            body => body.unpack(),
        }
    }

    /// The bytes of a packed body.
    pub(crate) fn packed_body(&self, id: FnId) -> Option<Cow<'_, [u8]>> {
        match &self.function(id).body {
            Body::Nowhere => None,
            Body::Packed { packed, .. } => Some(Cow::Borrowed(packed.bytes())),
            Body::Kept { .. } => Some(Cow::Owned(self.kept_bodies.as_ref()?.bytes(id)?)),
        }
    }
}
