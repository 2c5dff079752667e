//! Force approve: the test environment's way past the customer.

use super::Engine;
use super::answer::{Refusal, parse};
use super::unit::Unit;
use crate::domain::errors::Rejection;
use crate::domain::explain::{Facts, PaymentFacts};
use crate::domain::payment::{ApproveFacts, ApproveRequest};

impl Engine {
    /// Approves a payment by force.
    ///
    /// # Errors
    ///
    /// Any refusal of a force approve, from the look-up of the payment on.
    pub(crate) fn force_approve(&self, unit: &Unit, reference: &str, body: &[u8]) -> Result<(), Refusal> {
        let slot = self.find_or_refuse(unit, reference)?;
        let mut record = slot.lock();
        self.settle(&slot, &mut record);
        let settings = unit.settings();
        let approve = || -> Result<_, Rejection> {
            let body = if body.is_empty() { None } else { Some(parse(body)?) };
            let request = ApproveRequest::read(body.as_ref(), self.settings.strict)?;
            let payment = slot.payment(&record);
            let customer = request.customer(payment, &settings)?;
            let user = self.users.get(Some(unit.msn), customer);
            let now = self.now(unit).max(record.course.last_event_at());
            let facts = ApproveFacts { now, unit: &settings };
            let authorised = unit.authorised();
            let approved = payment.force_approve(&user, authorised, facts);
            let decision = approved.map_err(|rejection| {
                rejection.knowing(Facts::Approval {
                    payment: PaymentFacts::of(payment, now),
                    customer,
                    authorised,
                    limit: settings.payment_limit,
                })
            });
            Ok((decision?, now))
        };
        let (decision, now) = approve().map_err(|rejection| self.refuse(Some(unit), rejection))?;
        self.commit(&slot, &mut record, decision, now, None);
        Ok(())
    }
}
