// SPDX-License-Identifier: MIT OR Apache-2.0
//! Vim finds every line of a short report in its source, and Neovim shows what the language server says.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;

use crate::{report, root};

const SCRIPT: &str = "\
cfile report.txt
let lines = []
for entry in getqflist()
  call add(lines, bufname(entry.bufnr) . ':' . entry.lnum . ':' . entry.col . ': ' . entry.text)
endfor
call writefile(lines, 'quickfix.txt')
qall!
";

/// Each line becomes an entry of the quickfix list, with its file, line, column and text.
pub(crate) fn reads_short_reports(vim: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let report = report("short");
    fs::write(directory.path().join("report.txt"), &report)?;
    fs::write(directory.path().join("script.vim"), SCRIPT)?;
    let output = Command::new(vim)
        .args(["-u", "NONE", "-es", "-S", "script.vim"])
        .current_dir(directory.path())
        .output()?;
    let read = fs::read_to_string(directory.path().join("quickfix.txt"))
        .map_err(|error| format!("vim wrote nothing: {error}; {output:?}"))?;
    let read: Vec<&str> = read.lines().map(str::trim_end).collect();
    let written: Vec<&str> = report.lines().map(str::trim).collect();
    // Vim separates the text from the place by a blank of its own.
    let squeezed = |lines: &[&str]| -> Vec<String> {
        let words = |line: &&str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        lines.iter().map(words).collect()
    };
    if squeezed(&read) != squeezed(&written) {
        return Err(format!("vim read {read:#?}").into());
    }
    for line in read {
        let file = line.split(':').next().unwrap_or_default();
        if !root().join("testdata/miniature").join(file).is_file() {
            return Err(format!("there is no {file}").into());
        }
    }
    Ok(())
}

/// Waits for what is said of the open file, and writes it down.
const DIAGNOSTICS: &str = "\
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 50)
local lines = {}
for _, it in ipairs(vim.diagnostic.get(0)) do
  local steps = it.user_data.lsp.relatedInformation
  table.insert(lines, string.format('%d %s %s %d', it.lnum + 1, it.source, it.code, #steps))
end
vim.fn.writefile(lines, os.getenv('WRITTEN'))
vim.cmd('qall!')
";

/// The lines for Neovim of the page about hooks show a finding of the kernel in miniature, with a step
/// for each of its chain.
pub(crate) fn shows_diagnostics(nvim: &Path) -> Result<(), Failed> {
    let page = fs::read_to_string(root().join("docs/hooks.md"))?;
    let block = page.split("```lua\n").nth(1).ok_or("no lines for Neovim")?;
    let set_up = block.split("```").next().unwrap_or_default();
    let directory = tempfile::tempdir()?;
    let path = |name: &str| directory.path().join(name);
    fs::write(path("init.lua"), set_up)?;
    fs::write(path("wait.lua"), DIAGNOSTICS)?;
    let tree = root().join("testdata/miniature");
    let cache = path("cache");
    // The whole tree is known then, and not only the open file.
    let program = Path::new(env!("CARGO_BIN_EXE_waitctx"));
    let scan = Command::new(program)
        .current_dir(&tree)
        .env("WAITCTX_CACHE_DIR", &cache)
        .args(["scan", "--exit-zero"])
        .output()?;
    let own = std::env::var_os("PATH").unwrap_or_default();
    let first = program.parent().map(Path::to_path_buf);
    let all = first.into_iter().chain(std::env::split_paths(&own));
    let lua = |name: &str| format!("luafile {}", path(name).display());
    let output = Command::new(nvim)
        .args(["--headless", "-i", "NONE", "-u"])
        .arg(path("init.lua"))
        .args(["kernel/workqueue.c", "-c", &lua("wait.lua")])
        .current_dir(&tree)
        .env("WAITCTX_CACHE_DIR", &cache)
        .env("WRITTEN", path("diagnostics.txt"))
        .env("PATH", std::env::join_paths(all)?)
        .output()?;
    let shown = fs::read_to_string(path("diagnostics.txt"))
        .map_err(|error| format!("Neovim wrote nothing: {error}; {output:?}"))?;
    let expected = "37 waitctx atomic-alloc-under-raw-spinlock 7\n";
    if shown != expected {
        return Err(format!("Neovim shows {shown:?}; {scan:?}, {output:?}").into());
    }
    Ok(())
}
