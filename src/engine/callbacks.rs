//! What became of every question for delivery options, the newest last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::webhooks::Outcome;
use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::payment::{NoOffer, Offer};
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// How many are kept, at most.
const MOST: usize = 1_000;

/// One question to a merchant's server, and its answer.
#[derive(Clone, Debug)]
pub struct CallbackRow {
    /// The payment's number.
    pub(super) payment: u64,
    /// When it was asked, by the sales unit's clock.
    pub at: Timestamp,
    /// The sales unit.
    pub msn: Msn,
    /// The customer.
    pub customer: PhoneNumber,
    /// Where it went.
    pub url: String,
    /// The headers that were sent.
    pub headers: Vec<(&'static str, String)>,
    /// The body that was sent.
    pub body: String,
    /// How it went.
    pub outcome: Outcome,
    /// How long it took, by the machine's clock.
    pub took: Span,
    /// What the answer offers.
    pub offer: Result<Offer, NoOffer>,
}

/// The questions, the oldest first. The oldest go first.
#[derive(Default)]
pub(super) struct Callbacks(Mutex<VecDeque<Arc<CallbackRow>>>);

impl Callbacks {
    fn rows(&self) -> MutexGuard<'_, VecDeque<Arc<CallbackRow>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a question down.
    pub(super) fn add(&self, row: CallbackRow) {
        let mut rows = self.rows();
        rows.push_back(Arc::new(row));
        if rows.len() > MOST {
            rows.pop_front();
        }
    }

    /// Returns a payment's questions, newest first.
    pub(super) fn of(&self, payment: u64) -> Vec<Arc<CallbackRow>> {
        self.rows().iter().rev().filter(|row| row.payment == payment).cloned().collect()
    }

    /// Forgets a sales unit's questions, or all.
    pub(super) fn clear(&self, msn: Option<Msn>) {
        self.rows().retain(|row| msn.is_some_and(|msn| msn != row.msn));
    }
}
