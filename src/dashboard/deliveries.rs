//! Attempts to deliver webhooks: as lines, and one with its headers and bodies.

use std::fmt::Write as _;

use axum::extract::{Path, State};
use axum::response::Response;

use super::calls::{Exchange, Message};
use super::text::{Time, took};
use super::{Gone, shown};
use crate::control::Control;
use crate::domain::digits::Msn;
use crate::domain::time::Timestamp;
use crate::engine::{DeliveryRow, Outcome};
use crate::journal::quoted;

/// An attempt as one line.
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) time: Time,
    pub(super) at: Timestamp,
    pub(super) msn: Msn,
    pub(super) reference: String,
    /// The event's name without what all of them begin with.
    pub(super) event: &'static str,
    pub(super) event_name: &'static str,
    pub(super) attempt: u32,
    pub(super) url: String,
    /// The receiver's status, or `failed`.
    pub(super) status: String,
    pub(super) class: &'static str,
    /// Why there was no answer.
    pub(super) error: Option<String>,
    pub(super) took: String,
    /// When the event is tried again.
    pub(super) next: Option<Time>,
    /// What was sent, to find the event that it tells of.
    pub(super) body: std::sync::Arc<str>,
}

impl Line {
    pub(super) fn new(row: &DeliveryRow, now: Timestamp) -> Self {
        let (status, class, error) = match &row.outcome {
            Outcome::Answered { status, .. } => {
                // A redirect has not taken the event either.
                let class = if (200..300).contains(status) { "good" } else { "refused" };
                (status.to_string(), class, None)
            }
            Outcome::Failed(why) => ("failed".into(), "refused", Some(why.clone())),
        };
        Self {
            id: row.id,
            time: Time::new(row.at, now),
            at: row.at,
            msn: row.msn,
            reference: row.reference.to_string(),
            event: short_name(row.event.name()),
            event_name: row.event.name(),
            attempt: row.attempt,
            url: row.url.clone(),
            status,
            class,
            error,
            took: took(u64::try_from(row.took.as_micros()).unwrap_or_default()),
            next: row.next_at.map(|at| Time::new(at, now)),
            body: row.body.clone(),
        }
    }
}

/// Returns `captured` of `epayments.payment.captured.v1`.
pub(super) fn short_name(event: &'static str) -> &'static str {
    let parts: Vec<_> = event.split('.').collect();
    match parts.as_slice() {
        [_, "payment", name, _] => name,
        _ => event,
    }
}

fn curl(row: &DeliveryRow) -> String {
    let mut text = format!("curl -X POST {}", quoted(&row.url));
    for (name, value) in row.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
        let _ = write!(text, " \\\n  -H {}", quoted(&format!("{name}: {value}")));
    }
    let _ = writeln!(text, " \\\n  --data-raw {}", quoted(&row.body));
    text
}

/// Shows one attempt with its headers and bodies.
pub(super) async fn one(State(control): State<Control>, Path(id): Path<String>) -> Response {
    let Some(row) = id.parse().ok().and_then(|id| control.engine.delivery(id)) else {
        let text = format!("Delivery {id} is no longer remembered.");
        return shown(&Gone { title: "Gone", text });
    };
    let sent = row.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut messages = vec![Message::new(format!("POST {}", row.url), sent, &row.body)];
    match &row.outcome {
        Outcome::Answered { status, headers, body } => {
            messages.push(Message::new(format!("Answer {status}"), headers.clone(), body));
        }
        Outcome::Failed(why) => messages.push(Message::new("No answer".into(), Vec::new(), why)),
    }
    shown(&Exchange { id: format!("delivery-{}", row.id), messages, curl: curl(&row) })
}
