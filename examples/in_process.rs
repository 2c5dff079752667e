//! A payment without a socket: the code under test calls any tower service, in production a client, here the sandbox.
//!
//! `cargo run --example in_process`, or `cargo test --example in_process`

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use epayment_sandbox::{Phase, Sandbox};
use tower::{Service, ServiceExt};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The code under test.
async fn capture<S>(client: S, reference: &str, value: u64) -> Result<StatusCode>
where
    S: Service<Request<Body>, Response = axum::response::Response>,
    S::Error: std::error::Error + 'static,
{
    let request = Request::post(format!("/epayment/v1/payments/{reference}/capture"))
        .header("Authorization", "Bearer any")
        .header("Ocp-Apim-Subscription-Key", "any")
        .header("Merchant-Serial-Number", "123456")
        .header("Idempotency-Key", "capture-1")
        .header("Content-Type", "application/json")
        .body(format!(r#"{{"modificationAmount": {{"currency": "NOK", "value": {value}}}}}"#).into())?;
    Ok(client.oneshot(request).await?.status())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    sandbox.create_payment("acme-shop-0001", 49_900)?;
    sandbox.approve("acme-shop-0001")?;

    assert_eq!(capture(sandbox.router(), "acme-shop-0001", 40_000).await?, StatusCode::OK);
    sandbox.advance_async(Duration::from_secs(181 * 86_400)).await;
    assert_eq!(capture(sandbox.router(), "acme-shop-0001", 9_900).await?, StatusCode::CONFLICT);

    let payment = sandbox.payment("acme-shop-0001").expect("it was created");
    assert_eq!((payment.phase, payment.totals.cancelled), (Phase::Captured, 9_900), "the rest was released");
    let refused = sandbox.requests().refused().last().expect("the last capture was");
    assert_eq!((refused.status, refused.explanation.is_some()), (409, true));
    Ok(())
}

#[test]
fn a_late_capture_is_refused() -> Result<()> {
    main()
}
