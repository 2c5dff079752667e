//! Reading queries and bodies so that a complaint names the member and what would do.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::problem::Refused;
use crate::domain::digits::Msn;

/// Why a request came without its body. The body is read before the call begins; this is in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than is read.
    TooLarge,
    /// It took too long, or broke off.
    TooSlow,
}

impl From<Unread> for Refused {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Self::too_large("The body must not be larger than 1 MiB."),
            Unread::TooSlow => Self::too_slow("The body must arrive whole, within 10 seconds."),
        }
    }
}

/// A query string. Unknown parameters are refused: a misspelt filter must not look like an empty result.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        let axum::extract::Query(query) = read.map_err(|error| {
            let text = error.body_text();
            let reason = text.trim_start_matches("Failed to deserialize query string: ");
            Refused::bad_request(format!(
                "The query string is wrong: {}.",
                in_words(reason).replace(NO_FIELDS, "the call takes no parameters")
            ))
        })?;
        Ok(Self(query))
    }
}

/// What serde says of a member or parameter where there are none.
const NO_FIELDS: &str = "there are no fields";

/// Puts what a library says of a type into words that need no Rust.
fn in_words(problem: &str) -> String {
    let problem = match problem.split_once("expected struct ") {
        Some((before, name)) => {
            format!("{before}expected an object{}", name.trim_start_matches(char::is_alphanumeric))
        }
        None => problem.to_owned(),
    };
    [
        ("invalid digit found in string", "a whole number is needed"),
        ("number too large to fit in target type", "the number is too large"),
        ("number too small to fit in target type", "the number is too small"),
        ("cannot parse integer from empty string", "a whole number is needed"),
        ("expected a sequence", "expected a list"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("expected u32", "expected a whole number from 0"),
        ("expected u64", "expected a whole number from 0"),
        ("expected usize", "expected a whole number from 0"),
        ("expected f64", "expected a number"),
    ]
    .iter()
    .fold(problem, |text, (rust, words)| text.replace(rust, words))
}

/// Says what a JSON text is that is no object; `None` when it is one, or no JSON.
fn no_object(text: &[u8]) -> Option<String> {
    let text = text.trim_ascii();
    if text.starts_with(b"{") || serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err() {
        return None;
    }
    let shown = || String::from_utf8_lossy(text).chars().take(40).collect();
    Some(if text.starts_with(b"[") { "a list".to_owned() } else { shown() })
}

/// No parameters at all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParameters {}

/// The scope of a call: one sales unit, or all.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scope {
    pub(super) msn: Option<Msn>,
}

impl Scope {
    /// Narrows down what the body's `member` says of the unit. They must not say different things.
    pub(super) fn narrow(self, own: &mut Option<Msn>, member: &str) -> Result<(), Refused> {
        let Some(msn) = self.msn else { return Ok(()) };
        match own.replace(msn) {
            Some(other) if other != msn => Err(Refused::bad_request(format!(
                "{member}: the query says {msn}, the body {other}; one of them is enough."
            ))),
            _ => Ok(()),
        }
    }

    /// A path that names a unit leaves nothing to scope: the query may only say the same.
    pub(super) fn agrees_with(self, msn: Msn) -> Result<(), Refused> {
        match self.msn.filter(|other| *other != msn) {
            None => Ok(()),
            Some(other) => Err(Refused::bad_request(format!("msn: the path says {msn}, the query {other}."))),
        }
    }
}

/// How many rows a list has when it does not say, and at most.
const DEFAULT_LIMIT: usize = 50;
pub(super) const MAX_LIMIT: usize = 1000;

/// Reads how many rows a list is to have.
pub(super) fn read_limit(limit: Option<usize>) -> Result<usize, Refused> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(limit)
    } else {
        Err(Refused::bad_request(format!("limit: {limit} is not between 1 and {MAX_LIMIT}.")))
    }
}

/// A JSON body. An empty one is an empty object, whatever its content type.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        if let Some(unread) = request.extensions().get::<Unread>() {
            return Err((*unread).into());
        }
        // It is in memory already.
        let bytes = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
        let text: &[u8] = if bytes.trim_ascii().is_empty() { b"{}" } else { &bytes };
        // serde would even take a list for an object, by the order of members.
        if let Some(shown) = no_object(text) {
            let problem = format!("The body is wrong: a JSON object is needed, not {shown}.");
            return Err(Refused::bad_request(problem));
        }
        let mut json = serde_json::Deserializer::from_slice(text);
        let body = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            // A text that ends too soon has no path.
            let place = if matches!(&*path, "." | "?") { String::new() } else { format!("{path}: ") };
            let error = error.into_inner();
            let mut problem = error.to_string();
            // Where a member has a name, its line and column say nothing more.
            if error.is_data() && !place.is_empty() {
                let at = format!(" at line {} column {}", error.line(), error.column());
                problem.truncate(problem.strip_suffix(&at).unwrap_or(&problem).len());
            }
            let words =
                in_words(&problem).replace(NO_FIELDS, "the call takes no members; the query narrows it down");
            Refused::bad_request(format!("The body is wrong: {place}{words}."))
        })?;
        json.end()
            .map_err(|error| Refused::bad_request(format!("The body is not one JSON value: {error}.")))?;
        Ok(Self(body))
    }
}

/// Nothing: no body, or an empty object.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoInput {}

/// A path parameter that is a domain value. One that cannot be read names nothing.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let axum::extract::Path(value) = read.map_err(|rejection| {
            let problem = match rejection {
                PathRejection::FailedToDeserializePathParams(error) => match error.into_kind() {
                    ErrorKind::DeserializeError { key, message, .. } => format!("{key}: {message}"),
                    kind => kind.to_string(),
                },
                other => other.body_text(),
            };
            Refused::bad_request(format!("The path is wrong: {problem}."))
        })?;
        Ok(Self(value))
    }
}
