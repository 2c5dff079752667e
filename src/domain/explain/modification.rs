//! Captures, refunds and cancels that the payment does not allow, with its state and sums.

use super::{PaymentFacts, Refused};
use crate::domain::errors::ErrorCode;
use crate::domain::money::decimal;
use crate::domain::operation::Operation;
use crate::domain::payment::{EventName, REFUND_IMPOSSIBLE, REFUND_TOO_LATE, REFUND_WINDOW, State, Totals};

impl Refused<'_> {
    /// A payment of which something was to be captured, refunded or cancelled.
    pub(super) fn explain_modification(&self, payment: &PaymentFacts) -> Option<String> {
        match self.operation? {
            Operation::Capture => self.capture(payment),
            Operation::Refund => self.refund(payment),
            Operation::Cancel => self.cancel(payment),
            _ => None,
        }
    }

    /// A capture.
    fn capture(&self, payment: &PaymentFacts) -> Option<String> {
        let Totals { authorized, cancelled, captured, .. } = payment.standing.totals;
        let currency = payment.currency();
        let left = payment.standing.remaining();
        let asked = || self.asked_value().map(decimal);
        let reserved = format!("{} {currency}", decimal(authorized));
        let text = match self.rejection.code {
            ErrorCode::CaptureBeforeReservation => format!(
                "The payment is CREATED: the customer has not approved it, so nothing of {} {currency} is reserved; you asked for {}. \
                 Capture once it is AUTHORIZED.",
                decimal(payment.amount.value),
                asked()?
            ),
            ErrorCode::CaptureOfEndedPayment | ErrorCode::CaptureOfCancelledPayment
                if payment.standing.state != State::Authorized =>
            {
                format!("{} Nothing was reserved, so there is nothing to capture.", payment.ended()?)
            }
            ErrorCode::CapturePeriodExpired => {
                format!("{} {}", payment.deadline()?, payment.what_became())
            }
            ErrorCode::CaptureOfCancelledPayment => format!(
                "{} of {reserved} is captured and {} is cancelled, so nothing is left; you asked for {}.",
                part(captured),
                decimal(cancelled),
                asked()?
            ),
            ErrorCode::AlreadyCaptured => {
                format!("All of {reserved} is captured, nothing is left; you asked for {}.", asked()?)
            }
            ErrorCode::CaptureTooHigh => format!(
                "{} of {reserved} is captured, {left} left; you asked for {}. Capture {left} or less.",
                part(captured),
                asked()?,
                left = decimal(left)
            ),
            ErrorCode::FullCaptureRequired => {
                let allow = self.not_allowed(
                    &format!("You asked for {} of {reserved}", asked()?),
                    "partialCapture",
                    false,
                );
                format!("{allow} Or capture {} at once.", decimal(authorized))
            }
            _ => return None,
        };
        Some(text)
    }

    /// A refund.
    fn refund(&self, payment: &PaymentFacts) -> Option<String> {
        let Totals { authorized, captured, refunded, .. } = payment.standing.totals;
        let currency = payment.currency();
        let asked = || self.asked_value().map(decimal);
        let reserved = format!("{} {currency}", decimal(authorized));
        let text = match self.rejection.code {
            ErrorCode::RefundBeforeReservation => format!(
                "The payment is CREATED: nothing is reserved or captured, so there is nothing to refund; you asked for {}.",
                asked()?
            ),
            ErrorCode::RefundOfEndedPayment => {
                format!("{} Nothing was captured, so there is nothing to refund.", payment.ended()?)
            }
            ErrorCode::RefundPeriodExpired | ErrorCode::RefundNotPossible if self.is_test_refund(payment) => {
                format!(
                    "{} is a test amount: a refund of it is always refused so. Refund another amount.",
                    asked()?
                )
            }
            ErrorCode::RefundPeriodExpired => {
                let (at, _) = payment.reserved?;
                format!(
                    "The payment was reserved at {at} and could be refunded until {}; the clock shows {}.",
                    at + REFUND_WINDOW,
                    payment.now
                )
            }
            ErrorCode::RefundNotPossible => {
                self.not_allowed(&format!("You asked for {} back", asked()?), "refundsEnabled", false)
            }
            ErrorCode::AlreadyRefunded => format!(
                "All of {} {currency} that was captured is refunded, nothing is left; you asked for {}.",
                decimal(captured),
                asked()?
            ),
            ErrorCode::RefundTooHigh if captured == 0 => format!(
                "Nothing of {reserved} is captured, so there is nothing to refund; you asked for {}. Capture first, or cancel the \
                 reservation.",
                asked()?
            ),
            ErrorCode::RefundTooHigh => {
                let left = decimal(payment.standing.refundable());
                format!(
                    "{} of {} {currency} that was captured is refunded, {left} left; you asked for {}. Refund {left} or less.",
                    part(refunded),
                    decimal(captured),
                    asked()?
                )
            }
            _ => return None,
        };
        Some(text)
    }

    /// A cancel.
    fn cancel(&self, payment: &PaymentFacts) -> Option<String> {
        let Totals { authorized, cancelled, captured, .. } = payment.standing.totals;
        let currency = payment.currency();
        let left = payment.standing.remaining();
        let reserved = format!("{} {currency}", decimal(authorized));
        let text = match self.rejection.code {
            ErrorCode::CancelWhileProcessing => {
                "The customer approved the test amount 201, whose result is known after an hour. Cancel again then, with the same key."
                    .into()
            }
            ErrorCode::CancelOfEndedPayment => {
                format!("{} Nothing was reserved, so there is nothing to cancel.", payment.ended()?)
            }
            ErrorCode::CancelTransactionOnly => format!(
                "cancelTransactionOnly is true, and the payment is AUTHORIZED with {} {currency} left. Without it, that is cancelled.",
                decimal(left)
            ),
            ErrorCode::CancelOfCapturedPayment => {
                format!("All of {reserved} is captured, nothing is left to cancel. Refund it instead.")
            }
            ErrorCode::CancelPeriodExpired => {
                format!("{} {}", payment.deadline()?, payment.what_became())
            }
            ErrorCode::AlreadyCancelled if payment.standing.state == State::Terminated => {
                format!("{} It cannot be cancelled twice.", payment.ended()?)
            }
            ErrorCode::AlreadyCancelled => format!(
                "{} of {reserved} is captured and {} is cancelled, so nothing is left to cancel.",
                part(captured),
                decimal(cancelled)
            ),
            _ => return None,
        };
        Some(text)
    }

    /// Whether the refusal is the one that the refunded amount asks for, rather than that of a rule.
    fn is_test_refund(&self, payment: &PaymentFacts) -> bool {
        let in_time = payment.reserved.is_some_and(|(at, _)| payment.now <= at + REFUND_WINDOW);
        match self.rejection.code {
            ErrorCode::RefundNotPossible => self.asked_value() == Some(REFUND_IMPOSSIBLE),
            _ => in_time && self.asked_value() == Some(REFUND_TOO_LATE),
        }
    }
}

impl PaymentFacts {
    pub(super) fn currency(&self) -> &'static str {
        self.amount.currency.code()
    }

    /// How the payment ended without a reservation.
    pub(super) fn ended(&self) -> Option<String> {
        let at = self.last_event_at;
        Some(match self.last_event {
            EventName::Aborted => format!("The payment is ABORTED: the customer rejected it at {at}."),
            EventName::Expired => {
                format!("The payment is EXPIRED: nobody had approved it by {at}.")
            }
            EventName::Terminated => {
                format!("The payment is TERMINATED: it was cancelled at {at}, before the customer approved.")
            }
            _ => return None,
        })
    }

    fn deadline(&self) -> Option<String> {
        let (at, until) = self.reserved?;
        Some(format!(
            "{} {} was reserved at {at} and could be captured or cancelled until {until}; the clock shows {}.",
            decimal(self.standing.totals.authorized),
            self.currency(),
            self.now
        ))
    }

    fn what_became(&self) -> String {
        let Totals { captured, cancelled, .. } = self.standing.totals;
        format!("{} is captured, {} was released.", part(captured), decimal(cancelled))
    }
}

/// An amount at the beginning of a sentence.
fn part(value: u64) -> String {
    if value == 0 { "Nothing".into() } else { decimal(value) }
}
