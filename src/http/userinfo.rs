//! `GET /vipps-userinfo-api/userinfo/{sub}`: what a customer consented to share.

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};

use super::{Answer, Api, Call, json};
use crate::engine::{Refusal, Unit};
use crate::wire::json::value;

/// Written otherwise than that of the other APIs.
const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

impl Api {
    /// Tells of a customer, for a sales unit whose token is good.
    pub(super) fn userinfo(&self, call: &Call<'_>, unit: &Unit) -> Result<Answer, Refusal> {
        call.readable_body().map_err(|rejection| self.engine.refuse(Some(unit), rejection))?;
        let told = self.engine.userinfo(unit, call.reference)?;
        let mut answer = json(StatusCode::OK, |out| value(out, &told));
        answer.headers_mut().insert(CONTENT_TYPE, JSON);
        Ok(answer)
    }
}
