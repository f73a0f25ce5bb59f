// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which compilations the output of a dry run contains.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::MakeError;
use super::kbuild::Kbuild;
use super::shell;
use crate::compiler;
use crate::database::CompileCommand;
use crate::paths::absolute;

/// A flag no unit was ever compiled with. Kbuild compiles again what was compiled with other
/// flags, so even in a directory where everything is built the dry run prints all commands.
const MARKER: &str = "-D__WAITCTX_DRY_RUN__";

/// The compilations of all kernel units, sorted by file, then by arguments.
pub(super) fn commands(kbuild: &Kbuild) -> Result<Vec<CompileCommand>, MakeError> {
    let log = kbuild.dry_run(MARKER)?;
    let failed = |source| MakeError::Io {
        path: log.clone(),
        source,
    };
    let lines = BufReader::new(File::open(&log).map_err(failed)?);
    let mut commands = read(kbuild.output(), lines).map_err(failed)?;
    if commands.is_empty() {
        return Err(MakeError::NoUnits { log });
    }
    commands.sort_by(|a, b| (&a.file, &a.arguments).cmp(&(&b.file, &b.arguments)));
    commands.dedup();
    // Hundreds of megabytes for a large configuration, and of no use any more.
    fs::remove_file(&log).map_err(failed)?;
    Ok(commands)
}

fn read(output: &Utf8Path, log: impl BufRead) -> std::io::Result<Vec<CompileCommand>> {
    let mut found = Vec::new();
    let mut directories: Vec<Utf8PathBuf> = vec![output.to_owned()];
    let mut pending = String::new();
    for line in log.split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        let continued = line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1;
        if continued {
            pending.push_str(&line[..line.len() - 1]);
            continue;
        }
        pending.push_str(&line);
        if let Some(directory) = directory_after(&pending, "Entering directory ") {
            directories.push(directory.into());
        } else if directory_after(&pending, "Leaving directory ").is_some() {
            if directories.len() > 1 {
                directories.pop();
            }
        } else if pending.contains("-c") && pending.contains(".c") {
            let directory = directories.last().map_or(output, Utf8PathBuf::as_path);
            let commands = shell::commands(&pending);
            found.extend(
                commands
                    .into_iter()
                    .filter_map(|command| unit(directory, command)),
            );
        }
        pending.clear();
    }
    Ok(found)
}

/// The compilation `command` is, if it is one of a C unit of the kernel.
fn unit(directory: &Utf8Path, command: &str) -> Option<CompileCommand> {
    // The quoting of a line is dear to undo, and a dry run prints each command three times: also
    // in an `echo` and as an argument of fixdep.
    if !command.contains("-c") || !command.contains(".c") {
        return None;
    }
    let mut words = shell::words(command)?;
    words.drain(..compiler::position(&words));
    if !compiler::is_compiler(words.first()?) || !words.iter().any(|word| word == "-c") {
        return None;
    }
    // Programs of the build itself (modpost, objtool) run on this machine and are not the kernel.
    if !words.iter().any(|word| word == "-D__KERNEL__") {
        return None;
    }
    words.retain(|word| word != MARKER);
    let output = words.iter().position(|word| word == "-o").map(|at| at + 1);
    // An empty unit compiled as the kernel is, for modpost to look at.
    if output
        .and_then(|at| words.get(at))
        .is_some_and(|object| object.starts_with("scripts/"))
    {
        return None;
    }
    // The source comes last, as Kbuild writes it, but only the extension is relied on.
    let (_, source) = words.iter().enumerate().skip(1).rfind(|(at, word)| {
        Some(*at) != output && word.ends_with(".c") && !word.starts_with('-')
    })?;
    let file = absolute(directory, Utf8Path::new(source));
    Some(CompileCommand {
        directory: directory.to_owned(),
        file,
        arguments: words,
    })
}

/// The directory of a line like `make[1]: Entering directory '/o'`.
fn directory_after<'a>(line: &'a str, phrase: &str) -> Option<&'a str> {
    if !line.starts_with("make") {
        return None;
    }
    let (_, rest) = line.split_once(phrase)?;
    Some(rest.trim_end().trim_matches(['\'', '`']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(log: &str) -> Vec<String> {
        read(Utf8Path::new("/o"), log.as_bytes())
            .unwrap()
            .iter()
            .map(|c| format!("{} {}: {}", c.directory, c.file, c.arguments.join(" ")))
            .collect()
    }

    #[test]
    fn a_recipe_of_kbuild() {
        let cc = "clang-19 -Wp,-MMD,kernel/.a.o.d -D__KERNEL__ -D__WAITCTX_DRY_RUN__ \
                  -DKBUILD_MODFILE='\"kernel/a\"' -c -o kernel/a.o /k/kernel/a.c";
        let quoted = cc.replace('\'', r"'\''");
        let log = format!(
            "set -e; echo '# CC      kernel/a.o'; echo '  {quoted}'; trap 'rm -f kernel/a.o; \
             trap - HUP; kill -s HUP $$' HUP;  {cc}; scripts/basic/fixdep kernel/.a.o.d \
             kernel/a.o '{quoted}' > kernel/.a.o.cmd; rm -f kernel/.a.o.d\n"
        );
        assert_eq!(
            units(&log),
            [
                "/o /k/kernel/a.c: clang-19 -Wp,-MMD,kernel/.a.o.d -D__KERNEL__ \
              -DKBUILD_MODFILE=\"kernel/a\" -c -o kernel/a.o /k/kernel/a.c"
            ]
        );
    }

    #[test]
    fn continuation_lines_conditions_and_wrappers() {
        let log = "if true; then \\\n  X=1 ccache gcc -D__KERNEL__ \\\n\t-c a.c -o a.o; fi\n\
                   ( gcc -D__KERNEL__ -c -o b.o b.c ) && true\n";
        assert_eq!(
            units(log),
            [
                "/o /o/a.c: gcc -D__KERNEL__ -c a.c -o a.o",
                "/o /o/b.c: gcc -D__KERNEL__ -c -o b.o b.c"
            ]
        );
    }

    #[test]
    fn what_is_no_kernel_unit_is_passed_over() {
        let log = "gcc -O2 -c -o modpost.o /k/scripts/mod/modpost.c\n\
                   gcc -D__KERNEL__ -c -o scripts/mod/empty.o empty.c\n\
                   gcc -D__KERNEL__ -c -o a.o a.S\n\
                   gcc -D__KERNEL__ -S -o a.s a.c\n\
                   ./objtool -D__KERNEL__ -c -o a.o a.c\n\
                   echo gcc -D__KERNEL__ -c -o a.o a.c\n\
                   gcc -D__KERNEL__ -c -o 'a.o a.c\n\
                   gcc -D__KERNEL__ -c\n";
        assert!(units(log).is_empty());
    }

    #[test]
    fn directories_are_followed() {
        let log = "make: Entering directory '/k'\nmake[1]: Entering directory '/o/x'\n\
                   gcc -D__KERNEL__ -c -o a.o a.c\nmake[1]: Leaving directory '/o/x'\n\
                   make: Leaving directory '/k'\nmake: Leaving directory '/k'\n\
                   gcc -D__KERNEL__ -c -o b.o b.c\n";
        assert_eq!(
            units(log),
            [
                "/o/x /o/x/a.c: gcc -D__KERNEL__ -c -o a.o a.c",
                "/o /o/b.c: gcc -D__KERNEL__ -c -o b.o b.c"
            ]
        );
    }
}
