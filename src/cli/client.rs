//! A small HTTP client for the verbs that speak to a running sandbox.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Where a sandbox is, and what it wants to hear.
pub(super) struct Client {
    base: String,
    token: Option<String>,
    patience: Duration,
}

/// What it answered.
pub(super) struct Reply {
    pub(super) status: u16,
    body: Bytes,
}

impl Reply {
    /// Returns the body as JSON; null when it is none.
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Returns the body; an answer of 400 and above is an error with the sandbox's own words.
    fn checked(self) -> Result<Self, String> {
        if self.status < 400 {
            return Ok(self);
        }
        let body = self.json();
        let detail = body.get("detail").or_else(|| body.get("message")).and_then(Value::as_str);
        Err(detail.map_or_else(|| format!("the sandbox answered {}", self.status), str::to_owned))
    }
}

/// How long to wait for an answer unless told. A jump over many timers takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    pub(super) fn new(base: &str, token: Option<String>) -> Result<Self, String> {
        let uri: Uri =
            base.parse().map_err(|_| format!("--url: \"{base}\" is no URL such as http://127.0.0.1:8477"))?;
        match uri.scheme_str() {
            Some("http") if uri.host().is_some() => {}
            _ => return Err(format!("--url: \"{base}\" has to begin with http:// and name a host")),
        }
        Ok(Self { base: base.trim_end_matches('/').to_owned(), token, patience: PATIENCE })
    }

    /// Waits no longer than this for an answer.
    pub(super) fn patient_for(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends a request; an answer of 400 and above is an error with the sandbox's own words.
    pub(super) fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        Ok(self.send(method, path, body)?.checked()?.json())
    }

    /// Sends a request whose answer is text.
    pub(super) fn text(&self, method: Method, path: &str) -> Result<String, String> {
        Ok(String::from_utf8_lossy(&self.send(method, path, None)?.checked()?.body).into_owned())
    }

    /// Reads a file of the sandbox.
    pub(super) fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        Ok(self.send(Method::GET, path, None)?.checked()?.body.into())
    }

    /// Sends a request and returns whatever comes back.
    pub(super) fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Reply, String> {
        self.run(async {
            let exchange = async {
                let response = self.ask(method, path, body).await?;
                whole(response).await
            };
            tokio::time::timeout(self.patience, exchange)
                .await
                .map_err(|_| "it does not answer".to_owned())?
        })
    }

    /// Asks for a stream and shows what comes of it, until it ends or `show` says that it is enough. Returns whether
    /// it was.
    ///
    /// # Errors
    ///
    /// When there is no stream to be had.
    pub(super) fn follow(&self, path: &str, show: &mut dyn FnMut(&str) -> bool) -> Result<bool, String> {
        let mut enough = false;
        let refused = self.run(async {
            let response = self.ask(Method::GET, path, None).await?;
            if response.status().as_u16() >= 400 {
                return whole(response).await.map(Some);
            }
            let mut body = response.into_body();
            // Characters may be cut in two on the way.
            let mut rest = Vec::new();
            while let Some(Ok(frame)) = body.frame().await {
                rest.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
                let end = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
                if !show(&String::from_utf8_lossy(&rest[..end])) {
                    enough = true;
                    break;
                }
                rest.drain(..end);
            }
            Ok(None)
        })?;
        refused.map_or(Ok(enough), |reply| reply.checked().map(|_| enough))
    }

    fn run<T>(&self, exchange: impl Future<Output = Result<T, String>>) -> Result<T, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(exchange).map_err(|error| {
            format!("no sandbox answers at {}: {error} (is it running? try --url)", self.base)
        })
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Response<Incoming>, String> {
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
        // It ends with the runtime, or when the body has been read.
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(&uri).header("Host", authority.as_str());
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request
            .header("Content-Type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        sender.send_request(request).await.map_err(|error| error.to_string())
    }
}

async fn whole(response: Response<Incoming>) -> Result<Reply, String> {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    Ok(Reply { status, body })
}
