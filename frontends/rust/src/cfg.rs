// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which items a configuration keeps: `cfg` predicates and the options that decide them.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Lit, Meta, Token};

/// The options that are set, each by itself (`CONFIG_SMP`) or with a value (`CONFIG_SMP="y"`).
#[derive(Clone, Default, Debug)]
pub struct Cfg {
    options: BTreeSet<(String, Option<String>)>,
}

impl Cfg {
    /// Sets an option as `rustc --cfg` does: `name` or `name="value"`.
    pub fn set(&mut self, option: &str) {
        let entry = match option.split_once('=') {
            Some((name, value)) => (
                name.trim().to_owned(),
                Some(value.trim().trim_matches('"').to_owned()),
            ),
            None => (option.trim().to_owned(), None),
        };
        self.options.insert(entry);
    }

    /// Whether `name` is set, with any value or none.
    pub fn is_set(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| option == name)
    }

    /// Whether what carries `attributes` is part of the program.
    pub(crate) fn keeps(&self, attributes: &[Attribute]) -> bool {
        attributes.iter().all(|attribute| match &attribute.meta {
            Meta::List(list) if list.path.is_ident("cfg") => self.holds_all(list.tokens.clone()),
            _ => true,
        })
    }

    /// Whether the predicate that a `cfg!()` is given holds.
    pub(crate) fn holds_all(&self, tokens: TokenStream) -> bool {
        let list = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens);
        list.is_ok_and(|list| list.iter().all(|meta| self.holds(meta)))
    }

    fn holds(&self, meta: &Meta) -> bool {
        match meta {
            Meta::Path(path) => path.get_ident().is_some_and(|name| {
                name == "true" || self.options.contains(&(name.to_string(), None))
            }),
            Meta::NameValue(pair) => {
                let Expr::Lit(literal) = &pair.value else {
                    return false;
                };
                let (Some(name), Lit::Str(value)) = (pair.path.get_ident(), &literal.lit) else {
                    return false;
                };
                self.options
                    .contains(&(name.to_string(), Some(value.value())))
            }
            Meta::List(list) => {
                let parts = Punctuated::<Meta, Token![,]>::parse_terminated
                    .parse2(list.tokens.clone())
                    .unwrap_or_default();
                let mut holds = parts.iter().map(|part| self.holds(part));
                if list.path.is_ident("all") {
                    holds.all(|it| it)
                } else if list.path.is_ident("any") {
                    holds.any(|it| it)
                } else if list.path.is_ident("not") {
                    !holds.any(|it| it)
                } else {
                    false
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_are_decided() {
        let mut cfg = Cfg::default();
        cfg.set("CONFIG_SMP");
        cfg.set("CONFIG_SMP=\"y\"");
        let holds = |text: &str| cfg.holds_all(text.parse().unwrap());
        assert!(holds("CONFIG_SMP"));
        assert!(holds("CONFIG_SMP = \"y\""));
        assert!(!holds("CONFIG_SMP = \"m\""));
        assert!(holds("not(any(test, testlib))"));
        assert!(!holds("all(CONFIG_SMP, test)"));
        assert!(cfg.is_set("CONFIG_SMP") && !cfg.is_set("CONFIG_UP"));
    }
}
