//! The go-live checklist: grades of the traffic that the sandbox has seen.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Control;
use super::extract::Query;
use super::problem::{Problem, Refused};
use crate::domain::digits::Msn;
use crate::report::{self, Format};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChecklistQuery {
    msn: Option<Msn>,
    format: Option<String>,
}

/// Grades the calls and webhooks that are remembered against the vendor's integration checklist.
///
/// A rule is `passed`, `failed` or `notObserved`. What is no longer remembered never counts as passed.
#[utoipa::path(
    get, path = "/_sandbox/checklist", tag = "requests",
    params(
        ("msn" = Option<String>, Query, description = "only this sales unit's"),
        ("format" = Option<String>, Query, description = "json (unless told), text, junit or sarif")
    ),
    responses(
        (status = 200, description = "`{\"passed\", \"failed\", \"notObserved\", \"rules\": [...]}`, or another format"),
        (status = 400, body = Problem)
    )
)]
pub(super) async fn show(
    State(control): State<Control>,
    Query(ChecklistQuery { msn, format }): Query<ChecklistQuery>,
) -> Result<Response, Refused> {
    let word = format.as_deref().unwrap_or("json");
    let format = Format::parse(word).ok_or_else(|| {
        let words = Format::ALL.map(|(word, _)| word).join(", ");
        Refused::bad_request(format!("format: \"{word}\" is none of {words}."))
    })?;
    let checklist = report::checklist(&control.engine, &control.journal, msn);
    Ok(([(header::CONTENT_TYPE, format.media_type())], format.write(&checklist)).into_response())
}
