//! An event on its way to a receiver: how often it was tried, and what is to be otherwise about it.

use std::sync::Arc;

use crate::document::{DeliveryData, Flaw};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Before, EventType, MAX_DUPLICATES};

/// More attempts than any schedule has.
const MAX_ATTEMPTS: u32 = 10_000;

/// An event on its way to a receiver.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    /// The payment's number; events of one payment keep their order.
    pub(super) line: u64,
    pub(super) reference: Arc<str>,
    pub(super) event: EventType,
    pub(super) body: Arc<str>,
    /// How many attempts were made.
    pub(super) attempts: u32,
    /// When the next one is due.
    pub(super) due: Timestamp,
    /// When the first one was made.
    pub(super) first: Option<Timestamp>,
    /// How many more times it is sent once it has arrived.
    pub(super) copies: u32,
    /// It has arrived before.
    pub(super) is_copy: bool,
    /// It waits for a release.
    pub(super) is_held: bool,
    /// What waits for its first attempt, besides what the policy says.
    pub(super) before: Before,
    /// Its first attempt is two at the same time.
    pub(super) is_double: bool,
}

impl Delivery {
    pub(super) fn new(
        line: u64,
        reference: Arc<str>,
        event: EventType,
        body: Arc<str>,
        due: Timestamp,
    ) -> Self {
        let (attempts, first, copies, is_copy, is_held) = (0, None, 0, false, false);
        let (before, is_double) = (Before::None, false);
        Self {
            line,
            reference,
            event,
            body,
            attempts,
            due,
            first,
            copies,
            is_copy,
            is_held,
            before,
            is_double,
        }
    }

    pub(super) fn is_new(&self) -> bool {
        self.attempts == 0 && !self.is_copy
    }

    /// Whether the attempt that is on its way is the first.
    pub(super) fn is_first(&self) -> bool {
        self.attempts == 1 && !self.is_copy
    }

    pub(super) fn can_go(&self, now: Timestamp) -> bool {
        !self.is_held && self.due <= now
    }

    pub(super) fn taken_down(&self) -> DeliveryData {
        DeliveryData {
            reference: self.reference.to_string(),
            event: self.event.name().to_owned(),
            body: self.body.to_string(),
            attempts: self.attempts,
            due: self.due,
            first: self.first,
            copies: self.copies,
            is_copy: self.is_copy,
            is_held: self.is_held,
        }
    }

    pub(super) fn restored(data: &DeliveryData, line: u64) -> Result<Self, Flaw> {
        if data.attempts > MAX_ATTEMPTS || (data.attempts > 0) != data.first.is_some() {
            return Err(Flaw::of("attempts", "it does not fit first"));
        }
        if data.copies > MAX_DUPLICATES {
            return Err(Flaw::of("copies", format!("it is more than {MAX_DUPLICATES}")));
        }
        let (reference, body) = (data.reference.as_str().into(), data.body.as_str().into());
        Ok(Self {
            attempts: data.attempts,
            first: data.first,
            copies: data.copies,
            is_copy: data.is_copy,
            is_held: data.is_held,
            ..Self::new(line, reference, data.event()?, body, data.due)
        })
    }
}
