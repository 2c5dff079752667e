//! How things stood when a request was refused.

use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::errors::ErrorCode;
use crate::domain::money::{Amount, Market};
use crate::domain::operation::Operation;
use crate::domain::payment::{EventName, Payment, Standing};
use crate::domain::time::Timestamp;

/// How things stood when a request was refused, as far as the request itself does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// The payment that the request was about.
    Payment(PaymentFacts),
    /// The payment that was to be approved, and by whom.
    Approval {
        /// The payment.
        payment: PaymentFacts,
        /// The customer.
        customer: PhoneNumber,
        /// How many payments the sales unit had authorised.
        authorised: u64,
        /// How many it may.
        limit: Option<u64>,
    },
    /// Where the reference that was looked for is instead.
    Elsewhere {
        /// Its spelling where only upper and lower case differ.
        spelled: Option<Box<str>>,
        /// Other sales units that have it, at most a few.
        units: Vec<Msn>,
    },
    /// What the idempotency key was used for first.
    FirstUse(FirstUse),
    /// The sales unit's market.
    Market(Market),
    /// The customer of a create request.
    Customer {
        /// The number.
        phone_number: PhoneNumber,
        /// Whether there is such a user.
        exists: bool,
    },
    /// The customer's last consent is over. It was given then.
    ConsentOver(Timestamp),
    /// What is wrong with the bearer token.
    Token(TokenFault),
    /// The sales units that the subscription key belongs to.
    KeyOf(Vec<Msn>),
    /// How many calls a minute are allowed, and in how many seconds the next one is.
    Limit {
        /// Calls a minute.
        calls: usize,
        /// Seconds.
        seconds: i64,
    },
}

/// What is wrong with a bearer token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// It was issued here and is over.
    Over,
    /// It was not issued here.
    Foreign,
    /// It was issued for this sales unit, and the subscription key belongs to others.
    OfOther(Option<Msn>),
}

/// A payment at the moment of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentFacts {
    /// The amount of the create request.
    pub amount: Amount,
    /// State and sums.
    pub standing: Standing,
    /// What happened last.
    pub last_event: EventName,
    /// When that was.
    pub last_event_at: Timestamp,
    /// When the payment was created.
    pub created_at: Timestamp,
    /// When it was authorised, and until when it can be captured.
    pub reserved: Option<(Timestamp, Timestamp)>,
    /// Whether the bank has yet to answer about an approval.
    pub processing: bool,
    /// The sandbox clock.
    pub now: Timestamp,
}

impl PaymentFacts {
    /// Takes the facts down.
    #[must_use]
    pub fn of(payment: Payment<'_>, now: Timestamp) -> Self {
        let Payment { order, course } = payment;
        Self {
            amount: order.amount(),
            standing: course.standing(),
            last_event: course.events().last().map_or(EventName::Created, |event| event.name),
            last_event_at: course.last_event_at(),
            created_at: order.created_at(),
            reserved: course.approval().map(|approval| (approval.at, approval.capture_until)),
            processing: payment.is_processing(),
            now,
        }
    }
}

/// What an idempotency key was used for first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstUse {
    /// The operation.
    pub operation: Operation,
    /// The payment; `None` when the first use made none.
    pub reference: Option<Box<str>>,
    /// The amount, if it went well.
    pub amount: Option<Amount>,
    /// When it went well.
    pub at: Option<Timestamp>,
    /// With which row it was refused, if it was.
    pub refused: Option<ErrorCode>,
}
