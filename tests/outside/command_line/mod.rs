//! The verbs of the command line, against running sandboxes.

mod documented;
mod exec;
mod healthcheck;
mod journal;
mod manual;
mod told;
mod verbs;
mod webhooks;

use std::process::Command;

use epayment_sandbox::Sandbox;

use crate::support::{Finished, program, run_command};

/// Nothing listens there: only the administrator could, and has no reason to.
pub(crate) const NOBODY: &str = "127.0.0.1:1";

/// A verb with these arguments, pointed at a sandbox.
pub(crate) fn at(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command.args(["--url", &sandbox.url()]);
    command
}

pub(crate) fn run_at(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    run_command(&mut at(sandbox, arguments))
}
