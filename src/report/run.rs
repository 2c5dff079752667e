//! The calls and connections of a run that were refused, and the webhooks that did not arrive.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::junit::{self, Case, Outcome, Suite};
use crate::engine::{self, DeliveryFilter, DeliveryRow, Engine};
use crate::journal::{ConnectionRow, Connections, Filter, Journal, Row};

/// What a run came to.
pub(crate) struct Run {
    /// The calls that were answered with 400 and above, oldest first.
    pub(crate) refused: Vec<Row>,
    /// How many calls are remembered.
    pub(crate) calls: usize,
    /// How many are not, because others came after them.
    pub(crate) forgotten: u64,
    /// The connections that were refused, the last one first.
    pub(crate) connections: Connections,
    /// Of every event that has not arrived, the last attempt, oldest first. A forged one has to be refused and is none.
    pub(crate) failed: Vec<Arc<DeliveryRow>>,
}

impl Run {
    /// Looks at what has happened up to now.
    pub(crate) fn of(engine: &Engine, journal: &Journal) -> Self {
        let mut refused = journal.list(&Filter { refused: true, ..Filter::default() }, usize::MAX);
        refused.reverse();
        let calls = journal.count(&Filter::default(), usize::MAX);
        let failed = not_arrived(&engine.deliveries(&DeliveryFilter::default(), usize::MAX));
        Self { refused, calls, forgotten: journal.forgotten(), connections: journal.connections(), failed }
    }

    /// Writes it as XML of `JUnit`. Where nothing went wrong, a case says so: some readers take an empty file for a mistake.
    pub(crate) fn junit(&self) -> String {
        let mut requests: Vec<_> = self.refused.iter().map(of_call).collect();
        requests.extend(self.connections.rows.iter().rev().map(of_connection));
        if requests.is_empty() {
            requests.push(good("requests", "no request was refused"));
        }
        let mut webhooks: Vec<_> = self.failed.iter().map(|row| of_delivery(row)).collect();
        if webhooks.is_empty() {
            webhooks.push(good("webhooks", "no webhook failed"));
        }
        junit::write(&[
            Suite { name: "requests", cases: requests },
            Suite { name: "webhooks", cases: webhooks },
        ])
    }
}

/// Finds the last attempt of each event that no attempt has brought to its receiver. The rows come newest first.
fn not_arrived(rows: &[Arc<DeliveryRow>]) -> Vec<Arc<DeliveryRow>> {
    type Event<'r> = (Uuid, &'r str);
    let mut last: HashMap<Event<'_>, (&Arc<DeliveryRow>, bool)> = HashMap::new();
    for row in rows.iter().filter(|row| !row.is_forged) {
        let has_arrived = row.outcome.has_arrived();
        let entry = last.entry((row.webhook_id, &row.body)).or_insert((row, false));
        entry.1 |= has_arrived;
    }
    let mut failed: Vec<_> =
        last.into_values().filter(|(_, has_arrived)| !has_arrived).map(|(row, _)| row.clone()).collect();
    failed.sort_unstable_by_key(|row| row.id);
    failed
}

fn good(class: &str, name: &str) -> Case {
    Case { class: class.into(), name: name.into(), micros: 0, outcome: Outcome::Passed }
}

fn of_call(row: &Row) -> Case {
    let (kind, message) = row.error();
    Case {
        class: format!("requests.{}", row.operation_name()),
        name: format!("{} ({})", row.call(), row.id()),
        micros: row.micros(),
        outcome: Outcome::Failed { kind, message, text: row.explanation().unwrap_or_default() },
    }
}

fn of_connection(row: &ConnectionRow) -> Case {
    let times = if row.count == 1 { String::new() } else { format!(" {} times", row.count) };
    Case {
        class: format!("requests.{}", row.what.via.word()),
        name: row.target(),
        micros: 0,
        outcome: Outcome::Failed {
            kind: row.what.reason.word().into(),
            message: format!("Connection refused{times}"),
            text: row.what.explanation.clone(),
        },
    }
}

fn of_delivery(row: &DeliveryRow) -> Case {
    let message = match &row.outcome {
        engine::Outcome::Answered { status, .. } => format!("The receiver answered {status}, not 2xx."),
        engine::Outcome::Failed(why) => format!("The receiver did not answer: {why}."),
    };
    let next = match row.next_at {
        Some(at) => format!("It is to be tried again at {at}."),
        None => "It is not tried again.".into(),
    };
    Case {
        class: format!("webhooks.{}", row.event),
        name: format!("{} to {} (delivery {})", row.reference, row.url, row.id),
        micros: u64::try_from(row.took.as_micros()).unwrap_or_default(),
        outcome: Outcome::Failed {
            kind: "delivery".into(),
            message,
            text: format!("Attempt {}. {next}", row.attempt),
        },
    }
}
