//! What the sandbox has seen of an integration, gathered for the go-live checklist.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::checklist::{CallSeen, Checklist, DeliverySeen, PaymentSeen, Traffic};
use crate::domain::digits::Msn;
use crate::domain::operation::Operation;
use crate::engine::{DeliveryFilter, DeliveryRow, Engine, Outcome};
use crate::journal::Journal;

/// Grades what is remembered of the traffic: of one sales unit, or of all.
pub(crate) fn checklist(engine: &Engine, journal: &Journal, msn: Option<Msn>) -> Checklist {
    // What was forgotten meanwhile is counted, rather than taken for seen.
    let calls = journal.observed(msn);
    let filter = DeliveryFilter { msn, ..DeliveryFilter::default() };
    let mut deliveries: Vec<_> =
        engine.deliveries(&filter, usize::MAX).iter().map(|row| delivery(row)).collect();
    deliveries.reverse();
    Checklist::of(&Traffic {
        payments: captured(engine, &calls),
        calls,
        forgotten_calls: journal.forgotten(),
        deliveries,
        forgotten_deliveries: engine.forgotten_deliveries(),
        has_webhook: engine.has_webhook(msn),
        examined: engine.examined(msn),
    })
}

/// Looks at the payments that the calls have captured.
fn captured(engine: &Engine, calls: &[CallSeen]) -> Vec<PaymentSeen> {
    let captures =
        calls.iter().filter(|call| call.operation == Operation::Capture && (200..300).contains(&call.status));
    let mut known = HashSet::new();
    captures
        .filter_map(|call| Some((call.msn?, call.reference.as_deref()?)))
        .filter(|(msn, reference)| known.insert((msn.to_string(), *reference)))
        .filter_map(|(msn, reference)| {
            let slot = engine.find_by_msn(msn, reference)?;
            Some(engine.read(&slot, |payment| {
                let standing = payment.course.standing();
                let (remaining, cancelled) = (standing.remaining(), standing.totals.cancelled);
                PaymentSeen { msn, reference: reference.to_owned(), remaining, cancelled }
            }))
        })
        .collect()
}

fn delivery(row: &DeliveryRow) -> DeliverySeen {
    let mut line = DefaultHasher::new();
    (row.webhook_id, &row.body).hash(&mut line);
    let status = match row.outcome {
        Outcome::Answered { status, .. } => Some(status),
        Outcome::Failed(_) => None,
    };
    DeliverySeen {
        id: row.id.to_string(),
        reference: row.reference.to_string(),
        event: row.event,
        line: line.finish(),
        is_forged: row.is_forged,
        status,
        took: row.took,
    }
}
