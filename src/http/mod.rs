//! The emulated API: routes, headers and bodies in, the documented answers out.
//!
//! Every answer of status 400 and above is made in [`problem`]. Nothing here decides anything about payments.

mod body;
mod epayment;
mod headers;
mod problem;
mod report;
mod route;
mod token;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, Response, StatusCode};

use crate::domain::errors::ErrorCode;
use crate::domain::operation::Operation;
use crate::engine::{Engine, Refusal};
pub(crate) use body::BodyError;
use report::Report;
use route::route;

/// What the emulated API needs.
pub(crate) struct Api {
    pub(crate) engine: Arc<Engine>,
    /// The base of the addresses handed to customers.
    pub(crate) public_url: String,
}

/// An emulated call, taken apart.
struct Call<'c> {
    operation: Operation,
    /// The reference in the path, percent-decoded; empty where there is none.
    reference: &'c str,
    headers: &'c HeaderMap,
    body: Result<&'c [u8], BodyError>,
}

/// The answer to an emulated call.
pub(crate) type Answer = Response<Full<Bytes>>;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A request whose body has arrived, or never will.
pub(crate) struct Received {
    parts: Parts,
    body: Result<Bytes, BodyError>,
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

    /// Takes the request apart again.
    pub(crate) fn into_parts(self) -> (Parts, Result<Bytes, BodyError>) {
        (self.parts, self.body)
    }
}

impl Api {
    /// Answers a call, or says that the API has no such path.
    pub(crate) fn answer(&self, received: &Received, request_id: &str) -> Answer {
        let Received { parts, body } = received;
        let Some(route) = route(&parts.method, parts.uri.path()) else {
            report::unknown_path(&parts.method, parts.uri.path(), request_id);
            return problem::gateway_not_found();
        };
        let report = Report::begin(&self.engine.settings().machine);
        let call = Call {
            operation: route.operation,
            reference: &route.reference(),
            headers: &parts.headers,
            body: body.as_ref().map(|body| &**body).map_err(|error| *error),
        };
        // A panic is our bug. It must neither end the connection without an answer nor the process.
        let result = catch_unwind(AssertUnwindSafe(|| self.carry_out(&call))).unwrap_or_else(|_| {
            tracing::error!(request_id, "the sandbox has a bug: a request made it panic");
            Err(self.engine.refuse(None, ErrorCode::InternalError.reject()))
        });
        report.end(&call, request_id, &result);
        result.unwrap_or_else(|refusal| {
            problem::render(&refusal, &route.instance(), || (self.engine.token_time(), self.engine.uuid()))
        })
    }

    fn carry_out(&self, call: &Call<'_>) -> Result<Answer, Refusal> {
        match call.operation {
            Operation::Token => self.token(call),
            _ => self.epayment(call),
        }
    }
}

/// Makes a successful answer whose body is JSON.
fn json(status: StatusCode, write: impl FnOnce(&mut String)) -> Answer {
    let mut body = String::with_capacity(1024);
    write(&mut body);
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
