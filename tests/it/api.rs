//! A merchant without sockets: calls a sandbox's router as a client would.

use std::cell::Cell;
use std::pin::pin;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use epayment_sandbox::Sandbox;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::gate::Gate;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The ErrorCode of a problem document.
    pub(crate) fn code(&self) -> Option<u32> {
        self.json()["extraDetails"][0]["reason"].as_str()?.parse().ok()
    }
}

/// Someone who calls one sandbox for one sales unit.
pub(crate) struct Merchant<'s> {
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
    pub(crate) sandbox: &'s Sandbox,
    pub(crate) msn: String,
    /// What the answer to the next request has to wait for.
    gate: Cell<Option<&'s Gate>>,
}

impl<'s> Merchant<'s> {
    pub(crate) fn new(sandbox: &'s Sandbox) -> Self {
        Self::of(sandbox, "123456")
    }

    pub(crate) fn of(sandbox: &'s Sandbox, msn: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { router: sandbox.router(), runtime, sandbox, msn: msn.to_owned(), gate: Cell::new(None) }
    }

    /// Sends a request with exactly these headers.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let request =
            headers.iter().fold(Request::builder().method(method).uri(path), |request, (name, value)| {
                request.header(*name, *value)
            });
        let request = request.body(body.into()).expect("a valid request");
        let gate = self.gate.take();
        self.runtime.block_on(async {
            let mut response = pin!(self.router.clone().oneshot(request));
            if let Some(gate) = gate {
                // Nothing but the delivery can hold an answer back, so one that does not wait is there at the first look.
                tokio::select! {
                    biased;
                    _ = &mut response => panic!("the answer did not wait for a delivery"),
                    () = gate.arrived() => gate.let_one(),
                }
            }
            let response = response.await.expect("a router always answers");
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("an answer is whole");
            let text = String::from_utf8(bytes.to_vec()).expect("answers are UTF-8");
            Answer { status: parts.status.as_u16(), headers: parts.headers, text }
        })
    }

    /// Lets `act` send one request, whose answer has to wait until one delivery was answered. The gate is closed again
    /// after that delivery.
    pub(crate) fn behind<R>(&self, gate: &'s Gate, act: impl FnOnce() -> R) -> R {
        gate.close();
        self.gate.set(Some(gate));
        let result = act();
        assert!(self.gate.take().is_none(), "a request was sent");
        result
    }

    /// Sends an emulated call with good credentials.
    pub(crate) fn call(&self, method: &str, path: &str, key: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut headers = vec![
            ("ocp-apim-subscription-key", "0f14ebcab0eb4b29ae0cb90d91b4a84a"),
            ("authorization", "Bearer test"),
            ("merchant-serial-number", self.msn.as_str()),
            ("content-type", "application/json"),
        ];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        self.send(method, path, &headers, body)
    }

    pub(crate) fn create(&self, key: &str, body: &Value) -> Answer {
        self.call("POST", "/epayment/v1/payments", Some(key), body.to_string())
    }

    /// Creates a payment of this many øre; its idempotency key is its reference.
    pub(crate) fn created(&self, reference: &str, value: u64) {
        let answer = self.create(reference, &create_body(reference, value));
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    /// Creates a payment and approves it by force.
    pub(crate) fn authorized(&self, reference: &str, value: u64) {
        self.created(reference, value);
        let answer = self.approve(reference);
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub(crate) fn approve(&self, reference: &str) -> Answer {
        let path = format!("/epayment/v1/test/payments/{reference}/approve");
        self.call("POST", &path, None, r#"{"customer":{"phoneNumber":"4712345678"}}"#)
    }

    pub(crate) fn modify(&self, verb: &str, reference: &str, key: &str, value: u64) -> Answer {
        let body = json!({"modificationAmount": {"currency": "NOK", "value": value}});
        self.call("POST", &format!("/epayment/v1/payments/{reference}/{verb}"), Some(key), body.to_string())
    }

    pub(crate) fn cancel(&self, reference: &str) -> Answer {
        self.call("POST", &format!("/epayment/v1/payments/{reference}/cancel"), None, Body::empty())
    }

    pub(crate) fn get(&self, reference: &str) -> Answer {
        self.call("GET", &format!("/epayment/v1/payments/{reference}"), None, Body::empty())
    }

    pub(crate) fn events(&self, reference: &str) -> Answer {
        self.call("GET", &format!("/epayment/v1/payments/{reference}/events"), None, Body::empty())
    }

    /// Calls the control API.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(method, &format!("/_sandbox{path}"), &[("host", "localhost")], body)
    }
}

/// A create body that is valid in Norway.
pub(crate) fn create_body(reference: &str, value: u64) -> Value {
    json!({
        "amount": {"currency": "NOK", "value": value},
        "customer": {"phoneNumber": "4712345678"},
        "paymentMethod": {"type": "WALLET"},
        "reference": reference,
        "returnUrl": "https://example.com/return",
        "userFlow": "WEB_REDIRECT",
    })
}
