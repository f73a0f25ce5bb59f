// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bodies of functions, in as much memory as is needed. Each is walked once and then asked only what
//! it calls, and where; as they are read, all bodies of a kernel are half of what there is to
//! remember of it.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use waitctx_model::{Function, Span};

use super::{FnId, Program, ProgramFunction};

/// The body of a function.
pub(crate) enum Body {
    /// The program has none.
    Nowhere,
    /// As it was read.
    Whole(Function),
    /// Where an earlier solution left it.
    Kept { span: Span, blocks: usize },
    /// In a tenth of the memory.
    Packed {
        bytes: Box<[u8]>,
        /// What is asked of many.
        span: Span,
        blocks: usize,
    },
}

impl Body {
    pub(crate) fn packed(body: &Function) -> Self {
        let bytes = postcard::to_stdvec(body).expect("a body is plain data");
        Self::Packed {
            bytes: bytes.into_boxed_slice(),
            span: body.span,
            blocks: body.blocks.len(),
        }
    }
}

/// What is stored of a body with its function: the body itself is kept elsewhere.
impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = match self {
            Self::Nowhere => None,
            Self::Whole(body) => Some((body.span, body.blocks.len())),
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

    /// The body, while the program is not packed.
    pub(crate) fn whole_body(&self) -> Option<&Function> {
        match &self.body {
            Body::Whole(body) => Some(body),
            Body::Nowhere | Body::Packed { .. } | Body::Kept { .. } => None,
        }
    }

    /// Where its name is defined.
    pub(crate) fn span(&self) -> Option<Span> {
        match &self.body {
            Body::Nowhere => None,
            Body::Whole(body) => Some(body.span),
            Body::Packed { span, .. } | Body::Kept { span, .. } => Some(*span),
        }
    }

    /// How many blocks its body has.
    pub(crate) fn blocks(&self) -> usize {
        match &self.body {
            Body::Nowhere => 0,
            Body::Whole(body) => body.blocks.len(),
            Body::Packed { blocks, .. } | Body::Kept { blocks, .. } => *blocks,
        }
    }
}

impl Program {
    /// The body of a function.
    pub(crate) fn body(&self, id: FnId) -> Option<Cow<'_, Function>> {
        match &self.function(id).body {
            Body::Nowhere => None,
            Body::Whole(body) => Some(Cow::Borrowed(body)),
            Body::Packed { bytes, .. } => {
                let body = postcard::from_bytes(bytes);
                Some(Cow::Owned(body.expect("it was packed here")))
            }
            Body::Kept { .. } => {
                let kept = self.kept_bodies.as_ref()?;
                kept.read(id).map(Cow::Owned)
            }
        }
    }

    /// The bytes of a packed body.
    pub(crate) fn packed_body(&self, id: FnId) -> Option<Vec<u8>> {
        match &self.function(id).body {
            Body::Nowhere => None,
            Body::Whole(body) => postcard::to_stdvec(body).ok(),
            Body::Packed { bytes, .. } => Some(bytes.to_vec()),
            Body::Kept { .. } => self.kept_bodies.as_ref()?.bytes(id),
        }
    }

    /// Packs all bodies, for when what links them has been found.
    pub(crate) fn pack(&mut self) {
        self.functions.par_iter_mut().for_each(|function| {
            if let Body::Whole(body) = &function.body {
                function.body = Body::packed(body);
            }
        });
    }
}
