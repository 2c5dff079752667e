//! What was seen of an integration, as plain data.

use crate::domain::digits::Msn;
use crate::domain::errors::ErrorCode;
use crate::domain::operation::Operation;
use crate::domain::payment::State;
use crate::domain::span::Span;
use crate::domain::webhook::EventType;

/// A call of the emulated API. Of secrets and bodies there is only a number that is the same when they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSeen {
    /// The id, such as `req-7`.
    pub id: String,
    /// When it came, by the machine's elapsed time: people and tests set the sandbox clock, but polls are real.
    pub began: Span,
    /// The sales unit, if that is known.
    pub msn: Option<Msn>,
    /// The operation.
    pub operation: Operation,
    /// The reference that it is about.
    pub reference: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The row of the catalogue that it was refused with.
    pub error: Option<ErrorCode>,
    /// Whether the refusal was given to the same idempotency key before.
    pub replayed: bool,
    /// The idempotency key; `None` also when it is empty.
    pub key: Option<String>,
    /// The bearer token.
    pub token: Option<u64>,
    /// The body.
    pub body: u64,
    /// The answer's body.
    pub answer: u64,
    /// The state that a `get` was answered with.
    pub state: Option<State>,
    /// Whether it has a `Merchant-Serial-Number`.
    pub has_msn: bool,
    /// Which of the four `Vipps-System-*` headers it lacks, or has empty.
    pub missing_system_headers: Vec<&'static str>,
}

impl CallSeen {
    pub(super) fn is(&self, operation: Operation) -> bool {
        self.operation == operation
    }

    pub(super) fn went_well(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A payment of which something was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentSeen {
    /// The sales unit.
    pub msn: Msn,
    /// The reference.
    pub reference: String,
    /// What is still reserved, in minor units.
    pub remaining: u64,
    /// What was released, in minor units.
    pub cancelled: u64,
}

/// An attempt to deliver a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverySeen {
    /// The id.
    pub id: String,
    /// The payment's reference.
    pub reference: String,
    /// The event.
    pub event: EventType,
    /// The event and its receiver: the same for each attempt to deliver one to the other.
    pub line: u64,
    /// Whether its signature was wrong on purpose.
    pub is_forged: bool,
    /// The receiver's status; `None` when it did not answer.
    pub status: Option<u16>,
    /// How long that took.
    pub took: Span,
}

impl DeliverySeen {
    pub(super) fn was_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// A check that a receiver was put to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The name of the check.
    pub name: String,
    /// Whether the receiver got it right.
    pub passed: bool,
}

/// What was seen of an integration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The calls, oldest first.
    pub calls: Vec<CallSeen>,
    /// How many calls there were before those.
    pub forgotten_calls: u64,
    /// The payments of which something was captured.
    pub payments: Vec<PaymentSeen>,
    /// The attempts to deliver webhooks, oldest first.
    pub deliveries: Vec<DeliverySeen>,
    /// How many there were before those.
    pub forgotten_deliveries: u64,
    /// Whether a webhook is registered.
    pub has_webhook: bool,
    /// What a receiver did when it was last put to the test.
    pub examined: Vec<Examined>,
}

impl Traffic {
    /// Returns the calls of an operation.
    pub(super) fn of(&self, operation: Operation) -> impl Iterator<Item = &CallSeen> {
        self.calls.iter().filter(move |call| call.is(operation))
    }

    /// Returns the calls that were refused with one of these rows.
    pub(super) fn refused_with<'t>(&'t self, errors: &'t [ErrorCode]) -> impl Iterator<Item = &'t CallSeen> {
        self.calls.iter().filter(|call| call.error.is_some_and(|error| errors.contains(&error)))
    }
}
