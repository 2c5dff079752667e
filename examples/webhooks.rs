//! A receiver of webhooks in the runtime of the test, what it was told, and what it forgot to check.
//!
//! `cargo run --example webhooks`, or `cargo test --example webhooks`

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use epayment_sandbox::{EventName, Sandbox};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const SECRET: &str = "a-secret-of-mine";

/// The code under test: it takes what is signed with its secret, and keeps it.
async fn hook(State(kept): State<Arc<Mutex<Vec<String>>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let hash = STANDARD.encode(Sha256::digest(&body));
    let text = format!("POST\n/hook\n{};{};{hash}", header("x-ms-date"), header("host"));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key of any length will do");
    mac.update(text.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let is_good = header("x-ms-content-sha256") == hash
        && header("authorization").ends_with(&format!("&Signature={signature}"));
    if !is_good {
        return StatusCode::UNAUTHORIZED;
    }
    kept.lock().expect("nobody panics with it").push(String::from_utf8_lossy(&body).into_owned());
    StatusCode::NO_CONTENT
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let kept = Arc::default();
    let shop = Router::new().route("/hook", post(hook)).with_state(Arc::clone(&kept));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, shop).await });

    let sandbox = Sandbox::builder().webhook(&url, SECRET).start();
    sandbox.create_payment("acme-shop-0001", 49_900)?;
    sandbox.approve("acme-shop-0001")?;

    // The receiver runs on this thread, so it is awaited and not waited for.
    let about = sandbox.deliveries().about("acme-shop-0001");
    about.clone().arrived().arrive(2).await?;
    let authorized = about.of(EventName::Authorized).list();
    assert_eq!(authorized[0].status, Some(204));
    assert_eq!(*kept.lock().expect("nobody panics with it").last().expect("two came"), authorized[0].body);

    // It checks the signature, but not how old a delivery is.
    let checks = sandbox.examine_receiver_async(&url, SECRET).await?;
    let failed: Vec<_> = checks.iter().filter(|check| !check.passed).map(|check| check.name).collect();
    assert_eq!(failed, ["refuses-a-stale-date"]);
    Ok(())
}

#[test]
fn the_receiver_takes_what_is_signed() -> Result<()> {
    main()
}
