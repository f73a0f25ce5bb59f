// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a scan is compared with: the compiler, and those checkers of kernels that are installed.

use std::process::{Command, Stdio};

use camino::Utf8Path;
use waitctx_kbuild::{CompileCommand, for_parsing};

/// A program that reads one unit.
pub(super) struct Other<'a> {
    pub(super) name: &'static str,
    /// How it is run on a unit.
    pub(super) on: Box<dyn Fn(&CompileCommand) -> Command + Sync + 'a>,
}

/// The compiler, and what else is installed.
pub(super) fn all(tree: &Utf8Path) -> Vec<Other<'_>> {
    let mut all = vec![Other {
        name: "clang -fsyntax-only",
        on: Box::new(|command| {
            let mut clang = Command::new(&command.arguments[0]);
            clang.arg("-fsyntax-only").args(for_parsing(command));
            clang.arg(&command.file);
            clang
        }),
    }];
    if is_installed("sparse") {
        all.push(Other {
            name: "sparse",
            on: Box::new(|command| {
                let mut sparse = Command::new("sparse");
                sparse.args(CHECK_FLAGS).args(for_parsing(command));
                sparse.arg(&command.file);
                sparse
            }),
        });
    }
    if is_installed("smatch") {
        all.push(Other {
            name: "smatch -p=kernel, without database",
            on: Box::new(|command| {
                let mut smatch = Command::new("smatch");
                smatch.arg("-p=kernel").args(CHECK_FLAGS);
                smatch.args(for_parsing(command)).arg(&command.file);
                smatch
            }),
        });
    }
    let script = tree.join("scripts/coccinelle/locks/call_kern.cocci");
    if is_installed("spatch") && script.is_file() {
        all.push(Other {
            name: "Coccinelle, call_kern.cocci",
            on: Box::new(move |command| {
                let mut spatch = Command::new("spatch");
                spatch.args(["--very-quiet", "--no-show-diff", "-D", "report"]);
                spatch.args(["--cocci-file", script.as_str()]);
                spatch.arg(&command.file);
                spatch
            }),
        });
    }
    all
}

/// What the kernel's build passes to a checker (`CHECKFLAGS` in its `Makefile`), without warnings.
const CHECK_FLAGS: [&str; 5] = [
    "-D__linux__",
    "-Dlinux",
    "-D__STDC__",
    "-Dunix",
    "-D__unix__",
];

fn is_installed(program: &str) -> bool {
    let mut version = Command::new(program);
    version.arg("--version").stdout(Stdio::null());
    version.stderr(Stdio::null()).status().is_ok()
}
