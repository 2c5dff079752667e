//! The bare server: axum with the usual extractors. It reads the same JSON as the sandbox, checks nothing, knows
//! nothing, and answers with texts that are ready and as long as the sandbox's. No sandbox can cost less.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;

use super::requests::reference;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading is all that is done with a request")]
struct Create {
    amount: Amount,
    customer: Option<Customer>,
    customer_interaction: Option<String>,
    payment_method: Method,
    reference: String,
    return_url: Option<String>,
    user_flow: String,
    payment_description: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading is all that is done with a request")]
struct Modify {
    modification_amount: Amount,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading is all that is done with a request")]
struct Amount {
    currency: String,
    value: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading is all that is done with a request")]
struct Customer {
    phone_number: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading is all that is done with a request")]
struct Method {
    r#type: String,
}

/// The texts of answers that depend on a payment.
struct Texts {
    payment: Bytes,
    events: Bytes,
}

/// The texts by reference.
type Known = Arc<HashMap<String, Texts>>;

const CREATED: &str = r#"{"redirectUrl":"http://127.0.0.1:41234/pay?token=eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJtc24iOiIxMjM0NTYiLCJyZWZlcmVuY2UiOiJsb2FkLTAwMDAwMDAwMDAwMCJ9.U22_67MxEfCbG4PH31V0sw","reference":"load-000000000000"}"#;
const MODIFIED: &str = r#"{"amount":{"currency":"NOK","value":49900},"state":"AUTHORIZED","aggregate":{"authorizedAmount":{"currency":"NOK","value":49900},"cancelledAmount":{"currency":"NOK","value":0},"capturedAmount":{"currency":"NOK","value":49900},"refundedAmount":{"currency":"NOK","value":0}},"pspReference":"8341bb95-f9e7-49db-829b-3059b88ccbdf","reference":"load-000000000000"}"#;

fn payment(reference: &str) -> String {
    format!(
        r#"{{"aggregate":{{"authorizedAmount":{{"currency":"NOK","value":0}},"cancelledAmount":{{"currency":"NOK","value":0}},"capturedAmount":{{"currency":"NOK","value":0}},"refundedAmount":{{"currency":"NOK","value":0}}}},"amount":{{"currency":"NOK","value":49900}},"state":"CREATED","paymentMethod":{{"type":"WALLET"}},"profile":{{}},"pspReference":"8341bb95-f9e7-49db-829b-3059b88ccbdf","redirectUrl":"http://127.0.0.1:41234/pay?token=eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJtc24iOiIxMjM0NTYiLCJyZWZlcmVuY2UiOiJsb2FkLTAwMDAwMDAwMDA0MiJ9.U22_67MxEfCbG4PH31V0sw","reference":"{reference}","metadata":{{"orderId":"acme-shop-123","channel":"web"}}}}"#
    )
}

fn events(reference: &str) -> String {
    format!(
        r#"[{{"reference":"{reference}","pspReference":"8341bb95-f9e7-49db-829b-3059b88ccbdf","name":"CREATED","amount":{{"currency":"NOK","value":49900}},"timestamp":"2026-11-21T01:03:48.0962640Z","idempotencyKey":"00000000-0000-4000-8000-000000000042","success":true}}]"#
    )
}

fn texts(reference: &str) -> Texts {
    Texts { payment: payment(reference).into(), events: events(reference).into() }
}

/// Returns the server. It knows the payments with numbers below `payments`.
pub(crate) fn router(payments: u64) -> Router {
    let known: Known = Arc::new(
        (0..payments).map(reference).map(|reference| (reference.clone(), texts(&reference))).collect(),
    );
    Router::new()
        .route("/readyz", get(|| async { "ready" }))
        .route("/epayment/v1/payments", post(create))
        .route("/epayment/v1/payments/{reference}", get(get_payment))
        .route("/epayment/v1/payments/{reference}/events", get(get_events))
        .route("/epayment/v1/payments/{reference}/capture", post(modify))
        .route("/epayment/v1/payments/{reference}/refund", post(modify))
        .route("/epayment/v1/test/payments/{reference}/approve", post(approve))
        .with_state(known)
}

async fn create(Json(request): Json<Create>) -> Response {
    black_box(&request);
    json(StatusCode::CREATED, Bytes::from_static(CREATED.as_bytes()))
}

async fn modify(Path(reference): Path<String>, Json(request): Json<Modify>) -> Response {
    black_box((&reference, &request));
    json(StatusCode::OK, Bytes::from_static(MODIFIED.as_bytes()))
}

async fn approve(Path(reference): Path<String>, body: Bytes) -> Response {
    black_box((&reference, &body));
    StatusCode::OK.into_response()
}

async fn get_payment(State(known): State<Known>, Path(reference): Path<String>) -> Response {
    // The payments that a lifecycle makes are as unknown as all others, so every one of them looks like this.
    let text = known.get(&reference).map(|texts| texts.payment.clone());
    json(StatusCode::OK, text.unwrap_or(Bytes::from_static(MODIFIED.as_bytes())))
}

async fn get_events(State(known): State<Known>, Path(reference): Path<String>) -> Response {
    let text = known.get(&reference).map(|texts| texts.events.clone());
    json(StatusCode::OK, text.unwrap_or(Bytes::from_static(MODIFIED.as_bytes())))
}

fn json(status: StatusCode, text: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}
