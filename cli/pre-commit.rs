// SPDX-License-Identifier: MIT OR Apache-2.0
//! What pre-commit runs: the `waitctx` program.

fn main() -> std::process::ExitCode {
    waitctx_cli::main()
}
