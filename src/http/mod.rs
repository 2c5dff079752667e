//! The emulated API: routes, headers and bodies in, the documented answers out.
//!
//! Every answer of status 400 and above is made in [`problem`]. Nothing here decides anything about payments.

mod body;
mod epayment;
mod fault;
mod headers;
mod problem;
mod race;
mod report;
mod route;
mod token;
mod userinfo;
mod webhooks;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, Response, StatusCode};

use crate::domain::digits::Msn;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::operation::Operation;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::engine::{Engine, RaceRun, Refusal, Slot};
pub(crate) use body::BodyError;
pub(crate) use fault::{Broken, Held, Rest};
use fault::{Mark, Outcome};
use report::Report;
use route::route;

/// What the emulated API needs.
pub(crate) struct Api {
    pub(crate) engine: Arc<Engine>,
    /// The base of the addresses handed to customers.
    pub(crate) public_url: String,
    /// Whether a request may ask for a fault by its own headers.
    pub(crate) takes_fault_headers: bool,
}

/// An emulated call, taken apart.
struct Call<'c> {
    operation: Operation,
    /// The reference or id in the path, percent-decoded; empty where there is none.
    reference: &'c str,
    headers: &'c HeaderMap,
    body: Result<&'c [u8], BodyError>,
}

/// The answer to an emulated call.
pub(crate) type Answer = Response<Bytes>;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A request whose body has arrived, or never will.
pub(crate) struct Received {
    pub(crate) parts: Parts,
    body: Result<Bytes, BodyError>,
}

/// What was seen of a call on its way, for those who keep it.
#[derive(Default)]
pub(crate) struct Seen {
    /// When it came, by the sales unit's clock, once that is known.
    pub(crate) at: Option<Timestamp>,
    /// The sales unit: the one that acted, else the one that the request names.
    pub(crate) msn: Option<Msn>,
    /// The payment that the call made.
    pub(crate) created: Option<Arc<Slot>>,
    /// The payment whose webhooks come before the answer.
    pub(crate) awaited: Option<Arc<Slot>>,
    /// The race that the call had a part in.
    race: Option<RaceRun>,
}

/// A call and its answer.
pub(crate) struct Answered<'r> {
    pub(crate) answer: Answer,
    /// `None` when the API has no such path.
    pub(crate) operation: Option<Operation>,
    /// The reference in the path; empty where there is none.
    pub(crate) reference: Cow<'r, str>,
    pub(crate) seen: Seen,
    /// Why the call was refused, if it was.
    pub(crate) rejection: Option<Rejection>,
    /// Whether the refusal was given before, to the same idempotency key.
    pub(crate) replayed: bool,
    /// What explains the answer where no rule does.
    pub(crate) told: Option<String>,
}

impl Received {
    /// Reads a request's body.
    pub(crate) async fn whole<B>(request: Request<B>) -> Self
    where
        B: hyper::body::Body<Data = Bytes> + Unpin,
    {
        let (parts, body) = request.into_parts();
        Self { parts, body: body::read(body).await }
    }

    /// Returns the body; nothing when it never arrived.
    pub(crate) fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// Takes the request apart again.
    pub(crate) fn into_parts(self) -> (Parts, Result<Bytes, BodyError>) {
        (self.parts, self.body)
    }
}

impl Api {
    /// Answers a call, or says that the API has no such path. `rest` is a call that was held back before its operation.
    ///
    /// What a fault leaves to be done with the answer is in its extensions: [`Held`], [`Broken`].
    pub(crate) fn answer<'r>(
        &self,
        received: &'r Received,
        request_id: &str,
        rest: Option<&Rest>,
    ) -> Answered<'r> {
        let Received { parts, body } = received;
        let mut seen = Seen::default();
        let Some(route) = route(&parts.method, parts.uri.path()) else {
            report::unknown_path(&parts.method, parts.uri.path(), request_id);
            seen.msn = headers::msn(&parts.headers).and_then(Msn::parse);
            return Answered {
                answer: problem::gateway_not_found(),
                operation: None,
                reference: Cow::Borrowed(""),
                seen,
                rejection: Some(ErrorCode::RouteUnknown.reject()),
                replayed: false,
                told: None,
            };
        };
        let reference = route.reference();
        let report = Report::begin(&self.engine.settings().machine);
        let call = Call {
            operation: route.operation,
            reference: &reference,
            headers: &parts.headers,
            body: body.as_ref().map(|body| &**body).map_err(|error| *error),
        };
        // A panic is our bug. It must neither end the connection without an answer nor the process.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.carry_out(&call, rest, &mut seen)));
        let Outcome { result, mark } = outcome.unwrap_or_else(|_| {
            tracing::error!(request_id, "the sandbox has a bug: a request made it panic");
            Err(self.engine.refuse(None, ErrorCode::InternalError.reject())).into()
        });
        if !mark.as_ref().is_some_and(Mark::is_unfinished) {
            report.end(&call, request_id, &result, mark.as_ref());
        }
        let operation = Some(route.operation);
        // A webhook's id or a customer's sub is no payment's reference.
        let reference = if route.operation.is_about_payments() { reference } else { Cow::Borrowed("") };
        let told = None;
        let mut answered = match result {
            Ok(answer) => {
                Answered { answer, operation, reference, seen, rejection: None, replayed: false, told }
            }
            Err(refusal) => {
                if seen.msn.is_none() {
                    seen.msn = headers::msn(&parts.headers).and_then(Msn::parse);
                }
                let incident = || (self.engine.token_time(), self.engine.uuid());
                let answer = problem::render(&refusal, &route.instance(), incident);
                let Refusal { rejection, replayed, .. } = refusal;
                Answered { answer, operation, reference, seen, rejection: Some(rejection), replayed, told }
            }
        };
        if let Some(mark) = mark {
            mark.put_on(&mut answered);
        }
        if let Some(race) = answered.seen.race.take() {
            race::put_on(&race, &mut answered);
        }
        answered
    }
}

impl Answered<'_> {
    /// Returns whether a fault holds the call back before its operation, which is still to come.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.held_back().is_some_and(|held| held.rest.is_some())
    }

    /// Returns how long the answer is held back.
    pub(crate) fn held(&self) -> Span {
        let delay = self.held_back().map_or(0, |held| held.delay.as_micros());
        Span::from_micros(i64::try_from(delay).unwrap_or(i64::MAX))
    }

    fn held_back(&self) -> Option<&Held> {
        self.answer.extensions().get()
    }
}

/// Makes a successful answer whose body is JSON.
fn json(status: StatusCode, write: impl FnOnce(&mut String)) -> Answer {
    let mut body = String::with_capacity(1024);
    write(&mut body);
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
