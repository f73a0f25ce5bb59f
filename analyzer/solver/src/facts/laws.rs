// SPDX-License-Identifier: MIT OR Apache-2.0
//! The laws of facts: they stand for sets of values, and are compared, met and joined as sets are.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::Fact;

/// Values around the ones that facts treat differently.
const VALUES: std::ops::RangeInclusive<i64> = -4..=4;

/// Facts as branches make them: values, ranges, not zero, nothing, and what holds with them.
fn fact() -> impl Strategy<Value = Fact> {
    let bound = -3_i64..=3;
    let range = (bound.clone(), bound.clone()).prop_map(|(a, b)| Fact {
        low: a.min(b),
        high: a.max(b),
        non_zero: false,
        assumed: false,
    });
    let one = prop_oneof![
        Just(Fact::ANY),
        Just(Fact::ZERO),
        Just(Fact::NON_ZERO),
        Just(Fact::OBJECT),
        bound.prop_map(Fact::exactly),
        range,
    ];
    (one.clone(), one).prop_map(|(a, b)| a.meet(b).unwrap_or(a))
}

fn holds(fact: Fact, value: i64) -> bool {
    fact.low <= value && value <= fact.high && !(fact.non_zero && value == 0)
}

fn values(fact: Fact) -> Vec<i64> {
    VALUES.filter(|&value| holds(fact, value)).collect()
}

proptest! {
    // The same values each time.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn meeting_is_the_common_part(a in fact(), b in fact()) {
        let both: Vec<i64> = values(a).into_iter().filter(|&it| holds(b, it)).collect();
        prop_assert_eq!(a.meet(b).map_or(Vec::new(), values), both);
        prop_assert_eq!(a.meet(b), b.meet(a));
        prop_assert_eq!(a.meet(a), Some(a));
        prop_assert_eq!(a.contradicts(b), a.meet(b).is_none());
    }

    #[test]
    fn meeting_does_not_depend_on_the_order(a in fact(), b in fact(), c in fact()) {
        let left = a.meet(b).and_then(|it| it.meet(c));
        let right = b.meet(c).and_then(|it| a.meet(it));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn joining_loses_no_value(a in fact(), b in fact(), c in fact()) {
        let joined = a.join(b);
        prop_assert!(VALUES.filter(|&it| holds(a, it) || holds(b, it)).all(|it| holds(joined, it)));
        prop_assert!(a.implies(joined) && b.implies(joined));
        prop_assert_eq!(joined, b.join(a));
        prop_assert_eq!(values(a.join(a)), values(a));
        prop_assert_eq!(joined.join(c), a.join(b.join(c)));
    }

    #[test]
    fn implying_is_being_a_part(a in fact(), b in fact(), c in fact()) {
        prop_assert!(a.implies(a));
        if a.implies(b) {
            prop_assert!(values(a).iter().all(|&it| holds(b, it)));
            if b.implies(c) {
                prop_assert!(a.implies(c));
            }
        }
        if let Some(both) = a.meet(b) {
            prop_assert!(both.implies(a) && both.implies(b));
        }
    }

    #[test]
    fn truth_is_what_all_values_have_in_common(a in fact()) {
        match a.truth() {
            Some(truth) => prop_assert!(values(a).iter().all(|&it| (it != 0) == truth)),
            None => prop_assert!(holds(a, 0)),
        }
    }
}
