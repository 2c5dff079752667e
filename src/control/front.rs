//! What a person sees who opens the sandbox's address in a browser.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Control;

fn text(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Answers where a customer's page will be.
pub(super) async fn no_page(State(control): State<Control>) -> Response {
    let url = &control.public_url;
    text(
        StatusCode::NOT_IMPLEMENTED,
        format!(
            "This version of epayment-sandbox has no page for customers yet.\n\
             Play the customer from a terminal:\n\n\
             \x20 epayment-sandbox pay approve REFERENCE\n\
             \x20 epayment-sandbox pay reject REFERENCE\n\n\
             or over HTTP:\n\n\
             \x20 curl -X POST {url}/_sandbox/payments/MSN/REFERENCE/approve\n"
        ),
    )
}
