// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was read of one unit, before it is settled which unit delivers what headers define.

use serde::{Deserialize, Serialize};
use waitctx_model::Unit;

use crate::claims::DefinitionKey;
use crate::compact::Keys;

/// What was read of one unit.
///
/// Apart from which definitions of headers have a body here, it is a function of the arguments
/// and of the files that were read.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub struct Draft {
    pub(crate) unit: Unit,
    pub(crate) keys: Keys,
    /// What it says of headers.
    pub headers: Seen,
    /// What it was made from.
    pub sources: Sources,
}

/// The definitions in headers that a unit sees.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// All of them, sorted.
    pub definitions: Vec<DefinitionKey>,
    /// Those that were lowered, sorted.
    pub lowered: Vec<DefinitionKey>,
    /// Whether the unit has errors, so that others are asked first.
    pub damaged: bool,
}

/// What a draft was made from, besides the arguments and precompiled headers.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sources {
    /// The files that were read, as the compiler names them, sorted.
    pub read: Vec<String>,
    /// Files that would have been read if they existed, sorted.
    pub absent: Vec<String>,
    /// Whether something was looked for in vain, so that any new file can change the draft.
    pub incomplete: bool,
    /// Whether precompiled headers were used.
    pub precompiled: bool,
}

impl Draft {
    /// A unit that says nothing of headers.
    pub(crate) fn alone(unit: Unit) -> Self {
        Self {
            unit,
            keys: Keys::default(),
            headers: Seen::default(),
            sources: Sources {
                incomplete: true,
                ..Sources::default()
            },
        }
    }

    /// The unit as far as it was read; what headers define may be in other units, too.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }
}
