//! A payment: what was asked for, what happened to it, and what may happen next.
//!
//! An [`Order`] never changes; a [`Course`] grows by events. Decisions read both and return what would happen;
//! [`Course::apply`] alone changes anything.

mod approve;
mod cancel;
mod capture;
mod course;
mod create;
mod event;
mod express;
mod given;
mod modification;
mod offer;
mod order;
mod receipt;
mod refund;
mod restore;
mod scope;
mod standing;
mod test_amount;
mod texts;

pub use approve::{Approval, ApproveFacts, ApproveRequest, Approved, Choice, CustomerRefusal, UserDetails};
pub use course::{Act, Course, Script, TimerKind};
pub use create::{CreateFacts, CreateRequest};
pub use event::{Event, EventName};
pub use express::{DynamicOptions, Shipping, ShippingChoice, ShippingGroup, ShippingOption};
pub use modification::{CancelRequest, ModificationRequest};
pub use offer::{Delivery, NoOffer, Offer, read_offer};
pub use order::{Extras, Order, PaymentMethod, QrFormat, UserFlow};
pub use receipt::{OrderLine, Receipt};
pub(crate) use restore::check_url;
pub use restore::{Broken, OrderParts, is_key};
pub use scope::{Scope, Scopes};
pub use standing::{Phase, Standing, State, Totals};
pub use test_amount::{DECLINES, DeclineReason, TestOutcome};
pub(crate) use test_amount::{REFUND_IMPOSSIBLE, REFUND_TOO_LATE};

use super::span::Span;
use super::text::IdempotencyKey;
use super::time::Timestamp;

/// How long a payment waits for the customer when no `expiresAt` is given (agent toolkit, August 2026).
pub const LIFETIME: Span = Span::minutes(10);

/// How far ahead `expiresAt` may not be (error 6110).
pub const LONGEST_WAIT: Span = Span::days(60);

/// How long after the reservation a refund is possible (error 6220).
pub const REFUND_WINDOW: Span = Span::days(365);

/// For how long the bank guarantees the reservation: the shortest period of the card schemes, Visa's and
/// BankAxept's (agent toolkit, August 2026).
pub const GUARANTEE: Span = Span::days(7);

/// How many events a payment may have. The real limit is unknown; this one keeps memory bounded.
pub const MAX_EVENTS: usize = 10_000;

/// What a decision says will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The event.
    pub name: EventName,
    /// Its amount in minor units.
    pub amount: u64,
    /// With AUTHORIZED: who approved, with what.
    pub approval: Option<Box<Approval>>,
}

impl Decision {
    fn new(name: EventName, amount: u64) -> Self {
        Self { name, amount, approval: None }
    }
}

/// A payment as decisions see it: what was asked for, and what happened since.
#[derive(Clone, Copy, Debug)]
pub struct Payment<'p> {
    /// What was asked for.
    pub order: &'p Order,
    /// What happened.
    pub course: &'p Course,
}

impl<'p> Payment<'p> {
    /// Returns when something happens to the payment by itself next, and what.
    #[must_use]
    pub fn next_timer(self) -> Option<(Timestamp, TimerKind)> {
        let expires_at = self.order.expires_at();
        match (self.state(), self.course.script()) {
            (State::Created, Some(Script { at, act: Act::BankAnswer(_), .. })) => {
                Some((*at, TimerKind::BankAnswer))
            }
            (State::Created, Some(script)) if script.at < expires_at => {
                Some((script.at, TimerKind::Customer))
            }
            (State::Created, _) => Some((expires_at, TimerKind::Expiry)),
            (State::Authorized, _) if self.remaining() > 0 => {
                self.course.approval().map(|approval| (approval.capture_until, TimerKind::CaptureDeadline))
            }
            _ => None,
        }
    }

    /// Decides what the passing of its time does to a payment that is still CREATED.
    #[must_use]
    pub fn expire(self) -> Decision {
        Decision::new(EventName::Expired, self.order.amount().value)
    }

    /// Decides what the capture deadline does: what is left of the reservation is released.
    #[must_use]
    pub fn release(self) -> Decision {
        Decision::new(EventName::Cancelled, self.remaining())
    }

    /// Returns whether the bank has yet to answer about an approval (test amount 201).
    #[must_use]
    pub fn is_processing(self) -> bool {
        self.state() == State::Created
            && self.course.script().is_some_and(|script| matches!(script.act, Act::BankAnswer(_)))
    }

    /// Returns the public state.
    #[must_use]
    pub fn state(self) -> State {
        self.course.standing().state
    }

    fn totals(self) -> Totals {
        self.course.standing().totals
    }

    fn remaining(self) -> u64 {
        self.course.standing().remaining()
    }

    /// Returns the idempotency key that an event of this payment shows: the create key where the customer or time
    /// acted, the request's own on CAPTURED and REFUNDED, none on CANCELLED and TERMINATED.
    #[must_use]
    pub fn key_of(self, event: &'p Event) -> Option<&'p str> {
        match event.name {
            EventName::Created | EventName::Authorized | EventName::Aborted | EventName::Expired => {
                Some(self.order.create_key())
            }
            EventName::Captured | EventName::Refunded => event.key.as_ref().map(IdempotencyKey::as_str),
            EventName::Cancelled | EventName::Terminated => None,
        }
    }
}
