//! The control API's errors: RFC 7807, always with what to do about it.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::{ClockError, ManageError};

/// Why a control call was refused.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    status: StatusCode,
    title: &'static str,
    detail: String,
}

/// An RFC 7807 problem document.
#[derive(Serialize, ToSchema)]
pub(super) struct Problem {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
}

impl Refused {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into() }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad request", detail)
    }

    pub(super) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Control token needed", detail)
    }

    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", detail)
    }

    pub(super) fn timeout(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "Not reached in time", detail)
    }

    pub(super) fn too_slow(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "Request timeout", detail)
    }

    pub(super) fn conflict(title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, title, detail)
    }

    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large", detail)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self { status, title, detail } = self;
        let problem = Problem { r#type: "about:blank", title, status: status.as_u16(), detail };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<ClockError> for Refused {
    fn from(error: ClockError) -> Self {
        Self::bad_request(format!("{error}."))
    }
}

impl From<ManageError> for Refused {
    fn from(error: ManageError) -> Self {
        Self::conflict("Full", format!("{error}."))
    }
}

/// Answers a path that the control API does not have.
pub(super) async fn unknown_path(request: Request) -> Refused {
    let path = request.uri().path();
    Refused::not_found(format!(
        "The control API has no path {path}; GET /_sandbox/openapi.json lists them all."
    ))
}

/// Answers a method that a path does not have. The router adds the `Allow` header.
pub(super) async fn method_not_allowed(request: Request) -> Refused {
    Refused::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Method not allowed",
        format!("{} does not take {}; see the Allow header.", request.uri().path(), request.method()),
    )
}

/// Answers with a JSON text.
pub(super) fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
