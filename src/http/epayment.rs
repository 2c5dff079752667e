//! The ePayment operations: who calls, which key, which payment, and the answer.

use std::sync::Arc;

use bytes::Bytes;
use hyper::{Response, StatusCode};

use super::body::{BodyError, MAX_BODY};
use super::headers::{
    bearer_token, check_media_type, check_system, idempotency_key, msn, optional_subscription_key,
    subscription_key,
};
use super::{Answer, Api, Call, Seen, json};
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::json::Json;
use crate::domain::operation::Operation;
use crate::engine::{Caller, Refusal, Slot, Unit};
use crate::wire;

impl Api {
    /// Carries out an ePayment operation for a sales unit whose credentials are good.
    pub(super) fn epayment(
        &self,
        call: &Call<'_>,
        unit: &Arc<Unit>,
        seen: &mut Seen,
    ) -> Result<Answer, Refusal> {
        let key = self.check_headers(call).map_err(|rejection| self.engine.refuse(Some(unit), rejection))?;
        match call.operation {
            Operation::Create => self.create(call, unit, key, seen),
            Operation::Capture | Operation::Refund | Operation::Cancel => self.modify(call, unit, key, seen),
            Operation::Approve => self.approve(call, unit, seen),
            _ => self.read(call, unit),
        }
    }

    /// Finds out for which sales unit a call acts.
    pub(super) fn authenticate(&self, call: &Call<'_>) -> Result<Arc<Unit>, Rejection> {
        let headers = call.headers;
        let subscription_key = match call.operation {
            Operation::Userinfo => optional_subscription_key(headers)?,
            _ => Some(subscription_key(headers)?),
        };
        let token = bearer_token(headers)?;
        let caller = Caller { subscription_key, token, msn: msn(headers) };
        self.engine.authenticate(&caller, call.operation, &|| call.limited_reference())
    }

    /// Checks headers and what can be said of a body before it is read. Returns the idempotency key.
    fn check_headers<'c>(&self, call: &Call<'c>) -> Result<Option<&'c str>, Rejection> {
        let body = call.readable_body()?;
        if self.engine.settings().strict {
            if !body.is_empty() {
                check_media_type(call.headers)?;
            }
            check_system(call.headers)?;
        }
        idempotency_key(call.headers, call.operation)
    }

    fn create(
        &self,
        call: &Call<'_>,
        unit: &Arc<Unit>,
        key: Option<&str>,
        seen: &mut Seen,
    ) -> Result<Answer, Refusal> {
        let slot = self.engine.create(unit, key.unwrap_or_default(), call.body.unwrap_or_default())?;
        let answer =
            json(StatusCode::CREATED, |body| wire::created(body, &slot.order, unit.msn, &self.public_url));
        self.after_webhooks(&slot, seen);
        seen.created = Some(slot);
        Ok(answer)
    }

    fn modify(
        &self,
        call: &Call<'_>,
        unit: &Unit,
        key: Option<&str>,
        seen: &mut Seen,
    ) -> Result<Answer, Refusal> {
        let body = call.body.unwrap_or_default();
        let receipt = self.engine.modify(unit, call.operation, call.reference, key, body)?;
        self.after_webhooks(&receipt.slot, seen);
        seen.race = receipt.race;
        Ok(json(StatusCode::OK, |body| wire::modified(body, &receipt.slot.order, receipt.standing)))
    }

    fn approve(&self, call: &Call<'_>, unit: &Unit, seen: &mut Seen) -> Result<Answer, Refusal> {
        let slot = self.engine.force_approve(unit, call.reference, call.body.unwrap_or_default())?;
        self.after_webhooks(&slot, seen);
        Ok(Response::new(Bytes::new()))
    }

    /// Notes that the answer is not to leave before the payment's webhooks have been tried, where a policy may want that.
    fn after_webhooks(&self, slot: &Arc<Slot>, seen: &mut Seen) {
        if self.engine.webhooks_are_awaited() {
            seen.awaited = Some(slot.clone());
        }
    }

    fn read(&self, call: &Call<'_>, unit: &Unit) -> Result<Answer, Refusal> {
        let slot = self.engine.find_or_refuse(unit, call.reference)?;
        Ok(json(StatusCode::OK, |body| {
            self.engine.read(&slot, |payment| match call.operation {
                Operation::Events => wire::events(body, payment),
                _ => wire::payment(body, payment, unit.msn, &self.public_url),
            });
        }))
    }
}

impl<'c> Call<'c> {
    /// The body, unless it was too large or too slow.
    pub(super) fn readable_body(&self) -> Result<&'c [u8], Rejection> {
        self.body.map_err(|error| match error {
            BodyError::TooLarge => {
                let reason = format!("The body must not be larger than {MAX_BODY} bytes.");
                Rejection::of_field(ErrorCode::BodyTooLarge, "body", reason)
            }
            BodyError::TooSlow => {
                let reason = "The body must arrive whole, within 10 seconds.";
                Rejection::of_field(ErrorCode::BodyTooSlow, "body", reason)
            }
        })
    }

    /// The reference that rate limits count by. Creates without a readable one share a counter, as the vendor says.
    fn limited_reference(&self) -> String {
        match self.operation {
            Operation::Create => {
                let body = Json::parse(self.body.unwrap_or_default());
                let reference = body.as_ref().ok().and_then(|body| body.member("reference")?.as_text());
                reference.unwrap_or_default().into_owned()
            }
            _ => self.reference.to_owned(),
        }
    }
}
