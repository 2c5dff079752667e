//! Calls of the emulated API: as lines, and one with its headers and bodies.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::text::{Time, class_of, has, pretty, took};
use super::{Gone, MAX_ROWS, aside, shown};
use crate::control::Control;
use crate::domain::digits::Msn;
use crate::domain::operation::Operation;
use crate::domain::time::Timestamp;
use crate::journal::{Filter, RequestSnapshot, Row, Summary, number_of};

/// A call as one line.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) time: Time,
    pub(super) at: Timestamp,
    pub(super) msn: Option<Msn>,
    pub(super) operation: Option<&'static str>,
    pub(super) reference: Option<String>,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) class: &'static str,
    pub(super) took: String,
    /// What was asked for, such as `NOK 319,00`.
    pub(super) amount: Option<String>,
    /// `6090 Capture amount too high`.
    pub(super) error: Option<String>,
    pub(super) explanation: Option<String>,
}

impl Line {
    /// Shows a call. `now` is what the clock shows that its time was read from.
    pub(super) fn new(row: &Row, now: Timestamp) -> Self {
        let at = row.at();
        row.with_summary(&str::to_owned, |summary| {
            let Summary { status, micros, amount, error, explanation, .. } = summary;
            let error = error.as_ref().map(|error| match error.code {
                Some(code) => format!("{code} {}", error.title),
                None => error.title.to_owned(),
            });
            Self {
                id: summary.id.clone(),
                time: Time::new(at, now),
                at,
                msn: summary.msn,
                operation: summary.operation,
                reference: summary.reference.map(str::to_owned),
                method: summary.method.to_owned(),
                path: summary.path.to_owned(),
                status: *status,
                class: class_of(*status),
                took: took(*micros),
                amount: amount.clone(),
                error,
                explanation: explanation.clone(),
            }
        })
    }

    /// The address of the payment that it was about.
    pub(super) fn payment(&self) -> Option<String> {
        let (msn, reference) = (self.msn?, self.reference.as_deref()?);
        crate::domain::text::is_reference(reference)
            .then(|| format!("/_sandbox/ui/payments/{msn}/{reference}"))
    }
}

/// What is asked of the journal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    operation: String,
    /// `refused`, or any.
    only: String,
}

#[derive(Template)]
#[template(path = "dashboard/requests.html", whitespace = "minimize")]
struct Requests {
    asked: Asked,
    operations: Vec<&'static str>,
    calls: Vec<Line>,
    is_filtered: bool,
    base: String,
}

/// Shows the last calls.
pub(super) async fn view(State(control): State<Control>, Query(asked): Query<Asked>) -> Response {
    let wanted = asked.clone();
    let base = control.public_url.clone();
    let calls = aside(move || {
        let operation = Operation::ALL.into_iter().find(|one| one.name() == wanted.operation);
        let filter = Filter { operation, ..Filter::default() };
        let q = wanted.q.trim();
        let keep = |row: &Row| {
            (wanted.only != "refused" || row.status() >= 400)
                && (q.is_empty()
                    || row.msn().is_some_and(|msn| has(&msn.to_string(), q))
                    || row.reference().is_some_and(|reference| has(&reference, q))
                    || has(&row.id(), q))
        };
        let now = control.engine.read_clock(None).now;
        let rows = control.journal.search(&filter, &keep, MAX_ROWS);
        let mut lines: Vec<_> = rows.iter().map(|row| Line::new(row, now)).collect();
        Time::set_days(lines.iter_mut().map(|line| &mut line.time), now);
        lines
    });
    let calls = calls.await;
    let is_filtered = !(asked.q.is_empty() && asked.operation.is_empty() && asked.only.is_empty());
    let operations = Operation::ALL.into_iter().map(Operation::name).collect();
    shown(&Requests { asked, operations, calls, is_filtered, base })
}

/// A message as it went over the wire: headers and body.
pub(super) struct Message {
    pub(super) title: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Message {
    pub(super) fn new(title: String, headers: Vec<(String, String)>, body: &str) -> Self {
        Self { title, headers, body: pretty(body) }
    }
}

#[derive(Template)]
#[template(path = "dashboard/exchange.html", whitespace = "minimize")]
pub(super) struct Exchange {
    pub(super) id: String,
    pub(super) messages: Vec<Message>,
    pub(super) curl: String,
}

/// Shows one call with its headers and bodies.
pub(super) async fn one(State(control): State<Control>, Path(id): Path<String>) -> Response {
    let Some(row) = number_of(&id).and_then(|number| control.journal.find(number)) else {
        let text = format!(
            "The journal keeps the last {} calls; {id} is not among them.",
            control.journal.capacity()
        );
        return shown(&Gone { title: "Gone", text });
    };
    let curl = row.curl(&control.public_url);
    let call = RequestSnapshot::from(&row);
    let request = format!("{} {}", call.method, call.path);
    shown(&Exchange {
        id: call.id,
        messages: vec![
            Message::new(request, call.headers, &call.body.unwrap_or_default()),
            Message::new(
                format!("Answer {}", call.status),
                Vec::new(),
                &call.response_body.unwrap_or_default(),
            ),
        ],
        curl,
    })
}
