//! `deliveries`: what became of webhooks, and sending one again.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use hyper::Method;
use serde_json::Value;

use super::settings::Settings;
use super::verbs::{client, encode, text};
use super::{Failure, msn_arg, output, speak_args};

/// What stands before and after the short name of an event.
const EVENT: (&str, &str) = ("epayments.payment.", ".v1");

pub(super) fn command() -> Command {
    let filter = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("deliveries")
        .about("List attempts to deliver webhooks, newest first; resend one")
        .args([
            filter("reference", "REFERENCE", "Only those about this payment"),
            filter("event", "EVENT", "Only this event, such as captured or epayments.payment.captured.v1"),
            filter("status", "STATUS", "Only those that the receiver answered with this status"),
            filter("limit", "COUNT", "At most so many [default: 50]"),
            filter("format", "FORMAT", "text or json")
                .default_value("text")
                .value_parser(PossibleValuesParser::new(["text", "json"]))
                .hide_possible_values(true),
        ])
        .args(speak_args())
        .arg(msn_arg())
        .args_conflicts_with_subcommands(true)
        .subcommand(
            Command::new("resend")
                .about("Send what an attempt sent once more, signed afresh")
                .arg(Arg::new("ID").required(true).help("The first column of the list"))
                .args(speak_args()),
        )
}

pub(super) fn run(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    match matches.subcommand() {
        Some((_, matches)) => resend(matches, settings)?,
        None => list(matches, settings)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let client = client(matches, settings)?;
    let (prefix, suffix) = EVENT;
    let filters = ["msn", "reference", "event", "status", "limit"].into_iter().filter_map(|name| {
        let value = text(matches, name)?;
        let is_short = name == "event" && !value.contains('.');
        let value = if is_short { format!("{prefix}{value}{suffix}") } else { value.to_owned() };
        Some(format!("{name}={}", encode(&value)))
    });
    let query: Vec<_> = filters.collect();
    let path = format!("/_sandbox/webhooks/deliveries?{}", query.join("&"));
    let list = client.call(Method::GET, &path, None)?;
    if text(matches, "format") == Some("json") {
        output::line(&serde_json::to_string_pretty(&list).unwrap_or_default());
        return Ok(());
    }
    let rows: Vec<_> = list["deliveries"].as_array().into_iter().flatten().map(row).collect();
    output::print(&output::table(&rows));
    Ok(())
}

fn row(delivery: &Value) -> Vec<String> {
    let field = |name: &str| match &delivery[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let event = field("event");
    let short = event.strip_prefix(EVENT.0).and_then(|name| name.strip_suffix(EVENT.1)).unwrap_or(&event);
    let millis = delivery["micros"].as_f64().unwrap_or_default() / 1000.0;
    let error = delivery["error"].as_str().map(str::to_owned);
    let next = delivery["nextAt"].as_str().map(|at| format!("next {at}"));
    let rest: Vec<_> = error.into_iter().chain(next).collect();
    vec![
        field("id"),
        field("at"),
        field("msn"),
        field("reference"),
        short.to_owned(),
        format!("attempt {}", field("attempt")),
        field("status"),
        format!("{millis:.1} ms"),
        field("url"),
        rest.join("; "),
    ]
}

fn resend(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let id = text(matches, "ID").unwrap_or_default();
    let path = format!("/_sandbox/webhooks/deliveries/{}/redeliver", encode(id));
    client(matches, settings)?.call(Method::POST, &path, None)?;
    Ok(())
}
