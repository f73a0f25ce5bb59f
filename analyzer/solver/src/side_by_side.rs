// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two sorted lists, looked at side by side.

use std::cmp::Ordering;

/// For each key of either of two lists that are sorted by it, what the two have there.
pub(crate) fn side_by_side<'a, K: Copy + Ord, V: Copy>(
    mut a: &'a [(K, V)],
    mut b: &'a [(K, V)],
) -> impl Iterator<Item = (K, Option<V>, Option<V>)> + 'a {
    std::iter::from_fn(move || {
        let order = match (a.first(), b.first()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((x, _)), Some((y, _))) => x.cmp(y),
        };
        let of_a = (order != Ordering::Greater).then(|| take(&mut a));
        let of_b = (order != Ordering::Less).then(|| take(&mut b));
        let (key, _) = of_a.or(of_b)?;
        Some((key, of_a.map(|it| it.1), of_b.map(|it| it.1)))
    })
}

/// The first element, which is there.
fn take<T: Copy>(list: &mut &[T]) -> T {
    let first = list[0];
    *list = &list[1..];
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_comes_once_with_what_both_have() {
        let (a, b) = ([(1, 'a'), (3, 'b')], [(2, 'x'), (3, 'y'), (4, 'z')]);
        let both: Vec<_> = side_by_side(&a, &b).collect();
        let expected = [
            (1, Some('a'), None),
            (2, None, Some('x')),
            (3, Some('b'), Some('y')),
            (4, None, Some('z')),
        ];
        assert_eq!(both, expected);
    }
}
