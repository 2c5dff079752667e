//! The HTTP client that webhooks are sent with.

use std::error::Error;
use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Method, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::letter::{Letter, Meeting};
use crate::domain::webhook::TIMEOUT;
use crate::engine::Outcome;

/// How much of a receiver's answer is kept.
const MAX_ANSWER: usize = 16 * 1024;
/// How long delivery options may be.
const MAX_OPTIONS: usize = 64 * 1024;

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

    /// Sends a delivery. An answer that is too long or breaks off counts; its body does not.
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
        let exchange = self.exchange(url, headers, letter, MAX_ANSWER);
        in_time(async { exchange.await.map(|(head, body)| answered(&head, body.unwrap_or_default())) }).await
    }

    /// Asks for delivery options. An answer that is too long or breaks off is none.
    pub(super) async fn ask(&self, url: &str, headers: &[(&'static str, String)], body: &str) -> Outcome {
        let exchange = self.exchange(url, headers, Letter::new(body), MAX_OPTIONS);
        in_time(async {
            let (head, body) = exchange.await?;
            Ok(answered(&head, body?))
        })
        .await
    }

    /// Sends a request, and returns the head of its answer and the body, if there is a whole one within the limit.
    async fn exchange(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        letter: Letter,
        limit: usize,
    ) -> Result<(Parts, Result<String, String>), String> {
        let request = request(url, headers, letter)?;
        let response = self.0.request(request).await.map_err(|error| explain(&error))?;
        let (head, body) = response.into_parts();
        let body = match Limited::new(body, limit).collect().await {
            Ok(body) => Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(format!("the answer is longer than {limit} bytes"))
            }
            Err(error) => Err(format!("the answer breaks off: {}", explain(&*error))),
        };
        Ok((head, body))
    }
}

/// Waits for an exchange, but not for ever.
async fn in_time(exchange: impl Future<Output = Result<Outcome, String>>) -> Outcome {
    match tokio::time::timeout(TIMEOUT.into(), exchange).await {
        Ok(result) => result.unwrap_or_else(Outcome::Failed),
        Err(_) => Outcome::Failed("the receiver did not answer within 10 seconds".into()),
    }
}

fn answered(head: &Parts, body: String) -> Outcome {
    Outcome::Answered { status: head.status.as_u16(), headers: texts(&head.headers), body }
}

fn request(url: &str, headers: &[(&'static str, String)], letter: Letter) -> Result<Request<Letter>, String> {
    let uri: Uri = url.parse().map_err(|error| format!("{url} is no URL that can be called: {error}"))?;
    let mut request = Request::new(letter);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| format!("the {name} header cannot hold what is to be sent in it"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        request.headers_mut().append(name, value);
    }
    Ok(request)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_is_given_up() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let transport = Transport::new();
        let given_up = Outcome::Failed("the receiver did not answer within 10 seconds".into());
        assert_eq!(transport.send(&url, &[], "").await, given_up);
        assert_eq!(transport.ask(&url, &[], "").await, given_up);
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let with = |value: &str| {
            request("http://localhost/", &[("Authorization", value.to_owned())], Letter::new(""))
        };
        assert!(with("Bearer ey-æ").is_ok());
        assert_eq!(
            with("a\nb").err().unwrap_or_default(),
            "the Authorization header cannot hold what is to be sent in it"
        );
        assert!(
            request("http://exa mple.com/", &[], Letter::new(""))
                .err()
                .unwrap_or_default()
                .starts_with("http://exa mple.com/ is no URL")
        );
    }
}
