//! Requests for a proxy: the sandbox answers those for the hosts whose place it takes, and passes nothing on.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{Method, Request, Response, StatusCode, Uri};
use serde::Serialize;

use super::connection::Place;
use crate::app::{App, AppBody, Reason, RefusedConnection, Via};
use crate::tls::{Host, Stranger};

/// What becomes of a request whose target names a host.
pub(super) enum Verdict {
    /// The sandbox answers it.
    Ours,
    /// The connection becomes a tunnel to the sandbox in this host's place.
    Tunnel(Host),
    /// It is refused.
    Refused(Response<AppBody>),
}

/// Judges a request.
pub(super) fn judge<B>(request: &Request<B>, app: &App, local: Option<SocketAddr>, place: Place) -> Verdict {
    let is_connect = request.method() == Method::CONNECT;
    let Some(authority) = request.uri().authority() else { return Verdict::Ours };
    if place == Place::Inside && is_connect {
        return Verdict::Refused(no_tunnel(request.uri(), app));
    }
    let host = Host::parse(authority.host());
    let address = local.map(|local| local.ip());
    let names = app.tls().names();
    let judged = match &host {
        None => Err(Stranger::Other),
        // Some clients name the server in full though there is no proxy; its port tells it from other local ones.
        Some(host) if !is_connect && authority.port_u16() == local.map(|local| local.port()) => {
            names.judge_reached(host, address)
        }
        Some(host) => names.judge(host, address),
    };
    match (judged, host) {
        (Ok(()), Some(host)) if is_connect => Verdict::Tunnel(host),
        (Ok(()), _) => Verdict::Ours,
        (Err(stranger), _) => {
            Verdict::Refused(refuse(request.uri(), reason(stranger), |host| stranger.explain(&host), app))
        }
    }
}

/// Answers a request for a tunnel that begins.
pub(super) fn connected() -> Response<AppBody> {
    Response::new(Either::Left(Full::new(Bytes::new())))
}

/// Answers a request for a tunnel where there is none.
pub(super) fn no_tunnel(target: &Uri, app: &App) -> Response<AppBody> {
    let why = "A tunnel begins on the HTTP port; there is none within TLS or within another tunnel.";
    refuse(target, Reason::Tunnel, |_| why.into(), app)
}

/// Returns the word for why the sandbox does not take a host's place.
pub(super) fn reason(stranger: Stranger) -> Reason {
    match stranger {
        Stranger::Production => Reason::Production,
        Stranger::Other => Reason::OtherHost,
    }
}

/// An RFC 7807 problem document, with the host that was asked for.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    host: &'a str,
}

/// Refuses a request: says so to the client and in the log, and keeps it.
fn refuse(
    target: &Uri,
    reason: Reason,
    explain: impl FnOnce(&str) -> String,
    app: &App,
) -> Response<AppBody> {
    // Not the whole authority: a user and a password can stand in it.
    let (host, port) = (target.host().unwrap_or_default(), target.port_u16());
    let connection = RefusedConnection::new(host, port, Via::Proxy, reason, explain);
    tracing::warn!("refused as a proxy: {}", connection.explanation);
    let status = StatusCode::FORBIDDEN;
    let problem = Problem {
        r#type: "about:blank",
        title: "Not passed on",
        status: status.as_u16(),
        detail: &connection.explanation,
        host: target.authority().map(Authority::as_str).unwrap_or_default(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    app.refused(connection);
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
