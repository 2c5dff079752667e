//! The whole state, out and in.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use super::Control;
use super::extract::{Query, Scope};
use super::problem::{Problem, Refused};
use crate::document::{self, Flaw};
use crate::domain::digits::Msn;
use crate::engine::Engine;

/// Where the document is taken from and put. It is not read like other bodies.
pub(crate) const PATH: &str = "/_sandbox/state";

/// The largest document that is read, in bytes.
const MAX_DOCUMENT: usize = 2 * 1024 * 1024 * 1024;

/// How long a sender may be silent within a document.
const PATIENCE: Duration = Duration::from_secs(10);

/// Returns the state as one document: of the whole sandbox, or of one sales unit. It stays the same to the last byte while
/// nothing happens.
#[utoipa::path(
    get, path = "/_sandbox/state", tag = "state",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 200, description = "the document"), (status = 409, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
) -> Result<Response, Refused> {
    control.scope(scope.msn)?;
    let engine = control.engine.clone();
    let (text, _) = in_background(move || taken_down(&engine, scope.msn)).await?;
    Ok(json_bytes(text.into()))
}

/// Puts the state of a document in the place of the present one; with `msn`, that sales unit's alone. A document that
/// breaks a rule is refused as a whole.
#[utoipa::path(
    put, path = "/_sandbox/state", tag = "state",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    request_body(content = Object, description = "a document"),
    responses(
        (status = 204), (status = 400, description = "Names the place as a JSON pointer", body = Problem),
        (status = 408, body = Problem), (status = 413, body = Problem)
    )
)]
pub(super) async fn put(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    request: Request,
) -> Result<StatusCode, Refused> {
    let text = read(request.into_body()).await?;
    let engine = control.engine.clone();
    in_background(move || put_back(&engine, &text, scope.msn)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads a document as it arrives.
async fn read(mut body: Body) -> Result<Vec<u8>, Refused> {
    let too_large =
        || Refused::too_large(format!("The document must not be larger than {MAX_DOCUMENT} bytes."));
    let broken = || {
        Refused::too_slow(
            "The document must arrive whole, and no part of it later than 10 seconds after the one before.",
        )
    };
    if body.size_hint().lower() > MAX_DOCUMENT as u64 {
        return Err(too_large());
    }
    let mut text = Vec::new();
    while let Some(frame) = tokio::time::timeout(PATIENCE, body.frame()).await.map_err(|_| broken())? {
        if let Ok(data) = frame.map_err(|_| broken())?.into_data() {
            if text.len() + data.len() > MAX_DOCUMENT {
                return Err(too_large());
            }
            text.extend_from_slice(&data);
        }
    }
    Ok(text)
}

/// Takes the state down as text; also says how many payments it has.
pub(super) fn taken_down(engine: &Engine, only: Option<Msn>) -> Result<(Vec<u8>, u64), Refused> {
    engine.state_text(only).map_err(|error| Refused::conflict("Not written", format!("{error}.")))
}

/// Puts a document's state in place.
pub(super) fn put_back(engine: &Engine, text: &[u8], only: Option<Msn>) -> Result<(), Refused> {
    let done = document::read(text).and_then(|document| engine.put_back(document, only));
    done.map_err(|flaw: Flaw| {
        Refused::bad_request(format!("The document is wrong at {flaw}. Nothing was changed."))
    })
}

/// Answers with a JSON text.
pub(super) fn json_bytes(text: bytes::Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// A million payments take seconds; other requests must not wait for them.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
