// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides the configuration: a target or a file, options on top, and whether they were taken.

use std::fs;

use camino::Utf8Path;

use super::error::{InvalidRequest, MakeError, NotTaken};
use super::kbuild::Kbuild;
use super::request::{Config, Request};

/// Makes `.config` in the output directory.
pub(super) fn configure(kbuild: &Kbuild, request: &Request) -> Result<(), MakeError> {
    let wanted = options(&request.set)?;
    let path = kbuild.output().join(".config");
    let io = |path: &Utf8Path, source| MakeError::Io {
        path: path.to_owned(),
        source,
    };
    match &request.config {
        Config::Defconfig => kbuild.run("config", &["defconfig"])?,
        Config::Allmodconfig => kbuild.run("config", &["allmodconfig"])?,
        Config::Target(target) => kbuild.run("config", &[checked_target(target)?])?,
        Config::File(file) => {
            // Through memory: the file may be the .config itself.
            let text = fs::read(file).map_err(|source| io(file, source))?;
            fs::write(&path, text).map_err(|source| io(&path, source))?;
            kbuild.run("config", &["olddefconfig"])?;
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let read = || fs::read_to_string(&path).map_err(|source| io(&path, source));
    fs::write(&path, with_options(&read()?, &wanted)).map_err(|source| io(&path, source))?;
    kbuild.run("config", &["olddefconfig"])?;
    let options = not_taken(&read()?, &wanted);
    if options.is_empty() {
        Ok(())
    } else {
        Err(MakeError::NotTaken {
            options,
            config: path,
        })
    }
}

/// An option to set: its name without `CONFIG_`, and the value as `.config` has it.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    key: String,
    value: String,
}

fn options(set: &[(String, String)]) -> Result<Vec<Setting>, InvalidRequest> {
    set.iter()
        .map(|(key, value)| {
            let name = key.strip_prefix("CONFIG_").unwrap_or(key);
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(InvalidRequest::NotAnOption(key.clone()));
            }
            let text = value
                .strip_prefix('"')
                .and_then(|v| v.strip_suffix('"'))
                .unwrap_or(value);
            if text.contains(['\n', '\r', '"']) {
                return Err(InvalidRequest::NotAValue(key.clone()));
            }
            let bare = value == text && is_bare(text);
            let value = if bare {
                text.to_owned()
            } else {
                format!("\"{text}\"")
            };
            Ok(Setting {
                key: name.to_owned(),
                value,
            })
        })
        .collect()
}

/// Whether Kconfig writes such a value without quotes: y, n, m, decimal or hexadecimal.
fn is_bare(value: &str) -> bool {
    let hex = value.strip_prefix("0x").unwrap_or("");
    matches!(value, "y" | "n" | "m")
        || value
            .strip_prefix('-')
            .unwrap_or(value)
            .parse::<u64>()
            .is_ok()
        || (!hex.is_empty() && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Only what can be nothing else than a configuration target: `make` takes flags and assignments
/// in the same place, and `clean` is a target too.
fn checked_target(target: &str) -> Result<&str, InvalidRequest> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let good = target.ends_with("config") && !target.starts_with('-') && target.chars().all(plain);
    // These ask questions, which nobody would answer.
    let interactive = [
        "config",
        "oldconfig",
        "menuconfig",
        "nconfig",
        "xconfig",
        "gconfig",
    ];
    if good && !interactive.contains(&target) {
        Ok(target)
    } else {
        Err(InvalidRequest::NotAConfigTarget(target.to_owned()))
    }
}

fn with_options(config: &str, wanted: &[Setting]) -> String {
    let mut lines: Vec<String> = config
        .lines()
        .filter(|line| {
            !wanted
                .iter()
                .any(|option| value_in(line, &option.key).is_some())
        })
        .map(str::to_owned)
        .collect();
    // The last one wins if a key is there twice, as for a later argument.
    lines.extend(
        wanted
            .iter()
            .map(|Setting { key, value }| match value.as_str() {
                "n" => format!("# CONFIG_{key} is not set"),
                _ => format!("CONFIG_{key}={value}"),
            }),
    );
    lines.join("\n") + "\n"
}

fn not_taken(config: &str, wanted: &[Setting]) -> Vec<NotTaken> {
    wanted
        .iter()
        .enumerate()
        .filter(|(at, option)| !wanted[at + 1..].iter().any(|later| later.key == option.key))
        .filter_map(|(_, Setting { key, value })| {
            let got = config
                .lines()
                .find_map(|line| value_in(line, key))
                .unwrap_or("n");
            (got != value).then(|| NotTaken {
                key: key.clone(),
                wanted: value.clone(),
                got: got.to_owned(),
            })
        })
        .collect()
}

/// The value `line` gives to `key`.
fn value_in<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    if let Some(rest) = line.strip_prefix("# CONFIG_") {
        return (rest.strip_suffix(" is not set") == Some(key)).then_some("n");
    }
    line.strip_prefix("CONFIG_")?
        .strip_prefix(key)?
        .strip_prefix('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# a comment\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_AB=m\n";

    fn set(pairs: &[(&str, &str)]) -> Vec<Setting> {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        options(&pairs).unwrap()
    }

    #[test]
    fn options_replace_what_is_there() {
        let wanted = set(&[
            ("CONFIG_A", "n"),
            ("B", "y"),
            ("N", "12"),
            ("S", "text"),
            ("H", "0x1f"),
        ]);
        assert_eq!(
            with_options(BEFORE, &wanted),
            "# a comment\nCONFIG_AB=m\n# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_N=12\n\
             CONFIG_S=\"text\"\nCONFIG_H=0x1f\n"
        );
        assert_eq!(not_taken(&with_options(BEFORE, &wanted), &wanted), []);
    }

    #[test]
    fn options_not_taken_are_named() {
        let wanted = set(&[
            ("A", "m"),
            ("GONE", "n"),
            ("KASAN", "y"),
            ("B", "n"),
            ("AB", "m"),
        ]);
        let lost = not_taken(BEFORE, &wanted);
        let error = MakeError::NotTaken {
            options: lost,
            config: "/o/.config".into(),
        };
        assert!(
            error
                .to_string()
                .starts_with("/o/.config did not take A=m (it is y), KASAN=y (it is n); see that"),
            "{error}"
        );
    }

    #[test]
    fn the_last_of_two_settings_counts() {
        let wanted = set(&[("A", "n"), ("A", "y")]);
        assert_eq!(not_taken("CONFIG_A=y\n", &wanted), []);
    }

    #[test]
    fn what_is_no_option_or_target_is_refused() {
        for key in ["", "CONFIG_", "A B", "A=B", "A\nCONFIG_X"] {
            assert!(options(&[(key.into(), "y".into())]).is_err(), "{key}");
        }
        assert!(options(&[("A".into(), "x\ny".into())]).is_err());
        for target in [
            "clean",
            "-fx/config",
            "X=config",
            "menuconfig",
            "",
            "a b_defconfig",
        ] {
            assert!(checked_target(target).is_err(), "{target}");
        }
        for target in ["allyesconfig", "tinyconfig", "xen.config", "foo_defconfig"] {
            assert!(checked_target(target).is_ok(), "{target}");
        }
    }
}
