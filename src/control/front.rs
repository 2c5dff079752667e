//! What a person sees who opens the sandbox's address in a browser.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Control;

fn text(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Says what this is and where to go on.
pub(super) async fn index(State(control): State<Control>) -> Response {
    let (version, url) = (env!("CARGO_PKG_VERSION"), &control.public_url);
    text(
        StatusCode::OK,
        format!(
            "epayment-sandbox {version}\n\
             A local sandbox of the Vipps MobilePay ePayment API. Unofficial, not affiliated with Vipps MobilePay.\n\
             No money moves here.\n\n\
             Point your integration's base URL at {url}\n\n\
             \x20 {url}/_sandbox/health        how it is\n\
             \x20 {url}/_sandbox/payments      what it holds\n\
             \x20 {url}/_sandbox/errors        every error it can answer with\n\
             \x20 {url}/_sandbox/openapi.json  how to drive it\n"
        ),
    )
}
