// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions of precompiled headers, by name.
//!
//! Where the syntax tree names a function as text only (`__attribute__((cleanup(f)))`), it has to
//! be looked up among the declarations of the file. Those of precompiled headers are not listed
//! there, as listing them would load them all.

use rustc_hash::FxHashMap;
use waitctx_model::{BetweenUnits, Declaration, Rename, Unit};

/// Functions that shared headers define.
#[derive(Default)]
pub(crate) struct SharedFunctions {
    units: Vec<Unit>,
    /// The unit and the position there; `None` for names that several headers define.
    by_name: FxHashMap<String, Option<(usize, usize)>>,
}

impl SharedFunctions {
    /// The functions of units that were made from headers.
    pub(crate) fn new(units: Vec<Unit>) -> Self {
        let mut by_name = FxHashMap::default();
        for (number, unit) in units.iter().enumerate() {
            for (position, function) in unit.functions.iter().enumerate() {
                let name = unit.names.get(function.symbol.name);
                by_name
                    .entry(name.to_owned())
                    .and_modify(|it| *it = None)
                    .or_insert(Some((number, position)));
            }
        }
        Self { units, by_name }
    }

    /// What a declaration in `unit` would say of the function `name`.
    pub(crate) fn declaration(&self, name: &str, unit: &mut Unit) -> Option<Declaration> {
        let (number, position) = self.by_name.get(name).copied().flatten()?;
        let from = &self.units[number];
        let function = &from.functions[position];
        let mut names = BetweenUnits { from, to: unit };
        let parameters = function.locals.iter().take(function.parameters as usize);
        Some(Declaration {
            symbol: names.symbol(function.symbol),
            parameters: parameters
                .filter_map(|it| it.ty)
                .map(|ty| names.ty(ty))
                .collect(),
            flags: function.flags,
        })
    }
}
