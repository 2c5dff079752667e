//! The `epayment-sandbox` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    epayment_sandbox::cli::run(std::env::args_os())
}
