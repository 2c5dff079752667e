//! Logs, on stderr: quiet by default, one line per event, readable by people or as JSON.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry;

use super::output;
use super::settings::Settings;
use crate::engine::Machine;

/// The target of the lines about calls.
const CALL: &str = "epayment_sandbox::call";

struct Log {
    machine: Machine,
    json: bool,
    colours: bool,
    level: Level,
}

/// Starts logging.
pub(super) fn start(settings: &Settings) {
    // Refusals are worth a line where somebody reads along; in a pipe they would only be in the way.
    let level = match () {
        () if settings.quiet => Level::WARN,
        () if settings.verbose => Level::DEBUG,
        () if output::stderr_is_terminal() || settings.json_logs => Level::INFO,
        () => Level::WARN,
    };
    let machine = settings.config.engine.machine.clone();
    let log = Log { machine, json: settings.json_logs, colours: output::colours(), level };
    let _ = tracing::subscriber::set_global_default(registry().with(log));
}

impl<S: Subscriber> Layer<S> for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level && metadata.target().starts_with("epayment_sandbox")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.level))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        let at = self.machine.wall().rfc3339(3).to_string();
        let level = *event.metadata().level();
        let mut line = match (self.json, event.metadata().target()) {
            (true, _) => json_line(&at, level, fields.0),
            (false, CALL) => self.call_line(&at, &fields.0),
            (false, _) => plain_line(&at, level, fields.0),
        };
        line.push('\n');
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

fn json_line(at: &str, level: Level, fields: Map<String, Value>) -> String {
    let level = level.as_str().to_lowercase();
    let fields = Value::Object(fields).to_string();
    let comma = if fields == "{}" { "" } else { "," };
    format!(r#"{{"time":"{at}","level":"{level}"{comma}{}"#, &fields[1..])
}

fn plain_line(at: &str, level: Level, mut fields: Map<String, Value>) -> String {
    let message = fields.remove("message").map(text).unwrap_or_default();
    let mut line = format!("{} {} {message}", time_of_day(at), level.as_str().to_lowercase());
    for (name, value) in fields {
        let _ = write!(line, " {name}={}", text(value));
    }
    line
}

impl Log {
    /// `09:15:40 capture boutique-77-a0001  400  6090 Capture amount too high  req-12`
    fn call_line(&self, at: &str, fields: &Map<String, Value>) -> String {
        let field = |name: &str| fields.get(name).cloned().map(text).unwrap_or_default();
        let status = field("status");
        let told = match fields.get("why") {
            None => field("amount"),
            Some(why) => [field("code"), text(why.clone())].join(" "),
        };
        let told = [told, by_fault(&field("fault"), &field("connection"))].join(" ").trim().to_owned();
        let millis = fields.get("micros").and_then(Value::as_f64).unwrap_or_default() / 1000.0;
        let (colour, plain) = match (self.colours, status.starts_with('2')) {
            (false, _) => ("", ""),
            (true, true) => ("\x1b[32m", "\x1b[0m"),
            (true, false) => ("\x1b[33m", "\x1b[0m"),
        };
        let subject = if fields.contains_key("path") { field("path") } else { field("reference") };
        let dim = if self.colours { "\x1b[2m" } else { "" };
        format!(
            "{} {:<7} {:<24} {colour}{status}{plain}  {told:<28} {dim}{millis:>6.1} ms  {}{plain}",
            time_of_day(at),
            field("operation"),
            subject,
            field("request_id"),
        )
    }
}

/// Says which fault made an answer what it is.
fn by_fault(fault: &str, connection: &str) -> String {
    match (fault, connection) {
        ("", _) => String::new(),
        ("request", "") => "(as the request asked)".into(),
        ("request", connection) => format!("({connection}, as the request asked)"),
        (fault, "") => format!("(by {fault})"),
        (fault, connection) => format!("({connection} by {fault})"),
    }
}

fn time_of_day(at: &str) -> &str {
    at.get(11..19).unwrap_or(at)
}

/// Control characters in a reference must not steer the terminal.
fn text(value: Value) -> String {
    let text = match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The fields of an event.
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), Value::from(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), value.into());
    }
}
