//! `POST /accesstoken/get`: everything in headers, the body ignored, every value of the answer a string.

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, EXPIRES, HeaderName, HeaderValue, PRAGMA, X_CONTENT_TYPE_OPTIONS};
use serde::Serialize;

use super::headers::{Once, msn, once, subscription_key};
use super::{Answer, Api, Call, json};
use crate::domain::digits::Msn;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::engine::{IssuedToken, TokenRequest};
use crate::wire::json::value;

const CLIENT_ID: HeaderName = HeaderName::from_static("client_id");
const CLIENT_SECRET: HeaderName = HeaderName::from_static("client_secret");

#[derive(Serialize)]
struct TokenBody {
    token_type: &'static str,
    expires_in: &'static str,
    ext_expires_in: &'static str,
    expires_on: String,
    not_before: String,
    resource: &'static str,
    access_token: String,
}

impl Api {
    /// Checks the credentials of a token request. Returns the sales unit that they are for, if for one.
    pub(super) fn admit_client(&self, call: &Call<'_>) -> Result<Option<Msn>, Rejection> {
        let subscription_key = subscription_key(call.headers)?;
        let client_id = credential(call, &CLIENT_ID)?;
        let client_secret = credential(call, &CLIENT_SECRET)?;
        let msn = msn(call.headers).and_then(Msn::parse);
        self.engine.admit_client(&TokenRequest { subscription_key, client_id, client_secret, msn })
    }

    /// Issues the token that an admitted client asked for.
    pub(super) fn token(&self, call: &Call<'_>, msn: Option<Msn>) -> Answer {
        granted(self.engine.issue_token(client_id(call), msn))
    }
}

/// Returns the client id; empty where there is none.
pub(super) fn client_id<'c>(call: &Call<'c>) -> &'c str {
    credential(call, &CLIENT_ID).unwrap_or_default()
}

fn credential<'c>(call: &Call<'c>, name: &HeaderName) -> Result<&'c str, Rejection> {
    match once(call.headers, name) {
        Once::Text(text) => Ok(text),
        Once::Absent | Once::Unusable => {
            Err(ErrorCode::TokenRequestIncomplete.about(&[("parameter", name.as_str())]))
        }
    }
}

/// The answer as it was recorded: good for 3599 seconds from now, and already for the last 301.
fn granted(token: IssuedToken) -> Answer {
    let issued_at = token.issued_at.as_seconds();
    let body = TokenBody {
        token_type: "Bearer",
        expires_in: "3599",
        ext_expires_in: "3599",
        expires_on: (issued_at + 3599).to_string(),
        not_before: (issued_at - 301).to_string(),
        resource: "00000002-0000-0000-c000-000000000000",
        access_token: token.text,
    };
    let mut response = json(StatusCode::OK, |out| value(out, &body));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(EXPIRES, HeaderValue::from_static("-1"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
