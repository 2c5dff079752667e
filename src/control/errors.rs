//! The error catalogue.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{Query, Scope};
use crate::domain::errors::{CATALOGUE, Certainty, ErrorSpec};
use crate::domain::operation::Operation;

/// Every error that the emulated API can answer with.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorList {
    errors: Vec<ErrorView>,
}

/// One row of the catalogue.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorView {
    /// The `ErrorCode`; `null` for answers without one.
    code: Option<u16>,
    /// The row's own name.
    name: &'static str,
    /// The title.
    title: &'static str,
    /// The text, with placeholders in braces.
    detail: &'static str,
    /// The HTTP status.
    status: u16,
    /// How sure the status is: `sure`, `likely` or `guess`.
    certainty: &'static str,
    /// The operations that can answer so.
    operations: Vec<&'static str>,
    /// Whether the answer stays with the idempotency key that it was given to.
    sticks: bool,
    /// When the sandbox answers so.
    when: &'static str,
    /// Where we have it from.
    source: &'static str,
}

impl From<&ErrorSpec> for ErrorView {
    fn from(spec: &ErrorSpec) -> Self {
        Self {
            code: spec.number,
            name: spec.name,
            title: spec.title,
            detail: spec.detail,
            status: spec.status,
            certainty: match spec.certainty {
                Certainty::Sure => "sure",
                Certainty::Likely => "likely",
                Certainty::Guess => "guess",
            },
            operations: spec.operations.iter().copied().map(Operation::name).collect(),
            sticks: spec.sticks,
            when: spec.when,
            source: spec.source.text(),
        }
    }
}

/// Lists every error that the emulated API can answer with, in the order of checks.
#[utoipa::path(
    get, path = "/_sandbox/errors", tag = "sandbox",
    params(("msn" = Option<String>, Query, description = "taken, and of no effect: every unit has the same errors")),
    responses((status = 200, body = ErrorList))
)]
pub(super) async fn list(_: Query<Scope>) -> Json<ErrorList> {
    Json(ErrorList { errors: CATALOGUE.iter().map(Into::into).collect() })
}
