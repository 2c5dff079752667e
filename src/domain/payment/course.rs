//! What happened to a payment, and what will happen to it by itself.

use serde::Serialize;

use super::approve::Approval;
use super::event::{Event, EventName};
use super::order::Order;
use super::standing::{Standing, State};
use crate::domain::digits::PhoneNumber;
use crate::domain::time::Timestamp;

/// What happened to a payment: its event log, and what is derived from it.
#[derive(Clone, Debug)]
pub struct Course {
    log: Vec<Event>,
    standing: Standing,
    approval: Option<Box<Approval>>,
    script: Option<Box<Script>>,
}

impl Course {
    /// Begins with the CREATED event.
    #[must_use]
    pub fn begin(order: &Order) -> Self {
        let created = Event {
            name: EventName::Created,
            amount: order.amount().value,
            at: order.created_at(),
            psp_reference: 0,
            key: None,
        };
        Self { log: vec![created], standing: Standing::NEW, approval: None, script: None }
    }

    /// Puts an event at the end of the log. The caller has a decision for it.
    ///
    /// # Panics
    ///
    /// When the event breaks the payment's arithmetic or goes back in time: a decision was wrong, which no request can
    /// bring about. Nothing is changed then.
    pub fn apply(&mut self, event: Event, approval: Option<Box<Approval>>) {
        let standing = self.standing.after(event.name, event.amount);
        assert!(standing.is_sound(), "{:?} of {} breaks {:?}", event.name, event.amount, self.standing);
        assert!(
            event.at >= self.last_event_at(),
            "{:?} at {} is before the last event",
            event.name,
            event.at
        );
        self.standing = standing;
        if standing.state != State::Created {
            self.script = None;
        }
        if event.name == EventName::Authorized {
            self.approval = approval;
        }
        self.log.push(event);
    }

    /// Sets down what the customer or the bank will do.
    pub fn set_script(&mut self, script: Option<Script>) {
        self.script = script.map(Box::new);
    }

    /// Returns where the payment stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Returns where the payment stood after its `count` first events.
    #[must_use]
    pub fn standing_after(&self, count: usize) -> Standing {
        self.log
            .iter()
            .take(count)
            .fold(Standing::NEW, |standing, event| standing.after(event.name, event.amount))
    }

    /// Returns the event log, oldest first. The first event is CREATED.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.log
    }

    /// Returns when the last event happened; later ones never happen before it.
    #[must_use]
    pub fn last_event_at(&self) -> Timestamp {
        self.log.last().map_or(Timestamp::EPOCH, |event| event.at)
    }

    /// Returns who approved the payment, with what.
    #[must_use]
    pub fn approval(&self) -> Option<&Approval> {
        self.approval.as_deref()
    }

    /// Returns what the customer or the bank will do, if anything is set down.
    #[must_use]
    pub fn script(&self) -> Option<&Script> {
        self.script.as_deref()
    }
}

/// Something that the customer or the bank will do at a known time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// When.
    pub at: Timestamp,
    /// Who does it.
    pub act: Act,
    /// The customer.
    pub customer: PhoneNumber,
}

/// What a [`Script`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The customer approves.
    Approve,
    /// The customer rejects.
    Reject,
    /// The bank answers at last (test amount 201) about this approval.
    BankAnswer(Box<Approval>),
}

/// The timers of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TimerKind {
    /// A scripted customer acts.
    Customer,
    /// The bank answers about test amount 201.
    BankAnswer,
    /// The time to approve is over.
    Expiry,
    /// The capture deadline: what is left of the reservation is released.
    CaptureDeadline,
}
