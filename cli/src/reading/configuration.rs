// SPDX-License-Identifier: MIT OR Apache-2.0
//! Configurations: which databases are read, and with which build options added.

use anyhow::Result;
use camino::Utf8PathBuf;

use crate::failure::Advised;

/// One view of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Configuration {
    /// What its findings say it is called.
    pub(crate) name: String,
    /// The database as the user named it; the tree's own without.
    pub(crate) database: Option<Utf8PathBuf>,
    /// Build options that are set on top of those of the database, with their values.
    pub(crate) options: Vec<(String, String)>,
}

impl Configuration {
    /// What is added to each compile command of C.
    pub(crate) fn defines(&self) -> Vec<String> {
        let options = self.options.iter();
        options
            .map(|(name, value)| format!("-D{name}={value}"))
            .collect()
    }

    /// What is added to the `--cfg` of each crate, as scripts/kconfig/confdata.c of the kernel spells
    /// it: a switch as itself and as `"y"`, everything else with its value.
    pub(crate) fn cfg(&self) -> Vec<String> {
        let spelled = |(name, value): &(String, String)| match value.as_str() {
            ON => vec![name.clone(), format!("{name}=\"y\"")],
            value => vec![format!("{name}=\"{value}\"")],
        };
        self.options.iter().flat_map(spelled).collect()
    }
}

/// The value of a switch that is on, in C.
const ON: &str = "1";

/// All configurations that databases (`[NAME=]PATH`) and overlays (`NAME=OPTION,...`) come to: each
/// database as it is, then with each overlay.
pub(crate) fn configurations(
    databases: &[String],
    overlays: &[String],
) -> Result<Vec<Configuration>> {
    let mut bases: Vec<Configuration> = databases.iter().map(|text| database(text)).collect();
    if bases.is_empty() {
        bases.push(Configuration {
            name: "tree".to_owned(),
            database: None,
            options: Vec::new(),
        });
    }
    let overlays = overlays
        .iter()
        .map(|text| overlay(text))
        .collect::<Result<Vec<_>>>()?;
    let mut all = Vec::new();
    for base in bases {
        let with = overlays.iter().map(|(name, options)| Configuration {
            name: format!("{}+{name}", base.name),
            database: base.database.clone(),
            options: options.clone(),
        });
        let with: Vec<Configuration> = with.collect();
        all.push(base);
        all.extend(with);
    }
    for (index, configuration) in all.iter().enumerate() {
        if all[..index].iter().any(|it| it.name == configuration.name) {
            let message = format!("two configurations are called `{}`", configuration.name);
            let help = "give them names: `-p arm64=/tmp/objects-arm64`, `--overlay rt=CONFIG_X`";
            return Err(Advised::new(message, help).into());
        }
    }
    Ok(all)
}

/// The one configuration there is, for `whom`, which cannot do with several.
pub(crate) fn only<'a>(all: &'a [Configuration], whom: &str) -> Result<&'a Configuration> {
    let [configuration] = all else {
        let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        let message = format!(
            "{whom} is of one configuration, and these are {}: {}",
            names.len(),
            names.join(", ")
        );
        let help = "name one database with `-p` and leave out `--overlay`; `waitctx scan` reads \
                    several, from the sources";
        return Err(Advised::new(message, help).into());
    };
    Ok(configuration)
}

/// `[NAME=]PATH`: the name is that of the file's directory when it is left out.
fn database(text: &str) -> Configuration {
    let (name, path) = match text.split_once('=') {
        Some((name, path)) if is_name(name) => (Some(name), Utf8PathBuf::from(path)),
        _ => (None, Utf8PathBuf::from(text)),
    };
    let directory = match path.extension() {
        Some("json") => path.parent().unwrap_or(&path),
        _ => &path,
    };
    let name = name.or(directory.file_name()).unwrap_or("tree").to_owned();
    Configuration {
        name,
        database: Some(path),
        options: Vec::new(),
    }
}

/// `NAME=OPTION[=VALUE],...`: only build options, as everything else could do more than configure.
fn overlay(text: &str) -> Result<(String, Vec<(String, String)>)> {
    let wrong = |what: String| {
        let help = "an overlay names build options: `--overlay rt=CONFIG_PREEMPT_RT`, \
                    `--overlay lockdep=CONFIG_LOCKDEP,CONFIG_PROVE_LOCKING`";
        anyhow::Error::from(Advised::new(what, help))
    };
    let Some((name, options)) = text.split_once('=').filter(|(name, _)| is_name(name)) else {
        return Err(wrong(format!("`{text}` is not an overlay")));
    };
    let mut set = Vec::new();
    for option in options.split(',') {
        let (option, value) = option.split_once('=').unwrap_or((option, ON));
        let is_word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if !option.starts_with(super::OPTION_PREFIX) || !is_word(option) || !is_word(value) {
            return Err(wrong(format!("`{option}` is not a build option")));
        }
        set.push((option.to_owned(), value.to_owned()));
    }
    Ok((name.to_owned(), set))
}

fn is_name(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+');
    !text.is_empty() && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(databases: &[&str], overlays: &[&str]) -> Vec<String> {
        let own = |texts: &[&str]| texts.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        configurations(&own(databases), &own(overlays))
            .map(|all| all.into_iter().map(|it| it.name).collect())
            .unwrap_or_else(|error| vec![format!("{error}")])
    }

    #[test]
    fn databases_are_called_after_their_place_or_as_told() {
        assert_eq!(names(&[], &[]), ["tree"]);
        assert_eq!(names(&["/o/def"], &[]), ["def"]);
        assert_eq!(names(&["/o/def/compile_commands.json"], &[]), ["def"]);
        assert_eq!(names(&["arm64=/o/def", "/o/x86"], &[]), ["arm64", "x86"]);
    }

    #[test]
    fn overlays_add_a_view_of_each_database() {
        assert_eq!(
            names(&["a=/a", "b=/b"], &["rt=CONFIG_PREEMPT_RT"]),
            ["a", "a+rt", "b", "b+rt"]
        );
        let overlays = ["lock=CONFIG_LOCKDEP,CONFIG_HZ=250".to_owned()];
        let all = configurations(&[], &overlays).expect("they are options");
        assert_eq!(all[1].defines(), ["-DCONFIG_LOCKDEP=1", "-DCONFIG_HZ=250"]);
        let cfg = [
            "CONFIG_LOCKDEP",
            r#"CONFIG_LOCKDEP="y""#,
            r#"CONFIG_HZ="250""#,
        ];
        assert_eq!(all[1].cfg(), cfg);
    }

    #[test]
    fn only_build_options_are_added() {
        for overlay in [
            "rt=-DX",
            "rt=CONFIG_A -include x",
            "CONFIG_A",
            "rt=",
            "rt=CONFIG_A=$(x)",
        ] {
            let message = names(&[], &[overlay]).concat();
            assert!(message.contains("is not"), "{overlay}: {message}");
        }
    }

    #[test]
    fn names_tell_configurations_apart() {
        assert_eq!(
            names(&["/a/out", "/b/out"], &[]),
            ["two configurations are called `out`"]
        );
    }
}
