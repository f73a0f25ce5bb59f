// SPDX-License-Identifier: MIT OR Apache-2.0
//! The laws of contexts: what is taken and dropped in between changes nothing, and what is ended
//! of the callers' comes back when it is taken again.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Context, Item, KindSet, MAX_NESTING};
use crate::lock::LockClass;
use crate::{ContextId, ContextKind, Identity, Knowledge, WaitType};

const LOCK: ContextId = ContextId(0);
const COUNTER: ContextId = ContextId(1);

fn knowledge() -> Knowledge {
    let kind = |name: &str, identity| ContextKind {
        name: name.to_owned(),
        label: name.to_owned(),
        limit: WaitType::Spin,
        while_held: false,
        forbids: Vec::new(),
        demand: None,
        identity,
    };
    Knowledge {
        contexts: vec![
            kind("lock", Identity::Lock),
            kind("counter", Identity::Counter),
        ],
        ..Knowledge::default()
    }
}

/// One of two locks, told apart by their address, or the counter.
fn item_number(index: u32) -> Item {
    let is_lock = index < 2;
    Item {
        kind: if is_lock { LOCK } else { COUNTER },
        lock: is_lock.then_some(crate::expr::ExprId(index)),
        class: LockClass {
            variable: None,
            fields: vec![waitctx_model::FieldId(index)],
        },
        subclass: crate::lock::Subclass::Plain,
        element: false,
        spelled: None,
    }
}

fn item() -> impl Strategy<Value = Item> {
    (0..3_u32).prop_map(item_number)
}

/// Two different ones.
fn two_items() -> impl Strategy<Value = (Item, Item)> {
    (0..3_u32, 1..3_u32).prop_map(|(a, more)| (item_number(a), item_number((a + more) % 3)))
}

/// A context that some acquisitions and releases lead to.
fn context() -> impl Strategy<Value = Context> {
    prop::collection::vec((item(), any::<bool>()), 0..super::MAX_NESTING).prop_map(|steps| {
        let mut context = Context::default();
        for (item, takes) in steps {
            if takes {
                context.acquire(item, 0, &knowledge());
            } else {
                context.release(&item, false, &knowledge());
            }
        }
        context
    })
}

proptest! {
    // The same values each time.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_taken_and_dropped_was_never_there(before in context(), item in item()) {
        // What nests deeper is not counted.
        let nested = before.held.iter().filter(|it| it.item == item).count();
        if nested >= MAX_NESTING {
            return Ok(());
        }
        let mut after = before.clone();
        after.acquire(item.clone(), 0, &knowledge());
        after.release(&item, false, &knowledge());
        // Taking what was ended of the callers gives it back, dropping it ends it again; in which
        // order things were ended does not matter.
        let sorted = |context: &Context| {
            let mut released = context.released.to_vec();
            released.sort_unstable();
            (context.held.clone(), released)
        };
        prop_assert_eq!(sorted(&after), sorted(&before));
    }

    #[test]
    fn what_is_ended_comes_back_when_it_is_taken_again(item in item()) {
        let mut context = Context::default();
        context.release(&item, false, &knowledge());
        prop_assert!(!Context::keeps(&item, &context.released, context.cleared, &knowledge()));
        context.acquire(item.clone(), 0, &knowledge());
        prop_assert_eq!(&context, &Context::default());
        prop_assert!(Context::keeps(&item, &context.released, context.cleared, &knowledge()));
    }

    #[test]
    fn other_locks_are_left_alone(mut context in context(), (a, b) in two_items()) {
        let count = |context: &Context| context.held.iter().filter(|it| it.item == b).count();
        let before = (count(&context), context.released.contains(&b));
        context.acquire(a.clone(), 0, &knowledge());
        prop_assert_eq!((count(&context), context.released.contains(&b)), before);
        context.release(&a, false, &knowledge());
        context.release(&a, false, &knowledge());
        prop_assert_eq!((count(&context), context.released.contains(&b)), before);
    }

    #[test]
    fn what_is_ended_at_once_is_all_of_it(mut context in context(), item in item()) {
        let mut kinds = KindSet::default();
        kinds.insert(item.kind);
        context.end_all(kinds, &knowledge());
        prop_assert!(context.held.iter().all(|it| it.item.kind != item.kind));
        prop_assert!(context.clone().rule_out(kinds));
    }
}
