//! The test environment's special amounts, in minor units (vendor's knowledge base and agent toolkit).
//!
//! They act when the customer approves in the app; force approve ignores them.

use crate::domain::money::Market;

/// Why a customer's approval was declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeclineReason {
    /// The amount that asks for it.
    pub amount: u64,
    /// The reason as the customer reads it.
    pub text: &'static str,
    /// Whether only Norwegian sales units have it.
    norway_only: bool,
}

const fn decline(amount: u64, text: &'static str) -> DeclineReason {
    DeclineReason { amount, text, norway_only: false }
}

/// Every amount that is declined.
pub static DECLINES: [DeclineReason; 8] = [
    decline(151, "insufficient funds"),
    decline(182, "refused by the issuer"),
    decline(183, "suspected fraud"),
    decline(184, "withdrawal limit exceeded"),
    decline(186, "expired card"),
    decline(187, "invalid card"),
    DeclineReason { norway_only: true, ..decline(197, "3-D Secure denied") },
    DeclineReason { norway_only: true, ..decline(202, "strong customer authentication required") },
];

/// The amount whose result is unknown for an hour.
pub(super) const UNKNOWN_FOR_AN_HOUR: u64 = 201;

/// A refund of this amount fails because the customer cannot receive money (error 5100).
pub(crate) const REFUND_IMPOSSIBLE: u64 = 123;

/// A refund of this amount fails because it comes too late (error 6220).
pub(crate) const REFUND_TOO_LATE: u64 = 124;

/// What a special amount does to an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// The payment is authorised.
    Authorized,
    /// It is declined; the customer may try again.
    Declined(DeclineReason),
    /// The bank answers in an hour.
    Unknown,
}

/// Looks up what an amount does.
pub(super) fn outcome(amount: u64, market: Market) -> TestOutcome {
    let declined = DECLINES
        .iter()
        .find(|reason| reason.amount == amount && (!reason.norway_only || market == Market::No));
    match declined {
        Some(reason) => TestOutcome::Declined(*reason),
        None if amount == UNKNOWN_FOR_AN_HOUR => TestOutcome::Unknown,
        None => TestOutcome::Authorized,
    }
}
