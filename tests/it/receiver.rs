//! A merchant's server that receives webhooks and answers questions: it writes down what comes and answers as it is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What the receiver does with a request, given how many it has had.
type Answer = dyn Fn(usize, &Received) -> Reply + Send + Sync;

/// What it answers with.
pub(crate) struct Reply(StatusCode, String);

impl Reply {
    pub(crate) fn text(status: StatusCode, body: String) -> Self {
        Self(status, body)
    }
}

/// A delivery as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("deliveries are JSON")
    }

    /// The event's name and its payment.
    pub(crate) fn event(&self) -> (String, String) {
        let body = self.json();
        let text = |name: &str| body[name].as_str().expect("a text").to_owned();
        (text("reference"), text("name"))
    }

    /// Checks the signature as a merchant would, with nothing of the sandbox's own.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let header = |name: &str| self.headers.get(name).map_or("", String::as_str);
        let hash = STANDARD.encode(Sha256::digest(self.body.as_bytes()));
        let text = format!("POST\n{}\n{};{};{hash}", self.path, header("x-ms-date"), header("host"));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(text.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let expected =
            format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
        header("x-ms-content-sha256") == hash
            && header("authorization") == expected
            && header("x-vipps-authorization") == expected
    }
}

#[derive(Clone)]
struct Shared {
    received: Arc<List>,
    answer: Arc<Answer>,
}

/// What came, and a way to wait for more.
#[derive(Default)]
struct List {
    all: Mutex<Vec<Received>>,
    grown: Condvar,
}

/// A running receiver. It stops when it is dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    received: Arc<List>,
    _runtime: tokio::runtime::Runtime,
}

impl Receiver {
    /// Takes everything.
    pub(crate) fn start() -> Self {
        Self::answering(|_, _| StatusCode::OK)
    }

    /// Answers with this status.
    pub(crate) fn answering(answer: impl Fn(usize, &Received) -> StatusCode + Send + Sync + 'static) -> Self {
        Self::replying(move |count, received| Reply(answer(count, received), String::new()))
    }

    /// Answers as it is told.
    pub(crate) fn replying(answer: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener can be waited for");
        let address = listener.local_addr().expect("an address");
        let received = Arc::new(List::default());
        let shared = Shared { received: received.clone(), answer: Arc::new(answer) };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let router = Router::new().fallback(take).with_state(shared);
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("it serves until it is dropped");
        });
        Self { address, received, _runtime: runtime }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.all.lock().expect("no test panics with it").clone()
    }

    /// Waits until so many have come.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Received> {
        const PATIENCE: Duration = Duration::from_secs(20);
        let all = self.received.all.lock().expect("no test panics with it");
        let grown = self.received.grown.wait_timeout_while(all, PATIENCE, |all| all.len() < count);
        let (all, waited) = grown.expect("no test panics with it");
        assert!(!waited.timed_out(), "{} of {count} came", all.len());
        all.clone()
    }
}

async fn take(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let received = Received {
        method: method.to_string(),
        path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let mut list = shared.received.all.lock().expect("no test panics with it");
    let Reply(status, body) = (shared.answer)(list.len(), &received);
    list.push(received);
    shared.received.grown.notify_all();
    // What a redirect leads to is this receiver again.
    (status, [("location", "/")], body)
}
