//! The HTTP client that webhooks are sent with.

use std::error::Error;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::letter::{Letter, Meeting};
use crate::domain::webhook::TIMEOUT;
use crate::engine::Outcome;

/// How much of a receiver's answer is kept.
const MAX_ANSWER: usize = 16 * 1024;

/// A client and its connections. Redirects are not followed, and no proxy is used.
#[derive(Clone)]
pub(super) struct Transport(Client<HttpsConnector<HttpConnector>, Letter>);

impl Transport {
    pub(super) fn new() -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(15))
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(8)
            .build(tls);
        Self(client)
    }

    /// Sends a delivery.
    pub(super) async fn send(&self, url: &str, headers: &[(&'static str, String)], body: &str) -> Outcome {
        self.send_letter(url, headers, Letter::new(body)).await
    }

    /// Sends a delivery twice at the same time, over two connections: neither is complete before both are on their way.
    pub(super) async fn send_twice(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> (Outcome, Outcome) {
        let meeting = Meeting::of_two();
        let send = || async {
            let outcome = self.send_letter(url, headers, Letter::new(body).meeting(&meeting)).await;
            // Whoever is over comes to no meeting.
            meeting.call_off();
            outcome
        };
        tokio::join!(send(), send())
    }

    async fn send_letter(&self, url: &str, headers: &[(&'static str, String)], letter: Letter) -> Outcome {
        let exchange = async {
            let request = request(url, headers, letter).map_err(|error| error.to_string())?;
            let response = self.0.request(request).await.map_err(|error| explain(&error))?;
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
}

fn request(
    url: &str,
    headers: &[(&'static str, String)],
    letter: Letter,
) -> Result<Request<Letter>, hyper::http::Error> {
    let mut request = Request::builder().method(Method::POST).uri(url);
    for (name, value) in headers {
        request = request.header(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
    }
    request.body(letter)
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
