//! The text of an error that was asked for: placeholders are filled from the request, never with samples. What the
//! request does not have is left empty.

use std::borrow::Cow;

use super::mentions::look;
use crate::domain::digits::Msn;
use crate::domain::errors::{ErrorCode, Rejection, Shape};
use crate::domain::json::Json;
use crate::domain::money::Market;
use crate::domain::operation::Operation;
use crate::domain::payment::State;

/// What there is to fill the text of an error with.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The operation that is called.
    pub operation: Operation,
    /// The sales unit that the call acts for, if any.
    pub msn: Option<Msn>,
    /// The unit's market, if there is a unit.
    pub market: Option<Market>,
    /// The reference, of the path or of the create body; of a webhook its id, of a customer the sub.
    pub reference: &'a str,
    /// The idempotency key.
    pub key: &'a str,
    /// The client id of a token request.
    pub client_id: &'a str,
    /// The state of the payment, if there is one of this reference.
    pub state: Option<State>,
    /// The body; it need not be JSON.
    pub body: &'a [u8],
}

impl Words<'_> {
    /// Refuses with a row of the catalogue.
    #[must_use]
    pub fn refuse(&self, code: ErrorCode) -> Rejection {
        if code.spec().shape == Shape::Fields || code == ErrorCode::WebhookInvalid {
            return Rejection::of_field(code, self.field(code), "A fault of the sandbox refuses it.");
        }
        if !code.spec().detail.contains('{') {
            return code.reject();
        }
        let body = Json::parse(self.body).unwrap_or(Json::Null);
        let msn = self.msn.map(|msn| msn.to_string()).unwrap_or_default();
        let key = match code {
            ErrorCode::MetadataKeyTooLong => longest_pair(&body).map(|(key, _)| key).unwrap_or_default(),
            _ => Cow::Borrowed(self.key),
        };
        let value = match code {
            ErrorCode::MetadataValueTooLong => {
                longest_pair(&body).map(|(_, value)| value).unwrap_or_default()
            }
            _ => text(&body, &["expiresAt"]),
        };
        code.about(&[
            ("reference", self.reference),
            ("id", self.reference),
            ("sub", self.reference),
            ("msn", &msn),
            ("key", &key),
            ("client_id", self.client_id),
            ("state", self.state.map_or("", State::word)),
            ("market", self.market.map_or("", Market::adjective)),
            ("parameter", self.parameter(&body)),
            ("scope", &text(&body, &["profile", "scope"])),
            ("url", &text(&body, &["returnUrl"])),
            ("value", &value),
            ("reason", "A fault of the sandbox refuses it"),
            // A rate limit's window.
            ("seconds", "60"),
        ])
    }

    /// The field that a validation error names.
    fn field(&self, code: ErrorCode) -> &'static str {
        match code {
            ErrorCode::MediaTypeUnsupported => "Content-Type",
            ErrorCode::HeaderInvalid if self.operation.takes_idempotency_key() => "Idempotency-Key",
            ErrorCode::HeaderInvalid => "Merchant-Serial-Number",
            ErrorCode::WebhookInvalid if self.operation == Operation::WebhooksDelete => "id",
            _ => "body",
        }
    }

    /// The parameter that is said to be missing: the first that the operation may need and the body does not have.
    fn parameter(&self, body: &Json<'_>) -> &'static str {
        match self.operation {
            Operation::Token => "client_id",
            Operation::Create if look(body, &["returnUrl"]).is_none_or(Json::is_null) => "returnUrl",
            _ => "customer",
        }
    }
}

fn text<'j>(body: &'j Json<'_>, path: &[&str]) -> Cow<'j, str> {
    look(body, path).and_then(Json::as_text).unwrap_or_default()
}

/// The pair of `metadata` that is longest, key and value together.
fn longest_pair<'j>(body: &'j Json<'_>) -> Option<(Cow<'j, str>, Cow<'j, str>)> {
    let Json::Object(pairs) = look(body, &["metadata"])? else { return None };
    let pairs = pairs.iter().map(|(key, value)| (Cow::Borrowed(&**key), value.as_text().unwrap_or_default()));
    pairs.max_by_key(|(key, value)| key.len() + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Words<'_> = Words {
        operation: Operation::Create,
        msn: None,
        market: None,
        reference: "",
        key: "",
        client_id: "",
        state: None,
        body: b"",
    };

    #[test]
    fn placeholders_are_filled_from_the_request() {
        let body =
            br#"{"expiresAt":"2030-01-01T00:00:00Z","profile":{"scope":"name nin"},"returnUrl":"ftp://x",
            "metadata":{"short":"x","a-long-key":"a-long-value"}}"#;
        let words = Words {
            msn: Msn::parse("123456"),
            market: Some(Market::No),
            reference: "order-1",
            key: "key-1",
            client_id: "client-1",
            state: Some(State::Authorized),
            body,
            ..NOTHING
        };
        for (code, detail) in [
            (ErrorCode::ReferenceNotFound, "The reference order-1 does not exist for MSN 123456."),
            (ErrorCode::IdempotencyKeyUsed, "Idempotency-Key key-1 already exists."),
            (
                ErrorCode::CaptureOfEndedPayment,
                "Reference order-1 cannot be captured. Invalid state: AUTHORIZED.",
            ),
            (ErrorCode::ScopeInvalid, "The scope name nin is invalid."),
            (ErrorCode::UrlInvalid, "The parameter ftp://x is invalid."),
            (ErrorCode::MetadataKeyTooLong, "The key a-long-key exceeds the maximum allowed key length."),
            (
                ErrorCode::MetadataValueTooLong,
                "The value a-long-value exceeds the maximum allowed value length.",
            ),
            (
                ErrorCode::ExpiryTooLate,
                "The expiration date 2030-01-01T00:00:00Z is too late. The maximum expiry is 60 days into the future.",
            ),
            (ErrorCode::RequiredParameterMissing, "The parameter customer is required."),
            (
                ErrorCode::BlockedSourcesNotApplicable,
                "Not possible to block payment sources for market: 'Norwegian'",
            ),
        ] {
            assert_eq!(words.refuse(code).detail(), detail);
        }
    }

    #[test]
    fn what_the_request_does_not_have_is_left_empty() {
        for code in ErrorCode::ALL {
            let rejection = NOTHING.refuse(*code);
            assert!(!rejection.detail().contains(['{', '}']), "{}", rejection.detail());
            let names_fields = code.spec().shape == Shape::Fields || *code == ErrorCode::WebhookInvalid;
            assert_eq!(rejection.fields.is_empty(), !names_fields);
        }
        assert_eq!(NOTHING.refuse(ErrorCode::UrlInvalid).detail(), "The parameter  is invalid.");
    }
}
