// SPDX-License-Identifier: MIT OR Apache-2.0
//! Units that are read when their turn comes. As they are read, all units of a kernel are the most
//! there ever is to remember of it; what is kept of each is a tenth of that.

use waitctx_model::Unit;

use super::link::file_name;

/// Reads a unit.
type Read<'a> = Box<dyn FnOnce() -> Option<Unit> + Send + 'a>;

/// A unit that has not been read.
pub struct Pending<'a> {
    pub(super) file: String,
    pub(super) read: Read<'a>,
}

impl<'a> Pending<'a> {
    /// The unit of `file`, as units call it: they are linked in the order of these names. `read` says
    /// nothing when the unit cannot be read.
    pub fn new(file: String, read: impl FnOnce() -> Option<Unit> + Send + 'a) -> Self {
        Self {
            file,
            read: Box::new(read),
        }
    }
}

impl From<Unit> for Pending<'_> {
    fn from(unit: Unit) -> Self {
        // What headers share belongs to no file, and comes first.
        let file = if unit.is_shared { "" } else { file_name(&unit) };
        Self::new(file.to_owned(), || Some(unit))
    }
}
