//! The whole sandbox behind one door: numbers each request, takes it to the emulated API or the control API, and signs
//! the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use axum::Router;
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Body;
use hyper::header::{CONNECTION, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use tower::ServiceExt;

use crate::control::{self, Control};
use crate::engine::Engine;
use crate::http::{Api, Received};

/// The body of an answer: whole in memory, or whatever the control API streams.
pub(crate) type AppBody = Either<Full<Bytes>, axum::body::Body>;

const VERSION: HeaderName = HeaderName::from_static("sandbox-version");
const REQUEST_ID: HeaderName = HeaderName::from_static("sandbox-request-id");

/// The sandbox as a service.
pub(crate) struct App {
    api: Api,
    control: Router,
    /// Calls of the emulated API and of everything else are numbered apart, so that probes and control calls do not
    /// change the ids of the calls under test.
    calls: AtomicU64,
    control_calls: AtomicU64,
    running: AtomicUsize,
    closing: AtomicBool,
}

/// Counts a request as running while it lives.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn count(running: &'a AtomicUsize) -> Self {
        running.fetch_add(1, Ordering::AcqRel);
        Self(running)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The name of a request: `req-1`, `req-2`, … for emulated calls, `ctl-1`, … for all others. Every answer has one, so
/// it is written without the formatting machinery.
struct RequestId {
    text: [u8; 24],
    from: usize,
}

impl RequestId {
    fn new(prefix: [u8; 4], mut number: u64) -> Self {
        let mut text = [0; 24];
        let mut from = text.len();
        while number > 0 {
            from -= 1;
            text[from] = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
        from -= prefix.len();
        text[from..from + prefix.len()].copy_from_slice(&prefix);
        Self { text, from }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[self.from..]).unwrap_or_default()
    }
}

impl App {
    pub(crate) fn new(engine: Arc<Engine>, public_url: String, control_token: Option<String>) -> Self {
        let control = control::router(Control {
            engine: engine.clone(),
            public_url: public_url.clone(),
            token: control_token,
            snapshots: Arc::default(),
        });
        Self {
            api: Api { engine, public_url },
            control,
            calls: AtomicU64::new(0),
            control_calls: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
        }
    }

    /// Returns how many requests are being answered. Those that wait for something to happen do not count.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Ends each connection with its next answer.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Answers a request.
    pub(crate) async fn answer<B>(&self, request: Request<B>) -> Response<AppBody>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<axum::BoxError>,
    {
        if is_control(request.uri().path()) {
            return self.control(request).await;
        }
        let received = Received::whole(request).await;
        let _running = Running::count(&self.running);
        let id = RequestId::new(*b"req-", self.calls.fetch_add(1, Ordering::Relaxed) + 1);
        let answer = self.api.answer(&received, id.as_str());
        self.api.engine.touch();
        self.sign(answer.map(Either::Left), &id)
    }

    async fn control<B>(&self, request: Request<B>) -> Response<AppBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let id = RequestId::new(*b"ctl-", self.control_calls.fetch_add(1, Ordering::Relaxed) + 1);
        let waits = request.uri().path().ends_with("/wait");
        let _running = (!waits).then(|| Running::count(&self.running));
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        let Ok(response) = self.control.clone().oneshot(request.map(axum::body::Body::new)).await;
        if !reads {
            self.api.engine.touch();
        }
        self.sign(response.map(Either::Right), &id)
    }

    fn sign(&self, mut response: Response<AppBody>, id: &RequestId) -> Response<AppBody> {
        let headers = response.headers_mut();
        headers.insert(VERSION, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
        headers.insert(REQUEST_ID, HeaderValue::from_str(id.as_str()).expect("letters, digits and a hyphen"));
        if self.closing.load(Ordering::Acquire) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Whether a path is the sandbox's own. An underscore never starts an emulated path.
fn is_control(path: &str) -> bool {
    path.starts_with("/_sandbox") || matches!(path, "/" | "/livez" | "/readyz" | "/pay" | "/qr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_named_by_their_number() {
        assert_eq!(RequestId::new(*b"req-", 1).as_str(), "req-1");
        assert_eq!(RequestId::new(*b"ctl-", u64::MAX).as_str(), "ctl-18446744073709551615");
    }
}
