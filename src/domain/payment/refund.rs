//! Refunding: when it is refused, in order.

use super::test_amount::{REFUND_IMPOSSIBLE, REFUND_TOO_LATE};
use super::{Decision, EventName, ModificationRequest, Payment, REFUND_WINDOW, State};
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::sales_unit::SalesUnit;
use crate::domain::time::Timestamp;

impl Payment<'_> {
    /// Decides a refund.
    ///
    /// # Errors
    ///
    /// 4040, 5040, 6020, 6210, 6220, 5100 (test amount), 6220 (test amount), 6180, 6150 or 5100: the first that
    /// applies, in this order.
    pub fn refund(
        self,
        request: ModificationRequest,
        unit: &SalesUnit,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let value = request.value_in(self.order.amount().currency, self.totals().authorized)?;
        let totals = self.totals();
        match self.state() {
            State::Created => return Err(ErrorCode::RefundBeforeReservation.reject()),
            state @ (State::Aborted | State::Expired | State::Terminated) => {
                return Err(self.in_state(ErrorCode::RefundOfEndedPayment, state));
            }
            State::Authorized => {}
        }
        if self.course.approval().is_some_and(|approval| now > approval.at + REFUND_WINDOW) {
            return Err(ErrorCode::RefundPeriodExpired.reject());
        }
        match value {
            REFUND_IMPOSSIBLE => return Err(ErrorCode::RefundNotPossible.reject()),
            REFUND_TOO_LATE => return Err(ErrorCode::RefundPeriodExpired.reject()),
            _ => {}
        }
        if totals.captured > 0 && totals.refunded == totals.captured {
            return Err(ErrorCode::AlreadyRefunded.reject());
        }
        if value > self.course.standing().refundable() {
            return Err(ErrorCode::RefundTooHigh.reject());
        }
        if !unit.refunds_enabled {
            return Err(ErrorCode::RefundNotPossible.reject());
        }
        Ok(Decision::new(EventName::Refunded, value))
    }
}
