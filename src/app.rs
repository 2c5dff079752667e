//! The whole sandbox behind one door: numbers each request, takes it to the emulated API or the control API, and signs
//! the answer.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Body;
use hyper::header::{CONNECTION, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::control::{self, Control, Unread};
use crate::courier;
use crate::dashboard;
use crate::domain::span::Span;
use crate::domain::webhook::Before;
use crate::engine::{Engine, Kind, Slot};
pub(crate) use crate::http::Broken;
use crate::http::{Answer, Answered, Api, BodyError, Held, Received, Rest, Seen};
use crate::journal::{Call, Journal};
pub(crate) use crate::journal::{Reason, RefusedConnection, Via};
use crate::pages;
use crate::tls::Tls;
use crate::wallet::{self, Wallet};

/// The body of an answer: whole in memory, or whatever the control API streams.
pub(crate) type AppBody = Either<Full<Bytes>, axum::body::Body>;

const VERSION: HeaderName = HeaderName::from_static("sandbox-version");
const REQUEST_ID: HeaderName = HeaderName::from_static("sandbox-request-id");

/// The sandbox as a service.
pub(crate) struct App {
    api: Api,
    journal: Arc<Journal>,
    control: Router,
    /// Calls of everything but the emulated API are numbered apart, so that probes and control calls do not change the
    /// ids of the calls under test.
    control_calls: AtomicU64,
    running: AtomicUsize,
    closing: AtomicBool,
    /// Told when the sandbox closes, to those who hold an answer back.
    closed: Notify,
    tls: Arc<Tls>,
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
    pub(crate) fn new(
        engine: Arc<Engine>,
        journal: Arc<Journal>,
        public_url: String,
        control_token: Option<String>,
        tls: Arc<Tls>,
    ) -> Self {
        let takes_fault_headers = control_token.is_none();
        let control = Control {
            engine: engine.clone(),
            journal: journal.clone(),
            public_url: public_url.clone(),
            token: control_token,
            snapshots: Arc::default(),
            tls: tls.clone(),
        };
        let control = control::router(control.clone())
            .merge(dashboard::router(control))
            .merge(pages::assets())
            .merge(wallet::router(Wallet { engine: engine.clone(), public_url: public_url.clone() }));
        Self {
            api: Api { engine, public_url, takes_fault_headers },
            journal,
            control,
            control_calls: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            closed: Notify::new(),
            tls,
        }
    }

    /// Returns how many requests are being answered. Those that wait for something to happen do not count.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Returns what the sandbox needs to speak TLS.
    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Signs an answer that was made elsewhere.
    pub(crate) fn sign_other(&self, response: Response<AppBody>) -> Response<AppBody> {
        self.sign(response, &self.next_control_call())
    }

    /// Keeps a connection that is refused, and tells those who listen.
    pub(crate) fn refused(&self, connection: RefusedConnection) {
        let engine = &self.api.engine;
        let row = self.journal.keep_connection(connection, engine.read_clock(None).now);
        engine.live().tell(Kind::Connection, None, || serde_json::to_string(&row).ok());
    }

    fn next_control_call(&self) -> RequestId {
        RequestId::new(*b"ctl-", self.control_calls.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Ends each connection with its next answer, and holds no answer back any longer.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.closed.notify_waiters();
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
        let number = self.journal.next_number();
        let id = RequestId::new(*b"req-", number);
        let (mut answer, mut awaited) = self.call(number, &id, &received, None);
        let held = answer.extensions_mut().remove();
        // Waits are boxed, so that calls which wait for nothing have no room for them.
        if let Some(Held { delay, rest: Some(rest) }) = &held {
            Box::pin(self.hold(*delay)).await;
            (answer, awaited) = self.call(number, &id, &received, Some(rest));
        }
        if let Some(slot) = awaited {
            let tried = courier::tried_once(&self.api.engine, &slot, Before::Response);
            Box::pin(self.unless_closed(tried)).await;
        }
        if let Some(Held { delay, rest: None }) = held {
            Box::pin(self.hold(delay)).await;
        }
        self.api.engine.touch();
        self.sign(answer.map(|body| Either::Left(Full::new(body))), &id)
    }

    /// Lets time pass, but not beyond the end of the sandbox.
    async fn hold(&self, delay: Duration) {
        self.unless_closed(tokio::time::sleep(delay)).await;
    }

    /// Waits for something, but not beyond the end of the sandbox.
    async fn unless_closed(&self, wait: impl Future<Output = ()>) {
        let mut closed = pin!(self.closed.notified());
        // From here on a close is noticed; one that came before is seen by the look.
        closed.as_mut().enable();
        if !self.closing.load(Ordering::Acquire) {
            tokio::select! {
                () = wait => {}
                () = closed => {}
            }
        }
    }

    /// Has a call answered. One that is held back before its operation goes into the journal when it is through. Returns
    /// also the payment whose webhooks the answer waits for.
    fn call(
        &self,
        number: u64,
        id: &RequestId,
        received: &Received,
        rest: Option<&Rest>,
    ) -> (Answer, Option<Arc<Slot>>) {
        let machine = &self.api.engine.settings().machine;
        let began = machine.elapsed();
        let mut answered = self.api.answer(received, id.as_str(), rest);
        if answered.is_unfinished() {
            return (answered.answer, None);
        }
        let micros = machine.elapsed().as_micros() - began.as_micros();
        let awaited = answered.seen.awaited.take();
        (self.keep(number, (began, micros), received, answered), awaited)
    }

    /// Puts a call into the journal, and lets go of its answer.
    fn keep(
        &self,
        number: u64,
        (began, micros): (Span, i64),
        received: &Received,
        answered: Answered<'_>,
    ) -> Answer {
        let held = answered.held();
        let Answered { answer, operation, reference, seen, rejection, replayed, told } = answered;
        let Seen { at, msn, created, .. } = seen;
        self.journal.keep(
            number,
            Call {
                at: at.unwrap_or_else(|| self.api.engine.read_clock(None).now),
                began,
                micros: u64::try_from(micros + held.as_micros()).unwrap_or_default(),
                msn,
                operation,
                reference: created.as_ref().map_or(&reference, |slot| slot.order.reference()),
                parts: &received.parts,
                body: received.body(),
                answer: &answer,
                rejection,
                replayed,
                told,
            },
        );
        let live = self.api.engine.live();
        live.tell(Kind::Request, msn, || Some(self.journal.find(number)?.summary()));
        answer
    }

    async fn control<B>(&self, request: Request<B>) -> Response<AppBody>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let is_document = request.method() == Method::PUT && request.uri().path() == control::STATE;
        let waits = ["/wait", "/conformance", "/_sandbox/events"]
            .iter()
            .any(|end| request.uri().path().ends_with(end));
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        let request = wallet::under_its_own_path(request);
        let (request, unread) = match is_document {
            // It may be large, so only a caller who may put it gets it read.
            true => (request.map(axum::body::Body::new), false),
            false => read(request).await,
        };
        let _running = (!waits && !is_document).then(|| Running::count(&self.running));
        let id = self.next_control_call();
        let Ok(mut response) = self.control.clone().oneshot(request).await;
        if unread {
            // The rest of the body may still be on its way, so nothing more can be read from this connection.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
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

/// Reads a control call's body. Returns also whether it could not be read: whoever needs it then refuses it; who may not
/// call at all is told that first.
async fn read<B>(request: Request<B>) -> (Request<axum::body::Body>, bool)
where
    B: Body<Data = Bytes> + Unpin,
{
    let (mut parts, body) = Received::whole(request).await.into_parts();
    let unread = body.as_ref().err().map(|error| match error {
        BodyError::TooLarge => Unread::TooLarge,
        BodyError::TooSlow => Unread::TooSlow,
    });
    if let Some(unread) = unread {
        parts.extensions.insert(unread);
    }
    (Request::from_parts(parts, axum::body::Body::from(body.unwrap_or_default())), unread.is_some())
}

/// Whether a path is the sandbox's own. An underscore never starts an emulated path.
fn is_control(path: &str) -> bool {
    path.starts_with("/_sandbox")
        || matches!(path, "/" | "/livez" | "/readyz")
        || wallet::own_path(path).is_some()
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
