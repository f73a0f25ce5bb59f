// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests that look at much at once tell all that is wrong with it.

/// Fails with all that is `wrong`, if anything is.
#[track_caller]
pub(crate) fn expect_nothing(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}\n",
        wrong.len(),
        wrong.join("\n")
    );
}
