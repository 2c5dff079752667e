//! The verbs that speak to a running sandbox.

use std::process::ExitCode;
use std::time::Duration;

use clap::ArgMatches;
use hyper::Method;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::environment::URL;
use super::port_file::Place;
use super::settings::Settings;
use super::{Failure, output};
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// Finds the sandbox: `--url`, else `EPAYMENT_SANDBOX_URL`, else where the same configuration makes it listen.
#[expect(clippy::disallowed_methods, reason = "the environment is read in cli/")]
pub(super) fn base_url(matches: &ArgMatches, settings: &Settings) -> Result<String, Failure> {
    let told = text(matches, "url").map(str::to_owned);
    let told = told.or_else(|| std::env::var(URL).ok().filter(|url| !url.is_empty()));
    told.map_or_else(|| Place::of(settings)?.url(), Ok)
}

/// Speaks to the sandbox that [`base_url`] finds.
pub(super) fn client(matches: &ArgMatches, settings: &Settings) -> Result<Client, Failure> {
    Client::new(&base_url(matches, settings)?, settings.config.control_token.clone())
}

pub(super) fn text<'m>(matches: &'m ArgMatches, name: &str) -> Option<&'m str> {
    matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
}

/// Scopes a path to the sales unit that `--msn` names.
pub(super) fn scoped(path: &str, matches: &ArgMatches) -> String {
    text(matches, "msn").map_or_else(|| path.to_owned(), |msn| format!("{path}?msn={}", encode(msn)))
}

/// Makes a text safe for a path or query.
pub(super) fn encode(text: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Exits 0 when the sandbox is ready. Only the same configuration counts, not where clients are pointed.
pub(super) fn healthcheck(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    let wait = matches.get_flag("wait");
    let timeout = text(matches, "timeout").unwrap_or("30s");
    let timeout = Span::parse(timeout).map_err(|problem| format!("--timeout: {problem}"))?;
    let place = text(matches, "url").map_or_else(|| Place::of(settings), |url| Ok(Place::Url(url.into())))?;
    let machine = &settings.config.engine.machine;
    let began = machine.elapsed();
    loop {
        // A port file may be written only while we wait.
        let failure = match place.url().and_then(|url| ask_whether_ready(&url, timeout)) {
            Ok(()) => return Ok(ExitCode::SUCCESS),
            Err(failure) => failure,
        };
        if !wait {
            return Err(failure);
        }
        if machine.elapsed().less(began) >= timeout {
            return Err(format!("{failure}; it is not ready after {}", timeout.short()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Asks once. A server that takes the connection and says nothing counts as not ready.
fn ask_whether_ready(url: &str, patience: Span) -> Result<(), Failure> {
    let reply = Client::new(url, None)?.patient_for(patience.into()).send(Method::GET, "/readyz", None)?;
    match reply.status {
        200 => Ok(()),
        status => Err(format!("the sandbox at {url} answers {status}, not 200")),
    }
}

/// Plays the customer.
pub(super) fn pay(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    let (verb, matches) = matches.subcommand().ok_or("what does the customer do?")?;
    let client = client(matches, settings)?;
    let reference = text(matches, "REFERENCE").unwrap_or_default();
    let msn = match text(matches, "msn") {
        Some(msn) => msn.to_owned(),
        None => owner(&client, reference)?,
    };
    let mut body = Map::new();
    for (name, member) in
        [("phone-number", "phoneNumber"), ("card", "card"), ("shipping-option", "shippingOptionId")]
    {
        if let Some(value) = text(matches, name) {
            body.insert(member.into(), value.into());
        }
    }
    let path = format!("/_sandbox/payments/{}/{}/{verb}", encode(&msn), encode(reference));
    let payment = client.call(Method::POST, &path, Some(Value::Object(body)))?;
    output::line(&format!("{reference} {}", payment["phase"].as_str().unwrap_or("?")));
    Ok(ExitCode::SUCCESS)
}

/// Finds the one sales unit that has a payment with this reference.
fn owner(client: &Client, reference: &str) -> Result<String, Failure> {
    let path = format!("/_sandbox/payments?limit=10&reference={}", encode(reference));
    let found = client.call(Method::GET, &path, None)?;
    let owners: Vec<_> = found["payments"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|payment| payment["msn"].as_str())
        .collect();
    match owners.as_slice() {
        [msn] => Ok((*msn).to_owned()),
        [] => Err(format!("no sales unit has a payment with the reference {reference} (case matters)")),
        several => Err(format!(
            "{} sales units have a payment {reference}: say which with --msn {}",
            several.len(),
            several.join("|")
        )),
    }
}

/// Shows or moves time.
pub(super) fn clock(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    let (verb, matches) = matches.subcommand().unwrap_or(("show", matches));
    let client = client(matches, settings)?;
    let path = scoped("/_sandbox/clock", matches);
    match verb {
        "advance" => {
            let by = text(matches, "BY").unwrap_or_default();
            let to = by == "next" || Timestamp::parse_rfc3339(by).is_some();
            let body = if to { json!({ "to": by }) } else { json!({ "by": by }) };
            let jump = client.call(Method::POST, &scoped("/_sandbox/clock/advance", matches), Some(body))?;
            show_jump(&jump);
        }
        "freeze" => {
            let mut body = json!({ "mode": "frozen" });
            if let Some(time) = text(matches, "TIME") {
                body["now"] = time.into();
            }
            show_clock(&client.call(Method::PUT, &path, Some(body))?);
        }
        "reset" => show_clock(&client.call(Method::POST, &scoped("/_sandbox/clock/reset", matches), None)?),
        _ => show_clock(&client.call(Method::GET, &path, None)?),
    }
    Ok(ExitCode::SUCCESS)
}

fn show_clock(clock: &Value) {
    let field = |name: &str| clock[name].as_str().unwrap_or("?").to_owned();
    output::line(&format!("{}  {}  offset {}", field("now"), field("mode"), field("offset")));
}

fn show_jump(jump: &Value) {
    let fired = jump["fired"].as_array().cloned().unwrap_or_default();
    let field = |timer: &Value, name: &str| timer[name].as_str().unwrap_or("?").to_owned();
    let rows: Vec<_> = fired
        .iter()
        .map(|timer| ["at", "kind", "msn", "reference"].map(|name| field(timer, name)).to_vec())
        .collect();
    output::print(&output::table(&rows));
    output::line(&format!("{}  {} fired", jump["now"].as_str().unwrap_or("?"), fired.len()));
}

/// Goes back to the start.
pub(super) fn reset(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    client(matches, settings)?.call(Method::POST, &scoped("/_sandbox/reset", matches), None)?;
    Ok(ExitCode::SUCCESS)
}
