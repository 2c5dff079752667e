//! `checklist`: the go-live checklist of a running sandbox.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use hyper::Method;

use super::settings::Settings;
use super::verbs::{client, encode, text};
use super::{Failure, output};
use crate::report::Format;

/// A flag that chooses the format.
pub(super) fn format_arg(name: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("text|json|junit|sarif")
        .value_parser(Format::ALL.map(|(word, _)| word))
        .hide_possible_values(true)
}

pub(super) fn command(common: impl Iterator<Item = Arg>) -> Command {
    Command::new("checklist")
        .about("Grade what was called so far against the vendor's integration checklist")
        .arg(
            format_arg("format")
                .default_value("text")
                .hide_default_value(true)
                .help("How to write it [default: text]"),
        )
        .args(common)
}

pub(super) fn run(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    let msn = text(matches, "msn").map_or(String::new(), |msn| format!("&msn={}", encode(msn)));
    let path = format!("/_sandbox/checklist?format={}{msn}", text(matches, "format").unwrap_or("text"));
    let written = client(matches, settings)?.text(Method::GET, &path)?;
    output::line(written.trim_end());
    Ok(ExitCode::SUCCESS)
}
