//! Every error of the emulated API, once.
//!
//! [`CATALOGUE`] is the table. Responses, `docs/errors.md`, `epayment-sandbox errors`, `GET /_sandbox/errors` and the
//! coverage tests derive from it. A refusal ([`Rejection`]) names a row and fills its template; it knows no HTTP.

mod catalogue;

pub use catalogue::{CATALOGUE, ErrorCode};

use super::explain::Facts;
use super::operation::Operation;

/// One row of the catalogue: all that is known of one answer.
#[derive(Debug)]
pub struct ErrorSpec {
    /// The row's own name, stable and unique.
    pub name: &'static str,
    /// The vendor's number, sent as `ErrorCode`; `None` for the answers that carry none. 4150 has two rows.
    pub number: Option<u16>,
    /// Which form of body carries it.
    pub shape: Shape,
    /// The HTTP status.
    pub status: u16,
    /// How sure we are of the status.
    pub certainty: Certainty,
    /// The place of the check in the order of checks.
    pub stage: Stage,
    /// Whether the answer stays with the idempotency key that it was given to.
    pub sticks: bool,
    /// The title, or the machine-readable word of the shapes that have one.
    pub title: &'static str,
    /// The text, with `{placeholders}` that are filled from the request.
    pub detail: &'static str,
    /// The operations that can answer so.
    pub operations: &'static [Operation],
    /// What brings it about.
    pub provoked: Provoked,
    /// When the sandbox answers so, in our words.
    pub when: &'static str,
    /// Where we have it from.
    pub source: Source,
}

impl ErrorSpec {
    /// Names the operations that can answer so, groups by one word.
    #[must_use]
    pub fn operations_text(&self) -> String {
        let whole = |wanted: fn(&Operation) -> bool| {
            Operation::ALL.iter().filter(|one| wanted(one)).all(|one| self.operations.contains(one))
        };
        let about_payments = |one: &Operation| one.is_about_payments();
        let about_webhooks = |one: &Operation| one.is_about_webhooks();
        let (payments, webhooks) = (whole(about_payments), whole(about_webhooks));
        if whole(|_| true) {
            return "all".into();
        }
        let groups = payments.then_some("payments").into_iter().chain(webhooks.then_some("webhooks"));
        let in_group = |one: &Operation| payments && about_payments(one) || webhooks && about_webhooks(one);
        let others = self.operations.iter().filter(|one| !in_group(one)).map(|one| one.name());
        groups.chain(others).collect::<Vec<_>>().join(", ")
    }
}

/// The form of an error's body. The gateway, the token endpoint and ePayment do not answer alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// RFC 7807 with `extraDetails[0]` naming the ErrorCode; without a number, `extraDetails` is empty.
    Problem,
    /// RFC 7807 with one `extraDetails` entry per offending field.
    Fields,
    /// The API gateway's `{ "statusCode": …, "message": … }`, spaces included.
    Gateway,
    /// The gateway's `{"errorCode":…,"errorMessage":…,"contextId":…}`.
    Subscription,
    /// The `{"responseInfo":…,"result":…}` body of a refused bearer token.
    Bearer,
    /// The identity provider's `{"error":…,"error_description":…}` object.
    Token,
    /// The webhooks API's problem: `type` is the trace id, one `extraDetails` entry per offending member.
    Webhook,
    /// The Userinfo API's problem: `status` is a text, and there is neither ErrorCode nor trace id.
    Userinfo,
}

/// How sure we are of a row's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Official text, or two independent confirmations.
    Sure,
    /// One good source, or a strong inference.
    Likely,
    /// Nobody documents it.
    Guess,
}

/// The order of checks: an earlier stage answers first. Within a stage, the table's order decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Is there such a path and method?
    Route,
    /// The subscription key.
    SubscriptionKey,
    /// The bearer token, or the token request's own credentials.
    AccessToken,
    /// The documented rate limits.
    RateLimit,
    /// May these credentials act for this sales unit?
    SalesUnit,
    /// Headers, and what can be said of a body before it is read.
    Headers,
    /// Is there such a payment?
    Lookup,
    /// Was the idempotency key used before?
    Idempotency,
    /// Is the body JSON of the right structure? All offending fields are named at once.
    Body,
    /// Rules of the request that have a code of their own.
    Request,
    /// What the sales unit may do.
    Merchant,
    /// What the payment allows.
    Payment,
    /// Is the reference free?
    Uniqueness,
    /// The service itself failed.
    Server,
}

/// What brings an error about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provoked {
    /// A request, given a suitable sales unit and user.
    Request,
    /// The way in which a request is sent, not what it says.
    Connection,
    /// Nothing in the emulated rules: it must be asked for.
    Fault,
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The vendor's page of ePayment errors (2025).
    ErrorPage,
    /// The vendor's older FAQ (2023).
    Faq,
    /// The vendor's agent toolkit (August 2026).
    Toolkit,
    /// The vendor's OpenAPI specification 1.8.1.
    Specification,
    /// Recorded from the real test environment.
    Recorded,
    /// The usual behaviour of the API gateway or identity provider in front of the API.
    Platform,
    /// Nobody documents it; this is our choice.
    OurChoice,
}

impl Source {
    /// Returns the source as the documentation names it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::ErrorPage => "the vendor's error page, 2025",
            Self::Faq => "the vendor's FAQ, 2023",
            Self::Toolkit => "the vendor's agent toolkit, August 2026",
            Self::Specification => "OpenAPI 1.8.1",
            Self::Recorded => "recorded from the test environment",
            Self::Platform => "the platform's usual answer",
            Self::OurChoice => "our choice",
        }
    }
}

/// One field that a request got wrong, as `extraDetails` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldNote {
    /// The member's path in camelCase, or the header's name.
    pub name: Box<str>,
    /// What is wrong with it.
    pub reason: Box<str>,
}

/// A refusal: a row of the catalogue with its text filled in. Knows nothing of HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Which row.
    pub code: ErrorCode,
    /// The filled template; `None` when the row's text has no placeholders.
    detail: Option<Box<str>>,
    /// The offending fields; empty but for [`Shape::Fields`].
    pub fields: Box<[FieldNote]>,
    /// How things stood, where the request alone does not explain the refusal. Never part of the answer.
    facts: Option<Box<Facts>>,
}

impl Rejection {
    /// Returns the text of the answer.
    #[must_use]
    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or(self.code.spec().detail)
    }

    /// Puts a refusal back as it was told.
    #[must_use]
    pub fn told(code: ErrorCode, detail: &str, fields: Vec<FieldNote>) -> Self {
        let detail = (detail != code.spec().detail).then(|| detail.into());
        Self { code, detail, fields: fields.into_boxed_slice(), facts: None }
    }

    /// Adds how things stood, for an explanation.
    #[must_use]
    pub fn knowing(mut self, facts: Facts) -> Self {
        self.facts = Some(Box::new(facts));
        self
    }

    /// Returns how things stood.
    #[must_use]
    pub fn facts(&self) -> Option<&Facts> {
        self.facts.as_deref()
    }

    /// Refuses because of the fields named.
    #[must_use]
    pub fn of_fields(code: ErrorCode, fields: Vec<FieldNote>) -> Self {
        Self { code, detail: None, fields: fields.into_boxed_slice(), facts: None }
    }

    /// Refuses because of one field.
    #[must_use]
    pub fn of_field(code: ErrorCode, name: &str, reason: impl Into<Box<str>>) -> Self {
        Self::of_fields(code, vec![FieldNote { name: name.into(), reason: reason.into() }])
    }
}

impl ErrorCode {
    /// Finds a row by its own name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.spec().name == name)
    }

    /// Returns the row.
    #[must_use]
    pub fn spec(self) -> &'static ErrorSpec {
        &CATALOGUE[self as usize]
    }

    /// Refuses with the row's own text.
    #[must_use]
    pub fn reject(self) -> Rejection {
        Rejection { code: self, detail: None, fields: Box::default(), facts: None }
    }

    /// Refuses with the row's text, its placeholders filled.
    #[must_use]
    pub fn about(self, values: &[(&str, &str)]) -> Rejection {
        let detail = Some(fill(self.spec().detail, values).into_boxed_str());
        Rejection { code: self, detail, fields: Box::default(), facts: None }
    }
}

/// Replaces each `{name}` by its value, in one pass: braces in a value stay as they are.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        debug_assert!(value.is_some(), "nothing fills {{{name}}} of \"{template}\"");
        text.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_values_are_left_alone() {
        let rejection = ErrorCode::ReferenceNotFound.about(&[("reference", "{msn}"), ("msn", "123456")]);
        assert_eq!(rejection.detail(), "The reference {msn} does not exist for MSN 123456.");
        assert_eq!(
            ErrorCode::CaptureBeforeReservation.reject().detail(),
            ErrorCode::CaptureBeforeReservation.spec().detail
        );
    }

    #[test]
    fn a_refusal_is_small_enough_to_travel_in_results() {
        assert!(size_of::<Rejection>() <= 48);
    }
}
