//! `tail`: what happens, as it happens. It outlives the sandbox and goes on when there is one again.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::settings::Settings;
use super::verbs::{client, scoped};
use super::{Failure, line, output};

/// How long to wait before asking again for a sandbox that is gone.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) fn command(common: impl Fn() -> Vec<Arg>) -> Command {
    let format = Arg::new("format").long("format").value_name("compact|json|quiet").default_value("compact");
    Command::new("tail")
        .about("Follow what happens, until interrupted")
        .arg(
            format
                .value_parser(["compact", "json", "quiet"])
                .help("A line each, JSON a line each, or refusals only"),
        )
        .args(common())
}

/// How much is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Compact,
    Json,
    Quiet,
}

/// Follows the live stream. The first connection has to succeed, so that a wrong address is told at once.
pub(super) fn run(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    let format = match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => Format::Json,
        Some("quiet") => Format::Quiet,
        _ => Format::Compact,
    };
    let client = client(matches, settings)?;
    let path = scoped("/_sandbox/events", matches);
    let mut events = Events::default();
    let mut show = |text: &str| {
        // Nobody reads a pipe whose other end is closed.
        let mut read = true;
        events.take(text, |kind, data| {
            read = read && shown(format, kind, data).is_none_or(|line| output::try_line(&line));
        });
        read
    };
    let mut enough = client.follow(&path, &mut show)?;
    while !enough {
        output::complain("the sandbox is gone; waiting for it to come back");
        enough = loop {
            // Whatever is wrong now may be mended by whoever starts it again.
            match client.follow(&path, &mut show) {
                Ok(enough) => break enough,
                Err(_) => std::thread::sleep(PAUSE),
            }
        };
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(format: Format, kind: &str, data: &Value) -> Option<String> {
    let refused = kind == "request" && data["status"].as_u64().is_some_and(|status| status >= 400);
    let field = |name: &str| output::clean(data[name].as_str().unwrap_or("-"));
    let time = |name: &str| data[name].as_str().and_then(|at| at.get(11..19)).unwrap_or("-").to_owned();
    match (format, kind) {
        (Format::Json, _) => {
            let mut line = serde_json::Map::from_iter([("event".to_owned(), Value::from(kind))]);
            line.insert("data".into(), data.clone());
            Some(Value::Object(line).to_string())
        }
        (_, "request") if format == Format::Compact || refused => {
            Some(line::of_call(data, output::stdout_colours()))
        }
        (_, "connection") => {
            let line = line::of_connection(data, output::stdout_colours());
            Some(format!("{line}: {}", field("explanation")))
        }
        (Format::Quiet, _) => None,
        (_, "payment") => {
            let (event, phase) = (field("event"), field("phase"));
            let phase = if phase == event { String::new() } else { format!(" ({phase})") };
            Some(format!("{} \u{25cf} {} {event}{phase}", time("at"), field("reference")))
        }
        (_, "delivery") => {
            let outcome = data["status"].as_u64().map_or_else(|| field("error"), |status| status.to_string());
            let (event, url) = (field("event"), field("url"));
            Some(format!("{} \u{21e2} {} {event} \u{2192} {url} {outcome}", time("at"), field("reference")))
        }
        (_, "race") => {
            let (kind, outcome) = (field("kind"), field("outcome"));
            Some(format!("{} \u{2694} {} {kind}: {outcome}", time("at"), field("reference")))
        }
        (_, "clock") => {
            let unit = data["msn"].as_str().map_or(String::new(), |msn| format!(" of {msn}"));
            Some(format!("{} clock{unit} shows {}  {}", time("now"), field("now"), field("mode")))
        }
        (_, "resync") => {
            Some(format!("- {}: what was shown before may have gaps or no longer hold", field("reason")))
        }
        (_, other) => Some(format!("- {} {data}", output::clean(other))),
    }
}

/// Takes a stream of events apart, however it is cut into pieces.
#[derive(Default)]
struct Events {
    rest: String,
    kind: String,
}

impl Events {
    fn take(&mut self, text: &str, mut each: impl FnMut(&str, &Value)) {
        self.rest.push_str(text);
        while let Some((line, rest)) = self.rest.split_once('\n') {
            if let Some(kind) = line.strip_prefix("event: ") {
                kind.trim_end().clone_into(&mut self.kind);
            } else if let Some(data) = line.strip_prefix("data: ") {
                each(&self.kind, &serde_json::from_str(data).unwrap_or(Value::Null));
            }
            self.rest = rest.to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let stream = ": listening\n\nevent: clock\ndata: {\"now\":\"x\"}\n\n:\n\nevent: resync\ndata: {}\n\n";
        for size in [1, 7, stream.len()] {
            let (mut events, mut seen) = (Events::default(), Vec::new());
            for piece in stream.as_bytes().chunks(size) {
                let piece = String::from_utf8_lossy(piece);
                events.take(&piece, |kind, data| seen.push((kind.to_owned(), data.clone())));
            }
            assert_eq!(seen, [("clock".into(), json!({"now": "x"})), ("resync".into(), json!({}))]);
        }
    }

    #[test]
    fn quiet_shows_refusals_only() {
        let call = |status: u16| json!({"at": "2026-11-20T09:14:31.000Z", "operation": "get", "status": status, "error": null});
        assert!(shown(Format::Quiet, "request", &call(200)).is_none());
        assert!(shown(Format::Quiet, "request", &call(404)).is_some());
        assert!(shown(Format::Quiet, "payment", &json!({})).is_none());
        let connection = json!({"host": "example.com", "port": 443, "via": "proxy", "explanation": "Why."});
        let told = shown(Format::Quiet, "connection", &connection);
        assert_eq!(told.as_deref(), Some("- proxy   example.com:443          refused: Why."));
        assert!(shown(Format::Compact, "request", &call(200)).is_some());
        assert_eq!(shown(Format::Json, "x", &json!(1)).as_deref(), Some(r#"{"data":1,"event":"x"}"#));
    }
}
