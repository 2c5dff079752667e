//! One attempt to deliver an event: what the courier is given, and what it says afterwards.

use std::sync::Arc;

use super::delivery::Delivery;
use super::hook::Hook;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::webhook::signature::{self, Forgery};

/// One attempt, ready to be sent. It has to come back through `Engine::attempted`.
#[derive(Clone)]
pub struct Attempt {
    /// Whose registration it is.
    pub hook: Arc<Hook>,
    pub(super) delivery: Delivery,
    /// When it was taken, by the sales unit's clock.
    pub(super) at: Timestamp,
    /// When it was taken, by the machine's elapsed time.
    pub(super) began: Span,
    /// The headers, in the order in which they are sent.
    pub headers: Vec<(&'static str, String)>,
    /// Its signature is wrong on purpose.
    pub(super) is_forged: bool,
}

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered.
    Answered {
        /// The status.
        status: u16,
        /// The headers of the answer.
        headers: Vec<(String, String)>,
        /// The body of the answer, or its beginning.
        body: String,
    },
    /// It did not: why, in a few words.
    Failed(String),
}

impl Outcome {
    /// Whether the event has arrived: only 2xx says so.
    pub(crate) fn has_arrived(&self) -> bool {
        matches!(self, Self::Answered { status: 200..=299, .. })
    }
}

impl Attempt {
    /// Returns the URL to send to.
    #[must_use]
    pub fn url(&self) -> &str {
        self.hook.registration.target.url()
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.delivery.body
    }

    /// Whether it is sent twice at the same time.
    pub(crate) fn is_double(&self) -> bool {
        self.delivery.is_double
    }

    /// Signs a delivery afresh, or forges its signature. `date` is the machine's time.
    pub(super) fn sign(
        hook: Arc<Hook>,
        delivery: Delivery,
        at: Timestamp,
        began: Span,
        date: Timestamp,
        forgery: Forgery,
    ) -> Self {
        let (id, target) = (hook.id.to_string(), &hook.registration.target);
        let body = delivery.body.as_bytes();
        let headers = signature::headers(id, &hook.secret, target, date, body, forgery);
        Self { hook, delivery, at, began, headers, is_forged: forgery != Forgery::None }
    }
}
