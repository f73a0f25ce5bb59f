// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `waitctx` program; all of it is in the library.

fn main() -> std::process::ExitCode {
    waitctx_cli::main()
}
