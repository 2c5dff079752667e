//! A small HTTP client for the verbs that speak to a running sandbox.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Where a sandbox is, and what it wants to hear.
pub(super) struct Client {
    base: String,
    token: Option<String>,
}

/// What it answered.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// How long to wait for an answer. A jump over many timers takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    pub(super) fn new(base: &str, token: Option<String>) -> Result<Self, String> {
        let uri: Uri =
            base.parse().map_err(|_| format!("--url: \"{base}\" is no URL such as http://127.0.0.1:8477"))?;
        match uri.scheme_str() {
            Some("http") if uri.host().is_some() => {}
            _ => return Err(format!("--url: \"{base}\" has to begin with http:// and name a host")),
        }
        Ok(Self { base: base.trim_end_matches('/').to_owned(), token })
    }

    /// Sends a request; an answer of 400 and above is an error with the sandbox's own words.
    pub(super) fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let reply = self.send(method, path, body)?;
        if reply.status < 400 {
            return Ok(reply.body);
        }
        let detail = reply.body.get("detail").or_else(|| reply.body.get("message")).and_then(Value::as_str);
        Err(detail.map_or_else(|| format!("the sandbox answered {}", reply.status), str::to_owned))
    }

    /// Sends a request and returns whatever comes back.
    pub(super) fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Reply, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let exchange = async {
            tokio::time::timeout(PATIENCE, self.exchange(method, path, body))
                .await
                .map_err(|_| "it does not answer".into())
        };
        runtime.block_on(exchange).and_then(|reply| reply).map_err(|error: String| {
            format!("no sandbox answers at {}: {error} (is it running? try --url)", self.base)
        })
    }

    async fn exchange(&self, method: Method, path: &str, body: Option<Value>) -> Result<Reply, String> {
        let uri: Uri =
            format!("{}{path}", self.base).parse().map_err(|_| format!("{path} cannot be asked for"))?;
        let authority = uri.authority().ok_or("it has no host")?;
        let (host, port) = (authority.host(), authority.port_u16().unwrap_or(80));
        let socket = TcpStream::connect((host.trim_matches(['[', ']']), port))
            .await
            .map_err(|error| error.to_string())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .map_err(|error| error.to_string())?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(&uri).header("Host", authority.as_str());
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request
            .header("Content-Type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        connection.abort();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Reply { status, body })
    }
}
