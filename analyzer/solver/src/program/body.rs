// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bodies of functions, in as much memory as is needed. Each is walked once and then asked only what
//! it calls, and where; as they are read, all bodies of a kernel are half of what there is to
//! remember of it.

use std::borrow::Cow;

use rayon::prelude::*;
use waitctx_model::{Function, Span};

use super::{FnId, Program, ProgramFunction};

/// The body of a function.
pub(crate) enum Body {
    /// The program has none.
    Nowhere,
    /// As it was read.
    Whole(Function),
    /// In a tenth of the memory.
    Packed {
        bytes: Box<[u8]>,
        /// What is asked of many.
        span: Span,
        blocks: usize,
    },
}

impl ProgramFunction {
    pub(crate) fn has_body(&self) -> bool {
        !matches!(self.body, Body::Nowhere)
    }

    /// The body, while the program is not packed.
    pub(crate) fn whole_body(&self) -> Option<&Function> {
        match &self.body {
            Body::Whole(body) => Some(body),
            Body::Nowhere | Body::Packed { .. } => None,
        }
    }

    /// Where its name is defined.
    pub(crate) fn span(&self) -> Option<Span> {
        match &self.body {
            Body::Nowhere => None,
            Body::Whole(body) => Some(body.span),
            Body::Packed { span, .. } => Some(*span),
        }
    }

    /// How many blocks its body has.
    pub(crate) fn blocks(&self) -> usize {
        match &self.body {
            Body::Nowhere => 0,
            Body::Whole(body) => body.blocks.len(),
            Body::Packed { blocks, .. } => *blocks,
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
        }
    }

    /// Packs all bodies, for when what links them has been found.
    pub(crate) fn pack(&mut self) {
        self.functions.par_iter_mut().for_each(|function| {
            if let Body::Whole(body) = &function.body {
                let bytes = postcard::to_stdvec(body).expect("a body is plain data");
                function.body = Body::Packed {
                    bytes: bytes.into_boxed_slice(),
                    span: body.span,
                    blocks: body.blocks.len(),
                };
            }
        });
    }
}
