//! One line of time per payment: its requests, its events, the attempts to tell of them, and the moves of the clock.

use super::calls;
use std::sync::Arc;

use super::deliveries;
use super::text::{Time, class_of, span};
use crate::domain::money::Amount;
use crate::domain::payment::{Event, EventName, Payment};
use crate::domain::time::Timestamp;
use crate::engine::{CallbackRow, ClockMove, Mode, Outcome};

/// An event as one line.
pub(super) struct EventLine {
    pub(super) key: String,
    pub(super) time: Time,
    pub(super) at: Timestamp,
    name: EventName,
    pub(super) word: &'static str,
    pub(super) amount: String,
    /// Who acted, if that is known.
    pub(super) by: Option<String>,
    pub(super) psp_reference: String,
    pub(super) idempotency_key: Option<String>,
}

impl EventLine {
    pub(super) fn new(payment: Payment<'_>, event: &Event, number: usize, now: Timestamp) -> Self {
        let order = payment.order;
        let approval = payment.course.approval().filter(|_| event.name == EventName::Authorized);
        let psp_reference = match event.name {
            EventName::Created => order.psp_reference().to_string(),
            _ => event.psp_reference.to_string(),
        };
        Self {
            key: format!("event-{number}"),
            time: Time::new(event.at, now),
            at: event.at,
            name: event.name,
            word: event.name.word(),
            amount: Amount { value: event.amount, ..order.amount() }.to_string(),
            by: approval.map(|approval| format!("by +{}", approval.customer)),
            psp_reference,
            idempotency_key: payment.key_of(event).map(str::to_owned),
        }
    }
}

/// One entry.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) time: Time,
    pub(super) mark: &'static str,
    /// What the mark stands for.
    pub(super) kind: &'static str,
    pub(super) class: &'static str,
    pub(super) what: String,
    pub(super) status: Option<(String, &'static str)>,
    pub(super) more: String,
    /// A second line: why, or when again.
    pub(super) note: Option<String>,
    /// Where its headers and bodies are.
    pub(super) opens: Option<String>,
}

fn request(line: &calls::Line) -> Entry {
    let what = format!("{} {}", line.method, line.operation.unwrap_or(&line.path));
    let took = line.error.is_none().then(|| line.took.clone());
    let parts = [line.error.clone(), line.amount.clone(), took];
    Entry {
        key: line.id.clone(),
        time: line.time.clone(),
        mark: "→",
        kind: "Request",
        class: "request",
        what,
        status: Some((line.status.to_string(), line.class)),
        more: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        note: line.explanation.clone(),
        opens: Some(format!("/_sandbox/ui/view/requests/{}", line.id)),
    }
}

fn event(line: &EventLine) -> Entry {
    let by = line.by.as_ref().map_or_else(String::new, |by| format!(" {by}"));
    Entry {
        key: line.key.clone(),
        time: line.time.clone(),
        mark: "●",
        kind: "Event",
        class: "event",
        what: line.word.to_owned(),
        status: None,
        more: format!("{}{by}", line.amount),
        note: None,
        opens: None,
    }
}

fn delivery(line: &deliveries::Line) -> Entry {
    let next = line.next.as_ref().map(|time| format!("next attempt due at {}", time.short));
    let again = if line.attempt > 1 { format!("attempt {} · ", line.attempt) } else { String::new() };
    let notes: Vec<_> = line.error.clone().into_iter().chain(next).collect();
    Entry {
        key: format!("delivery-{}", line.id),
        time: line.time.clone(),
        mark: "⇢",
        kind: "Webhook",
        class: "webhook",
        what: format!("{} webhook", line.event),
        status: Some((line.status.clone(), line.class)),
        more: format!("{} · {again}{}", line.url.trim_start_matches("http://"), line.took),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        opens: Some(format!("/_sandbox/ui/view/deliveries/{}", line.id)),
    }
}

fn question(row: &CallbackRow, number: usize, now: Timestamp) -> Entry {
    let (status, class) = match &row.outcome {
        Outcome::Answered { status, .. } => (status.to_string(), class_of(*status)),
        Outcome::Failed(_) => ("failed".into(), "refused"),
    };
    Entry {
        key: format!("question-{number}"),
        time: Time::new(row.at, now),
        mark: "⇢",
        kind: "Question",
        class: "webhook",
        what: "delivery options".to_owned(),
        status: Some((status, class)),
        more: row.url.trim_start_matches("http://").to_owned(),
        note: row.offer.as_ref().err().map(ToString::to_string),
        opens: None,
    }
}

/// Says what a move of the clock was.
pub(super) fn told(one: &ClockMove) -> String {
    match (one.to.as_micros() - one.from.as_micros(), one.mode) {
        (0, Mode::Frozen) => "clock frozen".to_owned(),
        (0, Mode::Real) => "clock runs".to_owned(),
        (1.., _) => format!("clock moved {}", span(one.to.since(one.from))),
        _ => "clock put back".to_owned(),
    }
}

fn clock_move(one: &ClockMove, number: usize, now: Timestamp) -> Entry {
    Entry {
        key: format!("clock-{number}"),
        time: Time::new(one.from, now),
        mark: "»",
        kind: "Clock",
        class: "clock",
        what: told(one),
        status: None,
        more: format!("to {}", Time::new(one.to, one.from).short),
        note: None,
        opens: None,
    }
}

/// What a request leads to when it is carried out.
fn consequence(line: &calls::Line) -> &'static [EventName] {
    match line.operation {
        _ if line.status >= 300 => &[],
        Some("create") => &[EventName::Created],
        Some("approve") => &[EventName::Authorized],
        Some("capture") => &[EventName::Captured],
        Some("refund") => &[EventName::Refunded],
        Some("cancel") => &[EventName::Cancelled, EventName::Terminated],
        _ => &[],
    }
}

/// Puts everything in order, oldest first. The lists are in order themselves, oldest first.
///
/// On a clock that stands still everything has the same time. Then a request comes right before the event that it led to,
/// and an attempt after the event that it tells of.
pub(super) fn merge(
    calls: &[calls::Line],
    events: &[EventLine],
    attempts: &[deliveries::Line],
    questions: &[Arc<CallbackRow>],
    moves: &[ClockMove],
    now: Timestamp,
) -> Vec<Entry> {
    let mut times: Vec<Timestamp> = calls.iter().map(|one| one.at).collect();
    times.extend(events.iter().map(|one| one.at));
    times.extend(attempts.iter().map(|one| one.at));
    times.extend(questions.iter().map(|one| one.at));
    times.extend(moves.iter().map(|one| one.from));
    times.sort_unstable();
    times.dedup();
    let mut out = Vec::new();
    for at in times {
        let mut events = events.iter().filter(|one| one.at == at).peekable();
        let mut attempts: Vec<_> = attempts.iter().filter(|one| one.at == at).collect();
        let mut happen = |one: &EventLine, out: &mut Vec<Entry>| {
            out.push(event(one));
            let tells = |attempt: &&deliveries::Line| attempt.body.contains(&one.psp_reference);
            out.extend(attempts.iter().copied().filter(tells).map(delivery));
            attempts.retain(|attempt| !tells(attempt));
        };
        for call in calls.iter().filter(|one| one.at == at) {
            let wanted = consequence(call);
            if events.clone().any(|one| wanted.contains(&one.name)) {
                while let Some(one) = events.next_if(|one| !wanted.contains(&one.name)) {
                    happen(one, &mut out);
                }
                out.push(request(call));
                if let Some(one) = events.next() {
                    happen(one, &mut out);
                }
            } else {
                out.push(request(call));
            }
        }
        let asked = questions.iter().enumerate().filter(|(_, one)| one.at == at);
        out.extend(asked.map(|(number, one)| question(one, number, now)));
        for one in events {
            happen(one, &mut out);
        }
        out.extend(attempts.into_iter().map(delivery));
        let here = moves.iter().enumerate().filter(|(_, one)| one.from == at);
        out.extend(here.map(|(number, one)| clock_move(one, number, now)));
    }
    Time::set_days(out.iter_mut().map(|entry| &mut entry.time), now);
    out
}
