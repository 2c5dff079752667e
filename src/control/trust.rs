//! Where the sandbox speaks TLS, and what clients need to trust it. It is public, so it takes no control token.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Control;
use super::extract::{NoParameters, Query};
use super::problem::{Problem, Refused};
use super::state::in_background;

/// The paths of everything here.
pub(super) const PATHS: [&str; 4] =
    ["/_sandbox/tls", "/_sandbox/ca.pem", "/_sandbox/ca-bundle.pem", "/_sandbox/truststore.p12"];

const PEM: &str = "application/x-pem-file";

fn file(content_type: &'static str, content: impl Into<Bytes>) -> Response {
    ([(header::CONTENT_TYPE, content_type)], content.into()).into_response()
}

/// Where the sandbox speaks TLS.
#[derive(Serialize, ToSchema)]
pub(super) struct TlsView {
    /// The port that it listens on; null when it listens without TLS only.
    port: Option<u16>,
}

/// Tells the port that listens with TLS.
#[utoipa::path(
    get, path = "/_sandbox/tls", tag = "trust",
    responses((status = 200, body = TlsView), (status = 400, body = Problem))
)]
pub(super) async fn tls(State(control): State<Control>, _: Query<NoParameters>) -> Json<TlsView> {
    Json(TlsView { port: control.tls.port() })
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
