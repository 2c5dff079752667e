//! Cancelling: when it is refused, in order.

use super::{CancelRequest, Decision, EventName, Payment, State};
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::time::Timestamp;

impl Payment<'_> {
    /// Decides a cancellation: all of the payment before approval, the rest of the reservation after it.
    ///
    /// # Errors
    ///
    /// 6250, 6050, 6190, 6060, 6040, 6030 or 6190: the first that applies, in this order.
    pub fn cancel(self, request: CancelRequest, now: Timestamp) -> Result<Decision, Rejection> {
        if self.is_processing() {
            return Err(ErrorCode::CancelWhileProcessing.reject());
        }
        match self.state() {
            State::Created => return Ok(Decision::new(EventName::Terminated, self.order.amount().value)),
            State::Aborted | State::Expired => return Err(ErrorCode::CancelOfEndedPayment.reject()),
            State::Terminated => return Err(self.in_state(ErrorCode::AlreadyCancelled, State::Terminated)),
            State::Authorized => {}
        }
        let totals = self.totals();
        if request.transaction_only {
            return Err(ErrorCode::CancelTransactionOnly.reject());
        }
        if totals.captured == totals.authorized {
            return Err(ErrorCode::CancelOfCapturedPayment.reject());
        }
        if self.is_past_deadline(now) {
            return Err(ErrorCode::CancelPeriodExpired.reject());
        }
        if self.remaining() == 0 {
            return Err(self.in_state(ErrorCode::AlreadyCancelled, State::Authorized));
        }
        Ok(Decision::new(EventName::Cancelled, self.remaining()))
    }
}
