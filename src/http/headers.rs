//! The headers that the API reads.

use hyper::HeaderMap;
use hyper::header::HeaderName;

use crate::domain::errors::{ErrorCode, FieldNote, Rejection};
use crate::domain::fields::{at_most, required};
use crate::domain::operation::Operation;
use crate::domain::text::{IdempotencyKey, length};

const SUBSCRIPTION_KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");
const MSN: HeaderName = HeaderName::from_static("merchant-serial-number");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static SYSTEM: [(HeaderName, &str); 4] = [
    (HeaderName::from_static("vipps-system-name"), "Vipps-System-Name"),
    (HeaderName::from_static("vipps-system-version"), "Vipps-System-Version"),
    (HeaderName::from_static("vipps-system-plugin-name"), "Vipps-System-Plugin-Name"),
    (HeaderName::from_static("vipps-system-plugin-version"), "Vipps-System-Plugin-Version"),
];

/// A header that should come once.
pub(super) enum Once<'h> {
    Absent,
    Text(&'h str),
    /// It comes more than once with different values, or is not text.
    Unusable,
}

/// Reads a header that should come once. An empty one counts as absent, and the same value twice as one.
pub(super) fn once<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Once<'h> {
    let Some(first) = headers.get(name) else { return Once::Absent };
    // Hardly anybody sends a header twice, and both counts are at hand.
    let any_twice = headers.len() != headers.keys_len();
    if any_twice && headers.get_all(name).iter().any(|other| other != first) {
        return Once::Unusable;
    }
    match std::str::from_utf8(first.as_bytes()).map(str::trim) {
        Ok("") => Once::Absent,
        Ok(text) => Once::Text(text),
        Err(_) => Once::Unusable,
    }
}

/// Reads a header that is a list; several lines make one. An empty one counts as absent.
pub(super) fn list(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut lines = headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let first = lines.next()?.into_owned();
    let list = lines.fold(first, |list, line| list + "," + &line);
    (!list.trim().is_empty()).then_some(list)
}

/// Reads the subscription key.
pub(super) fn subscription_key(headers: &HeaderMap) -> Result<&str, Rejection> {
    optional_subscription_key(headers)?.ok_or_else(|| ErrorCode::SubscriptionKeyMissing.reject())
}

/// Reads the subscription key of a call that may come without one.
pub(super) fn optional_subscription_key(headers: &HeaderMap) -> Result<Option<&str>, Rejection> {
    match once(headers, &SUBSCRIPTION_KEY) {
        Once::Text(key) => Ok(Some(key)),
        Once::Absent => Ok(None),
        Once::Unusable => Err(ErrorCode::SubscriptionKeyInvalid.reject()),
    }
}

/// Reads the bearer token. The scheme's word is `Bearer`, in this case: the vendor says so.
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<&str, Rejection> {
    let text = match once(headers, &hyper::header::AUTHORIZATION) {
        Once::Text(text) => text,
        Once::Absent | Once::Unusable => "",
    };
    let token = text.strip_prefix("Bearer ").map(str::trim).filter(|token| !token.is_empty());
    token.ok_or_else(|| ErrorCode::BearerTokenRefused.reject())
}

/// Reads the MSN, which may be absent. Whether it is a number is looked at later; two of them are none.
pub(super) fn msn(headers: &HeaderMap) -> Option<&str> {
    match once(headers, &MSN) {
        Once::Text(text) => Some(text),
        Once::Absent => None,
        Once::Unusable => Some(""),
    }
}

/// Reads the idempotency key where the operation takes one.
pub(super) fn idempotency_key(headers: &HeaderMap, operation: Operation) -> Result<Option<&str>, Rejection> {
    const NAME: &str = "Idempotency-Key";
    if !operation.takes_idempotency_key() {
        return Ok(None);
    }
    match once(headers, &IDEMPOTENCY_KEY) {
        Once::Text(key) if length(key) <= IdempotencyKey::MAX_LENGTH => Ok(Some(key)),
        Once::Text(_) => Err(invalid(NAME, at_most(NAME, IdempotencyKey::MAX_LENGTH))),
        Once::Absent if operation.needs_idempotency_key() => Err(invalid(NAME, required(NAME))),
        Once::Absent => Ok(None),
        Once::Unusable => {
            Err(invalid(NAME, format!("The {NAME} header is given more than once, or is not text.")))
        }
    }
}

/// Checks the lengths of the `Vipps-System-*` headers, which the real service only promises to (`--strict`).
pub(super) fn check_system(headers: &HeaderMap) -> Result<(), Rejection> {
    const LONGEST: usize = 30;
    let too_long = SYSTEM.iter().filter(|(name, _)| {
        headers
            .get_all(name)
            .iter()
            .any(|value| String::from_utf8_lossy(value.as_bytes()).chars().count() > LONGEST)
    });
    let notes: Vec<_> = too_long
        .map(|(_, name)| FieldNote { name: (*name).into(), reason: at_most(name, LONGEST).into() })
        .collect();
    if notes.is_empty() { Ok(()) } else { Err(Rejection::of_fields(ErrorCode::HeaderInvalid, notes)) }
}

/// Checks that a body comes as JSON (`--strict`).
pub(super) fn check_media_type(headers: &HeaderMap) -> Result<(), Rejection> {
    let given =
        headers.get(hyper::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let reason = "The Content-Type must be application/json.";
    Err(Rejection::of_field(ErrorCode::MediaTypeUnsupported, "Content-Type", reason))
}

fn invalid(name: &str, reason: String) -> Rejection {
    Rejection::of_field(ErrorCode::HeaderInvalid, name, reason)
}
