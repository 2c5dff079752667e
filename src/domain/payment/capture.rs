//! Capturing: when it is refused, in order.

use super::{Decision, EventName, ModificationRequest, Payment, State};
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::sales_unit::SalesUnit;
use crate::domain::time::Timestamp;

impl Payment<'_> {
    /// Decides a capture.
    ///
    /// # Errors
    ///
    /// 4040, 5040, 6080, 6070, 6200, 6100, 6070, 6170, 6090 or 6140: the first that applies, in this order. The
    /// deadline comes before what is left, because at the deadline what is left is released.
    pub fn capture(
        self,
        request: ModificationRequest,
        unit: &SalesUnit,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let value = request.value_in(self.order.amount().currency, self.totals().authorized)?;
        let totals = self.totals();
        match self.state() {
            State::Created => return Err(ErrorCode::CaptureBeforeReservation.reject()),
            State::Terminated => return Err(ErrorCode::CaptureOfCancelledPayment.reject()),
            state @ (State::Aborted | State::Expired) => {
                return Err(self.in_state(ErrorCode::CaptureOfEndedPayment, state));
            }
            State::Authorized => {}
        }
        if self.is_past_deadline(now) {
            return Err(ErrorCode::CapturePeriodExpired.reject());
        }
        if self.remaining() == 0 && totals.cancelled > 0 {
            return Err(ErrorCode::CaptureOfCancelledPayment.reject());
        }
        if totals.captured == totals.authorized {
            return Err(ErrorCode::AlreadyCaptured.reject());
        }
        if value > self.remaining() {
            return Err(ErrorCode::CaptureTooHigh.reject());
        }
        if !unit.partial_capture && value != totals.authorized {
            return Err(ErrorCode::FullCaptureRequired.reject());
        }
        Ok(Decision::new(EventName::Captured, value))
    }

    /// Returns whether the capture deadline has come.
    pub(super) fn is_past_deadline(self, now: Timestamp) -> bool {
        self.course.approval().is_some_and(|approval| now >= approval.capture_until)
    }

    /// Fills a refusal that names the reference and its state.
    pub(super) fn in_state(self, code: ErrorCode, state: State) -> Rejection {
        code.about(&[("reference", self.order.reference()), ("state", state.word())])
    }
}
