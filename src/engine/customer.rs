//! The customer in the app: what the control API, the wallet page and scripts let them do.

use std::sync::Arc;

use super::slot::{Record, Slot};
use super::{Engine, Moment};
use crate::domain::digits::PhoneNumber;
use crate::domain::payment::{Act, ApproveFacts, Approved, Choice, CustomerRefusal, EventName};
use crate::domain::time::Timestamp;
use crate::domain::user::User;

impl Engine {
    /// Lets the customer approve. Without a phone number it is the payment's own customer, else a made-up one.
    ///
    /// # Errors
    ///
    /// Why the payment is not authorised.
    pub(crate) fn customer_approves(
        &self,
        slot: &Arc<Slot>,
        phone_number: Option<PhoneNumber>,
        choice: &Choice,
    ) -> Result<(), CustomerRefusal> {
        let mut record = slot.lock();
        self.settle(slot, &mut record);
        let now = self.now(&slot.unit).max(record.course.last_event_at());
        let customer = Self::customer_of(slot, phone_number);
        self.approve_as(slot, &mut record, customer, choice, now, None)?;
        drop(record);
        self.hold_redirect(slot, EventName::Authorized);
        Ok(())
    }

    /// Returns who acts: the one named, else the payment's own customer, else a made-up one.
    pub(crate) fn customer_of(slot: &Slot, phone_number: Option<PhoneNumber>) -> PhoneNumber {
        let named = phone_number.or(slot.order.phone_number());
        named.unwrap_or_else(|| User::nobody_in_particular(slot.unit.settings().market))
    }

    /// Lets the customer reject.
    ///
    /// # Errors
    ///
    /// Why the payment is not aborted.
    pub(crate) fn customer_rejects(&self, slot: &Arc<Slot>) -> Result<(), CustomerRefusal> {
        let mut record = slot.lock();
        self.settle(slot, &mut record);
        let decision = slot.payment(&record).customer_rejects()?;
        let now = self.now(&slot.unit).max(record.course.last_event_at());
        self.commit(slot, &mut record, decision, now, None);
        drop(record);
        self.hold_redirect(slot, EventName::Aborted);
        Ok(())
    }

    /// Lets the time to approve be over at once.
    ///
    /// # Errors
    ///
    /// Why the payment cannot expire.
    pub(crate) fn expire_now(&self, slot: &Arc<Slot>) -> Result<(), CustomerRefusal> {
        let mut record = slot.lock();
        self.settle(slot, &mut record);
        let decision = slot.payment(&record).expires_now()?;
        let now = self.now(&slot.unit).max(record.course.last_event_at());
        self.expire(slot, &mut record, decision, now);
        Ok(())
    }

    /// Lets this customer approve. `psp_reference` is the number of the AUTHORIZED event, where it was drawn before.
    pub(super) fn approve_as(
        &self,
        slot: &Arc<Slot>,
        record: &mut Record,
        customer: PhoneNumber,
        choice: &Choice,
        when: impl Into<Moment>,
        psp_reference: Option<u64>,
    ) -> Result<(), CustomerRefusal> {
        let when = when.into();
        let settings = slot.unit.settings();
        let user = self.customer(&slot.unit, customer);
        let facts = ApproveFacts { now: when.at, unit: &settings };
        let approved = slot.payment(record).customer_approves(&user, choice, facts)?;
        if !user.identified {
            // Approving in the app once is what identifies a test user (error 10030).
            self.users.identify(slot.unit.msn, customer);
        }
        match approved {
            Approved::Now(decision) => {
                let psp_reference = psp_reference.unwrap_or_else(|| slot.unit.ids.psp_reference());
                self.commit_as(slot, record, decision, when, None, psp_reference);
                Ok(())
            }
            Approved::Later(script) => {
                record.course.set_script(Some(script));
                self.schedule(slot, record);
                Err(CustomerRefusal::ResultUnknown)
            }
        }
    }

    /// Lets a script act at its time. A declined customer gives up trying; the payment waits on.
    pub(super) fn run_script(&self, slot: &Arc<Slot>, record: &mut Record, at: Timestamp) {
        let Some(script) = record.course.script().cloned() else { return };
        record.course.set_script(None);
        match script.act {
            Act::Approve if slot.order.asks_for_options() => {
                self.ask_for_script(slot, record, script.customer);
            }
            Act::Approve => {
                // Why it failed can be seen by approving again; there is nobody to tell.
                let _ = self.approve_as(slot, record, script.customer, &Choice::default(), at, None);
            }
            Act::Reject => {
                if let Ok(decision) = slot.payment(record).customer_rejects() {
                    self.commit(slot, record, decision, at, None);
                }
            }
            Act::BankAnswer(approval) => {
                let settings = slot.unit.settings();
                let decision =
                    slot.payment(record).bank_answers(approval, ApproveFacts { now: at, unit: &settings });
                self.commit(slot, record, decision, at, None);
            }
        }
    }
}
