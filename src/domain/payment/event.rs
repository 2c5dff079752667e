//! The events of a payment. Their list is the payment's state; everything else is a view of it.

use serde::{Deserialize, Serialize};

use crate::domain::text::IdempotencyKey;
use crate::domain::time::Timestamp;

/// What happened, by the API's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum EventName {
    /// The merchant created the payment.
    Created,
    /// The customer approved it; the amount is reserved.
    Authorized,
    /// The customer rejected it.
    Aborted,
    /// Nobody acted in time.
    Expired,
    /// The merchant cancelled it before the customer approved.
    Terminated,
    /// What was left of the reservation was released.
    Cancelled,
    /// The merchant captured a part of the reservation, or all.
    Captured,
    /// The merchant gave back a part of what was captured, or all.
    Refunded,
}

impl EventName {
    /// Returns the API's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Authorized => "AUTHORIZED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
            Self::Terminated => "TERMINATED",
            Self::Cancelled => "CANCELLED",
            Self::Captured => "CAPTURED",
            Self::Refunded => "REFUNDED",
        }
    }
}

/// One entry of the event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub name: EventName,
    /// The amount of this event in minor units.
    pub amount: u64,
    /// When it happened, by the sandbox clock.
    pub at: Timestamp,
    /// The event's own `pspReference`; CREATED uses the payment's instead.
    pub psp_reference: u64,
    /// The idempotency key of the capture or refund that caused it.
    pub key: Option<IdempotencyKey>,
}
