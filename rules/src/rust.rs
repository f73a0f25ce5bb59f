// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the Rust frontend is told of the kernel: `rust/kernel.toml` and `rust/macros.rs`.

use serde::Deserialize;

use crate::ModelError;

/// What is known of the kernel's Rust code besides the language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rust {
    /// `bindings::f` is the C function of this prefix and `f` when there is no `f`.
    pub helper_prefix: String,
    /// Constants of C and their values.
    pub constants: Vec<(String, i64)>,
    /// Attributes by path and what they mean.
    pub attributes: Vec<(String, Attribute)>,
    /// `macro_rules!` that are used instead of the kernel's macros of the same names.
    pub macros: &'static str,
}

/// What an attribute means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attribute {
    /// The `impl` is one of `Drop`.
    Drop,
    /// There is a constant for each function, whose name starts with this.
    Presence(String),
    /// It speaks of the preemption count, in terms of these functions.
    Preemption {
        /// What may be called with a count of zero only.
        may_sleep: String,
        /// What raises the count.
        raises: String,
        /// What lowers the count.
        lowers: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    helpers: Helpers,
    constant: Vec<Constant>,
    attribute: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Helpers {
    prefix: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Constant {
    name: String,
    value: i64,
    source: String,
}

#[derive(Deserialize)]
#[serde(tag = "means", rename_all = "lowercase", deny_unknown_fields)]
enum Row {
    Drop {
        path: String,
        source: String,
    },
    Presence {
        path: String,
        prefix: String,
        source: String,
    },
    Preemption {
        path: String,
        may_sleep: String,
        raises: String,
        lowers: String,
        source: String,
    },
}

impl Row {
    fn source(&self) -> &String {
        match self {
            Self::Drop { source, .. }
            | Self::Presence { source, .. }
            | Self::Preemption { source, .. } => source,
        }
    }
}

const NAME: &str = "rules/rust/kernel.toml";
const TEXT: &str = include_str!("../rust/kernel.toml");
const MACROS: &str = include_str!("../rust/macros.rs");

/// The built-in knowledge of the kernel's Rust code.
///
/// # Errors
/// When the data file has a mistake; a test reads it.
pub fn rust() -> Result<Rust, ModelError> {
    let file: File = toml::from_str(TEXT).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        ModelError::new(NAME, TEXT, span, error.message().to_owned())
    })?;
    let constants = file.constant.iter().map(|it| &it.source);
    let attributes = file.attribute.iter().map(Row::source);
    for source in constants.chain(attributes).chain([&file.helpers.source]) {
        if source.is_empty() {
            let message = "a row without a source cannot be checked".to_owned();
            return Err(ModelError::new(NAME, TEXT, 0..0, message));
        }
    }
    let attributes = file.attribute.into_iter().map(|row| match row {
        Row::Drop { path, .. } => (path, Attribute::Drop),
        Row::Presence { path, prefix, .. } => (path, Attribute::Presence(prefix)),
        Row::Preemption {
            path,
            may_sleep,
            raises,
            lowers,
            ..
        } => (
            path,
            Attribute::Preemption {
                may_sleep,
                raises,
                lowers,
            },
        ),
    });
    Ok(Rust {
        helper_prefix: file.helpers.prefix,
        constants: file
            .constant
            .into_iter()
            .map(|it| (it.name, it.value))
            .collect(),
        attributes: attributes.collect(),
        macros: MACROS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_read() {
        let rust = rust().expect("the data file is right");
        assert!(rust.constants.iter().any(|(name, _)| name == "GFP_KERNEL"));
        assert_eq!(rust.attributes.len(), 3);
    }

    #[test]
    fn every_row_names_its_source() {
        let rows = TEXT.matches("\n[[").count() + TEXT.matches("\n[helpers]").count();
        assert_eq!(TEXT.matches("\nsource = \"").count(), rows);
    }

    /// What annotations stand for is known.
    #[test]
    fn annotations_speak_of_known_functions() {
        let knowledge = crate::builtin().expect("the built-in model is right");
        for (_, attribute) in rust().expect("the data file is right").attributes {
            if let Attribute::Preemption {
                may_sleep,
                raises,
                lowers,
            } = attribute
            {
                for name in [may_sleep, raises, lowers] {
                    assert!(knowledge.functions.contains_key(&name), "{name}");
                }
            }
        }
    }
}
