// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides which arguments of a compile command a parser gets.
//!
//! The rule is an allow-list: what is kept is known to choose the language, the target, macros or
//! where headers are found. Everything else goes, so that no argument of a database can write a
//! file, load a plugin or read a response file, now or in a later clang.

use camino::Utf8Path;

use crate::compiler;
use crate::database::CompileCommand;
use crate::paths::absolute;

pub use group::{SHARED_NAMES, language_group, names_the_unit};
pub use refused::{refused_flag, without_refused};

mod group;
mod refused;
mod table;

/// The arguments to parse `command` with: no program, no source file, all paths absolute.
///
/// Warnings are off (`-w`): what the compiler would warn about was decided by the kernel's own
/// build. Applied to its own result, nothing changes.
pub fn for_parsing(command: &CompileCommand) -> Vec<String> {
    let program = command.arguments.first().map_or("", String::as_str);
    let mut filter = Filter {
        directory: &command.directory,
        kept: vec!["-w".to_owned()],
        target_known: false,
        target_of_includes: None,
    };
    let mut arguments = command.arguments.iter().skip(1).map(String::as_str);
    while let Some(argument) = arguments.next() {
        filter.take(argument, &mut arguments);
    }
    filter.finish(program)
}

struct Filter<'a> {
    directory: &'a Utf8Path,
    kept: Vec<String>,
    target_known: bool,
    target_of_includes: Option<&'static str>,
}

impl<'a> Filter<'a> {
    /// Looks at `argument`, and at those in `rest` that are its values.
    fn take(&mut self, argument: &'a str, rest: &mut dyn Iterator<Item = &'a str>) {
        if let Some((flag, joined)) = table::path_flag(argument) {
            let Some(path) = joined.or_else(|| rest.next()) else {
                return;
            };
            self.path(flag, path);
        } else if let Some((flag, joined)) = table::macro_flag(argument) {
            // An empty one would take the next argument for its value.
            let definition = joined
                .or_else(|| rest.next())
                .filter(|text| !text.is_empty());
            let Some(definition) = definition else { return };
            self.keep(format!("{flag}{definition}"));
        } else if let Some(pieces) = argument.strip_prefix("-Wp,") {
            // The one warning-like flag that can define macros: -Wp,-DX,-MMD,file.
            let macros = pieces.split(',').filter(|piece| {
                piece.len() > 2 && (piece.starts_with("-D") || piece.starts_with("-U"))
            });
            self.kept.extend(macros.map(str::to_owned));
        } else if argument == "-x" {
            // Only C units come here; an explicit language is kept for files not named *.c.
            if rest.next() == Some("c") {
                self.keep("-xc");
            }
        } else if argument == "-target" {
            if let Some(target) = rest.next() {
                self.target(format!("--target={target}"));
            }
        } else if argument.starts_with("--target=") {
            self.target(argument.to_owned());
        } else if table::drops_its_value(argument) {
            rest.next();
        } else if let Some(translated) = table::translated(argument) {
            self.keep(translated);
        } else if table::is_kept(argument) {
            self.keep(argument);
        }
    }

    fn path(&mut self, flag: &str, path: &str) {
        let path = absolute(self.directory, Utf8Path::new(path));
        if flag == "-I" {
            let target = compiler::target_of_include_dir(path.as_str());
            self.target_of_includes = self.target_of_includes.or(target);
            self.keep(format!("-I{path}"));
        } else {
            self.keep(flag);
            self.keep(path);
        }
    }

    fn target(&mut self, flag: String) {
        self.target_known = true;
        self.keep(flag);
    }

    fn keep(&mut self, argument: impl Into<String>) {
        self.kept.push(argument.into());
    }

    fn finish(mut self, program: &str) -> Vec<String> {
        let target = compiler::target_in_name(program).or(self.target_of_includes);
        if let Some(target) = target.filter(|_| !self.target_known) {
            self.kept.insert(1, format!("--target={target}"));
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(line: &str) -> String {
        filter(&shlex::split(line).unwrap()).join(" ")
    }

    fn filter(words: &[String]) -> Vec<String> {
        for_parsing(&CompileCommand {
            directory: "/o".into(),
            file: "/k/a.c".into(),
            arguments: words.to_vec(),
        })
    }

    #[test]
    fn a_clang_kernel_command() {
        let line = "clang-19 -Wp,-MMD,kernel/.a.o.d -nostdinc -I/k/arch/x86/include \
            -I./arch/x86/include/generated -I ../k/include -include /k/include/linux/kconfig.h \
            -D__KERNEL__ --target=x86_64-linux-gnu -fintegrated-as -std=gnu11 -m64 -mtune=generic \
            -mcmodel=kernel -Wall -Werror=return-type -O2 -fno-strict-aliasing \
            -mfunction-return=thunk-extern -g -DKBUILD_MODFILE='\"kernel/a\"' -c -o kernel/a.o \
            /k/kernel/a.c";
        assert_eq!(
            filtered(line),
            "-w -nostdinc -I/k/arch/x86/include -I/o/arch/x86/include/generated -I/k/include \
             -include /k/include/linux/kconfig.h -D__KERNEL__ --target=x86_64-linux-gnu \
             -std=gnu11 -m64 -mcmodel=kernel -O2 -fno-strict-aliasing \
             -DKBUILD_MODFILE=\"kernel/a\""
        );
    }

    #[test]
    fn nothing_that_acts_survives() {
        for hostile in [
            "-o /etc/passwd",
            "-o/etc/passwd",
            "-MMD -MF /x -MT x -MQ x -MJ /x -MD",
            "-Wp,-MMD,/x",
            "@/tmp/arguments",
            "-fplugin=/x.so -fplugin-arg-x-y=z -fpass-plugin=/x.so",
            "-Xclang -load -Xclang /x.so -Xclang -fplugin=/x.so -Xclang -plugin -Xclang p",
            "-Xpreprocessor -DX -Xassembler -I/x -Xlinker -fx",
            "-mllvm -load=/x.so -mllvm -fdebug -mllvm=-load",
            "-B /x -B/x -specs=/x -wrapper /x,y --config=/x --config /x",
            "--serialize-diagnostics /x -serialize-diagnostics /x",
            "-save-temps -save-temps=obj -ftime-trace=/x -fproc-stat-report=/x",
            "-fprofile-use=/x -fprofile-instr-generate=/x -fcoverage-mapping --coverage",
            "-fdump-tree-all -fstack-usage -fcallgraph-info=su -dumpdir /x -aux-info /x",
            "-fmodules -fmodules-cache-path=/x -fmodule-file=/x -fimplicit-module-maps",
            "-include-pch /x -ivfsoverlay /x -emit-ast -E -S -c -M -v -###",
            "-fsave-optimization-record=yaml -foptimization-record-file=/x",
            "-fcrash-diagnostics-dir=/x -fdiagnostics-format=sarif -gsplit-dwarf -g3",
            "-fsanitize-ignorelist=/x -frandomize-layout-seed-file=/x -flto=thin",
            "-fuse-ld=/x -L/x -lx -T x.lds -Wl,-x -Wa,-x -Weverything -pedantic-errors",
            "-working-directory=/x -resource-dir /x -resource-dir=/x",
            "a.c b.c -",
            "-Xclang",
            "-I",
            "-D",
        ] {
            assert_eq!(filtered(&format!("clang {hostile}")), "-w", "{hostile}");
        }
    }

    #[test]
    fn gcc_flags_are_dropped_or_translated() {
        assert_eq!(
            filtered(
                "gcc -fconserve-stack -fno-allow-store-data-races -mpreferred-stack-boundary=3 \
                 -mindirect-branch=thunk-extern -mindirect-branch-register -mrecord-mcount \
                 -mskip-rax-setup -fno-ipa-sra -falign-jumps=1 -fzero-init-padding-bits=all \
                 -fmin-function-alignment=16 --param=allow-x=0 --param x=1 \
                 -fno-var-tracking-assignments -femit-struct-debug-baseonly \
                 -fno-partial-inlining -ftrivial-auto-var-init=zero -fsanitize=bounds-strict \
                 -flive-patching=inline-clone -c a.c"
            ),
            "-w -mstack-alignment=8 -ftrivial-auto-var-init=zero -fsanitize=array-bounds"
        );
    }

    #[test]
    fn every_path_flag_in_both_forms() {
        assert_eq!(
            filtered(
                "cc -Ia -I b -isystem c -isystemd -iquote e -iquotef -idirafter g -idirafterh \
                 -include i.h -imacros j.h --sysroot=k -isysroot l"
            ),
            "-w -I/o/a -I/o/b -isystem /o/c -isystem /o/d -iquote /o/e -iquote /o/f \
             -idirafter /o/g -idirafter /o/h -include /o/i.h -imacros /o/j.h --sysroot /o/k \
             -isysroot /o/l"
        );
    }

    #[test]
    fn macros_of_the_preprocessor_flag_are_kept() {
        assert_eq!(
            filtered("cc -Wp,-DA=1,-MMD,x.d,-UB -D C -UD"),
            "-w -DA=1 -UB -DC -UD"
        );
    }

    #[test]
    fn the_target_comes_from_flag_name_or_include_directory() {
        assert_eq!(
            filtered("aarch64-linux-gnu-gcc -c a.c"),
            "-w --target=aarch64-linux-gnu"
        );
        assert_eq!(
            filtered("gcc -I/k/include -I../k/arch/arm64/include"),
            "-w --target=aarch64-linux-gnu -I/k/include -I/k/arch/arm64/include"
        );
        assert_eq!(filtered("riscv64-linux-gnu-gcc -target x"), "-w --target=x");
        assert_eq!(filtered("gcc -c a.c"), "-w");
    }

    /// Flags with values, without, values that look like flags, and a path of each kind.
    const WORDS: [&str; 38] = [
        "-I",
        "-Ix",
        "-I/x/",
        "-include",
        "-includey",
        "-include-pch",
        "-isystem",
        "--sysroot=/s",
        "--sysroot",
        "-D",
        "-DA=1",
        "-U",
        "-UB",
        "-x",
        "c",
        "-xc",
        "-o",
        "-MF",
        "-MMD",
        "-Wall",
        "-Wp,-DX,-MD,f",
        "-target",
        "--target=t",
        "-O2",
        "-fno-builtin",
        "-fplugin=x",
        "-m64",
        "-mpreferred-stack-boundary=3",
        "-fsanitize=bounds-strict",
        "-Xclang",
        "-load",
        "-mllvm",
        "@f",
        "a.c",
        "../y",
        "-",
        "-w",
        "",
    ];

    /// All sequences of three words, which is as far as any flag looks.
    fn sequences() -> impl Iterator<Item = Vec<String>> {
        let words = || WORDS.into_iter().map(str::to_owned);
        words().flat_map(move |a| {
            words().flat_map(move |b| {
                let a = a.clone();
                words().map(move |c| vec!["aarch64-linux-gnu-gcc".into(), a.clone(), b.clone(), c])
            })
        })
    }

    #[test]
    fn filtering_twice_is_filtering_once() {
        for words in sequences() {
            let once = filter(&words);
            let again: Vec<_> = words.iter().take(1).chain(&once).cloned().collect();
            assert_eq!(filter(&again), once, "{words:?}");
        }
    }

    #[test]
    fn what_comes_out_is_a_known_flag_or_its_absolute_path() {
        for words in sequences() {
            let mut out = filter(&words).into_iter();
            while let Some(argument) = out.next() {
                match argument.as_str() {
                    "-include" | "-isystem" | "--sysroot" => {
                        assert!(out.next().unwrap().starts_with('/'), "{words:?}");
                    }
                    other => assert!(
                        [
                            "-I/",
                            "-D",
                            "-U",
                            "--target=",
                            "-xc",
                            "-O2",
                            "-m64",
                            "-fno-builtin",
                            "-w"
                        ]
                        .iter()
                        .chain(&["-mstack-alignment=8", "-fsanitize=array-bounds"])
                        .any(|known| other.starts_with(known)),
                        "{words:?} gives {other}"
                    ),
                }
            }
        }
    }
}
