//! `requests`: the journal in the terminal.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use hyper::Method;
use serde_json::Value;

use super::settings::Settings;
use super::verbs::{client, encode, scoped, text};
use super::{Failure, line, output};

/// The filters, which the control API has by the same names.
const FILTERS: [(&str, &str, &str); 6] = [
    ("reference", "REFERENCE", "Only those about this reference"),
    ("operation", "NAME", "Only this operation's: create, capture, …"),
    ("status", "STATUS", "Only those answered with this status"),
    ("since", "TIME", "Only those of this RFC 3339 time and later"),
    ("limit", "N", "At most so many, 1 to 1000 [default: 50]"),
    ("msn", "MSN", "Only this sales unit"),
];

pub(super) fn command(common: impl Fn() -> Vec<Arg>) -> Command {
    let filters = FILTERS.map(|(name, value, help)| Arg::new(name).long(name).value_name(value).help(help));
    let format = Arg::new("format").long("format").value_name("text|json").default_value("text");
    Command::new("requests")
        .about("Show what was called, what was answered, and why")
        .args(filters)
        .arg(format.value_parser(["text", "json"]).help("Lines, or what the control API answers"))
        .arg(
            Arg::new("ID")
                .conflicts_with_all(["reference", "operation", "status", "since", "limit"])
                .help("Only this call, in full; its id is in Sandbox-Request-Id"),
        )
        .args(common())
        .subcommand(
            Command::new("curl")
                .about("Print a call as a curl command")
                .arg(Arg::new("ID").required(true))
                .args(common()),
        )
}

/// Lists calls, oldest first so that the newest stands where the eye is, or shows one.
pub(super) fn run(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    if let Some(("curl", matches)) = matches.subcommand() {
        let id = text(matches, "ID").unwrap_or_default();
        let path = format!("/_sandbox/requests/{}/curl", encode(id));
        output::print(&client(matches, settings)?.text(Method::GET, &path)?);
        return Ok(ExitCode::SUCCESS);
    }
    let client = client(matches, settings)?;
    let as_json = text(matches, "format") == Some("json");
    if let Some(id) = text(matches, "ID") {
        let path = scoped(&format!("/_sandbox/requests/{}", encode(id)), matches);
        match as_json {
            true => output::line(&client.text(Method::GET, &path)?),
            false => output::print(&in_full(&client.call(Method::GET, &path, None)?)),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let filters =
        FILTERS.iter().filter_map(|(name, _, _)| Some(format!("{name}={}", encode(text(matches, name)?))));
    let query = filters.collect::<Vec<_>>().join("&");
    let path = format!("/_sandbox/requests?{query}");
    if as_json {
        output::line(&client.text(Method::GET, &path)?);
        return Ok(ExitCode::SUCCESS);
    }
    let found = client.call(Method::GET, &path, None)?;
    for call in found["requests"].as_array().into_iter().flatten().rev() {
        output::line(&line::of_call(call, output::stdout_colours()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a call as one would tell it: what was sent, what came back, and why.
fn in_full(call: &Value) -> String {
    let text = |name: &str| output::clean(call[name].as_str().unwrap_or_default());
    let mut told = format!("{}\n\n{} {}\n", line::of_call(call, false), text("method"), text("path"));
    for (name, value) in call["headers"].as_object().into_iter().flatten() {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for value in values {
            told.push_str(&output::clean(&format!("{name}: {}", value.as_str().unwrap_or_default())));
            told.push('\n');
        }
    }
    told.push_str(&body(&call["body"]));
    let _ = writeln!(told, "\n{}", call["status"]);
    told.push_str(&body(&call["responseBody"]));
    if let Some(explanation) = call["explanation"].as_str() {
        let _ = writeln!(told, "\n{}", output::clean(explanation));
    }
    told
}

fn body(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        // A text's own line breaks are kept; nothing else steers the terminal.
        Value::String(text) => text.lines().map(|line| output::clean(line) + "\n").collect(),
        json => format!("{json:#}\n"),
    }
}
