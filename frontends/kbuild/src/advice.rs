// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decides what to tell someone whose tree has no compile commands.

use camino::Utf8Path;

/// The two ways to a `compile_commands.json`, as commands to paste.
pub fn how_to_get_a_database(tree: &Utf8Path) -> String {
    let tree = shlex::try_quote(tree.as_str()).unwrap_or_else(|_| tree.as_str().into());
    format!(
        "\
there is no compile_commands.json in {tree}

Either let the kernel's own build write one (a full build, the most faithful):

    make -C {tree} LLVM=1 defconfig
    make -C {tree} LLVM=1 -j$(nproc) compile_commands.json
    waitctx scan {tree}

or make one without building, outside the tree (this runs the tree's Makefiles):

    waitctx compdb {tree} --output /tmp/waitctx-build
    waitctx scan {tree} -p /tmp/waitctx-build
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_both_ways_and_quotes_the_tree() {
        let text = how_to_get_a_database(Utf8Path::new("/src/my linux"));
        assert!(text.contains("make -C '/src/my linux' LLVM=1 -j$(nproc) compile_commands.json"));
        assert!(text.contains("waitctx compdb '/src/my linux' --output /tmp/waitctx-build"));
        assert!(text.contains("waitctx scan '/src/my linux' -p /tmp/waitctx-build"));
    }
}
