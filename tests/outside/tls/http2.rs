//! HTTP/2, as the handshake agrees on it.

use std::sync::Arc;

use bytes::Bytes;
use epayment_sandbox::Sandbox;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{address, trusting};
use crate::support::{MSN, api_headers, control, create_body};

type Sender = SendRequest<Full<Bytes>>;

async fn open(sandbox: &Sandbox) -> Sender {
    let mut config = trusting(&sandbox.ca_pem());
    config.alpn_protocols = vec![b"h2".to_vec()];
    let socket = TcpStream::connect(address(sandbox)).await.expect("it takes connections");
    let name = ServerName::try_from("apitest.vipps.no").expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

fn request(method: Method, path: &str, body: String) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(format!("https://apitest.vipps.no{path}"));
    for (name, value) in api_headers(MSN, path) {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(body))).expect("a request")
}

fn create(reference: &str) -> Request<Full<Bytes>> {
    let mut create = request(Method::POST, "/epayment/v1/payments", create_body(reference));
    create.headers_mut().insert("idempotency-key", reference.parse().expect("a header"));
    create
}

fn get(reference: &str) -> Request<Full<Bytes>> {
    request(Method::GET, &format!("/epayment/v1/payments/{reference}"), String::new())
}

async fn send(sender: &Sender, request: Request<Full<Bytes>>) -> hyper::Result<(StatusCode, Bytes)> {
    let answer = sender.clone().send_request(request).await?;
    let status = answer.status();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

#[tokio::test]
async fn many_requests_share_a_connection() {
    let sandbox = Sandbox::builder().tls().start();
    let sender = open(&sandbox).await;
    let creates = (0..50).map(|number| {
        let sender = sender.clone();
        tokio::spawn(async move {
            send(&sender, create(&format!("shared-{number:04}"))).await.expect("an answer").0
        })
    });
    for create in creates.collect::<Vec<_>>() {
        assert_eq!(create.await.expect("no panic"), StatusCode::CREATED);
    }
    let (status, body) = send(&sender, get("shared-0049")).await.expect("an answer");
    assert_eq!(status, StatusCode::OK);
    assert!(String::from_utf8_lossy(&body).contains("\"reference\":\"shared-0049\""));
    assert_eq!(sandbox.requests().count(), 51, "every call is in the journal");
    let (status, _) =
        send(&sender, request(Method::GET, "/_sandbox/health", String::new())).await.expect("an answer");
    assert_eq!(status, StatusCode::FORBIDDEN, "the control API is not served under the vendor's name");
}

#[tokio::test]
async fn a_fault_resets_its_own_stream() {
    let sandbox = Sandbox::builder().tls().start();
    let sender = open(&sandbox).await;
    assert_eq!(send(&sender, create("reset-0001")).await.expect("an answer").0, StatusCode::CREATED);
    for fault in
        ["CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK", "RANDOM_DATA_THEN_CLOSE"]
    {
        let body = format!(r#"{{"match": {{"operation": "get"}}, "then": {{"fault": "{fault}"}}}}"#);
        assert_eq!(control(sandbox.address(), "POST", "/_sandbox/faults", &body).status, 201);
        send(&sender, get("reset-0001")).await.expect_err(fault);
        assert_eq!(send(&sender, get("reset-0001")).await.expect("the connection goes on").0, StatusCode::OK);
    }
}

#[tokio::test]
async fn large_heads_and_bodies_are_refused() {
    let sandbox = Sandbox::builder().tls().start();
    let sender = open(&sandbox).await;
    let mut large = get("large-0001");
    large.headers_mut().insert("x-large", "x".repeat(100_000).parse().expect("a header"));
    let refused = send(&sender, large).await;
    assert!(
        refused.is_err()
            || refused.is_ok_and(|(status, _)| status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    );
    let sender = open(&sandbox).await;
    let body = create_body("large-0001") + &" ".repeat(1024 * 1024);
    let (status, _) =
        send(&sender, request(Method::POST, "/epayment/v1/payments", body)).await.expect("an answer");
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(sandbox.payment("large-0001").is_none());
    assert_eq!(send(&sender, create("large-0002")).await.expect("an answer").0, StatusCode::CREATED);
}
