// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the words of a model file to the solver's types.

use waitctx_solver::{ArgumentSelector, ArgumentTest, ContextKind, DemandKind, Identity, WaitType};

use super::schema::{Argument, ConditionRow, ContextRow, DemandRow, IdentityName, WaitTypeName};

pub(super) fn demand_kind(row: &DemandRow) -> DemandKind {
    DemandKind {
        name: row.name.get_ref().clone(),
        label: row.label.get_ref().clone(),
        wait: wait_type(row.wait),
        at_return: row.at_return,
        silenced_by: Vec::new(),
    }
}

pub(super) fn context_kind(row: &ContextRow) -> ContextKind {
    ContextKind {
        name: row.name.get_ref().clone(),
        label: row.label.get_ref().clone(),
        limit: wait_type(row.limit),
        forbids: Vec::new(),
        while_held: row.while_held,
        demand: None,
        identity: match row.identity {
            IdentityName::Lock => Identity::Lock,
            IdentityName::Counter => Identity::Counter,
            IdentityName::Switch => Identity::Switch,
            IdentityName::Entry => Identity::Entry,
        },
    }
}

pub(super) fn argument_test(row: &ConditionRow) -> ArgumentTest {
    ArgumentTest {
        argument: selector(&row.argument),
        mask: *row.mask.get_ref(),
        set: row.set,
        all: row.all,
        clear: row.clear,
        proof: row.proof,
    }
}

pub(super) fn selector(argument: &Argument) -> ArgumentSelector {
    match argument {
        Argument::Index(index) => ArgumentSelector::Index(*index),
        Argument::Typed(name) => ArgumentSelector::Typed(name.clone()),
    }
}

/// The wait type that a model file calls by this name.
pub(crate) fn wait_type(name: WaitTypeName) -> WaitType {
    match name {
        WaitTypeName::Free => WaitType::Free,
        WaitTypeName::Spin => WaitType::Spin,
        WaitTypeName::Config => WaitType::Config,
        WaitTypeName::Sleep => WaitType::Sleep,
    }
}
