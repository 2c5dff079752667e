//! What became of every attempt, the newest last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::attempt::{Attempt, Outcome};
use crate::domain::digits::Msn;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::webhook::EventType;

/// One attempt.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Its number; they count up.
    pub id: u64,
    /// When it was made, by the sales unit's clock.
    pub at: Timestamp,
    /// The sales unit.
    pub msn: Msn,
    /// The payment's reference.
    pub reference: Arc<str>,
    /// The event.
    pub event: EventType,
    /// The registration.
    pub webhook_id: Uuid,
    /// Which attempt it was, counting from 1.
    pub attempt: u32,
    /// Where it went.
    pub url: String,
    /// The headers that were sent.
    pub headers: Vec<(&'static str, String)>,
    /// The body that was sent.
    pub body: Arc<str>,
    /// How it went.
    pub outcome: Outcome,
    /// How long it took, by the machine's clock.
    pub took: Span,
    /// When the event is tried again; `None` when it arrived or is given up.
    pub next_at: Option<Timestamp>,
    /// Its signature was wrong on purpose.
    pub is_forged: bool,
}

/// Which attempts are meant.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Those of this sales unit.
    pub msn: Option<Msn>,
    /// Those about the payment with this reference.
    pub reference: Option<String>,
    /// Those of this event.
    pub event: Option<EventType>,
    /// Those that were answered with this status.
    pub status: Option<u16>,
}

impl DeliveryFilter {
    /// Whether an attempt is meant.
    #[must_use]
    pub fn fits(&self, row: &DeliveryRow) -> bool {
        let status = match row.outcome {
            Outcome::Answered { status, .. } => Some(status),
            Outcome::Failed(_) => None,
        };
        self.msn.is_none_or(|msn| msn == row.msn)
            && self.reference.as_deref().is_none_or(|reference| *reference == *row.reference)
            && self.event.is_none_or(|event| event == row.event)
            && self.status.is_none_or(|wanted| status == Some(wanted))
    }
}

/// The attempts, the oldest first. The oldest go first.
#[derive(Default)]
pub(in crate::engine) struct DeliveryJournal(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    rows: VecDeque<Arc<DeliveryRow>>,
    count: u64,
}

impl DeliveryJournal {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an attempt down. Keeps at most `limit`.
    pub(super) fn add(
        &self,
        limit: usize,
        msn: Msn,
        attempt: Attempt,
        outcome: Outcome,
        took: Span,
        next_at: Option<Timestamp>,
    ) -> Arc<DeliveryRow> {
        let Attempt { hook, delivery, at, headers, is_forged, .. } = attempt;
        let mut rows = self.rows();
        rows.count += 1;
        let row = Arc::new(DeliveryRow {
            id: rows.count,
            at,
            msn,
            reference: delivery.reference,
            event: delivery.event,
            webhook_id: hook.id,
            attempt: delivery.attempts,
            url: hook.registration.url.clone(),
            headers,
            body: delivery.body,
            outcome,
            took,
            next_at,
            is_forged,
        });
        rows.rows.push_back(row.clone());
        if rows.rows.len() > limit {
            rows.rows.pop_front();
        }
        row
    }

    /// Returns the attempts that are meant, newest first, at most so many.
    pub(in crate::engine) fn list(&self, filter: &DeliveryFilter, limit: usize) -> Vec<Arc<DeliveryRow>> {
        self.rows().rows.iter().rev().filter(|row| filter.fits(row)).take(limit).cloned().collect()
    }

    /// Returns how many attempts there were that it no longer has, of those that nobody cleared.
    pub(in crate::engine) fn forgotten(&self, limit: usize) -> u64 {
        self.rows().count.saturating_sub(limit as u64)
    }

    /// Returns an attempt.
    pub(super) fn find(&self, id: u64) -> Option<Arc<DeliveryRow>> {
        self.rows().rows.iter().find(|row| row.id == id).cloned()
    }

    /// Forgets a sales unit's attempts, or all.
    pub(in crate::engine) fn clear(&self, msn: Option<Msn>) {
        let mut rows = self.rows();
        match msn {
            Some(msn) => rows.rows.retain(|row| row.msn != msn),
            None => *rows = Rows::default(),
        }
    }
}
