//! Capture, refund and cancel, once per idempotency key.

use std::sync::Arc;

use super::answer::{Prints, Refusal, parse, raw_print};
use super::slot::{First, Record, Slot};
use super::unit::Unit;
use super::{Engine, IdempotencyKey, RaceRun};
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::explain::{Facts, PaymentFacts};
use crate::domain::json::Json;
use crate::domain::operation::Operation;
use crate::domain::payment::{CancelRequest, Decision, EventName, MAX_EVENTS, ModificationRequest, Standing};
use crate::domain::time::Timestamp;

/// The answer to a capture, refund or cancel: the payment as it stood right after it.
pub struct Receipt {
    /// The payment.
    pub slot: Arc<Slot>,
    /// Where it stood.
    pub standing: Standing,
    /// The race that it had a part in, unless the answer was given before.
    pub race: Option<RaceRun>,
}

impl Engine {
    /// Carries out a capture, refund or cancel, or returns what the first request with this key led to.
    ///
    /// The payment stays locked throughout, so equal requests that race wait for the first.
    ///
    /// # Errors
    ///
    /// Any refusal of a modification, from the look-up of the payment on.
    pub(crate) fn modify(
        &self,
        unit: &Unit,
        operation: Operation,
        reference: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Receipt, Refusal> {
        let slot = self.find_or_refuse(unit, reference)?;
        let mut record = slot.lock();
        self.settle(&slot, &mut record);
        let raw = raw_print(body);
        if let Some(first) = key.and_then(|key| record.first_answer(operation, key)) {
            if !first.prints.match_body(raw, body) {
                let facts = Facts::FirstUse(record.first_use(&slot.order, first));
                let conflict = key_conflict(operation, key.unwrap_or_default()).knowing(facts);
                return Err(self.refuse(Some(unit), conflict));
            }
            return match &first.first {
                First::Done(events) => Ok(receipt(&slot, &record, *events)),
                First::Refused(refusal) => Err(refusal.replay()),
            };
        }
        // A cancel may come without a body, which says the same as null.
        let bodiless = operation == Operation::Cancel && body.is_empty();
        let body = if bodiless { Ok(Json::Null) } else { parse(body) };
        let prints = Prints::of(raw, body.as_ref());
        let key = key.map(IdempotencyKey::new);
        let result = body.and_then(|body| self.carry_out(&slot, &mut record, operation, &body, key.as_ref()));
        let (first, race) = match result {
            Ok(race) => (First::Done(record.course.events().len()), race),
            Err(rejection) => (First::Refused(Box::new(self.refuse(Some(unit), rejection))), None),
        };
        let sticks = match &first {
            First::Done(_) => true,
            First::Refused(refusal) => refusal.rejection.code.spec().sticks,
        };
        if let Some(key) = key.filter(|_| sticks) {
            record.remember(operation, key, prints, first.clone());
        }
        match first {
            First::Done(events) => Ok(Receipt { race, ..receipt(&slot, &record, events) }),
            First::Refused(refusal) => Err(*refusal),
        }
    }

    fn carry_out(
        &self,
        slot: &Arc<Slot>,
        record: &mut Record,
        operation: Operation,
        body: &Json<'_>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<RaceRun>, Rejection> {
        let now = self.now(&slot.unit).max(record.course.last_event_at());
        let mut decision = if record.course.events().len() < MAX_EVENTS {
            self.decide(slot, record, operation, body, now)
        } else {
            Err(ErrorCode::OrderProcessing.reject())
        };
        let mut race = None;
        if decision.as_ref().is_ok_and(|decision| decision.name == EventName::Terminated) {
            race = self.approve_before_cancel(slot, record, now);
            if race.is_some() {
                decision = self.decide(slot, record, operation, body, now);
            }
        }
        let decision = decision.map_err(|rejection| {
            rejection.knowing(Facts::Payment(PaymentFacts::of(slot.payment(record), now)))
        })?;
        let name = decision.name;
        self.commit(slot, record, decision, now, key);
        if name == EventName::Captured {
            race = self.lose_answer(slot);
        }
        Ok(race)
    }

    fn decide(
        &self,
        slot: &Slot,
        record: &Record,
        operation: Operation,
        body: &Json<'_>,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let strict = self.settings.strict;
        let settings = slot.unit.settings();
        let payment = slot.payment(record);
        match operation {
            Operation::Cancel => payment.cancel(CancelRequest::read(body, strict)?, now),
            Operation::Refund => payment.refund(ModificationRequest::read(body, strict)?, &settings, now),
            _ => payment.capture(ModificationRequest::read(body, strict)?, &settings, now),
        }
    }

    /// Finds a payment, or refuses with 5090.
    pub(crate) fn find_or_refuse(&self, unit: &Unit, reference: &str) -> Result<Arc<Slot>, Refusal> {
        self.find(unit, reference).ok_or_else(|| {
            let values = [("reference", reference), ("msn", &unit.msn.to_string())];
            let rejection = ErrorCode::ReferenceNotFound.about(&values);
            self.refuse(Some(unit), rejection.knowing(self.elsewhere(unit, reference)))
        })
    }
}

fn key_conflict(operation: Operation, key: &str) -> Rejection {
    match operation {
        Operation::Capture => ErrorCode::CaptureKeyConflict.reject(),
        Operation::Refund => ErrorCode::RefundKeyConflict.reject(),
        _ => ErrorCode::IdempotencyKeyUsed.about(&[("key", key)]),
    }
}

/// Answers with the sums as they were after so many events.
fn receipt(slot: &Arc<Slot>, record: &Record, events: usize) -> Receipt {
    Receipt { slot: slot.clone(), standing: record.course.standing_after(events), race: None }
}
