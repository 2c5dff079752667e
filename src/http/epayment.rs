//! The ePayment operations: who calls, which key, which payment, and the answer.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, StatusCode};

use super::body::{BodyError, MAX_BODY};
use super::headers::{bearer_token, check_media_type, check_system, idempotency_key, msn, subscription_key};
use super::{Answer, Api, Call, json};
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::json::Json;
use crate::domain::operation::Operation;
use crate::engine::{Caller, Refusal, Unit};
use crate::wire;

impl Api {
    pub(super) fn epayment(&self, call: &Call<'_>) -> Result<Answer, Refusal> {
        let unit = self.authenticate(call).map_err(|rejection| self.engine.refuse(None, rejection))?;
        let key = self.check_headers(call).map_err(|rejection| self.engine.refuse(Some(&unit), rejection))?;
        match call.operation {
            Operation::Create => self.create(call, &unit, key),
            Operation::Capture | Operation::Refund | Operation::Cancel => self.modify(call, &unit, key),
            Operation::Approve => self.approve(call, &unit),
            Operation::Get | Operation::Events | Operation::Token => self.read(call, &unit),
        }
    }

    fn authenticate(&self, call: &Call<'_>) -> Result<std::sync::Arc<Unit>, Rejection> {
        let headers = call.headers;
        let subscription_key = subscription_key(headers)?;
        let token = bearer_token(headers)?;
        let caller = Caller { subscription_key, token, msn: msn(headers) };
        self.engine.authenticate(&caller, call.operation, &|| call.limited_reference())
    }

    /// Checks headers and what can be said of a body before it is read. Returns the idempotency key.
    fn check_headers<'c>(&self, call: &Call<'c>) -> Result<Option<&'c str>, Rejection> {
        let body = call.body.map_err(|error| match error {
            BodyError::TooLarge => {
                let reason = format!("The body must not be larger than {MAX_BODY} bytes.");
                Rejection::of_field(ErrorCode::BodyTooLarge, "body", reason)
            }
            BodyError::TooSlow => {
                let reason = "The body must arrive whole, within 10 seconds.";
                Rejection::of_field(ErrorCode::BodyTooSlow, "body", reason)
            }
        })?;
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
        unit: &std::sync::Arc<Unit>,
        key: Option<&str>,
    ) -> Result<Answer, Refusal> {
        let slot = self.engine.create(unit, key.unwrap_or_default(), call.body.unwrap_or_default())?;
        Ok(json(StatusCode::CREATED, |body| wire::created(body, &slot.order, unit.msn, &self.public_url)))
    }

    fn modify(&self, call: &Call<'_>, unit: &Unit, key: Option<&str>) -> Result<Answer, Refusal> {
        let body = call.body.unwrap_or_default();
        let receipt = self.engine.modify(unit, call.operation, call.reference, key, body)?;
        Ok(json(StatusCode::OK, |body| wire::modified(body, &receipt.slot.order, receipt.standing)))
    }

    fn approve(&self, call: &Call<'_>, unit: &Unit) -> Result<Answer, Refusal> {
        self.engine.force_approve(unit, call.reference, call.body.unwrap_or_default())?;
        Ok(Response::new(Full::new(Bytes::new())))
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

impl Call<'_> {
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
