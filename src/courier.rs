//! Carries webhooks: takes one attempt after the other from the engine, sends it, and says how it went.
//!
//! A receiver that is slow or dead keeps only its own few places; the engine gives each receiver its turn.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Semaphore;

use crate::domain::webhook::TIMEOUT;
use crate::engine::{Attempt, Engine, Outcome};

/// How many deliveries are on their way at once, to all receivers together.
const MAX_ON_THE_WAY: usize = 256;

/// How much of a receiver's answer is kept.
const MAX_ANSWER: usize = 16 * 1024;

type Transport = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Tells the engine when the courier is gone, however it ends.
struct Present(Arc<Engine>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.set_courier(false);
    }
}

/// Carries webhooks until it is dropped.
pub(crate) async fn carry(engine: Arc<Engine>) -> Infallible {
    let present = Present(engine.clone());
    let places = Arc::new(Semaphore::new(MAX_ON_THE_WAY));
    // Setting TLS up takes time and memory that a sandbox without webhooks need not spend.
    let mut transport = None;
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        let attempt = next(&present.0).await;
        let transport = transport.get_or_insert_with(transport_of_today).clone();
        let engine = engine.clone();
        tokio::spawn(async move {
            let outcome = send(&transport, &attempt).await;
            engine.attempted(attempt, outcome);
            drop(place);
        });
    }
}

/// Waits for an attempt that is due.
async fn next(engine: &Engine) -> Attempt {
    poll_fn(|cx| {
        // Ask to be woken first: what becomes due between the look and the asking would be missed.
        engine.watch_outgoing(cx.waker());
        engine.next_attempt().map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

fn transport_of_today() -> Transport {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let tls =
        HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(http);
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(Duration::from_secs(15))
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(8)
        .build(tls)
}

/// Sends one attempt. Redirects are not followed, and no proxy is used.
async fn send(transport: &Transport, attempt: &Attempt) -> Outcome {
    let exchange = async {
        let request = request(attempt).map_err(|error| error.to_string())?;
        let response = transport.request(request).await.map_err(|error| explain(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body =
            body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default();
        Ok(Outcome::Answered { status: parts.status.as_u16(), headers: texts(&parts.headers), body })
    };
    match tokio::time::timeout(TIMEOUT.into(), exchange).await {
        Ok(result) => result.unwrap_or_else(Outcome::Failed),
        Err(_) => Outcome::Failed("the receiver did not answer within 10 seconds".into()),
    }
}

fn request(attempt: &Attempt) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let body = Full::new(Bytes::copy_from_slice(attempt.body().as_bytes()));
    let mut request = Request::builder().method(Method::POST).uri(attempt.url());
    for (name, value) in &attempt.headers {
        request = request.header(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
    }
    request.body(body)
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// Puts an error and what led to it into one line.
fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
