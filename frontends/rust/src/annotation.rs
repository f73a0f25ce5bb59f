// SPDX-License-Identifier: MIT OR Apache-2.0
//! Annotations of the preemption count: `preempt_count(adjust = 1, expect = 0.., unchecked)`.

use syn::{Attribute, Expr, Lit, RangeLimits, Token};

use crate::knowledge::PreemptionMarkers;

/// What an annotation says of a function.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Annotation {
    /// What it adds to the count.
    pub(crate) adjust: i64,
    /// The counts it may be called with, if they are said; the last one is part of the range.
    pub(crate) expect: Option<(i64, Option<i64>)>,
    /// It is to be taken for true without looking at the body.
    pub(crate) unchecked: bool,
}

impl Annotation {
    /// Reads an annotation.
    pub(crate) fn parse(attribute: &Attribute) -> Option<Self> {
        let mut out = Self::default();
        attribute
            .parse_args_with(|input: syn::parse::ParseStream<'_>| {
                while !input.is_empty() {
                    let name: syn::Ident = input.parse()?;
                    if name == "unchecked" {
                        out.unchecked = true;
                    } else {
                        input.parse::<Token![=]>()?;
                        let value: Expr = input.parse()?;
                        let range = range(&value).ok_or_else(|| input.error("not a range"))?;
                        if name == "adjust" {
                            out.adjust = range.0;
                        } else if name == "expect" {
                            out.expect = Some(range);
                        }
                    }
                    input.parse::<Option<Token![,]>>()?;
                }
                Ok(())
            })
            .ok()?;
        Some(out)
    }

    /// Whether it may be called with a count of zero only: it may sleep.
    pub(crate) fn may_sleep(self) -> bool {
        self.expect == Some((0, Some(0)))
    }

    /// The functions whose calls say the same.
    pub(crate) fn calls(self, markers: &PreemptionMarkers) -> Vec<&str> {
        let mut calls = Vec::new();
        if self.may_sleep() {
            calls.push(markers.may_sleep.as_str());
        }
        let change = if self.adjust < 0 {
            markers.lowers.as_str()
        } else {
            markers.raises.as_str()
        };
        for _ in 0..self.adjust.unsigned_abs().min(8) {
            calls.push(change);
        }
        calls
    }
}

/// `1`, `0..`, `0..2`, `1..=2`, `..`
fn range(e: &Expr) -> Option<(i64, Option<i64>)> {
    match e {
        Expr::Range(it) => {
            let low = match &it.start {
                Some(e) => number(e)?,
                None => 0,
            };
            let high = match &it.end {
                Some(e) => {
                    Some(number(e)? - i64::from(matches!(it.limits, RangeLimits::HalfOpen(_))))
                }
                None => None,
            };
            Some((low, high))
        }
        e => number(e).map(|value| (value, Some(value))),
    }
}

fn number(e: &Expr) -> Option<i64> {
    match e {
        Expr::Lit(it) => match &it.lit {
            Lit::Int(it) => it.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(it) if matches!(it.op, syn::UnOp::Neg(_)) => Some(-number(&it.expr)?),
        Expr::Paren(it) => number(&it.expr),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Annotation> {
        let tokens: proc_macro2::TokenStream = text.parse().unwrap();
        Annotation::parse(&syn::parse_quote!(#[preempt_count(#tokens)]))
    }

    #[test]
    fn ranges_are_read() {
        let it = parse("adjust = -1, expect = 1.., unchecked").unwrap();
        assert_eq!(
            (it.adjust, it.expect, it.unchecked),
            (-1, Some((1, None)), true)
        );
        assert!(parse("expect = 0").unwrap().may_sleep());
        assert!(parse("expect = 0..1").unwrap().may_sleep());
        assert!(!parse("expect = 0..").unwrap().may_sleep());
        assert_eq!(parse("expect = a"), None);
    }
}
