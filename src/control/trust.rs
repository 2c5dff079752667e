//! What clients need to trust the sandbox's TLS. It is public, so it takes no control token.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Control;
use super::extract::{NoParameters, Query};
use super::problem::{Problem, Refused};
use super::state::in_background;

/// The paths of everything here.
pub(super) const PATHS: [&str; 3] =
    ["/_sandbox/ca.pem", "/_sandbox/ca-bundle.pem", "/_sandbox/truststore.p12"];

const PEM: &str = "application/x-pem-file";

fn file(content_type: &'static str, content: impl Into<Bytes>) -> Response {
    ([(header::CONTENT_TYPE, content_type)], content.into()).into_response()
}

/// Returns the certificate of the sandbox's authority as PEM. It stays the same with `--state`, or when it was given.
#[utoipa::path(
    get, path = "/_sandbox/ca.pem", tag = "trust",
    responses((status = 200, description = "the certificate", content_type = "application/x-pem-file"), (status = 400, body = Problem))
)]
pub(super) async fn ca(State(control): State<Control>, _: Query<NoParameters>) -> Response {
    file(PEM, control.tls.ca_pem())
}

/// Returns the authorities that this machine trusts, and the sandbox's, as PEM: for clients whose list is replaced, not
/// added to.
#[utoipa::path(
    get, path = "/_sandbox/ca-bundle.pem", tag = "trust",
    responses((status = 200, description = "the certificates", content_type = "application/x-pem-file"), (status = 400, body = Problem))
)]
pub(super) async fn bundle(
    State(control): State<Control>,
    _: Query<NoParameters>,
) -> Result<Response, Refused> {
    in_background(move || Ok(file(PEM, control.tls.bundle_pem()))).await
}

/// Returns the same as a PKCS #12 store for Java, with the password `changeit`.
#[utoipa::path(
    get, path = "/_sandbox/truststore.p12", tag = "trust",
    responses((status = 200, description = "the store", content_type = "application/x-pkcs12"), (status = 400, body = Problem))
)]
pub(super) async fn truststore(
    State(control): State<Control>,
    _: Query<NoParameters>,
) -> Result<Response, Refused> {
    in_background(move || Ok(file("application/x-pkcs12", control.tls.truststore()))).await
}
