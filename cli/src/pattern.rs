// SPDX-License-Identifier: MIT OR Apache-2.0
//! Patterns for paths in files of the user's: `drivers/*/acme.c`, `net/**`. A folder stands for all
//! that is in it.

use anyhow::Result;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use toml::Spanned;

use crate::toml_file::TomlFile;

/// The pattern that stands in `file`.
pub(crate) fn parse(file: &TomlFile, text: &Spanned<String>) -> Result<GlobSet> {
    let build = || {
        let pattern = text
            .get_ref()
            .trim_start_matches("./")
            .trim_end_matches('/');
        let glob = |it: &str| GlobBuilder::new(it).literal_separator(true).build();
        let mut both = GlobSetBuilder::new();
        both.add(glob(pattern)?)
            .add(glob(&format!("{pattern}/**"))?);
        both.build()
    };
    build().map_err(|error| {
        let message = format!("this is not a pattern for paths: {}", error.kind());
        file.mistake(text.span(), &message, "as in `drivers/net/**` or `mm/*.c`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = camino::Utf8PathBuf::from_path_buf(dir.path().join("p.toml")).unwrap();
        std::fs::write(&path, "").unwrap();
        let file = TomlFile::read(&path).unwrap();
        let matches = |pattern: &str, name| {
            let pattern = Spanned::new(0..0, pattern.to_owned());
            parse(&file, &pattern).unwrap().is_match(name)
        };
        for pattern in [
            "net",
            "net/",
            "net/**",
            "./net",
            "net/*/a.c",
            "net/ipv4/a.c",
        ] {
            assert!(matches(pattern, "net/ipv4/a.c"), "{pattern}");
        }
        for pattern in ["ne", "ipv4", "*.c", "net/*", "net/a.c", "**/ipv4"] {
            let folder = pattern == "net/*" || pattern == "**/ipv4";
            assert_eq!(matches(pattern, "net/ipv4/a.c"), folder, "{pattern}");
        }
        assert!(parse(&file, &Spanned::new(0..0, "[".to_owned())).is_err());
    }
}
