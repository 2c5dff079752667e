//! Requests for a proxy: the sandbox answers those for the hosts whose place it takes, and passes nothing on.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;

use super::connection::Place;
use crate::app::AppBody;
use crate::tls::{Host, Names, Stranger};

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
pub(super) fn judge<B>(
    request: &Request<B>,
    names: &Names,
    local: Option<SocketAddr>,
    place: Place,
) -> Verdict {
    let is_connect = request.method() == Method::CONNECT;
    let Some(authority) = request.uri().authority() else { return Verdict::Ours };
    if place == Place::Inside && is_connect {
        return Verdict::Refused(no_tunnel(authority.as_str()));
    }
    let host = Host::parse(authority.host());
    let address = local.map(|local| local.ip());
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
            let told = stranger.explain(&authority.host());
            tracing::warn!("refused as a proxy: {told}");
            Verdict::Refused(refusal(authority.as_str(), &told))
        }
    }
}

/// Answers a request for a tunnel that begins.
pub(super) fn connected() -> Response<AppBody> {
    Response::new(Either::Left(Full::new(Bytes::new())))
}

/// Answers a request for a tunnel where there is none.
pub(super) fn no_tunnel(host: &str) -> Response<AppBody> {
    refusal(host, "A tunnel begins on the HTTP port; there is none within TLS or within another tunnel.")
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

/// Answers a request that is refused.
fn refusal(host: &str, detail: &str) -> Response<AppBody> {
    let status = StatusCode::FORBIDDEN;
    let problem =
        Problem { r#type: "about:blank", title: "Not passed on", status: status.as_u16(), detail, host };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
